//! RDS: read replicas and their promotion, which takes its time and cannot be undone; security groups, and reboots.

use super::{
    refusal::Refusal,
    world::{DbInstance, Promotes, Promotion, Region},
};
use firebreak_core::aws::{failure::FailureClass, rds::RdsWrite};
use std::collections::BTreeSet;

/// Seconds that a promotion takes, where a world does not say otherwise.
pub const PROMOTES_IN: i64 = 120;
/// Seconds that a change of security groups takes.
pub const GROUPS_IN: i64 = 10;
/// Seconds that a reboot takes.
pub const REBOOTS_IN: i64 = 40;
/// RDS takes no longer retention (RDS API reference, PromoteReadReplica).
const LONGEST_RETENTION: u32 = 35;

/// Begins a promotion. A second call is refused: the instance is not available, or replicates from nothing.
pub(super) fn promote(region: &mut Region, name: &str, retention: u32, now: i64) -> Result<(), Refusal> {
    let missing = || Refusal::gone("DBInstanceNotFound", format!("DBInstance {name} not found."));
    let instance = region.databases.get_mut(name).ok_or_else(missing)?;
    check(name, instance, retention)?;
    let seconds = match &instance.promotes {
        Promotes::Lost => return Ok(()),
        Promotes::Well { seconds } | Promotes::Failing { seconds, .. } => *seconds,
    };
    instance.facts.status = "modifying".into();
    instance.promotion = Some(Promotion {
        until: now + seconds,
        backup_retention_days: retention,
    });
    end(instance, now);
    Ok(())
}

fn check(name: &str, instance: &DbInstance, retention: u32) -> Result<(), Refusal> {
    let state = |message: String| Refusal::new(FailureClass::NotYet, "InvalidDBInstanceState", message);
    if retention > LONGEST_RETENTION {
        let message = format!("Backup retention period must be between 0 and {LONGEST_RETENTION}");
        return Err(Refusal::invalid("InvalidParameterValue", message));
    }
    if instance.facts.source.is_none() {
        return Err(state(format!("DB Instance {name} is not a read replica.")));
    }
    match instance.facts.is_available() {
        true => Ok(()),
        false => Err(state(format!("Instance {name} is not in available state."))),
    }
}

/// Changes the security groups of an instance. Open connections stay.
pub(super) fn write(region: &mut Region, write: &RdsWrite, now: i64) -> Result<(), Refusal> {
    let RdsWrite::ModifyDbInstance { instance: name, groups } = write;
    let vpc = |id: &String| region.security_groups.get(id).map(|group| group.vpc.clone());
    let vpcs: Vec<Option<String>> = groups.iter().map(vpc).collect();
    let instance = available(region, name)?;
    if groups.is_empty() || vpcs.iter().any(|vpc| *vpc != instance.facts.vpc_id) {
        let message =
            format!("The DB instance and EC2 security group are in different VPCs, or there is none: {groups:?}");
        return Err(Refusal::invalid("InvalidVPCNetworkStateFault", message));
    }
    for (id, state) in &mut instance.groups {
        *state = if groups.contains(id) { "active" } else { "removing" }.into();
    }
    for id in groups {
        instance.groups.entry(id.clone()).or_insert_with(|| "adding".into());
    }
    instance.groups_until = Some(now + GROUPS_IN);
    Ok(())
}

/// Begins a reboot: it ends every connection, and whom the security groups let in comes back.
pub(super) fn reboot(region: &mut Region, name: &str, now: i64) -> Result<(), Refusal> {
    let instance = available(region, name)?;
    if instance.loses_reboots {
        return Ok(());
    }
    instance.facts.status = "rebooting".into();
    instance.reboot_until = Some(now + REBOOTS_IN);
    Ok(())
}

fn available<'a>(region: &'a mut Region, name: &str) -> Result<&'a mut DbInstance, Refusal> {
    let missing = || Refusal::gone("DBInstanceNotFound", format!("DBInstance {name} not found."));
    let instance = region.databases.get_mut(name).ok_or_else(missing)?;
    match instance.facts.is_available() {
        true => Ok(instance),
        false => {
            let message = format!("Instance {name} is not in available state.");
            Err(Refusal::new(FailureClass::NotYet, "InvalidDBInstanceState", message))
        }
    }
}

/// How many clients were connected in the last whole minute, and when that began: the most of the minute.
pub(super) fn connections(instance: &DbInstance, now: i64) -> (u32, i64) {
    let began = last_minute(now);
    let cut = instance.cut_at.is_some_and(|cut| cut <= began);
    (if cut { 0 } else { instance.clients }, began)
}

/// When the last whole minute began.
pub(super) fn last_minute(now: i64) -> i64 {
    now - now.rem_euclid(60) - 60
}

/// Moves what takes its time on to `now`.
pub(super) fn tick(region: &mut Region, now: i64) {
    let open: BTreeSet<String> = region
        .security_groups
        .iter()
        .filter(|(_, group)| !group.ingress.is_empty())
        .map(|(id, _)| id.clone())
        .collect();
    for instance in region.databases.values_mut() {
        end(instance, now);
        end_groups(instance, &open, now);
        end_reboot(instance, &open, now);
    }
}

fn end_groups(instance: &mut DbInstance, open: &BTreeSet<String>, now: i64) {
    if instance.groups_until.take_if(|until| *until <= now).is_none() {
        return;
    }
    instance.groups.retain(|_, state| state != "removing");
    instance.groups.values_mut().for_each(|state| *state = "active".into());
    if lets_in(instance, open) {
        instance.cut_at = None;
    }
}

fn end_reboot(instance: &mut DbInstance, open: &BTreeSet<String>, now: i64) {
    let Some(until) = instance.reboot_until.take_if(|until| *until <= now) else {
        return;
    };
    instance.facts.status = "available".into();
    instance.restarted_at = Some(until);
    instance.cut_at = (!lets_in(instance, open)).then_some(until);
}

fn lets_in(instance: &DbInstance, open: &BTreeSet<String>) -> bool {
    instance.groups.keys().any(|id| open.contains(id))
}

fn end(instance: &mut DbInstance, now: i64) {
    let Some(promotion) = instance.promotion.filter(|promotion| promotion.until <= now) else {
        return;
    };
    instance.promotion = None;
    match &instance.promotes {
        Promotes::Failing { status, .. } => instance.facts.status.clone_from(status),
        Promotes::Well { .. } | Promotes::Lost => {
            instance.facts.status = "available".into();
            instance.facts.source = None;
            instance.facts.backup_retention_days = promotion.backup_retention_days;
            instance.lag_seconds = None;
        }
    }
}

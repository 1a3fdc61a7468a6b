//! RDS: read replicas, and their promotion, which takes its time and cannot be undone.

use super::{
    refusal::Refusal,
    world::{DbInstance, Promotes, Promotion, Region},
};
use firebreak_core::aws::failure::FailureClass;

/// Seconds that a promotion takes, where a world does not say otherwise.
pub const PROMOTES_IN: i64 = 120;
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

/// Moves promotions on to `now`.
pub(super) fn tick(region: &mut Region, now: i64) {
    region.databases.values_mut().for_each(|instance| end(instance, now));
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

//! RDS instances, the promotion of read replicas, and what cuts an instance off.

use crate::{
    caller::{Caller, receipt},
    error::failure,
};
use aws_sdk_rds::types::{DbInstance as Described, Event, SourceType, VpcSecurityGroupMembership};
use firebreak_core::aws::{
    Answer,
    access::Service,
    failure::{Failure, FailureClass, Receipt},
    rds::{DbInstance, RdsCell, RdsWrite, RebootSight},
};
use jiff::Timestamp;
use std::collections::BTreeMap;

const DESCRIBE: &str = "rds:DescribeDBInstances";
const PROMOTE: &str = "rds:PromoteReadReplica";
const EVENTS: &str = "rds:DescribeEvents";
const MODIFY: &str = "rds:ModifyDBInstance";
const REBOOT: &str = "rds:RebootDBInstance";
/// Minutes of events that are read: a day, which is longer than any run waits for a reboot.
const EVENT_MINUTES: i32 = 24 * 60;
/// The most pages of them, of 100 events each.
const EVENT_PAGES: usize = 5;
/// What RDS-EVENT-0006 says (RDS User Guide, "Amazon RDS event categories and event messages").
const RESTARTED: &str = "DB instance restarted";

/// An instance.
///
/// # Errors
/// A classified [`Failure`]; `Gone` where there is none of that name.
pub(crate) async fn instance(caller: &Caller<'_>, name: &str) -> Result<DbInstance, Failure> {
    described(caller, name).await.map(fact)
}

/// The value of a cell.
///
/// # Errors
/// As [`instance`].
pub(crate) async fn read_cell(caller: &Caller<'_>, cell: &RdsCell) -> Result<Answer, Failure> {
    let RdsCell::InstanceSecurityGroups { instance } = cell;
    let described = described(caller, instance).await?;
    Ok(Answer::found(&states(described.vpc_security_groups())))
}

fn states(groups: &[VpcSecurityGroupMembership]) -> BTreeMap<String, String> {
    let state = |group: &VpcSecurityGroupMembership| {
        let id = group.vpc_security_group_id.clone()?;
        Some((id, group.status.clone().unwrap_or_default()))
    };
    groups.iter().filter_map(state).collect()
}

/// How an instance stands, and when it was last restarted. The event is asked for first: the instance is as late as it.
///
/// # Errors
/// As [`instance`].
pub(crate) async fn restart(caller: &Caller<'_>, name: &str) -> Result<RebootSight, Failure> {
    let restarted_at = restarted_at(caller, name).await?;
    let DbInstance {
        resource_id, status, ..
    } = instance(caller, name).await?;
    Ok(RebootSight {
        resource_id,
        status,
        restarted_at,
    })
}

async fn restarted_at(caller: &Caller<'_>, name: &str) -> Result<Option<Timestamp>, Failure> {
    let mut latest = None;
    let mut marker = None;
    for _ in 0..EVENT_PAGES {
        let request = caller
            .session
            .rds()
            .describe_events()
            .source_type(SourceType::DbInstance)
            .source_identifier(name)
            .duration(EVENT_MINUTES)
            .event_categories("availability")
            .set_marker(marker)
            .send();
        let page = caller.read(Service::Rds, EVENTS, request).await?;
        latest = latest.max(page.events().iter().filter_map(restart_of).max());
        match page.marker {
            Some(next) if !next.is_empty() => marker = Some(next),
            _ => break,
        }
    }
    Ok(latest)
}

fn restart_of(event: &Event) -> Option<Timestamp> {
    event.message()?.starts_with(RESTARTED).then_some(())?;
    let date = event.date()?;
    Timestamp::new(date.secs(), i32::try_from(date.subsec_nanos()).ok()?).ok()
}

async fn described(caller: &Caller<'_>, name: &str) -> Result<Described, Failure> {
    let request = caller
        .session
        .rds()
        .describe_db_instances()
        .db_instance_identifier(name)
        .send();
    let found = caller.read(Service::Rds, DESCRIBE, request).await?;
    let described = found.db_instances.unwrap_or_default().into_iter().next();
    described.ok_or_else(|| {
        failure(
            FailureClass::Gone,
            DESCRIBE,
            "DBInstanceNotFound",
            format!("{name} does not exist"),
        )
    })
}

fn fact(described: Described) -> DbInstance {
    DbInstance {
        resource_id: described.dbi_resource_id.unwrap_or_default(),
        status: described.db_instance_status.unwrap_or_default(),
        source: described
            .read_replica_source_db_instance_identifier
            .filter(|source| !source.is_empty()),
        vpc_id: described.db_subnet_group.and_then(|group| group.vpc_id),
        backup_retention_days: described
            .backup_retention_period
            .and_then(|days| u32::try_from(days).ok())
            .unwrap_or_default(),
    }
}

/// Begins a promotion; RDS goes on by itself. A second call is refused (`InvalidDBInstanceState`), also where the first one's
/// answer was lost: what is so is read then.
///
/// # Errors
/// A classified [`Failure`].
pub(crate) async fn promote(writer: &Caller<'_>, name: &str, retention_days: u32) -> Result<Receipt, Failure> {
    let request = writer
        .session
        .rds()
        .promote_read_replica()
        .db_instance_identifier(name)
        .backup_retention_period(i32::try_from(retention_days).unwrap_or(i32::MAX))
        .send();
    let done = writer.write(Service::Rds, PROMOTE, request).await?;
    Ok(receipt(&done))
}

/// Makes a write of a cell.
///
/// # Errors
/// A classified [`Failure`].
pub(crate) async fn make(writer: &Caller<'_>, write: &RdsWrite) -> Result<Receipt, Failure> {
    let RdsWrite::ModifyDbInstance { instance, groups } = write;
    let request = writer
        .session
        .rds()
        .modify_db_instance()
        .db_instance_identifier(instance)
        .set_vpc_security_group_ids(Some(groups.clone()))
        .apply_immediately(true)
        .send();
    let done = writer.write(Service::Rds, MODIFY, request).await?;
    Ok(receipt(&done))
}

/// Reboots an instance, without a failover to its standby.
///
/// # Errors
/// A classified [`Failure`].
pub(crate) async fn reboot(writer: &Caller<'_>, name: &str) -> Result<Receipt, Failure> {
    let request = writer
        .session
        .rds()
        .reboot_db_instance()
        .db_instance_identifier(name)
        .send();
    let done = writer.write(Service::Rds, REBOOT, request).await?;
    Ok(receipt(&done))
}

//! RDS instances, and the promotion of read replicas.

use crate::{
    caller::{Caller, receipt},
    error::failure,
};
use aws_sdk_rds::types::DbInstance as Described;
use firebreak_core::aws::{
    access::Service,
    failure::{Failure, FailureClass, Receipt},
    rds::DbInstance,
};

const DESCRIBE: &str = "rds:DescribeDBInstances";
const PROMOTE: &str = "rds:PromoteReadReplica";

/// An instance.
///
/// # Errors
/// A classified [`Failure`]; `Gone` where there is none of that name.
pub(crate) async fn instance(caller: &Caller<'_>, name: &str) -> Result<DbInstance, Failure> {
    let request = caller
        .session
        .rds()
        .describe_db_instances()
        .db_instance_identifier(name)
        .send();
    let found = caller.read(Service::Rds, DESCRIBE, request).await?;
    let described = found.db_instances.unwrap_or_default().into_iter().next();
    described.map(fact).ok_or_else(|| {
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

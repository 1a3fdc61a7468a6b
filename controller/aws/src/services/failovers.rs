//! Which function answers each question of a run whose steps run side by side, and which does each of its deeds.

use super::{cloudwatch, ecs, make, rds, read, s3::switches};
use crate::caller::Caller;
use firebreak_core::{
    aws::{
        Answer,
        failure::{Failure, Receipt},
    },
    run::act::{Deed, Probe},
};

/// Answers a question of AWS. A URL is none: it is asked elsewhere.
pub(crate) async fn look(caller: &Caller<'_>, probe: &Probe) -> Result<Answer, Failure> {
    match probe {
        Probe::Cell(_)
        | Probe::EcsService { .. }
        | Probe::TargetHealth { .. }
        | Probe::SecurityGroup { .. }
        | Probe::SecurityGroupRules { .. }
        | Probe::Http { .. } => match probe.query() {
            Some(query) => Box::pin(read(caller, &query)).await,
            None => Ok(Answer::NotFound),
        },
        Probe::SwitchObject { bucket, key } => {
            Ok(Answer::found(&Box::pin(switches::is_there(caller, bucket, key)).await?))
        }
        Probe::DbInstance { instance } => Ok(Answer::found(&Box::pin(rds::instance(caller, instance)).await?)),
        Probe::TaskReferences { task_definition } => Ok(Answer::found(
            &Box::pin(ecs::references(caller, task_definition)).await?,
        )),
        Probe::DbRestart { instance } => Ok(Answer::found(&Box::pin(rds::restart(caller, instance)).await?)),
        Probe::ReplicaLag { instance } => Ok(Answer::found(&Box::pin(cloudwatch::lag(caller, instance)).await?)),
        Probe::Alarm { name } => Ok(Answer::found(&Box::pin(cloudwatch::alarm(caller, name)).await?)),
        Probe::Metric(metric) => Ok(Answer::found(&Box::pin(cloudwatch::datapoint(caller, metric)).await?)),
    }
}

/// Makes the one call of a deed: [`Deed::each`] takes those of several apart.
pub(crate) async fn act(writer: &Caller<'_>, reader: &Caller<'_>, deed: &Deed) -> Result<Receipt, Failure> {
    match deed {
        Deed::Write(writes) => {
            let mut last = Receipt::default();
            for write in writes {
                last = Box::pin(make(writer, reader, write)).await?;
            }
            Ok(last)
        }
        Deed::PutObject { bucket, key } => Box::pin(switches::put(writer, bucket, key)).await,
        Deed::DeleteObject { bucket, key } => Box::pin(switches::delete(writer, bucket, key)).await,
        Deed::PromoteReadReplica {
            instance,
            backup_retention_days,
        } => Box::pin(rds::promote(writer, instance, *backup_retention_days)).await,
        Deed::RebootDbInstance { instance } => Box::pin(rds::reboot(writer, instance)).await,
    }
}

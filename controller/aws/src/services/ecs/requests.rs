//! Which function answers each question about ECS, and which makes each write.

use super::{clear_protection, live_tasks, protected_tasks, service_tasks, standalone_tasks_of_role, stop_task};
use crate::caller::Caller;
use firebreak_core::aws::{
    Answer,
    ecs::{EcsCell, EcsRead, EcsWrite},
    failure::{Failure, Receipt},
};

pub(crate) async fn read(caller: &Caller<'_>, read: &EcsRead) -> Result<Answer, Failure> {
    Ok(match read {
        EcsRead::Service { cluster, service } => Answer::found(&super::service(caller, cluster, service).await?),
        EcsRead::ServiceTasks { cluster, service } => Answer::found(&service_tasks(caller, cluster, service).await?),
        EcsRead::ServicesOfRole { role_arn, .. } => Answer::found(&super::services_of_role(caller, role_arn).await?),
        EcsRead::StandaloneTasksOfRole { cluster, role_arn } => {
            Answer::found(&standalone_tasks_of_role(caller, cluster, role_arn).await?)
        }
        EcsRead::TaskDefinition { arn } => Answer::found(&super::task_definition(caller, arn).await?),
    })
}

pub(crate) async fn read_cell(caller: &Caller<'_>, cell: &EcsCell) -> Result<Answer, Failure> {
    Ok(Answer::Found(match cell {
        EcsCell::ServiceDeployment { cluster, service } => super::deployment(caller, cluster, service).await?,
        EcsCell::ServiceDesiredCount { cluster, service } => {
            super::service(caller, cluster, service).await?.desired_count.into()
        }
        EcsCell::ServiceTasks { cluster, service } => live_tasks(caller, cluster, service).await?.into(),
        EcsCell::TaskProtection { cluster, service } => protected_tasks(caller, cluster, service).await?.into(),
    }))
}

pub(crate) async fn make(writer: &Caller<'_>, write: &EcsWrite) -> Result<Receipt, Failure> {
    match write {
        EcsWrite::ClearTaskProtection { cluster, tasks } => clear_protection(writer, cluster, tasks).await,
        EcsWrite::StopTask { cluster, task } => stop_task(writer, cluster, task).await,
        EcsWrite::UpdateServiceDeployment {
            cluster,
            service,
            network,
            deployment,
            parts,
        } => super::set_deployment(writer, (cluster, service), network, deployment, *parts).await,
        EcsWrite::UpdateServiceDesiredCount {
            cluster,
            service,
            desired_count,
        } => super::set_desired_count(writer, cluster, service, *desired_count).await,
    }
}

//! What was read of a service, its tasks and its surroundings: the queries and the names for them.

use super::blocked;
use crate::{
    aws::{
        Cell, Query,
        application_autoscaling::{ApplicationAutoScalingCell, Suspension},
        ec2::{Ec2Read, SecurityGroup},
        ecs::{EcsRead, EcsService as Service, Task},
        elbv2::{Elbv2Read, TargetHealth},
    },
    blocked::Stop,
    facts::SiteFacts,
    respond::quarantine::Context,
};
use firebreak_crds::{EcsMethod, EcsServiceTarget, Reason};
use std::collections::BTreeSet;

/// How many names a message lists before it says how many more there are.
pub(super) const LISTED: usize = 10;
/// What was read of the service, its tasks and its autoscaling in the first round.
pub(super) struct Seen<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) facts: &'a SiteFacts<'a>,
    pub(super) spec: &'a EcsServiceTarget,
    pub(super) service: Service,
    pub(super) tasks: Vec<Task>,
    pub(super) is_scaled: bool,
}

impl<'a> Seen<'a> {
    pub(super) fn read(context: &'a Context<'a>, facts: &'a SiteFacts<'a>) -> Result<Self, Stop> {
        let Some(spec) = &context.target.ecs_service else {
            return blocked(Reason::InvalidTarget, "spec.target.ecsService is not set".into());
        };
        let (cluster, service) = (spec.cluster.clone(), spec.service.clone());
        let scaling = Query::Cell(Cell::ApplicationAutoScaling(
            ApplicationAutoScalingCell::ScalingSuspension {
                cluster: cluster.clone(),
                service: service.clone(),
            },
        ));
        let tasks = Query::Ecs(EcsRead::ServiceTasks {
            cluster: cluster.clone(),
            service: service.clone(),
        });
        let query = Query::Ecs(EcsRead::Service { cluster, service });
        facts.ask([query.clone(), tasks.clone(), scaling.clone()])?;
        let Some(service) = facts.need(query)? else {
            let message = format!(
                "spec.target.ecsService.service: there is no service {} in cluster {} in {}",
                spec.service, spec.cluster, context.region
            );
            return blocked(Reason::TargetNotFound, message);
        };
        let tasks: Vec<Task> = facts.need(tasks)?.unwrap_or_default();
        Ok(Self {
            context,
            facts,
            spec,
            service,
            tasks: tasks.into_iter().filter(|task| task.last_status != "STOPPED").collect(),
            is_scaled: facts.need::<Option<Suspension>>(scaling)?.flatten().is_some(),
        })
    }

    /// Everything else that a design needs and that does not hang on a further answer, in one round.
    pub(super) fn ask_surroundings(&self) -> Result<(), Stop> {
        let mut queries: Vec<Query> = self.service.target_groups.iter().map(|arn| health(arn)).collect();
        queries.extend(
            self.task_definitions()
                .into_iter()
                .map(|arn| Query::Ecs(EcsRead::TaskDefinition { arn })),
        );
        if self.spec.method != EcsMethod::ScaleToZero {
            queries.extend(self.groups().into_iter().map(group));
        }
        if self.spec.method == EcsMethod::Isolate {
            queries.extend(self.groups().into_iter().map(users));
        }
        queries.extend(self.spec.security_group_id.clone().map(group));
        self.facts.ask(queries)
    }

    /// The service's security groups, and those of older deployments that still run tasks.
    pub(super) fn groups(&self) -> BTreeSet<String> {
        let running = self.service.deployments.iter().filter(|d| d.running_count > 0);
        let older = running.flat_map(|d| &d.security_groups);
        self.service
            .network
            .iter()
            .flat_map(|n| &n.security_groups)
            .chain(older)
            .cloned()
            .collect()
    }

    /// The task definitions of the service and of what runs: a task may be older than the service's definition.
    pub(super) fn task_definitions(&self) -> BTreeSet<String> {
        let running = self.tasks.iter().map(|task| &task.task_definition);
        let all = running
            .chain([&self.service.task_definition])
            .filter(|arn| !arn.is_empty());
        all.cloned().collect()
    }

    pub(super) fn own_groups(&self) -> Result<Vec<(String, SecurityGroup)>, Stop> {
        let mut found = Vec::new();
        for id in self.groups() {
            found.push((id.clone(), self.facts.need(group(id))?.unwrap_or_default()));
        }
        Ok(found)
    }

    pub(super) fn names(&self) -> (String, String) {
        (self.spec.cluster.clone(), self.spec.service.clone())
    }
    pub(super) fn targets(&self, arn: &str) -> Result<Vec<TargetHealth>, Stop> {
        Ok(self.facts.need(health(arn))?.unwrap_or_default())
    }

    pub(super) fn is_own(&self, target: &TargetHealth) -> bool {
        self.tasks.iter().any(|task| task.has_address(&target.id))
    }
}

pub(super) fn health(target_group_arn: &str) -> Query {
    let target_group_arn = target_group_arn.to_owned();
    Query::Elbv2(Elbv2Read::TargetHealth { target_group_arn })
}

pub(super) fn group(group_id: String) -> Query {
    Query::Ec2(Ec2Read::SecurityGroup { group_id })
}

pub(super) fn users(group_id: String) -> Query {
    Query::Ec2(Ec2Read::SecurityGroupUsers { group_id })
}
/// `api` of `arn:aws:elasticloadbalancing:REGION:ACCOUNT:targetgroup/api/0123`.
pub(super) fn target_group_name(arn: &str) -> &str {
    arn.split('/').nth(1).unwrap_or(arn)
}

pub(super) fn listed(names: &[String]) -> String {
    let shown = names.iter().take(LISTED).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(LISTED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

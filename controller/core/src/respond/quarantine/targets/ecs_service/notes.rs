//! What people should know: what a method cannot stop, what it breaks, and who else holds the service's credentials.

use super::seen::{LISTED, Seen, target_group_name};
use crate::{
    aws::{
        Query,
        ecs::{EcsRead, Task, TaskDefinition},
    },
    blocked::Stop,
    respond::quarantine::targets::sessions::{self, lenient, role_name},
};
use firebreak_crds::EcsMethod;
use std::collections::BTreeSet;

impl Seen<'_> {
    pub(super) fn notes(&self) -> Result<Vec<String>, Stop> {
        let mut notes: Vec<String> = method_notes(self.spec.method)
            .iter()
            .map(|note| (*note).to_owned())
            .collect();
        if self.service.target_groups.is_empty() {
            notes.push("No target group sends traffic to it".into());
        }
        for arn in &self.service.target_groups {
            notes.extend(self.health_unknown(arn)?.map(|why| {
                let name = target_group_name(arn);
                format!("Whether target group {name} is left without a healthy target is unknown: {why}")
            }));
        }
        let (roles, unread) = self.roles()?;
        notes.extend(unread);
        self.facts.ask(roles.iter().flat_map(|role| {
            let revoked = sessions::revocations(self.context, role).into_iter().map(Query::Cell);
            revoked.chain([self.standalone(role)])
        }))?;
        for role in &roles {
            notes.push(sessions::note(self.context, self.facts, role, "task role", "a task")?);
            notes.extend(self.standalone_notes(role)?);
        }
        Ok(notes)
    }

    /// ARNs of the task roles, and a note for each task definition that could not be read.
    fn roles(&self) -> Result<(BTreeSet<String>, Vec<String>), Stop> {
        let (mut roles, mut unread) = (BTreeSet::new(), Vec::new());
        for arn in self.task_definitions() {
            match lenient::<TaskDefinition>(self.facts, Query::Ecs(EcsRead::TaskDefinition { arn }))? {
                Ok(found) => roles.extend(found.and_then(|definition| definition.task_role)),
                Err(why) => unread.push(format!(
                    "The task role is unknown, and so is who else runs with it: {why}"
                )),
            }
        }
        Ok((roles, unread))
    }

    fn standalone(&self, role_arn: &str) -> Query {
        Query::Ecs(EcsRead::StandaloneTasksOfRole {
            cluster: self.spec.cluster.clone(),
            role_arn: role_arn.to_owned(),
        })
    }

    fn standalone_notes(&self, role_arn: &str) -> Result<Vec<String>, Stop> {
        let role = role_name(role_arn);
        let mut tasks = match lenient::<Vec<Task>>(self.facts, self.standalone(role_arn))? {
            Ok(tasks) => tasks.unwrap_or_default(),
            Err(why) => return Ok(vec![format!("Standalone tasks of role {role} are unknown: {why}")]),
        };
        tasks.retain(|task| task.last_status != "STOPPED");
        let listed = tasks.iter().take(LISTED);
        let mut notes: Vec<String> = listed
            .map(|t| format!("NOT cut off: standalone task {} of role {role}", t.arn))
            .collect();
        if tasks.len() > LISTED {
            notes.push(format!(
                "NOT cut off: {} more standalone tasks of role {role}",
                tasks.len() - LISTED
            ));
        }
        Ok(notes)
    }
}

/// What the method cannot stop and what it breaks (docs/targets/ecs-service.md gives the sources).
fn method_notes(method: EcsMethod) -> &'static [&'static str] {
    match method {
        EcsMethod::Isolate => &[
            "Cannot stop: connections that are open and tracked; one lasts until it was idle for 5 days (350 s on Nitro v6)",
            "Cannot stop: DNS through the VPC's resolver, which security groups do not filter",
            "Breaks: what the service serves and what it calls, its logs to CloudWatch included",
            "Tasks and their memory live on; ECS replaces one that stops, and the new one cannot pull its image",
        ],
        EcsMethod::SwapSecurityGroups => &[
            "Destroys: memory and local disks of the tasks that run now",
            "Cannot stop: DNS through the VPC's resolver, which security groups do not filter",
            "Breaks: what the service serves and calls; new tasks may not start, because they cannot pull their image",
        ],
        EcsMethod::ScaleToZero => &[
            "Destroys: memory and local disks of all tasks; each gets SIGTERM, and up to its stop timeout to react",
            "Breaks: what the service serves; no task runs until it is released",
        ],
    }
}

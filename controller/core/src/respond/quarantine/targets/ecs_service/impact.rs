//! What hangs on the service, and whether it is cut off beyond what the cells show.

use super::seen::{Seen, group, health, listed, target_group_name};
use crate::{
    aws::{
        Cell,
        ec2::{Ec2Cell, SecurityGroup},
        elbv2::TargetHealth,
    },
    blocked::Stop,
    respond::quarantine::targets::sessions::lenient,
    run::step::{Dependent, Touched},
};
use firebreak_crds::EcsMethod;

impl Seen<'_> {
    pub(super) fn touches(&self, groups: Vec<(String, SecurityGroup)>) -> Vec<Touched> {
        let service = Touched {
            arn: self.service.arn.clone(),
            tags: self.service.tags.clone(),
        };
        let targets = self.service.target_groups.iter().map(|arn| Touched {
            arn: arn.clone(),
            ..Touched::default()
        });
        let groups = groups.into_iter().map(|(group_id, group)| Touched {
            arn: Cell::Ec2(Ec2Cell::SecurityGroupRules { group_id }).resource(
                self.context.partition(),
                &self.context.account.account_id,
                self.context.region,
            ),
            tags: group.tags,
        });
        [service].into_iter().chain(targets).chain(groups).collect()
    }

    pub(super) fn dependents(&self) -> Vec<Dependent> {
        let mut found: Vec<Dependent> = self
            .service
            .target_groups
            .iter()
            .map(|arn| Dependent {
                kind: "target group".into(),
                name: target_group_name(arn).to_owned(),
            })
            .collect();
        found.sort();
        found
    }

    /// Targets of a service without awsvpc are instances and cannot be told apart: they count as its own. A group whose health AWS does not
    /// tell counts as left empty.
    pub(super) fn empties(&self) -> Result<Vec<String>, Stop> {
        let own = |target: &TargetHealth| self.service.network.is_none() || self.is_own(target);
        let mut empty = Vec::new();
        for arn in &self.service.target_groups {
            if self.health_unknown(arn)?.is_some() {
                empty.push(arn.clone());
                continue;
            }
            let mut healthy = self.targets(arn)?;
            healthy.retain(|target| target.state == "healthy");
            if !healthy.is_empty() && healthy.iter().all(own) {
                empty.push(arn.clone());
            }
        }
        Ok(empty)
    }

    /// Why the health of a target group is unknown, where nothing but people's view of it depends on that: Isolate changes the groups.
    pub(super) fn health_unknown(&self, arn: &str) -> Result<Option<String>, Stop> {
        match self.spec.method {
            EcsMethod::Isolate => Ok(None),
            EcsMethod::SwapSecurityGroups | EcsMethod::ScaleToZero => {
                Ok(lenient::<Vec<TargetHealth>>(self.facts, health(arn))?.err())
            }
        }
    }

    /// Connections through a load balancer last until its deregistration delay is over.
    pub(super) fn draining(&self) -> Result<Option<String>, Stop> {
        self.facts
            .ask(self.service.target_groups.iter().map(|arn| health(arn)))?;
        let mut waiting = Vec::new();
        for arn in &self.service.target_groups {
            let left = self
                .targets(arn)?
                .iter()
                .filter(|t| t.state == "draining" && self.is_own(t))
                .count();
            if left > 0 {
                waiting.push(format!(
                    "{} in {}",
                    firebreak_crds::text::counted(left, "task"),
                    target_group_name(arn)
                ));
            }
        }
        Ok((!waiting.is_empty()).then(|| format!("the deregistration delay of {}", waiting.join(", "))))
    }

    /// New tasks may never start without rules, so that the rollout never completes; what counts is that no old one runs.
    pub(super) fn unswapped(&self) -> Option<String> {
        let wanted: Vec<String> = self.spec.security_group_id.iter().cloned().collect();
        let (primary, older): (Vec<_>, Vec<_>) = self.service.deployments.iter().partition(|d| d.status == "PRIMARY");
        if !primary.iter().any(|d| d.security_groups == wanted) {
            return Some(format!("a deployment in security group {}", wanted.join(", ")));
        }
        let left: i32 = older.iter().map(|d| d.running_count).sum();
        (left > 0).then(|| {
            format!(
                "{} of older deployments to stop",
                firebreak_crds::text::counted(left, "task")
            )
        })
    }

    /// The service may have got another security group or target group since: what was written for the old ones stands,
    /// and cuts nothing off any more.
    pub(super) fn open_groups(&self) -> Result<Option<String>, Stop> {
        let wanted = self.spec.security_group_id.iter().cloned();
        let groups = match self.spec.method {
            EcsMethod::SwapSecurityGroups => wanted.collect(),
            _ => self.groups(),
        };
        self.facts.ask(groups.iter().cloned().map(group))?;
        let mut open = Vec::new();
        for id in groups {
            let found: SecurityGroup = self.facts.need(group(id.clone()))?.unwrap_or_default();
            if found.rules > 0 {
                open.push(format!(
                    "its security group {id} has {}",
                    firebreak_crds::text::counted(found.rules, "rule")
                ));
            }
        }
        if self.spec.method == EcsMethod::Isolate {
            open.extend(self.registered_again()?);
        }
        let why = |open: &[String]| format!("the service is not cut off any more: {}", open.join(", "));
        Ok((!open.is_empty()).then(|| why(&open)))
    }

    fn registered_again(&self) -> Result<Vec<String>, Stop> {
        let mut found = Vec::new();
        for arn in &self.service.target_groups {
            let serving = |target: &&TargetHealth| target.state != "draining" && self.is_own(target);
            let count = self.targets(arn)?.iter().filter(serving).count();
            if count > 0 {
                found.push(format!(
                    "{count} of its tasks are registered in {}",
                    target_group_name(arn)
                ));
            }
        }
        Ok(found)
    }

    pub(super) fn still_running(&self) -> Option<String> {
        let left: Vec<String> = self.tasks.iter().map(|task| task.arn.clone()).collect();
        (!left.is_empty()).then(|| {
            format!(
                "{} to stop: {}",
                firebreak_crds::text::counted(left.len(), "task"),
                listed(&left)
            )
        })
    }
}

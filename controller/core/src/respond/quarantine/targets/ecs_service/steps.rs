//! What each method sets, in order.

use super::{
    blocked,
    seen::{Seen, group, listed, target_group_name, users},
};
use crate::{
    aws::{
        Cell,
        application_autoscaling::{ApplicationAutoScalingCell, Suspension},
        ec2::{Ec2Cell, SecurityGroup, SecurityGroupUser},
        ecs::{Deployment, EcsCell, Network},
        elbv2::Elbv2Cell,
    },
    blocked::Stop,
    respond::Draft,
    run::step::Undo,
};
use firebreak_crds::Reason;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;

impl Seen<'_> {
    /// Autoscaling first, so that no scale-in destroys evidence; then the target groups, because a target that fails its
    /// health check for want of rules is replaced by ECS; the rules last.
    pub(super) fn isolate(&self) -> Result<Vec<Draft>, Stop> {
        let mut drafts: Vec<Draft> = self.suspended().into_iter().collect();
        drafts.extend(self.service.target_groups.iter().map(|arn| self.deregister(arn)));
        let mut shared = Vec::new();
        for group_id in self.groups() {
            shared.extend(self.strangers(&group_id)?);
            let id = format!("strip-{group_id}");
            let none = json!({"ingress": [], "egress": []});
            drafts.push(Draft::new(
                id,
                Cell::Ec2(Ec2Cell::SecurityGroupRules { group_id }),
                none,
            ));
        }
        if shared.is_empty() {
            return Ok(drafts);
        }
        let message = format!(
            "spec.target.ecsService.method: Isolate would cut off others that use the service's security groups: {}. Use SwapSecurityGroups or ScaleToZero, or give the others another group",
            listed(&shared)
        );
        blocked(Reason::SharedSecurityGroup, message)
    }

    fn deregister(&self, target_group_arn: &str) -> Draft {
        let cell = Cell::Elbv2(Elbv2Cell::TargetRegistrations {
            target_group_arn: target_group_arn.to_owned(),
            cluster: self.spec.cluster.clone(),
            service: self.spec.service.clone(),
        });
        let id = format!("deregister-{}", target_group_name(target_group_arn));
        Draft::new(id, cell, json!({"registered": [], "running": []}))
    }

    /// Who uses the group besides this service's tasks, for people.
    fn strangers(&self, group_id: &str) -> Result<Vec<String>, Stop> {
        let users: Vec<SecurityGroupUser> = self.facts.need(users(group_id.to_owned()))?.unwrap_or_default();
        let own: BTreeSet<&str> = self
            .tasks
            .iter()
            .filter_map(|t| t.network_interface.as_deref())
            .collect();
        let others = users
            .iter()
            .filter(|user| !own.contains(user.network_interface.as_str()));
        let described = others.map(|user| format!("{} ({}) in {group_id}", user.network_interface, user.description));
        Ok(described.collect())
    }

    /// Protection is cleared too: a protected task would stay in its old groups for up to 48 hours.
    pub(super) fn swap(&self) -> Result<Vec<Draft>, Stop> {
        let quarantine = self.quarantine_group()?;
        let network = Network {
            security_groups: vec![quarantine],
            ..self.service.network.clone().unwrap_or_default()
        };
        let deployment = Deployment {
            minimum_healthy_percent: 0,
            maximum_percent: 100,
            ..Deployment::default()
        };
        let after = json!({"network": network, "deployment": deployment});
        let (cluster, service) = self.names();
        let redeploy = Draft::new(
            "redeploy",
            Cell::Ecs(EcsCell::ServiceDeployment { cluster, service }),
            after,
        );
        let steps = [
            self.suspended(),
            Some(self.unprotect()),
            Some(undone(Undo::Destructive, redeploy)),
        ];
        Ok(steps
            .into_iter()
            .flatten()
            .map(|draft| in_section("swap", draft))
            .collect())
    }

    /// A group with rules would let the compromise talk; one of another VPC is refused by AWS in the middle of a run.
    fn quarantine_group(&self) -> Result<String, Stop> {
        let wrong = |what: String| {
            blocked(
                Reason::InvalidTarget,
                format!("spec.target.ecsService.securityGroupId: {what}"),
            )
        };
        let Some(id) = self.spec.security_group_id.clone() else {
            return wrong("SwapSecurityGroups needs a group without rules in the service's VPC".into());
        };
        let Some(found) = self.facts.need::<SecurityGroup>(group(id.clone()))? else {
            return wrong(format!("{id} does not exist in {}", self.context.region));
        };
        if found.rules > 0 {
            return wrong(format!(
                "{id} has {} and would let traffic through: remove them",
                firebreak_crds::text::counted(found.rules, "rule")
            ));
        }
        let other = self
            .own_groups()?
            .into_iter()
            .find(|(_, own)| !own.vpc_id.is_empty() && own.vpc_id != found.vpc_id);
        match other {
            Some((own, g)) => wrong(format!(
                "{id} is in {}, but {own} of the service is in {}",
                found.vpc_id, g.vpc_id
            )),
            None => Ok(id),
        }
    }

    /// The floor goes first, else the next scaling activity raises the count again.
    pub(super) fn scale_to_zero(&self) -> Vec<Draft> {
        let ((cluster, service), (of, stopped)) = (self.names(), self.names());
        let count = Draft::new(
            "scale",
            Cell::Ecs(EcsCell::ServiceDesiredCount { cluster, service }),
            json!(0),
        );
        let tasks = Cell::Ecs(EcsCell::ServiceTasks {
            cluster: of,
            service: stopped,
        });
        let steps = [
            self.suspended(),
            self.floor(),
            Some(self.unprotect()),
            Some(undone(Undo::Destructive, count)),
            Some(undone(Undo::OneWay, Draft::new("stop-tasks", tasks, json!([])))),
        ];
        steps
            .into_iter()
            .flatten()
            .map(|draft| in_section("scale", draft))
            .collect()
    }

    fn suspended(&self) -> Option<Draft> {
        let (cluster, service) = self.names();
        let cell = Cell::ApplicationAutoScaling(ApplicationAutoScalingCell::ScalingSuspension { cluster, service });
        let draft = || Draft::new("suspend-scaling", cell, value(&Suspension::ALL));
        self.is_scaled.then(draft)
    }

    fn floor(&self) -> Option<Draft> {
        let (cluster, service) = self.names();
        let cell = Cell::ApplicationAutoScaling(ApplicationAutoScalingCell::ScalingMinimum { cluster, service });
        self.is_scaled.then(|| Draft::new("lower-minimum", cell, json!(0)))
    }

    fn unprotect(&self) -> Draft {
        let (cluster, service) = self.names();
        let cell = Cell::Ecs(EcsCell::TaskProtection { cluster, service });
        undone(Undo::OneWay, Draft::new("unprotect-tasks", cell, json!([])))
    }
}

fn undone(undo: Undo, draft: Draft) -> Draft {
    Draft { undo, ..draft }
}

fn in_section(section: &'static str, draft: Draft) -> Draft {
    Draft {
        section: Some(section),
        ..draft
    }
}
fn value(fact: &impl Serialize) -> Value {
    serde_json::to_value(fact).unwrap_or_default()
}

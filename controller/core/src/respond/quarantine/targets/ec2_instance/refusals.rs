//! What stands in the way of cutting an instance off, by name and with the fix.

use super::{
    blocked,
    seen::{Seen, group, rules, store},
};
use crate::{
    aws::ec2::{Interface, SecurityGroup, SecurityGroupRule},
    blocked::Stop,
};
use firebreak_crds::Reason;
use serde_json::Value;

/// Lifecycle states from which an instance enters standby, or in which it stands by (EC2 Auto Scaling user guide, "Instance
/// lifecycle").
const STEADY: [&str; 3] = ["InService", "EnteringStandby", "Standby"];
const EVERYWHERE: &str = "0.0.0.0/0";
const EVERYWHERE_IPV6: &str = "::/0";

impl Seen<'_> {
    pub(super) fn refuse(&self) -> Result<(), Stop> {
        self.refuse_what_a_service_operates()?;
        self.refuse_the_way_of_its_group()?;
        if self.stops() {
            self.refuse_to_stop()?;
        }
        self.refuse_what_aws_manages()?;
        self.refuse_isolation_group()?;
        self.refuse_untrack_group()
    }

    /// EC2 user guide, "Amazon EC2 managed instances": only the service that manages one may change it.
    fn refuse_what_a_service_operates(&self) -> Result<(), Stop> {
        let Some(operator) = &self.instance.operator else {
            return Ok(());
        };
        let message = format!(
            "spec.target.ec2Instance.instanceId: {} is a managed instance, and AWS lets nobody but {operator} change it. Quarantine what runs on it instead (ecsService), and its role (iamRole); on EKS Auto Mode cut its pods off with a NetworkPolicy, or delete its NodeClaim, which terminates it",
            self.spec.instance_id
        );
        blocked(Reason::Unmodifiable, message)
    }

    fn refuse_the_way_of_its_group(&self) -> Result<(), Stop> {
        match &self.membership {
            Some(group) if !STEADY.contains(&group.lifecycle.as_str()) => blocked(
                Reason::Unmodifiable,
                format!(
                    "spec.target.ec2Instance.instanceId: {} is {} in Auto Scaling group {}, which lets it stand by only from InService: wait until it is, or hold its termination back with a lifecycle hook's heartbeat and detach it",
                    self.spec.instance_id, group.lifecycle, group.group
                ),
            ),
            _ => Ok(()),
        }
    }

    /// A Spot Instance that somebody stops can be started again only with a persistent request; a root on instance store
    /// cannot be stopped at all (EC2 user guide, "Stop and start Amazon EC2 instances").
    fn refuse_to_stop(&self) -> Result<(), Stop> {
        let refused = |reason, why: &str| {
            blocked(
                reason,
                format!(
                    "spec.target.ec2Instance.method: {} {why}: use Isolate",
                    self.spec.instance_id
                ),
            )
        };
        if self.instance.instance_store_root {
            return refused(
                Reason::Unmodifiable,
                "has its root device on instance store, and AWS does not stop it",
            );
        }
        if self.instance.spot {
            return refused(
                Reason::Unmodifiable,
                "is a Spot Instance, which AWS does not stop reliably and may not start again",
            );
        }
        let has_store: bool = self.facts.need(store(&self.instance.instance_type))?.unwrap_or(true);
        if has_store && !self.spec.acknowledge_instance_store_loss {
            let message = format!(
                "spec.target.ec2Instance.acknowledgeInstanceStoreLoss: {} is a {}, and Stop loses what is on its instance store volumes, which no snapshot holds: use Isolate, or set it to true",
                self.spec.instance_id, self.instance.instance_type
            );
            return blocked(Reason::InvalidTarget, message);
        }
        Ok(())
    }

    /// An instance with one open interface is not isolated; a stopped one has no open interface.
    fn refuse_what_aws_manages(&self) -> Result<(), Stop> {
        let fixed = self.interfaces.iter().filter(|interface| !self.may_change(interface));
        let named: Vec<String> = fixed.map(named).collect();
        if named.is_empty() || self.stops() {
            return Ok(());
        }
        let message = format!(
            "spec.target.ec2Instance.method: AWS lets nobody change network interfaces that it manages for a service or that belong to another account: {}. Quarantine what they belong to (ecsService), or use Stop",
            named.join(", ")
        );
        blocked(Reason::Unmodifiable, message)
    }

    fn refuse_isolation_group(&self) -> Result<(), Stop> {
        let Some(id) = &self.spec.isolation_security_group_id else {
            return Ok(());
        };
        let found = self.usable_group("isolationSecurityGroupId", id)?;
        if found.rules == 0 {
            return Ok(());
        }
        let message = format!(
            "spec.target.ec2Instance.isolationSecurityGroupId: {id} has {} and would let traffic through: remove them",
            firebreak_crds::text::counted(found.rules, "rule")
        );
        blocked(Reason::InvalidTarget, message)
    }

    /// Why the group that cuts the instance off does not do so any more.
    pub(super) fn opened(&self) -> Result<Option<String>, Stop> {
        let Some(id) = &self.spec.isolation_security_group_id else {
            return Ok(None);
        };
        let found: SecurityGroup = self.facts.need(group(id))?.unwrap_or_default();
        let message = || {
            format!(
                "the instance is not cut off any more: security group {id} has {}",
                firebreak_crds::text::counted(found.rules, "rule")
            )
        };
        Ok((found.rules > 0).then(message))
    }

    /// A flow stays tracked where one direction is restricted, for its own address family (EC2 user guide, "Untracked
    /// connections").
    fn refuse_untrack_group(&self) -> Result<(), Stop> {
        let Some(id) = &self.spec.untrack_security_group_id else {
            return Ok(());
        };
        self.usable_group("untrackSecurityGroupId", id)?;
        let all: Value = self.facts.need(rules(id))?.unwrap_or_default();
        let ipv6 = self.interfaces.iter().any(|interface| interface.ipv6);
        let families = [Some(EVERYWHERE), ipv6.then_some(EVERYWHERE_IPV6)]
            .into_iter()
            .flatten();
        let both_ways = families.flat_map(|everywhere| [("ingress", everywhere), ("egress", everywhere)]);
        let shut: Vec<String> = both_ways
            .filter(|(side, everywhere)| !lets_everything(&all[side], everywhere))
            .map(|(side, everywhere)| format!("{side} rule for all protocols and {everywhere}"))
            .collect();
        if shut.is_empty() {
            return Ok(());
        }
        let message = format!(
            "spec.target.ec2Instance.untrackSecurityGroupId: {id} has no {}, so that open connections would stay tracked: add it, or leave the field out",
            shut.join(", no ")
        );
        blocked(Reason::InvalidTarget, message)
    }

    /// A group of another VPC would be refused by AWS in the middle of a run.
    fn usable_group(&self, field: &str, id: &str) -> Result<SecurityGroup, Stop> {
        let wrong = |what: String| {
            blocked(
                Reason::InvalidTarget,
                format!("spec.target.ec2Instance.{field}: {what}"),
            )
        };
        let Some(found) = self.facts.need::<SecurityGroup>(group(id))? else {
            return wrong(format!("{id} does not exist in {}", self.context.region));
        };
        match self.interfaces.iter().find(|other| other.vpc_id != found.vpc_id) {
            Some(other) => wrong(format!(
                "{id} is in {}, but network interface {} of the instance is in {}",
                found.vpc_id, other.id, other.vpc_id
            )),
            None => Ok(found),
        }
    }
}

/// An interface, for people.
pub(super) fn named(interface: &Interface) -> String {
    match interface.description.is_empty() {
        true => interface.id.clone(),
        false => format!("{} ({})", interface.id, interface.description),
    }
}

fn lets_everything(rules: &Value, everywhere: &str) -> bool {
    let rules: Vec<SecurityGroupRule> = serde_json::from_value(rules.clone()).unwrap_or_default();
    let to_all = |rule: &SecurityGroupRule| {
        [&rule.cidr_ipv4, &rule.cidr_ipv6]
            .iter()
            .any(|range| range.as_deref() == Some(everywhere))
    };
    rules.iter().any(|rule| rule.protocol == "-1" && to_all(rule))
}

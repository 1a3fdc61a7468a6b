//! What hangs on the instance, and whether it is cut off beyond what the cells show.

use super::{
    refusals::named,
    seen::{Seen, group, health, profile_roles},
};
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
use std::collections::BTreeSet;

impl Seen<'_> {
    /// The instance, its interfaces, their groups, its Auto Scaling group and the roles of its profile: guards look at them all,
    /// because anyone who depends on one of them depends on the instance.
    pub(super) fn touches(&self) -> Result<Vec<Touched>, Stop> {
        let mut touches = vec![Touched {
            arn: self.arn(),
            tags: self.instance.tags.clone(),
        }];
        touches.extend(self.interfaces.iter().map(|interface| {
            let cell = Cell::Ec2(Ec2Cell::NetworkInterfaceGroups {
                network_interface: interface.id.clone(),
                through: None,
            });
            Touched {
                arn: self.arn_of(&cell),
                tags: interface.tags.clone(),
            }
        }));
        touches.extend(self.groups()?);
        let group = self.membership.iter().map(|membership| membership.arn.clone());
        let others = group.chain(self.target_groups().iter().cloned()).chain(self.roles()?.0);
        touches.extend(others.map(|arn| Touched {
            arn,
            ..Touched::default()
        }));
        Ok(touches)
    }

    fn groups(&self) -> Result<Vec<Touched>, Stop> {
        let own = self.interfaces.iter().flat_map(|interface| &interface.groups);
        let premade = [
            &self.spec.isolation_security_group_id,
            &self.spec.untrack_security_group_id,
        ];
        let all: BTreeSet<&String> = own.chain(premade.into_iter().flatten()).collect();
        let mut touched = Vec::new();
        for id in all {
            let known = premade.into_iter().flatten().any(|premade| premade == id);
            let tags = match known {
                true => self.facts.need::<SecurityGroup>(group(id))?.unwrap_or_default().tags,
                false => Default::default(),
            };
            let group_id = id.clone();
            let arn = self.arn_of(&Cell::Ec2(Ec2Cell::SecurityGroupRules { group_id }));
            touched.push(Touched { arn, tags });
        }
        Ok(touched)
    }

    /// ARNs of the roles that the instance runs with, and a note where AWS did not tell.
    pub(super) fn roles(&self) -> Result<(Vec<String>, Option<String>), Stop> {
        let Some(profile) = self.profile() else {
            return Ok((Vec::new(), None));
        };
        Ok(match lenient::<Vec<String>>(self.facts, profile_roles(profile))? {
            Ok(roles) => (roles.unwrap_or_default(), None),
            Err(why) => (
                Vec::new(),
                Some(format!("The role of instance profile {profile} is unknown: {why}")),
            ),
        })
    }

    pub(super) fn dependents(&self) -> Vec<Dependent> {
        let mut found: Vec<Dependent> = self
            .target_groups()
            .iter()
            .map(|arn| Dependent {
                kind: "target group".into(),
                name: arn.split('/').nth(1).unwrap_or(arn).to_owned(),
            })
            .collect();
        found.sort();
        found
    }

    /// Auto Scaling registers instances by their id, and deregisters one that enters standby.
    pub(super) fn empties(&self) -> Result<Vec<String>, Stop> {
        let mut empty = Vec::new();
        for arn in self.target_groups() {
            let mut healthy: Vec<TargetHealth> = self.facts.need(health(arn))?.unwrap_or_default();
            healthy.retain(|target| target.state == "healthy");
            if !healthy.is_empty() && healthy.iter().all(|target| target.id == self.spec.instance_id) {
                empty.push(arn.clone());
            }
        }
        Ok(empty)
    }

    /// What is under way, and what came since the plan was made and is not cut off. Metadata options of an instance that is
    /// stopped stay pending until it starts.
    pub(super) fn waiting_for(&self) -> Option<String> {
        let mut waiting = Vec::new();
        if let Some(group) = self
            .membership
            .as_ref()
            .filter(|group| group.lifecycle == "EnteringStandby")
        {
            waiting.push(format!(
                "the instance is entering standby in Auto Scaling group {}",
                group.group
            ));
        }
        if self.stops() && self.instance.state != "stopped" {
            waiting.push(format!("the instance is {}", self.instance.state));
        }
        if self.spec.disable_metadata && !self.instance.metadata_applied && self.instance.state != "stopped" {
            waiting.push("the metadata options are being applied".into());
        }
        waiting.extend(self.open_interfaces());
        waiting.extend(self.unknown_branches());
        (!waiting.is_empty()).then(|| waiting.join("; "))
    }

    /// A stopped instance carries no traffic of its branches.
    fn unknown_branches(&self) -> Option<String> {
        let why = self.unread_branches.as_ref().filter(|_| !self.stops())?;
        Some(format!(
            "branch network interfaces of the instance (of pods with security groups, or of tasks) are unknown and may NOT be cut off: {why}. Give roles.read ec2:DescribeTrunkInterfaceAssociations, or use Stop"
        ))
    }

    fn open_interfaces(&self) -> Vec<String> {
        let Some(quarantine) = &self.spec.isolation_security_group_id else {
            return Vec::new();
        };
        let open = self.interfaces.iter().filter(|i| i.groups != [quarantine.clone()]);
        let open = open.filter(|i| self.may_change(i) || !self.stops());
        open.map(|interface| {
            format!(
                "network interface {} was attached since, or has come as a branch, and is NOT cut off: detach it, or put it into {quarantine}",
                named(interface)
            )
        })
        .collect()
    }
}

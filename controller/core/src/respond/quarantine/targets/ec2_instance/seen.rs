//! What was read of an instance, its network interfaces and its Auto Scaling group: the queries and the names for them.

use super::blocked;
use crate::{
    aws::{
        Cell, Query,
        autoscaling::{AutoScalingRead, GroupMembership},
        ec2::{Branches, Ec2Cell, Ec2Read, Instance, Interface},
        elbv2::Elbv2Read,
        iam::IamRead,
    },
    blocked::Stop,
    facts::SiteFacts,
    respond::quarantine::Context,
};
use firebreak_crds::{Ec2InstanceMethod, Ec2InstanceTarget, Reason};

/// What was read in the first round.
pub(super) struct Seen<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) facts: &'a SiteFacts<'a>,
    pub(super) spec: &'a Ec2InstanceTarget,
    pub(super) instance: Instance,
    /// Those that are attached to it, and the branches of its trunks.
    pub(super) interfaces: Vec<Interface>,
    /// Why there may be branches that are not among them.
    pub(super) unread_branches: Option<String>,
    pub(super) membership: Option<GroupMembership>,
}

impl<'a> Seen<'a> {
    pub(super) fn read(context: &'a Context<'a>, facts: &'a SiteFacts<'a>) -> Result<Self, Stop> {
        let Some(spec) = &context.target.ec2_instance else {
            return blocked(Reason::InvalidTarget, "spec.target.ec2Instance is not set".into());
        };
        let id = || spec.instance_id.clone();
        let instance = Query::Ec2(Ec2Read::Instance { instance_id: id() });
        let interfaces = Query::Ec2(Ec2Read::InstanceInterfaces { instance_id: id() });
        let group = Query::AutoScaling(AutoScalingRead::InstanceGroup { instance_id: id() });
        facts.ask([instance.clone(), interfaces.clone(), group.clone()])?;
        let found: Option<Instance> = facts.need(instance)?;
        let Some(instance) = found.filter(|found| !["shutting-down", "terminated"].contains(&found.state.as_str()))
        else {
            let message = format!(
                "spec.target.ec2Instance.instanceId: there is no instance {} in {}, or it has been terminated",
                spec.instance_id, context.region
            );
            return blocked(Reason::TargetNotFound, message);
        };
        let attached: Vec<Interface> = facts.need(interfaces)?.unwrap_or_default();
        let branches = branches(facts, &attached)?;
        Ok(Self {
            context,
            facts,
            spec,
            instance,
            interfaces: attached.into_iter().chain(branches.interfaces).collect(),
            unread_branches: branches.unread,
            membership: facts.need(group)?,
        })
    }

    /// Everything else that a design needs, in one round.
    pub(super) fn ask_surroundings(&self) -> Result<(), Stop> {
        let groups = [
            &self.spec.isolation_security_group_id,
            &self.spec.untrack_security_group_id,
        ];
        let mut queries: Vec<Query> = groups.into_iter().flatten().map(|id| group(id)).collect();
        queries.extend(self.spec.untrack_security_group_id.as_deref().map(rules));
        queries.extend(self.profile().map(profile_roles));
        queries.extend(self.target_groups().iter().map(|arn| health(arn)));
        if self.stops() {
            queries.push(store(&self.instance.instance_type));
        }
        self.facts.ask(queries)
    }

    pub(super) fn id(&self) -> String {
        self.spec.instance_id.clone()
    }

    pub(super) fn stops(&self) -> bool {
        self.spec.method == Ec2InstanceMethod::Stop
    }

    pub(super) fn arn(&self) -> String {
        self.arn_of(&Cell::Ec2(Ec2Cell::InstanceState { instance_id: self.id() }))
    }

    pub(super) fn arn_of(&self, cell: &Cell) -> String {
        cell.resource(
            self.context.partition(),
            &self.context.account.account_id,
            self.context.region,
        )
    }

    /// Name of the instance profile.
    pub(super) fn profile(&self) -> Option<&str> {
        self.instance.instance_profile.as_deref()?.rsplit('/').next()
    }

    pub(super) fn target_groups(&self) -> &[String] {
        self.membership
            .as_ref()
            .map_or(&[], |membership| &membership.target_groups)
    }

    /// Whether anybody but AWS itself, a service that manages it, or another account, may change the interface.
    pub(super) fn may_change(&self, interface: &Interface) -> bool {
        !interface.requester_managed
            && interface.operator.is_none()
            && interface.owner == self.context.account.account_id
    }
}

/// What AWS does not let us read may be open: it holds nothing back, but it is never said to be cut off.
fn branches(facts: &SiteFacts<'_>, attached: &[Interface]) -> Result<Branches, Stop> {
    let trunks: Vec<String> = attached.iter().filter(|it| it.trunk).map(|it| it.id.clone()).collect();
    if trunks.is_empty() {
        return Ok(Branches::default());
    }
    match facts.need(Query::Ec2(Ec2Read::BranchInterfaces { trunks })) {
        Ok(found) => Ok(found.unwrap_or_default()),
        Err(Stop::Blocked(blocked)) if blocked.reason == Reason::AccessDenied => Ok(Branches {
            unread: Some(blocked.message),
            ..Branches::default()
        }),
        Err(stop) => Err(stop),
    }
}

pub(super) fn group(group_id: &str) -> Query {
    let group_id = group_id.to_owned();
    Query::Ec2(Ec2Read::SecurityGroup { group_id })
}

pub(super) fn rules(group_id: &str) -> Query {
    let group_id = group_id.to_owned();
    Query::Cell(Cell::Ec2(Ec2Cell::SecurityGroupRules { group_id }))
}

pub(super) fn health(target_group_arn: &str) -> Query {
    let target_group_arn = target_group_arn.to_owned();
    Query::Elbv2(Elbv2Read::TargetHealth { target_group_arn })
}

pub(super) fn store(instance_type: &str) -> Query {
    let instance_type = instance_type.to_owned();
    Query::Ec2(Ec2Read::InstanceStore { instance_type })
}

pub(super) fn profile_roles(profile: &str) -> Query {
    let profile = profile.to_owned();
    Query::Iam(IamRead::InstanceProfileRoles { profile })
}

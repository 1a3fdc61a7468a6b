//! Looking things up in a world, and comparing worlds without what moves by itself.

use super::world::{
    Account, Bucket, Cluster, Group, IamRole, IamUser, MappingState, Region, Service, TargetGroup, Task, World,
};
use firebreak_core::aws::{access::Access, application_autoscaling::ScalableTarget};
use firebreak_crds::{AwsAccountSpec, Environment, Grant, Roles};
use std::collections::BTreeMap;

/// An access to an account of the world, as a quarantine `team/quarantine` with the uid `uid-1` would have it.
pub fn access(account: &str, region: &str) -> Access {
    let role = |name: &str| format!("arn:aws:iam::{account}:role/{name}");
    let everything = Grant {
        namespaces: vec!["*".into()],
        kinds: vec!["*".into()],
        arn_patterns: vec!["*".into()],
    };
    Access {
        account: AwsAccountSpec {
            account_id: account.into(),
            roles: Roles {
                read: role("firebreak-read"),
                contain: role("firebreak-contain"),
                contain_identity: None,
                failover: Some(role("firebreak-failover")),
                queue: Some(role("firebreak-queue")),
            },
            external_id: None,
            regions: vec![region.into()],
            data_residency: Vec::new(),
            environment: Environment::Production,
            deny_policy_arn: Some(format!("arn:aws:iam::{account}:policy/FirebreakDenyAll")),
            evidence: None,
            isolation_groups: Vec::new(),
            never_block: Vec::new(),
            break_glass: vec![role("break-glass")],
            grants: vec![everything],
        },
        region: region.into(),
        namespace: "team".into(),
        name: "quarantine".into(),
        uid: "uid-1".into(),
    }
}

impl World {
    /// A region of an account.
    pub fn region(&self, account: &str, region: &str) -> Option<&Region> {
        self.accounts.get(account)?.regions.get(region)
    }

    /// A region of an account, to change it.
    pub fn region_mut(&mut self, account: &str, region: &str) -> Option<&mut Region> {
        self.accounts.get_mut(account)?.regions.get_mut(region)
    }

    /// A bucket of an access' account and region.
    pub fn bucket(&self, access: &Access, name: &str) -> Option<&Bucket> {
        self.region(&access.account.account_id, &access.region)?
            .buckets
            .get(name)
    }

    /// A role of an account.
    pub fn role(&self, account: &str, role: &str) -> Option<&IamRole> {
        named(&self.accounts.get(account)?.roles, role)
    }

    /// A role of an account, to change it.
    pub fn role_mut(&mut self, account: &str, role: &str) -> Option<&mut IamRole> {
        named_mut(&mut self.accounts.get_mut(account)?.roles, role)
    }

    /// A user of an account.
    pub fn user(&self, account: &str, user: &str) -> Option<&IamUser> {
        named(&self.accounts.get(account)?.users, user)
    }

    /// A user of an account, to change it.
    pub fn user_mut(&mut self, account: &str, user: &str) -> Option<&mut IamUser> {
        named_mut(&mut self.accounts.get_mut(account)?.users, user)
    }

    /// The world without what moves by itself: tasks of services, their interfaces, targets, deployments and ids, and how far
    /// instances and event source mappings are on their way. What is left must be the same after a release.
    pub fn without_motion(&self) -> Self {
        let mut still = self.clone();
        for region in still
            .accounts
            .values_mut()
            .flat_map(|account| account.regions.values_mut())
        {
            region.forget_motion();
        }
        still
    }
}

/// IAM takes names that differ in case only for one name (IAM user guide, "IAM and AWS STS quotas": IAM name requirements).
fn named<'a, T>(all: &'a BTreeMap<String, T>, name: &str) -> Option<&'a T> {
    let found = || all.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    all.get(name).or_else(|| found().map(|(_, value)| value))
}

fn named_mut<'a, T>(all: &'a mut BTreeMap<String, T>, name: &str) -> Option<&'a mut T> {
    let known = all.keys().find(|known| known.eq_ignore_ascii_case(name))?.clone();
    all.get_mut(&known)
}

impl Account {
    pub(super) fn region_or_empty(&mut self, name: &str) -> &mut Region {
        let id = self.id.clone();
        let make = || Region {
            account: id,
            name: name.to_owned(),
            ..Region::default()
        };
        self.regions.entry(name.to_owned()).or_insert_with(make)
    }
}

impl Region {
    /// A service, whether ACTIVE or not.
    pub fn service(&self, cluster: &str, service: &str) -> Option<&Service> {
        self.clusters.get(cluster)?.services.get(service)
    }

    /// What scales a service, if anything does.
    pub fn scalable_target(&self, cluster: &str, service: &str) -> Option<&ScalableTarget> {
        self.scalable_targets.get(&format!("{cluster}/{service}"))
    }

    /// A service, to change it.
    pub fn service_mut(&mut self, cluster: &str, service: &str) -> Option<&mut Service> {
        self.clusters.get_mut(cluster)?.services.get_mut(service)
    }

    /// The tasks of a service that are not STOPPED yet.
    pub fn tasks(&self, cluster: &str, service: &str) -> Vec<&Task> {
        self.clusters
            .get(cluster)
            .map(|cluster| cluster.tasks_of(service))
            .unwrap_or_default()
    }

    /// A task of the cluster, to change it: to protect it, say.
    pub fn task_mut(&mut self, cluster: &str, arn: &str) -> Option<&mut Task> {
        self.clusters.get_mut(cluster)?.tasks.get_mut(arn)
    }

    /// A security group.
    pub fn group(&self, id: &str) -> Option<&Group> {
        self.security_groups.get(id)
    }

    /// A target group by its name.
    pub fn target_group_named(&self, name: &str) -> Option<&TargetGroup> {
        self.target_groups.get(&self.target_group_arn(name))
    }

    /// The ARN of the target group of that name in this region.
    pub fn target_group_arn(&self, name: &str) -> String {
        format!(
            "arn:aws:elasticloadbalancing:{}:{}:targetgroup/{name}/0123456789abcdef",
            self.name, self.account
        )
    }

    pub(super) fn next(&mut self) -> u64 {
        self.made += 1;
        self.made
    }

    fn forget_motion(&mut self) {
        self.made = 0;
        for mapping in self.event_source_mappings.values_mut() {
            if matches!(mapping.state, MappingState::Moving { .. }) {
                mapping.state = MappingState::Settled;
            }
        }
        for cluster in self.clusters.values_mut() {
            cluster.tasks.retain(|_, task| !task.of_any_service());
            for service in cluster.services.values_mut() {
                service.rollouts.clear();
                service.last_good = None;
            }
        }
        let kept: Vec<String> = self
            .clusters
            .values()
            .flat_map(|c| c.tasks.values().map(|t| t.network_interface.clone()))
            .collect();
        self.network_interfaces
            .retain(|id, eni| !eni.description.starts_with("arn:aws:ecs:") || kept.contains(id));
        self.target_groups.values_mut().for_each(|group| group.targets.clear());
        for instance in self.instances.values_mut() {
            instance.state = instance.state.arrived();
            (instance.metadata_pending, instance.unchecked_until) = (false, 0);
        }
        let groups = self.auto_scaling_groups.values_mut();
        let lifecycles = groups.flat_map(|group| group.instances.values_mut());
        lifecycles.for_each(|lifecycle| *lifecycle = lifecycle.arrived());
    }
}

impl Cluster {
    /// The tasks of a service that are not STOPPED yet.
    pub fn tasks_of(&self, service: &str) -> Vec<&Task> {
        self.tasks.values().filter(|task| task.of(service)).collect()
    }
}

impl Task {
    /// Whether a service of that name started it.
    pub fn of(&self, service: &str) -> bool {
        self.group.strip_prefix("service:") == Some(service)
    }

    /// Whether any service started it.
    pub fn of_any_service(&self) -> bool {
        self.group.starts_with("service:")
    }
}

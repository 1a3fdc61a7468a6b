//! Making worlds in tests: accounts, roles and regions, one call each. A service that is built has its tasks running,
//! healthy and registered.

use super::{
    document, groups, tasks,
    world::{
        Account, AutoScalingGroup, Bucket, EventSourceMapping, Function, Group, Health, IamRole, IamUser, Instance,
        Lifecycle, NetworkInterface, Phase, Region, Rollout, Service, Target, TargetGroup, World,
    },
};
use firebreak_core::facts::{
    AccessKey, Function as FunctionFacts, Network, PublicAccessBlock, Role, ScalableTarget, SecurityGroupRule,
    TaskDefinition, UserAccess,
};
use serde_json::{Value, json};

impl World {
    /// A world without accounts.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an account, or adds to it.
    #[must_use]
    pub fn with_account(mut self, id: &str, build: impl FnOnce(Account) -> Account) -> Self {
        let account = self.accounts.remove(id).unwrap_or_else(|| Account {
            id: id.into(),
            ..Account::default()
        });
        self.accounts.insert(id.into(), build(account));
        self
    }
}

impl Account {
    /// Adds a role; its ARN comes from its path and name.
    #[must_use]
    pub fn with_role(mut self, name: &str, mut role: IamRole) -> Self {
        role.facts.arn = format!("arn:aws:iam::{}:role{}{name}", self.id, role.facts.path);
        self.roles.insert(name.into(), role);
        self
    }

    /// Adds a user; its name, and its ARN under the path `/`, come from the name.
    #[must_use]
    pub fn with_user(mut self, name: &str, mut user: IamUser) -> Self {
        user.facts.name = name.into();
        user.facts.arn = format!("arn:aws:iam::{}:user/{name}", self.id);
        self.users.insert(name.into(), user);
        self
    }

    /// Adds a customer managed policy under the path `/`.
    #[must_use]
    pub fn with_policy(mut self, name: &str, document: Value) -> Self {
        self.managed_policies
            .insert(format!("arn:aws:iam::{}:policy/{name}", self.id), document);
        self
    }

    /// Adds a region, or adds to it.
    #[must_use]
    pub fn with_region(mut self, name: &str, build: impl FnOnce(Region) -> Region) -> Self {
        let region = std::mem::take(self.region_or_empty(name));
        self.regions.insert(name.into(), build(region));
        self
    }
}

impl IamRole {
    /// A role that one AWS service may assume, such as `ecs-tasks.amazonaws.com`.
    pub fn of_service(principal: &str) -> Self {
        let trust = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"Service": principal}, "Action": "sts:AssumeRole"}]});
        let facts = Role {
            path: "/".into(),
            trust,
            max_session_seconds: 3600,
            ..Role::default()
        };
        Self {
            facts,
            ..Self::default()
        }
    }

    /// Sets the path, such as `/aws-service-role/ecs.amazonaws.com/`.
    #[must_use]
    pub fn path(mut self, path: &str) -> Self {
        self.facts.path = path.into();
        self
    }

    /// Sets the trust policy, in the form in which AWS keeps it.
    #[must_use]
    pub fn trust(mut self, trust: Value) -> Self {
        self.facts.trust = document::normalised(&trust);
        self
    }

    /// Adds an inline policy, in the form in which AWS keeps it.
    #[must_use]
    pub fn inline(mut self, name: &str, policy: Value) -> Self {
        self.inline_policies.insert(name.into(), document::normalised(&policy));
        self
    }

    /// Attaches a managed policy.
    #[must_use]
    pub fn attached(mut self, policy_arn: &str) -> Self {
        self.attached_policies.insert(policy_arn.into());
        self
    }

    /// Puts it into an instance profile.
    #[must_use]
    pub fn instance_profile(mut self, name: &str) -> Self {
        self.instance_profiles.insert(name.into());
        self
    }

    /// Adds a tag.
    #[must_use]
    pub fn tag(mut self, key: &str, value: &str) -> Self {
        self.facts.tags.insert(key.into(), value.into());
        self
    }

    /// Sets when it was last used (RFC 3339).
    #[must_use]
    pub fn last_used(mut self, at: &str) -> Self {
        self.facts.last_used = Some(at.into());
        self
    }

    /// Sets the longest session.
    #[must_use]
    pub fn max_session(mut self, seconds: u32) -> Self {
        self.facts.max_session_seconds = seconds;
        self
    }
}

impl IamUser {
    /// A user with access keys, each with its status.
    pub fn with_keys(keys: &[(&str, &str)]) -> Self {
        let key = |(id, status): &(&str, &str)| AccessKey {
            id: (*id).into(),
            status: (*status).into(),
            ..AccessKey::default()
        };
        Self {
            access_keys: keys.iter().map(|one| (one.0.to_owned(), key(one))).collect(),
            ..Self::default()
        }
    }

    /// Adds an inline policy, in the form in which AWS keeps it.
    #[must_use]
    pub fn inline(mut self, name: &str, policy: Value) -> Self {
        self.inline_policies.insert(name.into(), document::normalised(&policy));
        self
    }

    /// Attaches a managed policy.
    #[must_use]
    pub fn attached(mut self, policy_arn: &str) -> Self {
        self.attached_policies.insert(policy_arn.into());
        self
    }

    /// Gives it a console password, and puts it into groups.
    #[must_use]
    pub fn signing_in(mut self, groups: &[&str]) -> Self {
        self.access = UserAccess {
            password: true,
            mfa_devices: 0,
            groups: groups.iter().map(|&group| group.to_owned()).collect(),
        };
        self
    }

    /// Adds a tag.
    #[must_use]
    pub fn tag(mut self, key: &str, value: &str) -> Self {
        self.facts.tags.insert(key.into(), value.into());
        self
    }
}

/// A rule that lets a protocol and port through for an IPv4 range.
pub fn cidr_rule(protocol: &str, port: i32, cidr: &str) -> SecurityGroupRule {
    SecurityGroupRule {
        cidr_ipv4: Some(cidr.into()),
        ..port_rule(protocol, port)
    }
}

/// A rule that lets a protocol and port through for another security group.
pub fn group_rule(protocol: &str, port: i32, group: &str) -> SecurityGroupRule {
    SecurityGroupRule {
        group: Some(group.into()),
        ..port_rule(protocol, port)
    }
}

/// A rule that lets everything through for an IPv4 range.
pub fn all_traffic(cidr: &str) -> SecurityGroupRule {
    cidr_rule("-1", -1, cidr)
}

fn port_rule(protocol: &str, port: i32) -> SecurityGroupRule {
    SecurityGroupRule {
        protocol: protocol.into(),
        from_port: Some(port),
        to_port: Some(port),
        ..SecurityGroupRule::default()
    }
}

impl Bucket {
    /// Sets its policy, in the form in which AWS keeps it.
    #[must_use]
    pub fn policy(mut self, policy: Value) -> Self {
        self.policy = Some(document::normalised(&policy));
        self
    }

    /// Sets its public access block.
    #[must_use]
    pub fn blocked(mut self, block: PublicAccessBlock) -> Self {
        self.public_access_block = Some(block);
        self
    }

    /// Lets somebody in by its ACL: the URI of a group, or a canonical user id.
    #[must_use]
    pub fn granted_to(mut self, grantee: &str) -> Self {
        self.grantees.push(grantee.into());
        self
    }

    /// Adds a tag.
    #[must_use]
    pub fn tag(mut self, key: &str, value: &str) -> Self {
        self.tags.insert(key.into(), value.into());
        self
    }
}

impl Region {
    /// Adds a bucket.
    #[must_use]
    pub fn with_bucket(mut self, name: &str, bucket: Bucket) -> Self {
        self.buckets.insert(name.into(), bucket);
        self
    }

    /// Adds a subnet of a VPC.
    #[must_use]
    pub fn with_subnet(mut self, id: &str, vpc: &str) -> Self {
        self.subnets.insert(id.into(), vpc.into());
        self
    }

    /// Adds a security group with its rules.
    #[must_use]
    pub fn with_security_group(
        mut self,
        id: &str,
        vpc: &str,
        ingress: impl IntoIterator<Item = SecurityGroupRule>,
        egress: impl IntoIterator<Item = SecurityGroupRule>,
    ) -> Self {
        let ingress = ingress.into_iter().map(groups::normalised).collect();
        let egress = egress.into_iter().map(groups::normalised).collect();
        self.security_groups.insert(
            id.into(),
            Group {
                vpc: vpc.into(),
                ingress,
                egress,
                ..Group::default()
            },
        );
        self
    }

    /// Tags a security group.
    #[must_use]
    pub fn with_group_tag(mut self, id: &str, key: &str, value: &str) -> Self {
        if let Some(group) = self.security_groups.get_mut(id) {
            group.tags.insert(key.into(), value.into());
        }
        self
    }

    /// Adds a network interface that belongs to no task.
    #[must_use]
    pub fn with_network_interface(mut self, id: &str, description: &str, groups: &[&str]) -> Self {
        let groups = groups.iter().map(|&group| group.to_owned()).collect();
        self.network_interfaces.insert(
            id.into(),
            NetworkInterface {
                description: description.into(),
                groups,
                ..NetworkInterface::default()
            },
        );
        self
    }

    /// Adds a running instance, as it is given, with interfaces of its own.
    #[must_use]
    pub fn with_instance(mut self, id: &str, instance: Instance) -> Self {
        self.instances.insert(id.into(), instance);
        self
    }

    /// Attaches an interface to an instance.
    #[must_use]
    pub fn with_instance_interface(mut self, instance: &str, id: &str, vpc: &str, groups: &[&str]) -> Self {
        let interface = NetworkInterface {
            description: String::new(),
            groups: groups.iter().map(|&group| group.to_owned()).collect(),
            vpc: vpc.into(),
            instance: Some(instance.into()),
            requester_managed: false,
        };
        self.network_interfaces.insert(id.into(), interface);
        self
    }

    /// Adds an Auto Scaling group of instances in service, healthy in a target group (by name).
    #[must_use]
    pub fn with_auto_scaling_group(
        mut self,
        name: &str,
        (min, desired, max): (i32, i32, i32),
        instances: &[&str],
        target_group: &str,
    ) -> Self {
        let arn = self.target_group_arn(target_group);
        if let Some(targets) = self.target_groups.get_mut(&arn) {
            targets.targets.extend(instances.iter().map(|&id| Target {
                id: id.into(),
                port: 80,
                health: Health::Healthy,
            }));
        }
        let group = AutoScalingGroup {
            min,
            max,
            desired,
            instances: instances.iter().map(|&id| (id.into(), Lifecycle::InService)).collect(),
            target_groups: [arn].into(),
        };
        self.auto_scaling_groups.insert(name.into(), group);
        self
    }

    /// Adds a target group by name; its targets drain for so many seconds.
    #[must_use]
    pub fn with_target_group(mut self, name: &str, deregistration_delay: i64) -> Self {
        let arn = self.target_group_arn(name);
        self.target_groups.insert(
            arn,
            TargetGroup {
                deregistration_delay,
                targets: Vec::new(),
            },
        );
        self
    }

    /// Adds a task definition, such as `api:1`, with the names of its task role and execution role.
    #[must_use]
    pub fn with_task_definition(mut self, name: &str, task_role: &str, execution_role: &str) -> Self {
        let role = |name: &str| Some(format!("arn:aws:iam::{}:role/{name}", self.account));
        let definition = TaskDefinition {
            task_role: role(task_role),
            execution_role: role(execution_role),
        };
        self.task_definitions.insert(self.task_definition_arn(name), definition);
        self
    }

    /// The ARN of a task definition, such as `api:1`.
    pub fn task_definition_arn(&self, name: &str) -> String {
        format!("arn:aws:ecs:{}:{}:task-definition/{name}", self.name, self.account)
    }

    /// Adds a service with all its tasks running, healthy and registered.
    #[must_use]
    pub fn with_service(mut self, cluster: &str, name: &str, mut service: Service) -> Self {
        service.arn = format!("arn:aws:ecs:{}:{}:service/{cluster}/{name}", self.name, self.account);
        service.task_definition = self.task_definition_arn(&service.task_definition);
        let balancers = std::mem::take(&mut service.load_balancers);
        service.load_balancers = balancers
            .into_iter()
            .map(|(tg, port)| (self.target_group_arn(&tg), port))
            .collect();
        service.last_good = Some((service.network.clone(), service.task_definition.clone()));
        service.rollouts = vec![Rollout {
            id: tasks::rollout_id(&mut self),
            state: "COMPLETED".into(),
            network: service.network.clone(),
            task_definition: service.task_definition.clone(),
            failed_tasks: 0,
        }];
        let wanted = service.desired_count;
        self.clusters
            .entry(cluster.into())
            .or_default()
            .services
            .insert(name.into(), service);
        (0..wanted).for_each(|_| self.add_running(cluster, name));
        self
    }

    /// Adds a task that no service started, of the family of the task definition.
    #[must_use]
    pub fn with_standalone_task(mut self, cluster: &str, task_definition: &str) -> Self {
        let family = task_definition.split(':').next().unwrap_or(task_definition);
        let (group, definition) = (format!("family:{family}"), self.task_definition_arn(task_definition));
        let mut task = tasks::made(&mut self, cluster, &group, &definition, None);
        task.phase = Phase::Running;
        self.clusters
            .entry(cluster.into())
            .or_default()
            .tasks
            .insert(task.arn.clone(), task);
        self
    }

    /// Adds a scalable target for a service.
    #[must_use]
    pub fn with_scalable_target(mut self, cluster: &str, service: &str, min: i32, max: i32) -> Self {
        let target = ScalableTarget {
            min,
            max,
            ..ScalableTarget::default()
        };
        self.scalable_targets.insert(format!("{cluster}/{service}"), target);
        self
    }

    /// Adds a Lambda function with the name of its role.
    #[must_use]
    pub fn with_function(mut self, name: &str, role: &str) -> Self {
        let facts = FunctionFacts {
            arn: format!("arn:aws:lambda:{}:{}:function:{name}", self.name, self.account),
            role: format!("arn:aws:iam::{}:role/{role}", self.account),
            timeout_seconds: 30,
            ..FunctionFacts::default()
        };
        let function = Function {
            facts,
            ..Function::default()
        };
        self.functions.insert(name.into(), function);
        self
    }

    /// Changes a Lambda function: its concurrency and URLs.
    #[must_use]
    pub fn with_function_like(mut self, name: &str, change: impl FnOnce(&mut Function)) -> Self {
        if let Some(function) = self.functions.get_mut(name) {
            change(function);
        }
        self
    }

    /// Adds a mapping from a queue to a function, or to an alias of it such as `refund:live`.
    #[must_use]
    pub fn with_event_source(mut self, uuid: &str, queue: &str, invokes: &str, enabled: bool) -> Self {
        let (function, qualifier) = match invokes.split_once(':') {
            Some((function, qualifier)) => (function, Some(qualifier.to_owned())),
            None => (invokes, None),
        };
        let mapping = EventSourceMapping {
            function: function.into(),
            qualifier,
            source: format!("arn:aws:sqs:{}:{}:{queue}", self.name, self.account),
            enabled,
            ..EventSourceMapping::default()
        };
        self.event_source_mappings.insert(uuid.into(), mapping);
        self
    }

    fn add_running(&mut self, cluster: &str, name: &str) {
        let Some(arn) = tasks::start(self, cluster, name, 0) else {
            return;
        };
        let Some(ip) = self.task_mut(cluster, &arn).map(|task| {
            task.phase = Phase::Running;
            task.ip.clone()
        }) else {
            return;
        };
        let balancers = self
            .service_mut(cluster, name)
            .map(|s| s.load_balancers.clone())
            .unwrap_or_default();
        for (tg, port) in balancers {
            if let Some(group) = self.target_groups.get_mut(&tg) {
                group.targets.push(Target {
                    id: ip.clone(),
                    port,
                    health: Health::Healthy,
                });
            }
        }
    }
}

impl Service {
    /// An ECS service with rolling deployments that wants so many tasks of a task definition, such as `api:1`.
    pub fn of(task_definition: &str, desired_count: i32) -> Self {
        Self {
            status: "ACTIVE".into(),
            deployment_controller: "ECS".into(),
            strategy: "ROLLING".into(),
            task_definition: task_definition.into(),
            desired_count,
            ..Self::default()
        }
    }

    /// Sets its subnets and security groups.
    #[must_use]
    pub fn network(mut self, subnets: &[&str], groups: &[&str]) -> Self {
        let owned = |ids: &[&str]| ids.iter().map(|&id| id.to_owned()).collect();
        let network = Network {
            subnets: owned(subnets),
            security_groups: owned(groups),
            assign_public_ip: false,
        };
        self.network = Some(network);
        self
    }

    /// Puts it behind a target group, by name.
    #[must_use]
    pub fn behind(mut self, target_group: &str, port: i32) -> Self {
        self.load_balancers.insert(target_group.into(), port);
        self
    }

    /// Adds a tag.
    #[must_use]
    pub fn tag(mut self, key: &str, value: &str) -> Self {
        self.tags.insert(key.into(), value.into());
        self
    }
}

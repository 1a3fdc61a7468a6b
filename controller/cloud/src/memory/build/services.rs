//! ECS services behind target groups. A service that is built has its tasks running, healthy and registered.

use super::super::{
    tasks,
    world::{Health, Phase, Region, Rollout, Service, Target, TargetGroup},
};
use firebreak_core::aws::{
    application_autoscaling::ScalableTarget,
    ecs::{Network, Reference, TaskDefinition},
};

impl Region {
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

    /// Adds a listener or a rule by ARN, with the weights of the target groups that it forwards to.
    #[must_use]
    pub fn with_forward(mut self, arn: &str, weights: &[(&str, i32)]) -> Self {
        let weights = weights.iter().map(|(group, weight)| ((*group).to_owned(), *weight));
        self.forwards.insert(arn.into(), weights.collect());
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
        self.with_references(name, &[])
    }

    /// Says what the containers of a task definition fetch or talk to.
    #[must_use]
    pub fn with_references(mut self, name: &str, references: &[Reference]) -> Self {
        self.task_references
            .insert(self.task_definition_arn(name), references.to_vec());
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

    /// Lets ECS move its tasks between Availability Zones.
    #[must_use]
    pub fn rebalanced(mut self) -> Self {
        self.deployment.availability_zone_rebalancing = true;
        self
    }

    /// Adds a tag.
    #[must_use]
    pub fn tag(mut self, key: &str, value: &str) -> Self {
        self.tags.insert(key.into(), value.into());
        self
    }
}

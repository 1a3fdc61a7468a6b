//! On what ECS's actions are allowed.

use crate::aws::Scope;

pub(in crate::aws) const SERVICES: Scope = Scope::on("Services", &["arn:${Partition}:ecs:*:${Account}:service/*"]);
pub(in crate::aws) const TASKS: Scope = Scope::on("Tasks", &["arn:${Partition}:ecs:*:${Account}:task/*"]);

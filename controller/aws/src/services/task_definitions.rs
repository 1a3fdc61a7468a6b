//! The roles of task definitions that were read before. A revision never changes, so it is asked for once.

use firebreak_core::aws::ecs::TaskDefinition;
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

const MOST: usize = 4096;

/// Roles by the ARN of the revision.
#[derive(Default)]
pub(crate) struct TaskDefinitions(Mutex<HashMap<String, TaskDefinition>>);

impl TaskDefinitions {
    pub(crate) fn get(&self, arn: &str) -> Option<TaskDefinition> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(arn).cloned()
    }

    /// Keeps it, unless the name is that of a family, whose newest revision may be another one tomorrow.
    pub(crate) fn keep(&self, arn: &str, definition: &TaskDefinition) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.clear();
        }
        if is_revision(arn) {
            known.insert(arn.to_owned(), definition.clone());
        }
    }
}

fn is_revision(arn: &str) -> bool {
    arn.rsplit_once(':')
        .is_some_and(|(_, revision)| revision.parse::<u32>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_is_kept_and_a_family_is_not() {
        let known = TaskDefinitions::default();
        known.keep(
            "arn:aws:ecs:us-east-1:123456789012:task-definition/api:7",
            &TaskDefinition::default(),
        );
        known.keep(
            "arn:aws:ecs:us-east-1:123456789012:task-definition/api",
            &TaskDefinition::default(),
        );
        assert!(
            known
                .get("arn:aws:ecs:us-east-1:123456789012:task-definition/api:7")
                .is_some()
        );
        assert!(
            known
                .get("arn:aws:ecs:us-east-1:123456789012:task-definition/api")
                .is_none()
        );
    }
}

//! Roles and users.

use super::super::{
    document,
    world::{IamRole, IamUser},
};
use firebreak_core::aws::iam::{AccessKey, Role, UserAccess};
use serde_json::{Value, json};

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

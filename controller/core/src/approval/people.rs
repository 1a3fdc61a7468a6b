//! Who is a person, and when two names are two people.

use crate::pattern;
use firebreak_crds::asked::MAX_USERNAME;

/// Whether a user is no person: Kubernetes' own users (service accounts, nodes, components), and what the patterns name.
pub fn is_machine(patterns: &[String], username: &str) -> bool {
    username.starts_with("system:") || patterns.iter().any(|pattern| pattern::matches(pattern, username))
}

/// Whether a user is a person, with a name that can be remembered whole.
pub fn is_person(machines: &[String], username: &str) -> bool {
    !is_machine(machines, username) && username.chars().count() < MAX_USERNAME
}

/// What makes two names two people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Distinctness {
    /// Every username is a person of its own.
    #[default]
    Username,
    /// Sessions of one assumed role are one person: anyone who assumes a role chooses its session's name. On EKS the default
    /// username of a role is `arn:aws:sts::<account>:assumed-role/<role>/<session>`.
    AssumedRole,
}

impl Distinctness {
    /// What tells the person apart from others.
    pub fn person(self, username: &str) -> &str {
        let session = username
            .split_once(":assumed-role/")
            .and_then(|(_, rest)| rest.split_once('/'));
        match (self, session) {
            (Self::AssumedRole, Some((_, session))) => &username[..username.len() - session.len() - 1],
            _ => username,
        }
    }
}

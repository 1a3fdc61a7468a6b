//! What is asked of IAM's policy simulator, and what it answers. It reads policies and tries nothing.

mod trials;

pub use trials::trials;

/// Actions that shall be allowed on a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    /// IAM actions, such as `iam:GetRole`.
    pub actions: Vec<String>,
    /// The ARN of a resource, which need not exist, or `*`.
    pub resource: String,
    /// Context keys whose values Firebreak's calls always have, such as `iam:PolicyARN`.
    pub context: Vec<(String, String)>,
}

/// What the simulator says of one action on one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The action.
    pub action: String,
    /// The resource.
    pub resource: String,
    /// Whether it is allowed.
    pub decision: Decision,
}

/// Whether an action is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// A policy allows it, and none denies it.
    Allowed,
    /// A statement denies it.
    Forbidden,
    /// Nothing allows it.
    NotAllowed,
    /// Nothing allows it as far as is known: policies ask for these context keys, of which the simulator was told nothing.
    Depends(Vec<String>),
}

//! Which reads AWS answers for many resources in one call: on a resync, objects of an account share them.

use super::{Grant, Scope, ecs, iam};
use serde::{Deserialize, Serialize};

/// A survey makes at most one call for so many questions; a batch call that would cost more is not worth it.
pub const QUESTIONS_A_CALL: usize = 10;

/// A kind of batch read.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Survey {
    /// iam:GetAccountAuthorizationDetails: the roles and users of the account with their policies, and its managed policies.
    Identities,
    /// ec2:DescribeInstances of up to 200 instances.
    Instances,
    /// ec2:DescribeNetworkInterfaces of up to 200 instances, or of up to 200 interfaces.
    Interfaces,
    /// ecs:DescribeServices of up to ten services of a cluster.
    Services,
}

impl Survey {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Identities, Self::Instances, Self::Interfaces, Self::Services];

    /// The IAM action that it needs.
    pub fn action(self) -> &'static str {
        self.grant().actions[0]
    }

    /// On what that action is allowed.
    pub fn grant(self) -> Grant {
        match self {
            Self::Identities => iam::resources::SURVEY.allows(&["iam:GetAccountAuthorizationDetails"]),
            Self::Instances => Scope::ANYTHING.allows(&["ec2:DescribeInstances"]),
            Self::Interfaces => Scope::ANYTHING.allows(&["ec2:DescribeNetworkInterfaces"]),
            Self::Services => ecs::resources::SERVICES.allows(&["ecs:DescribeServices"]),
        }
    }

    /// How many calls it may make to answer so many questions.
    pub fn calls(questions: usize) -> usize {
        questions / QUESTIONS_A_CALL
    }
}

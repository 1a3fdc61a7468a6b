//! Which reads AWS answers for many resources in one call, and which are the same for many objects: on a resync, objects of an
//! account share both.

use crate::{cell::Cell, query::Query};
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

    /// The batch read that answers a question, if AWS has one.
    pub fn of(query: &Query) -> Option<Self> {
        match query {
            Query::Cell(
                Cell::RolePolicyAttachment { .. }
                | Cell::RoleInlinePolicy { .. }
                | Cell::RoleTrustPolicy { .. }
                | Cell::UserInlinePolicy { .. }
                | Cell::UserPolicyAttachment { .. },
            ) => Some(Self::Identities),
            Query::Instance { .. } | Query::Cell(Cell::InstanceMetadata { .. } | Cell::InstanceState { .. }) => {
                Some(Self::Instances)
            }
            Query::InstanceInterfaces { .. } | Query::Cell(Cell::NetworkInterfaceGroups { .. }) => {
                Some(Self::Interfaces)
            }
            Query::Service { .. } | Query::Cell(Cell::ServiceDeployment { .. } | Cell::ServiceDesiredCount { .. }) => {
                Some(Self::Services)
            }
            // AWS's own policies are not among the account's.
            Query::ManagedPolicy { arn } if !arn.contains(":iam::aws:") => Some(Self::Identities),
            _ => None,
        }
    }

    /// The IAM actions that it needs.
    pub fn permissions(self) -> &'static [&'static str] {
        match self {
            Self::Identities => &["iam:GetAccountAuthorizationDetails"],
            Self::Instances => &["ec2:DescribeInstances"],
            Self::Interfaces => &["ec2:DescribeNetworkInterfaces"],
            Self::Services => &["ecs:DescribeServices"],
        }
    }

    /// How many calls it may make to answer so many questions.
    pub fn calls(questions: usize) -> usize {
        questions / QUESTIONS_A_CALL
    }
}

/// Whether many objects ask the same: about the account's deny policy, or about the security group that isolates.
pub fn is_common(query: &Query) -> bool {
    matches!(
        query,
        Query::ManagedPolicy { .. } | Query::SecurityGroup { .. } | Query::SecurityGroupUsers { .. }
    )
}

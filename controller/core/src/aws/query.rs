//! The closed list of AWS reads, by service.

use super::{
    Cell, Grant, Survey, access::Service, autoscaling::AutoScalingRead, ec2::Ec2Read, ecs::EcsRead, elbv2::Elbv2Read,
    iam::IamRead, lambda::LambdaRead, s3::S3Read, sts::StsRead, wafv2::Wafv2Read,
};
use serde::{Deserialize, Serialize};
use std::ops::Deref;

/// One question to AWS. Its documentation names the calls that answer it and the shape of the answer.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "all variants but one are the services' names")]
pub enum Query {
    AutoScaling(AutoScalingRead),
    /// The cell's current value, in the shape that the cell's documentation gives. `NotFound` when the resource that
    /// the cell belongs to does not exist (a role without the inline policy is `Found(null)`).
    Cell(Cell),
    Ec2(Ec2Read),
    Ecs(EcsRead),
    Elbv2(Elbv2Read),
    Iam(IamRead),
    Lambda(LambdaRead),
    S3(S3Read),
    Sts(StsRead),
    Wafv2(Wafv2Read),
}

/// What must be known about a question before it is asked.
pub trait Question {
    /// The IAM actions that it needs, the one that is called first in front.
    fn grants(&self) -> &'static [Grant];

    /// What it asks about, in words.
    fn subject(&self) -> String;

    /// The region that it looks in, where that need not be the target's.
    fn region(&self) -> Option<&str> {
        None
    }

    /// Whether it is asked for information only: what it would tell decides nothing, and not being told holds nothing back. Most
    /// of them look at whole regions, each of which may be disabled, down, or very large.
    fn is_informational(&self) -> bool {
        false
    }

    /// Whether it pages through everything of its kind in a region, so that its answer may take long.
    fn is_wide(&self) -> bool {
        false
    }

    /// Whether many objects ask the same: about the account's deny policy, or about the security group that isolates.
    fn is_common(&self) -> bool {
        false
    }

    /// The batch read that answers it among others, if AWS has one.
    fn survey(&self) -> Option<Survey> {
        None
    }
}

impl Question for Cell {
    fn grants(&self) -> &'static [Grant] {
        (**self).grants()
    }

    fn subject(&self) -> String {
        self.field()
    }

    fn survey(&self) -> Option<Survey> {
        (**self).survey()
    }
}

impl Deref for Query {
    type Target = dyn Question;

    fn deref(&self) -> &Self::Target {
        match self {
            Self::AutoScaling(read) => read,
            Self::Cell(cell) => cell,
            Self::Ec2(read) => read,
            Self::Ecs(read) => read,
            Self::Elbv2(read) => read,
            Self::Iam(read) => read,
            Self::Lambda(read) => read,
            Self::S3(read) => read,
            Self::Sts(read) => read,
            Self::Wafv2(read) => read,
        }
    }
}

impl Query {
    /// The AWS service whose budget it draws on.
    pub fn service(&self) -> Service {
        match self {
            Self::AutoScaling(_) => Service::AutoScaling,
            Self::Cell(cell) => cell.service(),
            Self::Ec2(_) => Service::Ec2,
            Self::Ecs(_) => Service::Ecs,
            Self::Elbv2(_) => Service::Elbv2,
            Self::Iam(_) => Service::Iam,
            Self::Lambda(_) => Service::Lambda,
            Self::S3(_) => Service::S3,
            Self::Sts(_) => Service::Sts,
            Self::Wafv2(_) => Service::Wafv2,
        }
    }

    /// The IAM actions that it needs, the one that is called first in front.
    pub fn actions(&self) -> Vec<&'static str> {
        let grants = self.grants().iter();
        grants.flat_map(|grant| grant.actions.iter().copied()).collect()
    }

    /// The IAM action of its first call.
    pub fn first_action(&self) -> &'static str {
        let first = self.grants().first().and_then(|grant| grant.actions.first());
        first.copied().unwrap_or_default()
    }

    /// What any read needs, once for each line of the services' tables.
    pub(crate) fn reads() -> impl Iterator<Item = &'static Grant> {
        [
            super::application_autoscaling::CELLS,
            super::autoscaling::CELLS,
            super::autoscaling::READS,
            super::ec2::CELLS,
            super::ec2::READS,
            super::ecs::CELLS,
            super::ecs::READS,
            super::elbv2::CELLS,
            super::elbv2::READS,
            super::iam::CELLS,
            super::iam::READS,
            super::lambda::CELLS,
            super::lambda::READS,
            super::rds::CELLS,
            super::s3::CELLS,
            super::s3::READS,
            super::sts::READS,
            super::wafv2::CELLS,
            super::wafv2::READS,
        ]
        .into_iter()
        .flatten()
        .copied()
        .flatten()
    }
}

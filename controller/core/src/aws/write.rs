//! The closed list of AWS writes, by service.

use super::{
    Call, access::Service, application_autoscaling::ApplicationAutoScalingWrite, autoscaling::AutoScalingWrite,
    ec2::Ec2Write, ecs::EcsWrite, elbv2::Elbv2Write, iam::IamWrite, lambda::LambdaWrite, rds::RdsWrite, s3::S3Write,
    wafv2::Wafv2Write,
};
use serde::{Deserialize, Serialize};

/// One AWS call that changes something. Document fields are JSON, written as their compact text.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(untagged)]
#[allow(missing_docs, reason = "the variants are the services' names")]
pub enum Write {
    ApplicationAutoScaling(ApplicationAutoScalingWrite),
    AutoScaling(AutoScalingWrite),
    Ec2(Ec2Write),
    Ecs(EcsWrite),
    Elbv2(Elbv2Write),
    Iam(IamWrite),
    Lambda(LambdaWrite),
    Rds(RdsWrite),
    S3(S3Write),
    Wafv2(Wafv2Write),
}

impl Write {
    /// What it is to IAM, to the engine and to auditors.
    pub fn call(&self) -> Call {
        match self {
            Self::ApplicationAutoScaling(write) => write.call(),
            Self::AutoScaling(write) => write.call(),
            Self::Ec2(write) => write.call(),
            Self::Ecs(write) => write.call(),
            Self::Elbv2(write) => write.call(),
            Self::Iam(write) => write.call(),
            Self::Lambda(write) => write.call(),
            Self::Rds(write) => write.call(),
            Self::S3(write) => write.call(),
            Self::Wafv2(write) => write.call(),
        }
    }

    /// The AWS service whose budget it draws on.
    pub fn service(&self) -> Service {
        match self {
            Self::ApplicationAutoScaling(_) => Service::ApplicationAutoScaling,
            Self::AutoScaling(_) => Service::AutoScaling,
            Self::Ec2(_) => Service::Ec2,
            Self::Ecs(_) => Service::Ecs,
            Self::Elbv2(_) => Service::Elbv2,
            Self::Iam(_) => Service::Iam,
            Self::Lambda(_) => Service::Lambda,
            Self::Rds(_) => Service::Rds,
            Self::S3(_) => Service::S3,
            Self::Wafv2(_) => Service::Wafv2,
        }
    }

    /// What can be said of any write, once for each line of the services' tables.
    pub(crate) fn calls() -> impl Iterator<Item = &'static Call> {
        [
            super::application_autoscaling::CALLS,
            super::autoscaling::CALLS,
            super::ec2::CALLS,
            super::ecs::CALLS,
            super::elbv2::CALLS,
            super::iam::CALLS,
            super::lambda::CALLS,
            super::rds::CALLS,
            super::s3::CALLS,
            super::wafv2::CALLS,
        ]
        .into_iter()
        .flatten()
    }
}

macro_rules! from_services {
    ($($service:ident($write:ident)),*) => {
        $(impl From<$write> for Write {
            fn from(write: $write) -> Self {
                Self::$service(write)
            }
        })*
    };
}

from_services! {
    ApplicationAutoScaling(ApplicationAutoScalingWrite), AutoScaling(AutoScalingWrite), Ec2(Ec2Write), Ecs(EcsWrite),
    Elbv2(Elbv2Write), Iam(IamWrite), Lambda(LambdaWrite), Rds(RdsWrite), S3(S3Write), Wafv2(Wafv2Write)
}

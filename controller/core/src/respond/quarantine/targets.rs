//! The registry of quarantine targets: one file each.

pub mod deny;
pub mod ec2_instance;
pub mod ecs_service;
pub mod iam_role;
pub mod iam_user;
pub mod lambda_function;
pub mod s3_bucket;
pub mod security_group_rule;
mod sessions;
#[cfg(test)]
mod testing;

use super::Target;
use firebreak_crds::Target as TargetSpec;

/// Every target, in the order of its kind.
pub fn all() -> [&'static dyn Target; 7] {
    [
        &ec2_instance::Ec2Instance,
        &ecs_service::EcsService,
        &iam_role::IamRole,
        &iam_user::IamUser,
        &lambda_function::LambdaFunction,
        &s3_bucket::S3Bucket,
        &security_group_rule::SecurityGroupRule,
    ]
}

/// The target that a spec names; none when it names none (admission refuses that).
pub fn of(spec: &TargetSpec) -> Option<&'static dyn Target> {
    all().into_iter().find(|target| target.named_by(spec))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_sorted_and_unique() {
        let kinds: Vec<_> = all().iter().map(|t| t.kind()).collect();
        assert!(kinds.windows(2).all(|pair| pair[0] < pair[1]), "{kinds:?}");
    }
}

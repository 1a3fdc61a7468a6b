//! One cell of each kind.

use crate::aws::ec2::InstanceAttribute;
use crate::aws::{
    Cell,
    application_autoscaling::ApplicationAutoScalingCell,
    autoscaling::AutoScalingCell,
    ec2::{Ec2Cell, Through, Traffic},
    ecs::EcsCell,
    elbv2::Elbv2Cell,
    iam::IamCell,
    lambda::LambdaCell,
    rds::RdsCell,
    s3::S3Cell,
    wafv2::{IpSetId, Wafv2Cell},
};

#[expect(clippy::too_many_lines, reason = "a table")]
pub(super) fn cells() -> Vec<Cell> {
    let (cluster, service) = ("prod".to_owned(), "api".to_owned());
    let role = "api-task".to_owned();
    vec![
        Cell::S3(S3Cell::BucketPolicyStatement {
            bucket: "exports".into(),
            sid: "FirebreakQuarantine".into(),
        }),
        Cell::S3(S3Cell::BucketPublicAccessBlock {
            bucket: "exports".into(),
        }),
        Cell::Rds(RdsCell::InstanceSecurityGroups {
            instance: "orders".into(),
        }),
        Cell::Iam(IamCell::RolePolicyAttachment {
            role: role.clone(),
            policy_arn: "arn:aws:iam::123456789012:policy/Deny".into(),
        }),
        Cell::Iam(IamCell::RoleInlinePolicy {
            role: role.clone(),
            policy_name: "Deny".into(),
        }),
        Cell::Iam(IamCell::RoleTrustPolicy { role }),
        registrations(),
        rules(),
        one_rule(),
        Cell::Ecs(EcsCell::ServiceDeployment {
            cluster: cluster.clone(),
            service: service.clone(),
        }),
        Cell::Ecs(EcsCell::ServiceDesiredCount {
            cluster: cluster.clone(),
            service: service.clone(),
        }),
        Cell::ApplicationAutoScaling(ApplicationAutoScalingCell::ScalingMinimum {
            cluster: cluster.clone(),
            service: service.clone(),
        }),
        Cell::ApplicationAutoScaling(ApplicationAutoScalingCell::ScalingSuspension {
            cluster: cluster.clone(),
            service: service.clone(),
        }),
        Cell::Ecs(EcsCell::TaskProtection {
            cluster: cluster.clone(),
            service: service.clone(),
        }),
        Cell::Ecs(EcsCell::ServiceTasks { cluster, service }),
        Cell::Ec2(Ec2Cell::InstanceAttribute {
            instance_id: instance(),
            attribute: InstanceAttribute::DisableApiTermination,
        }),
        Cell::Ec2(Ec2Cell::InstanceMetadata {
            instance_id: instance(),
        }),
        Cell::Ec2(Ec2Cell::InstanceProfile {
            instance_id: instance(),
        }),
        Cell::Ec2(Ec2Cell::InstanceSnapshots {
            instance_id: instance(),
            run: "uid-1".into(),
        }),
        Cell::AutoScaling(AutoScalingCell::InstanceStandby {
            instance_id: instance(),
            group: "bastions".into(),
        }),
        Cell::Ec2(Ec2Cell::InstanceState {
            instance_id: instance(),
        }),
        interface(),
        Cell::Lambda(LambdaCell::FunctionConcurrency {
            function: "refund".into(),
        }),
        weights(),
        Cell::Lambda(LambdaCell::AliasVersion {
            function: "refund".into(),
            alias: "live".into(),
        }),
        Cell::Lambda(LambdaCell::EventSourceMapping {
            function: "refund".into(),
            uuid: "u-1".into(),
        }),
        sources(),
        provisioned(),
        urls(),
        keys(),
        Cell::Iam(IamCell::UserInlinePolicy {
            user: "ci".into(),
            policy_name: "Deny".into(),
        }),
        Cell::Iam(IamCell::UserPolicyAttachment {
            user: "ci".into(),
            policy_arn: "arn:aws:iam::123456789012:policy/Deny".into(),
        }),
        Cell::Wafv2(Wafv2Cell::IpSetRange {
            ip_set: IpSetId::default(),
            cidr: "198.51.100.7/32".into(),
        }),
    ]
}

pub(super) fn instance() -> String {
    "i-0123456789abcdef0".into()
}

/// One that passes through `sg-1` on its way into `sg-0`.
pub(super) fn interface() -> Cell {
    Cell::Ec2(Ec2Cell::NetworkInterfaceGroups {
        network_interface: "eni-0123456789abcdef0".into(),
        through: Some(Through {
            untrack: "sg-1".into(),
            quarantine: "sg-0".into(),
        }),
    })
}

pub(super) fn sources() -> Cell {
    Cell::Lambda(LambdaCell::FunctionEventSources {
        function: "refund".into(),
    })
}

pub(super) fn provisioned() -> Cell {
    Cell::Lambda(LambdaCell::FunctionProvisionedConcurrency {
        function: "refund".into(),
    })
}

pub(super) fn urls() -> Cell {
    Cell::Lambda(LambdaCell::FunctionUrls {
        function: "refund".into(),
    })
}

pub(super) fn keys() -> Cell {
    Cell::Iam(IamCell::UserAccessKeys { user: "ci".into() })
}

pub(super) fn weights() -> Cell {
    Cell::Elbv2(Elbv2Cell::ForwardWeights {
        forwards: "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/web/1/2".into(),
        groups: ["one".into(), "other".into()],
    })
}

pub(super) fn registrations() -> Cell {
    Cell::Elbv2(Elbv2Cell::TargetRegistrations {
        target_group_arn: "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/0123".into(),
        cluster: "prod".into(),
        service: "api".into(),
    })
}

/// The rule that lets tcp 22 in for `10.0.0.0/8`.
pub(super) fn one_rule() -> Cell {
    Cell::Ec2(Ec2Cell::SecurityGroupRule {
        group_id: "sg-0000000a".into(),
        rule_id: "sgr-0000000a".into(),
        traffic: Traffic {
            protocol: "tcp".into(),
            from_port: Some(22),
            to_port: Some(22),
            cidr_ipv4: Some("10.0.0.0/8".into()),
            ..Traffic::default()
        },
    })
}

pub(super) fn rules() -> Cell {
    Cell::Ec2(Ec2Cell::SecurityGroupRules {
        group_id: "sg-0000000a".into(),
    })
}

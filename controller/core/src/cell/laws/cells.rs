//! One cell of each kind.

use crate::cell::{Cell, Through};
use crate::facts::InstanceAttribute;

pub(super) fn cells() -> Vec<Cell> {
    let (cluster, service) = ("prod".to_owned(), "api".to_owned());
    let role = "api-task".to_owned();
    vec![
        Cell::BucketPolicyStatement {
            bucket: "exports".into(),
            sid: "FirebreakQuarantine".into(),
        },
        Cell::BucketPublicAccessBlock {
            bucket: "exports".into(),
        },
        Cell::RolePolicyAttachment {
            role: role.clone(),
            policy_arn: "arn:aws:iam::123456789012:policy/Deny".into(),
        },
        Cell::RoleInlinePolicy {
            role: role.clone(),
            policy_name: "Deny".into(),
        },
        Cell::RoleTrustPolicy { role },
        registrations(),
        rules(),
        Cell::ServiceDeployment {
            cluster: cluster.clone(),
            service: service.clone(),
        },
        Cell::ServiceDesiredCount {
            cluster: cluster.clone(),
            service: service.clone(),
        },
        Cell::ScalingMinimum {
            cluster: cluster.clone(),
            service: service.clone(),
        },
        Cell::ScalingSuspension {
            cluster: cluster.clone(),
            service: service.clone(),
        },
        Cell::TaskProtection {
            cluster: cluster.clone(),
            service: service.clone(),
        },
        Cell::ServiceTasks { cluster, service },
        Cell::InstanceAttribute {
            instance_id: instance(),
            attribute: InstanceAttribute::DisableApiTermination,
        },
        Cell::InstanceMetadata {
            instance_id: instance(),
        },
        Cell::InstanceProfile {
            instance_id: instance(),
        },
        Cell::InstanceSnapshots {
            instance_id: instance(),
            run: "uid-1".into(),
        },
        Cell::InstanceStandby {
            instance_id: instance(),
            group: "bastions".into(),
        },
        Cell::InstanceState {
            instance_id: instance(),
        },
        interface(),
        Cell::FunctionConcurrency {
            function: "refund".into(),
        },
        sources(),
        provisioned(),
        urls(),
        keys(),
        Cell::UserInlinePolicy {
            user: "ci".into(),
            policy_name: "Deny".into(),
        },
        Cell::UserPolicyAttachment {
            user: "ci".into(),
            policy_arn: "arn:aws:iam::123456789012:policy/Deny".into(),
        },
    ]
}

pub(super) fn instance() -> String {
    "i-0123456789abcdef0".into()
}

/// One that passes through `sg-1` on its way into `sg-0`.
pub(super) fn interface() -> Cell {
    Cell::NetworkInterfaceGroups {
        network_interface: "eni-0123456789abcdef0".into(),
        through: Some(Through {
            untrack: "sg-1".into(),
            quarantine: "sg-0".into(),
        }),
    }
}

pub(super) fn sources() -> Cell {
    Cell::FunctionEventSources {
        function: "refund".into(),
    }
}

pub(super) fn provisioned() -> Cell {
    Cell::FunctionProvisionedConcurrency {
        function: "refund".into(),
    }
}

pub(super) fn urls() -> Cell {
    Cell::FunctionUrls {
        function: "refund".into(),
    }
}

pub(super) fn keys() -> Cell {
    Cell::UserAccessKeys { user: "ci".into() }
}

pub(super) fn registrations() -> Cell {
    Cell::TargetRegistrations {
        target_group_arn: "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/0123".into(),
        cluster: "prod".into(),
        service: "api".into(),
    }
}

pub(super) fn rules() -> Cell {
    Cell::SecurityGroupRules {
        group_id: "sg-0000000a".into(),
    }
}

//! One of each read and each write. A variant that has no line here does not compile: so no permission is forgotten.
//! Where the permission depends on a field, there is one line per case.

use crate::{
    cell::Cell,
    facts::{InstanceAttribute, SecurityGroupRule},
    query::Query,
    write::Write,
};
use std::collections::BTreeMap;

macro_rules! samples {
    ($(#[$doc:meta])* $name:ident: $kind:ident { $($variant:ident $fields:tt)* }) => {
        $(#[$doc])*
        pub fn $name() -> Vec<$kind> {
            let each_has_a_line = |it: $kind| {
                #[allow(unreachable_patterns, reason = "a variant may have more than one line")]
                match it {
                    $($kind::$variant { .. } => it,)*
                }
            };
            [$($kind::$variant $fields),*].into_iter().map(each_has_a_line).collect()
        }
    };
}

/// The value of a field that no permission depends on.
fn any<T: Default>() -> T {
    T::default()
}

samples! {
    /// One of each write.
    writes: Write {
        AssociateIamInstanceProfile { instance_id: any(), profile_arn: any() }
        AttachRolePolicy { role: any(), policy_arn: any() }
        AttachUserPolicy { user: any(), policy_arn: any() }
        AuthorizeSecurityGroupRules { group_id: any(), egress: false, rules: tagged() }
        AuthorizeSecurityGroupRules { group_id: any(), egress: true, rules: tagged() }
        ClearTaskProtection { cluster: any(), tasks: any() }
        CreateSnapshots { instance_id: any(), run: any() }
        DeleteBucketPolicyStatement { bucket: any(), sid: any() }
        DeleteFunctionConcurrency { function: any() }
        DeleteProvisionedConcurrencyConfig { function: any(), qualifier: any() }
        DeletePublicAccessBlock { bucket: any() }
        DeleteRolePolicy { role: any(), policy_name: any() }
        DeleteUserPolicy { user: any(), policy_name: any() }
        DeregisterTargets { target_group_arn: any(), targets: any() }
        DetachRolePolicy { role: any(), policy_arn: any() }
        DetachUserPolicy { user: any(), policy_arn: any() }
        DisassociateIamInstanceProfile { instance_id: any(), profile_arn: any() }
        EnterStandby { instance_id: any(), group: any(), decrement: any() }
        ExitStandby { instance_id: any(), group: any() }
        ModifyInstanceAttribute { instance_id: any(), attribute: InstanceAttribute::DisableApiStop, value: any() }
        ModifyInstanceMetadataOptions { instance_id: any(), options: any() }
        ModifyNetworkInterfaceGroups { network_interface: any(), groups: any(), rehearse: any() }
        PutBucketPolicyStatement { bucket: any(), sid: any(), statement: any() }
        PutFunctionConcurrency { function: any(), reserved: any() }
        PutProvisionedConcurrencyConfig { function: any(), qualifier: any(), executions: any() }
        PutPublicAccessBlock { bucket: any(), block: any() }
        PutRolePolicy { role: any(), policy_name: any(), document: any() }
        PutUserPolicy { user: any(), policy_name: any(), document: any() }
        RegisterScalableTarget { cluster: any(), service: any(), min: any(), suspended: any() }
        RegisterTargets { target_group_arn: any(), targets: any() }
        RevokeSecurityGroupRules { group_id: any(), egress: false, rules: any() }
        RevokeSecurityGroupRules { group_id: any(), egress: true, rules: any() }
        StartInstances { instance_id: any() }
        StopInstances { instance_id: any() }
        StopTask { cluster: any(), task: any() }
        UpdateAccessKey { user: any(), access_key_id: any(), active: any() }
        UpdateAssumeRolePolicy { role: any(), document: any() }
        UpdateEventSourceMapping { uuid: any(), enabled: any() }
        UpdateFunctionUrlConfig { function: any(), qualifier: any(), auth_type: any() }
        UpdateServiceDeployment { cluster: any(), service: any(), network: any(), deployment: any(), parts: any() }
        UpdateServiceDesiredCount { cluster: any(), service: any(), desired_count: any() }
    }
}

samples! {
    /// One of each read that is not of a cell.
    questions: Query {
        AccessKeysOfUser { user: any() }
        BranchInterfaces { trunks: any() }
        Bucket { bucket: any() }
        CallerIdentity {}
        Cell { 0: Cell::RoleTrustPolicy { role: any() } }
        EventSourcesOfFunction { function: any() }
        Function { function: any() }
        FunctionsOfRole { region: any(), role_arn: any() }
        Instance { instance_id: any() }
        InstanceGroup { instance_id: any() }
        InstanceInterfaces { instance_id: any() }
        InstanceProfileRoles { profile: any() }
        InstanceProfilesOfRole { role: any() }
        InstanceSnapshots { instance_id: any(), run: any() }
        InstanceStore { instance_type: any() }
        ManagedPolicy { arn: any() }
        MissingReferences { groups: any(), prefix_lists: any() }
        OtherCredentialsOfUser { user: any() }
        Role { role: any() }
        SecurityGroup { group_id: any() }
        SecurityGroupUsers { group_id: any() }
        Service { cluster: any(), service: any() }
        ServiceTasks { cluster: any(), service: any() }
        ServicesOfRole { region: any(), role_arn: any() }
        StandaloneTasksOfRole { cluster: any(), role_arn: any() }
        TargetHealth { target_group_arn: any() }
        TaskDefinition { arn: any() }
        User { user: any() }
        UserAccess { user: any() }
    }
}

samples! {
    /// One of each cell.
    cells: Cell {
        BucketPolicyStatement { bucket: any(), sid: any() }
        BucketPublicAccessBlock { bucket: any() }
        FunctionConcurrency { function: any() }
        FunctionEventSources { function: any() }
        FunctionProvisionedConcurrency { function: any() }
        FunctionUrls { function: any() }
        InstanceAttribute { instance_id: any(), attribute: InstanceAttribute::DisableApiStop }
        InstanceMetadata { instance_id: any() }
        InstanceProfile { instance_id: any() }
        InstanceSnapshots { instance_id: any(), run: any() }
        InstanceStandby { instance_id: any(), group: any() }
        InstanceState { instance_id: any() }
        NetworkInterfaceGroups { network_interface: any(), through: any() }
        RoleInlinePolicy { role: any(), policy_name: any() }
        RolePolicyAttachment { role: any(), policy_arn: any() }
        RoleTrustPolicy { role: any() }
        ScalingMinimum { cluster: any(), service: any() }
        ScalingSuspension { cluster: any(), service: any() }
        SecurityGroupRules { group_id: any() }
        ServiceDeployment { cluster: any(), service: any() }
        ServiceDesiredCount { cluster: any(), service: any() }
        ServiceTasks { cluster: any(), service: any() }
        TargetRegistrations { target_group_arn: any(), cluster: any(), service: any() }
        TaskProtection { cluster: any(), service: any() }
        UserAccessKeys { user: any() }
        UserInlinePolicy { user: any(), policy_name: any() }
        UserPolicyAttachment { user: any(), policy_arn: any() }
    }
}

/// One of each read, those of cells among them.
pub fn queries() -> Vec<Query> {
    questions()
        .into_iter()
        .chain(cells().into_iter().map(Query::Cell))
        .collect()
}

/// Rules that had tags get them back, which needs a permission of its own.
fn tagged() -> Vec<SecurityGroupRule> {
    vec![SecurityGroupRule {
        tags: BTreeMap::from([("Name".to_owned(), "web".to_owned())]),
        ..any()
    }]
}

//! Generated values for each kind of cell.

use super::traffic;
use crate::aws::{
    Cell,
    application_autoscaling::{ApplicationAutoScalingCell, Suspension},
    autoscaling::AutoScalingCell,
    ec2::{Ec2Cell, IdentifiedRule, Metadata, SecurityGroupRule},
    ecs::{Deployment, EcsCell, Network},
    elbv2::Elbv2Cell,
    iam::IamCell,
    lambda::LambdaCell,
    rds::RdsCell,
    s3::{PublicAccessBlock, S3Cell},
};
use proptest::{collection::vec, option, prelude::*, sample::subsequence};
use serde_json::{Value, json};

/// Values as AWS shows them.
#[expect(clippy::too_many_lines, reason = "a table")]
pub(super) fn values(cell: &Cell) -> BoxedStrategy<Value> {
    match cell {
        Cell::S3(S3Cell::BucketPolicyStatement { .. }) => option::of(documents(json!("2026-01-02T03:04:05Z")))
            .prop_map(|document| document.map_or(Value::Null, |document| document["Statement"][0].clone()))
            .boxed(),
        Cell::S3(S3Cell::BucketPublicAccessBlock { .. }) => option::of(blocks()).prop_map(|block| json!(block)).boxed(),
        Cell::Iam(IamCell::RolePolicyAttachment { .. }) | Cell::Iam(IamCell::UserPolicyAttachment { .. }) => {
            any::<bool>().prop_map(Value::from).boxed()
        }
        Cell::Iam(IamCell::RoleInlinePolicy { .. }) | Cell::Iam(IamCell::UserInlinePolicy { .. }) => {
            option::of(documents(json!("2026-01-02T03:04:05Z")))
                .prop_map(Option::unwrap_or_default)
                .boxed()
        }
        Cell::Iam(IamCell::RoleTrustPolicy { .. }) => documents(json!("2026-01-02T03:04:05Z")).boxed(),
        Cell::Elbv2(Elbv2Cell::TargetRegistrations { .. }) => registered().boxed(),
        Cell::Elbv2(Elbv2Cell::ForwardWeights { .. }) => (0..1000, 1..1000)
            .prop_map(|(one, other)| json!({"one": one, "other": other}))
            .boxed(),
        Cell::Ec2(Ec2Cell::SecurityGroupRule { .. }) => one_rule_or_none().boxed(),
        Cell::Ec2(Ec2Cell::SecurityGroupRules { .. }) => (rule_lists(), rule_lists())
            .prop_map(|(ingress, egress)| json!({"ingress": ingress, "egress": egress}))
            .boxed(),
        Cell::Ecs(EcsCell::ServiceDeployment { .. }) => deployments().boxed(),
        Cell::Ecs(EcsCell::ServiceDesiredCount { .. }) => (0..50).prop_map(Value::from).boxed(),
        Cell::ApplicationAutoScaling(ApplicationAutoScalingCell::ScalingMinimum { .. }) => {
            option::of(0..9).prop_map(|min| json!(min)).boxed()
        }
        Cell::ApplicationAutoScaling(ApplicationAutoScalingCell::ScalingSuspension { .. }) => {
            option::of(suspension()).prop_map(|s| json!(s)).boxed()
        }
        Cell::Ec2(Ec2Cell::InstanceAttribute { .. }) => any::<bool>().prop_map(Value::from).boxed(),
        Cell::Ec2(Ec2Cell::InstanceMetadata { .. }) => metadata().boxed(),
        Cell::Ec2(Ec2Cell::InstanceProfile { .. }) => option::of("arn:aws:iam::123456789012:instance-profile/[ab]")
            .prop_map(|arn| json!(Vec::from_iter(arn)))
            .boxed(),
        Cell::Ec2(Ec2Cell::InstanceSnapshots { .. }) => some_of(4, "vol").prop_map(|volumes| json!(volumes)).boxed(),
        Cell::AutoScaling(AutoScalingCell::InstanceStandby { .. }) => (any::<bool>(), 0..4, 0..4)
            .prop_map(|(standby, min, desired)| json!({"standby": standby, "min": min, "desired": desired}))
            .boxed(),
        Cell::Ec2(Ec2Cell::InstanceState { .. }) => {
            proptest::sample::select(vec!["pending", "running", "stopping", "stopped"])
                .prop_map(|state| json!(state))
                .boxed()
        }
        Cell::Ec2(Ec2Cell::NetworkInterfaceGroups { .. }) => (0..3_usize, some_of(3, "sg"))
            .prop_map(|(first, more)| {
                let first = format!("sg-{first}");
                let others = more.into_iter().filter(|id| *id != first);
                json!([first.clone()].into_iter().chain(others).collect::<Vec<_>>())
            })
            .boxed(),
        Cell::Ecs(EcsCell::TaskProtection { .. }) | Cell::Ecs(EcsCell::ServiceTasks { .. }) => {
            some_of(24, "task").prop_map(|t| json!(t)).boxed()
        }
        Cell::Lambda(LambdaCell::AliasVersion { .. }) => (1..50_u32, any::<bool>())
            .prop_map(|(version, shares)| json!({"version": version.to_string(), "revision": "r-1", "shares": shares}))
            .boxed(),
        Cell::Lambda(LambdaCell::EventSourceMapping { .. }) => any::<bool>()
            .prop_map(|enabled| json!({"enabled": enabled, "state": if enabled { "Enabling" } else { "Disabled" }}))
            .boxed(),
        Cell::Lambda(LambdaCell::FunctionConcurrency { .. }) => {
            option::of(0..50_i32).prop_map(|count| json!(count)).boxed()
        }
        Cell::Lambda(LambdaCell::FunctionEventSources { .. }) => mappings().boxed(),
        Cell::Lambda(LambdaCell::FunctionProvisionedConcurrency { .. }) => counts().boxed(),
        Cell::Lambda(LambdaCell::FunctionUrls { .. }) => auth_types().boxed(),
        Cell::Iam(IamCell::UserAccessKeys { .. }) => access_keys().boxed(),
        Cell::Wafv2(_) => any::<bool>().prop_map(Value::from).boxed(),
        Cell::Rds(RdsCell::InstanceSecurityGroups { .. }) => database_groups().boxed(),
    }
}

/// Groups that are all in force.
fn database_groups() -> impl Strategy<Value = Value> {
    (0..3_usize, some_of(3, "sg")).prop_map(|(first, more)| {
        let all = [format!("sg-{first}")].into_iter().chain(more);
        Value::Object(all.map(|id| (id, json!("active"))).collect())
    })
}

pub(super) fn metadata() -> impl Strategy<Value = Value> {
    (any::<[bool; 2]>(), 1..64).prop_map(|([on, required], hops)| {
        json!(Metadata {
            http_endpoint: if on { "enabled" } else { "disabled" }.into(),
            http_tokens: Some(if required { "required" } else { "optional" }.into()),
            http_put_response_hop_limit: Some(hops),
            ..Metadata::default()
        })
    })
}

/// The same mappings exist in every value: some enabled, the others not.
pub(super) fn mappings() -> impl Strategy<Value = Value> {
    some_of(4, "mapping").prop_map(|enabled| {
        let all = (0..4).map(|n| format!("mapping-{n}"));
        let disabled: Vec<String> = all.filter(|id| !enabled.contains(id)).collect();
        json!({"enabled": enabled, "disabled": disabled})
    })
}

pub(super) fn counts() -> impl Strategy<Value = Value> {
    vec(option::of(1..9_i32), 3).prop_map(|counts| {
        let some = counts.into_iter().enumerate();
        some.filter_map(|(n, count)| Some((n.to_string(), json!(count?))))
            .collect()
    })
}

/// The same URLs exist in every value.
pub(super) fn auth_types() -> impl Strategy<Value = Value> {
    any::<[bool; 3]>().prop_map(|open| {
        let auth = |n: usize| if open[n] { "NONE" } else { "AWS_IAM" };
        json!({"$LATEST": auth(0), "live": auth(1), "blue": auth(2)})
    })
}

/// The same keys exist in every value: some active, the others not.
pub(super) fn access_keys() -> impl Strategy<Value = Value> {
    some_of(4, "AKIA").prop_map(|active| {
        let all = (0..4).map(|n| format!("AKIA-{n}"));
        let inactive: Vec<String> = all.filter(|key| !active.contains(key)).collect();
        json!({"active": active, "inactive": inactive, "expired": ["AKIA-EXPIRED"]})
    })
}

pub(super) fn some_of(n: usize, word: &'static str) -> impl Strategy<Value = Vec<String>> {
    let all: Vec<String> = (0..n).map(|i| format!("{word}-{i}")).collect();
    subsequence(all, 0..=n).prop_shuffle()
}

pub(super) fn documents(time: Value) -> impl Strategy<Value = Value> {
    let statement = (any::<bool>(), strings(), strings(), principals(), any::<bool>()).prop_map(
        move |(deny, action, resource, principal, timed)| {
            let effect = if deny { "Deny" } else { "Allow" };
            let mut made = json!({"Effect": effect, "Action": action, "Resource": resource, "Principal": principal});
            if timed {
                made["Condition"] = json!({"DateLessThan": {"aws:TokenIssueTime": time}});
            }
            made
        },
    );
    (vec(statement, 1..3), any::<bool>()).prop_map(|(statements, versioned)| {
        let mut document = json!({"Statement": statements});
        if versioned {
            document["Version"] = json!("2012-10-17");
        }
        document
    })
}

/// One value, with or without a list, or several.
pub(super) fn strings() -> impl Strategy<Value = Value> {
    let several = some_of(4, "s3:Get").prop_map(|all| json!(all));
    prop_oneof![Just(json!("*")), Just(json!(["*"])), several]
}

pub(super) fn principals() -> impl Strategy<Value = Value> {
    let forms = [
        json!("*"),
        json!({"AWS": "*"}),
        json!({"AWS": ["123456789012", "arn:aws:iam::123456789012:role/b"]}),
        json!({"Service": "ecs-tasks.amazonaws.com"}),
    ];
    proptest::sample::select(forms.to_vec())
}

/// Registered tasks run.
pub(super) fn registered() -> impl Strategy<Value = Value> {
    some_of(6, "10.0.0").prop_flat_map(|running| {
        let targets: Vec<Value> = running.iter().map(|id| json!({"id": id, "port": 8080})).collect();
        let count = targets.len();
        subsequence(targets, 0..=count)
            .prop_shuffle()
            .prop_map(move |registered| json!({"registered": registered, "running": running}))
    })
}

/// No two rules for the same traffic: AWS refuses them.
pub(super) fn rule_lists() -> impl Strategy<Value = Vec<SecurityGroupRule>> {
    vec(rule(), 0..6).prop_map(|rules| {
        let mut distinct: Vec<SecurityGroupRule> = Vec::new();
        for rule in rules {
            if distinct.iter().all(|other| traffic(other) != traffic(&rule)) {
                distinct.push(rule);
            }
        }
        distinct
    })
}

fn one_rule_or_none() -> impl Strategy<Value = Value> {
    let rules = option::of((1_u8..9, option::of("[ab]"), any::<bool>()));
    rules.prop_map(|rule| json!(Vec::from_iter(rule.map(one_rule))))
}

/// The same rule in every value, under some id, with some description and tags.
fn one_rule((id, description, tagged): (u8, Option<String>, bool)) -> IdentifiedRule {
    let tags = tagged.then(|| ("team".to_owned(), "web".to_owned()));
    let rule = SecurityGroupRule {
        protocol: "tcp".into(),
        from_port: Some(22),
        to_port: Some(22),
        cidr_ipv4: Some("10.0.0.0/8".into()),
        description,
        tags: tags.into_iter().collect(),
        ..SecurityGroupRule::default()
    };
    IdentifiedRule {
        id: format!("sgr-{id}"),
        egress: false,
        rule,
    }
}

pub(super) fn rule() -> impl Strategy<Value = SecurityGroupRule> {
    let parts = (0..3_usize, 0..3_i32, 0..3_usize, option::of("[ab]"), any::<bool>());
    parts.prop_map(|(protocol, port, source, description, tagged)| SecurityGroupRule {
        protocol: ["tcp", "udp", "-1"][protocol].into(),
        from_port: Some(port),
        to_port: Some(port),
        cidr_ipv4: (source == 0).then(|| "10.0.0.0/8".into()),
        cidr_ipv6: (source == 1).then(|| "::/0".into()),
        group: (source == 2).then(|| "sg-0000000b".into()),
        tags: tagged
            .then(|| ("team".to_owned(), "web".to_owned()))
            .into_iter()
            .collect(),
        description,
        ..SecurityGroupRule::default()
    })
}

pub(super) fn deployments() -> impl Strategy<Value = Value> {
    let network = (some_of(4, "subnet"), some_of(4, "sg"), any::<bool>()).prop_map(
        |(subnets, security_groups, assign_public_ip)| Network {
            subnets,
            security_groups,
            assign_public_ip,
        },
    );
    let deployment = (0..100, 100..200, any::<[bool; 3]>(), some_of(3, "alarm")).prop_map(
        |(minimum_healthy_percent, maximum_percent, [circuit_breaker, alarms, rebalanced], alarm_names)| Deployment {
            minimum_healthy_percent,
            maximum_percent,
            circuit_breaker,
            alarms,
            alarm_names,
            availability_zone_rebalancing: rebalanced,
            ..Deployment::default()
        },
    );
    (network, deployment).prop_map(|(network, deployment)| json!({"network": network, "deployment": deployment}))
}

pub(super) fn blocks() -> impl Strategy<Value = PublicAccessBlock> {
    any::<[bool; 4]>().prop_map(|[acls, ignored, policy, restricted]| PublicAccessBlock {
        block_public_acls: acls,
        ignore_public_acls: ignored,
        block_public_policy: policy,
        restrict_public_buckets: restricted,
    })
}

pub(super) fn suspension() -> impl Strategy<Value = Suspension> {
    any::<[bool; 3]>().prop_map(|[scale_in, scale_out, scheduled]| Suspension {
        scale_in,
        scale_out,
        scheduled,
    })
}

//! Laws that hold for every cell, on generated values; and the way there and back on a strict model of AWS.

use super::*;
use crate::{
    facts::{Deployment, Metadata, Network, PublicAccessBlock, SecurityGroupRule},
    write::TargetId,
};
use proptest::{collection::vec, option, prelude::*, sample::subsequence};
use serde_json::json;

fn cells() -> Vec<Cell> {
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

fn instance() -> String {
    "i-0123456789abcdef0".into()
}

/// One that passes through `sg-1` on its way into `sg-0`.
fn interface() -> Cell {
    Cell::NetworkInterfaceGroups {
        network_interface: "eni-0123456789abcdef0".into(),
        through: Some(Through {
            untrack: "sg-1".into(),
            quarantine: "sg-0".into(),
        }),
    }
}

fn sources() -> Cell {
    Cell::FunctionEventSources {
        function: "refund".into(),
    }
}

fn provisioned() -> Cell {
    Cell::FunctionProvisionedConcurrency {
        function: "refund".into(),
    }
}

fn urls() -> Cell {
    Cell::FunctionUrls {
        function: "refund".into(),
    }
}

fn keys() -> Cell {
    Cell::UserAccessKeys { user: "ci".into() }
}

fn registrations() -> Cell {
    Cell::TargetRegistrations {
        target_group_arn: "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/0123".into(),
        cluster: "prod".into(),
        service: "api".into(),
    }
}

fn rules() -> Cell {
    Cell::SecurityGroupRules {
        group_id: "sg-0000000a".into(),
    }
}

/// Values as AWS shows them.
fn values(cell: &Cell) -> BoxedStrategy<Value> {
    match cell {
        Cell::BucketPolicyStatement { .. } => option::of(documents(json!("2026-01-02T03:04:05Z")))
            .prop_map(|document| document.map_or(Value::Null, |document| document["Statement"][0].clone()))
            .boxed(),
        Cell::BucketPublicAccessBlock { .. } => option::of(blocks()).prop_map(|block| json!(block)).boxed(),
        Cell::RolePolicyAttachment { .. } | Cell::UserPolicyAttachment { .. } => {
            any::<bool>().prop_map(Value::from).boxed()
        }
        Cell::RoleInlinePolicy { .. } | Cell::UserInlinePolicy { .. } => {
            option::of(documents(json!("2026-01-02T03:04:05Z")))
                .prop_map(Option::unwrap_or_default)
                .boxed()
        }
        Cell::RoleTrustPolicy { .. } => documents(json!("2026-01-02T03:04:05Z")).boxed(),
        Cell::TargetRegistrations { .. } => registered().boxed(),
        Cell::SecurityGroupRules { .. } => (rule_lists(), rule_lists())
            .prop_map(|(ingress, egress)| json!({"ingress": ingress, "egress": egress}))
            .boxed(),
        Cell::ServiceDeployment { .. } => deployments().boxed(),
        Cell::ServiceDesiredCount { .. } => (0..50).prop_map(Value::from).boxed(),
        Cell::ScalingMinimum { .. } => option::of(0..9).prop_map(|min| json!(min)).boxed(),
        Cell::ScalingSuspension { .. } => option::of(suspension()).prop_map(|s| json!(s)).boxed(),
        Cell::InstanceAttribute { .. } => any::<bool>().prop_map(Value::from).boxed(),
        Cell::InstanceMetadata { .. } => metadata().boxed(),
        Cell::InstanceProfile { .. } => option::of("arn:aws:iam::123456789012:instance-profile/[ab]")
            .prop_map(|arn| json!(Vec::from_iter(arn)))
            .boxed(),
        Cell::InstanceSnapshots { .. } => some_of(4, "vol").prop_map(|volumes| json!(volumes)).boxed(),
        Cell::InstanceStandby { .. } => (any::<bool>(), 0..4, 0..4)
            .prop_map(|(standby, min, desired)| json!({"standby": standby, "min": min, "desired": desired}))
            .boxed(),
        Cell::InstanceState { .. } => proptest::sample::select(vec!["pending", "running", "stopping", "stopped"])
            .prop_map(|state| json!(state))
            .boxed(),
        Cell::NetworkInterfaceGroups { .. } => (0..3_usize, some_of(3, "sg"))
            .prop_map(|(first, more)| {
                let first = format!("sg-{first}");
                let others = more.into_iter().filter(|id| *id != first);
                json!([first.clone()].into_iter().chain(others).collect::<Vec<_>>())
            })
            .boxed(),
        Cell::TaskProtection { .. } | Cell::ServiceTasks { .. } => some_of(24, "task").prop_map(|t| json!(t)).boxed(),
        Cell::FunctionConcurrency { .. } => option::of(0..50_i32).prop_map(|count| json!(count)).boxed(),
        Cell::FunctionEventSources { .. } => mappings().boxed(),
        Cell::FunctionProvisionedConcurrency { .. } => counts().boxed(),
        Cell::FunctionUrls { .. } => auth_types().boxed(),
        Cell::UserAccessKeys { .. } => access_keys().boxed(),
    }
}

fn metadata() -> impl Strategy<Value = Value> {
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
fn mappings() -> impl Strategy<Value = Value> {
    some_of(4, "mapping").prop_map(|enabled| {
        let all = (0..4).map(|n| format!("mapping-{n}"));
        let disabled: Vec<String> = all.filter(|id| !enabled.contains(id)).collect();
        json!({"enabled": enabled, "disabled": disabled})
    })
}

fn counts() -> impl Strategy<Value = Value> {
    vec(option::of(1..9_i32), 3).prop_map(|counts| {
        let some = counts.into_iter().enumerate();
        some.filter_map(|(n, count)| Some((n.to_string(), json!(count?))))
            .collect()
    })
}

/// The same URLs exist in every value.
fn auth_types() -> impl Strategy<Value = Value> {
    any::<[bool; 3]>().prop_map(|open| {
        let auth = |n: usize| if open[n] { "NONE" } else { "AWS_IAM" };
        json!({"$LATEST": auth(0), "live": auth(1), "blue": auth(2)})
    })
}

/// The same keys exist in every value: some active, the others not.
fn access_keys() -> impl Strategy<Value = Value> {
    some_of(4, "AKIA").prop_map(|active| {
        let all = (0..4).map(|n| format!("AKIA-{n}"));
        let inactive: Vec<String> = all.filter(|key| !active.contains(key)).collect();
        json!({"active": active, "inactive": inactive, "expired": ["AKIA-EXPIRED"]})
    })
}

/// A cell with two of its values.
fn pairs() -> impl Strategy<Value = (Cell, Value, Value)> {
    proptest::sample::select(cells()).prop_flat_map(|cell| {
        let (one, other) = (values(&cell), values(&cell));
        (Just(cell), one, other)
    })
}

/// A planned value, with late-bound parts where the cell has them, and a current one.
fn planned() -> impl Strategy<Value = (Cell, Value, Value)> {
    proptest::sample::select(cells()).prop_flat_map(|cell| {
        let plan = match cell {
            Cell::RoleInlinePolicy { .. } | Cell::UserInlinePolicy { .. } => documents(json!(APPLY_TIME)).boxed(),
            _ => values(&cell),
        };
        let current = values(&cell);
        (Just(cell), plan, current)
    })
}

fn some_of(n: usize, word: &'static str) -> impl Strategy<Value = Vec<String>> {
    let all: Vec<String> = (0..n).map(|i| format!("{word}-{i}")).collect();
    subsequence(all, 0..=n).prop_shuffle()
}

fn documents(time: Value) -> impl Strategy<Value = Value> {
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
fn strings() -> impl Strategy<Value = Value> {
    let several = some_of(4, "s3:Get").prop_map(|all| json!(all));
    prop_oneof![Just(json!("*")), Just(json!(["*"])), several]
}

fn principals() -> impl Strategy<Value = Value> {
    let forms = [
        json!("*"),
        json!({"AWS": "*"}),
        json!({"AWS": ["123456789012", "arn:aws:iam::123456789012:role/b"]}),
        json!({"Service": "ecs-tasks.amazonaws.com"}),
    ];
    proptest::sample::select(forms.to_vec())
}

/// Registered tasks run.
fn registered() -> impl Strategy<Value = Value> {
    some_of(6, "10.0.0").prop_flat_map(|running| {
        let targets: Vec<Value> = running.iter().map(|id| json!({"id": id, "port": 8080})).collect();
        let count = targets.len();
        subsequence(targets, 0..=count)
            .prop_shuffle()
            .prop_map(move |registered| json!({"registered": registered, "running": running}))
    })
}

/// No two rules for the same traffic: AWS refuses them.
fn rule_lists() -> impl Strategy<Value = Vec<SecurityGroupRule>> {
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

fn rule() -> impl Strategy<Value = SecurityGroupRule> {
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

fn deployments() -> impl Strategy<Value = Value> {
    let network = (some_of(4, "subnet"), some_of(4, "sg"), any::<bool>()).prop_map(
        |(subnets, security_groups, assign_public_ip)| Network {
            subnets,
            security_groups,
            assign_public_ip,
        },
    );
    let deployment = (0..100, 100..200, any::<[bool; 2]>(), some_of(3, "alarm")).prop_map(
        |(minimum_healthy_percent, maximum_percent, [circuit_breaker, alarms], alarm_names)| Deployment {
            minimum_healthy_percent,
            maximum_percent,
            circuit_breaker,
            alarms,
            alarm_names,
            ..Deployment::default()
        },
    );
    (network, deployment).prop_map(|(network, deployment)| json!({"network": network, "deployment": deployment}))
}

fn blocks() -> impl Strategy<Value = PublicAccessBlock> {
    any::<[bool; 4]>().prop_map(|[acls, ignored, policy, restricted]| PublicAccessBlock {
        block_public_acls: acls,
        ignore_public_acls: ignored,
        block_public_policy: policy,
        restrict_public_buckets: restricted,
    })
}

fn suspension() -> impl Strategy<Value = Suspension> {
    any::<[bool; 3]>().prop_map(|[scale_in, scale_out, scheduled]| Suspension {
        scale_in,
        scale_out,
        scheduled,
    })
}

/// What AWS tells rules apart by.
fn traffic(rule: &SecurityGroupRule) -> SecurityGroupRule {
    SecurityGroupRule {
        description: None,
        tags: Default::default(),
        ..rule.clone()
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// Lambda cells whose planned value is bound to what exists.
fn is_bound(cell: &Cell) -> bool {
    matches!(cell, Cell::FunctionEventSources { .. } | Cell::FunctionUrls { .. })
}

/// A strict AWS: what is there twice, or is taken away without being there, is an error.
fn apply(state: &Value, write: &Write) -> Value {
    match write {
        Write::RegisterTargets { targets, .. } => with_targets(state, |all: &mut Vec<TargetId>| {
            assert!(targets.iter().all(|t| !all.contains(t)), "registered twice");
            all.extend(targets.clone());
        }),
        Write::DeregisterTargets { targets, .. } => with_targets(state, |all: &mut Vec<TargetId>| {
            assert!(targets.iter().all(|t| all.contains(t)), "not registered");
            all.retain(|t| !targets.contains(t));
        }),
        Write::AuthorizeSecurityGroupRules { egress, rules, .. } => with_rules(state, *egress, |all| {
            let known = |rule: &SecurityGroupRule| all.iter().any(|other| traffic(other) == traffic(rule));
            assert!(!rules.iter().any(known), "InvalidPermission.Duplicate");
            all.extend(rules.clone());
        }),
        Write::RevokeSecurityGroupRules { egress, rules, .. } => with_rules(state, *egress, |all| {
            assert!(
                rules.iter().all(|rule| all.contains(rule)),
                "InvalidPermission.NotFound"
            );
            all.retain(|rule| !rules.contains(rule));
        }),
        Write::ModifyNetworkInterfaceGroups { groups, rehearse, .. } => {
            assert!(!groups.is_empty(), "InvalidParameterValue");
            assert!(
                rehearse.as_ref().is_none_or(|next| *next == ["sg-0"]),
                "the next write is rehearsed"
            );
            json!(groups)
        }
        Write::UpdateAccessKey {
            access_key_id, active, ..
        } => moved(state, access_key_id, "inactive", "active", *active),
        Write::DeleteProvisionedConcurrencyConfig { qualifier, .. } => {
            let mut made = state.clone();
            let removed = made.as_object_mut().unwrap().remove(qualifier);
            assert!(removed.is_some(), "ResourceNotFoundException");
            made
        }
        Write::PutProvisionedConcurrencyConfig {
            qualifier, executions, ..
        } => {
            let mut made = state.clone();
            made[qualifier] = json!(executions);
            made
        }
        Write::UpdateEventSourceMapping { uuid, enabled } => moved(state, uuid, "disabled", "enabled", *enabled),
        Write::UpdateFunctionUrlConfig {
            qualifier, auth_type, ..
        } => {
            let qualifier = qualifier.as_deref().unwrap_or("$LATEST");
            let mut made = state.clone();
            assert!(made.get(qualifier).is_some(), "ResourceNotFoundException");
            made[qualifier] = json!(auth_type);
            made
        }
        other => panic!("not a write of this cell: {other:?}"),
    }
}

fn moved(state: &Value, id: &str, off: &str, on: &str, turn_on: bool) -> Value {
    let (from, to) = if turn_on { (off, on) } else { (on, off) };
    let mut made = state.clone();
    let list = made[from].as_array_mut().unwrap();
    let at = list
        .iter()
        .position(|one| one == id)
        .expect("is not there, or is so already");
    let one = list.remove(at);
    made[to].as_array_mut().unwrap().push(one);
    made
}

fn with_targets(state: &Value, change: impl FnOnce(&mut Vec<TargetId>)) -> Value {
    let mut all: Vec<TargetId> = serde_json::from_value(state["registered"].clone()).unwrap();
    change(&mut all);
    json!({"registered": all, "running": state["running"]})
}

fn with_rules(state: &Value, egress: bool, change: impl FnOnce(&mut Vec<SecurityGroupRule>)) -> Value {
    let side = if egress { "egress" } else { "ingress" };
    let mut all: Vec<SecurityGroupRule> = serde_json::from_value(state[side].clone()).unwrap();
    change(&mut all);
    let mut made = state.clone();
    made[side] = json!(all);
    made
}

/// The states through which the writes lead, the first and the last included.
fn steps(cell: &Cell, from: &Value, to: &Value) -> Vec<Value> {
    let mut states = vec![from.clone()];
    for write in cell.writes(from, to) {
        states.push(apply(states.last().unwrap(), &write));
    }
    states
}

fn modelled() -> impl Strategy<Value = (Cell, Value, Value)> {
    let all = vec![
        registrations(),
        rules(),
        sources(),
        provisioned(),
        urls(),
        keys(),
        interface(),
    ];
    proptest::sample::select(all).prop_flat_map(|cell| {
        let (one, other) = (values(&cell), values(&cell));
        (Just(cell), one, other)
    })
}

/// What is written to an interface: the way into quarantine has two calls, every other has one.
fn ends(cell: &Cell, from: Value, to: Value) -> (Value, Value) {
    match cell {
        Cell::NetworkInterfaceGroups { .. } => (from, json!(["sg-0"])),
        _ => (from, to),
    }
}

proptest! {
    #[test]
    fn an_interface_is_never_left_in_the_open_group_unless_it_was_there(from in values(&interface()), to in values(&interface())) {
        let states = steps(&interface(), &from, &to);
        prop_assert_eq!(states.last().unwrap() == &json!(["sg-1"]), interface().same(states.last().unwrap(), &json!(["sg-1"])));
        prop_assert!(interface().same(states.last().unwrap(), &to));
        let passes = states.len() == 3;
        prop_assert_eq!(passes, to == json!(["sg-0"]) && from != json!(["sg-0"]) && from != json!(["sg-1"]));
    }

    #[test]
    fn the_same_value_needs_no_write((cell, a, _) in pairs()) {
        prop_assert_eq!(cell.writes(&a, &a), vec![]);
        prop_assert_eq!(cell.writes(&a, &cell.canonical(&a)), vec![]);
    }

    #[test]
    fn a_canonical_value_is_its_own_canonical_and_means_the_same((cell, a, _) in pairs()) {
        let canonical = cell.canonical(&a);
        prop_assert_eq!(&cell.canonical(&canonical), &canonical);
        prop_assert!(cell.same(&a, &canonical));
        prop_assert_eq!(cell.material(&a), cell.material(&canonical));
    }

    #[test]
    fn different_values_need_a_write_where_there_is_one((cell, a, b) in pairs()) {
        let list = matches!(
            cell,
            Cell::TaskProtection { .. } | Cell::ServiceTasks { .. } | Cell::InstanceSnapshots { .. }
        );
        let no_way = list
            || (matches!(cell, Cell::ScalingMinimum { .. } | Cell::ScalingSuspension { .. }) && b.is_null());
        prop_assert!(no_way || cell.same(&a, &b) || !cell.writes(&a, &b).is_empty());
    }

    #[test]
    fn every_write_reaches_a_service_with_a_permission_of_it((cell, a, b) in pairs()) {
        for write in cell.writes(&a, &b) {
            prop_assert!(write.permission().contains(':'));
            prop_assert!(!cell.sentence(&b).is_empty());
        }
    }

    #[test]
    fn what_binding_makes_fits_the_plan((cell, plan, current) in planned(), second in 0_i64..4_000_000_000) {
        let bound = cell.bind(&plan, &current, at(second));
        prop_assert!(cell.fits(&plan, &bound), "{} does not fit {}", bound, plan);
        prop_assert!(!bound.to_string().contains(APPLY_TIME));
        prop_assert_eq!(&cell.bind(&bound, &current, at(second + 60)), &bound);
    }

    #[test]
    fn a_value_fits_itself_and_another_meaning_does_not((cell, a, b) in pairs()) {
        prop_assert!(cell.fits(&a, &a));
        if !matches!(cell, Cell::TargetRegistrations { .. } | Cell::UserAccessKeys { .. }) && !is_bound(&cell) {
            prop_assert_eq!(cell.fits(&a, &b), cell.same(&a, &b));
        }
    }

    #[test]
    fn a_plan_to_register_nobody_fits_only_where_nobody_is_registered(value in registered()) {
        let nobody = json!({"registered": [], "running": []});
        let empty = value["registered"].as_array().unwrap().is_empty();
        prop_assert_eq!(registrations().fits(&nobody, &value), empty);
    }

    #[test]
    fn both_ends_are_on_the_way((cell, a, b) in modelled()) {
        let (a, b) = ends(&cell, a, b);
        prop_assert!(cell.between(&a, &b, &a));
        prop_assert!(cell.between(&a, &b, &b));
    }

    #[test]
    fn a_cell_of_one_call_has_nothing_between((cell, a, b) in pairs()) {
        let several = matches!(
            cell,
            Cell::TargetRegistrations { .. }
                | Cell::SecurityGroupRules { .. }
                | Cell::NetworkInterfaceGroups { .. }
                | Cell::UserAccessKeys { .. }
        ) || is_bound(&cell)
            || cell == provisioned();
        prop_assert!(several || !cell.between(&a, &b, &a));
    }

    #[test]
    fn what_neither_end_has_is_not_on_the_way(a in values(&rules()), b in values(&rules())) {
        let mut stranger = a.clone();
        stranger["egress"] = json!([{"protocol": "icmp"}]);
        prop_assert!(!rules().between(&a, &b, &stranger));
    }

    #[test]
    fn only_registrations_take_newcomers_into_what_was_before((cell, a, b) in pairs()) {
        let merged = cell.merge_before(&a, &b);
        if cell == sources() || cell == provisioned() {
            let again = cell.merge_before(&merged, &b);
            prop_assert!(cell.same(&again, &merged));
            return Ok(());
        }
        if cell == keys() {
            prop_assert_eq!(&merged["active"], &a["active"], "a key that comes later is never activated");
            return Ok(());
        }
        let Cell::TargetRegistrations { .. } = cell else {
            prop_assert_eq!(merged, a);
            return Ok(());
        };
        let all = merged["registered"].as_array().unwrap();
        for value in [&a, &b] {
            prop_assert!(value["registered"].as_array().unwrap().iter().all(|target| all.contains(target)));
        }
        prop_assert!(cell.same(&cell.merge_before(&merged, &b), &merged));
    }

    #[test]
    fn the_writes_lead_there_and_every_cut_is_on_the_way((cell, from, to) in modelled()) {
        let (from, to) = ends(&cell, from, to);
        let states = steps(&cell, &from, &to);
        prop_assert!(cell.same(states.last().unwrap(), &to));
        for state in &states {
            prop_assert!(cell.between(&from, &to, state), "{} is not between {} and {}", state, from, to);
            prop_assert!(cell.same(steps(&cell, state, &to).last().unwrap(), &to));
        }
    }

    #[test]
    fn release_puts_back_every_rule_that_containment_took(before in values(&rules())) {
        let stripped = steps(&rules(), &before, &json!({"ingress": [], "egress": []})).pop().unwrap();
        prop_assert!(stripped["ingress"] == json!([]) && stripped["egress"] == json!([]));
        prop_assert!(rules().same(steps(&rules(), &stripped, &before).last().unwrap(), &before));
    }

    #[test]
    fn release_registers_again_whoever_still_runs(before in registered(), later in some_of(6, "10.0.0")) {
        let cell = registrations();
        let mut contained = steps(&cell, &before, &json!({"registered": [], "running": []})).pop().unwrap();
        contained["running"] = json!(later);
        let bound = cell.bind(&before, &contained, at(1));
        let released = steps(&cell, &contained, &bound).pop().unwrap();
        prop_assert!(cell.fits(&before, &released));
        for target in before["registered"].as_array().unwrap() {
            let runs = later.iter().any(|id| target["id"] == **id);
            prop_assert_eq!(released["registered"].as_array().unwrap().contains(target), runs);
        }
    }

    #[test]
    fn release_activates_again_whatever_key_still_exists(before in access_keys(), deleted in some_of(4, "AKIA")) {
        let cell = keys();
        let mut contained = steps(&cell, &before, &json!({"active": []})).pop().unwrap();
        let none = json!({"active": []});
        prop_assert!(cell.fits(&none, &contained));
        contained["inactive"].as_array_mut().unwrap().retain(|key| !deleted.iter().any(|gone| key == gone));
        let bound = cell.bind(&before, &contained, at(1));
        let released = steps(&cell, &contained, &bound).pop().unwrap();
        prop_assert!(cell.fits(&before, &released));
        for key in before["active"].as_array().unwrap() {
            let exists = !deleted.iter().any(|gone| key == gone);
            prop_assert_eq!(released["active"].as_array().unwrap().contains(key), exists);
        }
    }

    #[test]
    fn a_key_that_appears_is_deactivated_remembered_and_never_activated(before in access_keys()) {
        let cell = keys();
        let mut now = steps(&cell, &before, &json!({"active": []})).pop().unwrap();
        now["active"] = json!(["AKIA-NEW"]);
        let none = json!({"active": []});
        prop_assert!(!cell.fits(&none, &now), "it is drift");
        let before = cell.merge_before(&before, &now);
        prop_assert_eq!(&before["appeared"], &json!(["AKIA-NEW"]));
        let contained = steps(&cell, &now, &cell.bind(&none, &now, at(1))).pop().unwrap();
        let released = cell.bind(&before, &contained, at(2));
        prop_assert!(!released["active"].as_array().unwrap().contains(&json!("AKIA-NEW")));
        prop_assert!(cell.sentence(&before).contains("AKIA-NEW appeared"));
    }
}

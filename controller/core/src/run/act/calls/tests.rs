use super::*;
use crate::{
    aws::{
        Cell, access::RoleKind, application_autoscaling::ApplicationAutoScalingCell, ecs::EcsCell, elbv2::Elbv2Cell,
        lambda::LambdaCell, samples,
    },
    permissions,
};
use serde_json::json;

fn probes() -> Vec<Probe> {
    let name = String::new;
    let mut all: Vec<Probe> = samples::cells().into_iter().map(Probe::Cell).collect();
    all.extend([
        Probe::SwitchObject {
            bucket: name(),
            key: name(),
        },
        Probe::DbInstance { instance: name() },
        Probe::DbRestart { instance: name() },
        Probe::SecurityGroup { group_id: name() },
        Probe::SecurityGroupRules { group_id: name() },
        Probe::ReplicaLag { instance: name() },
        Probe::Alarm { name: name() },
        Probe::Metric(super::super::Metric::default()),
        Probe::EcsService {
            cluster: name(),
            service: name(),
        },
        Probe::TaskReferences {
            task_definition: name(),
        },
        Probe::TargetHealth { target_group: name() },
        Probe::Http { url: name() },
    ]);
    all
}

/// One with each call that a step makes.
fn deeds() -> Vec<Deed> {
    let (cluster, service) = ("prod".to_owned(), "api".to_owned());
    let count = Cell::Ecs(EcsCell::ServiceDesiredCount {
        cluster: cluster.clone(),
        service: service.clone(),
    });
    let minimum = Cell::ApplicationAutoScaling(ApplicationAutoScalingCell::ScalingMinimum { cluster, service });
    let mapping = Cell::Lambda(LambdaCell::EventSourceMapping {
        function: "orders".into(),
        uuid: "u-1".into(),
    });
    let alias = Cell::Lambda(LambdaCell::AliasVersion {
        function: "orders".into(),
        alias: "live".into(),
    });
    let weights = |forwards: &str| {
        let groups = ["one".to_owned(), "other".to_owned()];
        let forwards = format!("arn:aws:elasticloadbalancing:us-west-2:222222222222:{forwards}/app/shop/1/2");
        let cell = Cell::Elbv2(Elbv2Cell::ForwardWeights { forwards, groups });
        Deed::Write(cell.writes(&json!({"one": 1, "other": 0}), &json!({"one": 0, "other": 1})))
    };
    let object = |put: bool| {
        let (bucket, key) = ("b".to_owned(), "k".to_owned());
        match put {
            true => Deed::PutObject { bucket, key },
            false => Deed::DeleteObject { bucket, key },
        }
    };
    let groups = Cell::Rds(crate::aws::rds::RdsCell::InstanceSecurityGroups {
        instance: "orders".into(),
    });
    vec![
        Deed::Write(groups.writes(&json!({"sg-1": "active"}), &json!({"sg-0": "active"}))),
        Deed::RebootDbInstance {
            instance: "orders".into(),
        },
        Deed::Write(count.writes(&json!(0), &json!(2))),
        Deed::Write(minimum.writes(&json!(0), &json!(2))),
        Deed::Write(mapping.writes(&json!({"enabled": false}), &json!({"enabled": true}))),
        Deed::Write(alias.writes(&json!({"version": "6"}), &json!({"version": "7"}))),
        weights("listener"),
        weights("listener-rule"),
        object(true),
        object(false),
        Deed::PromoteReadReplica {
            instance: "orders".into(),
            backup_retention_days: 7,
        },
    ]
}

#[test]
fn what_a_question_needs_is_the_read_roles() {
    let allowed = permissions::actions(RoleKind::Read);
    for probe in probes() {
        for action in probe.actions() {
            assert!(allowed.contains(action), "{probe:?} needs {action}");
        }
    }
}

#[test]
fn what_a_deed_needs_is_the_failover_roles_and_it_has_nothing_else() {
    let mut needed: std::collections::BTreeSet<_> = RUN_STORE.iter().flat_map(|grant| grant.actions).copied().collect();
    for deed in deeds() {
        assert!(!deed.calls().is_empty(), "{deed:?}");
        needed.extend(deed.calls().iter().flat_map(|call| call.actions()).collect::<Vec<_>>());
    }
    assert_eq!(permissions::actions(RoleKind::Failover), needed);
}

#[test]
fn identity_power_is_refused() {
    for write in samples::writes() {
        let (power, deed) = (write.call().power, Deed::Write(vec![write]));
        let refused = deed.check().err().map(|failure| failure.class);
        let expected = (power == Power::ContainIdentity).then_some(FailureClass::Invalid);
        assert_eq!(refused, expected, "{deed:?}");
    }
    assert!(deeds().iter().all(|deed| deed.check().is_ok()));
}

#[test]
fn a_deed_of_several_calls_is_several_deeds_of_one() {
    let two = Deed::Write(samples::writes().into_iter().take(2).collect());
    assert_eq!(two.each().len(), 2);
    assert!(two.each().iter().all(|deed| deed.calls().len() == 1));
}

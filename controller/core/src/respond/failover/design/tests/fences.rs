//! What a fence comes to, and what is none.

use super::*;
use crate::run::act::{Job, Setting};

fn fence() -> Value {
    let site = |instance: &str, service: Value| json!({"instance": instance, "securityGroup": "sg-0fe0ce00", "service": service});
    let api = json!({"cluster": "web", "service": "api"});
    json!({"name": "fence", "fence": {"primary": site("orders", api), "standby": site("orders-west", Value::Null)}})
}

/// Nobody acknowledged a split brain, and the group lets nothing in.
fn fenced(steps: Value) -> Case {
    case(steps)
        .with(|case| case.leads.split_brain = false)
        .answer(
            EAST,
            group(),
            Answer::Found(json!({"vpcId": "vpc-1", "rules": 1, "tags": {}})),
        )
        .answer(
            EAST,
            rules(),
            Answer::Found(json!([{"id": "sgr-1", "egress": true, "protocol": "-1"}])),
        )
        .answer(EAST, groups("orders"), Answer::Found(json!({"sg-app": "active"})))
        .answer(EAST, count("api"), Answer::Found(json!(8)))
        .answer(EAST, minimum("api"), Answer::Found(json!(4)))
}

fn group() -> Value {
    json!({"securityGroup": {"groupId": "sg-0fe0ce00"}})
}

fn rules() -> Value {
    json!({"securityGroupRules": {"groupId": "sg-0fe0ce00"}})
}

fn groups(instance: &str) -> Value {
    json!({"cell": {"rds": {"kind": "instanceSecurityGroups", "instance": instance}}})
}

fn setting<'a>(made: &'a Blueprint, id: &str) -> &'a Setting {
    match &made.acts.iter().find(|act| act.id == id).unwrap().act {
        Act::Set(setting) => setting,
        other => panic!("{other:?}"),
    }
}

#[test]
fn fence_and_its_promotion_are_one_section_and_need_no_acknowledgement() {
    let made = fenced(json!([
        fence(),
        after(promote(), &["fence"]),
        after(switch(), &["promote"])
    ]))
    .made();
    assert_eq!(
        ids(&made),
        [
            ("fence.floor", vec![]),
            ("fence.service", vec!["fence.floor"]),
            ("fence.stopped", vec!["fence.service"]),
            ("fence.group", vec![]),
            ("fence", vec!["fence.group"]),
            ("fence.reboot", vec!["fence"]),
            ("fence.proof", vec!["fence.stopped", "fence.reboot"]),
            ("promote.caught-up", vec!["fence.proof"]),
            ("promote", vec!["promote.caught-up"]),
            ("traffic", vec!["promote"]),
        ]
    );
    let apart: Vec<&str> = made
        .acts
        .iter()
        .filter(|act| act.section.is_none())
        .map(|act| act.id.as_str())
        .collect();
    assert_eq!(apart, ["traffic"]);
    let of = |id: &str| made.acts.iter().find(|act| act.id == id).unwrap();
    assert!(
        made.acts
            .iter()
            .filter(|act| act.step == "fence")
            .all(|act| act.site.region == EAST && !act.best_effort)
    );
    assert_eq!(
        (of("fence").undo, of("fence.reboot").undo),
        (Undo::Reversible, Undo::Addition)
    );
    assert_eq!(of("fence").permissions, ["rds:ModifyDBInstance"]);
    assert_eq!(of("fence.reboot").permissions, ["rds:RebootDBInstance"]);
    assert!(matches!(&of("fence.reboot").act, Act::Do(job @ Job::RdsReboot(_)) if !job.is_one_way()));
    assert_eq!(setting(&made, "fence").before, json!({"sg-app": "active"}));
    assert_eq!(setting(&made, "fence").after, json!({"sg-0fe0ce00": "active"}));
    for id in ["fence.floor", "fence.service"] {
        assert_eq!(
            (setting(&made, id).after.clone(), setting(&made, id).rule),
            (json!(0), Rule::AtMost)
        );
    }
    assert_eq!(made.touches.len(), 4);
}

#[test]
fn replica_behind_a_fence_must_have_a_minute_that_began_after_it() {
    let since_begin = |made: &Blueprint| match &made.acts.iter().find(|act| act.id == "promote.caught-up").unwrap().act
    {
        Act::Await(gate) => serde_json::to_value(&gate.subject).unwrap()["replicaLag"]["sinceBegin"] == json!(true),
        other => panic!("{other:?}"),
    };
    let steps = json!([fence(), after(promote(), &["fence"])]);
    assert!(since_begin(&fenced(steps.clone()).made()));
    assert!(!since_begin(
        &fenced(steps).with(|case| case.leads.split_brain = true).made()
    ));
    assert!(!since_begin(&case(json!([promote()])).made()));
}

#[test]
fn acknowledged_split_brain_makes_nothing_wait_for_the_fence() {
    let made = fenced(json!([fence(), after(promote(), &["fence"])]))
        .with(|case| case.leads.split_brain = true)
        .made();
    assert!(made.acts.iter().all(|act| act.best_effort == (act.step == "fence")));
}

#[test]
fn region_that_does_not_answer_is_fenced_once_it_does() {
    let steps = json!([fence(), after(promote(), &["fence"])]);
    let answers = fenced(steps.clone()).made();
    let mut lost = fenced(steps).with(|case| {
        (case.leads.mode, case.leads.data_loss) = (FailoverMode::Ungraceful, Some(DataLossExtent::Unbounded));
    });
    lost.answers
        .iter_mut()
        .filter(|(region, ..)| *region == EAST)
        .for_each(|(.., answer)| *answer = silent());
    let made = lost.made();
    let fence = |made: &Blueprint| {
        made.acts
            .iter()
            .filter(|act| act.step == "fence")
            .map(|act| act.material())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        fence(&made),
        fence(&answers),
        "an answer more or less voids no approval"
    );
    assert!(
        made.notes
            .iter()
            .any(|note| note.contains("is not known (no answer in time)")),
        "{:?}",
        made.notes
    );
}

#[test]
fn what_is_no_fence_is_refused_with_the_field_and_the_remedy() {
    let steps = || json!([fence(), after(promote(), &["fence"])]);
    let open = json!([{"id": "sgr-1", "egress": false, "protocol": "tcp"}]);
    let elsewhere = json!({"vpcId": "vpc-2", "rules": 0, "tags": {}});
    let refused = [
        (
            fenced(steps()).answer(EAST, rules(), Answer::Found(open)),
            "has ingress rules (1)",
        ),
        (
            fenced(steps()).answer(EAST, group(), Answer::NotFound),
            "there is no security group sg-0fe0ce00",
        ),
        (
            fenced(steps()).answer(EAST, group(), Answer::Found(elsewhere)),
            "lies in vpc-2, and orders in vpc-1",
        ),
        (
            fenced(steps()).answer(EAST, count("api"), Answer::NotFound),
            "there is no service web/api in us-east-1",
        ),
        (
            fenced(json!([fence(), promote()])).with(|case| case.leads.split_brain = true),
            "promotes a replica of orders behind it",
        ),
        (
            fenced(json!([fence(), after(promote(), &["fence"])]))
                .with(|case| case.steps[0]["fence"]["primary"]["instance"] = json!("others")),
            "promotes a replica of others behind it",
        ),
    ];
    for (case, said) in refused {
        let blocked = case.blocked();
        assert_eq!(blocked.reason, Reason::InvalidStep, "{}", blocked.message);
        assert!(
            blocked.message.contains(said) && blocked.message.contains("spec.steps[fence].fence"),
            "{}",
            blocked.message
        );
    }
}

#[test]
fn promotion_beside_a_fence_is_told_to_wait_for_it() {
    let blocked = case(json!([promote(), {"name": "fence", "when": "FailingOver", "fence": fence()["fence"]}]))
        .with(|case| case.leads.split_brain = false)
        .design();
    // The fence itself is refused too; of the two the promotion comes first in the spec.
    let Err(Halt::Blocked(blocked)) = blocked else {
        panic!("{blocked:?}")
    };
    assert_eq!(blocked.reason, Reason::SplitBrainNotAcknowledged);
    assert!(
        blocked.message.contains("add fence to spec.steps[promote].dependsOn"),
        "{}",
        blocked.message
    );
}

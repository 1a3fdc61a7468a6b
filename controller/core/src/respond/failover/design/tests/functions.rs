//! Event source mappings.

use super::*;

const OF_EAST: &str = "14e0db71-5d35-4eb5-b481-8945cf9d10c1";
const OF_WEST: &str = "14e0db71-5d35-4eb5-b481-8945cf9d10c2";

fn sources() -> Value {
    let of = |uuid: &str| json!({"function": "orders", "mappings": [uuid]});
    json!({"name": "sources", "dependsOn": ["traffic"], "approval": true, "lambdaEventSources": {"primary": of(OF_EAST), "standby": of(OF_WEST)}})
}

fn mapping(uuid: &str) -> Value {
    json!({"cell": {"lambda": {"kind": "eventSourceMapping", "function": "orders", "uuid": uuid}}})
}

fn state(state: &str) -> Answer {
    Answer::Found(crate::aws::lambda::EventSource::value(state))
}

fn serving_east() -> Case {
    case(json!([sources(), switch()]))
        .answer(EAST, mapping(OF_EAST), state("Enabled"))
        .answer(WEST, mapping(OF_WEST), state("Disabled"))
}

fn set(made: &Blueprint, id: &str) -> (String, Value) {
    let act = made.acts.iter().find(|act| act.id == id).unwrap();
    (act.site.region.clone(), raised_to(made, id))
}

#[test]
fn region_that_is_left_stops_first_where_both_answer() {
    let made = serving_east().made();
    assert_eq!(
        ids(&made)[..2],
        [
            ("sources.off-1", vec!["traffic"]),
            ("sources.on-1", vec!["sources.off-1"])
        ]
    );
    assert_eq!(
        set(&made, "sources.off-1"),
        (EAST.to_owned(), json!({"enabled": false}))
    );
    assert_eq!(set(&made, "sources.on-1"), (WEST.to_owned(), json!({"enabled": true})));
    let approvals: Vec<bool> = made.acts.iter().map(|act| act.approval).collect();
    assert_eq!(approvals[..2], [true, false], "once for both");
    let touched = |region: &str| format!("arn:aws:lambda:{region}:{ACCOUNT}:function:orders");
    assert!(made.touches.contains(&touched(EAST)) && made.touches.contains(&touched(WEST)));
    assert_eq!(made.acts[0].permissions, ["lambda:UpdateEventSourceMapping"]);
}

#[test]
fn way_back_uses_the_mappings_of_the_other_region() {
    let made = serving_east().with(|case| case.leads.to = EAST.into()).made();
    assert_eq!(
        set(&made, "sources.off-1"),
        (WEST.to_owned(), json!({"enabled": false}))
    );
    assert_eq!(set(&made, "sources.on-1"), (EAST.to_owned(), json!({"enabled": true})));
}

#[test]
fn nothing_waits_for_a_region_that_may_be_lost() {
    let lost = |answer| {
        serving_east()
            .answer(EAST, mapping(OF_EAST), answer)
            .with(|case| case.leads.mode = FailoverMode::Ungraceful)
    };
    for answer in [silent(), Answer::NotFound, state("Enabled")] {
        let made = lost(answer).made();
        assert_eq!(ids(&made)[1], ("sources.on-1", vec!["traffic"]));
        assert!(made.acts[0].best_effort && !made.acts[1].best_effort);
        assert!(made.acts[1].approval, "it waits for no other part that people approved");
    }
    assert_eq!(
        serving_east().answer(EAST, mapping(OF_EAST), silent()).blocked().reason,
        Reason::Unreachable
    );
}

#[test]
fn mapping_that_the_function_does_not_have_is_refused_and_what_it_was_is_not_material() {
    for (region, uuid, field) in [(EAST, OF_EAST, "primary"), (WEST, OF_WEST, "standby")] {
        let blocked = serving_east().answer(region, mapping(uuid), Answer::NotFound).blocked();
        assert_eq!(blocked.reason, Reason::InvalidStep);
        let says =
            format!("spec.steps[sources].lambdaEventSources.{field}.mappings: function orders in {region} has no");
        assert!(blocked.message.starts_with(&says), "{}", blocked.message);
    }
    let (settled, moving) = (
        serving_east().made(),
        serving_east().answer(WEST, mapping(OF_WEST), state("Updating")).made(),
    );
    assert_eq!(settled.acts[1].material(), moving.acts[1].material());
}

#[test]
fn both_regions_are_asked_in_one_round() {
    let mut empty = case(json!([sources(), switch()]));
    empty.answers.clear();
    match empty.design() {
        Err(Halt::Look(looks)) => assert_eq!(looks.len(), 3, "{looks:?}"),
        other => panic!("{other:?}"),
    }
}

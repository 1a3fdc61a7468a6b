//! Weights of target groups.

use super::*;

const LISTENER: &str = "arn:aws:elasticloadbalancing:us-west-2:222222222222:listener/app/shop/1/2";
const TO_EAST: &str = "arn:aws:elasticloadbalancing:us-west-2:222222222222:targetgroup/to-east/1";
const TO_WEST: &str = "arn:aws:elasticloadbalancing:us-west-2:222222222222:targetgroup/to-west/2";

fn weigh(more: &Value) -> Value {
    let mut weights = json!({"listener": LISTENER, "primary": TO_EAST, "standby": TO_WEST});
    for (key, value) in more.as_object().unwrap() {
        weights[key] = value.clone();
    }
    json!({"name": "weights", "elbv2Weights": weights})
}

fn weighed(step: Value, answer: Answer) -> Case {
    let groups = json!([TO_EAST, TO_WEST]);
    let listener = step["elbv2Weights"]["listener"].clone();
    let cell = json!({"cell": {"elbv2": {"kind": "forwardWeights", "forwards": listener, "groups": groups}}});
    case(json!([step]))
        .answer(WEST, cell.clone(), answer.clone())
        .answer(EAST, cell, answer)
}

fn now_at(east: i64, west: i64) -> Answer {
    Answer::Found(json!({TO_EAST: east, TO_WEST: west}))
}

#[test]
fn group_of_the_region_that_becomes_active_gets_the_requests() {
    let there = weighed(weigh(&json!({})), now_at(100, 0)).made();
    assert_eq!(raised_to(&there, "weights"), json!({TO_EAST: 0, TO_WEST: 100}));
    assert_eq!(
        (there.touches, &there.acts[0].site.region[..]),
        (vec![LISTENER.to_owned()], WEST)
    );
    assert_eq!(there.acts[0].permissions, ["elasticloadbalancing:ModifyListener"]);
    assert_eq!(there.acts[0].undo, Undo::Reversible);
    let back =
        weighed(weigh(&json!({"active": 90, "other": 10})), now_at(0, 100)).with(|case| case.leads.to = EAST.into());
    assert_eq!(raised_to(&back.made(), "weights"), json!({TO_EAST: 90, TO_WEST: 10}));
}

#[test]
fn what_is_no_forward_action_with_both_is_refused_and_so_is_nothing_for_anybody() {
    let blocked = |step: Value, answer: Answer| weighed(step, answer).blocked();
    for (step, answer, says) in [
        (
            weigh(&json!({})),
            Answer::Found(Value::Null),
            "listener: arn:aws:elasticloadbalancing:us-west-2:222222222222:listener/app/shop/1/2 has no forward action with both",
        ),
        (weigh(&json!({})), Answer::NotFound, "has no forward action with both"),
        (
            weigh(&json!({"active": 0})),
            now_at(100, 0),
            "active: 0 would serve nobody",
        ),
        (
            weigh(&json!({"listener": LISTENER.replace("us-west-2", "eu-west-1")})),
            now_at(100, 0),
            "eu-west-1 is neither of the two regions",
        ),
        (
            weigh(&json!({"listener": LISTENER.replace("222222222222", "333333333333")})),
            now_at(100, 0),
            "it is in account 333333333333",
        ),
        (
            weigh(&json!({"listener": "no-arn"})),
            now_at(100, 0),
            "is neither of the two regions",
        ),
    ] {
        let blocked = blocked(step, answer);
        assert_eq!(blocked.reason, Reason::InvalidStep);
        assert!(
            blocked.message.starts_with("spec.steps[weights].elbv2Weights.") && blocked.message.contains(says),
            "{}",
            blocked.message
        );
    }
}

#[test]
fn nothing_waits_for_a_listener_of_a_region_that_may_be_lost() {
    let east = || weigh(&json!({"listener": LISTENER.replace("us-west-2", "us-east-1")}));
    let lost = |step: Value| weighed(step, now_at(100, 0)).with(|case| case.leads.mode = FailoverMode::Ungraceful);
    let blocked = lost(east()).blocked();
    assert!(
        blocked
            .message
            .contains("nothing may wait for it; set bestEffort: true"),
        "{}",
        blocked.message
    );
    let mut left_behind = east();
    left_behind["bestEffort"] = json!(true);
    assert!(lost(left_behind).made().acts[0].best_effort);
    assert_eq!(
        weighed(east(), now_at(100, 0)).made().acts[0].site.region,
        EAST,
        "Graceful: both regions answer"
    );
    assert!(lost(weigh(&json!({}))).design().is_ok());
}

//! To how many tasks a service is scaled.

use super::*;

#[test]
fn match_active_takes_the_last_steady_count_and_never_zero() {
    let matched = || case(json!([scale(json!("MatchActive"))]));
    let east = |answer| matched().answer(EAST, service("api"), answer);
    let known = |case: Case, count| {
        case.with(|case| case.counts = BTreeMap::from([("scale".to_owned(), Counted { count, at: now() })]))
    };
    assert_eq!(raised_to(&matched().made(), "scale"), json!(8));
    assert_eq!(
        raised_to(&known(east(silent()), 38).made(), "scale"),
        json!(38),
        "the region is lost: the last count stands"
    );
    assert_eq!(
        raised_to(&known(east(Answer::Found(running(3, 40))), 38).made(), "scale"),
        json!(38),
        "it is failing"
    );
    for unknown in [
        east(silent()),
        known(east(silent()), 0),
        east(Answer::Found(running(0, 0))),
        east(Answer::NotFound),
    ] {
        let blocked = unknown.blocked();
        assert_eq!(blocked.reason, Reason::ActiveUnknown);
        assert!(
            blocked.message.contains("spec.steps[scale].ecsScale.desired") && blocked.message.contains("set a number")
        );
    }
    assert!(
        known(east(silent()), 38).made().notes[0].contains("2026-03-01T08:00:00Z"),
        "its age is shown"
    );
}

#[test]
fn bound_count_stays_while_it_is_enough() {
    let bound = |count| {
        case(json!([scale(json!("MatchActive"))]))
            .with(|case| case.bound = BTreeMap::from([("scale".to_owned(), count)]))
    };
    assert_eq!(
        raised_to(&bound(10).made(), "scale"),
        json!(10),
        "fewer tasks void no approval"
    );
    assert_eq!(
        raised_to(&bound(6).made(), "scale"),
        json!(8),
        "more tasks need a new plan"
    );
}

#[test]
fn scaling_never_lowers_and_leaves_what_nothing_scales() {
    let made = case(json!([scale(json!(5))]))
        .answer(WEST, minimum("api"), Answer::Found(Value::Null))
        .made();
    assert_eq!(ids(&made), [("scale", vec![]), ("scale.steady", vec!["scale"])]);
    assert!(matches!(&made.acts[0].act, Act::Set(setting) if setting.rule == Rule::AtLeast));
    for refused in [json!(0), json!("Half")] {
        assert_eq!(case(json!([scale(refused)])).blocked().reason, Reason::InvalidStep);
    }
    let gone = case(json!([scale(json!(5))]))
        .answer(WEST, count("api"), Answer::NotFound)
        .blocked();
    assert!(
        gone.message.contains("there is no service web/api in us-west-2"),
        "{}",
        gone.message
    );
}

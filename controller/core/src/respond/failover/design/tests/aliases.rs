//! Versions of aliases.

use super::*;

fn alias() -> Value {
    let of = |version: &str| json!({"function": "orders", "alias": "live", "version": version});
    json!({"name": "alias", "lambdaAlias": {"primary": of("7"), "standby": of("12")}})
}

fn answered(step: Value, answer: Answer) -> Case {
    let cell = json!({"cell": {"lambda": {"kind": "aliasVersion", "function": "orders", "alias": "live"}}});
    case(json!([step]))
        .answer(WEST, cell.clone(), answer.clone())
        .answer(EAST, cell, answer)
}

fn invokes(version: &str, shares: bool) -> Answer {
    Answer::Found(json!({"version": version, "revision": "r-1", "shares": shares}))
}

#[test]
fn alias_of_the_region_that_becomes_active_invokes_its_own_version() {
    let there = answered(alias(), invokes("11", false)).made();
    assert_eq!(
        (raised_to(&there, "alias"), &there.acts[0].site.region[..]),
        (json!({"version": "12"}), WEST)
    );
    assert_eq!(there.acts[0].permissions, ["lambda:UpdateAlias"]);
    assert_eq!(
        (there.acts[0].undo, there.acts[0].idempotence),
        (Undo::Reversible, Idempotence::Conditional)
    );
    assert_eq!(
        there.touches,
        [format!("arn:aws:lambda:{WEST}:{ACCOUNT}:function:orders")]
    );
    let back = answered(alias(), invokes("8", false))
        .with(|case| case.leads.to = EAST.into())
        .made();
    assert_eq!(
        (raised_to(&back, "alias"), &back.acts[0].site.region[..]),
        (json!({"version": "7"}), EAST)
    );
}

#[test]
fn only_the_version_is_material() {
    let of = |revision: &str| {
        let answer = Answer::Found(json!({"version": "11", "revision": revision, "shares": false}));
        answered(alias(), answer).made().acts[0].material()
    };
    assert_eq!(of("r-1"), of("r-2"));
    assert_ne!(
        of("r-1"),
        answered(alias(), invokes("10", false)).made().acts[0].material()
    );
}

#[test]
fn alias_that_is_not_there_or_shares_and_what_is_no_version_are_refused() {
    let mut latest = alias();
    latest["lambdaAlias"]["standby"]["version"] = json!("$LATEST");
    for (step, answer, says) in [
        (
            alias(),
            Answer::NotFound,
            "alias live of function orders in us-west-2 does not exist",
        ),
        (
            alias(),
            invokes("11", true),
            "shares its invocations with another version: end that first",
        ),
        (latest, invokes("11", false), "a published version only"),
    ] {
        let blocked = answered(step, answer).blocked();
        assert_eq!(blocked.reason, Reason::InvalidStep);
        assert!(
            blocked.message.starts_with("spec.steps[alias].lambdaAlias: ") && blocked.message.contains(says),
            "{}",
            blocked.message
        );
    }
}

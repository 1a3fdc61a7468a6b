//! Two objects and one thing in AWS: who holds it is named, and nobody joins what cannot be kept.

use crate::support::{
    Bench, words,
    worlds::{self, inline},
};
use serde_json::{Value, json};

fn into_group(group: &str) -> Value {
    let mut target = words::service("SwapSecurityGroups");
    target["ecsService"]["securityGroupId"] = json!(group);
    target
}

/// A second group that lets nothing through.
fn another_group(bench: &Bench) {
    bench.aws.change(|world| {
        let groups = &mut worlds::region(world).security_groups;
        let empty = groups["sg-dark"].clone();
        groups.insert("sg-darker".into(), empty);
    });
}

#[tokio::test]
async fn who_wants_another_value_is_told_who_holds_it_and_goes_on_when_it_is_released() {
    let bench = Bench::free();
    another_group(&bench);
    bench.quarantined("first", into_group("sg-dark"));
    assert_eq!(bench.settle("first").await, "Contained");
    bench.aws.clear_calls();
    bench.quarantined("second", into_group("sg-darker"));
    assert_eq!(bench.settle("second").await, "HeldByAnother");
    let message = bench.message("second", "Ready");
    assert!(message.contains("team/first holds"), "{message}");
    assert!(message.contains("release it first"), "{message}");
    assert_eq!(bench.wrote(), [""; 0]);
    bench.let_go("first");
    assert_eq!(bench.settle("first").await, "Released");
    bench.keep("second", 120).await;
    assert_eq!(bench.settle("second").await, "Contained");
}

#[tokio::test]
async fn custody_in_conflict_is_not_joined_until_somebody_gives_it_up() {
    let bench = Bench::free();
    let target = || words::role_with("payments-task", &["DenyAll"]);
    bench.quarantined("first", target());
    assert_eq!(bench.settle("first").await, "Contained");
    bench
        .aws
        .change(|world| inline(world, worlds::DENY_ALL, worlds::denied("s3:*", None)));
    bench.let_go("first");
    assert_eq!(bench.settle("first").await, "ReleaseConflict");
    bench.aws.clear_calls();
    bench.quarantined("second", target());
    assert_eq!(bench.settle("second").await, "HeldByAnother");
    let message = bench.message("second", "Ready");
    assert!(message.contains("is in conflict"), "{message}");
    assert!(message.contains("Decision Abandon"), "{message}");
    assert_eq!(bench.wrote(), [""; 0]);
    bench.decide("first", "ann@example.com", |word| {
        word.verb = firebreak_crds::Verb::Abandon
    });
    assert_eq!(bench.settle("first").await, "Abandoned");
    bench.keep("second", 120).await;
    assert_eq!(bench.settle("second").await, "Contained");
}

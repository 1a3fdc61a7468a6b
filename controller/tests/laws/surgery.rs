//! A write touches only what the plan owns, and nothing where there is nothing to touch.

use super::restore::contained;
use crate::support::{
    Bench,
    read::differences,
    words,
    worlds::{changed, specs, worlds},
};
use serde_json::to_value;

#[tokio::test]
async fn nothing_but_the_owned_fields_differs() {
    for spec in specs() {
        for (name, world) in worlds(&spec) {
            let bench = contained(&spec, world.clone()).await;
            let (before, after) = (
                to_value(world.without_motion()).unwrap(),
                bench.shape()["still"].clone(),
            );
            let mut foreign = differences(&before, &after);
            foreign.retain(|path| !spec.owns.iter().any(|owned| path.contains(owned)) && !path.contains("sg-two"));
            assert_eq!(foreign, [""; 0], "{} in {name}", spec.name);
        }
    }
}

#[tokio::test]
async fn a_neighbour_is_never_touched() {
    for spec in specs() {
        let world = firebreak_cloud::memory::sample();
        let bench = contained(&spec, world.clone()).await;
        let neighbour = |world: &firebreak_cloud::memory::World| {
            let region = world
                .region(firebreak_cloud::memory::ACCOUNT, firebreak_cloud::memory::REGION)
                .unwrap();
            let tasks: Vec<_> = region.tasks("prod", "orders").into_iter().cloned().collect();
            let groups = (
                region.group("sg-orders").cloned(),
                region.target_group_named("orders").cloned(),
            );
            let user = world.user(firebreak_cloud::memory::ACCOUNT, "orders-deploy").cloned();
            let function = region.functions.get("orders-nightly").cloned();
            let mappings = region.event_source_mappings.values();
            let sources: Vec<_> = mappings.filter(|m| m.function == "orders-nightly").cloned().collect();
            let service = region.service("prod", "orders").cloned();
            (service, tasks, groups, user, function, sources)
        };
        assert_eq!(neighbour(&world), bench.aws.look(neighbour), "{}", spec.name);
    }
}

#[tokio::test]
async fn a_missing_target_is_blocked_and_nothing_is_written() {
    for spec in specs() {
        let bench = Bench::of(changed(spec.missing));
        bench.api.seed(&words::account());
        bench.api.seed(&words::guardrail_free());
        bench.quarantined("q", (spec.target)());
        assert_eq!(bench.settle("q").await, "TargetNotFound", "{}", spec.name);
        assert_eq!(bench.says("q", "Stalled"), "True/TargetNotFound", "{}", spec.name);
        assert_eq!(bench.wrote(), [""; 0], "{}", spec.name);
        assert_eq!(bench.plans("q"), [], "{}", spec.name);
        assert_eq!(bench.holds(), [], "{}", spec.name);
    }
}

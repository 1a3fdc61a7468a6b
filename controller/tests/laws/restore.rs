//! Contain and release, undisturbed.

use crate::support::{
    Bench,
    read::{differences, shape},
    words,
    worlds::{Spec, generated, specs, worlds},
};
use firebreak_cloud::memory::{Staleness, World};
use firebreak_core::respond::quarantine::targets;
use firebreak_crds::{Ec2InstanceMethod, EcsMethod, IamRoleMethod, IamUserMethod, S3BucketMethod, Target};

/// A bench in which the target is contained.
pub async fn contained(spec: &Spec, world: World) -> Bench {
    let bench = Bench::of(world);
    bench.api.seed(&words::account());
    bench.api.seed(&words::guardrail_free());
    bench.quarantined("q", (spec.target)());
    assert_eq!(bench.settle_with_approvals("q").await, "Contained", "{}", spec.name);
    bench
}

/// Releases everything, and lets AWS come to rest.
pub async fn release(bench: &Bench, what: &str) {
    bench.let_go_of_everything("q");
    assert_eq!(bench.settle("q").await, "Released", "{what}");
    bench.pass(300);
}

/// Nothing of ours is left in Kubernetes.
pub fn assert_nothing_left(bench: &Bench, what: &str) {
    assert_eq!(bench.holds(), [], "{what}: Holds are left");
    let finalizers = bench.quarantine("q").metadata.finalizers.unwrap_or_default();
    assert!(finalizers.is_empty(), "{what}: {finalizers:?}");
}

#[test]
fn every_target_and_method_is_under_the_laws() {
    let all: Vec<Target> = specs().iter().map(|spec| words::target(&(spec.target)())).collect();
    for target in targets::all() {
        assert!(all.iter().any(|spec| target.named_by(spec)), "{}", target.kind());
    }
    for method in [Ec2InstanceMethod::Isolate, Ec2InstanceMethod::Stop] {
        assert!(
            all.iter()
                .any(|t| t.ec2_instance.as_ref().is_some_and(|i| i.method == method)),
            "{method:?}"
        );
    }
    for method in [
        EcsMethod::Isolate,
        EcsMethod::SwapSecurityGroups,
        EcsMethod::ScaleToZero,
    ] {
        assert!(
            all.iter()
                .any(|t| t.ecs_service.as_ref().is_some_and(|s| s.method == method)),
            "{method:?}"
        );
    }
    for method in [S3BucketMethod::BlockPublicAccess, S3BucketMethod::DenyAll] {
        assert!(
            all.iter()
                .any(|t| t.s3_bucket.as_ref().is_some_and(|b| b.methods.contains(&method))),
            "{method:?}"
        );
    }
    for method in [
        IamRoleMethod::DenyAll,
        IamRoleMethod::RevokeSessions,
        IamRoleMethod::ReplaceTrust,
    ] {
        assert!(
            all.iter()
                .any(|t| t.iam_role.as_ref().is_some_and(|r| r.methods.contains(&method))),
            "{method:?}"
        );
    }
    for method in [
        IamUserMethod::DeactivateKeys,
        IamUserMethod::DenyAll,
        IamUserMethod::RevokeSessions,
    ] {
        assert!(
            all.iter()
                .any(|t| t.iam_user.as_ref().is_some_and(|u| u.methods.contains(&method))),
            "{method:?}"
        );
    }
}

#[tokio::test]
async fn containing_twice_is_containing_once() {
    for spec in specs() {
        for (name, world) in worlds(&spec) {
            let mut bench = contained(&spec, world).await;
            bench.keep("q", 400).await;
            let (shape, plans) = (bench.shape(), bench.plans("q").len());
            bench.aws.clear_calls();
            bench.keep("q", 900).await;
            bench.restart();
            bench.keep("q", 900).await;
            assert_eq!(bench.wrote(), [""; 0], "{} in {name}", spec.name);
            assert_eq!(
                differences(&shape["still"], &bench.shape()["still"]),
                [""; 0],
                "{} in {name}",
                spec.name
            );
            assert_eq!(bench.plans("q").len(), plans, "{} in {name}", spec.name);
        }
    }
}

/// Contained, held for a while, and released: everything is as it was, and nothing is left.
async fn assert_restored(spec: &Spec, what: &str, world: World) {
    let bench = contained(spec, world.clone()).await;
    bench.keep("q", 400).await;
    release(&bench, what).await;
    assert_eq!(differences(&shape(&world), &bench.shape()), [""; 0], "{what}");
    if !spec.replaces_tasks {
        assert_eq!(bench.aws.world(), world, "{what}");
    }
    assert_nothing_left(&bench, what);
}

#[tokio::test]
async fn a_release_restores_the_whole_world() {
    for spec in specs() {
        for (name, world) in worlds(&spec) {
            assert_restored(&spec, &format!("{} in {name}", spec.name), world).await;
        }
    }
}

#[tokio::test]
async fn a_release_restores_generated_worlds_too() {
    for spec in specs() {
        for (name, world) in generated(&spec, 12) {
            assert_restored(&spec, &format!("{} in {name}", spec.name), world).await;
        }
    }
}

#[tokio::test]
async fn contained_and_released_again_and_again_it_is_always_restored() {
    for spec in specs() {
        let world = firebreak_cloud::memory::sample();
        let bench = contained(&spec, world.clone()).await;
        for round in 1..=8 {
            let what = format!("{} in round {round}", spec.name);
            release(&bench, &what).await;
            assert_eq!(differences(&shape(&world), &bench.shape()), [""; 0], "{what}");
            assert_nothing_left(&bench, &what);
            bench.contain_again("q");
            assert_eq!(bench.settle_with_approvals("q").await, "Contained", "{what}");
        }
        assert!(
            bench.plans("q").len() <= 8,
            "{}: {} runs are kept",
            spec.name,
            bench.plans("q").len()
        );
    }
}

#[tokio::test]
async fn late_reads_change_nothing_of_it() {
    for spec in specs() {
        for staleness in [Staleness::Reads(3), Staleness::Seconds(12)] {
            let what = format!("{} with {staleness:?}", spec.name);
            let world = firebreak_cloud::memory::sample();
            let bench = Bench::of(world.clone());
            bench.aws.set_staleness(staleness);
            bench.api.seed(&words::account());
            bench.api.seed(&words::guardrail_free());
            bench.quarantined("q", (spec.target)());
            assert_eq!(bench.settle_with_approvals("q").await, "Contained", "{what}");
            assert_eq!(
                bench.says("q", "InSync"),
                "True/InSync",
                "{what}: late reads are no drift"
            );
            release(&bench, &what).await;
            assert_eq!(differences(&shape(&world), &bench.shape()), [""; 0], "{what}");
            assert_nothing_left(&bench, &what);
        }
    }
}

//! AWS refuses a write in the middle of a section for good: it goes back to its safe start, and a release gets through.

use crate::support::{
    Bench,
    words::{self, HOME, TEAM},
    worlds::{self, Change},
};
use firebreak_cloud::memory::{Fault, MAPPING_SECONDS, sample};
use firebreak_core::aws::failure::{Failure, FailureClass};
use serde_json::Value;

/// A target with a section, and the write of it that is refused after others took effect.
type Case = (fn() -> Value, &'static str);

const CASES: [Case; 3] = [
    (|| words::service("ScaleToZero"), "ecs:UpdateService"),
    (|| words::service("SwapSecurityGroups"), "ecs:UpdateService"),
    (|| words::function("payments-nightly"), "lambda:PutFunctionConcurrency"),
];

fn refused((target, permission): Case) -> Bench {
    let bench = Bench::free();
    bench.aws.deny(permission);
    bench.quarantined("q", target());
    bench
}

#[tokio::test]
async fn refused_section_goes_back_and_is_begun_again_later() {
    for case in CASES {
        let bench = refused(case);
        assert_eq!(bench.settle("q").await, "WriteRefused", "{}", case.1);
        assert!(
            bench.message("q", "Ready").contains(case.1),
            "{}",
            bench.message("q", "Ready")
        );
        assert_eq!(bench.says("q", "Contained").split('/').next(), Some("False"));
        bench.pass(MAPPING_SECONDS);
        assert_eq!(bench.aws.world(), sample(), "{}: it is at its safe start", case.1);
        let writes = bench.wrote().len();
        bench.keep("q", 200).await;
        assert_eq!(bench.wrote().len(), writes, "{}: not at once", case.1);
        bench.aws.allow(case.1);
        bench.keep("q", 170).await;
        assert_eq!(bench.settle("q").await, "Contained", "{}", case.1);
        bench.let_go_of_everything("q");
        assert_eq!(bench.settle("q").await, "Released", "{}", case.1);
    }
}

#[tokio::test]
async fn refused_section_that_went_back_is_released() {
    for case in CASES {
        let bench = refused(case);
        assert_eq!(bench.settle("q").await, "WriteRefused", "{}", case.1);
        bench.let_go_of_everything("q");
        assert_eq!(bench.settle("q").await, "Released", "{}", case.1);
        bench.pass(MAPPING_SECONDS);
        assert_eq!((bench.holds(), bench.aws.world()), (vec![], sample()), "{}", case.1);
    }
}

/// The operator dies at each write of the way there and back.
#[tokio::test]
async fn going_back_survives_any_crash() {
    for case in CASES {
        let calm = refused(case);
        calm.settle("q").await;
        for n in 1..=calm.wrote().len() as u64 {
            for fault in [Fault::Crash, Fault::CrashAfterEffect] {
                let what = format!("{}: {fault:?} at write {n}", case.1);
                let mut bench = refused(case);
                bench.aws.fail_nth_write(n, fault);
                while bench.respond_or_die("q").await.is_some() {
                    bench.pass(1);
                    if bench.ready_reason("q") == "WriteRefused" {
                        break;
                    }
                }
                bench.restart();
                bench.aws.deny(case.1);
                assert_eq!(bench.settle("q").await, "WriteRefused", "{what}");
                bench.pass(MAPPING_SECONDS);
                assert_eq!(bench.aws.world(), sample(), "{what}");
            }
        }
    }
}

fn with_protected_tasks(world: &mut firebreak_cloud::memory::World) {
    let region = worlds::region(world);
    let arns: Vec<String> = region
        .tasks("prod", "api")
        .iter()
        .map(|task| task.arn.clone())
        .collect();
    arns.iter()
        .for_each(|arn| region.task_mut("prod", arn).unwrap().protected = true);
}

/// The protection of the tasks is gone, and nothing brings it back: the section stays where it is.
fn one_way(required: u8) -> Bench {
    let bench = Bench::of(worlds::changed(with_protected_tasks as Change));
    [TEAM, HOME].iter().for_each(|name| bench.namespace(name));
    bench.api.seed(&words::account());
    bench.api.seed(&words::guardrail_all(required));
    bench.aws.deny("ecs:UpdateService");
    bench.quarantined("q", words::service("ScaleToZero"));
    bench
}

#[tokio::test]
async fn section_with_a_one_way_effect_does_not_go_back() {
    let bench = one_way(0);
    assert_eq!(bench.settle("q").await, "AccessDenied");
    let scaling = |bench: &Bench| {
        let writes = bench.wrote_well();
        writes
            .iter()
            .filter(|call| call.contains("RegisterScalableTarget"))
            .count()
    };
    assert_eq!(scaling(&bench), 2);
    bench.keep("q", 600).await;
    assert_eq!(scaling(&bench), 2, "nothing is put back");
    bench.aws.allow("ecs:UpdateService");
    assert_eq!(bench.settle("q").await, "Contained");
}

#[tokio::test]
async fn release_gets_through_to_what_a_refused_section_wrote() {
    for required in [0, 1] {
        let bench = one_way(required);
        assert_eq!(bench.settle_with_approvals("q").await, "AccessDenied", "{required}");
        bench.let_go_of_everything("q");
        let reason = bench.settle_with_approvals("q").await;
        assert_eq!(reason, "Released", "{required}: {}", bench.message("q", "Ready"));
        assert_eq!(bench.holds(), [], "{required}");
        let floor = |world: &firebreak_cloud::memory::World| {
            let region = world.region(firebreak_cloud::memory::ACCOUNT, firebreak_cloud::memory::REGION);
            region.unwrap().scalable_targets["prod/api"].clone()
        };
        assert_eq!(bench.aws.look(floor), floor(&sample()), "{required}");
    }
}

#[tokio::test]
async fn deletion_gets_through_to_what_a_refused_section_wrote() {
    let bench = one_way(0);
    assert_eq!(bench.settle("q").await, "AccessDenied");
    bench.delete("q");
    assert_eq!(bench.settle("q").await, "Gone");
    assert_eq!(bench.holds(), []);
}

/// The write that puts drift right is refused, and the release still asks people.
#[tokio::test]
async fn release_gets_through_beside_drift_that_cannot_be_put_right() {
    let bench = Bench::of(sample());
    bench.api.seed(&words::account());
    bench.api.seed(&words::guardrail_all(1));
    bench.quarantined("q", words::role_with("payments-task", &["DenyAll", "RevokeSessions"]));
    assert_eq!(bench.settle_with_approvals("q").await, "Contained");
    bench
        .aws
        .change(|world| drop(worlds::payments(world).inline_policies.remove(worlds::DENY_ALL)));
    bench.aws.deny("iam:PutRolePolicy");
    bench.let_go_of_everything("q");
    assert_eq!(bench.settle("q").await, "AwaitingApproval");
    bench.approve("q", "ann@example.com");
    assert_eq!(bench.settle("q").await, "Released");
    assert_eq!(bench.aws.world(), sample());
}

#[tokio::test]
async fn unknown_never_goes_back() {
    let bench = Bench::free();
    bench.quarantined("q", words::service("ScaleToZero"));
    for _ in 0..5 {
        let failure = Failure {
            class: FailureClass::Transient,
            call: "ecs:UpdateService".into(),
            code: "504".into(),
            message: "no answer".into(),
        };
        bench.aws.fail_on("ecs:UpdateService", Fault::Error(failure));
        let _ = bench.respond("q").await;
        bench.pass(10);
    }
    let scaling = |call: &&&str| call.contains("RegisterScalableTarget");
    assert_eq!(bench.wrote().iter().filter(scaling).count(), 2);
    assert_eq!(bench.settle("q").await, "Contained");
}

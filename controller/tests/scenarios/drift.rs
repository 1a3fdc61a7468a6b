//! Somebody undoes the containment.

use crate::support::{
    Bench,
    words::{self, guardrail_contain},
    worlds::{self, inline, payments},
};
use firebreak_aws::memory::{ACCOUNT, REGION, Staleness, sample};
use firebreak_crds::Action;

async fn contained() -> Bench {
    let bench = Bench::of(sample());
    bench.api.seed(&words::account());
    bench.api.seed(&guardrail_contain(1));
    bench.quarantined("q", words::role_with("payments-task", &["DenyAll"]));
    bench.settle("q").await;
    bench.approve("q", "ann@example.com");
    assert_eq!(bench.settle("q").await, "Contained");
    bench.keep("q", 400).await;
    bench.aws.clear_calls();
    bench
}

fn undo(bench: &Bench) {
    bench.aws.change(|world| {
        payments(world).inline_policies.remove(worlds::DENY_ALL);
    });
}

#[tokio::test]
async fn drift_is_put_right_under_the_same_approval_and_said() {
    let bench = contained().await;
    undo(&bench);
    bench.keep("q", 120).await;
    assert_eq!(bench.wrote(), ["iam:PutRolePolicy"]);
    assert_eq!(bench.says("q", "InSync"), "True/DriftReasserted");
    assert_eq!(bench.ready_reason("q"), "Contained");
    assert_eq!(bench.plans("q").len(), 1);
    bench.let_go("q");
    assert_eq!(bench.settle("q").await, "Released");
    assert_eq!(bench.aws.world(), sample());
}

#[tokio::test]
async fn after_five_times_within_ten_minutes_a_person_is_called_instead() {
    let bench = contained().await;
    for _ in 0..8 {
        undo(&bench);
        bench.keep("q", 40).await;
    }
    assert_eq!(bench.wrote().len(), 5);
    assert_eq!(bench.says("q", "InSync"), "False/DriftFight");
    assert_eq!(bench.says("q", "Stalled"), "True/DriftFight");
    assert_eq!(bench.says("q", "Contained").split('/').next(), Some("False"));
    bench.keep("q", 700).await;
    assert_eq!(
        bench.ready_reason("q"),
        "Contained",
        "it is tried again later: nothing is terminal"
    );
}

#[tokio::test]
async fn a_read_that_is_late_by_less_than_thirty_seconds_is_no_drift() {
    for seconds in [1, 10, 25] {
        let bench = Bench::free();
        bench.aws.set_staleness(Staleness::Seconds(seconds));
        bench.quarantined("q", words::role("payments-task"));
        assert_eq!(bench.settle("q").await, "Contained", "{seconds}");
        bench.keep("q", 400).await;
        assert_eq!(bench.wrote(), ["iam:AttachRolePolicy"], "{seconds}");
        assert_eq!(bench.says("q", "InSync"), "True/InSync", "{seconds}");
    }
}

#[tokio::test]
async fn a_task_that_ecs_starts_anew_is_taken_out_again_and_nothing_is_lost() {
    let bench = Bench::free();
    bench.quarantined("q", words::service("Isolate"));
    assert_eq!(bench.settle_with_approvals("q").await, "Contained");
    bench.aws.change(|world| {
        let region = world.region_mut(ACCOUNT, REGION).unwrap();
        let group = region.security_groups.get_mut("sg-api").unwrap();
        *group = sample()
            .region(ACCOUNT, REGION)
            .unwrap()
            .group("sg-api")
            .unwrap()
            .clone();
        let task = region.tasks("prod", "api")[0].arn.clone();
        region.clusters.get_mut("prod").unwrap().tasks.remove(&task);
    });
    bench.keep("q", 400).await;
    assert_eq!(bench.ready_reason("q"), "Contained");
    let targets = |bench: &Bench| {
        let count = |world: &firebreak_aws::memory::World| {
            world
                .region(ACCOUNT, REGION)
                .unwrap()
                .target_group_named("api")
                .unwrap()
                .targets
                .len()
        };
        bench.aws.look(count)
    };
    assert_eq!(targets(&bench), 0);
    bench.let_go("q");
    assert_eq!(bench.settle("q").await, "Released");
    bench.pass(300);
    assert_eq!(targets(&bench), 2, "the one that lives and the one that came");
}

#[tokio::test]
async fn a_target_that_is_gone_is_said_and_released_without_a_write() {
    let bench = contained().await;
    bench.aws.change(|world| {
        world.accounts.get_mut(ACCOUNT).unwrap().roles.remove("payments-task");
    });
    bench.keep("q", 400).await;
    assert_eq!(bench.says("q", "InSync"), "False/TargetGone");
    assert_eq!(bench.says("q", "Stalled"), "True/TargetGone");
    assert_eq!(bench.holds().len(), 1);
    bench.let_go("q");
    assert_eq!(bench.settle("q").await, "Released");
    assert_eq!((bench.wrote(), bench.holds()), (vec![], vec![]));
    let release = bench.plans("q").pop().unwrap();
    assert_eq!(release.spec.action, Action::Release);
}

#[tokio::test]
async fn drift_of_what_somebody_else_owns_is_none_of_our_business() {
    let bench = contained().await;
    bench
        .aws
        .change(|world| inline(world, "payments-table", worlds::denied("s3:*", None)));
    bench.keep("q", 700).await;
    assert_eq!(bench.wrote(), [""; 0]);
    assert_eq!(bench.says("q", "InSync"), "True/InSync");
}

#[tokio::test]
async fn tasks_that_drain_for_minutes_are_no_drift() {
    let bench = Bench::free();
    bench.aws.change(|world| {
        let groups = &mut world.region_mut(ACCOUNT, REGION).unwrap().target_groups;
        groups.values_mut().for_each(|group| group.deregistration_delay = 300);
    });
    bench.quarantined("q", words::service("ScaleToZero"));
    assert_eq!(bench.settle_with_approvals("q").await, "Contained");
    assert_eq!(bench.says("q", "InSync"), "True/InSync");
    let tasks = bench
        .aws
        .look(|world| world.region(ACCOUNT, REGION).unwrap().tasks("prod", "api").len());
    assert_eq!(tasks, 0, "Contained only when they have stopped");
}

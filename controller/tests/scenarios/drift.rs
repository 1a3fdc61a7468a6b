//! Somebody undoes the containment.

use crate::support::{
    Bench,
    words::{self, guardrail_contain},
    worlds::{self, inline, payments},
};
use firebreak_cloud::memory::{ACCOUNT, REGION, Staleness, cidr_rule, sample, world::Service};
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
async fn a_task_that_ecs_starts_again_is_taken_out_again_and_nothing_is_lost() {
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
        let count = |world: &firebreak_cloud::memory::World| {
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

/// Contained, then changed beside what was written: AWS still shows it, and yet the target is not cut off.
async fn bypassed(target: serde_json::Value, change: fn(&mut firebreak_cloud::memory::World), why: &str) {
    let bench = Bench::free();
    bench.quarantined("q", target.clone());
    assert_eq!(bench.settle("q").await, "Contained", "{target}");
    bench.aws.change(change);
    bench.keep("q", 700).await;
    assert_eq!(bench.says("q", "Contained"), "False/Bypassed", "{target}");
    assert_eq!(bench.says("q", "Stalled"), "True/Bypassed", "{target}");
    assert!(
        bench.message("q", "Contained").contains(why),
        "{}",
        bench.message("q", "Contained")
    );
}

#[tokio::test]
async fn a_deny_policy_that_denies_nothing_any_more_is_no_containment() {
    let hollow = |world: &mut firebreak_cloud::memory::World| {
        let account = world.accounts.get_mut(ACCOUNT).unwrap();
        let policy = account.managed_policies.values_mut().next().unwrap();
        *policy = serde_json::json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "*", "Resource": "*"}]});
    };
    bypassed(words::role("payments-task"), hollow, "FirebreakDenyAll").await;
}

#[tokio::test]
async fn a_service_that_got_other_security_groups_is_not_isolated_any_more() {
    let moved = |world: &mut firebreak_cloud::memory::World| {
        let service = Service::of("api:1", 2)
            .network(&["subnet-a"], &["sg-orders"])
            .behind("api", 8080);
        worlds::rebuilt(worlds::region(world), service);
    };
    bypassed(words::service("Isolate"), moved, "sg-orders").await;
}

#[tokio::test]
async fn a_quarantine_group_that_got_a_rule_cuts_nothing_off() {
    let opened = |world: &mut firebreak_cloud::memory::World| {
        let group = worlds::region(world).security_groups.get_mut("sg-dark").unwrap();
        group.egress.insert(cidr_rule("tcp", 443, "0.0.0.0/0"));
    };
    bypassed(words::service("SwapSecurityGroups"), opened, "sg-dark").await;
    bypassed(words::instance("Isolate"), opened, "sg-dark").await;
}

#[tokio::test]
async fn the_notes_say_how_the_sessions_of_the_task_role_stand_now() {
    let bench = Bench::free();
    bench.quarantined("role", words::role("payments-task"));
    bench.settle("role").await;
    bench.quarantined("q", words::service("Isolate"));
    assert_eq!(bench.settle("q").await, "Contained");
    let notes = |bench: &Bench| bench.quarantine("q").status.unwrap().notes.join("; ");
    let revoked = notes(&bench).contains("are revoked: yes");
    bench.let_go("role");
    bench.settle("role").await;
    bench.keep("q", 400).await;
    assert!(notes(&bench).contains("are revoked: no"), "{}", notes(&bench));
    assert!(revoked, "they were revoked while the role was contained");
}

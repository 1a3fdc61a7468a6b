//! Records that somebody took away behind the operator's back: what was there before is still put back, and nothing runs on
//! an approval that nobody gave.

use crate::support::{
    Bench,
    words::{self, guardrail_contain},
};
use firebreak_cloud::memory::{Fault, sample};
use firebreak_crds::{PlanOutcome, ResponsePlan};

fn lose_the_plans(bench: &Bench) {
    for plan in bench.plans("q") {
        let name = plan.metadata.name.unwrap();
        assert!(
            bench
                .api
                .remove::<ResponsePlan>(plan.metadata.namespace.as_deref(), &name)
        );
    }
}

async fn approved() -> Bench {
    let bench = Bench::of(sample());
    bench.api.seed(&words::account());
    bench.api.seed(&guardrail_contain(1));
    bench.quarantined("q", words::role_with("payments-task", &["DenyAll", "ReplaceTrust"]));
    assert_eq!(bench.settle("q").await, "AwaitingApproval");
    bench.approve("q", "ann@example.com");
    bench
}

#[tokio::test]
async fn contained_without_its_plan_it_asks_again_and_still_knows_what_was_there_before() {
    let bench = approved().await;
    assert_eq!(bench.settle("q").await, "Contained");
    lose_the_plans(&bench);
    bench.aws.clear_calls();
    assert_eq!(
        bench.settle("q").await,
        "AwaitingApproval",
        "an approval serves one plan"
    );
    assert_eq!(bench.wrote(), [""; 0]);
    bench.approve("q", "ann@example.com");
    assert_eq!(bench.settle("q").await, "Contained");
    assert_eq!(bench.wrote(), [""; 0], "everything is in place");
    bench.let_go_of_everything("q");
    assert_eq!(bench.settle("q").await, "Released");
    bench.pass(300);
    assert_eq!(bench.aws.world(), sample());
    assert_eq!(bench.holds(), []);
}

#[tokio::test]
async fn lost_in_the_middle_of_a_run_nothing_is_forgotten() {
    let mut bench = approved().await;
    bench.aws.fail_nth_write(1, Fault::CrashAfterEffect);
    while bench.respond_or_die("q").await.is_some() {
        bench.pass(1);
    }
    bench.restart();
    lose_the_plans(&bench);
    assert_eq!(bench.settle("q").await, "AwaitingApproval");
    bench.let_go_of_everything("q");
    assert_eq!(bench.settle("q").await, "Released");
    bench.pass(300);
    assert_eq!(bench.aws.world(), sample());
    assert_eq!(bench.holds(), []);
}

#[tokio::test]
async fn a_plan_that_took_the_name_of_a_lost_one_inherits_no_approval() {
    let bench = approved().await;
    let lost = bench.plan("q");
    lose_the_plans(&bench);
    assert_eq!(bench.settle("q").await, "AwaitingApproval");
    let new = bench.plan("q");
    assert_eq!(new.metadata.name, lost.metadata.name);
    assert_eq!(new.spec.digest, lost.spec.digest);
    assert_ne!(new.metadata.uid, lost.metadata.uid);
    assert_ne!(new.status.unwrap_or_default().outcome, Some(PlanOutcome::Running));
    assert_eq!(bench.wrote(), [""; 0]);
}

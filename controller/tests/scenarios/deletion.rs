//! Deleting asks for release and forgets nothing.

use crate::support::{
    Bench,
    words::{self, HOME, TEAM, guardrail_all, guardrail_contain},
    worlds::{self, inline, payments},
};
use firebreak_cloud::memory::{Fault, sample};
use firebreak_core::respond::Respondent;
use firebreak_crds::{AwsAccount, CUSTODY_FINALIZER, HoldState, PlanOutcome, Quarantine, Reopens, ResponsePlan, Verb};
use k8s_openapi::api::core::v1::Namespace;
use serde_json::Value;

async fn contained(rules: firebreak_crds::Guardrail, target: Value) -> Bench {
    let bench = Bench::of(sample());
    bench.namespace(TEAM);
    bench.namespace(HOME);
    bench.api.seed(&words::account());
    bench.api.seed(&rules);
    bench.quarantined("q", target);
    assert_eq!(bench.settle_with_approvals("q").await, "Contained");
    bench.keep("q", 400).await;
    bench.aws.clear_calls();
    bench
}

fn states(bench: &Bench) -> Vec<HoldState> {
    bench.holds().into_iter().map(|hold| hold.spec.state).collect()
}

#[tokio::test]
async fn a_deletion_that_nobody_needs_to_approve_is_a_release() {
    for spec in worlds::specs() {
        let bench = contained(guardrail_contain(1), (spec.target)()).await;
        bench.change("q", |q| q.spec.restore_on_release = words::EVERYTHING.to_vec());
        bench.delete("q");
        assert_eq!(bench.settle("q").await, "Gone", "{}", spec.name);
        assert_eq!(bench.holds(), [], "{}", spec.name);
        bench.pass(300);
        if !spec.replaces_tasks {
            assert_eq!(bench.aws.world(), sample(), "{}", spec.name);
        }
    }
}

#[tokio::test]
async fn a_deletion_that_needs_people_orphans_custody_and_lets_the_object_go() {
    let bench = contained(guardrail_all(1), words::role("payments-task")).await;
    bench.delete("q");
    assert_eq!(bench.settle("q").await, "Gone");
    assert_eq!(states(&bench), [HoldState::Orphaned]);
    assert_eq!(bench.wrote(), [""; 0]);
    let hold = bench.holds().pop().unwrap();
    assert!(hold.spec.holders.is_empty());
    assert!(hold.spec.message.unwrap().contains("team/q"));
    assert_eq!(hold.metadata.finalizers, Some(vec![CUSTODY_FINALIZER.to_owned()]));
}

#[tokio::test]
async fn what_is_withheld_at_a_deletion_stays_in_custody() {
    let bench = contained(
        guardrail_contain(1),
        words::role_with("payments-task", &["DenyAll", "ReplaceTrust"]),
    )
    .await;
    bench.delete("q");
    assert_eq!(bench.settle("q").await, "Gone");
    assert_eq!(states(&bench), [HoldState::Orphaned]);
    assert_eq!(bench.wrote(), ["iam:DeleteRolePolicy"]);
}

#[tokio::test]
async fn an_object_that_never_held_anything_goes_at_once() {
    let bench = Bench::of(sample());
    bench.api.seed(&words::account());
    bench.api.seed(&guardrail_all(2));
    bench.quarantined("q", words::role("payments-task"));
    assert_eq!(bench.settle("q").await, "AwaitingApproval");
    bench.delete("q");
    assert!(!bench.exists("q"), "it carries no finalizer");
    assert_eq!(bench.settle("q").await, "Gone");
}

#[tokio::test]
async fn a_release_works_in_a_namespace_that_is_terminating_and_its_runs_live_with_the_operator() {
    let bench = contained(guardrail_contain(1), words::role("payments-task")).await;
    bench.api.delete::<Namespace>(None, TEAM);
    for plan in bench.plans("q") {
        bench
            .api
            .remove::<ResponsePlan>(Some(TEAM), plan.metadata.name.as_deref().unwrap());
    }
    bench.delete("q");
    assert_eq!(bench.settle("q").await, "Gone");
    assert_eq!(bench.holds(), []);
    assert_eq!(bench.aws.world(), sample());
    let namespaces: Vec<_> = bench
        .plans("q")
        .into_iter()
        .filter_map(|plan| plan.metadata.namespace)
        .collect();
    assert_eq!(namespaces, [HOME]);
}

#[tokio::test]
async fn a_release_needs_no_aws_account_object_any_more() {
    let bench = contained(guardrail_contain(1), words::role("payments-task")).await;
    bench.api.remove::<AwsAccount>(None, "production");
    bench.delete("q");
    assert_eq!(bench.settle("q").await, "Gone");
    assert_eq!((bench.holds(), bench.aws.world()), (vec![], sample()));
}

#[tokio::test]
async fn an_object_is_let_go_when_aws_does_not_answer_for_five_minutes() {
    let bench = contained(guardrail_contain(1), words::role("payments-task")).await;
    bench.aws.throttle(firebreak_cloud::memory::ACCOUNT, true);
    bench.delete("q");
    bench.keep("q", 290).await;
    assert!(bench.exists("q"));
    bench.keep("q", 60).await;
    assert!(!bench.exists("q"));
    assert_eq!(states(&bench), [HoldState::Orphaned]);
}

#[tokio::test]
async fn orphaned_custody_is_adopted_and_its_first_before_value_is_restored() {
    for spec in worlds::specs() {
        let bench = contained(guardrail_all(1), (spec.target)()).await;
        let held = bench.holds().len();
        bench.delete("q");
        assert_eq!(bench.settle("q").await, "Gone", "{}", spec.name);
        bench.quarantined("r", (spec.target)());
        assert_eq!(bench.settle("r").await, "AwaitingApproval", "{}", spec.name);
        bench.approve("r", "bob@example.com");
        assert_eq!(bench.settle("r").await, "Contained", "{}", spec.name);
        assert_eq!(states(&bench), vec![HoldState::Held; held], "{}", spec.name);
        bench.keep("r", 400).await;
        bench.let_go_of_everything("r");
        bench.settle("r").await;
        bench.approve("r", "ann@example.com");
        assert_eq!(bench.settle("r").await, "Released", "{}", spec.name);
        bench.pass(300);
        if !spec.replaces_tasks {
            assert_eq!(bench.aws.world(), sample(), "{}", spec.name);
        }
        assert_eq!(bench.holds(), [], "{}", spec.name);
    }
}

#[tokio::test]
async fn custody_is_given_up_on_as_many_words_as_a_release_needs() {
    let bench = contained(guardrail_all(2), words::role("payments-task")).await;
    abandon(&bench, "ann@example.com");
    bench.keep("q", 60).await;
    assert_eq!(bench.ready_reason("q"), "Contained", "one of two");
    abandon(&bench, "bob@example.com");
    assert_eq!(bench.settle("q").await, "Abandoned");
    assert_eq!((bench.holds(), bench.wrote()), (vec![], vec![]), "AWS stays as it is");
    assert_eq!(bench.says("q", "Contained"), "Unknown/Abandoned");
    bench.keep("q", 600).await;
    assert_eq!(bench.wrote(), [""; 0], "it is not contained again");
    bench.delete("q");
    assert_eq!(bench.settle("q").await, "Gone");
}

fn abandon(bench: &Bench, by: &str) {
    bench.decide("q", by, |decision| decision.verb = Verb::Abandon);
}

#[tokio::test]
async fn a_conflict_is_ended_by_giving_custody_up() {
    let bench = contained(guardrail_contain(1), words::role_with("payments-task", &["DenyAll"])).await;
    bench
        .aws
        .change(|world| inline(world, worlds::DENY_ALL, worlds::denied("s3:*", None)));
    bench.let_go("q");
    assert_eq!(bench.settle("q").await, "ReleaseConflict");
    abandon(&bench, "ann@example.com");
    assert_eq!(bench.settle("q").await, "Abandoned");
    assert_eq!((bench.holds(), bench.wrote()), (vec![], vec![]));
}

#[tokio::test]
async fn run_of_an_object_deleted_while_it_waits_is_closed() {
    let bench = Bench::of(sample());
    bench.api.seed(&words::account());
    bench.api.seed(&guardrail_all(2));
    bench.quarantined("q", words::role("payments-task"));
    assert_eq!(bench.settle("q").await, "AwaitingApproval");
    let uid = bench.quarantine("q").metadata.uid.unwrap();
    bench.delete("q");
    bench
        .executor
        .respond(Respondent::Quarantine, TEAM, "q", Some(&uid))
        .await
        .unwrap();
    let status = bench.plan("q").status.unwrap();
    assert_eq!(status.outcome, Some(PlanOutcome::Superseded));
    assert!(status.closed_at.is_some() && bench.wrote().is_empty());
}

#[tokio::test]
async fn a_decision_to_release_counts_until_the_spec_changes() {
    let bench = contained(guardrail_contain(1), words::role("payments-task")).await;
    bench.decide("q", "ann@example.com", |decision| decision.verb = Verb::Release);
    assert_eq!(bench.settle("q").await, "Released");
    assert_eq!(bench.aws.world(), sample());
    bench.keep("q", 600).await;
    assert_eq!(bench.ready_reason("q"), "Released");
    bench.change("q", |q| q.spec.reason = Some("it is back".into()));
    assert_eq!(bench.settle("q").await, "AwaitingApproval");
}

#[tokio::test]
async fn what_people_released_is_not_cut_off_again_while_their_decision_cannot_be_believed() {
    for verb in [Verb::Release, Verb::Abandon] {
        for lost in [None, Some(())] {
            let bench = contained(guardrail_contain(0), words::role("payments-task")).await;
            bench.decide("q", "ann@example.com", |decision| decision.verb = verb);
            let reason = bench.settle("q").await;
            bench.aws.clear_calls();
            let now = bench.now();
            bench.admit(|admission| admission.decisions_bound_since = lost.map(|()| now));
            bench.keep("q", 120).await;
            assert_eq!(bench.ready_reason("q"), reason, "{verb:?}");
            assert_eq!((bench.wrote(), bench.plans("q").len() <= 2), (vec![], true), "{verb:?}");
        }
    }
}

#[tokio::test]
async fn a_release_in_the_middle_goes_on_while_the_decision_cannot_be_believed() {
    let bench = contained(
        guardrail_contain(1),
        words::role_with("payments-task", &["DenyAll", "RevokeSessions", "ReplaceTrust"]),
    )
    .await;
    bench.aws.deny("iam:UpdateAssumeRolePolicy");
    bench.decide("q", "ann@example.com", |decision| {
        decision.verb = Verb::Release;
        decision.restore = vec![Reopens::Sessions, Reopens::TrustPolicy];
    });
    bench.keep("q", 60).await;
    bench.admit(|admission| admission.decisions_bound_since = None);
    bench.aws.allow("iam:UpdateAssumeRolePolicy");
    assert_eq!(bench.settle("q").await, "Released");
    assert_eq!(bench.aws.world(), sample());
}

#[tokio::test]
async fn an_object_is_let_go_when_aws_refuses_to_put_it_back() {
    let bench = contained(guardrail_contain(1), words::role_with("payments-task", &["DenyAll"])).await;
    bench.aws.deny("iam:DeleteRolePolicy");
    bench.delete("q");
    bench.keep("q", 290).await;
    assert!(bench.exists("q"));
    bench.keep("q", 100).await;
    assert!(!bench.exists("q"));
    assert_eq!(states(&bench), [HoldState::Orphaned]);
}

#[tokio::test]
async fn an_object_is_let_go_when_a_section_cannot_be_finished() {
    let mut bench = Bench::free();
    bench.quarantined("q", words::service("ScaleToZero"));
    bench.aws.fail_nth_write(1, Fault::CrashAfterEffect);
    while bench.respond_or_die("q").await.is_some() {
        bench.pass(1);
    }
    bench.restart();
    bench.aws.throttle(firebreak_cloud::memory::ACCOUNT, true);
    bench.delete("q");
    bench.keep("q", 400).await;
    assert!(!bench.exists("q"));
    assert!(states(&bench).iter().all(|state| *state == HoldState::Orphaned));
}

#[tokio::test]
async fn letting_go_is_not_called_a_release() {
    let bench = contained(guardrail_all(1), words::role("payments-task")).await;
    bench.api.edit::<Quarantine>(Some(TEAM), "q", |q| {
        q.metadata
            .finalizers
            .get_or_insert_default()
            .push("example.com/other".into());
    });
    bench.delete("q");
    bench.keep("q", 400).await;
    assert_eq!(states(&bench), [HoldState::Orphaned]);
    assert_eq!(bench.says("q", "Released"), "False/NotReleased");
    let outcomes: Vec<_> = bench
        .plans("q")
        .into_iter()
        .map(|plan| plan.status.unwrap().outcome)
        .collect();
    assert!(!outcomes.is_empty());
    assert!(
        outcomes.iter().all(|outcome| *outcome == Some(PlanOutcome::Orphaned)),
        "{outcomes:?}"
    );
}

#[tokio::test]
async fn custody_is_given_up_only_in_the_approver_roles_that_a_release_needs() {
    let rules = words::guardrail("security", |spec| {
        let mut rule = words::rule(2);
        rule.approver_roles = vec!["security".into()];
        spec.approvals = vec![rule];
    });
    let bench = contained(rules, words::role("payments-task")).await;
    for by in ["ann@example.com", "bob@example.com"] {
        bench.decide("q", by, |decision| {
            decision.verb = Verb::Abandon;
            decision.approver_role = "approver".into();
        });
    }
    bench.keep("q", 60).await;
    assert_eq!(bench.ready_reason("q"), "Contained");
    abandon(&bench, "eve@example.com");
    assert_eq!(bench.settle("q").await, "Abandoned");
}

#[tokio::test]
async fn a_release_that_people_rejected_is_not_planned_again_until_somebody_asks_again() {
    let bench = contained(guardrail_all(1), words::role("payments-task")).await;
    bench.let_go("q");
    assert_eq!(bench.settle("q").await, "AwaitingApproval");
    bench.say("q", "ann@example.com", |decision| decision.verb = Verb::Reject);
    assert_eq!(bench.settle("q").await, "Rejected");
    bench.keep("q", 600).await;
    assert_eq!((bench.plans("q").len(), bench.wrote()), (2, vec![]));
    bench.aws.change(|world| payments(world).attached_policies.clear());
    bench.keep("q", 600).await;
    assert_eq!(bench.wrote(), ["iam:AttachRolePolicy"], "it is held meanwhile");
    bench.change("q", |q| q.spec.reason = Some("really".into()));
    assert_eq!(bench.settle("q").await, "AwaitingApproval");
    bench.approve("q", "ann@example.com");
    assert_eq!(bench.settle("q").await, "Released");
}

#[tokio::test]
async fn an_account_that_was_made_again_under_the_same_name_is_not_the_one_in_custody() {
    let bench = contained(guardrail_contain(1), words::role("payments-task")).await;
    bench.api.edit::<AwsAccount>(None, "production", |account| {
        account.spec.account_id = "999999999999".into();
    });
    bench.let_go("q");
    assert_eq!(bench.settle("q").await, "Released");
    assert_eq!(bench.aws.world(), sample(), "put back where it was taken from");
}

#[tokio::test]
async fn a_release_needs_no_grant_and_no_region_any_more() {
    let bench = contained(guardrail_contain(1), words::role("payments-task")).await;
    bench.api.edit::<AwsAccount>(None, "production", |account| {
        account.spec.grants.clear();
        account.spec.regions = vec!["eu-west-1".into()];
    });
    bench.let_go("q");
    assert_eq!(bench.settle("q").await, "Released");
    assert_eq!(bench.aws.world(), sample());
}

//! Fewer people never suffice by a detour: no edit, deletion, expiry, severity, mode or other verb gets a change through that the
//! front door would not let through.

use crate::support::{
    Bench,
    words::{self, AUTHOR, Having, guardrail, guardrail_all, rule},
    worlds,
};
use firebreak_cloud::memory::sample;
use firebreak_crds::{
    ApprovalRule, AwsAccount, DesiredState, Environment, Guardrail, Hold, Mode, PlanOutcome, Quarantine, REQUESTED_BY,
    Reopens, Severity, Verb,
};

pub(super) const ANN: &str = "ann@example.com";
pub(super) const BOB: &str = "bob@example.com";
const EVE: &str = "eve@example.com";
const CAROL: &str = "carol@example.com";

/// One person more for what is grave.
fn by_severity() -> Guardrail {
    guardrail("by-severity", |spec| {
        let of = |severity, required| ApprovalRule {
            severities: vec![severity],
            ..rule(required)
        };
        spec.approvals = vec![of(Severity::Low, 1), of(Severity::Critical, 2)];
    })
}

pub(super) async fn contained(rules: Guardrail, object: Quarantine, approvers: &[&str]) -> Bench {
    let bench = Bench::of(sample());
    bench.namespace(words::TEAM);
    bench.namespace(words::HOME);
    bench.api.seed(&words::account());
    bench.api.seed(&rules);
    bench.api.seed(&object);
    bench.settle("q").await;
    approvers.iter().for_each(|by| bench.approve("q", by));
    assert_eq!(bench.settle("q").await, "Contained");
    bench.aws.clear_calls();
    bench
}

fn edit(bench: &Bench, by: &str, change: impl Fn(&mut Quarantine)) {
    bench.change("q", |q| {
        change(q);
        let annotations = q.metadata.annotations.get_or_insert_default();
        annotations.insert(REQUESTED_BY.into(), by.into());
    });
}

pub(super) async fn waits(bench: &Bench, why: &str) {
    assert_eq!(bench.settle("q").await, "AwaitingApproval", "{why}");
    assert_eq!(bench.wrote(), [""; 0], "{why}");
}

fn hold(bench: &Bench) -> Hold {
    bench.holds().pop().unwrap()
}

#[tokio::test]
async fn severity_lowered_with_the_release_is_judged_at_the_highest() {
    let object = words::quarantine("q", words::role("payments-task")).severity(Severity::Critical);
    let bench = contained(by_severity(), object, &[ANN, BOB]).await;
    bench.change("q", |q| {
        q.spec.severity = Severity::Low;
        q.spec.state = DesiredState::Released;
    });
    waits(&bench, "nobody has spoken").await;
    bench.approve("q", ANN);
    waits(&bench, "one is enough for Low only").await;
    bench.approve("q", BOB);
    assert_eq!(bench.settle("q").await, "Released");
}

#[tokio::test]
async fn severity_raised_to_a_laxer_rule_does_not_help_a_release() {
    let rules = guardrail("odd", |spec| {
        let of = |severity, required| ApprovalRule {
            severities: vec![severity],
            ..rule(required)
        };
        spec.approvals = vec![of(Severity::Low, 2), of(Severity::Critical, 1)];
    });
    let object = words::quarantine("q", words::role("payments-task")).severity(Severity::Low);
    let bench = contained(rules, object, &[ANN, BOB]).await;
    bench.change("q", |q| q.spec.severity = Severity::Critical);
    bench.keep("q", 60).await;
    bench.let_go("q");
    bench.settle("q").await;
    bench.approve("q", ANN);
    waits(&bench, "Low asks for two").await;
    bench.approve("q", BOB);
    assert_eq!(bench.settle("q").await, "Released");
}

#[tokio::test]
async fn account_moved_to_a_laxer_environment_is_judged_by_both() {
    let rules = guardrail_all(1);
    let bench = contained(rules, words::quarantine("q", words::role("payments-task")), &[ANN]).await;
    bench.api.seed(&guardrail("lax", |spec| {
        spec.environments = vec![Environment::Development];
        spec.approvals = vec![rule(0)];
    }));
    bench.api.edit::<AwsAccount>(None, "production", |account| {
        account.spec.environment = Environment::Development;
    });
    bench.let_go("q");
    waits(&bench, "it was contained in production").await;
}

#[tokio::test]
async fn deleted_custody_is_not_released_by_its_requester_or_one_person() {
    let bench = contained(
        guardrail_all(1),
        words::quarantine("q", words::role("payments-task")),
        &[ANN],
    )
    .await;
    bench.delete("q");
    assert_eq!(bench.settle("q").await, "Gone");
    for verb in [Verb::Release, Verb::Abandon] {
        for by in [AUTHOR, EVE] {
            bench.decide_about_hold(&hold(&bench), by, |d| d.verb = verb);
            bench.tend_all().await;
            assert_eq!((bench.holds().len(), bench.wrote()), (1, vec![]), "{verb:?} by {by}");
        }
    }
    bench.decide_about_hold(&hold(&bench), BOB, |d| d.verb = Verb::Release);
    bench.tend_all().await;
    assert_eq!(
        bench.aws.world(),
        sample(),
        "a deletion is unattributed, which costs one more"
    );
}

#[tokio::test]
async fn deleted_custody_is_judged_at_the_highest_severity() {
    let object = words::quarantine("q", words::role("payments-task")).severity(Severity::Critical);
    let bench = contained(by_severity(), object, &[ANN, BOB]).await;
    edit(&bench, CAROL, |q| q.spec.severity = Severity::Low);
    bench.keep("q", 60).await;
    bench.delete("q");
    assert_eq!(bench.settle("q").await, "Gone");
    for (by, left) in [(CAROL, 1), (ANN, 1), (BOB, 1), (EVE, 0)] {
        bench.decide_about_hold(&hold(&bench), by, |d| d.verb = Verb::Release);
        for _ in 0..3 {
            bench.tend_all().await;
            bench.pass(40);
        }
        assert_eq!(bench.holds().len(), left, "{by}");
    }
}

#[tokio::test]
async fn what_an_orphan_would_reopen_is_named_by_as_many_as_a_release_needs() {
    let object = words::quarantine("q", words::role_with("payments-task", &["ReplaceTrust"]));
    let bench = contained(guardrail_all(1), object, &[ANN]).await;
    bench.delete("q");
    assert_eq!(bench.settle("q").await, "Gone");
    let say = |by: &str, restore: Vec<Reopens>| {
        bench.decide_about_hold(&hold(&bench), by, |d| {
            d.verb = Verb::Release;
            d.restore = restore;
        });
    };
    say(ANN, vec![]);
    say(BOB, vec![Reopens::TrustPolicy]);
    bench.tend_all().await;
    assert_eq!(bench.wrote(), [""; 0], "one person has named it");
    say(EVE, vec![Reopens::TrustPolicy]);
    bench.tend_all().await;
    assert_eq!(bench.aws.world(), sample());
}

#[tokio::test]
async fn orphan_that_is_put_back_stays_so_when_the_decision_expires() {
    let bench = contained(
        guardrail_all(1),
        words::quarantine("q", words::role("payments-task")),
        &[ANN],
    )
    .await;
    bench.delete("q");
    assert_eq!(bench.settle("q").await, "Gone");
    let soon = bench.now() + jiff::SignedDuration::from_secs(30);
    for by in [BOB, EVE] {
        bench.decide_about_hold(&hold(&bench), by, |d| {
            d.verb = Verb::Release;
            d.expires_at = Some(soon.to_string());
        });
    }
    bench
        .aws
        .fail_nth_write(1, firebreak_cloud::memory::Fault::ErrorAfterEffect(failure()));
    bench.tend_all().await;
    assert_eq!(bench.holds().len(), 1);
    bench.pass(60);
    for _ in 0..3 {
        bench.tend_all().await;
        bench.pass(40);
    }
    assert_eq!((bench.holds().len(), bench.aws.world()), (0, sample()));
}

fn failure() -> firebreak_core::aws::failure::Failure {
    firebreak_core::aws::failure::Failure {
        class: firebreak_core::aws::failure::FailureClass::Transient,
        call: "test".into(),
        code: "504".into(),
        message: "the answer was lost".into(),
    }
}

#[tokio::test]
async fn requester_cannot_give_custody_up() {
    let bench = contained(
        guardrail_all(1),
        words::quarantine("q", words::role("payments-task")),
        &[ANN],
    )
    .await;
    bench.decide("q", AUTHOR, |d| d.verb = Verb::Abandon);
    bench.keep("q", 60).await;
    assert_eq!(
        (bench.holds().len(), bench.ready_reason("q").as_str()),
        (1, "Contained")
    );
    bench.decide("q", BOB, |d| d.verb = Verb::Abandon);
    assert_eq!(bench.settle("q").await, "Abandoned");
}

#[tokio::test]
async fn broken_glass_puts_nothing_back() {
    let bench = contained(
        guardrail_all(1),
        words::quarantine("q", words::role("payments-task")),
        &[ANN],
    )
    .await;
    bench.let_go("q");
    bench.settle("q").await;
    for by in [AUTHOR, BOB] {
        bench.say("q", by, |d| d.verb = Verb::BreakGlass);
    }
    waits(&bench, "glass is broken to cut off").await;
    assert!(bench.message("q", "Approved").contains("never to put back"));
}

#[tokio::test]
async fn everybody_who_edited_the_spec_is_a_requester_of_its_release() {
    let bench = contained(
        guardrail_all(1),
        words::quarantine("q", words::role("payments-task")),
        &[ANN],
    )
    .await;
    for by in [BOB, CAROL] {
        edit(&bench, by, |q| q.spec.reason = Some(by.into()));
        bench.keep("q", 30).await;
    }
    edit(&bench, EVE, |q| q.spec.state = DesiredState::Released);
    bench.settle("q").await;
    for by in [AUTHOR, BOB, CAROL, EVE] {
        bench.approve("q", by);
        waits(&bench, by).await;
    }
    bench.approve("q", ANN);
    assert_eq!(bench.settle("q").await, "Released");
}

#[tokio::test]
async fn next_containment_begins_with_its_own_requesters() {
    let bench = contained(
        guardrail_all(1),
        words::quarantine("q", words::role("payments-task")),
        &[ANN],
    )
    .await;
    edit(&bench, BOB, |q| q.spec.state = DesiredState::Released);
    bench.settle("q").await;
    bench.approve("q", ANN);
    assert_eq!(bench.settle("q").await, "Released");
    edit(&bench, CAROL, |q| q.spec.state = DesiredState::Contained);
    bench.settle("q").await;
    bench.approve("q", BOB);
    assert_eq!(bench.settle("q").await, "Contained");
}

#[tokio::test]
async fn approval_of_an_observing_plan_does_not_approve_enforcing_it() {
    let bench = Bench::of(sample());
    bench.api.seed(&words::account());
    bench.api.seed(&guardrail_all(1));
    bench
        .api
        .seed(&words::quarantine("q", words::role("payments-task")).observing());
    bench.settle("q").await;
    bench.approve("q", ANN);
    bench.settle("q").await;
    bench.change("q", |q| q.spec.mode = Mode::Enforce);
    waits(&bench, "the approval was of a plan that writes nothing").await;
    assert_eq!(bench.plans("q").len(), 2);
    bench.approve("q", ANN);
    assert_eq!(bench.settle("q").await, "Contained");
}

#[tokio::test]
async fn plan_and_hold_tell_why_after_the_object_is_gone() {
    let mut object = words::quarantine("q", words::role("payments-task")).severity(Severity::High);
    object.spec.reason = Some("GuardDuty saw its keys in use elsewhere".into());
    let bench = contained(guardrail_all(1), object, &[ANN]).await;
    bench.delete("q");
    assert_eq!(bench.settle("q").await, "Gone");
    let payload = &bench.plans("q")[0].spec.payload;
    assert_eq!(payload["reason"], "GuardDuty saw its keys in use elsewhere");
    assert_eq!(
        (&payload["severity"], &payload["mode"]),
        (&"High".into(), &"Enforce".into())
    );
    let hold = hold(&bench).spec;
    assert_eq!(hold.reason.as_deref(), Some("GuardDuty saw its keys in use elsewhere"));
    assert_eq!(
        (hold.asked.by, hold.asked.severities),
        (vec![AUTHOR.to_owned()], vec![Severity::High])
    );
}

#[tokio::test]
async fn rejection_stops_a_begun_release_for_good() {
    let bench = contained(
        guardrail_all(1),
        words::quarantine("q", words::role_with("payments-task", &["DenyAll", "RevokeSessions"])),
        &[ANN],
    )
    .await;
    bench.aws.deny("iam:DeleteRolePolicy");
    bench.let_go_of_everything("q");
    bench.settle("q").await;
    bench.approve("q", ANN);
    bench.keep("q", 30).await;
    bench.say("q", BOB, |d| d.verb = Verb::Reject);
    bench.keep("q", 30).await;
    bench.aws.allow("iam:DeleteRolePolicy");
    bench.aws.clear_calls();
    bench.keep("q", 600).await;
    assert_eq!(bench.ready_reason("q"), "Rejected");
    assert_eq!(bench.plan("q").status.unwrap().outcome, Some(PlanOutcome::Rejected));
    assert_eq!(bench.wrote(), [""; 0]);
}

#[tokio::test]
async fn value_that_somebody_put_back_is_given_up_only_with_people() {
    let object = words::quarantine("q", words::role("payments-task"));
    let bench = contained(guardrail_all(1), object, &[ANN]).await;
    bench.change("q", |q| q.spec.mode = Mode::Observe);
    bench.keep("q", 30).await;
    bench
        .aws
        .change(|world| worlds::payments(world).attached_policies.clear());
    bench.change("q", |q| {
        q.spec.mode = Mode::Enforce;
        q.spec.state = DesiredState::Released;
    });
    assert_eq!(bench.settle("q").await, "AwaitingApproval");
    assert_eq!(bench.holds().len(), 1);
}

#[tokio::test]
async fn release_before_custody_withdraws_the_plan_and_says_so() {
    let bench = Bench::of(sample());
    bench.api.seed(&words::account());
    bench.api.seed(&guardrail_all(1));
    bench.quarantined("q", words::role("payments-task"));
    bench.settle("q").await;
    bench.decide("q", BOB, |d| d.verb = Verb::Release);
    assert_eq!(bench.settle("q").await, "Released");
    let said = bench.message("q", "Released");
    assert!(
        said.contains("nothing was changed") && said.contains("withdrawn"),
        "{said}"
    );
}

#[tokio::test]
async fn giving_up_before_custody_does_not_say_that_custody_was_given_up() {
    let bench = Bench::of(sample());
    bench.api.seed(&words::account());
    bench.api.seed(&guardrail_all(1));
    bench.quarantined("q", words::role("payments-task"));
    bench.settle("q").await;
    bench.decide("q", BOB, |d| d.verb = Verb::Abandon);
    assert_eq!(bench.settle("q").await, "Abandoned");
    let said = bench.message("q", "Ready");
    assert!(said.contains("nothing was in custody"), "{said}");
}

#[tokio::test]
async fn machine_that_edits_what_is_contained_costs_one_more_approver() {
    let bench = contained(
        guardrail_all(1),
        words::quarantine("q", words::role("payments-task")),
        &[ANN],
    )
    .await;
    edit(&bench, "system:serviceaccount:flux-system:kustomize-controller", |q| {
        q.spec.reason = Some("from Git".into());
    });
    bench.keep("q", 30).await;
    edit(&bench, EVE, |q| q.spec.state = DesiredState::Released);
    bench.settle("q").await;
    bench.approve("q", ANN);
    waits(&bench, "who is behind the machine is not known").await;
    bench.approve("q", BOB);
    assert_eq!(bench.settle("q").await, "Released");
}

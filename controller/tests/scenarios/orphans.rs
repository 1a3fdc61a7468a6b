//! Custody whose object is gone: enforced within bounds, released, given up, and never written to under a stop.

use crate::support::{
    Bench,
    words::{self, HOME, TEAM, guardrail_all},
    worlds::{self, Change, inline, payments},
};
use firebreak_cloud::memory::{Staleness, sample};
use firebreak_core::aws::failure::{Failure, FailureClass};
use firebreak_crds::{Caps, Hold, HoldState, Mode, Reopens, Verb};
use firebreak_executor::Reporter;
use serde_json::Value;
use std::sync::{Arc, Mutex};

/// A target whose object was contained and deleted; one person must agree to a release.
pub(super) async fn orphaned(target: Value) -> Bench {
    let bench = Bench::of(sample());
    bench.namespace(TEAM);
    bench.namespace(HOME);
    bench.api.seed(&words::account());
    bench.api.seed(&guardrail_all(1));
    bench.quarantined("q", target);
    assert_eq!(bench.settle_with_approvals("q").await, "Contained");
    bench.keep("q", 400).await;
    bench.delete("q");
    assert_eq!(bench.settle("q").await, "Gone");
    bench.aws.clear_calls();
    bench
}

fn denied_inline() -> Value {
    words::role_with("payments-task", &["DenyAll"])
}

fn undo(bench: &Bench) {
    bench
        .aws
        .change(|world| drop(payments(world).inline_policies.remove(worlds::DENY_ALL)));
}

fn hold(bench: &Bench) -> Hold {
    bench.holds().pop().unwrap()
}

fn message(bench: &Bench) -> String {
    hold(bench).spec.message.unwrap_or_default()
}

/// The Hold says a command about itself that can be typed as it is.
fn says_command(bench: &Bench, verb: &str, options: &str) {
    let name = hold(bench).metadata.name.unwrap();
    let command = format!("kubectl firebreak {verb} hold/{name} {options}");
    assert!(message(bench).ends_with(&command), "{}", message(bench));
}

#[tokio::test]
async fn drift_is_put_right_a_bounded_number_of_times_and_each_time_is_recorded_first() {
    let bench = orphaned(denied_inline()).await;
    for _ in 0..8 {
        undo(&bench);
        bench.tend_all().await;
        bench.pass(40);
    }
    assert_eq!(bench.wrote().len(), 5);
    assert_eq!(hold(&bench).spec.reasserted_at.len(), 5);
    assert!(message(&bench).contains("keeps undoing"), "{}", message(&bench));
}

#[tokio::test]
async fn a_read_that_is_late_is_not_drift() {
    let bench = orphaned(denied_inline()).await;
    undo(&bench);
    bench.aws.set_staleness(Staleness::Seconds(12));
    for _ in 0..10 {
        bench.tend_all().await;
        bench.pass(2);
    }
    assert_eq!(bench.wrote().len(), 1);
}

#[tokio::test]
async fn neither_a_stop_nor_a_lost_lease_lets_it_write() {
    let bench = orphaned(denied_inline()).await;
    undo(&bench);
    bench.stop();
    bench.tend_all().await;
    assert!(message(&bench).contains("EmergencyStop"));
    bench.go_on();
    bench.lead.set(false);
    bench.tend_all().await;
    assert_eq!(bench.wrote(), [""; 0]);
    bench.lead.set(true);
    bench.tend_all().await;
    assert_eq!(bench.wrote().len(), 1);
}

#[tokio::test]
async fn people_release_it_and_one_of_two_is_not_enough() {
    let bench = orphaned(denied_inline()).await;
    bench.api.remove::<firebreak_crds::Guardrail>(None, "all");
    bench.api.seed(&guardrail_all(2));
    bench.decide_about_hold(&hold(&bench), "ann@example.com", |d| d.verb = Verb::Release);
    bench.decide_about_hold(&hold(&bench), "eve@example.com", |d| d.verb = Verb::Release);
    bench.tend_all().await;
    assert_eq!(bench.wrote(), [""; 0]);
    bench.decide_about_hold(&hold(&bench), "bob@example.com", |d| d.verb = Verb::Release);
    bench.tend_all().await;
    assert_eq!((bench.holds(), bench.aws.world()), (vec![], sample()));
}

#[tokio::test]
async fn a_foreign_change_is_a_conflict_and_is_left_alone() {
    let bench = orphaned(denied_inline()).await;
    bench
        .aws
        .change(|world| inline(world, worlds::DENY_ALL, worlds::denied("s3:*", None)));
    bench.decide_about_hold(&hold(&bench), "ann@example.com", |d| d.verb = Verb::Release);
    bench.decide_about_hold(&hold(&bench), "bob@example.com", |d| d.verb = Verb::Release);
    bench.tend_all().await;
    assert_eq!(hold(&bench).spec.state, HoldState::Orphaned);
    assert!(
        message(&bench).contains("somebody else changed it"),
        "{}",
        message(&bench)
    );
    says_command(&bench, "abandon", "--reason \"...\"");
    assert_eq!(bench.wrote(), [""; 0]);
    bench.aws.change(|world| *world = sample());
    bench.tend_all().await;
    assert_eq!((bench.holds(), bench.wrote()), (vec![], vec![]), "it is back");
}

/// What was said of a value that somebody had changed ends with the change.
#[tokio::test]
async fn custody_left_in_conflict_says_once_it_is_enforced() {
    let bench = Bench::of(sample());
    [TEAM, HOME].iter().for_each(|name| bench.namespace(name));
    bench.api.seed(&words::account());
    bench.api.seed(&guardrail_all(0));
    bench.quarantined("q", denied_inline());
    assert_eq!(bench.settle("q").await, "Contained");
    bench
        .aws
        .change(|world| inline(world, worlds::DENY_ALL, worlds::denied("s3:*", None)));
    bench.stop();
    bench.let_go("q");
    bench.settle("q").await;
    bench.go_on();
    assert_eq!(bench.settle("q").await, "ReleaseConflict");
    bench.delete("q");
    assert_eq!(bench.settle("q").await, "Gone");
    assert!(message(&bench).contains("it was not put back"), "{}", message(&bench));
    for _ in 0..3 {
        bench.tend_all().await;
        bench.pass(40);
    }
    assert_eq!(message(&bench), "enforced: AWS shows what was written");
}

#[tokio::test]
async fn what_would_reopen_the_compromise_takes_its_own_word() {
    let bench = orphaned(words::role_with("payments-task", &["ReplaceTrust"])).await;
    bench.decide_about_hold(&hold(&bench), "ann@example.com", |d| d.verb = Verb::Release);
    bench.decide_about_hold(&hold(&bench), "bob@example.com", |d| d.verb = Verb::Release);
    bench.tend_all().await;
    assert_eq!(hold(&bench).spec.state, HoldState::Orphaned);
    says_command(&bench, "release", "--restore TrustPolicy");
    bench.pass(60);
    assert!(bench.tend_all().await, "it comes to an end");
    says_command(&bench, "release", "--restore TrustPolicy");
    assert_eq!(bench.wrote(), [""; 0]);
    bench.aws.change(|world| *world = sample());
    bench.tend_all().await;
    assert_eq!(
        bench.wrote(),
        ["iam:UpdateAssumeRolePolicy"],
        "people did not agree to this"
    );
    bench.pass(40);
    bench.tend_all().await;
    for by in ["ann@example.com", "bob@example.com"] {
        bench.decide_about_hold(&hold(&bench), by, |d| {
            d.verb = Verb::Release;
            d.restore = vec![Reopens::TrustPolicy];
        });
    }
    bench.tend_all().await;
    assert_eq!((bench.holds(), bench.aws.world()), (vec![], sample()));
}

/// Versions before this one left such custody withheld or in conflict: neither enforced nor listed.
#[tokio::test]
async fn custody_that_an_earlier_version_left_behind_is_enforced() {
    for state in [HoldState::Withheld, HoldState::Conflict] {
        let bench = orphaned(words::role_with("payments-task", &["ReplaceTrust"])).await;
        let name = hold(&bench).metadata.name.unwrap();
        bench.api.edit::<Hold>(None, &name, |hold| hold.spec.state = state);
        bench.aws.change(|world| *world = sample());
        bench.tend_all().await;
        assert_eq!(hold(&bench).spec.state, HoldState::Orphaned, "{state:?}");
        assert_eq!(bench.wrote(), ["iam:UpdateAssumeRolePolicy"], "{state:?}");
    }
}

/// What people were told of custody that AWS refuses to keep.
#[derive(Default)]
struct Told(Mutex<Vec<String>>);

impl Reporter for Told {
    fn custody_refused(&self, hold: &Hold) {
        self.0.lock().unwrap().extend(hold.spec.message.clone());
    }
}

/// Undone custody that AWS refuses to put right, and who is told.
async fn refused() -> (Bench, Arc<Told>) {
    let mut bench = orphaned(denied_inline()).await;
    let told = Arc::<Told>::default();
    bench.executor.reporter = told.clone();
    undo(&bench);
    bench.aws.deny("iam:PutRolePolicy");
    (bench, told)
}

#[tokio::test]
async fn what_aws_refuses_for_good_is_said_once_and_tried_again_slowly() {
    let (bench, told) = refused().await;
    for _ in 0..20 {
        assert!(bench.tend_all().await, "it waits, and does not fail");
        bench.pass(60);
    }
    assert_eq!(bench.wrote(), ["iam:PutRolePolicy"; 4], "every 5 minutes");
    let told = told.0.lock().unwrap().clone();
    assert_eq!(told, [message(&bench)], "once");
    let name = hold(&bench).metadata.name.unwrap();
    for part in [
        "AWS refused a write: iam:PutRolePolicy: AccessDenied;",
        "allow iam:PutRolePolicy to the role that AwsAccount",
        &format!("kubectl firebreak abandon hold/{name} --reason"),
    ] {
        assert!(told[0].contains(part), "{part}: {}", told[0]);
    }
    assert_eq!(
        hold(&bench).spec.reasserted_at,
        [""; 0],
        "nobody undoes what was not written"
    );
}

#[tokio::test]
async fn what_aws_refused_is_put_right_once_it_is_allowed() {
    let (bench, told) = refused().await;
    bench.tend_all().await;
    bench.aws.allow("iam:PutRolePolicy");
    for _ in 0..2 {
        bench.pass(300);
        bench.tend_all().await;
    }
    let denied: Change = |world| inline(world, worlds::DENY_ALL, worlds::denied("*", None));
    assert_eq!(bench.aws.world(), worlds::changed(denied));
    assert_eq!(hold(&bench).spec.refused_at, None);
    undo(&bench);
    bench.aws.deny("iam:PutRolePolicy");
    bench.tend_all().await;
    assert_eq!(told.0.lock().unwrap().len(), 2, "another time is told again");
}

#[tokio::test]
async fn release_does_not_wait_for_what_was_refused_before_it() {
    let (bench, told) = refused().await;
    bench.tend_all().await;
    bench
        .aws
        .change(|world| inline(world, worlds::DENY_ALL, worlds::denied("*", None)));
    bench.aws.deny("iam:DeleteRolePolicy");
    bench.pass(1);
    for by in ["ann@example.com", "bob@example.com"] {
        bench.decide_about_hold(&hold(&bench), by, |d| d.verb = Verb::Release);
    }
    bench.tend_all().await;
    assert_eq!(bench.wrote(), ["iam:PutRolePolicy", "iam:DeleteRolePolicy"]);
    assert_eq!(told.0.lock().unwrap().len(), 2, "another call is refused");
    bench.aws.allow("iam:DeleteRolePolicy");
    bench.pass(299);
    bench.tend_all().await;
    assert_eq!(bench.wrote().len(), 2, "it is tried again slowly too");
    bench.pass(1);
    bench.tend_all().await;
    assert_eq!((bench.holds(), bench.aws.world()), (vec![], sample()));
}

#[tokio::test]
async fn what_passes_by_itself_is_tried_again_soon() {
    let (bench, told) = refused().await;
    bench.aws.allow("iam:PutRolePolicy");
    bench.aws.fail_next_write(Failure {
        class: FailureClass::Throttled,
        call: "iam:PutRolePolicy".into(),
        code: "Throttling".into(),
        message: "slow down".into(),
    });
    assert!(!bench.tend_all().await, "the queue's back-off decides");
    assert!(message(&bench).starts_with("AWS refused a write: iam:PutRolePolicy: Throttling"));
    assert_eq!((hold(&bench).spec.refused_at, told.0.lock().unwrap().len()), (None, 0));
    bench.pass(31);
    bench.tend_all().await;
    assert_eq!(bench.wrote().len(), 2);
}

#[tokio::test]
async fn a_word_about_custody_that_was_adopted_since_does_not_count_any_more() {
    let bench = orphaned(denied_inline()).await;
    bench.stop();
    bench.decide_about_hold(&hold(&bench), "ann@example.com", |d| d.verb = Verb::Release);
    bench.decide_about_hold(&hold(&bench), "bob@example.com", |d| d.verb = Verb::Release);
    bench.tend_all().await;
    bench.go_on();
    bench.quarantined("r", denied_inline());
    assert_eq!(bench.settle_with_approvals("r").await, "Contained");
    bench.pass(60);
    bench.delete("r");
    assert_eq!(bench.settle("r").await, "Gone");
    bench.aws.clear_calls();
    bench.tend_all().await;
    assert_eq!((bench.holds().len(), bench.wrote()), (1, vec![]));
}

#[tokio::test]
async fn custody_of_an_object_that_observed_is_kept_and_nothing_is_written() {
    let bench = Bench::free();
    bench.quarantined("q", denied_inline());
    assert_eq!(bench.settle("q").await, "Contained");
    bench.change("q", |q| q.spec.mode = Mode::Observe);
    undo(&bench);
    bench.delete("q");
    assert_eq!(bench.settle("q").await, "Gone");
    bench.aws.clear_calls();
    bench.tend_all().await;
    bench.pass(300);
    bench.tend_all().await;
    assert_eq!(bench.wrote(), [""; 0]);
    assert!(message(&bench).contains("only observed"), "{}", message(&bench));
}

#[tokio::test]
async fn orphaned_custody_counts_against_the_caps_until_it_is_over_also_for_a_new_operator() {
    let rules = words::guardrail("cap", |spec| {
        let of = |action, required| firebreak_crds::ApprovalRule {
            action: Some(action),
            ..words::rule(required)
        };
        spec.approvals = vec![
            of(firebreak_crds::Action::Contain, 0),
            of(firebreak_crds::Action::Release, 1),
        ];
        spec.caps = Caps {
            max_contained: Some(1),
            ..Caps::default()
        };
    });
    let mut bench = Bench::of(sample());
    bench.namespace(TEAM);
    bench.namespace(HOME);
    bench.api.seed(&words::account());
    bench.api.seed(&rules);
    bench.quarantined("q", denied_inline());
    assert_eq!(bench.settle("q").await, "Contained");
    bench.delete("q");
    assert_eq!(bench.settle("q").await, "Gone");
    bench.quarantined("r", words::role("orders-task"));
    assert_eq!(bench.settle("r").await, "CapExceeded");
    bench.restart();
    bench.recount().await;
    assert_eq!(bench.settle("r").await, "CapExceeded");
    bench.decide_about_hold(&hold(&bench), "ann@example.com", |d| d.verb = Verb::Release);
    bench.decide_about_hold(&hold(&bench), "bob@example.com", |d| d.verb = Verb::Release);
    bench.tend_all().await;
    assert_eq!(bench.settle("r").await, "Contained");
}

/// The custody that was left behind came from another namespace.
fn from_elsewhere(bench: &Bench) -> Hold {
    let name = hold(bench).metadata.name.unwrap();
    bench.api.edit::<Hold>(None, &name, |hold| {
        hold.spec.orphaned.as_mut().unwrap().from.namespace = "payments".into();
    });
    hold(bench)
}

#[tokio::test]
async fn other_namespace_shares_orphaned_custody_and_cannot_release_it() {
    let bench = orphaned(denied_inline()).await;
    let left = from_elsewhere(&bench);
    bench.quarantined("r", denied_inline());
    assert_eq!(bench.settle_with_approvals("r").await, "Contained");
    assert_eq!(hold(&bench).spec.holders.len(), 1);
    bench.let_go_of_everything("r");
    bench.settle_with_approvals("r").await;
    bench.delete("r");
    assert_eq!(bench.settle("r").await, "Gone");
    assert_eq!(bench.wrote(), [""; 0], "neither cut off again nor put back");
    let after = hold(&bench);
    assert_eq!(after.spec.orphaned, left.spec.orphaned);
    assert_eq!((after.spec.state, after.spec.holders.len()), (HoldState::Orphaned, 0));
    undo(&bench);
    bench.tend_all().await;
    assert_eq!(bench.wrote().len(), 1, "it is still enforced");
    bench.pass(60);
    for by in ["ann@example.com", "bob@example.com"] {
        bench.decide_about_hold(&after, by, |word| word.verb = Verb::Release);
    }
    bench.tend_all().await;
    bench.pass(60);
    bench.tend_all().await;
    assert_eq!((bench.holds(), bench.aws.world()), (vec![], sample()));
}

#[tokio::test]
async fn other_namespace_cannot_abandon_orphaned_custody() {
    let bench = orphaned(denied_inline()).await;
    from_elsewhere(&bench);
    bench.quarantined("r", denied_inline());
    assert_eq!(bench.settle_with_approvals("r").await, "Contained");
    bench.decide("r", "ann@example.com", |word| word.verb = Verb::Abandon);
    bench.settle("r").await;
    assert_eq!(hold(&bench).spec.state, HoldState::Orphaned);
}

//! AWS and Kubernetes refuse, time out after the effect, or answer late.

use crate::{
    fake_api::{Effect, Match, Verb},
    support::{
        Bench,
        words::{self, AUTHOR},
        worlds::{changed, inline},
    },
};
use firebreak_cloud::memory::{ACCOUNT, Fault, REGION, sample};
use firebreak_core::aws::failure::{Failure, FailureClass};
use firebreak_crds::Action;
use serde_json::json;

fn failure(class: FailureClass, code: &str) -> Failure {
    Failure {
        class,
        call: "test".into(),
        code: code.into(),
        message: "injected".into(),
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_unknown_and_never_success() {
    type Cut = fn(&Bench, bool);
    let cuts: [(&str, Cut, &str); 3] = [
        ("throttled", |b, on| b.aws.throttle(ACCOUNT, on), "Throttled"),
        ("unreachable", |b, on| b.aws.cut_off(REGION, on), "Unreachable"),
        (
            "denied",
            |b, on| {
                if on {
                    b.aws.deny("iam:ListAttachedRolePolicies")
                } else {
                    b.aws.allow("iam:ListAttachedRolePolicies")
                }
            },
            "AccessDenied",
        ),
    ];
    for (name, cut, reason) in cuts {
        let bench = Bench::free();
        bench.quarantined("q", words::role("payments-task"));
        cut(&bench, true);
        bench.keep("q", 60).await;
        assert_eq!(bench.says("q", "Ready"), format!("Unknown/{reason}"), "{name}");
        assert_ne!(bench.says("q", "Contained").split('/').next(), Some("True"), "{name}");
        assert_eq!(bench.wrote_well(), [""; 0], "{name}");
        cut(&bench, false);
        assert_eq!(bench.settle("q").await, "Contained", "{name}");
        cut(&bench, true);
        bench.keep("q", 60).await;
        for kind in ["Contained", "InSync", "Verified"] {
            assert_eq!(bench.says("q", kind), format!("Unknown/{reason}"), "{name}: {kind}");
        }
        cut(&bench, false);
        bench.keep("q", 60).await;
        assert_eq!(bench.says("q", "Contained"), "True/Contained", "{name}");
    }
}

#[tokio::test]
async fn a_write_that_fails_is_reported_as_what_it_is_and_tried_again() {
    let cases = [
        (FailureClass::Throttled, "Throttled"),
        (FailureClass::Transient, "Unreachable"),
        (FailureClass::Denied, "AccessDenied"),
        (FailureClass::Limit, "LimitExceeded"),
        (FailureClass::Invalid, "WriteRefused"),
    ];
    for (class, reason) in cases {
        let bench = Bench::free();
        bench.quarantined("q", words::role("payments-task"));
        bench.aws.fail_next_write(failure(class, "Injected"));
        bench.respond("q").await.unwrap();
        assert_eq!(bench.ready_reason("q"), reason);
        assert_ne!(bench.says("q", "Contained").split('/').next(), Some("True"), "{reason}");
        bench.keep("q", 200).await;
        assert_eq!(bench.settle("q").await, "Contained", "{reason}");
        bench.let_go("q");
        assert_eq!(bench.settle("q").await, "Released", "{reason}");
        assert_eq!(bench.aws.world(), sample(), "{reason}");
    }
}

#[tokio::test]
async fn a_write_that_times_out_after_its_effect_is_found_out_by_reading() {
    for target in [words::role("payments-task"), words::service("Isolate")] {
        let bench = Bench::free();
        bench.quarantined("q", target.clone());
        let fault = Fault::ErrorAfterEffect(failure(FailureClass::Transient, "Http504"));
        bench.aws.fail_nth_write(1, fault);
        assert_eq!(bench.settle_with_approvals("q").await, "Contained", "{target}");
        let first = bench.wrote()[0];
        assert_eq!(
            bench.wrote().iter().filter(|w| **w == first).count(),
            1,
            "{target}: it is not written twice"
        );
    }
}

#[tokio::test]
async fn the_quota_of_attached_policies_is_said() {
    let bench = Bench::of(changed(|world| {
        let role = crate::support::worlds::payments(world);
        role.attached_policies = (0..10).map(|n| format!("arn:aws:iam::aws:policy/P{n}")).collect();
    }));
    bench.api.seed(&words::account());
    bench.api.seed(&words::guardrail_free());
    bench.quarantined("q", words::role("payments-task"));
    bench.keep("q", 300).await;
    assert_eq!(bench.ready_reason("q"), "LimitExceeded");
    assert_eq!(bench.says("q", "Stalled"), "True/LimitExceeded");
}

#[tokio::test]
async fn a_conflict_on_any_record_is_decided_again() {
    for (verb, resource) in [
        (Verb::Create, "responseplans"),
        (Verb::Update, "responseplans"),
        (Verb::Create, "holds"),
        (Verb::Update, "holds"),
        (Verb::Patch, "quarantines"),
    ] {
        let bench = Bench::free();
        bench.quarantined("q", words::role("payments-task"));
        bench
            .api
            .fault(Match::verb(verb, resource).times(3), Effect::Refuse(409));
        assert_eq!(bench.settle("q").await, "Contained", "{verb:?} {resource}");
        assert_eq!(bench.wrote(), ["iam:AttachRolePolicy"], "{verb:?} {resource}");
    }
}

#[tokio::test]
async fn without_a_journal_there_is_no_write() {
    for (verb, resource) in [
        (Verb::Create, "responseplans"),
        (Verb::Update, "responseplans"),
        (Verb::Create, "holds"),
    ] {
        let bench = Bench::free();
        bench.quarantined("q", words::role("payments-task"));
        bench
            .api
            .fault(Match::verb(verb, resource).always(), Effect::Refuse(500));
        for _ in 0..20 {
            assert!(bench.respond("q").await.is_err(), "{verb:?} {resource}");
            bench.pass(5);
        }
        assert_eq!(bench.wrote(), [""; 0], "{verb:?} {resource}");
    }
}

#[tokio::test]
async fn stale_reads_of_our_own_records_never_make_a_second_write_or_a_second_run() {
    for resource in ["responseplans", "holds", "quarantines"] {
        let bench = Bench::free();
        bench.quarantined("q", words::role("payments-task"));
        bench.api.serve_stale(resource);
        for _ in 0..5 {
            let _ = bench.respond("q").await;
            bench.pass(2);
        }
        bench.api.serve_fresh(resource);
        assert_eq!(bench.settle("q").await, "Contained", "{resource}");
        assert_eq!(bench.wrote(), ["iam:AttachRolePolicy"], "{resource}");
        assert_eq!(bench.plans("q").len(), 1, "{resource}");
        bench.let_go("q");
        assert_eq!(bench.settle("q").await, "Released", "{resource}");
        assert_eq!(bench.aws.world(), sample(), "{resource}");
    }
}

#[tokio::test]
async fn one_object_in_trouble_does_not_stop_another() {
    let bench = Bench::free();
    bench.quarantined("bad", words::role("no-such-role"));
    bench.quarantined("q", words::role("payments-task"));
    bench.keep("bad", 30).await;
    assert_eq!(bench.settle("q").await, "Contained");
}

/// Secrets sit beside what is owned: in other policies of the role, and in what the requester writes about it.
#[tokio::test]
async fn nothing_that_is_not_owned_is_recorded_anywhere() {
    let secret = "AKIA-SECRET-hunter2";
    for target in [
        words::role_with("payments-task", &["DenyAll", "RevokeSessions", "ReplaceTrust"]),
        words::service("Isolate"),
        words::service("SwapSecurityGroups"),
        words::service("ScaleToZero"),
    ] {
        let bench = Bench::of(changed(|world| {
            let leaky = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*",
                "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalTag/token": secret}}}]});
            inline(world, "payments-table", leaky);
        }));
        bench.api.seed(&words::account());
        bench.api.seed(&words::guardrail_free());
        bench.quarantined("q", target.clone());
        assert_eq!(bench.settle_with_approvals("q").await, "Contained", "{target}");
        assert!(!bench.everything().contains(secret), "{target}");
        assert!(
            !bench.everything().to_lowercase().contains("environment\":["),
            "{target}"
        );
        assert_eq!(bench.plan("q").spec.action, Action::Contain);
        assert_eq!(bench.plan("q").spec.requested_by.as_deref(), Some(AUTHOR));
    }
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_gets_no_answer_is_given_up_inside_of_the_lease_and_found_out_by_reading() {
    for fault in [Fault::Crash, Fault::CrashAfterEffect] {
        let bench = Bench::free();
        bench.quarantined("q", words::role("payments-task"));
        bench.aws.fail_nth_write(1, fault.clone());
        let begun = tokio::time::Instant::now();
        bench.respond("q").await.unwrap();
        let waited = begun.elapsed().as_secs();
        assert!((8..15).contains(&waited), "{fault:?}: {waited} s");
        assert_eq!(bench.ready_reason("q"), "Unreachable", "{fault:?}");
        assert_eq!(bench.settle("q").await, "Contained", "{fault:?}");
    }
}

/// A role holds in every region: one that is down, disabled or denied keeps nobody from containing it.
#[tokio::test]
async fn a_region_that_does_not_answer_does_not_hold_a_role_back() {
    let bench = Bench::of(sample());
    let mut account = words::account();
    account.spec.regions.push("ap-south-1".into());
    bench.api.seed(&account);
    bench.api.seed(&words::guardrail_free());
    bench.aws.cut_off("ap-south-1", true);
    bench.aws.deny("lambda:ListFunctions");
    bench.quarantined("q", words::role("payments-task"));
    assert_eq!(bench.settle("q").await, "Contained");
    let notes = bench.quarantine("q").status.unwrap().notes.join("\n");
    for unknown in ["ECS service in ap-south-1", "Lambda function in us-east-1"] {
        assert!(
            notes.contains(&format!("Unknown, whether it is used by: {unknown}")),
            "{notes}"
        );
    }
}

/// IAM takes both names for one, and custody is filed under one of them.
#[tokio::test]
async fn a_role_in_another_spelling_is_refused_before_anything_is_written() {
    for target in [
        words::role("Payments-Task"),
        words::role_with("PAYMENTS-TASK", &["DenyAll"]),
    ] {
        let bench = Bench::free();
        bench.quarantined("q", target);
        assert_eq!(bench.settle("q").await, "InvalidTarget");
        assert!(bench.message("q", "Ready").contains("called payments-task"));
        assert_eq!((bench.wrote(), bench.holds()), (vec![], vec![]));
    }
}

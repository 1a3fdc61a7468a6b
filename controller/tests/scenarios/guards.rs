//! What stands between a plan and its first write, and what no approval overrules.

use crate::support::{
    Bench,
    words::{self, Having, guardrail, rule},
    worlds::payments,
};
use firebreak_cloud::memory::{ACCOUNT, REGION, sample};
use firebreak_crds::{
    AwsAccount, Caps, FreezeWindow, Guardrail, GuardrailSpec, Hold, HoldKey, HoldSpec, HoldState, Holder, OwnerRef,
};
use serde_json::json;

fn with(change: impl FnOnce(&mut GuardrailSpec)) -> Guardrail {
    guardrail("more", |spec| {
        spec.approvals = vec![rule(0)];
        change(spec);
    })
}

/// The reason with which the object rests, after nothing was written.
async fn refused(bench: &Bench) -> String {
    let reason = bench.settle("q").await;
    bench.keep("q", 600).await;
    assert_eq!(bench.wrote(), [""; 0], "{reason}");
    assert_eq!(bench.holds(), [], "{reason}");
    assert_eq!(bench.ready_reason("q"), reason);
    reason
}

#[tokio::test]
async fn a_cap_stops_the_next_containment_until_one_is_released() {
    let bench = Bench::free();
    bench.api.seed(&with(|spec| {
        spec.caps = Caps {
            max_contained: Some(1),
            ..Caps::default()
        };
    }));
    bench.quarantined("first", words::role("payments-task"));
    bench.quarantined("second", words::role("orders-task"));
    assert_eq!(bench.settle("first").await, "Contained");
    assert_eq!(bench.settle("second").await, "CapExceeded");
    assert_eq!(bench.wrote().len(), 1);
    bench.let_go("first");
    assert_eq!(bench.settle("first").await, "Released");
    assert_eq!(bench.settle("second").await, "Contained");
}

#[tokio::test]
async fn two_reservations_at_once_do_not_share_the_last_place() {
    let bench = Bench::free();
    bench.api.seed(&with(|spec| {
        spec.caps = Caps {
            max_contained: Some(1),
            ..Caps::default()
        };
    }));
    bench.quarantined("one", words::role("payments-task"));
    bench.quarantined("two", words::role("orders-task"));
    for _ in 0..50 {
        let (one, two) = futures::join!(bench.respond("one"), bench.respond("two"));
        let _ = (one, two);
        bench.pass(2);
    }
    let contained = ["one", "two"]
        .iter()
        .filter(|name| bench.ready_reason(name) == "Contained")
        .count();
    let stopped = ["one", "two"]
        .iter()
        .filter(|name| bench.ready_reason(name) == "CapExceeded")
        .count();
    assert_eq!((contained, stopped), (1, 1));
    assert_eq!(bench.wrote().len(), 1);
}

#[tokio::test]
async fn the_rate_of_unapproved_starts_is_bounded_and_recovers_after_an_hour() {
    let bench = Bench::free();
    bench.api.seed(&with(|spec| spec.caps.max_starts_per_hour = Some(1)));
    bench.quarantined("first", words::role("payments-task"));
    bench.quarantined("q", words::role("orders-task"));
    assert_eq!(bench.settle("first").await, "Contained");
    assert_eq!(bench.settle("q").await, "RateExceeded");
    bench.keep("q", 3700).await;
    assert_eq!(bench.settle("q").await, "Contained");
}

#[tokio::test]
async fn a_freeze_window_stops_what_nobody_approved_and_passes() {
    let bench = Bench::free();
    bench.api.seed(&with(|spec| {
        spec.freeze_windows = vec![FreezeWindow {
            name: "new-year".into(),
            from: "2025-12-31T00:00:00Z".into(),
            until: "2026-01-01T01:00:00Z".into(),
        }];
    }));
    bench.quarantined("q", words::role("payments-task"));
    bench.quarantined("approved", words::role("orders-task"));
    assert_eq!(refused(&bench).await, "FreezeWindow");
    assert_eq!(bench.settle("approved").await, "FreezeWindow");
    bench.approve("approved", "ann@example.com");
    assert_eq!(bench.settle("approved").await, "Contained");
    bench.keep("q", 3600).await;
    assert_eq!(bench.settle("q").await, "Contained");
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table")]
async fn what_no_approval_overrules_is_not_even_planned() {
    type Prepare = fn(&Bench);
    let cases: [(&str, Prepare, &str); 11] = [
        (
            "no grant for the namespace",
            |b| grants(b, "other-team", "iamRole", "*"),
            "AccountNotGranted",
        ),
        (
            "no grant for the kind",
            |b| grants(b, "team", "ecsService", "*"),
            "AccountNotGranted",
        ),
        (
            "no grant for the ARN",
            |b| grants(b, "team", "iamRole", "arn:aws:iam::*:role/web-*"),
            "AccountNotGranted",
        ),
        ("a region that is not listed", |b| regions(b), "RegionNotListed"),
        (
            "a protected ARN",
            |b| {
                b.api.seed(&with(|spec| {
                    spec.protected.arns = vec!["arn:aws:iam::*:role/payments-*".into()]
                }));
            },
            "Protected",
        ),
        ("the operator's own role", |b| target(b, "firebreak"), "OwnDependency"),
        (
            "the role that it reads with",
            |b| target(b, "firebreak-read"),
            "OwnDependency",
        ),
        (
            "the role that it contains with",
            |b| target(b, "firebreak-contain"),
            "OwnDependency",
        ),
        (
            "a service-linked role",
            |b| target(b, "AWSServiceRoleForECS"),
            "Unmodifiable",
        ),
        (
            "a role of SSO",
            |b| target(b, "AWSReservedSSO_Admin_0123456789abcdef"),
            "Unmodifiable",
        ),
        (
            "no such account",
            |b| {
                b.api.remove::<AwsAccount>(None, "production");
            },
            "AccountNotFound",
        ),
    ];
    for (name, prepare, reason) in cases {
        let bench = Bench::free();
        bench.quarantined("q", words::role("payments-task"));
        prepare(&bench);
        assert_eq!(refused(&bench).await, reason, "{name}");
        assert_eq!(bench.plans("q"), [], "{name}");
        assert_eq!(bench.says("q", "Contained").split('/').next(), Some("False"), "{name}");
    }
}

/// A grant for one path may be meant: what lies under another one is nobody's business, not even that it is there.
#[tokio::test]
async fn what_is_not_granted_is_not_told_apart_from_what_is_not_there() {
    for (granted, exists) in [("role/*", "TargetNotFound"), ("role/svc/*", "AccountNotGranted")] {
        let told = async |name: &str| {
            let bench = Bench::free();
            grants(&bench, "team", "iamRole", &format!("arn:aws:iam::*:{granted}"));
            bench.quarantined("q", words::role(name));
            let reason = bench.settle("q").await;
            (reason, bench.message("q", "Ready").replace(name, "NAME"))
        };
        let missing = told("payments-nobody").await;
        assert_eq!(missing.0, exists, "{granted}");
        if granted == "role/svc/*" {
            assert_eq!(told("payments-task").await, missing);
            assert_eq!(told("PAYMENTS-TASK").await, missing, "its real name is not told either");
        }
    }
}

#[tokio::test]
async fn user_that_is_not_granted_is_not_told_apart_from_none() {
    for name in ["ci-deploy", "nobody"] {
        let bench = Bench::free();
        grants(&bench, "team", "iamUser", "arn:aws:iam::*:user/other/*");
        bench.quarantined("q", words::user(name, &["DenyAll"], "Inline"));
        assert_eq!(bench.settle("q").await, "AccountNotGranted", "{name}");
        assert!(
            bench.message("q", "Ready").contains("does not exist, or has a path"),
            "{name}"
        );
    }
}

/// AWS compares names of roles and users without regard to case, and so do the guards.
#[tokio::test]
async fn another_spelling_of_a_name_of_iam_passes_no_guard() {
    let bench = Bench::free();
    bench.api.seed(&with(|spec| {
        spec.protected.arns = vec!["arn:aws:iam::*:role/Payments-*".into(), "*:user/CI-*".into()];
    }));
    bench.api.edit::<AwsAccount>(None, "production", |account| {
        account.spec.roles.contain = account.spec.roles.contain.replace("firebreak-contain", "Orders-Task");
    });
    for (name, target, reason) in [
        ("role", words::role("payments-task"), "Protected"),
        ("user", words::user("ci-deploy", &["DenyAll"], "Inline"), "Protected"),
        ("own", words::role("orders-task"), "OwnDependency"),
    ] {
        bench.quarantined(name, target);
        assert_eq!(bench.settle(name).await, reason, "{name}");
    }
    assert_eq!((bench.wrote(), bench.holds()), (vec![], vec![]));
}

fn grants(bench: &Bench, namespace: &str, kind: &str, arn: &str) {
    let (namespace, kind, arn) = (namespace.to_owned(), kind.to_owned(), arn.to_owned());
    bench.api.edit::<AwsAccount>(None, "production", move |account| {
        let grant = &mut account.spec.grants[0];
        grant.namespaces = vec![namespace.clone()];
        grant.kinds = vec![kind.clone()];
        grant.arn_patterns = vec![arn.clone()];
    });
}

fn regions(bench: &Bench) {
    bench.api.edit::<AwsAccount>(None, "production", |account| {
        account.spec.regions = vec!["eu-central-1".into()]
    });
}

fn target(bench: &Bench, role: &str) {
    let role = role.to_owned();
    bench.change("q", move |q| {
        q.spec.target.iam_role.as_mut().unwrap().role_name = role.clone()
    });
}

#[tokio::test]
async fn a_role_that_firebreak_needs_since_a_moment_ago_is_refused() {
    let bench = Bench::free();
    bench.quarantined("before", words::role("nobody"));
    bench.respond("before").await.unwrap();
    let mut second = words::account();
    second.metadata.name = Some("second".into());
    second.spec.roles.contain = second.spec.roles.contain.replace("firebreak-contain", "payments-task");
    bench.api.seed(&second);
    bench.quarantined("q", words::role("payments-task"));
    assert_eq!(refused(&bench).await, "OwnDependency");
    assert_eq!(bench.wrote(), [""; 0]);
}

#[tokio::test]
async fn a_namespace_without_grant_makes_no_call_to_the_account() {
    let bench = Bench::free();
    bench.quarantined("q", words::role("payments-task"));
    grants(&bench, "other-team", "*", "*");
    assert_eq!(refused(&bench).await, "AccountNotGranted");
    assert_eq!(bench.aws.calls().len(), 0);
}

#[tokio::test]
async fn credentials_that_lead_to_another_account_are_refused_and_nothing_is_known() {
    let bench = Bench::free();
    bench.api.edit::<AwsAccount>(None, "production", |account| {
        account.spec.roles.read = "arn:aws:iam::999999999999:role/firebreak-read".into();
    });
    bench.quarantined("q", words::role("payments-task"));
    bench.keep("q", 600).await;
    assert_eq!(bench.wrote(), [""; 0]);
    let reason = bench.ready_reason("q");
    assert!(["WrongAccount", "AccessDenied"].contains(&reason.as_str()), "{reason}");
}

#[tokio::test]
async fn a_guard_that_appears_between_plan_and_write_still_counts() {
    let bench = Bench::of(sample());
    bench.api.seed(&words::account());
    bench.api.seed(&words::guardrail_contain(1));
    bench.quarantined("q", words::role("payments-task"));
    assert_eq!(bench.settle("q").await, "AwaitingApproval");
    bench.approve("q", "ann@example.com");
    bench
        .api
        .seed(&with(|spec| spec.protected.arns = vec!["*:role/payments-task".into()]));
    assert_eq!(refused(&bench).await, "Protected");
}

#[tokio::test]
async fn observe_plans_and_reports_and_writes_nothing() {
    for target in [
        words::role("payments-task"),
        words::service("Isolate"),
        words::service("ScaleToZero"),
    ] {
        let bench = Bench::free();
        bench.api.seed(&words::quarantine("q", target.clone()).observing());
        bench.keep("q", 1000).await;
        assert_eq!(bench.says("q", "Ready"), "True/Observing", "{target}");
        assert_eq!(bench.says("q", "InSync"), "False/DriftDetected", "{target}");
        assert_eq!((bench.wrote(), bench.holds()), (vec![], vec![]), "{target}");
        bench.let_go("q");
        bench.keep("q", 100).await;
        bench.delete("q");
        bench.keep("q", 100).await;
        assert!(!bench.exists("q"), "{target}");
        assert_eq!((bench.wrote(), bench.holds()), (vec![], vec![]), "{target}");
    }
}

#[tokio::test]
async fn switched_to_observe_it_reports_drift_and_puts_nothing_right_or_back() {
    let bench = Bench::free();
    bench.quarantined("q", words::role("payments-task"));
    assert_eq!(bench.settle("q").await, "Contained");
    bench.change("q", |q| q.spec.mode = firebreak_crds::Mode::Observe);
    bench.aws.clear_calls();
    bench.aws.change(|world| payments(world).attached_policies.clear());
    bench.keep("q", 600).await;
    assert_eq!(bench.says("q", "InSync"), "False/DriftDetected");
    bench.let_go("q");
    bench.keep("q", 600).await;
    assert_eq!(bench.wrote(), [""; 0]);
    assert_eq!(bench.holds().len(), 1, "Observe drops nothing");
}

fn resident(bench: &Bench, regions: &[&str]) {
    let regions: Vec<String> = regions.iter().map(ToString::to_string).collect();
    bench.api.edit::<AwsAccount>(None, "production", move |account| {
        account.spec.data_residency = regions.clone();
    });
}

#[tokio::test]
async fn a_workload_is_not_started_again_where_its_data_may_not_rest_but_is_cut_off_in_place() {
    let bench = Bench::free();
    resident(&bench, &["eu-west-1"]);
    bench.quarantined("q", words::service("SwapSecurityGroups"));
    assert_eq!(refused(&bench).await, "DataResidency");
    assert!(
        bench
            .message("q", "Ready")
            .contains("spec.dataResidency keeps data in eu-west-1")
    );
    bench.quarantined("in-place", words::service("Isolate"));
    assert_eq!(bench.settle("in-place").await, "Contained");
}

#[tokio::test]
async fn every_residency_rule_counts_and_one_that_lists_the_region_does_not_lift_another() {
    let bench = Bench::free();
    resident(&bench, &["eu-west-1", REGION]);
    bench.quarantined("allowed", words::service("SwapSecurityGroups"));
    assert_eq!(bench.settle("allowed").await, "Contained");
    bench.let_go("allowed");
    bench.settle("allowed").await;
    bench.aws.clear_calls();
    bench.api.seed(&with(|spec| spec.residency = vec!["eu-west-1".into()]));
    bench.quarantined("q", words::service("SwapSecurityGroups"));
    assert_eq!(refused(&bench).await, "DataResidency");
}

#[tokio::test]
async fn residency_never_holds_a_release_back() {
    let bench = Bench::free();
    bench.quarantined("q", words::service("SwapSecurityGroups"));
    assert_eq!(bench.settle("q").await, "Contained");
    resident(&bench, &["eu-west-1"]);
    bench.let_go("q");
    assert_eq!(bench.settle("q").await, "Released");
}

/// Custody that another kind of response has of another field of the resource.
fn claimed(bench: &Bench, kind: &str, arn: &str) {
    let hold = Hold::new(
        "hold-of-another",
        HoldSpec {
            key: HoldKey {
                account_id: ACCOUNT.into(),
                region: REGION.into(),
                resource: arn.into(),
                field: "DesiredCount".into(),
            },
            state: HoldState::Held,
            account: words::account().spec,
            account_name: "production".into(),
            region: REGION.into(),
            cell: json!(null),
            before: json!(1),
            after: json!(4),
            read_back: None,
            written_at: None,
            reopens: None,
            reopens_for_seconds: None,
            order: 0,
            reason: None,
            asked: Default::default(),
            released_by: Vec::new(),
            holders: vec![Holder {
                owner: OwnerRef {
                    kind: kind.into(),
                    namespace: "platform".into(),
                    name: "orders".into(),
                    uid: "uid-another".into(),
                },
                plan: "orders-run-1".into(),
            }],
            orphaned: None,
            message: None,
            reasserted_at: Vec::new(),
            refused_at: None,
            held_by: None,
        },
    );
    bench.api.seed(&hold);
}

#[tokio::test]
async fn what_another_response_acts_on_is_not_cut_off_until_it_lets_it_go() {
    let bench = Bench::free();
    claimed(
        &bench,
        "TrafficPolicy",
        "arn:aws:ecs:us-east-1:123456789012:service/prod/api",
    );
    bench.quarantined("q", words::service("Isolate"));
    assert_eq!(bench.settle("q").await, "Interlocked");
    assert!(
        bench
            .message("q", "Ready")
            .contains("TrafficPolicy platform/orders acts on")
    );
    bench.keep("q", 600).await;
    assert_eq!(bench.wrote(), [""; 0]);
    bench.api.remove::<Hold>(None, "hold-of-another");
    bench.keep("q", 600).await;
    assert_eq!(bench.settle("q").await, "Contained");
}

/// The run waits for the containment instead: see the scenarios of failovers.
#[tokio::test]
async fn failover_keeps_no_containment_waiting() {
    let bench = Bench::free();
    claimed(
        &bench,
        "FailoverPlan",
        "arn:aws:ecs:us-east-1:123456789012:service/prod/api",
    );
    bench.quarantined("q", words::service("Isolate"));
    assert_eq!(bench.settle("q").await, "Contained");
}

#[tokio::test]
async fn a_response_that_begins_later_does_not_hold_the_release_back() {
    let bench = Bench::free();
    bench.quarantined("q", words::service("Isolate"));
    assert_eq!(bench.settle("q").await, "Contained");
    claimed(
        &bench,
        "TrafficPolicy",
        "arn:aws:ecs:us-east-1:123456789012:service/prod/api",
    );
    bench.let_go("q");
    assert_eq!(bench.settle("q").await, "Released");
}

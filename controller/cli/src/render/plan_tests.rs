//! Golden texts of plans.

use super::*;
use crate::{cmd::decide::plan_view, fixtures, records::Records, render::next::Reader};
use firebreak_cloud::memory::MemoryAws;
use firebreak_executor::preview;

#[tokio::test]
async fn a_recorded_plan_reads_as_it_is_carried_out() {
    let plan = fixtures::plan().await;
    let mut records = fixtures::records();
    records.plans = vec![fixtures::run_of(&plan, Some("ann"))];
    records.decisions = vec![fixtures::said("d-1", Verb::Approve, "bob", "approver", &plan.digest())];
    let world = records.world(&fixtures::quarantine(), fixtures::now());
    let run = world.latest().unwrap();
    let standing = Standing::of(&world, run, fixtures::now());
    let reader = Reader {
        by: Some("carol".into()),
        may: vec!["security".into()],
    };
    let text = plan_view(&fixtures::quarantine(), run, &standing, &reader).text(Paint(false));
    let digest = plan.digest();
    for part in [
        "Quarantine incident/payments\n",
        "  Account   production (123456789012, Production)\n  Region    us-east-1\n",
        "  Run       1 (Contain, payments-u1-run-1)\n",
        &format!("  Digest    {digest}\n  Requester ann\n  Expiry    none: contained until it is released\n"),
        "  2. Attach policy arn:aws:iam::123456789012:policy/FirebreakDenyAll to role payments-task  [reversible]\n     false → true\n     needs iam:AttachRolePolicy\n",
        "  1. Set the trust policy of role payments-task  [reversible]\n",
        "     a release puts it back only with --restore TrustPolicy\n",
        "\nApprovals\n  1 of 2 approvals; one must still come from `security`; approved by bob (approver)\n",
        &format!(
            "\nNext\n  kubectl firebreak approve payments -n incident --approver-role security --digest {digest}\n"
        ),
    ] {
        assert!(text.contains(part), "{part}\nis not in\n{text}");
    }
    assert!(!text.contains('\u{1b}'));
}

#[tokio::test]
async fn what_an_unreachable_target_says_is_the_fix() {
    let mut object = fixtures::quarantine();
    object.metadata.namespace = Some("elsewhere".into());
    let mut world = fixtures::records().world(&object, fixtures::now());
    let blocked = preview::plan(&MemoryAws::sample(), &mut world).await.unwrap_err();
    assert_eq!(blocked.reason.as_str(), "AccountNotGranted");
    let mut world = crate::records::Records::default().world(&object, fixtures::now());
    let blocked = preview::plan(&MemoryAws::sample(), &mut world).await.unwrap_err();
    assert_eq!(
        blocked.message,
        "spec.accountRef.name: there is no AwsAccount production"
    );
}

#[tokio::test]
async fn a_preview_writes_nothing() {
    let aws = MemoryAws::sample();
    let mut world = fixtures::records().world(&fixtures::quarantine(), fixtures::now());
    preview::plan(&aws, &mut world).await.unwrap();
    assert!(aws.writes().is_empty());
    world.stop = Some("wrong account".into());
    let warnings = preview::hindrances(&world, &fixtures::plan().await, fixtures::now());
    assert_eq!(warnings[0], "an EmergencyStop holds every write back: wrong account");
}

#[test]
fn an_approver_sees_that_the_approval_covers_the_end() {
    let expiry = |then| firebreak_crds::Expiry {
        after: "24h".into(),
        then,
    };
    let text = super::expiry(Some(&expiry(firebreak_crds::OnExpiry::Release)));
    assert_eq!(text, "24h; then IT IS RELEASED, and this approval covers that");
    let text = super::expiry(Some(&expiry(firebreak_crds::OnExpiry::Hold)));
    assert_eq!(text, "24h; then it stays contained, and people are told");
}

#[tokio::test]
async fn machines_get_the_fields_that_are_documented() {
    let mut records = fixtures::records();
    records.plans = vec![fixtures::run_of(&fixtures::plan().await, None)];
    let world = records.world(&fixtures::quarantine(), fixtures::now());
    let run = world.latest().unwrap();
    let standing = Standing::of(&world, run, fixtures::now());
    let answer = plan_view(&fixtures::quarantine(), run, &standing, &Reader::default()).json();
    assert_eq!(fixtures::fields(&answer), fixtures::promised("plan"));
}

/// The view of a plan whose every text is the given one, as an approver sees it.
async fn decided(text: &str, paint: Paint) -> String {
    let mut plan = fixtures::plan().await;
    plan.title = text.into();
    plan.steps[0].summary = text.into();
    plan.dependents = vec![firebreak_core::run::step::Dependent {
        kind: "ECS service".into(),
        name: text.into(),
    }];
    (plan.empties, plan.notes) = (vec![text.into()], vec![text.into()]);
    let records = Records {
        plans: vec![fixtures::run_of(&plan, Some(text))],
        ..fixtures::records()
    };
    let world = records.world(&fixtures::quarantine(), fixtures::now());
    let run = world.latest().unwrap();
    let standing = Standing::of(&world, run, fixtures::now());
    let mut view = plan_view(&fixtures::quarantine(), run, &standing, &Reader::default());
    view.warnings = vec![text.into()];
    view.decided(paint)
}

#[tokio::test]
async fn an_approver_reads_dependents_empty_target_groups_notes_and_warnings() {
    let text = decided("prod/api", Paint(false)).await;
    for part in [
        "\nDependents\n  ECS service prod/api\n",
        "\nLeft without a healthy target\n  prod/api\n",
        "\nNotes\n  prod/api\n",
        "\nWarnings\n  prod/api\n",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
}

#[tokio::test]
async fn hostile_text_in_a_plan_forges_neither_lines_nor_colours() {
    let hostile = "x\u{1b}[2K\r\n  2. Nothing  [\u{1b}[32mreversible\u{1b}[0m]\u{202e}\u{9b}2J";
    for paint in [Paint(false), Paint(true)] {
        let (plain, shown) = (decided("x", paint).await, decided(hostile, paint).await);
        assert_eq!(shown.lines().count(), plain.lines().count(), "{shown}");
        assert_eq!(
            shown.matches('\u{1b}').count(),
            plain.matches('\u{1b}').count(),
            "{shown}"
        );
        assert!(!shown.contains(['\r', '\u{202e}', '\u{9b}']), "{shown}");
    }
}

#[test]
fn a_line_that_is_too_long_says_where_the_rest_is() {
    let line = told(&"x".repeat(2005));
    assert!(line.ends_with("x… (5 more characters: -o json shows them)"), "{line}");
}

#[test]
fn an_approver_reads_mode_severity_reason_and_what_a_release_restores() {
    let payload = json!({"mode": "Observe", "severity": "High", "reason": "GuardDuty", "restore": ["TrustPolicy"]});
    let expected = [
        ("Mode", "Observe: nothing is written while it only observes"),
        ("Severity", "High"),
        ("Reason", "GuardDuty"),
        ("Restores", "TrustPolicy, which would reopen the compromise"),
    ];
    assert_eq!(terms(&payload), expected.map(|(name, value)| (name, value.to_owned())));
    let restores = &terms(&json!({"mode": "Enforce", "restore": []}))[1].1;
    assert_eq!(restores, "nothing that would reopen the compromise");
    assert!(terms(&json!({})).is_empty());
}

//! Findings of an Incident that is over: archived and marked once, whatever fails, and never on anybody's word but the operator's.

use super::findings::{about, coordinate, find, only, receive, watching};
use crate::{
    fake_api::{Effect, Match},
    support::{Bench, words::TEAM},
};
use firebreak_cloud::memory::{ACCOUNT, Call, Fault, FindingsWrite, REGION, Request};
use firebreak_core::aws::failure::{Failure, FailureClass};
use firebreak_crds::{
    AwsAccount, DecisionTarget, FindingSource, Incident, ObjectMeta, Verb,
    finding_source::FindingsOnResolve,
    incident::{IncidentFinding, IncidentOutcome, TimelineEvent},
};

const ARCHIVE: &str = "guardduty:ArchiveFindings";
const MARK: &str = "guardduty:UpdateFindingsFeedback";

/// An Incident that two findings opened, whose source archives.
async fn bench() -> Bench {
    let bench = watching(0, "Observe");
    bench.api.edit::<FindingSource>(Some(TEAM), "guardduty", |source| {
        source.spec.on_resolve = FindingsOnResolve::Archive;
    });
    find(&bench, about(&bench, "payments-task", 0));
    find(&bench, about(&bench, "payments-task", 1));
    receive(&bench).await;
    coordinate(&bench).await;
    bench
}

fn resolve(bench: &Bench, outcome: IncidentOutcome) {
    say(bench, Verb::Resolve, Some(outcome));
}

fn say(bench: &Bench, verb: Verb, outcome: Option<IncidentOutcome>) {
    let object = only(bench);
    let target = DecisionTarget {
        kind: "Incident".into(),
        name: object.metadata.name.clone().unwrap(),
        uid: object.metadata.uid.clone().unwrap(),
        generation: object.metadata.generation,
    };
    bench.decision(TEAM, target, "ann@example.com", |spec| {
        spec.verb = verb;
        spec.approver_role = "responder".into();
        spec.reason = Some("it is clear now".into());
        spec.outcome = outcome;
    });
}

/// Looks at the Incident a few times, a second apart.
async fn look(bench: &Bench) {
    for _ in 0..4 {
        coordinate(bench).await;
        bench.pass(1);
    }
}

fn says(bench: &Bench, kind: &str) -> String {
    let all = only(bench).status.unwrap().conditions;
    let found = all.into_iter().find(|one| one.type_ == kind);
    found
        .map(|one| format!("{} {}", one.status, one.reason))
        .unwrap_or_default()
}

/// Which findings are archived, and how each is marked.
fn standing(bench: &Bench) -> Vec<(bool, String)> {
    let findings = bench.aws.world().accounts[ACCOUNT].regions[REGION].findings.clone();
    let each = findings.into_iter().map(|one| {
        let mark = one["service"]["userFeedback"].as_str().unwrap_or_default().to_owned();
        (one["service"]["archived"] == true, mark)
    });
    each.collect()
}

fn both(mark: &str) -> Vec<(bool, String)> {
    vec![(true, mark.to_owned()); 2]
}

fn untouched() -> Vec<(bool, String)> {
    vec![(false, String::new()); 2]
}

fn told(bench: &Bench, event: TimelineEvent) -> usize {
    let timeline = only(bench).status.unwrap().timeline;
    timeline.iter().filter(|one| one.event == event).count()
}

fn writes(bench: &Bench) -> Vec<FindingsWrite> {
    let write = |call: Call| match call.request {
        Request::CloseOut(write) => Some(write),
        _ => None,
    };
    bench.aws.calls().into_iter().filter_map(write).collect()
}

fn failure(class: FailureClass, call: &str) -> Failure {
    Failure {
        class,
        call: call.into(),
        code: "Code".into(),
        message: "no".into(),
    }
}

#[tokio::test]
async fn resolved_incident_archives_and_marks_what_its_source_read() {
    for (outcome, mark) in [
        (IncidentOutcome::TruePositive, "USEFUL"),
        (IncidentOutcome::Benign, "USEFUL"),
        (IncidentOutcome::FalsePositive, "NOT_USEFUL"),
    ] {
        let bench = bench().await;
        assert_eq!(standing(&bench), untouched());
        resolve(&bench, outcome);
        look(&bench).await;
        assert_eq!(
            (standing(&bench), says(&bench, "ClosedOut").as_str()),
            (both(mark), "True Archived")
        );
        assert_eq!(
            [TimelineEvent::ClosingOut, TimelineEvent::ClosedOut].map(|event| told(&bench, event)),
            [1, 1]
        );
        assert_eq!(writes(&bench).len(), 2, "one call to mark, one to archive");
        bench.pass(4000);
        look(&bench).await;
        assert_eq!(writes(&bench).len(), 2, "once is enough");
        let roles: Vec<String> = bench
            .aws
            .calls()
            .into_iter()
            .filter(Call::is_write)
            .map(|call| call.role_arn)
            .collect();
        assert!(roles.iter().all(|role| role.contains("contain")), "{roles:?}");
    }
}

#[tokio::test]
async fn source_that_leaves_findings_as_they_are_has_none_touched() {
    let bench = bench().await;
    bench.api.edit::<FindingSource>(Some(TEAM), "guardduty", |source| {
        source.spec.on_resolve = FindingsOnResolve::Leave;
    });
    resolve(&bench, IncidentOutcome::TruePositive);
    look(&bench).await;
    assert_eq!(
        (standing(&bench), says(&bench, "ClosedOut").as_str()),
        (untouched(), "")
    );
    bench.api.edit::<FindingSource>(Some(TEAM), "guardduty", |source| {
        source.spec.on_resolve = FindingsOnResolve::Archive;
    });
    look(&bench).await;
    assert_eq!(standing(&bench), both("USEFUL"), "what the source says now counts");
}

#[tokio::test]
async fn one_of_two_sources_that_archives_is_enough() {
    let bench = bench().await;
    let mut second: FindingSource = bench.api.get(Some(TEAM), "guardduty").unwrap();
    bench.api.edit::<FindingSource>(Some(TEAM), "guardduty", |source| {
        source.spec.on_resolve = FindingsOnResolve::Leave;
    });
    resolve(&bench, IncidentOutcome::TruePositive);
    look(&bench).await;
    assert_eq!(standing(&bench), untouched());
    second.metadata = ObjectMeta {
        name: Some("second".into()),
        namespace: Some(TEAM.into()),
        ..ObjectMeta::default()
    };
    bench.api.seed(&second);
    look(&bench).await;
    assert_eq!(standing(&bench), both("USEFUL"));
}

#[tokio::test]
async fn finding_that_a_person_typed_is_never_touched() {
    let bench = bench().await;
    let other = about(&bench, "reporting", 9);
    let id = other["arn"].as_str().unwrap().to_owned();
    find(&bench, other);
    let name = only(&bench).metadata.name.unwrap();
    bench.api.edit::<Incident>(Some(TEAM), &name, |incident| {
        let typed = IncidentFinding {
            id: id.clone(),
            ..IncidentFinding::default()
        };
        incident.spec.findings.retain(|one| one.id != id);
        incident.spec.findings.push(typed);
    });
    resolve(&bench, IncidentOutcome::TruePositive);
    look(&bench).await;
    let archived: Vec<bool> = standing(&bench).into_iter().map(|(archived, _)| archived).collect();
    assert_eq!(archived, [true, true, false]);
}

#[tokio::test]
async fn crash_at_any_call_or_status_ends_in_the_same() {
    for fault in [Fault::Crash, Fault::CrashAfterEffect] {
        for nth in 1..3 {
            let mut bench = bench().await;
            resolve(&bench, IncidentOutcome::TruePositive);
            coordinate(&bench).await;
            bench.aws.fail_nth_write(nth, fault.clone());
            let name = only(&bench).metadata.name.unwrap();
            let died = bench
                .aws
                .until_crash(bench.executor.coordinate(TEAM, &name, None))
                .await;
            assert!(died.is_none(), "{fault:?} {nth}");
            bench.restart();
            bench.pass(1);
            look(&bench).await;
            assert_eq!(
                (standing(&bench), says(&bench, "ClosedOut").as_str()),
                (both("USEFUL"), "True Archived")
            );
            assert_eq!(told(&bench, TimelineEvent::ClosedOut), 1);
        }
    }
    for nth in 0..3 {
        let mut bench = bench().await;
        resolve(&bench, IncidentOutcome::TruePositive);
        coordinate(&bench).await;
        let name = only(&bench).metadata.name.unwrap();
        let mut on = Match::writes();
        on.skip = nth;
        bench.api.fault(on, Effect::CrashAfter);
        tokio::select! {
            biased;
            _ = bench.executor.coordinate(TEAM, &name, None) => {}
            () = bench.api.crashed() => {}
        }
        bench.restart();
        bench.pass(1);
        look(&bench).await;
        assert_eq!(standing(&bench), both("USEFUL"), "write {nth}");
        assert_eq!(told(&bench, TimelineEvent::ClosedOut), 1, "write {nth}");
    }
}

#[tokio::test]
async fn what_guardduty_refuses_never_holds_the_end_back_and_is_made_up_for() {
    for (class, call, reason) in [
        (FailureClass::Throttled, MARK, "False Throttled"),
        (FailureClass::Transient, ARCHIVE, "False Unreachable"),
        (FailureClass::Invalid, ARCHIVE, "False WriteRefused"),
        (FailureClass::Denied, MARK, "False AccessDenied"),
    ] {
        let bench = bench().await;
        bench.aws.fail_on(call, Fault::Error(failure(class, call)));
        resolve(&bench, IncidentOutcome::TruePositive);
        look(&bench).await;
        assert_eq!(says(&bench, "Resolved"), "True Resolved");
        assert_eq!(says(&bench, "ClosedOut"), reason);
        let rest = bench
            .executor
            .coordinate(TEAM, &only(&bench).metadata.name.unwrap(), None)
            .await;
        assert!(rest.unwrap().unwrap().after <= 60);
        bench.pass(60);
        look(&bench).await;
        assert_eq!(
            (standing(&bench), says(&bench, "ClosedOut").as_str()),
            (both("USEFUL"), "True Archived")
        );
    }
}

#[tokio::test]
async fn answer_that_is_lost_is_found_by_reading() {
    let bench = bench().await;
    bench.aws.fail_on(
        ARCHIVE,
        Fault::ErrorAfterEffect(failure(FailureClass::Transient, ARCHIVE)),
    );
    resolve(&bench, IncidentOutcome::Benign);
    look(&bench).await;
    bench.pass(60);
    look(&bench).await;
    assert_eq!(says(&bench, "ClosedOut"), "True Archived");
    assert_eq!(writes(&bench).len(), 2, "it was archived the first time");
}

#[tokio::test]
async fn findings_that_are_gone_are_none_to_wait_for() {
    let bench = bench().await;
    bench.aws.change(|world| {
        let region = world
            .accounts
            .get_mut(ACCOUNT)
            .unwrap()
            .regions
            .get_mut(REGION)
            .unwrap();
        region.findings.truncate(1);
    });
    resolve(&bench, IncidentOutcome::TruePositive);
    look(&bench).await;
    let all = only(&bench).status.unwrap().conditions;
    let told = all.into_iter().find(|one| one.type_ == "ClosedOut").unwrap();
    assert_eq!(
        told.message,
        "1 finding archived and marked as useful; 1 not there any more"
    );
}

#[tokio::test]
async fn account_that_grants_it_no_more_is_left_alone_until_it_does() {
    let bench = bench().await;
    let grants = |kinds: &[&str]| {
        let kinds: Vec<String> = kinds.iter().map(ToString::to_string).collect();
        bench.api.edit::<AwsAccount>(None, "production", |account| {
            account.spec.grants[0].kinds = kinds.clone()
        });
    };
    grants(&["findings", "iamRole"]);
    resolve(&bench, IncidentOutcome::TruePositive);
    look(&bench).await;
    assert_eq!(
        (standing(&bench), says(&bench, "ClosedOut").as_str()),
        (untouched(), "False AccountNotGranted")
    );
    assert!(writes(&bench).is_empty());
    grants(&["findings", "findingsCloseOut"]);
    look(&bench).await;
    assert_eq!(standing(&bench), both("USEFUL"));
}

#[tokio::test]
async fn emergency_stop_makes_the_close_out_wait() {
    let bench = bench().await;
    bench.stop();
    resolve(&bench, IncidentOutcome::TruePositive);
    look(&bench).await;
    assert_eq!(
        (standing(&bench), says(&bench, "ClosedOut").as_str()),
        (untouched(), "False EmergencyStop")
    );
    bench.go_on();
    look(&bench).await;
    assert_eq!(standing(&bench), both("USEFUL"));
}

#[tokio::test]
async fn two_operators_archive_once_and_one_that_does_not_lead_nothing() {
    let bench = bench().await;
    resolve(&bench, IncidentOutcome::TruePositive);
    coordinate(&bench).await;
    let name = only(&bench).metadata.name.unwrap();
    bench.lead.set(false);
    assert!(bench.executor.coordinate(TEAM, &name, None).await.is_err());
    assert_eq!(standing(&bench), untouched());
    bench.lead.set(true);
    let rival = bench.rival();
    let both_pass = futures::join!(
        bench.executor.coordinate(TEAM, &name, None),
        rival.coordinate(TEAM, &name, None)
    );
    assert!(both_pass.0.is_ok() || both_pass.1.is_ok());
    look(&bench).await;
    assert_eq!(
        (standing(&bench), told(&bench, TimelineEvent::ClosedOut)),
        (both("USEFUL"), 1)
    );
}

#[tokio::test]
async fn opening_it_again_archives_nothing_back() {
    let bench = bench().await;
    resolve(&bench, IncidentOutcome::FalsePositive);
    look(&bench).await;
    bench.pass(5);
    say(&bench, Verb::Reopen, None);
    look(&bench).await;
    assert_eq!(says(&bench, "Resolved"), "False NotResolved");
    assert_eq!(
        (standing(&bench), says(&bench, "ClosedOut").as_str()),
        (both("NOT_USEFUL"), "")
    );
    bench.pass(5);
    resolve(&bench, IncidentOutcome::TruePositive);
    look(&bench).await;
    assert_eq!(standing(&bench), both("USEFUL"));
}

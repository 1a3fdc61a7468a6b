//! Incidents: what they create, for whom it counts, and what their end and their deletion leave.

use crate::{
    fake_api::{Effect, Match, Verb},
    support::{
        Bench,
        words::{self, AUTHOR, TEAM},
    },
};
use firebreak_cloud::memory::{REGION, sample};
use firebreak_core::{coordinate::incident::child_name, settings::Settings};
use firebreak_crds::{
    DecisionTarget, DesiredState, INCIDENT_UID_LABEL, Incident, IncidentStatus, Quarantine, REQUESTED_BY, Severity,
    incident::{IncidentIntent, IncidentOutcome, OnResolve, ResponseState},
};
use serde_json::{Value, json};

/// The response `a` of the Incident `inc`.
fn first() -> String {
    child_name("inc", "a")
}

fn response(name: &str, role: &str, after: &[&str]) -> Value {
    let quarantine = json!({"accountRef": {"name": "production"}, "region": REGION, "target": words::role(role)});
    json!({"name": name, "quarantine": quarantine, "dependsOn": after})
}

/// An Incident that its author declared.
fn declare(bench: &Bench, responses: &[Value]) {
    let object = json!({
        "apiVersion": "firebreak.dev/v1alpha1", "kind": "Incident",
        "metadata": {"name": "inc", "namespace": TEAM, "annotations": {REQUESTED_BY: AUTHOR}},
        "spec": {"severity": "High", "title": "Credentials used from outside", "responses": responses},
    });
    bench.api.seed::<Incident>(&serde_json::from_value(object).unwrap());
}

fn incident(bench: &Bench) -> Incident {
    bench.api.get(Some(TEAM), "inc").unwrap()
}

fn status(bench: &Bench) -> IncidentStatus {
    incident(bench).status.unwrap()
}

fn edit(bench: &Bench, change: impl Fn(&mut Incident)) {
    bench.api.edit::<Incident>(Some(TEAM), "inc", change);
}

/// One look at the Incident; what it applied is stamped with the operator, as the API server does.
async fn look(bench: &Bench) {
    bench.executor.coordinate(TEAM, "inc", None).await.unwrap();
    let operator = Settings::default().operator;
    for child in bench.api.all::<Quarantine>() {
        let annotations = child.metadata.annotations.clone().unwrap_or_default();
        if child.metadata.labels.is_some() && !annotations.contains_key(REQUESTED_BY) {
            let name = child.metadata.name.unwrap();
            bench.api.edit::<Quarantine>(Some(TEAM), &name, |q| {
                let stamped = q.metadata.annotations.get_or_insert_default();
                stamped.insert(REQUESTED_BY.to_owned(), operator.clone());
            });
        }
    }
}

fn says(bench: &Bench, kind: &str) -> String {
    let all = status(bench).conditions;
    all.into_iter().find(|one| one.type_ == kind).unwrap().status
}

fn state(bench: &Bench) -> Vec<ResponseState> {
    status(bench).responses.iter().map(|one| one.state).collect()
}

/// A world in which two people approve everything.
fn watched_by_two() -> Bench {
    let bench = Bench::of(sample());
    bench.api.seed(&words::account());
    bench.api.seed(&words::guardrail_all(2));
    bench
}

#[tokio::test]
async fn responses_are_created_once_and_in_their_order() {
    let bench = Bench::free();
    let both = [
        response("a", "payments-task", &[]),
        response("b", "orders-task", &["a"]),
    ];
    declare(&bench, &both);
    look(&bench).await;
    look(&bench).await;
    assert_eq!(bench.api.all::<Quarantine>().len(), 1, "b waits for a");
    assert_eq!(bench.settle(&first()).await, "Contained");
    look(&bench).await;
    assert_eq!(bench.api.all::<Quarantine>().len(), 2);
    let created = bench.quarantine(&first());
    assert_eq!(
        created.metadata.labels.unwrap()[INCIDENT_UID_LABEL],
        incident(&bench).metadata.uid.unwrap()
    );
    assert_eq!(created.metadata.owner_references, None);
}

#[tokio::test]
async fn who_declared_the_incident_cannot_approve_its_responses() {
    let bench = watched_by_two();
    declare(&bench, &[response("a", "payments-task", &[])]);
    look(&bench).await;
    assert_eq!(bench.settle(&first()).await, "AwaitingApproval");
    let shown = bench.quarantine(&first()).status.unwrap().requested_by;
    assert_eq!(shown.as_deref(), Some(AUTHOR), "not the operator, which wrote it");
    bench.approve(&first(), AUTHOR);
    bench.approve(&first(), "ann@example.com");
    assert_eq!(
        bench.settle(&first()).await,
        "AwaitingApproval",
        "the author does not count"
    );
    bench.approve(&first(), "bob@example.com");
    assert_eq!(bench.settle(&first()).await, "Contained", "and two others are enough");
}

#[tokio::test]
async fn who_edits_the_incident_cannot_approve_what_waits() {
    let bench = watched_by_two();
    declare(&bench, &[response("a", "payments-task", &[])]);
    look(&bench).await;
    assert_eq!(bench.settle(&first()).await, "AwaitingApproval");
    edit(&bench, |incident| {
        incident.spec.summary = Some("worse".into());
        let annotations = incident.metadata.annotations.get_or_insert_default();
        annotations.insert(REQUESTED_BY.to_owned(), "ann@example.com".into());
    });
    look(&bench).await;
    bench.approve(&first(), "ann@example.com");
    bench.approve(&first(), "bob@example.com");
    assert_eq!(bench.settle(&first()).await, "AwaitingApproval");
}

#[tokio::test]
async fn severity_that_is_raised_while_a_plan_waits_changes_no_authority() {
    let bench = watched_by_two();
    declare(&bench, &[response("a", "payments-task", &[])]);
    look(&bench).await;
    assert_eq!(bench.settle(&first()).await, "AwaitingApproval");
    let before = bench.quarantine(&first());
    edit(&bench, |incident| incident.spec.severity = Severity::Critical);
    look(&bench).await;
    assert_eq!(bench.quarantine(&first()).spec, before.spec);
    assert_eq!(bench.settle(&first()).await, "AwaitingApproval");
}

#[tokio::test]
async fn operator_that_does_not_lead_writes_nothing_about_an_incident() {
    let bench = Bench::free();
    declare(&bench, &[response("a", "payments-task", &[])]);
    bench.api.forget_calls();
    bench.lead.set(false);
    assert!(bench.executor.coordinate(TEAM, "inc", None).await.is_err());
    assert_eq!(bench.api.call_names(&Match::writes()), [""; 0]);
}

#[tokio::test]
async fn two_operators_create_a_response_once() {
    let bench = Bench::free();
    declare(&bench, &[response("a", "payments-task", &[])]);
    let rival = bench.rival();
    let both = futures::join!(
        bench.executor.coordinate(TEAM, "inc", None),
        rival.coordinate(TEAM, "inc", None)
    );
    assert!(both.0.is_ok() || both.1.is_ok());
    look(&bench).await;
    assert_eq!(bench.api.all::<Quarantine>().len(), 1);
}

#[tokio::test]
async fn crash_after_any_write_ends_in_the_same_objects() {
    for nth in 0..4 {
        let mut bench = Bench::free();
        declare(
            &bench,
            &[response("a", "payments-task", &[]), response("b", "orders-task", &[])],
        );
        let mut on = Match::writes();
        on.skip = nth;
        bench.api.fault(on, Effect::CrashAfter);
        tokio::select! {
            biased;
            _ = bench.executor.coordinate(TEAM, "inc", None) => {}
            () = bench.api.crashed() => {}
        }
        bench.restart();
        look(&bench).await;
        assert_eq!(bench.api.all::<Quarantine>().len(), 2, "after write {nth}");
        assert_eq!(status(&bench).asked.by, [AUTHOR], "after write {nth}");
    }
}

#[tokio::test]
async fn what_a_person_edits_is_theirs_from_then_on() {
    let bench = Bench::free();
    declare(&bench, &[response("a", "payments-task", &[])]);
    look(&bench).await;
    bench.change(&first(), |q| q.spec.reason = Some("mine now".into()));
    edit(&bench, |incident| {
        incident.spec.responses[0].quarantine.as_mut().unwrap().reason = Some("the incident's".into());
    });
    look(&bench).await;
    assert_eq!(bench.quarantine(&first()).spec.reason.as_deref(), Some("mine now"));
    assert!(status(&bench).responses[0].edited);
}

#[tokio::test]
async fn namesake_is_never_taken_over() {
    let bench = Bench::free();
    let theirs = bench.quarantined(&first(), words::role("payments-task"));
    declare(&bench, &[response("a", "orders-task", &[])]);
    look(&bench).await;
    assert_eq!(bench.quarantine(&first()).metadata, theirs.metadata);
    assert_eq!(state(&bench), [ResponseState::NotOurs]);
}

#[tokio::test]
async fn what_the_server_refuses_is_said_in_its_words() {
    for code in [403, 422] {
        let bench = Bench::free();
        declare(&bench, &[response("a", "payments-task", &[])]);
        bench.api.fault(
            Match::verb(Verb::Patch, "quarantines").main_only(),
            Effect::Refuse(code),
        );
        look(&bench).await;
        assert_eq!(state(&bench), [ResponseState::Refused], "{code}");
        look(&bench).await;
        assert_eq!(
            bench.api.all::<Quarantine>().len(),
            1,
            "and it is tried again later: {code}"
        );
    }
}

#[tokio::test]
async fn answer_that_may_pass_keeps_no_other_response_back_and_is_said() {
    let bench = Bench::free();
    let both = [response("a", "payments-task", &[]), response("b", "orders-task", &[])];
    declare(&bench, &both);
    bench
        .api
        .fault(Match::verb(Verb::Patch, "quarantines").main_only(), Effect::Refuse(500));
    let ended = bench.executor.coordinate(TEAM, "inc", None).await;
    assert!(ended.is_err(), "it is tried again soon");
    assert_eq!(state(&bench)[0], ResponseState::Pending);
    let waits = status(&bench).responses[0].waits_for.clone().unwrap();
    assert!(waits.starts_with("the API server: "), "{waits}");
    assert_eq!(says(&bench, "Stalled"), "False", "no person is needed");
    assert_eq!(bench.api.all::<Quarantine>().len(), 1, "b was created");
    look(&bench).await;
    assert_eq!(bench.api.all::<Quarantine>().len(), 2);
}

#[tokio::test]
async fn end_with_release_waits_for_the_approvals_of_each_release() {
    let bench = watched_by_two();
    declare(&bench, &[response("a", "payments-task", &[])]);
    look(&bench).await;
    assert_eq!(bench.settle_with_approvals(&first()).await, "Contained");
    look(&bench).await;
    edit(&bench, |incident| {
        incident.spec.on_resolve = OnResolve::Release;
        incident.spec.outcome = Some(IncidentOutcome::FalsePositive);
        incident.spec.state = IncidentIntent::Resolved;
    });
    look(&bench).await;
    assert_eq!(bench.quarantine(&first()).spec.state, DesiredState::Released);
    assert_eq!(bench.settle(&first()).await, "AwaitingApproval");
    look(&bench).await;
    assert_eq!(status(&bench).clocks.resolved, None);
    assert_eq!(bench.settle_with_approvals(&first()).await, "Released");
    look(&bench).await;
    assert!(status(&bench).clocks.resolved.is_some());
}

#[tokio::test]
async fn deletion_of_an_incident_releases_nothing() {
    let bench = Bench::free();
    declare(&bench, &[response("a", "payments-task", &[])]);
    look(&bench).await;
    assert_eq!(bench.settle(&first()).await, "Contained");
    let (before, uid) = (bench.quarantine(&first()), incident(&bench).metadata.uid.unwrap());
    bench.api.delete::<Incident>(Some(TEAM), "inc");
    bench.aws.clear_calls();
    assert!(
        bench.api.get::<Incident>(Some(TEAM), "inc").is_none(),
        "no finalizer keeps it"
    );
    assert_eq!(bench.executor.coordinate(TEAM, "inc", Some(&uid)).await.unwrap(), None);
    bench.executor.say_what_is_left(TEAM, "inc", &uid).await.unwrap();
    assert_eq!(bench.settle(&first()).await, "Contained");
    assert_eq!(bench.quarantine(&first()).spec, before.spec);
    assert_eq!(bench.wrote(), [""; 0]);
}

#[tokio::test]
async fn person_who_acknowledges_stops_the_clock() {
    let bench = Bench::free();
    declare(&bench, &[]);
    look(&bench).await;
    let target = DecisionTarget {
        kind: "Incident".into(),
        name: "inc".into(),
        uid: incident(&bench).metadata.uid.unwrap(),
        generation: incident(&bench).metadata.generation,
    };
    bench.decision(TEAM, target, "ann@example.com", |spec| {
        spec.verb = firebreak_crds::Verb::Acknowledge
    });
    look(&bench).await;
    assert!(status(&bench).clocks.acknowledged.is_some());
}

//! What is said of a run at each of its stations.

use super::*;
use crate::run::{
    act::{ActStep, Leads, testing},
    plan::{self, Plan},
};
use firebreak_crds::{
    OwnerRef, PlanReference, ResponsePlanSpec, ResponsePlanStatus, RunControl, StepRecord, StepState,
    failover_plan::{FailoverMode, StepProgress},
};
use serde_json::json;

fn spec() -> FailoverPlanSpec {
    let spec = json!({
        "accountRef": {"name": "production"}, "regions": {"primary": "us-east-1", "standby": "us-west-2"},
        "runStore": {"primary": {"bucket": "east"}, "standby": {"bucket": "west"}}, "steps": [],
    });
    serde_json::from_value(spec).unwrap()
}

fn run(acts: Vec<ActStep>, status: ResponsePlanStatus) -> Run {
    let leads = Leads {
        to: "us-west-2".into(),
        serial: 7,
        mode: FailoverMode::Graceful,
        data_loss: None,
        split_brain: true,
    };
    let plan = Plan {
        steps: Vec::new(),
        acts,
        leads: Some(leads),
        ..plan::testing::plan()
    };
    let spec = ResponsePlanSpec {
        owner: OwnerRef::default(),
        owner_generation: 1,
        run: 2,
        action: plan.action,
        digest: plan.digest(),
        requested_by: None,
        asked: firebreak_crds::Asked::default(),
        payload: json!(plan),
    };
    Run {
        reference: PlanReference::default(),
        spec,
        plan,
        status,
    }
}

fn record(state: StepState) -> StepRecord {
    StepRecord {
        state,
        started_at: Some("2026-03-01T08:00:00Z".into()),
        verified_at: (state == StepState::Verified).then(|| "2026-03-01T08:05:00Z".into()),
        attempts: 1,
        ..StepRecord::default()
    }
}

fn journal(records: &[(&str, StepRecord)]) -> ResponsePlanStatus {
    let journal = records
        .iter()
        .map(|(id, record)| ((*id).to_owned(), record.clone()))
        .collect();
    ResponsePlanStatus {
        journal,
        outcome: Some(PlanOutcome::Running),
        control: RunControl {
            begun_at: Some("2026-03-01T08:00:00Z".into()),
            ..RunControl::default()
        },
        ..ResponsePlanStatus::default()
    }
}

fn closed(mut status: ResponsePlanStatus, outcome: PlanOutcome) -> ResponsePlanStatus {
    (status.outcome, status.closed_at) = (Some(outcome), Some("2026-03-01T08:20:00Z".into()));
    status.message = Some("what happened".into());
    status
}

fn acts() -> Vec<ActStep> {
    let mut floor = testing::scale("floor", 5, &["scale"]);
    floor.step = "scale".into();
    vec![
        testing::promote("orders-west", &[]),
        testing::scale("scale", 5, &[]),
        floor,
    ]
}

/// The status, and what is True, False or Unknown for which reason.
fn told(
    run: Option<&Run>,
    state: &State,
    active: Option<&str>,
    lags: &[LagSample],
) -> (FailoverPlanStatus, Vec<String>) {
    let (spec, sightings) = (spec(), Sightings::default());
    let story = Story {
        spec: &spec,
        generation: 3,
        run,
        state,
        sightings: &sightings,
        active,
        serial: Some(7),
        lags,
        history: &[],
    };
    let said = conditions(&story);
    let lines = said
        .iter()
        .map(|one| format!("{:?} {:?} {:?}", one.kind, one.status, one.reason))
        .collect();
    (status(&story, Vec::new()), lines)
}

#[test]
fn plan_without_a_run_stands_by() {
    let (status, said) = told(None, &State::default(), Some("us-east-1"), &[]);
    assert_eq!(
        (status.phase, status.active_region.as_deref()),
        (Some(FailoverPhase::Standby), Some("us-east-1"))
    );
    assert_eq!(
        (status.rto.as_deref(), status.rpo.as_deref(), status.steps.len()),
        (Some("1h"), Some("15m"), 0)
    );
    assert_eq!(
        said,
        [
            "Ready Some(true) Standby",
            "FailedOver Some(false) NotFailedOver",
            "WithinObjectives None NotMeasured"
        ]
    );
}

#[test]
fn run_that_was_not_let_go_yet_waits_for_approvals() {
    let run = run(acts(), ResponsePlanStatus::default());
    let (status, _) = told(Some(&run), &State::default(), None, &[]);
    assert_eq!(
        (status.phase, status.started_at),
        (Some(FailoverPhase::AwaitingApproval), None)
    );
}

#[test]
fn run_under_way_says_each_step_by_its_name() {
    let run = run(
        acts(),
        journal(&[
            ("scale", record(StepState::Verified)),
            ("orders-west", record(StepState::Applied)),
        ]),
    );
    let (status, said) = told(Some(&run), &State::default(), None, &[]);
    assert_eq!(
        (status.phase, status.direction),
        (Some(FailoverPhase::Running), Some(FailoverDirection::FailingOver))
    );
    let steps: Vec<_> = status
        .steps
        .iter()
        .map(|step| (step.name.as_str(), step.state))
        .collect();
    assert_eq!(
        steps,
        [
            ("orders-west", StepProgress::Underway),
            ("scale", StepProgress::Underway)
        ],
        "a part of scale is missing"
    );
    assert_eq!(
        (status.started_at.as_deref(), status.elapsed),
        (Some("2026-03-01T08:00:00Z"), None)
    );
    assert!(said.contains(&"Reconciling Some(true) FailingOver".to_owned()));
}

#[test]
fn completed_run_is_failed_over_only_where_that_was_observed() {
    let done = [
        ("scale", record(StepState::Verified)),
        ("floor", record(StepState::Verified)),
        ("orders-west", record(StepState::Verified)),
    ];
    let run = run(acts(), closed(journal(&done), PlanOutcome::Completed));
    let state = State {
        ended: Some(PlanOutcome::Completed),
        ..State::default()
    };
    let (status, said) = told(Some(&run), &state, Some("us-west-2"), &[]);
    assert_eq!(
        (status.phase, status.elapsed.as_deref()),
        (Some(FailoverPhase::Completed), Some("20m"))
    );
    assert_eq!(
        said,
        [
            "Ready Some(true) FailedOver",
            "FailedOver Some(true) FailedOver",
            "WithinObjectives None NotMeasured"
        ],
        "nobody saw how far the replica was behind"
    );
    assert_eq!(told(Some(&run), &state, None, &[]).1[1], "FailedOver None StepUnknown");
    assert_eq!(
        told(Some(&run), &state, Some("us-east-1"), &[]).1[1],
        "FailedOver Some(false) NotFailedOver"
    );
    let lag = LagSample {
        region: "us-west-2".into(),
        replica: "orders-west".into(),
        seconds: 1000,
        at: "2026-03-01T07:59:00Z".into(),
    };
    let (status, said) = told(Some(&run), &state, Some("us-west-2"), std::slice::from_ref(&lag));
    assert_eq!(
        (status.lag_at_cut_over, said[2].as_str()),
        (Some(lag.clone()), "WithinObjectives Some(false) ObjectivesMissed")
    );
    let close = LagSample {
        seconds: 900,
        ..lag.clone()
    };
    let (_, said) = told(Some(&run), &state, Some("us-west-2"), &[close]);
    assert_eq!(said[2], "WithinObjectives Some(true) WithinObjectives");
    let later = LagSample {
        at: "2026-03-01T08:10:00Z".into(),
        ..lag
    };
    assert_eq!(
        told(Some(&run), &state, None, &[later]).0.lag_at_cut_over,
        None,
        "it was sampled after the promotion began"
    );
}

#[test]
fn every_hold_says_whether_a_person_must_act() {
    let run = run(acts(), journal(&[("scale", record(StepState::Started))]));
    let text = String::from;
    let cases = [
        (
            Hold::Failed(text("scale"), text("why")),
            FailoverPhase::Stalled,
            "StepFailed",
        ),
        (
            Hold::Foreign(text("scale"), text("why")),
            FailoverPhase::Stalled,
            "NotAReplicaOfActive",
        ),
        (Hold::NeedsAWord(text("scale")), FailoverPhase::Stalled, "StepUnknown"),
        (
            Hold::Unknown(text("scale"), text("why")),
            FailoverPhase::Running,
            "StepUnknown",
        ),
        (Hold::Paused(text("ann")), FailoverPhase::Paused, "Paused"),
        (Hold::EmergencyStop(text("why")), FailoverPhase::Paused, "EmergencyStop"),
        (Hold::Interlocked(text("why")), FailoverPhase::Paused, "Interlocked"),
        (
            Hold::Barred(crate::blocked::Blocked::new(
                firebreak_crds::Reason::AccountNotGranted,
                "why",
            )),
            FailoverPhase::Running,
            "AccountNotGranted",
        ),
        (Hold::Overdue(text("scale")), FailoverPhase::Running, "FailingOver"),
        (Hold::Approval(text("scale")), FailoverPhase::Running, "FailingOver"),
    ];
    for (hold, phase, reason) in cases {
        let state = State {
            holds: vec![hold.clone()],
            ..State::default()
        };
        let (status, said) = told(Some(&run), &state, None, &[]);
        assert_eq!(
            (status.phase, said[0].ends_with(reason)),
            (Some(phase), true),
            "{hold:?} {said:?}"
        );
        assert!(status.waiting_for.is_some());
    }
}

#[test]
fn run_that_went_back_or_stopped_needs_a_person() {
    for (outcome, reason) in [
        (PlanOutcome::RolledBack, "RolledBack"),
        (PlanOutcome::Stopped, "Aborted"),
    ] {
        let run = run(acts(), closed(journal(&[]), outcome));
        let state = State {
            ended: Some(outcome),
            ..State::default()
        };
        let (status, said) = told(Some(&run), &state, None, &[]);
        assert!(said.contains(&format!("Stalled Some(true) {reason}")), "{said:?}");
        assert_eq!(status.notes[0], "what happened");
    }
}

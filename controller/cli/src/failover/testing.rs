//! A FailoverPlan for tests: a service is scaled, a database promoted and traffic moved; and the run that does it.

use crate::{fixtures, manifest, records::Records};
use firebreak_core::{
    aws::{Cell, Idempotence, Site, ecs::EcsCell, rds::Promotion},
    run::{
        act::{Act, ActStep, Gate, GateSubject, Job, Leads, Rule, Settable, Setting},
        plan::{Plan, VERSION},
        step::Undo,
    },
};
use firebreak_crds::{
    Action, Asked, Decision, DecisionSpec, DecisionTarget, Environment, FailoverPlan, Mode, OwnerRef, PlanOutcome,
    PlanReference, ResponsePlan, ResponsePlanSpec, ResponsePlanStatus, Severity, StepRecord, StepState, Verb,
    condition,
    failover_plan::{
        FailoverDirection, FailoverMode, FailoverPhase, FailoverRunSummary, FailoverStepStatus, LagSample, OnFailure,
        StepProgress,
    },
};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use serde_json::json;

pub use fixtures::now;

/// The object before anything was reported of it.
pub fn object() -> FailoverPlan {
    let text = "
apiVersion: firebreak.dev/v1alpha1
kind: FailoverPlan
metadata: {name: orders, namespace: payments, uid: f-1, generation: 3, resourceVersion: '7'}
spec:
  accountRef: {name: production}
  regions: {primary: us-east-1, standby: us-west-2}
  runStore: {primary: {bucket: runs-east}, standby: {bucket: runs-west}}
  steps:
  - name: switch
    dependsOn: [healthy]
    healthCheckSwitch: {bucket: switch-west, key: active}
  - name: scale
    ecsScale: {primary: {cluster: web, service: api}, standby: {cluster: web, service: api}, desired: 6}
  - name: promote
    approval: true
    dependsOn: [scale]
    rdsPromoteReplica: {primary: orders-east, standby: orders-west}
  - name: healthy
    dependsOn: [promote]
    gate: {alarm: {primary: api-east, standby: api-west}}
";
    manifest::parse(text, "plan.yaml").unwrap()
}

/// With these conditions, and nothing else.
pub fn reported(wanted: &[condition::Wanted]) -> FailoverPlan {
    let mut object = object();
    let status = object.status.get_or_insert_default();
    status.observed_generation = Some(3);
    status.conditions = condition::merge(&[], wanted, 3, now());
    object
}

/// With its run under way: the service is scaled, and the promotion waits for approvals of its own.
pub fn running() -> FailoverPlan {
    let mut object = reported(&[condition::Wanted::no(
        firebreak_crds::ConditionType::Ready,
        firebreak_crds::Reason::FailingOver,
        "a run is under way",
    )]);
    let status = object.status.get_or_insert_default();
    status.phase = Some(FailoverPhase::Running);
    status.direction = Some(FailoverDirection::FailingOver);
    status.active_region = Some("us-east-1".into());
    (status.serial, status.run) = (Some(8), Some(2));
    status.plan = Some(reference());
    status.started_at = Some("2026-01-01T11:47:30Z".into());
    (status.rto, status.rpo) = (Some("1h".into()), Some("15m".into()));
    status.waiting_for = Some("approvals of promote".into());
    status.lags = vec![LagSample {
        region: "us-west-2".into(),
        replica: "orders-west".into(),
        seconds: 4,
        at: "2026-01-01T11:59:30Z".into(),
    }];
    status.steps = [
        ("switch", StepProgress::NotBegun),
        ("scale", StepProgress::Done),
        ("promote", StepProgress::NotBegun),
        ("healthy", StepProgress::NotBegun),
    ]
    .map(|(name, state)| FailoverStepStatus {
        name: name.into(),
        state,
        ..FailoverStepStatus::default()
    })
    .into();
    status.history = vec![FailoverRunSummary {
        run: 1,
        serial: 7,
        region: "us-east-1".into(),
        phase: FailoverPhase::Completed,
        started_at: "2025-06-01T08:00:00Z".into(),
        ended_at: "2025-06-01T08:18:20Z".into(),
        elapsed: "18m20s".into(),
    }];
    object
}

fn act(id: &str, needs: &[&str], act: Act, undo: Undo, summary: &str) -> ActStep {
    ActStep {
        id: id.into(),
        step: id.split('.').next().unwrap_or(id).into(),
        site: Site::new("123456789012", "us-west-2"),
        act,
        needs: needs.iter().map(ToString::to_string).collect(),
        timeout_seconds: 600,
        on_failure: OnFailure::Hold,
        best_effort: false,
        approval: false,
        undo,
        idempotence: Idempotence::Idempotent,
        permissions: Vec::new(),
        section: None,
        summary: summary.into(),
    }
}

fn gate(subject: GateSubject) -> Act {
    Act::Await(Gate {
        subject,
        consecutive: 2,
        failure_limit: Some(3),
        interval_seconds: 10,
    })
}

fn set(what: Settable, before: serde_json::Value, after: serde_json::Value, rule: Rule) -> Act {
    Act::Set(Setting {
        what,
        before,
        after,
        rule,
    })
}

/// Its acts, not in the order in which they are done.
pub fn acts() -> Vec<ActStep> {
    let steady = gate(GateSubject::EcsSteady {
        cluster: "web".into(),
        service: "api".into(),
    });
    let alarm = gate(GateSubject::Alarm {
        name: "api-west".into(),
    });
    let (look, wait) = (Undo::Addition, "Wait until web/api is steady");
    let mut healthy = act("healthy", &["promote"], alarm, look, "Wait until alarm api-west is OK");
    healthy.on_failure = OnFailure::Continue;
    vec![
        switch(),
        scale(),
        act("scale.steady", &["scale"], steady, look, wait),
        promote(),
        healthy,
    ]
}

fn switch() -> ActStep {
    let object = Settable::SwitchObject {
        bucket: "switch-west".into(),
        key: "active".into(),
    };
    let put = set(object, json!(false), json!(true), Rule::Exactly);
    let summary = "Put object active into bucket switch-west";
    act("switch", &["healthy"], put, Undo::Reversible, summary)
}

fn scale() -> ActStep {
    let count = Settable::Cell(Cell::Ecs(EcsCell::ServiceDesiredCount {
        cluster: "web".into(),
        service: "api".into(),
    }));
    let raise = set(count, json!(2), json!(6), Rule::AtLeast);
    let summary = "Set the desired count of web/api to 6, if it has fewer";
    act("scale", &[], raise, Undo::Reversible, summary)
}

fn promote() -> ActStep {
    let job = Act::Do(Job::RdsPromotion(Promotion {
        instance: "orders-west".into(),
        resource_id: "db-WEST".into(),
        source: "orders-east".into(),
        source_region: "us-east-1".into(),
        source_account: "123456789012".into(),
        backup_retention_days: 7,
    }));
    let summary = "Promote orders-west to a writer";
    let mut promote = act("promote", &["scale.steady"], job, Undo::OneWay, summary);
    (promote.approval, promote.timeout_seconds) = (true, 2700);
    promote.idempotence = Idempotence::Conditional;
    promote.permissions = vec!["rds:PromoteReadReplica".into()];
    promote
}

/// Its plan.
pub fn plan() -> Plan {
    Plan {
        version: VERSION,
        action: Action::FailOver,
        account_id: "123456789012".into(),
        account_name: "production".into(),
        environment: Environment::Production,
        region: "us-west-2".into(),
        kind: "failoverPlan".into(),
        arn: String::new(),
        title: "Make us-west-2 active".into(),
        steps: Vec::new(),
        acts: acts(),
        leads: Some(Leads {
            to: "us-west-2".into(),
            serial: 8,
            mode: FailoverMode::Graceful,
            data_loss: None,
            split_brain: true,
        }),
        touches: Vec::new(),
        dependents: Vec::new(),
        more_dependents: 0,
        empties: Vec::new(),
        notes: vec!["scale: 6 tasks, as spec.steps says".into()],
        warnings: Vec::new(),
        expiry: None,
        mode: Mode::Enforce,
        severity: Severity::Critical,
        reason: None,
        restore: Vec::new(),
    }
}

/// What names its plan.
pub fn reference() -> PlanReference {
    PlanReference {
        name: "orders-f1-run-2".into(),
        uid: "p-2".into(),
        digest: plan().digest(),
    }
}

/// The record of a run of that plan, which ann asked for; nothing of it was begun.
pub fn run_of(plan: &Plan) -> ResponsePlan {
    let spec = ResponsePlanSpec {
        owner: OwnerRef {
            kind: "FailoverPlan".into(),
            namespace: "payments".into(),
            name: "orders".into(),
            uid: "f-1".into(),
        },
        owner_generation: 3,
        run: 2,
        action: plan.action,
        digest: plan.digest(),
        requested_by: Some("ann".into()),
        asked: Asked::default(),
        payload: serde_json::to_value(plan).unwrap(),
    };
    let mut record = ResponsePlan::new("orders-f1-run-2", spec);
    record.metadata.uid = Some("p-2".into());
    record
}

/// The records around [`running`].
pub fn records() -> Records {
    let mut record = run_of(&plan());
    let scaled = StepRecord {
        state: StepState::Verified,
        found: Some(json!(2)),
        bound: Some(json!(6)),
        started_at: Some("2026-01-01T11:47:30Z".into()),
        verified_at: Some("2026-01-01T11:47:40Z".into()),
        attempts: 1,
        ..StepRecord::default()
    };
    record.status = Some(ResponsePlanStatus {
        outcome: Some(PlanOutcome::Running),
        journal: [("scale".to_owned(), scaled)].into(),
        ..ResponsePlanStatus::default()
    });
    Records {
        plans: vec![record],
        ..fixtures::records()
    }
}

/// A Decision about that run.
pub fn said(name: &str, verb: Verb, by: &str, step: Option<&str>) -> Decision {
    said_at(name, verb, by, step, now())
}

/// The same, at another time.
pub fn said_at(name: &str, verb: Verb, by: &str, step: Option<&str>, at: Timestamp) -> Decision {
    let spec = DecisionSpec {
        by: by.into(),
        verb,
        target: DecisionTarget {
            kind: "FailoverPlan".into(),
            name: "orders".into(),
            uid: "f-1".into(),
            generation: Some(3),
        },
        plan: Some(reference()),
        approver_role: "approver".into(),
        reason: None,
        expires_at: None,
        restore: Vec::new(),
        start: None,
        step: step.map(str::to_owned),
        acknowledge_split_brain: false,
        outcome: None,
    };
    let mut decision = Decision::new(name, spec);
    decision.metadata.namespace = Some("payments".into());
    decision.metadata.creation_timestamp = Some(Time(at));
    decision
}

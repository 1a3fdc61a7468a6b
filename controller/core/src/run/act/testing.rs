//! Steps for tests: a switch, a promotion and a gate, without anything that AWS would add.

use super::{Act, ActStep, Gate, GateSubject, Job, Rule, Settable, Setting};
use crate::{
    aws::{Idempotence, Site, ecs::EcsCell, rds::Promotion},
    run::step::Undo,
};
use firebreak_crds::failover_plan::OnFailure;
use serde_json::json;

pub(crate) fn west() -> Site {
    Site::new("222222222222", "us-west-2")
}

fn step(id: &str, act: Act, undo: Undo, needs: &[&str]) -> ActStep {
    ActStep {
        id: id.into(),
        step: id.into(),
        site: west(),
        act,
        needs: needs.iter().map(|need| (*need).to_owned()).collect(),
        timeout_seconds: 600,
        on_failure: OnFailure::Hold,
        best_effort: false,
        approval: false,
        undo,
        idempotence: Idempotence::Idempotent,
        permissions: Vec::new(),
        section: None,
        summary: format!("do {id}"),
    }
}

/// Puts an object.
pub(crate) fn switch(id: &str, needs: &[&str]) -> ActStep {
    let setting = Setting {
        what: Settable::SwitchObject {
            bucket: "b".into(),
            key: id.into(),
        },
        before: json!(false),
        after: json!(true),
        rule: Rule::Exactly,
    };
    step(id, Act::Set(setting), Undo::Reversible, needs)
}

/// Raises the count of the service of that name.
pub(crate) fn scale(id: &str, to: i64, needs: &[&str]) -> ActStep {
    let setting = Setting {
        what: Settable::Cell(crate::aws::Cell::Ecs(EcsCell::ServiceDesiredCount {
            cluster: "web".into(),
            service: id.into(),
        })),
        before: json!(1),
        after: json!(to),
        rule: Rule::AtLeast,
    };
    step(id, Act::Set(setting), Undo::Reversible, needs)
}

/// Promotes the replica of that name.
pub(crate) fn promote(id: &str, needs: &[&str]) -> ActStep {
    let job = Job::RdsPromotion(Promotion {
        instance: id.into(),
        resource_id: format!("db-{id}"),
        source: "orders".into(),
        source_region: "us-east-1".into(),
        source_account: "222222222222".into(),
        backup_retention_days: 7,
    });
    let mut made = step(id, Act::Do(job), Undo::OneWay, needs);
    made.idempotence = Idempotence::Conditional;
    made
}

/// Waits for the alarm of that name.
pub(crate) fn gate(id: &str, needs: &[&str]) -> ActStep {
    let gate = Gate {
        subject: GateSubject::Alarm { name: id.into() },
        consecutive: 2,
        failure_limit: Some(3),
        interval_seconds: 10,
    };
    step(id, Act::Await(gate), Undo::Addition, needs)
}

//! `manualApproval`: waits until people have approved the step.

use super::act;
use crate::{
    respond::failover::{Course, Halt, design::Part},
    run::act::{Act, Gate, GateSubject},
};
use firebreak_crds::{
    failover_plan::{FailoverStep, ManualApproval},
    text,
};

/// It passes as soon as it has begun, and begins only with the approvals.
const TIMEOUT_SECONDS: u32 = 10;

pub(super) fn design(course: &Course<'_>, step: &FailoverStep, approval: &ManualApproval) -> Result<Part, Halt> {
    let message = approval.message.as_deref().map(text::message);
    let summary = match &message {
        Some(message) => format!("Wait until people have approved it: {message}"),
        None => "Wait until people have approved it".to_owned(),
    };
    let gate = Act::Await(Gate::of_journal(GateSubject::Approval { message }));
    let site = course.site(step, &course.leads.to)?;
    let mut waits = act(step, None, site, gate, summary, TIMEOUT_SECONDS);
    waits.approval = true;
    Ok(Part {
        acts: vec![waits],
        ..Part::default()
    })
}

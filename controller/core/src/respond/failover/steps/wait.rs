//! `wait`: waits for a time. The journal says when it began, so that a restart makes it no longer.

use super::act;
use crate::{
    blocked::Blocked,
    respond::failover::{Course, Halt, design::Part, seconds},
    run::act::{Act, Gate, GateSubject},
};
use firebreak_crds::{
    Reason,
    failover_plan::{FailoverStep, Wait},
};

pub(super) fn design(course: &Course<'_>, step: &FailoverStep, wait: &Wait) -> Result<Part, Halt> {
    let Some(seconds) = seconds(&wait.duration).filter(|seconds| *seconds > 0) else {
        let field = course.field(step, "wait.duration");
        let why = format!("{field} is no duration: set one such as 5m");
        return Err(Blocked::new(Reason::InvalidStep, why).into());
    };
    let gate = Act::Await(Gate::of_journal(GateSubject::Elapsed { seconds }));
    let site = course.site(step, &course.leads.to)?;
    let summary = format!("Wait for {}", wait.duration);
    Ok(Part {
        acts: vec![act(step, None, site, gate, summary, seconds)],
        ..Part::default()
    })
}

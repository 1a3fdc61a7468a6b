//! One run as it is recorded in the cluster: its plan and its journal.

use super::plan::Plan;
use crate::blocked::Blocked;
use firebreak_crds::{
    PlanOutcome, PlanReference, Reason, ResponsePlan, ResponsePlanSpec, ResponsePlanStatus, StepState,
};

/// One run: its plan and its journal.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Name, UID and digest.
    pub reference: PlanReference,
    /// The record.
    pub spec: ResponsePlanSpec,
    /// The plan, as it was read from the record.
    pub plan: Plan,
    /// The journal.
    pub status: ResponsePlanStatus,
}

impl Run {
    /// Reads a recorded plan.
    ///
    /// # Errors
    /// `PlanInvalid` when its payload cannot be read or does not have the digest that it claims.
    pub fn of(record: &ResponsePlan) -> Result<Self, Blocked> {
        let name = record.metadata.name.clone().unwrap_or_default();
        let invalid = |why: String| Blocked::new(Reason::PlanInvalid, format!("ResponsePlan {name} {why}"));
        let plan = Plan::read(&record.spec.payload).map_err(invalid)?;
        if plan.digest() != record.spec.digest {
            return Err(invalid(
                "does not have the digest that it claims: it was forged or damaged, and is not run".into(),
            ));
        }
        let uid = record.metadata.uid.clone().unwrap_or_default();
        let reference = PlanReference {
            name,
            uid,
            digest: record.spec.digest.clone(),
        };
        Ok(Self {
            reference,
            spec: record.spec.clone(),
            plan,
            status: record.status.clone().unwrap_or_default(),
        })
    }

    /// Whether any step was begun.
    pub fn has_begun(&self) -> bool {
        self.status
            .journal
            .values()
            .any(|record| record.state != StepState::Pending)
    }

    /// Whether it was let begin, and has not ended.
    pub fn is_running(&self) -> bool {
        self.status.outcome == Some(PlanOutcome::Running) && self.status.closed_at.is_none()
    }

    /// Whether it is neither superseded, rejected nor abandoned.
    pub fn is_open(&self) -> bool {
        matches!(
            self.status.outcome,
            None | Some(PlanOutcome::Running | PlanOutcome::Completed)
        )
    }

    /// Whether every step was done.
    pub fn is_completed(&self) -> bool {
        self.status.outcome == Some(PlanOutcome::Completed)
    }
}

//! Before a destructive step of a run that was begun, maybe days ago: is it still granted and unprotected, and is it still
//! what people agreed to? What AWS does not tell is no change.

use super::At;
use crate::{
    blocked::{Blocked, Stop},
    engine::contain,
    respond::{Design, Draft},
    run::plan::{Plan, Step},
};
use firebreak_crds::Reason;

/// What another look comes to.
pub(super) enum Again {
    /// It stands.
    Stands,
    /// A guard stands in the way, or the target.
    Barred(Blocked),
    /// It is not what would be planned now.
    Changed,
}

impl At<'_> {
    /// Looks again, where it matters.
    pub(super) fn again(&self) -> Result<Again, Stop> {
        let matters = self.run.has_begun() && self.gravest().is_destructive() && !self.section_was_begun();
        if !matters {
            return Ok(Again::Stands);
        }
        match contain::design(self.world, self.facts) {
            Ok(design) => Ok(self.compare(&design)),
            Err(Stop::Blocked(blocked)) if is_unreadable(&blocked) => Ok(self.barred(&self.run.plan)),
            Err(Stop::Blocked(blocked)) => Ok(Again::Barred(blocked)),
            Err(more) => Err(more),
        }
    }

    fn compare(&self, design: &Design) -> Again {
        let same = |step: &&Step| design.drafts.iter().any(|draft| is_same(draft, step));
        if !self.together().all(|step| same(&step)) {
            return Again::Changed;
        }
        self.barred(&Plan {
            touches: design.touches.clone(),
            ..self.run.plan.clone()
        })
    }

    fn barred(&self, plan: &Plan) -> Again {
        contain::lasting(self.world, plan, self.standing, self.now).map_or(Again::Stands, Again::Barred)
    }
}

fn is_unreadable(blocked: &Blocked) -> bool {
    matches!(
        blocked.reason,
        Reason::Throttled | Reason::Unreachable | Reason::AccessDenied | Reason::WrongAccount
    )
}

fn is_same(draft: &Draft, step: &Step) -> bool {
    draft.id == step.id
        && draft.cell == step.cell
        && draft.undo == step.undo
        && draft.section == step.section.as_deref()
        && step.cell.same(&draft.after, &step.after)
}

//! A look that may only confirm what the status says: its facts are shared with other objects, and may be some seconds old.
//! Whatever else they suggest is read again before it is said or done. What AWS did not answer is not asked twice in a row.

use super::{Executor, MAX_EFFECTS, ReconcileError, pass::Pass};
use firebreak_core::engine::{Effect, Rest};

impl Executor {
    /// The rest of an object that is as its status says; `None` when it must be looked at by itself.
    pub(super) async fn confirmed(&self, pass: &mut Pass) -> Result<Option<Rest>, ReconcileError> {
        if !pass.says_ready() {
            return Ok(None);
        }
        pass.together = true;
        let confirmed = self.confirm(pass).await?;
        pass.together = false;
        pass.facts.retain_unanswered();
        Ok(confirmed)
    }

    async fn confirm(&self, pass: &mut Pass) -> Result<Option<Rest>, ReconcileError> {
        for _ in 0..MAX_EFFECTS {
            match pass.decide(self.clock.now()) {
                Effect::Ask(asked) => self.ask(pass, asked).await?,
                Effect::FetchHolds(names) => self.fetch(pass, names).await?,
                Effect::Rest(rest) => return Ok(Some(*rest).filter(|rest| self.is_said(pass, rest))),
                _ => return Ok(None),
            }
        }
        Ok(None)
    }

    fn is_said(&self, pass: &Pass, rest: &Rest) -> bool {
        pass.object.status().as_ref() == Some(&pass.status(rest, self.clock.now()))
    }
}

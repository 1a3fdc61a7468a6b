//! Objects that this version cannot read: each says so on itself and is left alone; one that is being deleted leaves its
//! custody behind like any other.

use super::{Executor, ReconcileError};
use crate::records::RecordError;
use firebreak_core::run::custody;
use firebreak_crds::{
    Mode, OwnerRef, Reason, Unreadable,
    condition::{self, Condition, ConditionType, Wanted},
};
use jiff::Timestamp;
use serde_json::{Value, json};

impl Executor {
    /// Says on the object of a response that it cannot be read, or lets it go when it is being deleted.
    pub(super) async fn set_aside(&self, bad: Box<Unreadable>) -> ReconcileError {
        let done = match bad.is_being_deleted() {
            true => self.let_go_unread(&bad).await,
            false => self.say(&bad).await,
        };
        done.err().unwrap_or_else(|| RecordError::Unreadable(bad).into())
    }

    /// Says on an object that it cannot be read.
    pub(crate) async fn say_unread(&self, bad: Box<Unreadable>) -> ReconcileError {
        let said = self.say(&bad).await;
        said.err().unwrap_or_else(|| RecordError::Unreadable(bad).into())
    }

    async fn say(&self, bad: &Unreadable) -> Result<(), ReconcileError> {
        let Some(status) = status(bad, self.clock.now()) else {
            return Ok(());
        };
        self.lead()?;
        Ok(self.records.write_unread_status(bad, &status).await?)
    }

    async fn let_go_unread(&self, bad: &Unreadable) -> Result<(), ReconcileError> {
        let owner = OwnerRef {
            kind: bad.kind.clone(),
            namespace: bad.namespace.clone(),
            name: bad.name.clone(),
            uid: bad.uid.clone(),
        };
        let mode: Mode = serde_json::from_value(bad.part(&["spec", "mode"])).unwrap_or_default();
        for hold in self.records.holds_of(&bad.uid).await? {
            let hold = hold.map_err(RecordError::Unreadable)?;
            self.lead()?;
            let left = custody::orphan(&hold.spec, &owner, mode, self.clock.now());
            self.records.update_hold(&hold, left).await?;
        }
        self.lead()?;
        Ok(self.records.let_go_unread(bad).await?)
    }
}

/// The status with every condition unknown; none when it says so already.
pub(crate) fn status(bad: &Unreadable, now: Timestamp) -> Option<Value> {
    let before = bad.part(&["status"]);
    let old = conditions(&before["conditions"]);
    let said = condition::merge(&old, &wanted(&old, bad), bad.generation(), now);
    if said == old && before["observedGeneration"] == bad.generation() {
        return None;
    }
    let mut status = if before.is_object() { before } else { json!({}) };
    status["conditions"] = json!(said);
    status["observedGeneration"] = json!(bad.generation());
    Some(status)
}

fn wanted(old: &[Condition], bad: &Unreadable) -> Vec<Wanted> {
    let unknown = |kind| Wanted::unknown(kind, Reason::Unreadable, bad.to_string());
    let known = old
        .iter()
        .filter_map(|one| serde_json::from_value(json!(one.type_)).ok());
    let others = known.filter(|kind| ![ConditionType::Ready, ConditionType::Stalled].contains(kind));
    let message = format!("{bad}; upgrade the operator, or put that field right");
    let stalled = Wanted::yes(ConditionType::Stalled, Reason::Unreadable, message);
    [unknown(ConditionType::Ready), stalled]
        .into_iter()
        .chain(others.map(unknown))
        .collect()
}

fn conditions(list: &Value) -> Vec<Condition> {
    let each = list.as_array().into_iter().flatten();
    each.filter_map(|one| serde_json::from_value(one.clone()).ok())
        .collect()
}

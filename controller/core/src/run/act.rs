//! A step of a run whose steps run side by side: what it does is one of three acts.
//!
//! The steps of held kinds ([`crate::run::plan::Step`]) are all of the first sort: each sets a cell that a Hold keeps. Here a
//! value from before lies in the journal, and only until the run ends.

pub(crate) mod calls;
mod gate;
mod job;
mod leads;
mod needs;
mod probe;
mod setting;
mod sightings;

pub use gate::{Gate, HttpAnswer, Metric, Subject as GateSubject, Verdict, is_public};
pub use job::{Job, Seen};
pub use leads::Leads;
pub use needs::{cycle, dependents, order};
pub use probe::{LagSight, Look, Probe};
pub use setting::{Rule, Settable, Setting};
pub use sightings::{Sighting, Sightings};

use crate::{
    aws::{Idempotence, Site, Write},
    run::step::Undo,
};
use firebreak_crds::failover_plan::OnFailure;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// One step of a run whose steps run side by side.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct ActStep {
    /// Names it within the plan, such as `scale.steady`.
    pub id: String,
    /// The step of the spec that it is a part of, such as `scale`.
    pub step: String,
    /// Where it reads and writes.
    pub site: Site,
    /// What it does.
    pub act: Act,
    /// Ids of the steps that must be done before it begins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<String>,
    /// Seconds from its begin until it is too late.
    pub timeout_seconds: u32,
    /// What follows when it fails.
    #[serde(default)]
    pub on_failure: OnFailure,
    /// Whether the run ends without it, and nothing waits for it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub best_effort: bool,
    /// Whether it needs approvals of its own at its turn.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub approval: bool,
    /// How it can be undone.
    pub undo: Undo,
    /// What AWS promises when its call is made twice.
    pub idempotence: Idempotence,
    /// The IAM actions of its calls.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub permissions: Vec<String>,
    /// Steps with the same section are not parted: once the first one was begun, they are finished to their one-way step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub section: Option<String>,
    /// What it does, in a sentence.
    pub summary: String,
}

/// What a step does.
#[expect(
    clippy::large_enum_variant,
    reason = "a plan has at most 64 of them, and most are settings"
)]
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub enum Act {
    /// Sets a value that can be read and put back.
    Set(Setting),
    /// Asks for something that AWS then does by itself. It is done only where the journal of this run asked for it.
    Do(Job),
    /// Waits until something is so.
    Await(Gate),
}

/// One call, or several in order, that a step makes.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Deed {
    /// Writes that lead a cell from one value to another.
    Write(Vec<Write>),
    /// s3:PutObject of an empty object.
    PutObject {
        /// Name of the bucket.
        bucket: String,
        /// Its key.
        key: String,
    },
    /// s3:DeleteObject.
    DeleteObject {
        /// Name of the bucket.
        bucket: String,
        /// Its key.
        key: String,
    },
    /// rds:PromoteReadReplica.
    PromoteReadReplica {
        /// Identifier of the replica.
        instance: String,
        /// Days for which it keeps its backups.
        backup_retention_days: u32,
    },
    /// rds:RebootDBInstance.
    RebootDbInstance {
        /// Identifier of the instance.
        instance: String,
    },
}

impl Deed {
    /// The IAM action of its first call.
    pub fn action(&self) -> &'static str {
        match self {
            Self::Write(writes) => writes.first().map_or("", |write| write.call().action),
            Self::PutObject { .. } => "s3:PutObject",
            Self::DeleteObject { .. } => "s3:DeleteObject",
            Self::PromoteReadReplica { .. } => "rds:PromoteReadReplica",
            Self::RebootDbInstance { .. } => "rds:RebootDBInstance",
        }
    }
}

impl ActStep {
    /// The questions that tell how its subject stands.
    pub fn looks(&self) -> Vec<Look> {
        match &self.act {
            Act::Set(setting) => vec![Look::new(&self.site, setting.what.probe())],
            Act::Do(job) => vec![Look::new(&self.site, job.probe())],
            Act::Await(gate) => gate.looks(&self.site),
        }
    }

    /// Whether it can be undone by nothing.
    pub fn is_one_way(&self) -> bool {
        self.undo == Undo::OneWay
    }

    /// Whether it only waits.
    pub fn is_gate(&self) -> bool {
        matches!(self.act, Act::Await(_))
    }

    /// What of it an approver must have seen.
    pub(crate) fn material(&self) -> Value {
        let act = match &self.act {
            Act::Set(setting) => json!({"set": setting.material()}),
            Act::Do(job) => json!({"do": job}),
            Act::Await(gate) => json!({"await": gate}),
        };
        let mut material = json!({
            "id": self.id, "site": self.site, "act": act, "needs": self.needs, "timeout": self.timeout_seconds,
            "onFailure": self.on_failure, "bestEffort": self.best_effort, "approval": self.approval, "undo": self.undo,
        });
        if let Some(section) = &self.section {
            material["section"] = json!(section);
        }
        material
    }

    /// Whether it proves that a database is cut off: it and the others of its step are a fence.
    pub fn is_proof_of_fence(&self) -> bool {
        matches!(&self.act, Act::Await(gate) if matches!(gate.subject, GateSubject::Fenced { .. }))
    }
}

#[cfg(test)]
pub(crate) mod testing;

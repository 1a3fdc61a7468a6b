//! A plan: the steps of one run with what was there and what will be, and the digest over what matters.

use crate::{
    aws::{Answer, Cell, Idempotence, Query, Site, Write},
    blocked::Blocked,
    digest,
    facts::{Ask, Facts},
    run::{
        act::{ActStep, Leads},
        step::{Dependent, Touched, Undo},
    },
};
use firebreak_crds::{Action, Environment, Expiry, Mode, Reason, Reopens, Severity, StepRecord};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The version of the payload that this code writes; the first that is released. From then on older ones stay readable:
/// controller/core/tests/golden holds one of each.
pub const VERSION: u32 = 2;
/// The most steps that one plan has.
pub const MAX_STEPS: usize = 64;
/// The most bytes that a plan's payload has: etcd takes 1.5 MiB a request, and the journal needs room too.
pub const MAX_BYTES: usize = 256 * 1024;
/// The most dependents of one kind that a plan lists; the others are counted.
pub const MAX_LISTED: usize = 40;
/// The most of each other list that people read, and the longest of its lines in characters.
const MAX_LINES: usize = 32;
const MAX_LINE: usize = 512;

/// What one run will do.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// Version of this payload.
    pub version: u32,
    /// Contain or Release.
    pub action: Action,
    /// The account's id.
    pub account_id: String,
    /// Name of the AwsAccount.
    pub account_name: String,
    /// The account's environment.
    pub environment: Environment,
    /// The target's region.
    pub region: String,
    /// The target's kind, such as iamRole.
    pub kind: String,
    /// The target's ARN.
    pub arn: String,
    /// The target and the method in one line.
    pub title: String,
    /// The steps of a held kind, in order: each sets a cell that a Hold keeps.
    pub steps: Vec<Step>,
    /// The steps of a kind that is over when its run is over: they run side by side, as far as their needs allow.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub acts: Vec<ActStep>,
    /// Where a run of such a kind leads, and what it may cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leads: Option<Leads>,
    /// Every resource that is touched, with tags.
    #[serde(default)]
    pub touches: Vec<Touched>,
    /// What stops working with the target, at most [`MAX_LISTED`] of a kind.
    #[serde(default)]
    pub dependents: Vec<Dependent>,
    /// How many more there are than are listed.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more_dependents: usize,
    /// Target groups that would be left without a healthy target.
    #[serde(default)]
    pub empties: Vec<String>,
    /// What people should know.
    #[serde(default)]
    pub notes: Vec<String>,
    /// What speaks against it and can be made up by anyone who controls the AWS account, such as a protected tag: it asks for one
    /// more approver and refuses nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// The expiry that the approval covers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiry: Option<Expiry>,
    /// The mode that it was planned in: to approve what only observes approves no write.
    #[serde(default)]
    pub mode: Mode,
    /// The highest severity that the containment has had; it decides how many people must agree.
    #[serde(default)]
    pub severity: Severity,
    /// Why, in the words of the object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What a release may put back although it would reopen the compromise: of a containment, what its expiry restores
    /// without asking again.
    #[serde(default)]
    pub restore: Vec<Reopens>,
}

/// One cell that is set.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// Names the step within the plan.
    pub id: String,
    /// Where it reads and writes.
    pub site: Site,
    /// What is set.
    pub cell: Cell,
    /// Name of the Hold that keeps the before-value; none where nothing can be put back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<String>,
    /// What was there when it was planned.
    pub before: Value,
    /// What will be there; late-bound parts stand as templates.
    pub after: Value,
    /// How it can be undone.
    pub undo: Undo,
    /// Steps with the same section are not parted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub section: Option<String>,
    /// Whether putting the before-value back would reopen the compromise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reopens: Option<Reopens>,
    /// Seconds after which putting it back reopens nothing any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reopens_for_seconds: Option<u32>,
    /// Seconds after the write at which it is read again; `Contained` comes after the second one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub settling: Vec<u32>,
    /// Whether the late-bound value is written again at the second and third re-read.
    #[serde(default)]
    pub renew: bool,
    /// What a release does about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disposition: Option<Disposition>,
    /// What it does, in a sentence.
    pub summary: String,
    /// The IAM actions of its writes.
    pub permissions: Vec<String>,
    /// What AWS promises when a write of it is made twice.
    pub idempotence: Idempotence,
}

/// What a release does about one Hold.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// Put the before-value back.
    Restore,
    /// Only give the Hold up: others hold it too.
    Leave,
    /// The before-value is there already.
    Back,
    /// The resource does not exist any more.
    Gone,
    /// Somebody changed it since: leave it alone.
    Conflict,
    /// It would reopen the compromise and nobody gave the word.
    Withheld,
}

impl Disposition {
    /// Whether the release gets this Hold out of the way.
    pub fn is_final(&self) -> bool {
        !matches!(self, Self::Conflict | Self::Withheld)
    }
}

impl Step {
    /// The question how its cell stands.
    pub fn read(&self) -> Ask {
        Ask {
            site: self.site.clone(),
            query: Query::Cell(self.cell.clone()),
        }
    }

    /// What AWS answered to that, if it was asked.
    pub fn seen<'a>(&self, facts: &'a Facts) -> Option<&'a Answer> {
        facts.answer(&self.read())
    }

    /// The permissions and the weakest promise of the writes that lead from one value to another.
    pub fn describe_writes(cell: &Cell, from: &Value, to: &Value) -> (Vec<String>, Idempotence) {
        let writes = cell.writes(from, to);
        let mut permissions: Vec<String> = Vec::new();
        let own = writes.iter().map(|write| write.call().action);
        let further = writes.iter().flat_map(|write| write.call().actions().skip(1));
        for permission in own.chain(further) {
            if !permissions.iter().any(|known| known == permission) {
                permissions.push(permission.to_owned());
            }
        }
        (permissions, weakest(&writes))
    }

    /// When it is read again after the write: as planned, or as the journal says, where that takes longer.
    pub fn rereads<'a>(&'a self, record: &'a StepRecord) -> &'a [u32] {
        match settled_after(&record.settling) > settled_after(&self.settling) {
            true => &record.settling,
            false => &self.settling,
        }
    }

    fn material(&self) -> Value {
        json!({
            "id": self.id, "site": self.site, "cell": self.cell, "after": self.cell.canonical(&self.after),
            "before": self.cell.material(&self.before), "undo": self.undo, "section": self.section,
            "reopens": self.reopens, "disposition": self.disposition,
        })
    }
}

/// Seconds after the write from which it counts as settled.
pub fn settled_after(rereads: &[u32]) -> u32 {
    rereads.get(1).copied().unwrap_or(0)
}

fn weakest(writes: &[Write]) -> Idempotence {
    let all: Vec<Idempotence> = writes.iter().map(|write| write.call().idempotence).collect();
    [Idempotence::AtLeastOnce, Idempotence::Conditional]
        .into_iter()
        .find(|kind| all.contains(kind))
        .unwrap_or(Idempotence::Idempotent)
}

impl Plan {
    /// Reads a recorded payload.
    ///
    /// # Errors
    /// Why it cannot be read: a newer version wrote it, or it is no plan.
    pub fn read(payload: &Value) -> Result<Self, String> {
        match payload.get("version").and_then(Value::as_u64) {
            Some(version) if version > u64::from(VERSION) => Err(format!(
                "was written by a newer version (payload.version {version}, this one reads up to {VERSION}): upgrade Firebreak"
            )),
            Some(version) if version < u64::from(VERSION) => Err(format!(
                "has payload.version {version}, which no released version wrote, and is not run: delete the object, whose custody stays in its Holds, and release those"
            )),
            _ => serde_json::from_value(payload.clone())
                .map_err(|error| format!("cannot be read by this version: {error}")),
        }
    }

    /// Digest over what an approver must have seen: target, steps, owned values, undo, how much hangs on it, and what warns.
    pub fn digest(&self) -> String {
        let mut seen = self.material();
        seen["impact"] = json!(self.impact());
        if !self.warnings.is_empty() {
            seen["warnings"] = json!(self.warnings);
        }
        digest::sha256(&seen)
    }

    /// Whether an approval of this plan also covers what would be planned now: the same in everything that is written. What
    /// hangs on the target and what warns does not count: anyone who controls the AWS account moves it at will, and would void
    /// each approval.
    pub fn covers(&self, fresh: &Self) -> bool {
        self.material() == fresh.material()
    }

    /// Whether nothing warned when it was made and something warns now.
    pub fn lacks_warnings_of(&self, fresh: &Self) -> bool {
        self.warnings.is_empty() && !fresh.warnings.is_empty()
    }

    /// How many things stop working with the target.
    pub fn impact(&self) -> usize {
        self.dependents.len() + self.more_dependents
    }

    /// What stops working with the target, one line each, and how many more there are.
    pub fn impact_lines(&self) -> Vec<String> {
        let listed = self.dependents.iter().map(|one| format!("{} {}", one.kind, one.name));
        let more = (self.more_dependents > 0).then(|| format!("and {} more", self.more_dependents));
        listed.chain(more).collect()
    }

    /// Whether any step of it writes to AWS.
    pub fn writes(&self) -> bool {
        self.steps
            .iter()
            .any(|step| !matches!(&step.disposition, Some(d) if *d != Disposition::Restore))
    }

    /// Whether any step of it destroys something.
    pub fn is_destructive(&self) -> bool {
        let held = self.steps.iter().map(|step| step.undo);
        let mut all = held.chain(self.acts.iter().map(|act| act.undo));
        all.any(Undo::is_destructive)
    }

    /// Shortens what people read to what they can read: nobody makes a plan too large by adding to what hangs on its target.
    pub fn shortened(mut self) -> Self {
        let all = self.impact();
        let mut of_kind: BTreeMap<String, usize> = BTreeMap::new();
        self.dependents.retain(|one| {
            let listed = of_kind.entry(one.kind.clone()).or_default();
            *listed += 1;
            *listed <= MAX_LISTED
        });
        self.more_dependents = all - self.dependents.len();
        for lines in [&mut self.empties, &mut self.notes, &mut self.warnings] {
            shorten(lines);
        }
        self
    }

    /// Checks the bounds.
    ///
    /// # Errors
    /// `PlanTooLarge`, naming the bound.
    pub fn bounded(self) -> Result<Self, Blocked> {
        let bytes = serde_json::to_string(&self)
            .map(|text| text.len())
            .unwrap_or(usize::MAX);
        let steps = self.steps.len() + self.acts.len();
        if steps > MAX_STEPS || bytes > MAX_BYTES {
            let message = format!(
                "the plan has {steps} steps and {bytes} bytes; at most {MAX_STEPS} steps and {MAX_BYTES} bytes are carried out: choose a narrower target"
            );
            return Err(Blocked::new(Reason::PlanTooLarge, message));
        }
        Ok(self)
    }

    fn material(&self) -> Value {
        let mut material = self.material_of_steps();
        if !self.acts.is_empty() {
            material["acts"] = self.acts.iter().map(ActStep::material).collect();
        }
        if let Some(leads) = &self.leads {
            material["leads"] = json!(leads);
        }
        material
    }

    fn material_of_steps(&self) -> Value {
        json!({
            "version": self.version, "action": self.action, "account": self.account_id, "region": self.region,
            "kind": self.kind, "arn": self.arn, "expiry": self.expiry, "mode": self.mode, "severity": self.severity,
            "restore": self.restore,
            "steps": self.steps.iter().map(Step::material).collect::<Vec<_>>(),
        })
    }
}

/// The first lines, each at a length that can be read; the last one says how many more there are.
fn shorten(lines: &mut Vec<String>) {
    let more = lines.len().saturating_sub(MAX_LINES);
    lines.truncate(MAX_LINES);
    for line in lines.iter_mut().filter(|line| line.chars().count() > MAX_LINE) {
        *line = line.chars().take(MAX_LINE - 1).chain(['…']).collect();
    }
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

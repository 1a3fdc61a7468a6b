//! What became of a word: the operator is watched for a moment, because only it knows whether the word counts.

use crate::{
    cluster::Cluster,
    exit::refused,
    records::{Records, Reported, Responding, condition, not_counted},
};
use anyhow::Result;
use firebreak_core::{
    approval::counts_again_from,
    engine::Standing,
    respond::{Object, Respondent},
    run::Run,
};
use firebreak_crds::{Decision, Verb};
use jiff::{SignedDuration, Timestamp};
use kube::ResourceExt;
use std::time::{Duration, Instant};

/// How long the operator is watched: it usually answers within a second.
const PATIENCE: Duration = Duration::from_secs(5);
const EVERY: Duration = Duration::from_millis(100);
/// The longest time that a word is waited for until it would count: policies count 10 s after they were written.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_secs(30);

/// What the operator has made of a word.
#[derive(Clone, Debug, PartialEq)]
pub struct After {
    /// How it stands now, for people.
    pub text: String,
    /// Why the word does not count; none where it counts, or nothing was heard yet.
    why_not: Option<String>,
}

impl After {
    /// It counts, and this is how it stands now.
    pub fn counts(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            why_not: None,
        }
    }

    /// It does not count.
    pub fn not(why: &str) -> Self {
        Self {
            text: format!("it does not count: {why}"),
            why_not: Some(why.to_owned()),
        }
    }

    /// From when on the same word would count; none where waiting does not help.
    pub fn counts_from(&self) -> Option<Timestamp> {
        counts_again_from(self.why_not.as_deref()?)
    }

    /// The end of the command.
    ///
    /// # Errors
    /// Refused where the word does not count.
    pub fn counted(&self, decision: &Decision) -> Result<()> {
        match &self.why_not {
            None => Ok(()),
            Some(why) => Err(refused(format!(
                "decision/{} does not count: {why}",
                decision.name_any()
            ))),
        }
    }
}

/// Waits for a time that lies close ahead.
pub async fn wait_until(time: Timestamp) {
    let ahead = time.duration_since(Timestamp::now()).min(LONGEST_WAIT) + SignedDuration::from_secs(1);
    tokio::time::sleep(ahead.unsigned_abs()).await;
}

/// What one look at the operator's reports brings.
pub enum Look {
    /// They could not be read.
    Unreadable,
    /// They say nothing of the word yet.
    Silent,
    /// They say what became of it.
    Noted(After),
}

/// Watches the operator until it has taken note of a Decision. The Decision exists whatever happens here, so failing to look
/// is only said.
pub async fn until_noted(decision: &Decision, look: impl AsyncFn() -> Look) -> After {
    let until = Instant::now() + PATIENCE;
    loop {
        let is_late = Instant::now() >= until;
        match look().await {
            Look::Noted(after) => return after,
            Look::Unreadable if is_late => return silent(false, decision),
            Look::Silent if is_late => return silent(true, decision),
            Look::Unreadable | Look::Silent => tokio::time::sleep(EVERY).await,
        }
    }
}

/// The same for a Decision about a response that is held.
pub async fn of(cluster: &Cluster, before: Option<&Run>, decision: &Decision) -> After {
    until_noted(decision, async || match look(cluster, decision).await {
        None => Look::Unreadable,
        Some((object, records)) => noted(&object, &records, before, decision).map_or(Look::Silent, Look::Noted),
    })
    .await
}

/// The command that tells how it goes on.
pub fn way_on(decision: &Decision) -> String {
    let (target, namespace) = (&decision.spec.target, decision.namespace().unwrap_or_default());
    let name = &target.name;
    match target.kind.as_str() {
        "FailoverPlan" => format!("kubectl firebreak failover watch {name} -n {namespace}"),
        "TrafficPolicy" => format!("kubectl firebreak status trafficpolicy/{name} -n {namespace}"),
        _ => format!("kubectl firebreak status {name} -n {namespace}"),
    }
}

async fn look(cluster: &Cluster, decision: &Decision) -> Option<(Object, Records)> {
    let target = &decision.spec.target;
    let kind = Respondent::called(&target.kind)?;
    let object = cluster.find_respondent(kind, &target.name).await.ok()??;
    let records = cluster.records(Some(&cluster.namespace)).await.ok()?;
    Some((object, records))
}

fn silent(seen: bool, decision: &Decision) -> After {
    let text = match seen {
        true => format!(
            "the operator has not taken note of it within {} s: {} says whether it runs",
            PATIENCE.as_secs(),
            way_on(decision)
        ),
        false => "how the run stands could not be read".into(),
    };
    After::counts(text)
}

/// How it stands, once the operator has taken note.
fn noted(object: &impl Responding, records: &Records, before: Option<&Run>, decision: &Decision) -> Option<After> {
    if let Some(why) = not_counted(object, decision) {
        return Some(After::not(why));
    }
    let now = Timestamp::now();
    let world = records.world(object, now);
    let run = world.latest()?;
    let heard = match decision.spec.verb {
        Verb::Approve | Verb::Reject | Verb::BreakGlass => heard(object, run, decision),
        Verb::Release => before.is_none_or(|before| before.spec.run < run.spec.run) || is_over(object),
        Verb::Abandon => run.status.outcome != before.and_then(|run| run.status.outcome) || is_over(object),
        Verb::Acknowledge | Verb::Note | Verb::Resolve | Verb::Reopen | Verb::Review => false,
        Verb::Start | Verb::Pause | Verb::Resume | Verb::Skip | Verb::Retry | Verb::Abort => false,
    };
    heard.then(|| After::counts(stands(run, &Standing::of(&world, run, now), object)))
}

/// Whether the operator names the person, or has gone on to another run or outcome.
pub(super) fn heard(object: &impl Reported, run: &Run, decision: &Decision) -> bool {
    let spec = &decision.spec;
    let by = &spec.by;
    let marks = [format!("{by} ("), format!("{by} broke the glass"), format!("by {by}")];
    let named = |text: &str| marks.iter().any(|mark| text.contains(mark));
    let other = spec.plan.as_ref().is_none_or(|plan| plan.uid != run.reference.uid);
    let approved = condition(object, "Approved");
    other
        || !run.is_open()
        || run.status.approved_by.iter().any(|by| named(by))
        || approved.is_some_and(|c| named(&c.message))
}

fn is_over(object: &impl Reported) -> bool {
    let reason = |kind| condition(object, kind).map(|condition| condition.reason.as_str());
    matches!(
        reason("Released"),
        Some("Released" | "Abandoned" | "RestoreWithheld" | "ReleaseConflict")
    )
}

/// The run in words: what people have said, and where it is over how it ended.
fn stands(run: &Run, standing: &Standing, object: &impl Reported) -> String {
    let ready = condition(object, "Ready").map(|ready| format!("{}: {}", ready.reason, ready.message));
    match (run.is_open(), run.status.outcome) {
        (false, Some(outcome)) => format!(
            "run {} ({:?}) is over ({outcome:?}){}",
            run.spec.run,
            run.spec.action,
            ready.map(|ready| format!("; {ready}")).unwrap_or_default()
        ),
        _ => format!("run {} ({:?}): {}", run.spec.run, run.spec.action, standing.sentence()),
    }
}

#[cfg(test)]
#[path = "after_tests.rs"]
mod tests;

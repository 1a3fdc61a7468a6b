//! What the deciding verbs share: look, ask, say it once, and tell how the run stands.

use super::{
    Response, Setting,
    after::{self, After},
    custody, failover, spoken,
};
use crate::{
    cluster::{Cluster, Given},
    decision::{self, About, Word},
    exit::refused,
    records::{Records, Reported, Responding, not_counted, readable},
    render::{
        Paint,
        next::{self, Reader},
        plan,
    },
    terminal,
};
use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use firebreak_core::{
    approval::counts_again_from,
    engine::{Standing, World, requesters_of},
    respond::{Object, Respondent},
    run::Run,
};
use firebreak_crds::{Action, Decision, OwnerRef, PlanOutcome, PlanReference, Verb, text};
use firebreak_executor::preview;
use jiff::{SignedDuration, Timestamp};
use kube::ResourceExt;
use serde_json::{Value, json};

/// How often the same word can be given again after the earlier one does not count any more.
const MAX_TURNS: u32 = 100;

/// The object, and how much is asked back.
#[derive(Args, Debug, Clone)]
pub struct Subject {
    /// The object: NAME or quarantine/NAME, trafficpolicy/NAME, or failoverplan/NAME
    #[arg(value_parser = super::response_name)]
    pub name: Response,
    /// Do not ask; needed without a terminal
    #[arg(short = 'y', long)]
    pub yes: bool,
}

/// What is known when the question is asked.
struct Scene {
    object: Object,
    records: Records,
    world: World,
    by: String,
}

/// Says a word about the plan of the current run.
///
/// # Errors
/// When there is nothing to decide, somebody refuses, the digest is another one, or the word does not count.
pub async fn about_plan(setting: &Setting, subject: &Subject, word: Word, digest: Option<&str>) -> Result<()> {
    let cluster = Cluster::connect(&setting.connection).await?;
    let (kind, name) = match &subject.name {
        Response::Quarantine(name) => (Respondent::Quarantine, name),
        Response::TrafficPolicy(name) => (Respondent::TrafficPolicy, name),
        Response::FailoverPlan(name) => {
            return failover::about_plan(setting, &cluster, (name, subject.yes), word, digest).await;
        }
    };
    let scene = look(&cluster, kind, name).await?;
    let run = open_run(&scene)?;
    may_decide(&run, &requesters_of(&scene.world, &run), &word, &scene.by, digest)?;
    let now = Timestamp::now();
    let standing = Standing::of(&scene.world, &run, now);
    let word = in_a_role(&cluster, &cluster.namespace, &standing, word).await;
    let mut view = plan_view(&scene.object, &run, &standing, &Reader::default());
    view.warnings = warnings(&scene.world, &run, &scene.records.notes, now);
    terminal::remark(&view.decided(Paint(false)));
    terminal::confirm(&question(&word, &scene.by), subject.yes)?;
    let about = about(&scene.object, Some(run.reference.clone()));
    finish(setting, &cluster, &scene, &about, &word, Some(&view)).await
}

/// What stands in the way of a recorded run, and what could not be read.
pub fn warnings(world: &World, run: &Run, notes: &[String], now: Timestamp) -> Vec<String> {
    let pending = run.is_open() && !run.has_begun();
    let mut all = match pending {
        true => preview::hindrances(world, &run.plan, now),
        false => Vec::new(),
    };
    all.extend(notes.iter().cloned());
    all
}

/// Says a word about the object as its spec is now.
///
/// # Errors
/// When the object does not exist, or somebody refuses.
pub async fn about_object(
    setting: &Setting,
    cluster: &Cluster,
    (kind, name): (Respondent, &str),
    yes: bool,
    word: Word,
) -> Result<()> {
    let scene = look(cluster, kind, name).await?;
    let held = scene.records.holds_of(scene.object.uid());
    if held.is_empty() && !scene.world.runs.iter().any(Run::has_begun) {
        let spoken = spoken(&scene.world.subject.owner);
        return Err(refused(nothing_held(&scene.world, &word, &spoken)));
    }
    let title = format!("In custody of {}/{name}", cluster.namespace);
    terminal::remark(&custody::listed(&title, held, word.verb));
    let word = in_a_role(cluster, &cluster.namespace, &Standing::free(), word).await;
    terminal::confirm(&question(&word, &scene.by), yes)?;
    let about = about(&scene.object, None);
    finish(setting, cluster, &scene, &about, &word, None).await
}

/// The word in the role that was named, else in the one that helps most of those that the person has.
pub(super) async fn in_a_role(cluster: &Cluster, namespace: &str, standing: &Standing, word: Word) -> Word {
    if !word.approver_role.is_empty() {
        return word;
    }
    let reader = cluster.reader(namespace, &next::roles(standing)).await;
    let approver_role = reader.role(standing).unwrap_or(next::APPROVER).to_owned();
    Word { approver_role, ..word }
}

/// Why nothing can be released or given up, and what to do instead.
fn nothing_held(world: &World, word: &Word, name: &str) -> String {
    let waits = world.latest().is_some_and(Run::is_open);
    let way_on = match waits {
        true => {
            format!("its plan waits: to keep it from being carried out, kubectl firebreak reject {name}, or delete it")
        }
        false => format!("kubectl firebreak status {name} tells how it stands"),
    };
    format!(
        "{:?}: nothing of {name} is in custody, and nothing was changed; {way_on}",
        word.verb
    )
}

async fn look(cluster: &Cluster, kind: Respondent, name: &str) -> Result<Scene> {
    let object = cluster.respondent(kind, name).await?;
    let records = cluster.records(Some(&cluster.namespace)).await?;
    records
        .notes
        .iter()
        .for_each(|note| terminal::remark(&format!("note: {note}")));
    Ok(Scene {
        world: records.world(&object, Timestamp::now()),
        by: cluster.whoami().await?,
        object,
        records,
    })
}

fn open_run(scene: &Scene) -> Result<Run> {
    let (uid, namespace) = (scene.object.uid(), scene.object.namespace());
    let name = spoken(&scene.world.subject.owner);
    let run = current_run(&scene.records, uid, &name, namespace)?;
    match run.is_open() {
        true => Ok(run),
        false => Err(refused(format!(
            "run {} is over ({:?}): {}; kubectl firebreak status {name} -n {namespace} tells more",
            run.spec.run,
            run.status.outcome.unwrap_or(PlanOutcome::Superseded),
            way_on(run.status.outcome),
        ))),
    }
}

/// How it goes on after a run that is over.
fn way_on(outcome: Option<PlanOutcome>) -> &'static str {
    match outcome {
        Some(PlanOutcome::Rejected) => "change the spec for a new plan, or ask for the release again",
        Some(PlanOutcome::Abandoned) => "custody was given up; change the spec for a new plan",
        Some(PlanOutcome::Orphaned) => "its object was deleted; decide about the orphaned Holds",
        Some(PlanOutcome::RolledBack | PlanOutcome::Stopped) => "it was aborted; another run needs a higher serial",
        Some(PlanOutcome::Running | PlanOutcome::Completed) => "nothing is left to decide",
        Some(PlanOutcome::Superseded) | None => "wait for the next plan",
    }
}

/// The newest run of an object.
///
/// # Errors
/// When there is none, or it cannot be read.
pub fn current_run(records: &Records, uid: &str, name: &str, namespace: &str) -> Result<Run> {
    match records.runs(uid).pop() {
        None => bail!("it has no plan yet: kubectl firebreak status {name} -n {namespace} tells why"),
        Some(run) => readable(run),
    }
}

/// What can be known to be in vain is not said.
pub(super) fn may_decide(run: &Run, requesters: &[String], word: &Word, by: &str, digest: Option<&str>) -> Result<()> {
    let (owner, name) = (&run.spec.owner, spoken(&run.spec.owner));
    if let Some(expected) = digest.filter(|digest| *digest != run.reference.digest) {
        return Err(refused(format!(
            "--digest: the current plan is {}, not {expected}; nothing was created: read it again, kubectl firebreak plan {name} -n {}",
            run.reference.digest, owner.namespace
        )));
    }
    if word.verb == Verb::Approve && requesters.iter().any(|name| name == by) {
        return Err(refused(format!(
            "you ({by}) requested this run; another person must approve it"
        )));
    }
    if word.verb == Verb::BreakGlass && run.spec.action == Action::Release {
        return Err(refused(format!(
            "glass is broken to cut off, never to put back: a release takes its approvals, kubectl firebreak plan {name} -n {} tells whose",
            owner.namespace
        )));
    }
    Ok(())
}

pub(super) fn question(word: &Word, by: &str) -> String {
    format!("{:?} as {by} in the approver role {}?", word.verb, word.approver_role)
}

/// The object, and the plan if the word is about one.
fn about(object: &Object, plan: Option<PlanReference>) -> About {
    About {
        owner: object.subject().owner,
        generation: Some(object.metadata().generation.unwrap_or(1)),
        plan,
    }
}

/// The view of a recorded run.
pub fn plan_view<'a>(
    object: &impl Responding,
    run: &'a Run,
    standing: &'a Standing,
    reader: &Reader,
) -> plan::View<'a> {
    let owner = object.subject().owner;
    let OwnerRef {
        kind, namespace, name, ..
    } = &owner;
    plan::View {
        object: format!("{kind} {namespace}/{name}"),
        plan: &run.plan,
        run: Some(run),
        requested_by: run.spec.requested_by.as_deref(),
        standing,
        warnings: Vec::new(),
        next: next::next_for(run, standing, reader, &spoken(&owner), namespace),
    }
}

async fn finish(
    setting: &Setting,
    cluster: &Cluster,
    scene: &Scene,
    about: &About,
    word: &Word,
    view: Option<&plan::View<'_>>,
) -> Result<()> {
    let spent = |earlier: &Decision| is_spent(&scene.object, earlier, Timestamp::now());
    let heard = async |decision: &Decision| after::of(cluster, scene.world.latest(), decision).await;
    let said = say(cluster, about, word, &scene.by, spent, heard).await?;
    said.answer(setting, |decision| answer(decision, view))
}

/// A word that was given, and what became of it.
pub(super) struct Said {
    decision: Decision,
    is_new: bool,
    outcome: After,
}

/// Gives a word, once more where it came too early, and tells what the operator has made of it.
///
/// # Errors
/// When the API server refuses it.
pub(super) async fn say(
    cluster: &Cluster,
    about: &About,
    word: &Word,
    by: &str,
    spent: impl Fn(&Decision) -> bool,
    heard: impl AsyncFn(&Decision) -> After,
) -> Result<Said> {
    let (mut decision, mut is_new) = give(cluster, about, word, by, &spent).await?;
    let mut outcome = heard(&decision).await;
    if let Some(from) = outcome.counts_from() {
        terminal::remark(&format!("{}; it is given again then", outcome.text));
        after::wait_until(from).await;
        let early = decision.name_any();
        let spent = |earlier: &Decision| spent(earlier) || earlier.name_any() == early;
        (decision, is_new) = give(cluster, about, word, by, spent).await?;
        outcome = heard(&decision).await;
    }
    Ok(Said {
        decision,
        is_new,
        outcome,
    })
}

impl Said {
    /// Prints it.
    ///
    /// # Errors
    /// Refused where the word does not count.
    pub fn answer(&self, setting: &Setting, machines: impl FnOnce(&Decision) -> Value) -> Result<()> {
        setting.answer(
            || machines(&self.decision),
            |paint| told(&self.decision, self.is_new, &self.outcome.text, paint),
        )?;
        self.outcome.counted(&self.decision)
    }
}

/// The Decision; where it is about a plan, with all that was shown of it.
pub(super) fn answer(decision: &Decision, view: Option<&plan::View<'_>>) -> Value {
    let decision = serde_json::to_value(decision).unwrap_or_default();
    match view {
        Some(view) => json!({"decision": decision, "plan": view.json()}),
        None => decision,
    }
}

/// Creates the Decision, unless it was given before and still counts; and whether it is new.
///
/// # Errors
/// When the API server refuses it.
pub(super) async fn give(
    cluster: &Cluster,
    about: &About,
    word: &Word,
    by: &str,
    spent: impl Fn(&Decision) -> bool,
) -> Result<(Decision, bool)> {
    for turn in 0..MAX_TURNS {
        let wanted = decision::decision(about, word, by, turn);
        match cluster.give(&wanted).await? {
            Given::Now(decision) => return Ok((decision, true)),
            Given::Before(earlier) if spent(&earlier) => {}
            Given::Before(earlier) => return Ok((earlier, false)),
        }
    }
    Err(anyhow!(
        "{MAX_TURNS} earlier Decisions of yours do not count: kubectl firebreak status {} -n {} tells why",
        spoken(&about.owner),
        about.owner.namespace
    ))
}

/// Whether an earlier word does not count any more, so that it may be said again.
pub(super) fn is_spent(object: &impl Reported, earlier: &Decision, now: Timestamp) -> bool {
    let too_early = |why: &str| counts_again_from(why).is_some();
    decision::has_expired(earlier, now) || not_counted(object, earlier).is_some_and(too_early)
}

/// That it was said, and whether it was said before.
pub(super) fn said(decision: &Decision, new: bool, paint: Paint) -> String {
    let (done, name) = (plan::done(decision.spec.verb), decision.name_any());
    let given = decision.creation_timestamp();
    let given = given.map_or_else(String::new, |time| format!(" at {}", text::seconds(time.0)));
    match new {
        true => paint.good(&format!("{done}: decision/{name}")),
        false => paint.wait(&format!("already {done}{given}: decision/{name}")),
    }
}

fn told(decision: &Decision, new: bool, stands: &str, paint: Paint) -> String {
    let first = said(decision, new, paint);
    format!("{first}\n{stands}\nnext: {}\n", after::way_on(decision))
}

/// The time that a duration from now ends.
///
/// # Errors
/// When it lies beyond all calendars.
pub fn from_now(duration: Option<SignedDuration>) -> Result<Option<Timestamp>> {
    let end = duration
        .map(|duration| Timestamp::now().checked_add(duration))
        .transpose();
    let end = end.context("--expires-after is too long")?;
    // Whole seconds, as Kubernetes writes times.
    end.map(|end| Timestamp::from_second(end.as_second()))
        .transpose()
        .context("--expires-after is too long")
}

#[cfg(test)]
#[path = "decide_tests.rs"]
mod tests;

//! What the deciding verbs share: look, ask, say it once, and tell how the run stands.

use super::Setting;
use crate::{
    cluster::{Cluster, Given},
    decision::{self, About, Word},
    exit::refused,
    records::{Records, not_counted},
    render::{Paint, plan},
    terminal,
};
use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use firebreak_core::engine::{Run, Standing, World};
use firebreak_crds::{Decision, OwnerRef, PlanReference, Quarantine, Verb};
use jiff::{SignedDuration, Timestamp};
use kube::ResourceExt;

/// How often the same word can be given anew after the earlier one does not count any more.
const MAX_TURNS: u32 = 100;

/// The object, and how much is asked back.
#[derive(Args, Debug, Clone)]
pub struct Subject {
    /// The Quarantine: NAME or quarantine/NAME
    #[arg(value_parser = super::object_name)]
    pub name: String,
    /// Do not ask; needed without a terminal
    #[arg(short = 'y', long)]
    pub yes: bool,
}

/// What is known when the question is asked.
struct Scene {
    object: Quarantine,
    records: Records,
    world: World,
    by: String,
}

/// Says a word about the plan of the current run.
///
/// # Errors
/// When there is nothing to decide, somebody refuses, or the digest is another one.
pub async fn about_plan(setting: &Setting, subject: &Subject, word: Word, digest: Option<&str>) -> Result<()> {
    let cluster = Cluster::connect(&setting.connection).await?;
    let scene = look(&cluster, &subject.name).await?;
    let run = open_run(&scene)?;
    may_decide(&run, &word, &scene.by, digest)?;
    let standing = Standing::of(&scene.world, &run, Timestamp::now());
    terminal::remark(&plan_view(&scene.object, &run, &standing).short(Paint(false)));
    terminal::remark(&format!("{}\n", standing.sentence()));
    terminal::confirm(&question(&word, &scene.by), subject.yes)?;
    let about = about(&scene.object, Some(run.reference.clone()));
    finish(setting, &cluster, &scene, &about, &word).await
}

/// Says a word about the object as its spec is now.
///
/// # Errors
/// When the object does not exist, or somebody refuses.
pub async fn about_object(setting: &Setting, cluster: &Cluster, subject: &Subject, word: Word) -> Result<()> {
    let scene = look(cluster, &subject.name).await?;
    let uid = scene.object.uid().unwrap_or_default();
    let held = scene.records.holds_of(&uid);
    let named = held
        .iter()
        .map(|h| format!("  {} of {}\n", h.spec.key.field, h.spec.key.resource));
    terminal::remark(&format!(
        "In custody of {}/{}: {} thing(s)\n{}",
        cluster.namespace,
        subject.name,
        held.len(),
        named.collect::<String>()
    ));
    terminal::confirm(&question(&word, &scene.by), subject.yes)?;
    let about = about(&scene.object, None);
    finish(setting, cluster, &scene, &about, &word).await
}

async fn look(cluster: &Cluster, name: &str) -> Result<Scene> {
    let object = cluster.quarantine(name).await?;
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
    let uid = scene.object.uid().unwrap_or_default();
    let run = current_run(&scene.records, &uid, &scene.object.name_any())?;
    match run.is_open() {
        true => Ok(run),
        false => Err(refused(format!(
            "run {} is over ({:?}): wait for the next plan, kubectl firebreak status {} tells",
            run.spec.run,
            run.status.outcome.unwrap_or(firebreak_crds::PlanOutcome::Superseded),
            scene.object.name_any()
        ))),
    }
}

/// The newest run of an object.
///
/// # Errors
/// When there is none, or it cannot be read.
pub fn current_run(records: &Records, uid: &str, name: &str) -> Result<Run> {
    match records.runs(uid).pop() {
        None => bail!("the Quarantine has no plan yet: kubectl firebreak status {name} tells why"),
        Some(Err(blocked)) => Err(refused(format!("{}: {}", blocked.reason.as_str(), blocked.message))),
        Some(Ok(run)) => Ok(run),
    }
}

/// What can be known to be in vain is not said.
fn may_decide(run: &Run, word: &Word, by: &str, digest: Option<&str>) -> Result<()> {
    if let Some(expected) = digest.filter(|digest| *digest != run.reference.digest) {
        return Err(refused(format!(
            "--digest: the current plan is {}, not {expected}; nothing was created: read it again, kubectl firebreak plan {}",
            run.reference.digest, run.spec.owner.name
        )));
    }
    if word.verb == Verb::Approve && run.spec.requested_by.as_deref() == Some(by) {
        return Err(refused(format!(
            "you ({by}) asked for this run, and whoever asked for it cannot approve it: ask somebody else"
        )));
    }
    Ok(())
}

pub(super) fn question(word: &Word, by: &str) -> String {
    format!("{:?} as {by} in the capacity {}?", word.verb, word.capacity)
}

/// The object, and the plan if the word is about one.
fn about(object: &Quarantine, plan: Option<PlanReference>) -> About {
    About {
        owner: OwnerRef {
            kind: "Quarantine".into(),
            namespace: object.namespace().unwrap_or_default(),
            name: object.name_any(),
            uid: object.uid().unwrap_or_default(),
        },
        generation: Some(object.metadata.generation.unwrap_or(1)),
        plan,
    }
}

/// The view of a recorded run.
pub fn plan_view<'a>(object: &Quarantine, run: &'a Run, standing: &'a Standing) -> plan::View<'a> {
    let namespace = object.namespace().unwrap_or_default();
    plan::View {
        object: format!("Quarantine {namespace}/{}", object.name_any()),
        plan: &run.plan,
        run: Some(run),
        requested_by: run.spec.requested_by.as_deref(),
        standing,
        warnings: Vec::new(),
        next: plan::next_for(run, standing, &object.name_any(), &namespace),
    }
}

async fn finish(setting: &Setting, cluster: &Cluster, scene: &Scene, about: &About, word: &Word) -> Result<()> {
    let spent = |earlier: &Decision| is_spent(&scene.object, earlier, Timestamp::now());
    let (decision, new) = give(cluster, about, word, &scene.by, spent).await?;
    let stands = stands(cluster, &scene.object).await;
    setting.answer(
        || serde_json::to_value(&decision).unwrap_or_default(),
        |paint| outcome(&decision, new, &stands, paint),
    )
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
        "{MAX_TURNS} earlier Decisions of yours do not count: kubectl firebreak status tells why"
    ))
}

/// Whether an earlier word does not count any more, so that it may be said again.
fn is_spent(object: &Quarantine, earlier: &Decision, now: Timestamp) -> bool {
    let too_early = |why: &str| why.starts_with("it was given before");
    decision::has_expired(earlier, now) || not_counted(object, earlier).is_some_and(too_early)
}

/// How the run stands after the word. The Decision exists whatever happens here, so failing to look is only said.
async fn stands(cluster: &Cluster, object: &Quarantine) -> String {
    let Ok(records) = cluster.records(Some(&cluster.namespace)).await else {
        return "how the run stands could not be read".into();
    };
    let world = records.world(object, Timestamp::now());
    match world.latest() {
        Some(run) => format!(
            "run {}: {}",
            run.spec.run,
            Standing::of(&world, run, Timestamp::now()).sentence()
        ),
        None => "there is no run yet".into(),
    }
}

/// That it was said, and whether it was said before.
pub(super) fn said(decision: &Decision, new: bool, paint: Paint) -> String {
    let (done, name) = (plan::done(decision.spec.verb), decision.name_any());
    let given = decision
        .creation_timestamp()
        .map(|t| format!(" at {}", t.0))
        .unwrap_or_default();
    match new {
        true => paint.good(&format!("{done}: decision/{name}")),
        false => paint.wait(&format!("already {done}{given}: decision/{name}")),
    }
}

fn outcome(decision: &Decision, new: bool, stands: &str, paint: Paint) -> String {
    let first = said(decision, new, paint);
    let target = &decision.spec.target.name;
    let namespace = decision.namespace().unwrap_or_default();
    format!("{first}\n{stands}\nnext: kubectl firebreak status {target} -n {namespace}\n")
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

//! What the words about a FailoverPlan share: look, ask, say it once, and tell what the operator has made of it.

use super::noted::noted;
use crate::{
    cluster::Cluster,
    cmd::{
        Setting,
        after::{self, After, Look},
        decide::{self, Said},
        incident,
    },
    decision::{About, Word},
    failover::{run, standing, steering},
    records::Records,
    render::{
        Paint,
        failover::path,
        next::{self, Reader},
        plan::View,
    },
    terminal,
};
use anyhow::Result;
use firebreak_core::{
    engine::Standing,
    respond::failover::{conduct::requesters, targets},
    run::Run,
};
use firebreak_crds::{Decision, FailoverPlan, OwnerRef, PlanReference, text};
use jiff::Timestamp;
use kube::ResourceExt;

/// What is known when the question is asked.
pub struct Scene {
    /// The object.
    pub object: FailoverPlan,
    /// Everything around it.
    pub records: Records,
    /// Who asks.
    pub by: String,
}

/// Reads all that a word about a FailoverPlan depends on.
///
/// # Errors
/// When something cannot be read.
pub async fn look(cluster: &Cluster, name: &str) -> Result<Scene> {
    let object = cluster.failover_plan(name).await?;
    let records = cluster.records(Some(&cluster.namespace)).await?;
    remark(&records);
    Ok(Scene {
        by: cluster.whoami().await?,
        object,
        records,
    })
}

/// Tells what could not be read.
pub fn remark(records: &Records) {
    let notes = records.notes.iter();
    notes.for_each(|note| terminal::remark(&format!("note: {note}")));
}

/// Says a word about the plan of the current run.
///
/// # Errors
/// When there is nothing to decide, somebody refuses, the digest is another one, or the word does not count.
pub async fn about_plan(
    setting: &Setting,
    cluster: &Cluster,
    (name, yes): (&str, bool),
    word: Word,
    digest: Option<&str>,
) -> Result<()> {
    let scene = look(cluster, name).await?;
    let run = run::open(&scene.records, &scene.object)?;
    if let Some(step) = word.step.as_deref() {
        steering::may_say(&scene.object, &run, word.verb, Some(step))?;
    }
    decide::may_decide(&run, &requesters(&run), &word, &scene.by, digest)?;
    let standing = standing_of(&scene, &run, &word);
    let word = decide::in_a_role(cluster, &cluster.namespace, &standing, word).await;
    let mut view = view(&scene.object, &run, &standing, &Reader::default());
    view.warnings = warnings(&scene.object, &scene.records, &run);
    terminal::remark(&view.decided(Paint(false)));
    if let Some(step) = word.step.as_deref() {
        let meaning = steering::meaning(&scene.object, &run, word.verb, Some(step));
        terminal::remark(&text::one_line(&meaning));
    }
    terminal::confirm(&question(&word, &scene.by), yes)?;
    let about = about(&scene.object, Some(run.reference.clone()));
    let said = say(cluster, &scene, Some(&run), &about, &word).await?;
    said.answer(setting, |decision| decide::answer(decision, Some(&view)))
}

fn standing_of(scene: &Scene, run: &Run, word: &Word) -> Standing {
    let (records, object, now) = (&scene.records, &scene.object, Timestamp::now());
    match word.step.as_deref() {
        Some(step) => standing::of_step(records, object, run, step, now),
        None => standing::of_run(records, object, run, now),
    }
}

/// The word in the role that was named, else in one that the person has: `responder` is enough to begin and to steer a run.
pub async fn steering_role(cluster: &Cluster, word: Word) -> Word {
    if !word.approver_role.is_empty() {
        return word;
    }
    let approver_role = incident::role(cluster).await;
    Word { approver_role, ..word }
}

/// The question that is asked before a word is given.
pub fn question(word: &Word, by: &str) -> String {
    match &word.step {
        None => decide::question(word, by),
        Some(step) => format!(
            "{:?} step {step} as {by} in the approver role {}?",
            word.verb, word.approver_role
        ),
    }
}

/// Gives a word, and watches what the operator makes of it.
///
/// # Errors
/// When the API server refuses it.
pub async fn say(cluster: &Cluster, scene: &Scene, run: Option<&Run>, about: &About, word: &Word) -> Result<Said> {
    let decisions = scene.records.decisions_about(&scene.object.uid().unwrap_or_default());
    let spent = |earlier: &Decision| {
        decide::is_spent(&scene.object, earlier, Timestamp::now())
            || run.is_some_and(|run| steering::is_overtaken(run, &decisions, earlier))
    };
    let heard = async |decision: &Decision| watched(cluster, &scene.object, decision).await;
    decide::say(cluster, about, word, &scene.by, spent, heard).await
}

async fn watched(cluster: &Cluster, before: &FailoverPlan, decision: &Decision) -> After {
    after::until_noted(decision, async || {
        let object = cluster.find::<FailoverPlan>(&before.name_any()).await;
        let records = cluster.records(Some(&cluster.namespace)).await;
        match (object, records) {
            (Ok(Some(object)), Ok(records)) => {
                noted(before, &object, &records, decision).map_or(Look::Silent, Look::Noted)
            }
            (Ok(None) | Err(_), _) | (Ok(Some(_)), Err(_)) => Look::Unreadable,
        }
    })
    .await
}

/// The object, and the plan if the word is about one.
pub fn about(object: &FailoverPlan, plan: Option<PlanReference>) -> About {
    About {
        owner: OwnerRef {
            kind: "FailoverPlan".into(),
            namespace: object.namespace().unwrap_or_default(),
            name: object.name_any(),
            uid: object.uid().unwrap_or_default(),
        },
        generation: Some(object.metadata.generation.unwrap_or(1)),
        plan,
    }
}

/// The plan of the current run, for people and machines.
///
/// # Errors
/// When there is none, or something cannot be read.
pub async fn recorded(setting: &Setting, cluster: &Cluster, name: &str) -> Result<()> {
    let object = cluster.failover_plan(name).await?;
    let records = cluster.records(Some(&cluster.namespace)).await?;
    let run = run::current(&records, &object)?;
    let standing = standing::of_run(&records, &object, &run, Timestamp::now());
    let reader = cluster.reader(&cluster.namespace, &next::roles(&standing)).await;
    let mut view = view(&object, &run, &standing, &reader);
    view.warnings = warnings(&object, &records, &run);
    view.warnings.extend(records.notes.iter().cloned());
    setting.answer(|| view.json(), |paint| view.text(paint))
}

/// The view of a recorded run.
fn view<'a>(object: &FailoverPlan, run: &'a Run, standing: &'a Standing, reader: &Reader) -> View<'a> {
    let namespace = object.namespace().unwrap_or_default();
    View {
        object: format!("FailoverPlan {namespace}/{}", object.name_any()),
        plan: &run.plan,
        run: Some(run),
        requested_by: run.spec.requested_by.as_deref(),
        standing,
        warnings: Vec::new(),
        next: next_of(object, run, standing, reader),
    }
}

/// What to type after having read the plan.
fn next_of(object: &FailoverPlan, run: &Run, standing: &Standing, reader: &Reader) -> Vec<String> {
    let (name, namespace) = (object.name_any(), object.namespace().unwrap_or_default());
    let at = format!("{name} -n {namespace}");
    if run::is_over(run) {
        return vec![format!("kubectl firebreak failover history {at}")];
    }
    if run.has_begun() || standing.all {
        return vec![format!("kubectl firebreak failover watch {at}")];
    }
    next::next_for(run, standing, reader, &format!("failoverplan/{name}"), &namespace)
}

/// What must be known before one decides: that the run is over, held, or may take longer than it should.
fn warnings(object: &FailoverPlan, records: &Records, run: &Run) -> Vec<String> {
    let over = run.status.outcome.filter(|_| run::is_over(run)).map(|outcome| {
        let why = run.status.message.clone().unwrap_or_default();
        format!("this run is over ({outcome:?}): {why}")
    });
    let stop = records.stops.first().filter(|_| over.is_none());
    let stop = stop.map(|stop| format!("an EmergencyStop holds every new call back: {}", stop.spec.reason));
    let late = path::beyond(&run.plan, targets(&object.spec.objectives).rto);
    [over, stop, late].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{failover::testing, fixtures};
    use firebreak_crds::{PlanOutcome, Verb};

    fn scene() -> (Scene, Run) {
        let (records, object) = (testing::records(), testing::running());
        let run = run::current(&records, &object).unwrap();
        let by = "bob".into();
        (Scene { object, records, by }, run)
    }

    #[test]
    fn what_to_type_next_follows_the_run() {
        let (mut scene, mut run) = scene();
        let reader = Reader {
            by: Some("bob".into()),
            may: vec!["approver".into()],
        };
        let next = |scene: &Scene, run: &Run| {
            let standing = standing::of_run(&scene.records, &scene.object, run, testing::now());
            next_of(&scene.object, run, &standing, &reader)
        };
        assert_eq!(
            next(&scene, &run),
            ["kubectl firebreak failover watch orders -n payments"]
        );
        run.status.journal.clear();
        let said = next(&scene, &run);
        assert!(
            said[0].starts_with("kubectl firebreak approve failoverplan/orders -n payments --digest sha256:"),
            "{said:?}"
        );
        assert_eq!(
            said[1],
            "kubectl firebreak reject failoverplan/orders -n payments --reason '...'"
        );
        run.status.outcome = Some(PlanOutcome::Completed);
        assert_eq!(
            next(&scene, &run),
            ["kubectl firebreak failover history orders -n payments"]
        );
        scene.records.stops.clear();
    }

    #[test]
    fn warnings_name_the_stop_the_bound_and_the_end() {
        let (mut scene, mut run) = scene();
        let spec = firebreak_crds::EmergencyStopSpec { reason: "drill".into() };
        scene.records.stops = vec![firebreak_crds::EmergencyStop::new("stop", spec)];
        let said = warnings(&scene.object, &scene.records, &run);
        assert_eq!(said[0], "an EmergencyStop holds every new call back: drill");
        assert!(said[1].contains("objectives.rto is 1h"), "{said:?}");
        (run.status.outcome, run.status.message) = (Some(PlanOutcome::Stopped), Some("aborted by ann".into()));
        let said = warnings(&scene.object, &scene.records, &run);
        assert_eq!(said[0], "this run is over (Stopped): aborted by ann");
    }

    #[test]
    fn word_about_a_step_names_it_in_the_question_and_counts_for_it() {
        let (mut scene, run) = scene();
        let mut word = Word::of(Verb::Approve);
        word.approver_role = "approver".into();
        assert_eq!(question(&word, "bob"), "Approve as bob in the approver role approver?");
        word.step = Some("promote".into());
        assert_eq!(
            question(&word, "bob"),
            "Approve step promote as bob in the approver role approver?"
        );
        scene.records.decisions = vec![testing::said("d-1", Verb::Approve, "sue", Some("promote"))];
        assert_eq!(standing_of(&scene, &run, &word).voices.approvals.len(), 1);
        word.step = None;
        assert!(standing_of(&scene, &run, &word).voices.approvals.is_empty());
    }

    #[test]
    fn machines_get_the_fields_that_are_documented() {
        let (scene, run) = scene();
        let standing = standing::of_run(&scene.records, &scene.object, &run, testing::now());
        let answer = view(&scene.object, &run, &standing, &Reader::default()).json();
        assert_eq!(fixtures::fields(&answer), fixtures::promised("plan"));
    }
}

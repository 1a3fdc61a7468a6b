//! `failover pause`, `resume`, `skip`, `retry`, `abort` and `approve`: what a person says about one run.

use super::{
    Named, Subject,
    deciding::{Scene, about, about_plan, look, question, say, steering_role},
};
use crate::{
    cluster::Cluster,
    cmd::{Setting, decide},
    decision::Word,
    exit::{refused, usage},
    failover::{run, standing, steering},
    terminal,
};
use anyhow::Result;
use clap::Args;
use firebreak_core::{engine::Standing, run::Run};
use firebreak_crds::{Verb, text};
use jiff::{SignedDuration, Timestamp};
use kube::ResourceExt;
use serde_json::json;

/// What `pause` and `resume` are told.
#[derive(Args, Debug)]
pub struct Plainly {
    /// Which FailoverPlan.
    #[command(flatten)]
    pub subject: Subject,
    /// Why, for the record
    #[arg(long)]
    pub reason: Option<String>,
}

/// What `retry` is told.
#[derive(Args, Debug)]
pub struct Step {
    /// Which FailoverPlan.
    #[command(flatten)]
    pub subject: Subject,
    /// The step's name
    #[arg(value_name = "STEP")]
    pub step: String,
    /// Why, for the record
    #[arg(long)]
    pub reason: Option<String>,
}

/// What `skip` is told.
#[derive(Args, Debug)]
pub struct Reasoned {
    /// Which FailoverPlan.
    #[command(flatten)]
    pub subject: Subject,
    /// The step's name
    #[arg(value_name = "STEP")]
    pub step: String,
    /// That the database of the region that is left may still take writes, which are lost: a fence is not skipped without it
    #[arg(long)]
    pub acknowledge_split_brain: bool,
    /// Why; it is kept with the run, and asked for where it is missing
    #[arg(long)]
    pub reason: Option<String>,
}

/// What `abort` is told.
#[derive(Args, Debug)]
pub struct Abort {
    /// Which FailoverPlan.
    #[command(flatten)]
    pub subject: Subject,
    /// Why; it is kept with the run, and asked for where it is missing
    #[arg(long)]
    pub reason: Option<String>,
}

/// What `approve` is told.
#[derive(Args, Debug)]
pub struct Approve {
    /// Which FailoverPlan.
    #[command(flatten)]
    pub named: Named,
    /// The step that needs approvals of its own; default: the plan
    #[arg(long, value_name = "STEP")]
    pub step: Option<String>,
    /// The approver role in which you approve; default: the one that is missing and that you have
    #[arg(long)]
    pub approver_role: Option<String>,
    /// Why, for the record
    #[arg(long)]
    pub reason: Option<String>,
    /// How long it counts, such as 4h; default: as long as the run is open
    #[arg(long, value_parser = super::duration, value_name = "DURATION")]
    pub expires_after: Option<SignedDuration>,
    /// The digest that you have read; anything else is refused
    #[arg(long, value_name = "sha256:...")]
    pub digest: Option<String>,
    /// Do not ask; needed without a terminal
    #[arg(short = 'y', long)]
    pub yes: bool,
}

impl Plainly {
    /// Says it.
    ///
    /// # Errors
    /// When no run is open, or somebody refuses.
    pub async fn run(self, setting: &Setting, verb: Verb) -> Result<()> {
        let word = Word {
            reason: self.reason,
            ..Word::of(verb)
        };
        steer(setting, self.subject, word).await
    }
}

impl Step {
    /// Says it.
    ///
    /// # Errors
    /// When no run is open, the step did not fail, or somebody refuses.
    pub async fn run(self, setting: &Setting) -> Result<()> {
        let word = Word {
            reason: self.reason,
            step: Some(self.step),
            ..Word::of(Verb::Retry)
        };
        steer(setting, self.subject, word).await
    }
}

impl Reasoned {
    /// Says it.
    ///
    /// # Errors
    /// When no run is open, there is no such step, or somebody refuses.
    pub async fn run(self, setting: &Setting) -> Result<()> {
        let word = Word {
            reason: Some(why(self.reason)?),
            step: Some(self.step),
            split_brain: self.acknowledge_split_brain,
            ..Word::of(Verb::Skip)
        };
        steer(setting, self.subject, word).await
    }
}

impl Abort {
    /// Says it.
    ///
    /// # Errors
    /// When no run is open, or somebody refuses.
    pub async fn run(self, setting: &Setting) -> Result<()> {
        let word = Word {
            reason: Some(why(self.reason)?),
            ..Word::of(Verb::Abort)
        };
        steer(setting, self.subject, word).await
    }
}

impl Approve {
    /// Shows the plan, asks, and creates the Decision.
    ///
    /// # Errors
    /// When there is no plan, it is another one, or somebody refuses.
    pub async fn run(self, setting: &Setting) -> Result<()> {
        let cluster = Cluster::connect(&setting.connection).await?;
        let word = Word {
            approver_role: self.approver_role.unwrap_or_default(),
            reason: self.reason,
            expires_at: decide::from_now(self.expires_after)?,
            step: self.step,
            ..Word::of(Verb::Approve)
        };
        about_plan(
            setting,
            &cluster,
            (&self.named.name, self.yes),
            word,
            self.digest.as_deref(),
        )
        .await
    }
}

/// Says a word about the run that is open, bound to its plan.
async fn steer(setting: &Setting, subject: Subject, word: Word) -> Result<()> {
    let cluster = Cluster::connect(&setting.connection).await?;
    let scene = look(&cluster, &subject.named.name).await?;
    let run = run::open(&scene.records, &scene.object)?;
    let step = word.step.clone();
    steering::may_say(&scene.object, &run, word.verb, step.as_deref())?;
    steering::acknowledges(&run, word.verb, step.as_deref(), word.split_brain)?;
    helps(&scene, &run, word.verb)?;
    let meaning = steering::meaning(&scene.object, &run, word.verb, step.as_deref());
    terminal::remark(&format!(
        "run {} to {}: {}",
        run.spec.run,
        run::leads_to(&run),
        text::one_line(&meaning)
    ));
    let word = Word {
        approver_role: subject.approver_role.unwrap_or_default(),
        ..word
    };
    let word = match word.verb {
        // Counted as an approval.
        Verb::Skip => decide::in_a_role(&cluster, &cluster.namespace, &Standing::free(), word).await,
        _ => steering_role(&cluster, word).await,
    };
    terminal::confirm(&question(&word, &scene.by), subject.yes)?;
    let about = about(&scene.object, Some(run.reference.clone()));
    let said = say(&cluster, &scene, Some(&run), &about, &word).await?;
    waiting(&cluster, &scene, &run, &word).await;
    said.answer(setting, |decision| json!(decision))
}

/// Whether a Resume helps: a run that somebody rejected stays paused.
fn helps(scene: &Scene, run: &Run, verb: Verb) -> Result<()> {
    let standing = standing::of_run(&scene.records, &scene.object, run, Timestamp::now());
    match (verb, standing.voices.rejected) {
        (Verb::Resume, Some(by)) => Err(refused(format!(
            "{by} rejected run {}, and no Resume helps: kubectl firebreak failover abort {} -n {} --reason '...' ends it",
            run.spec.run,
            scene.object.name_any(),
            scene.object.namespace().unwrap_or_default()
        ))),
        _ => Ok(()),
    }
}

/// Why, for words that are kept with the run: asked for where nobody said it.
fn why(given: Option<String>) -> Result<String> {
    let said = match given {
        None if terminal::can_ask() => terminal::ask("Why? It is kept with the run")?,
        given => given,
    };
    said.filter(|said| !said.trim().is_empty())
        .ok_or_else(|| usage("--reason is needed: it is kept with the run"))
}

/// A Skip may take more than one person: then they are told.
async fn waiting(cluster: &Cluster, scene: &Scene, run: &Run, word: &Word) {
    let (Verb::Skip, Some(step)) = (word.verb, word.step.as_deref()) else {
        return;
    };
    if let Ok(records) = cluster.records(Some(&cluster.namespace)).await
        && !standing::is_skipped(&records, &scene.object, run, step, Timestamp::now())
    {
        terminal::remark(&format!(
            "note: step {} is not skipped yet: it takes as many people as the start, and not who asked for it",
            text::one_line(step)
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{exit, failover::testing};

    #[test]
    fn rejected_run_is_not_resumed() {
        let (mut records, object) = (testing::records(), testing::running());
        let run = run::current(&records, &object).unwrap();
        let scene = |records| Scene {
            object: object.clone(),
            records,
            by: "bob".into(),
        };
        assert!(helps(&scene(records.clone()), &run, Verb::Resume).is_ok());
        records.decisions = vec![testing::said("d-1", Verb::Reject, "eve", None)];
        let error = helps(&scene(records.clone()), &run, Verb::Resume).unwrap_err();
        assert!(
            error.to_string().contains("failover abort orders -n payments"),
            "{error}"
        );
        assert_eq!(exit::code(&error), 3);
        assert!(helps(&scene(records), &run, Verb::Pause).is_ok());
    }

    #[test]
    fn reason_that_nobody_gave_is_a_usage_error() {
        assert_eq!(why(Some("drill".into())).unwrap(), "drill");
        let error = why(Some(" ".into())).unwrap_err();
        assert_eq!(
            (exit::code(&error), error.to_string().starts_with("--reason")),
            (2, true)
        );
    }
}

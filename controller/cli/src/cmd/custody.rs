//! What `release` and `abandon` are about: the custody of an object, or custody that an object left behind when it was
//! deleted. The latter is decided Hold by Hold, in the operator's namespace.

use super::{Response, Setting, decide};
use crate::{
    cluster::Cluster,
    decision::{self, About, Word},
    exit::refused,
    records::Records,
    render::Paint,
    terminal,
};
use anyhow::{Context, Error, Result, bail};
use clap::Args;
use firebreak_core::{
    approval::Admission,
    engine::{
        Standing,
        orphan::{Orphan, predates},
    },
    respond::Respondent,
    settings::Settings,
};
use firebreak_crds::{Decision, Hold, OwnerRef, Verb, table::called, text};
use jiff::Timestamp;
use kube::ResourceExt;
use serde_json::json;

/// Which custody, and how much is asked back.
#[derive(Args, Debug, Clone)]
pub struct Held {
    /// The Quarantine, also one that is gone and left custody behind: NAME or quarantine/NAME; or trafficpolicy/NAME; or one
    /// Hold: hold/NAME
    #[arg(value_parser = name)]
    pub name: Name,
    /// Do not ask; needed without a terminal
    #[arg(short = 'y', long)]
    pub yes: bool,
    /// Namespace of the operator, in which Decisions about custody without an object are made
    #[arg(long, default_value = "firebreak-system")]
    pub operator_namespace: String,
}

/// What was named.
#[derive(Debug, Clone, PartialEq)]
pub enum Name {
    /// A Quarantine of the namespace.
    Quarantine(String),
    /// A TrafficPolicy of the namespace.
    TrafficPolicy(String),
    /// A Hold.
    Hold(String),
}

impl Name {
    /// The kind of the object that it names, or of those that leave Holds behind.
    fn kind(&self) -> Respondent {
        match self {
            Self::TrafficPolicy(_) => Respondent::TrafficPolicy,
            Self::Quarantine(_) | Self::Hold(_) => Respondent::Quarantine,
        }
    }
}

fn name(text: &str) -> Result<Name, String> {
    let hold = text
        .split_once('/')
        .filter(|(kind, _)| called(kind).is_some_and(|kind| kind.kind() == "Hold"));
    match super::response_name(text) {
        Ok(Response::FailoverPlan(name)) => {
            return Err(format!(
                "a FailoverPlan holds nothing that could be released: kubectl firebreak failover abort {name} ends a run, and failover start begins the way back"
            ));
        }
        Ok(Response::TrafficPolicy(name)) => return Ok(Name::TrafficPolicy(name)),
        Ok(Response::Quarantine(_)) | Err(_) => {}
    }
    match hold {
        Some((_, name)) if !name.is_empty() && !name.contains('/') => Ok(Name::Hold(name.to_owned())),
        Some(_) => Err("write hold/NAME".into()),
        None => super::object_name(text)
            .map(Name::Quarantine)
            .map_err(|_| "write NAME, quarantine/NAME, trafficpolicy/NAME or hold/NAME".into()),
    }
}

/// Says a word about custody: of the object as its spec is now, or what it left behind.
///
/// # Errors
/// When there is no such custody, somebody holds it, or somebody refuses.
pub async fn decide(setting: &Setting, held: &Held, word: Word) -> Result<()> {
    let cluster = Cluster::connect(&setting.connection).await?;
    let left = match &held.name {
        Name::Hold(name) => vec![unheld(cluster.custody(name).await?)?],
        Name::Quarantine(name) | Name::TrafficPolicy(name) => {
            let named = (held.name.kind(), name.as_str());
            match cluster.find_respondent(named.0, name).await? {
                None => left_behind(&cluster, named).await?,
                Some(_) => return decide::about_object(setting, &cluster, named, held.yes, word).await,
            }
        }
    };
    let by = cluster.whoami().await?;
    terminal::remark(&listed("In custody, without an object", &left, word.verb));
    let records = cluster.records(Some(&held.operator_namespace)).await.ok();
    let first = left.first().zip(records.as_ref());
    let standing = first.map_or_else(Standing::free, |(hold, records)| standing(records, hold, word.verb));
    let word = decide::in_a_role(&cluster, &held.operator_namespace, &standing, word).await;
    terminal::confirm(&decide::question(&word, &by), held.yes)?;
    let mut given = Vec::new();
    for hold in &left {
        let one = give(&cluster, hold, &held.operator_namespace, &word, &by).await;
        given.push(one.map_err(|error| half_way(error, given.len(), left.len()))?);
    }
    let records = cluster.records(Some(&held.operator_namespace)).await.ok();
    setting.answer(
        || json!(given.iter().map(|(decision, _)| decision).collect::<Vec<_>>()),
        |paint| outcome(&left, &given, records.as_ref(), paint),
    )
}

/// Only custody that nobody holds is decided by itself.
fn unheld(hold: Hold) -> Result<Hold> {
    let Some(holder) = hold.spec.holders.first() else {
        return Ok(hold);
    };
    let (namespace, name) = (&holder.owner.namespace, &holder.owner.name);
    Err(refused(format!(
        "{} is held by {} {namespace}/{name}: decide about that, with {name} -n {namespace} instead of hold/{0}",
        hold.name_any(),
        holder.owner.kind
    )))
}

async fn left_behind(cluster: &Cluster, (kind, name): (Respondent, &str)) -> Result<Vec<Hold>> {
    let gone = || format!("there is no {} {name} in namespace {}", kind.kind(), cluster.namespace);
    let left = cluster.left_behind_by(kind, name).await.with_context(gone)?;
    match left.is_empty() {
        true => bail!("{}, and none of that name left custody behind", gone()),
        false => Ok(left),
    }
}

/// What is decided about, and what it would reopen.
pub(super) fn listed<'a>(title: &str, holds: impl IntoIterator<Item = &'a Hold>, verb: Verb) -> String {
    let lines: Vec<String> = holds.into_iter().map(|hold| listed_line(hold, verb)).collect();
    let counted = text::counted(lines.len(), "field");
    format!("{}: {counted}\n{}", text::one_line(title), lines.concat())
}

fn listed_line(hold: &Hold, verb: Verb) -> String {
    let spec = &hold.spec;
    let (field, resource, state) = (&spec.key.field, &spec.key.resource, spec.state);
    let left = spec.orphaned.as_ref().map(|orphaned| &orphaned.from);
    let left = left.map_or_else(String::new, |from| {
        format!(", left by {} {}/{}", from.kind, from.namespace, from.name)
    });
    let reopens = spec.reopens.filter(|_| verb == Verb::Release);
    let reopens = reopens.map_or_else(String::new, |reopens| format!(": only with --restore {reopens:?}"));
    format!(
        "  {}\n",
        text::one_line(&format!("{field} of {resource} ({state:?}{left}){reopens}"))
    )
}

async fn give(cluster: &Cluster, hold: &Hold, namespace: &str, word: &Word, by: &str) -> Result<(Decision, bool)> {
    let about = About {
        owner: OwnerRef {
            kind: "Hold".into(),
            namespace: namespace.to_owned(),
            name: hold.name_any(),
            uid: hold.uid().unwrap_or_default(),
        },
        generation: None,
        plan: None,
    };
    let spent = |earlier: &Decision| is_spent(hold, earlier, Timestamp::now());
    decide::give(cluster, &about, word, by, spent).await
}

/// What was given stays given: anyone who says the same again goes on from there.
fn half_way(error: Error, given: usize, all: usize) -> Error {
    match given {
        0 => error,
        _ => error.context(format!(
            "{given} of {all} Decisions were given; say the same again to go on"
        )),
    }
}

/// Whether an earlier word does not count any more, so that it may be said again.
fn is_spent(hold: &Hold, earlier: &Decision, now: Timestamp) -> bool {
    decision::has_expired(earlier, now) || predates(earlier, &hold.spec)
}

fn outcome(left: &[Hold], given: &[(Decision, bool)], records: Option<&Records>, paint: Paint) -> String {
    let mut text = String::new();
    for (hold, (decision, new)) in left.iter().zip(given) {
        let stands = match records {
            Some(records) => standing(records, hold, decision.spec.verb).sentence(),
            None => "how it stands could not be read".into(),
        };
        text.push_str(&format!("{}\n  {stands}\n", decide::said(decision, *new, paint)));
    }
    let names: Vec<String> = left.iter().map(ResourceExt::name_any).collect();
    text.push_str(&format!(
        "next: kubectl get holds {}   # each goes when it is done\n",
        names.join(" ")
    ));
    text
}

/// How people stand about it now.
fn standing(records: &Records, hold: &Hold, verb: Verb) -> Standing {
    let uid = hold.uid().unwrap_or_default();
    let orphan = Orphan {
        hold: hold.spec.clone(),
        name: hold.name_any(),
        home: Settings::default().home,
        account: records.account_of(&hold.spec),
        first: None,
        decisions: records.decisions_about(&uid),
        guardrails: records.guardrails.iter().map(|g| g.spec.clone()).collect(),
        admission: Admission {
            decisions_bound_since: Some(Timestamp::UNIX_EPOCH),
            requester_stamped: true,
            asked_reserved: true,
        },
        people: Settings::default().people,
        machines: Settings::default().machines,
        stop: None,
        uid,
    };
    orphan.standing(verb, Timestamp::now())
}

#[cfg(test)]
#[path = "custody_tests.rs"]
mod tests;

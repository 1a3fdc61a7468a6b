//! What is written: a new Incident, or what a finding adds to one.

use super::{
    Answer, Answers, Becomes, Change, Effect, Open, Waits,
    joining::{Belongs, Play},
    witness::are_independent,
    world::{Seen, World},
};
use crate::coordinate::{
    finding::{Made, Origin, Record, Reopening},
    playbook::{Draft, Drafted, Left, Limits, drafts},
};
use firebreak_crds::{
    FINDINGS_ANNOTATION, IncidentSpec, Mode,
    incident::{IncidentFinding, IncidentResponse, IncidentTask},
    playbook::PlaybookMode,
    text,
};
use jiff::Timestamp;
use serde_json::json;

pub(super) const MAX_AFFECTED: usize = 64;
pub(super) const MAX_RESPONSES: usize = 16;
pub(super) const MAX_TASKS: usize = 32;
pub(super) const TITLE: usize = 256;
pub(super) const TASK: usize = 512;

/// The Incident that a finding opens, without responses and findings yet.
fn fresh(play: &Play<'_>, is_storm: bool) -> IncidentSpec {
    let says = &play.playbook.spec.incident;
    let title = match is_storm {
        true => "more findings than may open Incidents of their own within an hour",
        false => &play.finding.title,
    };
    IncidentSpec {
        severity: play.finding.severity,
        title: text::bounded(title, TITLE),
        commander: says.commander.clone(),
        runbook: says.runbook.clone(),
        tasks: says.tasks.clone(),
        on_resolve: says.on_resolve,
        ledger_account_ref: says.ledger_account_ref.clone(),
        drill: play.finding.is_sample,
        ..IncidentSpec::default()
    }
}

pub(super) fn open(world: &World, play: &Play<'_>, belongs: &Belongs, now: Timestamp) -> Effect {
    let (mut spec, mut record) = (
        fresh(play, belongs.is_storm),
        Record {
            confirmed: play.confirmed,
            ..Record::default()
        },
    );
    let answers = add(world, play, belongs, (&mut spec, &mut record), now);
    let metadata = json!({
        "name": belongs.name, "namespace": world.subject.owner.namespace,
        "annotations": {FINDINGS_ANNOTATION: record.text()},
    });
    Effect::Open(Box::new(Open {
        name: belongs.name.clone(),
        finding: play.key(),
        body: json!({"apiVersion": "firebreak.dev/v1alpha1", "kind": "Incident", "metadata": metadata, "spec": spec}),
        answers,
    }))
}

/// What a finding adds to an Incident; none where it is in there as it is, and asks for nothing more.
pub(super) fn change(world: &World, play: &Play<'_>, belongs: &Belongs, seen: &Seen, now: Timestamp) -> Option<Effect> {
    let (mut spec, mut record) = (seen.spec.clone(), seen.record.clone()?);
    let answers = if seen.spec.findings.contains(&play.finding.listed()) {
        corroborated(world, play, belongs, (&mut spec, &mut record), now).filter(|_| seen.over_since().is_none())?
    } else {
        record.reopened = reopening(seen, play, now).or(record.reopened);
        add(world, play, belongs, (&mut spec, &mut record), now)
    };
    Some(Effect::Change(Box::new(Change {
        name: belongs.name.clone(),
        resource_version: seen.resource_version.clone(),
        finding: play.key(),
        fields: vec![
            ("severity", json!(spec.severity)),
            ("findings", json!(spec.findings)),
            ("affected", json!(spec.affected)),
            ("responses", json!(spec.responses)),
            ("tasks", json!(spec.tasks)),
        ],
        record: record.text(),
        answers,
    })))
}

/// What a finding that is in there asks for only now, because another one bears it out: the order in which they came must not
/// matter. None where that is nothing.
fn corroborated(
    world: &World,
    play: &Play<'_>,
    belongs: &Belongs,
    (spec, record): (&mut IncidentSpec, &mut Record),
    now: Timestamp,
) -> Option<Answers> {
    record.add_requesters(&play.playbook.editors);
    let asked = drafts(play.playbook, play.finding, play.place).drafts.into_iter();
    let each: Vec<Answer> = asked
        .filter(|draft| draft.destructive)
        .map(|draft| respond(world, play, belongs, (spec, record), draft, now))
        .collect();
    let is_any = each.iter().any(|answer| answer.becomes.proposed().is_some());
    is_any.then(|| Answers { each, left: Vec::new() })
}

/// A finding opens an Incident again only where its activity was seen after the end, by its product. The product's clock is not
/// believed beyond the present.
fn reopening(seen: &Seen, play: &Play<'_>, now: Timestamp) -> Option<Reopening> {
    let finding = Some(play.finding).filter(|_| play.confirmed)?;
    let at = finding.last_seen.unwrap_or(finding.updated_at).min(now);
    seen.over_since().filter(|over| at > *over).map(|_| Reopening {
        at,
        finding: finding.id.clone(),
    })
}

/// The finding itself, what it is about, and what the playbook asks for. A finding raises the severity, and never lowers it.
fn add(
    world: &World,
    play: &Play<'_>,
    belongs: &Belongs,
    (spec, record): (&mut IncidentSpec, &mut Record),
    now: Timestamp,
) -> Answers {
    let finding = play.finding;
    spec.severity = spec.severity.max(finding.severity);
    list(&mut spec.findings, finding.listed());
    let listed = |id: &str| spec.findings.iter().any(|one| one.id == id);
    if play.confirmed {
        record.add_read(&finding.id, origin(play), listed);
    }
    for arn in finding.subjects().map(|subject| finding.arn(subject)) {
        if !spec.affected.contains(&arn) && spec.affected.len() < MAX_AFFECTED {
            spec.affected.push(arn);
        }
    }
    record.add_requesters(&play.playbook.editors);
    let Drafted { drafts, left } = drafts(play.playbook, finding, play.place);
    let each = drafts
        .into_iter()
        .map(|draft| respond(world, play, belongs, (spec, record), draft, now));
    let answers = Answers {
        each: each.collect(),
        left,
    };
    answers.by_hand().into_iter().for_each(|one| tell(&mut spec.tasks, one));
    answers
}

fn origin(play: &Play<'_>) -> Origin {
    Origin {
        account: play.site.account.clone(),
        region: play.site.region.clone(),
    }
}

fn list(findings: &mut Vec<IncidentFinding>, listed: IncidentFinding) {
    match findings.iter_mut().find(|one| one.id == listed.id) {
        Some(known) => *known = listed,
        None => findings.push(listed),
    }
}

/// Adds a response where one is to be added, and says what becomes of it.
fn respond(
    world: &World,
    play: &Play<'_>,
    belongs: &Belongs,
    (spec, record): (&mut IncidentSpec, &mut Record),
    draft: Draft,
    now: Timestamp,
) -> Answer {
    let becomes = becomes(world, play, belongs, (spec, record), &draft, now);
    if let Some(proposed) = becomes.proposed() {
        let made = Made {
            at: now,
            account_id: play.place.account.account_id.clone(),
            proposed,
        };
        record.responses.insert(draft.response.name.clone(), made);
        spec.responses
            .push(as_confirmed(draft.response.clone(), play.confirmed));
    }
    Answer { draft, becomes }
}

/// What only a message tells of is cut off by nobody but a person: its responses observe.
fn as_confirmed(mut response: IncidentResponse, confirmed: bool) -> IncidentResponse {
    if let (false, Some(template)) = (confirmed, &mut response.quarantine) {
        template.mode = Mode::Observe;
    }
    response
}

/// One that was added before is not added again: a person may have taken it out.
fn becomes(
    world: &World,
    play: &Play<'_>,
    belongs: &Belongs,
    (spec, record): (&IncidentSpec, &Record),
    draft: &Draft,
    now: Timestamp,
) -> Becomes {
    let name = &draft.response.name;
    if record.responses.contains_key(name) || spec.responses.iter().any(|one| one.name == *name) {
        return Becomes::Known;
    }
    if draft.destructive && belongs.is_storm {
        return Becomes::Withheld;
    }
    if draft.destructive && !are_independent(&spec.findings) {
        return Becomes::Unwitnessed;
    }
    if spec.responses.len() >= MAX_RESPONSES || !record.has_room() {
        return Becomes::Full;
    }
    waits(world, play, belongs, (record, draft), now).map_or(Becomes::Acts, Becomes::Waits)
}

/// The first reason why it waits for a person, whatever Guardrails ask for; none where there is none.
fn waits(
    world: &World,
    play: &Play<'_>,
    belongs: &Belongs,
    (record, draft): (&Record, &Draft),
    now: Timestamp,
) -> Option<Waits> {
    let (mode, limits) = (play.playbook.spec.mode, Limits(&world.guardrails));
    let most = limits.max_responses();
    if !play.confirmed {
        return Some(Waits::Unconfirmed);
    }
    if mode != PlaybookMode::Act {
        return Some(Waits::Mode(mode));
    }
    if belongs.is_storm {
        return Some(Waits::Storm);
    }
    if limits.is_never_auto(draft, play.finding) {
        return Some(Waits::NeverAuto);
    }
    (begun(world, play, belongs, record, now) >= most as usize).then_some(Waits::Budget(most))
}

/// Responses that began by themselves in the account within the last hour, and those of this very change, which are not in the
/// world yet.
fn begun(world: &World, play: &Play<'_>, belongs: &Belongs, record: &Record, now: Timestamp) -> usize {
    let account = &play.place.account.account_id;
    let seen = world.incidents.get(&belongs.name);
    let before = seen.and_then(|seen| seen.record.as_ref());
    let is_new = |name: &String| before.is_none_or(|before| !before.responses.contains_key(name));
    let adding = record
        .responses
        .iter()
        .filter(|(name, made)| is_new(name) && !made.proposed && made.account_id == *account);
    world.begun(account, play.finding.is_sample, now) + adding.count()
}

/// What could not be done by itself is a person's task.
fn tell(tasks: &mut Vec<IncidentTask>, left: Left) {
    let name = format!("left-out-{}", left.name);
    if tasks.len() < MAX_TASKS && tasks.iter().all(|task| task.name != name) {
        tasks.push(IncidentTask {
            name,
            text: Some(text::bounded(&left.why, TASK)),
            ..IncidentTask::default()
        });
    }
}

//! Evidence and the mirror: what must be in the evidence bucket before the first write, what follows later, and how both
//! stand. Evidence never holds a containment back for longer than a minute, unless somebody has asked for that.

mod told;

pub(super) use told::{conditions, told};

use super::{Effect, Standing, journal, report::Barrier, world::World};
use crate::{
    aws::failure::{Failure, FailureClass},
    blocked::Blocked,
    digest,
    facts::Facts,
    run::{
        Run,
        archive::{self, Archived, CLOSED, DESCRIPTION, Document, MANIFEST, MirroredPlan, PLAN},
    },
};
use firebreak_crds::{
    Action, ArchiveRecord, AwsAccountSpec, EvidenceOrder, EvidenceStore, MirrorUnavailable, Reason, ResponsePlanStatus,
    text,
};
use jiff::Timestamp;

/// Seconds for which a containment waits for its evidence.
const EVIDENCE_SECONDS: i64 = 60;
/// Seconds between two tries while something waits for them.
const SOON_SECONDS: i64 = 5;
/// Seconds between two tries when nothing waits.
const LATER_SECONDS: i64 = 60;
/// How many tries of unknown outcome are remembered.
const MAX_OFFERED: usize = 16;

/// Whether the first write may be made, as far as the evidence bucket is concerned.
pub(super) enum Gate {
    Open,
    Do(Effect),
    Shut(Barrier),
}

/// Asked before the first write of a containment.
pub(super) fn gate(world: &World, run: &Run, facts: &Facts, now: Timestamp) -> Gate {
    let Some(place) = place(world) else {
        return match wish(world).required {
            true => Gate::Shut(Barrier::Guard(no_store(world))),
            false => Gate::Open,
        };
    };
    let described = || archive::description(&prefix(run, place.1), &run.spec, facts, now);
    let documents = || [plan(world, run, place, now), described()];
    let untried: Vec<Document> = documents()
        .into_iter()
        .filter(|d| record(run, d.name).is_none_or(is_untried))
        .collect();
    if !untried.is_empty() {
        return Gate::Do(put(run, untried));
    }
    let Some(barrier) = waits(world, run, now) else {
        return Gate::Open;
    };
    let due: Vec<Document> = documents()
        .into_iter()
        .filter(|d| is_due(run, d.name, now, SOON_SECONDS))
        .collect();
    match due.is_empty() {
        true => Gate::Shut(barrier),
        false => Gate::Do(put(run, due)),
    }
}

/// What keeps the first write from being made, when each document was tried.
fn waits(world: &World, run: &Run, now: Timestamp) -> Option<Barrier> {
    if let Some(failed) = missing(run, PLAN).filter(|_| blocks(world)) {
        let message = format!(
            "the plan could not be mirrored: {}. A Guardrail says mirrorUnavailable: Block, so that nothing is written before it is: fix the evidence bucket, or set Proceed",
            why(failed)
        );
        return Some(Barrier::Guard(Blocked::new(Reason::MirrorUnavailable, message)));
    }
    let failed = missing(run, DESCRIPTION)?;
    if wish(world).required {
        let message = format!(
            "spec.evidence.required: what is there now could not be kept, and nothing is written before it is: {}. Fix the evidence bucket, or set required to false",
            why(failed)
        );
        return Some(Barrier::Guard(Blocked::new(Reason::EvidenceMissing, message)));
    }
    let waited = now.as_second() - journal::second(Some(&failed.tried_at)).unwrap_or(0);
    let patient = wish(world).order == EvidenceOrder::EvidenceFirst && waited < EVIDENCE_SECONDS;
    patient.then(|| Barrier::Evidence(why(failed).to_owned()))
}

/// What is put into the bucket beside the containment: a mirror that failed before, and the manifest at its end.
pub(super) fn later(world: &World, run: &Run, complete: bool, notes: &[String], now: Timestamp) -> Option<Effect> {
    let place = open_place(world)?;
    if missing(run, PLAN).is_some() && is_due(run, PLAN, now, LATER_SECONDS) {
        return Some(put(run, vec![plan(world, run, place, now)]));
    }
    let seal = complete && run.is_completed() && is_due(run, MANIFEST, now, LATER_SECONDS);
    seal.then(|| {
        put(
            run,
            vec![archive::manifest(
                &prefix(run, place.1),
                &run.spec,
                &run.status,
                notes,
                now,
            )],
        )
    })
}

/// Tells the mirror that nothing of a run is in custody any more.
pub(super) fn closing(world: &World, now: Timestamp) -> Option<Effect> {
    let (_, store) = open_place(world)?;
    let mirrored = |run: &&Run| run.spec.action == Action::Contain && is_stored(run, PLAN) && !is_stored(run, CLOSED);
    let again = world.subject.deleting_since.is_none();
    let due = |run: &&Run| record(run, CLOSED).is_none() || (again && is_due(run, CLOSED, now, LATER_SECONDS));
    let run = world.runs.iter().filter(mirrored).find(due)?;
    let document = archive::closed(&prefix(run, store), &run.spec, &run.status, now);
    Some(put(run, vec![document]))
}

/// The run's record before a try: what is about to be stored. Anyone who finds a document there later knows by it whether this run
/// has written it.
pub(super) fn offered(run: &Run, documents: &[Document], now: Timestamp) -> Effect {
    let mut status = run.status.clone();
    for document in documents {
        let record = status.archive.entry(document.name.to_owned()).or_default();
        record.key.clone_from(&document.key);
        if record.tried_at.is_empty() {
            record.tried_at = now.to_string();
        }
        record.offered.push(digest::of_bytes(document.body.as_bytes()));
        let surplus = record.offered.len().saturating_sub(MAX_OFFERED);
        record.offered.drain(..surplus);
    }
    update(run, status)
}

/// The run's record after a try.
pub(super) fn tried(run: &Run, results: Vec<(Document, Result<Archived, Failure>)>, now: Timestamp) -> Effect {
    let mut status = run.status.clone();
    for (document, result) in results {
        let before = status.archive.get(document.name).cloned().unwrap_or_default();
        let tried_at = Some(before.tried_at.clone()).filter(|at| !at.is_empty());
        let record = ArchiveRecord {
            tried_at: tried_at.unwrap_or_else(|| now.to_string()),
            last_tried_at: Some(now.to_string()),
            ..outcome(&document, before.offered, result, now)
        };
        status.archive.insert(document.name.to_owned(), record);
    }
    update(run, status)
}

fn update(run: &Run, status: ResponsePlanStatus) -> Effect {
    Effect::UpdatePlan {
        plan: run.reference.name.clone(),
        status: Box::new(status),
    }
}

/// What came of a try. A document that this run has not offered was written by somebody else, and is not believed.
fn outcome(
    document: &Document,
    mut offered: Vec<String>,
    result: Result<Archived, Failure>,
    now: Timestamp,
) -> ArchiveRecord {
    let key = document.key.clone();
    match result {
        Ok(stored) if offered.contains(&stored.sha256) => ArchiveRecord {
            key,
            stored_at: Some(now.to_string()),
            sha256: Some(stored.sha256),
            version_id: stored.version_id,
            request_id: stored.request_id,
            object_lock: stored.object_lock,
            ..ArchiveRecord::default()
        },
        Ok(foreign) => ArchiveRecord {
            error: Some(format!(
                "{key} is there already with another content ({}), which this run has not written: find out who did, and remove it",
                foreign.sha256
            )),
            key,
            offered,
            ..ArchiveRecord::default()
        },
        Err(failure) => {
            if failure.class != FailureClass::Transient {
                offered.pop();
            }
            ArchiveRecord {
                error: Some(text::message(&failure.to_string())),
                key,
                offered,
                ..ArchiveRecord::default()
            }
        }
    }
}

/// The account, and where its evidence goes.
type Place<'a> = (&'a AwsAccountSpec, &'a EvidenceStore);

fn place(world: &World) -> Option<Place<'_>> {
    let account = world.account().ok()?;
    Some((account, account.evidence.as_ref()?))
}

/// The same, as long as anything may be put there at all.
fn open_place(world: &World) -> Option<Place<'_>> {
    place(world).filter(|_| world.stop.is_none() && world.subject.enforces())
}

fn wish(world: &World) -> firebreak_crds::Evidence {
    world.subject.spec.evidence.unwrap_or_default()
}

fn no_store(world: &World) -> Blocked {
    let name = &world.subject.spec.account_ref.name;
    let message = format!(
        "spec.evidence.required: AwsAccount {name} names no evidence bucket: set its spec.evidence, or set required to false"
    );
    Blocked::new(Reason::EvidenceMissing, message)
}

fn blocks(world: &World) -> bool {
    let block = Some(MirrorUnavailable::Block);
    super::contain::speaking(world)
        .iter()
        .any(|rule| rule.mirror_unavailable == block)
}

fn prefix(run: &Run, store: &EvidenceStore) -> String {
    archive::run_prefix(store, &run.plan.account_id, &run.spec.owner, run.spec.run)
}

fn plan(world: &World, run: &Run, (account, store): Place<'_>, now: Timestamp) -> Document {
    let mirrored = MirroredPlan {
        version: archive::VERSION,
        account_name: run.plan.account_name.clone(),
        account: account.clone(),
        region: run.plan.region.clone(),
        at: now.to_string(),
        plan: run.reference.name.clone(),
        spec: run.spec.clone(),
        approved_by: Standing::of(world, run, now).voices.names(),
    };
    archive::plan(&prefix(run, store), &mirrored)
}

fn put(run: &Run, documents: Vec<Document>) -> Effect {
    Effect::Archive {
        plan: run.reference.name.clone(),
        documents,
    }
}

fn record<'a>(run: &'a Run, name: &str) -> Option<&'a ArchiveRecord> {
    run.status.archive.get(name)
}

fn is_stored(run: &Run, name: &str) -> bool {
    record(run, name).is_some_and(|record| record.stored_at.is_some())
}

/// Offered, and never tried to the end: the operator died between.
fn is_untried(record: &ArchiveRecord) -> bool {
    record.stored_at.is_none() && record.last_tried_at.is_none()
}

/// Tried, and not stored.
fn missing<'a>(run: &'a Run, name: &str) -> Option<&'a ArchiveRecord> {
    record(run, name).filter(|record| record.stored_at.is_none())
}

/// Not stored, and not tried within the last seconds.
fn is_due(run: &Run, name: &str, now: Timestamp, pause: i64) -> bool {
    let last = record(run, name).and_then(|record| journal::second(record.last_tried_at.as_deref()));
    !is_stored(run, name) && last.is_none_or(|last| now.as_second() - last >= pause)
}

fn why(record: &ArchiveRecord) -> &str {
    record.error.as_deref().unwrap_or("no reason is known")
}

//! How the evidence stands: the conditions Captured and Sealed.

use super::{missing, place, record, why};
use crate::{
    engine::{report::Rest, world::World},
    run::{
        Run,
        archive::{DESCRIPTION, MANIFEST, PLAN},
    },
};
use firebreak_crds::{Action, ConditionType as Type, EvidenceStore, Reason, condition::Wanted};

/// Captured and Sealed, where the account has an evidence bucket and a containment has got so far.
pub(in crate::engine) fn conditions(world: &World, pending: Option<&str>) -> Vec<Wanted> {
    let told = |run: &&Run| run.spec.action == Action::Contain && record(run, DESCRIPTION).is_some();
    match (place(world), world.runs.iter().rfind(told)) {
        (Some((_, store)), Some(run)) => vec![captured(run, store), sealed(run, store, pending)],
        _ => Vec::new(),
    }
}

/// The report with how the evidence stands, unless it says so already.
pub(in crate::engine) fn told(world: &World, mut rest: Rest) -> Rest {
    if !rest.conditions.iter().any(|said| said.kind == Type::Captured) {
        rest.conditions.extend(conditions(world, None));
    }
    rest
}

fn captured(run: &Run, store: &EvidenceStore) -> Wanted {
    match record(run, DESCRIPTION) {
        Some(record) if record.stored_at.is_some() => {
            let text = format!(
                "what was there before is in s3://{}/{}{}",
                store.bucket,
                record.key,
                unmirrored(run)
            );
            Wanted::yes(Type::Captured, Reason::Captured, text)
        }
        Some(record) if run.has_begun() => {
            let text = format!(
                "NOT captured, and it was cut off without: {}{}",
                why(record),
                unmirrored(run)
            );
            Wanted::no(Type::Captured, Reason::EvidenceMissing, text)
        }
        other => {
            let text = other.map(why).unwrap_or_default();
            Wanted::no(Type::Captured, Reason::Capturing, format!("not captured yet: {text}"))
        }
    }
}

fn unmirrored(run: &Run) -> String {
    missing(run, PLAN).map_or_else(String::new, |failed| {
        format!("; the plan is NOT mirrored: {}", why(failed))
    })
}

fn sealed(run: &Run, store: &EvidenceStore, pending: Option<&str>) -> Wanted {
    match record(run, MANIFEST) {
        Some(record) if record.stored_at.is_some() => {
            let lock = record
                .object_lock
                .as_deref()
                .unwrap_or("none, so that anyone who may delete there can delete it");
            let text = format!(
                "the manifest is s3://{}/{}; Object Lock: {lock}",
                store.bucket, record.key
            );
            Wanted::yes(Type::Sealed, Reason::Sealed, text)
        }
        Some(record) => Wanted::no(
            Type::Sealed,
            Reason::EvidenceMissing,
            format!("not sealed: {}", why(record)),
        ),
        None => {
            let text = pending.unwrap_or("sealed once it is contained");
            Wanted::no(Type::Sealed, Reason::Sealing, text)
        }
    }
}

//! What people said about a run. It is journalled, and stands until the run ends.

use super::{
    Scene, Word,
    record::{entry, is_past_return},
    section,
};
use crate::run::act::ActStep;
use firebreak_crds::{ResponsePlanStatus, StepRecord, StepState, Verb, text};

/// Takes what people said into the record.
pub(super) fn take(scene: &Scene<'_>, status: &mut ResponsePlanStatus) {
    if let Some(by) = status.control.abort_asked_by.clone() {
        ask_abort(scene, status, &by);
    }
    let Some(words) = scene.words else { return };
    pause(words, status);
    if let Some(word) = words.iter().find(|word| word.verb == Verb::Abort) {
        ask_abort(scene, status, &word.by.clone());
    }
    words
        .iter()
        .filter(|word| word.verb == Verb::Retry)
        .for_each(|word| retry(scene, status, word));
    skip(scene, status);
}

/// The last of Pause and Resume stands, also once it has expired. A Reject of a run that was begun pauses it for good: only an
/// Abort ends it.
fn pause(words: &[Word], status: &mut ResponsePlanStatus) {
    let followed = super::record::time(&status.control.steered_at);
    let is_new = |word: &&Word| followed.is_none_or(|followed| word.at >= followed);
    let mut steering = words
        .iter()
        .filter(|word| matches!(word.verb, Verb::Pause | Verb::Resume));
    let rejected = words.iter().find(|word| word.verb == Verb::Reject);
    if let Some(word) = steering.rfind(is_new) {
        status.control.paused_by = (word.verb == Verb::Pause).then(|| word.by.clone());
        status.control.steered_at = Some(word.at.to_string());
    }
    if let Some(word) = rejected {
        status.control.paused_by = Some(word.by.clone());
    }
}

/// Ends a run, or lets the steps that must not be parted come to their end first.
pub(super) fn ask_abort(scene: &Scene<'_>, status: &mut ResponsePlanStatus, by: &str) {
    if status.control.aborted_by.is_some() {
        return;
    }
    match section::any_open(scene, status) {
        true => {
            status.control.abort_asked_by.get_or_insert_with(|| by.to_owned());
        }
        false => abort(scene, status, by),
    }
}

/// It goes back as long as no one-way step can have been asked for, and stops otherwise.
fn abort(scene: &Scene<'_>, status: &mut ResponsePlanStatus, by: &str) {
    forget_uncalled(scene, status, |_, _| true);
    let past = scene.steps().any(|step| is_past_return(step, &entry(status, step)));
    status.control.aborted_by = Some(by.to_owned());
    status.control.aborted_at = Some(scene.now.to_string());
    status.control.going_back = !past;
}

/// A step that was begun and never called is not begun: this process knows that nothing of this try is in AWS. What an earlier
/// try may have done stays recorded.
pub(super) fn forget_uncalled(
    scene: &Scene<'_>,
    status: &mut ResponsePlanStatus,
    which: impl Fn(&ResponsePlanStatus, &ActStep) -> bool,
) {
    for step in scene.steps().filter(|step| scene.uncalled.contains(&step.id)) {
        let record = entry(status, step);
        // A gate is never called: in a section it goes on, and what failed is known.
        let is_known = record.failed_at.is_some() || (step.is_gate() && step.section.is_some());
        if is_known || !which(status, step) {
            continue;
        }
        if record.state == StepState::Started && !record.going_back && record.attempts > 0 {
            status.journal.insert(step.id.clone(), not_tried(record));
        }
    }
}

fn not_tried(record: StepRecord) -> StepRecord {
    let earlier = record.attempts > 1;
    StepRecord {
        attempts: record.attempts - 1,
        found: record.found.filter(|_| earlier),
        bound: record.bound.filter(|_| earlier),
        retried_by: record.retried_by,
        ..StepRecord::default()
    }
}

/// Begins a failed step again, or one whose call must not be repeated by itself: a person has looked.
fn retry(scene: &Scene<'_>, status: &mut ResponsePlanStatus, word: &Word) {
    if status.control.aborted_by.is_some() {
        return;
    }
    for step in about(scene, word.step.as_deref()) {
        let record = entry(status, step);
        let ended = super::record::time(&record.failed_at).map(|failed| failed.as_second());
        let stuck = super::calls::needs_a_word(scene, step, &record);
        let later = ended.is_some_and(|ended| word.at.as_second() >= ended) || (ended.is_none() && stuck);
        if later && record.retried_by.as_ref() != Some(&word.name) {
            status.journal.insert(step.id.clone(), begun_again(&record, word));
        }
    }
}

/// What an earlier try found and wrote stays recorded: an abort puts it back.
fn begun_again(record: &StepRecord, word: &Word) -> StepRecord {
    StepRecord {
        attempts: record.attempts,
        retried_by: Some(word.name.clone()),
        found: record.found.clone(),
        bound: record.bound.clone(),
        ..StepRecord::default()
    }
}

/// Goes on without steps. What they may have done stays, and is named.
fn skip(scene: &Scene<'_>, status: &mut ResponsePlanStatus) {
    for step in scene.steps().filter(|step| scene.skipped.contains(&step.step)) {
        let mut record = entry(status, step);
        if matches!(record.state, StepState::Verified | StepState::Skipped) || scene.in_flight.contains(&step.id) {
            continue;
        }
        let left = match super::record::may_have_effect(&record) {
            true => "skipped on people's word; what it may have done stays",
            false => "skipped on people's word; nothing was done",
        };
        record.state = StepState::Skipped;
        record.failed_at = None;
        record.message = Some(text::message(left));
        status.journal.insert(step.id.clone(), record);
    }
}

fn about<'a>(scene: &Scene<'a>, step: Option<&str>) -> impl Iterator<Item = &'a ActStep> {
    let named = step.map(str::to_owned);
    scene.steps().filter(move |step| named.as_ref() == Some(&step.step))
}

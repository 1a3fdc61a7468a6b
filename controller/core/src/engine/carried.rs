//! Who asked for what an Incident created. The operator itself writes its spec, so that the API server stamps the operator; the
//! people who asked are carried in an annotation that admission reserves to the operator.

use super::world::Subject;
use crate::approval::Admission;
use firebreak_crds::{ASKED_ANNOTATION, Asked, ObjectMeta};
use serde_json::Value;

/// What an object carries. What cannot be read names nobody, which costs one more approver.
pub(super) fn read(meta: &ObjectMeta) -> Option<Asked> {
    let text = meta.annotations.as_ref()?.get(ASKED_ANNOTATION)?;
    let unreadable = Asked {
        unattributed: true,
        ..Asked::default()
    };
    let read = parsed(text).unwrap_or(unreadable);
    // Name by name, so that no record gets more of them, or longer ones, than it may have.
    Some(Asked::default().with(&read))
}

/// A list would be taken for an object without fields.
fn parsed(text: &str) -> Option<Asked> {
    let value: Value = serde_json::from_str(text).ok()?;
    serde_json::from_value(value.as_object()?.clone().into()).ok()
}

/// Who last changed the spec: as the API server stamped it, or, where that is the operator, the last person who asked.
pub(super) fn requester<'a>(subject: &'a Subject, admission: Admission, operator: &str) -> Option<&'a str> {
    let stamped = subject.requested_by.as_deref()?;
    if stamped != operator {
        return Some(stamped);
    }
    let carried = subject.carried.as_ref().filter(|_| admission.asked_reserved);
    let last = carried.filter(|asked| !asked.unattributed)?.by.last();
    last.map(String::as_str)
}

/// Whether what is known of the requester is known for good: policies that are unreadable for a moment change that.
pub(super) fn is_vouched_for(subject: &Subject, admission: Admission, operator: &str) -> bool {
    let by_operator = subject.requested_by.as_deref() == Some(operator);
    admission.requester_stamped && (admission.asked_reserved || !by_operator)
}

#[cfg(test)]
mod tests;

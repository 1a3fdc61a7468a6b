//! The bounds of the schemas, kept where records and reports are made: a write that is longer than its schema allows would
//! be refused for ever.

use crate::{Condition, HoldSpec, QuarantineStatus, ResponsePlanStatus, TrafficPolicyStatus};

/// The longest sentence for people.
pub const MESSAGE: usize = 1024;
/// The longest username that is kept.
pub const USERNAME: usize = 256;
/// The most objects that hold one thing.
pub const HOLDERS: usize = 32;
const NOTES: usize = 32;
const HOLDS: usize = 64;
const APPROVERS: usize = 32;
const TITLE: usize = 512;
const REASSERTIONS: usize = 16;
const DECISIONS: usize = 64;

/// At most so many characters; what is longer ends with an ellipsis.
pub fn cut(text: &str, longest: usize) -> String {
    if text.chars().count() <= longest {
        return text.to_owned();
    }
    text.chars().take(longest.saturating_sub(1)).chain(['…']).collect()
}

fn shorten(text: &mut Option<String>, longest: usize) {
    if let Some(text) = text {
        *text = cut(text, longest);
    }
}

/// The last ones: they are the latest.
fn last<T>(list: &mut Vec<T>, most: usize) {
    let surplus = list.len().saturating_sub(most);
    list.drain(..surplus);
}

impl QuarantineStatus {
    /// The same within the bounds of its schema.
    #[must_use]
    pub fn bounded(mut self) -> Self {
        shorten(&mut self.target, TITLE);
        shorten(&mut self.requested_by, USERNAME);
        self.holds.truncate(HOLDS);
        within(&mut self.notes, &mut self.conditions);
        self
    }
}

impl TrafficPolicyStatus {
    /// The same within the bounds of its schema.
    #[must_use]
    pub fn bounded(mut self) -> Self {
        shorten(&mut self.target, TITLE);
        shorten(&mut self.requested_by, USERNAME);
        self.holds.truncate(HOLDS);
        within(&mut self.notes, &mut self.conditions);
        self
    }
}

fn within(notes: &mut Vec<String>, conditions: &mut [Condition]) {
    notes.truncate(NOTES);
    notes.iter_mut().for_each(|note| *note = cut(note, MESSAGE));
    conditions
        .iter_mut()
        .for_each(|one| one.message = cut(&one.message, MESSAGE));
}

impl ResponsePlanStatus {
    /// The same within the bounds of its schema.
    #[must_use]
    pub fn bounded(mut self) -> Self {
        shorten(&mut self.message, MESSAGE);
        self.approved_by.truncate(APPROVERS);
        self.approved_by.iter_mut().for_each(|name| *name = cut(name, MESSAGE));
        last(&mut self.decisions, DECISIONS);
        for record in self.journal.values_mut() {
            shorten(&mut record.message, MESSAGE);
            last(&mut record.reasserted_at, REASSERTIONS);
            last(&mut record.request_ids, REASSERTIONS);
        }
        self.archive
            .values_mut()
            .for_each(|record| shorten(&mut record.error, MESSAGE));
        self
    }
}

impl HoldSpec {
    /// The same within the bounds of its schema. Holders are never left out: one more than there is room for is refused
    /// before it joins.
    #[must_use]
    pub fn bounded(mut self) -> Self {
        shorten(&mut self.message, MESSAGE);
        last(&mut self.reasserted_at, REASSERTIONS);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ArchiveRecord, StepRecord, all};
    use serde_json::{Value, json};

    /// The first place where a value is longer than the schema allows.
    fn too_long(schema: &Value, value: &Value, at: &str) -> Option<String> {
        let over = |bound: &str, length: usize| schema[bound].as_u64().is_some_and(|most| length as u64 > most);
        let long = match value {
            Value::String(text) => over("maxLength", text.chars().count()),
            Value::Array(list) => over("maxItems", list.len()),
            _ => false,
        };
        let within =
            |(key, value): (&String, &Value)| too_long(&schema["properties"][key], value, &format!("{at}.{key}"));
        let each = |value: &Value| too_long(&schema["items"], value, &format!("{at}[]"));
        long.then(|| at.to_owned()).or_else(|| match value {
            Value::Object(map) => map.iter().find_map(within),
            Value::Array(list) => list.iter().find_map(each),
            _ => None,
        })
    }

    fn schema(kind: &str, part: &str) -> Value {
        let crd = all().into_iter().find(|crd| crd.spec.names.kind == kind).unwrap();
        let crd = serde_json::to_value(crd).unwrap();
        crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"][part].clone()
    }

    fn long() -> String {
        "ä".repeat(5000)
    }

    #[test]
    fn a_status_that_says_too_much_fits_its_schema() {
        let wanted = crate::condition::Wanted::no(crate::ConditionType::Ready, crate::Reason::NotApplied, long());
        let status = QuarantineStatus {
            conditions: crate::condition::merge(&[], &[wanted], 1, k8s_openapi::jiff::Timestamp::UNIX_EPOCH),
            target: Some(long()),
            requested_by: Some(long()),
            holds: vec!["hold".into(); 100],
            notes: vec![long(); 100],
            ..QuarantineStatus::default()
        };
        let value = json!(status.clone().bounded());
        assert_eq!(too_long(&schema("Quarantine", "status"), &value, "status"), None);
        assert!(too_long(&schema("Quarantine", "status"), &json!(status), "status").is_some());
        assert!(value.to_string().len() < 500_000);
    }

    #[test]
    fn a_journal_that_says_too_much_fits_its_schema() {
        let record = StepRecord {
            message: Some(long()),
            reasserted_at: vec![long(); 100],
            ..StepRecord::default()
        };
        let decision = json!({"verb": "Approve", "by": "ann@example.com", "approverRole": "approver"});
        let decision: crate::TakenDecision = serde_json::from_value(decision).unwrap();
        let archive = ArchiveRecord {
            error: Some(long()),
            ..ArchiveRecord::default()
        };
        let status = ResponsePlanStatus {
            message: Some(long()),
            approved_by: vec![long(); 100],
            decisions: vec![decision; 100],
            journal: [("a".to_owned(), record)].into(),
            archive: [("plan".to_owned(), archive)].into(),
            ..ResponsePlanStatus::default()
        };
        let bounded = status.clone().bounded();
        assert_eq!(
            too_long(&schema("ResponsePlan", "status"), &json!(bounded), "status"),
            None
        );
        assert!(too_long(&schema("ResponsePlan", "status"), &json!(status), "status").is_some());
        assert_eq!(bounded.archive["plan"].error.as_ref().unwrap().chars().count(), MESSAGE);
        assert_eq!(bounded.journal["a"].message.as_ref().unwrap().chars().count(), MESSAGE);
    }

    #[test]
    fn the_bounds_here_are_those_of_the_schemas() {
        let plan = schema("ResponsePlan", "spec");
        assert_eq!(plan["properties"]["requestedBy"]["maxLength"], USERNAME);
        let hold = schema("Hold", "spec");
        assert_eq!(hold["properties"]["holders"]["maxItems"], HOLDERS);
        assert_eq!(hold["properties"]["message"]["maxLength"], MESSAGE);
    }
}

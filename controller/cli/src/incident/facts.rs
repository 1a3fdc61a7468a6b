//! What a report is written from: an Incident and its responses as they were read, without the operator.

use crate::records::Records;
use firebreak_core::{
    approval::Admission,
    blocked::Blocked,
    coordinate::incident::{
        self, Child, Found, Record, Subject, World,
        close_out::CloseOut,
        ledger::Ledger,
        report::{Change, Facts, changes},
    },
    run::Run,
};
use firebreak_crds::{
    INCIDENT_UID_LABEL, Incident, Quarantine, ResponsePlan, incident::IncidentResponse, readable::Item, text,
};
use jiff::Timestamp;
use kube::ResourceExt;
use serde_json::Value;
use std::collections::BTreeMap;

/// The most characters of names in a note.
const MAX_NAMES: usize = 300;

/// Everything that a report needs.
pub struct Sources<'a> {
    /// The Incident.
    pub incident: &'a Incident,
    /// Every Quarantine of its namespace.
    pub quarantines: &'a [Item<Quarantine>],
    /// What else there is in its namespace.
    pub records: &'a Records,
}

impl Sources<'_> {
    /// What is known, for the report.
    pub fn facts(&self, now: Timestamp) -> Facts {
        Facts::of(&self.world(), self.changes(), now)
    }

    /// What the report does not say, and why.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = self.records.notes.clone();
        notes.extend(self.unreadable_runs());
        notes.extend(self.unheard());
        notes
    }

    /// As the operator sees it, as far as a report tells of it: nothing is decided from it.
    fn world(&self) -> World {
        World {
            subject: Subject::of(self.incident),
            objects: self.objects(),
            decisions: Vec::new(),
            guardrails: Vec::new(),
            admission: Admission::default(),
            machines: Vec::new(),
            operator: String::new(),
            refused: BTreeMap::new(),
            failed: BTreeMap::new(),
            ledger: Ledger::default(),
            close_out: CloseOut::default(),
        }
    }

    fn objects(&self) -> BTreeMap<String, Found> {
        let spec = &self.incident.spec;
        let named = incident::objects(&self.incident.name_any(), &spec.responses);
        let absent = named.iter().map(|name| (name.clone(), Found::Absent));
        let mut objects: BTreeMap<String, Found> = absent.collect();
        for (name, found) in self.quarantines.iter().map(|item| self.found(item)) {
            let ours = matches!(&found, Found::Object(child) if child.incident_uid == self.incident.uid());
            if ours || named.contains(&name) {
                objects.insert(name, found);
            }
        }
        objects
    }

    fn found(&self, item: &Item<Quarantine>) -> (String, Found) {
        match item {
            Ok(object) => {
                let record = Record::of(&self.plans(&object.uid().unwrap_or_default()));
                (object.name_any(), Found::Object(Box::new(Child::of(object, record))))
            }
            Err(bad) => (bad.name.clone(), Found::Unreadable(bad.to_string())),
        }
    }

    fn plans(&self, uid: &str) -> Vec<ResponsePlan> {
        let all = self.records.plans.iter();
        let mut plans: Vec<ResponsePlan> = all.filter(|plan| plan.spec.owner.uid == uid).cloned().collect();
        plans.sort_by_key(|plan| plan.spec.run);
        plans
    }

    /// What was changed in AWS, by the name of the response.
    fn changes(&self) -> BTreeMap<String, Vec<Change>> {
        let spec = &self.incident.spec;
        let objects = incident::objects(&self.incident.name_any(), &spec.responses);
        let held = self.held();
        let each = spec.responses.iter().zip(objects).map(|(response, object)| {
            let runs = self.runs(response, &object).into_iter().flatten();
            let changes = runs.flat_map(|run| changes(&run, &held)).collect();
            (response.name.clone(), changes)
        });
        each.collect()
    }

    /// The runs of a response's object, unless it is somebody else's of that name.
    fn runs(&self, response: &IncidentResponse, object: &str) -> Vec<Result<Run, Blocked>> {
        let uid = self.incident.uid();
        let is_ours = |one: &Quarantine| one.labels().get(INCIDENT_UID_LABEL) == uid.as_ref();
        let mut readable = self.quarantines.iter().flatten();
        let found =
            readable.find(|one| one.name_any() == object && (response.quarantine_ref.is_some() || is_ours(one)));
        let uid = found.and_then(ResourceExt::uid);
        uid.map(|uid| self.records.runs(&uid)).unwrap_or_default()
    }

    /// The before-values that are in custody, by the Hold's name.
    fn held(&self) -> BTreeMap<String, Value> {
        let holds = self.records.holds.iter();
        holds.map(|hold| (hold.name_any(), hold.spec.before.clone())).collect()
    }

    fn unreadable_runs(&self) -> Vec<String> {
        let responses = &self.incident.spec.responses;
        let objects = incident::objects(&self.incident.name_any(), responses);
        let runs = responses
            .iter()
            .zip(&objects)
            .flat_map(|(one, object)| self.runs(one, object));
        let bad = runs.filter_map(Result::err);
        bad.map(|blocked| format!("{}: its changes are left out", blocked.message))
            .collect()
    }

    /// What people said that the timeline does not have: the operator has not looked since, or it does not count.
    fn unheard(&self) -> Option<String> {
        let uid = self.incident.uid().unwrap_or_default();
        let timeline = self.incident.status.iter().flat_map(|status| &status.timeline);
        let known: Vec<&str> = timeline.map(|entry| entry.about.as_str()).collect();
        let said = self
            .records
            .decisions_about(&uid)
            .into_iter()
            .map(|decision| decision.name_any());
        let missing: Vec<String> = said.filter(|name| !known.contains(&name.as_str())).collect();
        (!missing.is_empty()).then(|| {
            format!(
                "{} not in the timeline: the operator has not looked since, it does not count, or newer entries took its place ({})",
                text::counted(missing.len(), "Decision"),
                text::bounded(&missing.join(", "), MAX_NAMES)
            )
        })
    }
}

#[cfg(test)]
#[path = "facts_tests.rs"]
mod tests;

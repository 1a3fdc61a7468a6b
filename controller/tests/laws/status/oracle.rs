//! What may be said, by AWS's own state and log alone: nothing of the operator's code is asked.

use crate::support::{Bench, read::shape};
use firebreak_cloud::memory::{Call, Outcome, Request};
use firebreak_core::{aws::Query, run::custody};
use firebreak_crds::{Condition, HoldState, Quarantine};
use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeMap;

/// Within so many seconds the status follows what was read, or was not.
const IN_TIME: i64 = 15;
/// Conditions that claim something of AWS when they are True.
const CLAIMS: [&str; 3] = ["Contained", "InSync", "Verified"];

pub struct Oracle {
    /// The world as the containment has it.
    contained: Value,
    /// When somebody opened it.
    opened: Timestamp,
    first_call: u64,
}

impl Oracle {
    pub fn of(bench: &Bench) -> Self {
        Self {
            contained: shape(&bench.aws.world())["still"].clone(),
            opened: bench.now(),
            first_call: bench.aws.calls().last().map_or(0, |call| call.number),
        }
    }

    pub fn judge(&self, bench: &Bench, object: Option<&Quarantine>, what: &str) {
        let calls: Vec<Call> = bench.aws.calls();
        let since: Vec<&Call> = calls.iter().filter(|call| call.number > self.first_call).collect();
        let at = bench.now().duration_since(self.opened).as_secs();
        let what = format!("{what}, after {at} s");
        if let Some(object) = object {
            self.judge_status(bench, &since, object, &what);
        }
        self.judge_orphans(bench, &since, &what);
    }

    fn judge_status(&self, bench: &Bench, since: &[&Call], object: &Quarantine, what: &str) {
        let conditions = object
            .status
            .as_ref()
            .map(|status| status.conditions.as_slice())
            .unwrap_or_default();
        let claimed = claimed(conditions);
        if let Some(query) = unanswered(bench, since) {
            assert_eq!(claimed, [""; 0], "{what}: {query} was not answered: {conditions:#?}");
        }
        if self.is_seen_open(bench, since) {
            assert_eq!(
                claimed, [""; 0],
                "{what}: a read shows that it is open: {conditions:#?}"
            );
        }
        let hung = self.hangs(bench, since);
        let contained = conditions.iter().find(|condition| condition.type_ == "Contained");
        if let (true, Some(contained), false) = (hung, contained, bench.holds().is_empty()) {
            assert_eq!(contained.status, "Unknown", "{what}: AWS hangs: {conditions:#?}");
        }
    }

    fn judge_orphans(&self, bench: &Bench, since: &[&Call], what: &str) {
        let orphans = bench.holds().into_iter().filter(|hold| hold.spec.holders.is_empty());
        for hold in orphans.filter(|hold| hold.spec.state == HoldState::Orphaned) {
            let message = hold.spec.message.as_deref().unwrap_or_default();
            let claims = message.contains("enforced") || message.is_empty();
            // A Hold tells of its own part; another's read that hangs says nothing of it.
            let reads_it = Request::Read(Query::Cell(custody::read_cell(&hold.spec).unwrap()));
            let its: Vec<&Call> = since.iter().copied().filter(|call| call.request == reads_it).collect();
            let known = unanswered(bench, &its).is_none() && !self.is_seen_open(bench, since);
            assert!(known || !claims, "{what}: the Hold says: {message}");
        }
    }

    /// Whether no call at all was answered, for longer than is allowed.
    fn hangs(&self, bench: &Bench, since: &[&Call]) -> bool {
        let asked = since
            .first()
            .is_some_and(|call| seconds(call.at, bench.now()) > IN_TIME);
        asked && since.iter().all(|call| call.outcome == Outcome::Cut)
    }

    /// Whether something that was opened stays open, and everything was read since, longer ago than is allowed.
    fn is_seen_open(&self, bench: &Bench, since: &[&Call]) -> bool {
        let open = shape(&bench.aws.world())["still"] != self.contained;
        let written = since.iter().any(|call| {
            call.is_write() && call.outcome != Outcome::Failed(firebreak_core::aws::failure::FailureClass::Denied)
        });
        let read = since.iter().filter(|call| matches!(call.request, Request::Read(_)));
        let seen = read.clone().all(|call| call.outcome == Outcome::Done)
            && read.clone().any(|call| seconds(call.at, bench.now()) > IN_TIME + 8);
        open && !written && seen
    }
}

/// What was asked in vain, for longer than is allowed.
fn unanswered(bench: &Bench, since: &[&Call]) -> Option<String> {
    let mut last: BTreeMap<String, &Call> = BTreeMap::new();
    let mut silent_since: BTreeMap<String, Timestamp> = BTreeMap::new();
    for call in since {
        let Request::Read(query) = &call.request else { continue };
        let query = format!("{query:?}");
        if call.outcome == Outcome::Done {
            silent_since.remove(&query);
        } else {
            silent_since.entry(query.clone()).or_insert(call.at);
        }
        last.insert(query, call);
    }
    let long = silent_since
        .into_iter()
        .find(|(query, at)| seconds(*at, bench.now()) > IN_TIME && !is_for_a_warning(bench, query));
    long.map(|(query, _)| query)
}

/// Whether a query only finds out what the plan warns of: who else has the role of a workload, what it may still do, and
/// where traffic goes.
fn is_for_a_warning(bench: &Bench, query: &str) -> bool {
    let of_policy = |hold: &firebreak_crds::Hold| hold.spec.key.field.starts_with("InlinePolicy/");
    let of_plan = ["StandaloneTasksOfRole", "TargetHealth"]
        .iter()
        .any(|kind| query.starts_with(kind));
    of_plan || query.contains("RoleInlinePolicy") && !bench.holds().iter().any(of_policy)
}

fn claimed(conditions: &[Condition]) -> Vec<&str> {
    let claims = conditions.iter().filter(|condition| {
        let kind = condition.type_.as_str();
        condition.status == "True" && (CLAIMS.contains(&kind) || (kind == "Ready" && condition.reason == "Contained"))
    });
    claims.map(|condition| condition.type_.as_str()).collect()
}

fn seconds(since: Timestamp, now: Timestamp) -> i64 {
    now.duration_since(since).as_secs()
}

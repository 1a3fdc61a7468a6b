//! What must be true of every end of a containment, from the sequence and the records alone.

use super::steps::{Policy, people};
use crate::support::{Bench, words::AUTHOR};
use firebreak_core::run::custody;
use firebreak_crds::{Action, Decision, DesiredState, Hold, PlanOutcome, Quarantine, ResponsePlan, Severity, Verb};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// The cluster at one moment.
pub struct Seen {
    now: Timestamp,
    object: Option<Quarantine>,
    holds: BTreeMap<String, Hold>,
    runs: BTreeMap<String, ResponsePlan>,
    decisions: Vec<Decision>,
}

impl Seen {
    pub fn of(bench: &Bench) -> Self {
        let name = |hold: Hold| (hold.metadata.name.clone().unwrap(), hold);
        let uid = |run: ResponsePlan| (run.metadata.uid.clone().unwrap(), run);
        Self {
            now: bench.now(),
            object: bench.api.get(Some(crate::support::words::TEAM), "q"),
            holds: bench.holds().into_iter().map(name).collect(),
            runs: bench.plans("q").into_iter().map(uid).collect(),
            decisions: bench.api.all(),
        }
    }

    fn has_begun(&self, uid: &str) -> bool {
        let status = self.runs.get(uid).and_then(|run| run.status.as_ref());
        status.is_some_and(|status| !status.journal.is_empty())
    }
}

/// How containments ended, to see that the law was not empty.
#[derive(Debug, Default)]
pub struct Ends {
    approved: usize,
    expired: usize,
    orphaned: usize,
    abandoned: usize,
}

impl Ends {
    pub fn add(&mut self, other: &Self) {
        self.approved += other.approved;
        self.expired += other.expired;
        self.orphaned += other.orphaned;
        self.abandoned += other.abandoned;
    }

    pub fn all_happened(&self) -> bool {
        [self.approved, self.expired, self.orphaned, self.abandoned]
            .iter()
            .all(|count| *count > 0)
    }
}

/// What is known of the containment that lasts.
pub struct Oracle {
    pub policy: Policy,
    pub ends: Ends,
    story: String,
    last_editor: String,
    severity: Severity,
    requesters: BTreeSet<String>,
    severities: BTreeSet<Severity>,
}

impl Oracle {
    pub fn new(policy: Policy, story: String) -> Self {
        let mut oracle = Self {
            policy,
            ends: Ends::default(),
            story,
            last_editor: AUTHOR.into(),
            severity: Severity::Medium,
            requesters: BTreeSet::new(),
            severities: BTreeSet::new(),
        };
        oracle.edited(AUTHOR, Severity::Medium);
        oracle
    }

    pub fn edited(&mut self, by: &str, severity: Severity) {
        (self.last_editor, self.severity) = (by.to_owned(), severity);
        self.requesters.insert(by.to_owned());
        self.severities.insert(severity);
    }

    /// Every end between two moments is one that enough people agreed to.
    pub fn judge(&mut self, before: &Seen, after: &Seen) {
        for (uid, run) in &after.runs {
            let begins = after.has_begun(uid) && !before.has_begun(uid);
            if begins && run.spec.action == Action::Release && gives_up(before, run) {
                self.judge_release(before, uid, run);
            }
        }
        let ended = before.holds.iter().filter(|(name, _)| !after.holds.contains_key(*name));
        for (_, hold) in ended.filter(|(_, hold)| hold.spec.read_back.is_some()) {
            self.judge_end(before, after, hold);
        }
        if after.holds.is_empty() {
            self.requesters = BTreeSet::from([self.last_editor.clone()]);
            self.severities = BTreeSet::from([self.severity]);
        }
    }

    /// A release that begins: its own approvals, or those of a containment whose expiry has ended.
    fn judge_release(&mut self, seen: &Seen, uid: &str, run: &ResponsePlan) {
        let approvals = words(seen, |d| d.spec.plan.as_ref().is_some_and(|plan| plan.uid == uid));
        let rejected = approvals
            .iter()
            .any(|d| d.spec.verb == Verb::Reject && stands(d, seen.now) && is_person(d));
        assert!(!rejected, "a rejected release began: {}", self.story);
        let agreed = approvals
            .into_iter()
            .filter(|d| d.spec.verb == Verb::Approve && stands(d, seen.now));
        let agreed: Vec<&Decision> = agreed.collect();
        if self.enough_but_the_asker(seen, &agreed) {
            self.ends.approved += 1;
        } else {
            self.judge_expiry(seen, run);
            self.ends.expired += 1;
        }
    }

    /// Who asked for it by a Decision is none of those who agreed.
    fn enough_but_the_asker(&self, seen: &Seen, agreed: &[&Decision]) -> bool {
        let object = seen.object.as_ref();
        let deleting = object.is_none_or(|q| q.metadata.deletion_timestamp.is_some());
        let asks = object.is_some_and(|q| q.spec.state == DesiredState::Released);
        let by_machine = !people::is_person(&self.last_editor);
        let generation = object.and_then(|q| q.metadata.generation).unwrap_or_default();
        let askers = words(seen, |d| {
            let of_now = d
                .spec
                .target
                .generation
                .is_some_and(|of| of >= generation - i64::from(deleting));
            d.spec.verb == Verb::Release && of_now && is_person(d)
        });
        let by_word = askers.iter().any(|asker| {
            let others: Vec<&Decision> = agreed.iter().copied().filter(|d| d.spec.by != asker.spec.by).collect();
            self.enough(&others, false)
        });
        by_word || ((deleting || asks) && self.enough(agreed, deleting || by_machine))
    }

    fn judge_expiry(&self, seen: &Seen, release: &ResponsePlan) {
        let contained = seen
            .runs
            .values()
            .filter(|run| run.spec.owner.uid == release.spec.owner.uid && run.spec.action == Action::Contain)
            .filter(|run| run.status.as_ref().is_some_and(|status| status.contained_at.is_some()))
            .max_by_key(|run| run.spec.run)
            .unwrap_or_else(|| panic!("a release that nobody approved: {}", self.story));
        let uid = contained.metadata.uid.clone().unwrap();
        let agreed = words(seen, |d| {
            d.spec.verb == Verb::Approve && d.spec.plan.as_ref().is_some_and(|plan| plan.uid == uid)
        });
        assert!(
            self.enough(&agreed, false),
            "an expiry that too few had approved: {}",
            self.story
        );
        let since: Timestamp = contained
            .status
            .as_ref()
            .unwrap()
            .contained_at
            .as_ref()
            .unwrap()
            .parse()
            .unwrap();
        assert!(
            contained.spec.payload["expiry"].is_object() && seen.now.as_second() - since.as_second() >= 3600,
            "a release without an end: {}",
            self.story
        );
        let listed = contained.spec.payload["restore"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        for step in release.spec.payload["steps"].as_array().unwrap() {
            let reopened = &step["reopens"];
            let hold = step["hold"].as_str().and_then(|name| seen.holds.get(name));
            let harmless = hold.is_some_and(|hold| custody::is_harmless(&hold.spec, seen.now));
            assert!(
                reopened.is_null() || harmless || listed.contains(reopened),
                "{reopened} was not listed: {}",
                self.story
            );
        }
    }

    /// Custody that is over: by a release that was judged, or by the words of enough people.
    fn judge_end(&mut self, before: &Seen, after: &Seen, hold: &Hold) {
        let Some(holder) = hold.spec.holders.first() else {
            return self.judge_orphan(before, hold);
        };
        let runs = after
            .runs
            .iter()
            .filter(|(_, run)| run.spec.owner.uid == holder.owner.uid);
        let (uid, latest) = runs.max_by_key(|(_, run)| run.spec.run).unwrap();
        if latest.spec.action == Action::Release && after.has_begun(uid) && !was_abandoned(latest) {
            return;
        }
        let generation = before.object.as_ref().and_then(|q| q.metadata.generation);
        let said = words(before, |d| {
            let about = d.spec.target.uid == holder.owner.uid && d.spec.target.generation == generation;
            about && d.spec.verb == Verb::Abandon
        });
        let by_machine = !people::is_person(&self.last_editor);
        assert!(
            self.enough_to_give_up(&said, by_machine),
            "given up by too few: {}",
            self.story
        );
        self.ends.abandoned += 1;
    }

    fn judge_orphan(&mut self, seen: &Seen, hold: &Hold) {
        let uid = hold.metadata.uid.clone().unwrap();
        let said = |verb| words(seen, |d| d.spec.target.uid == uid && d.spec.verb == verb);
        let (mut released, abandoned) = (said(Verb::Release), said(Verb::Abandon));
        // Sessions that have run out reopen nothing.
        if let Some(reopens) = hold
            .spec
            .reopens
            .filter(|_| !custody::is_harmless(&hold.spec, seen.now))
        {
            released.retain(|d| d.spec.restore.contains(&reopens));
        }
        let enough = self.enough_to_give_up(&released, true) || self.enough_to_give_up(&abandoned, true);
        assert!(enough, "an orphan was ended by too few: {}", self.story);
        self.ends.orphaned += 1;
    }

    /// At least one person says it, whatever the rules.
    fn enough_to_give_up(&self, said: &[&Decision], unattributed: bool) -> bool {
        said.iter().any(|d| is_person(d)) && self.enough(said, unattributed)
    }

    /// The strictest rule of every severity that it had; nobody counts who edited it.
    fn enough(&self, said: &[&Decision], unattributed: bool) -> bool {
        let grave = |severity: &Severity| matches!(severity, Severity::High | Severity::Critical);
        let of = |severity| {
            if grave(severity) {
                self.policy.grave
            } else {
                self.policy.lax
            }
        };
        let named = self.severities.iter().map(of).max().unwrap_or_default();
        let required = named.max(u8::from(self.policy.security));
        if required == 0 {
            return true;
        }
        let agreed = said
            .iter()
            .filter(|d| is_person(d) && !self.requesters.contains(&d.spec.by));
        let names: BTreeSet<&String> = agreed.clone().map(|d| &d.spec.by).collect();
        let security = agreed.clone().any(|d| d.spec.approver_role == "security");
        names.len() >= usize::from(required + u8::from(unattributed)) && (security || !self.policy.security)
    }
}

/// Whether anything that was written ends with the release: what is gone, withheld or in conflict stays in custody or was lost.
fn gives_up(seen: &Seen, run: &ResponsePlan) -> bool {
    run.spec.payload["steps"].as_array().unwrap().iter().any(|step| {
        let hold = step["hold"].as_str().and_then(|name| seen.holds.get(name));
        let ends = matches!(step["disposition"].as_str(), Some("Restore" | "Back"));
        ends && hold.is_some_and(|hold| hold.spec.read_back.is_some())
    })
}

fn words(seen: &Seen, about: impl Fn(&Decision) -> bool) -> Vec<&Decision> {
    seen.decisions.iter().filter(|decision| about(decision)).collect()
}

fn stands(decision: &Decision, now: Timestamp) -> bool {
    let end = decision
        .spec
        .expires_at
        .as_ref()
        .map(|text| text.parse::<Timestamp>().unwrap());
    end.is_none_or(|end| end > now)
}

fn is_person(decision: &Decision) -> bool {
    people::is_person(&decision.spec.by)
}

fn was_abandoned(run: &ResponsePlan) -> bool {
    run.status.as_ref().and_then(|status| status.outcome) == Some(PlanOutcome::Abandoned)
}

//! What was read of a cluster, and the world that the engine decides in, as a pure function of it.

use crate::{exit::refused, render::harmless::cleaned};
use firebreak_core::{
    approval::{Admission, NOT_BOUND},
    blocked::Blocked,
    engine::{Subject, World},
    guard,
    respond::Object,
    run::{
        Run, custody,
        ledger::{Ledger, Usage},
    },
    settings::Settings,
};
use firebreak_crds::{
    AwsAccount, AwsAccountSpec, Condition, Decision, EmergencyStop, FailoverPlan, Guardrail, Hold, HoldSpec,
    ObjectMeta, Quarantine, REQUESTED_BY, ResponsePlan,
};
use jiff::Timestamp;
use kube::ResourceExt;
use std::collections::BTreeMap;

/// What the operator reports of with conditions.
pub trait Reported {
    /// What it has said so far.
    fn conditions(&self) -> &[Condition];
    /// Which object it is.
    fn metadata(&self) -> &ObjectMeta;
}

impl Reported for Quarantine {
    fn conditions(&self) -> &[Condition] {
        self.status.as_ref().map_or(&[], |status| &status.conditions)
    }

    fn metadata(&self) -> &ObjectMeta {
        &self.metadata
    }
}

impl Reported for FailoverPlan {
    fn conditions(&self) -> &[Condition] {
        self.status.as_ref().map_or(&[], |status| &status.conditions)
    }

    fn metadata(&self) -> &ObjectMeta {
        &self.metadata
    }
}

impl Reported for Object {
    fn conditions(&self) -> &[Condition] {
        self.conditions()
    }

    fn metadata(&self) -> &ObjectMeta {
        self.metadata()
    }
}

/// What is responded to by a run that holds what it wrote.
pub trait Responding: Reported {
    /// What the engine decides about.
    fn subject(&self) -> Subject;
}

impl Responding for Quarantine {
    fn subject(&self) -> Subject {
        Subject::of(&self.metadata, self.spec.clone())
    }
}

impl Responding for Object {
    fn subject(&self) -> Subject {
        self.subject()
    }
}

/// Everything around some responses.
#[derive(Clone, Debug, Default)]
pub struct Records {
    /// Every AwsAccount.
    pub accounts: Vec<AwsAccount>,
    /// Every Guardrail.
    pub guardrails: Vec<Guardrail>,
    /// Every EmergencyStop.
    pub stops: Vec<EmergencyStop>,
    /// Decisions of the namespaces that were read.
    pub decisions: Vec<Decision>,
    /// ResponsePlans of the namespaces that were read.
    pub plans: Vec<ResponsePlan>,
    /// Every Hold.
    pub holds: Vec<Hold>,
    /// What could not be read.
    pub notes: Vec<String>,
}

impl Records {
    /// The same for people: nothing that others wrote forges what stands around it. Plans stay as they are, for their digests.
    pub fn for_people(&self) -> Self {
        Self {
            accounts: self.accounts.iter().map(cleaned).collect(),
            stops: self.stops.iter().map(cleaned).collect(),
            decisions: self.decisions.iter().map(cleaned).collect(),
            holds: self.holds.iter().map(cleaned).collect(),
            ..self.clone()
        }
    }

    /// The runs of an object, oldest first; one that cannot be read stands as the reason.
    pub fn runs(&self, uid: &str) -> Vec<Result<Run, Blocked>> {
        let mut plans: Vec<&ResponsePlan> = self.plans.iter().filter(|p| p.spec.owner.uid == uid).collect();
        plans.sort_by_key(|plan| plan.spec.run);
        plans.into_iter().map(Run::of).collect()
    }

    /// The Holds of an object, in the order of its steps.
    pub fn holds_of(&self, uid: &str) -> Vec<&Hold> {
        let mut holds: Vec<&Hold> = self
            .holds
            .iter()
            .filter(|h| custody::is_held_by(&h.spec, uid))
            .collect();
        holds.sort_by_key(|hold| (hold.spec.order, hold.name_any()));
        holds
    }

    /// The Decisions about an object, oldest first.
    pub fn decisions_about(&self, uid: &str) -> Vec<Decision> {
        let mut all: Vec<Decision> = self
            .decisions
            .iter()
            .filter(|d| d.spec.target.uid == uid)
            .cloned()
            .collect();
        all.sort_by_key(|decision| (decision.creation_timestamp(), decision.name_any()));
        all
    }

    /// The world in which the engine would decide about the object. Runs that cannot be read are left out.
    pub fn world(&self, object: &impl Responding, now: Timestamp) -> World {
        let subject = object.subject();
        let uid = subject.owner.uid.clone();
        let account = self.account(subject.terms().account);
        let id = account.map(|a| a.spec.account_id.clone()).unwrap_or_default();
        let named = |hold: &Hold| (hold.name_any(), Some(hold.spec.clone()));
        World {
            account: account.map(|account| account.spec.clone()),
            another_cluster: account.and_then(AwsAccount::another_cluster),
            guardrails: self.guardrails.iter().map(|g| g.spec.clone()).collect(),
            stop: self.stops.first().map(|stop| stop.spec.reason.clone()),
            decisions: self.decisions_about(&uid),
            admission: admission(object),
            runs: self.runs(&uid).into_iter().flatten().collect(),
            mine: self.holds_of(&uid).into_iter().map(ResourceExt::name_any).collect(),
            holds: self.holds.iter().map(named).collect(),
            own: self.own(),
            own_is_known: true,
            claims: guard::claims(self.holds.iter().map(|hold| &hold.spec), &subject.owner.kind, &id),
            claimed: BTreeMap::new(),
            refused: BTreeMap::new(),
            usage: self.usage(&id, &uid, now),
            reserved: false,
            settings: Settings::default(),
            subject,
        }
    }

    /// The AwsAccount that a Hold names, where it is still the same account.
    pub fn account_of(&self, hold: &HoldSpec) -> Option<AwsAccountSpec> {
        let spec = &self.account(&hold.account_name)?.spec;
        (spec.account_id == hold.key.account_id).then(|| spec.clone())
    }

    /// An AwsAccount by its name.
    pub fn account(&self, name: &str) -> Option<&AwsAccount> {
        self.accounts.iter().find(|account| account.name_any() == name)
    }

    /// What Firebreak reaches the accounts through; the operator's own identity is known to it alone.
    pub fn own(&self) -> Vec<String> {
        let specs = self.accounts.iter().map(|account| &account.spec);
        specs.flat_map(guard::operator_dependencies).collect()
    }

    /// What the Holds tell of the account's usage.
    fn usage(&self, account_id: &str, without: &str, now: Timestamp) -> Usage {
        let mut ledger = Ledger::default();
        for hold in &self.holds {
            let since = hold.creation_timestamp().map_or(now, |time| time.0);
            for uid in custody::counted(&hold.spec) {
                ledger.enter(uid, &hold.spec.key.account_id, since);
            }
        }
        ledger.usage(account_id, without, now)
    }
}

/// What admission guarantees, as far as the controller has said that it does not: only the operator compares the policies.
pub fn admission(object: &impl Reported) -> Admission {
    let said = condition(object, "Approved").is_some_and(|c| c.message.contains(NOT_BOUND));
    let annotations = object.metadata().annotations.as_ref();
    Admission {
        decisions_bound_since: (!said).then_some(Timestamp::UNIX_EPOCH),
        requester_stamped: annotations.is_some_and(|all| all.contains_key(REQUESTED_BY)),
        asked_reserved: !said,
    }
}

/// A run, unless it cannot be read.
///
/// # Errors
/// Refused, with the reason.
pub fn readable(run: Result<Run, Blocked>) -> anyhow::Result<Run> {
    run.map_err(|blocked| refused(format!("{}: {}", blocked.reason.as_str(), blocked.message)))
}

/// The object's condition of that type.
pub fn condition<'a>(object: &'a impl Reported, kind: &str) -> Option<&'a Condition> {
    object.conditions().iter().find(|condition| condition.type_ == kind)
}

/// Why the controller does not count a Decision, in its own words, if it said so.
pub fn not_counted<'a>(object: &'a impl Reported, decision: &Decision) -> Option<&'a str> {
    let said = &condition(object, "Approved")?.message;
    let mark = format!("{} by {}: ", decision.name_any(), decision.spec.by);
    let (_, rest) = said.split_once(&mark)?;
    rest.split(';').next()
}

//! What people have said about one plan, and whether they are enough.

use super::{Admission, Distinctness, Requirement, record, refusal, taken};
use firebreak_crds::{Action, Decision, PlanReference, TakenDecision, Verb};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// The most approver roles in which one person's word counts.
const MAX_APPROVER_ROLES: usize = 16;

/// How Decisions are listened to.
#[derive(Clone, Debug)]
pub struct Hearing<'a> {
    /// The plan that they must name.
    pub plan: &'a PlanReference,
    /// What the plan does: no glass is broken to put something back.
    pub action: Action,
    /// Anyone who asked for it: they cannot approve it.
    pub requesters: Vec<&'a str>,
    /// What admission guarantees.
    pub admission: Admission,
    /// What makes two names two people.
    pub people: Distinctness,
    /// Patterns of usernames that are machines.
    pub machines: &'a [String],
    /// The present.
    pub now: Timestamp,
}

/// What people have said about one plan.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Voices {
    /// What makes two names two people.
    pub distinct: Distinctness,
    /// Approvals that count: who, in which approver role.
    pub approvals: Vec<(String, String)>,
    /// Who rejected it.
    pub rejected: Option<String>,
    /// Who broke the glass.
    pub break_glass: Option<String>,
    /// Approvals that do not count, and why.
    pub refused: Vec<String>,
    /// The Decisions that count, as they are taken into the run's record.
    pub taken: Vec<TakenDecision>,
}

impl Voices {
    /// Listens to the Decisions about a plan. Only those count that name its UID and digest, are not expired, were given
    /// after admission was in force, and are not by the requester. Anyone who asked may break the glass: it is for the night
    /// in which nobody else is there, and RBAC says who may.
    pub fn of(decisions: &[Decision], hearing: &Hearing<'_>) -> Self {
        let mut voices = Self {
            distinct: hearing.people,
            ..Self::default()
        };
        for decision in decisions {
            let Some(named) = &decision.spec.plan else { continue };
            if named.uid != hearing.plan.uid && named.name != hearing.plan.name {
                continue;
            }
            // An approval of one step lets that step run, and not the plan.
            if !judges_a_plan(decision.spec.verb) || decision.spec.step.is_some() {
                continue;
            }
            match refusal(decision, named, hearing) {
                Some(why) => voices
                    .refused
                    .push(format!("{} by {}: {why}", name(decision), decision.spec.by)),
                None => voices.hear(taken(decision)),
            }
        }
        voices
    }

    /// What Decisions say about one step of a run, with that verb: each counts as an approval of it, so that the requester's own
    /// does not, and sessions of one role are one person where that is asked for.
    pub fn of_step(decisions: &[Decision], hearing: &Hearing<'_>, verb: Verb, step: &str) -> Self {
        let about = |one: &&Decision| one.spec.verb == verb && one.spec.step.as_deref() == Some(step);
        let approving = |one: &Decision| {
            let mut one = one.clone();
            (one.spec.verb, one.spec.step) = (Verb::Approve, None);
            one
        };
        let approvals: Vec<Decision> = decisions.iter().filter(about).map(approving).collect();
        Self::of(&approvals, hearing)
    }

    /// Counts a Decision, also one that was taken earlier and does not stand any more.
    pub fn hear(&mut self, decision: TakenDecision) {
        if !counts(decision.verb) || self.is_repeated(&decision) {
            return;
        }
        let (by, approver_role) = (decision.by.clone(), decision.approver_role.clone());
        match decision.verb {
            Verb::Approve => self.approvals.push((by, approver_role)),
            Verb::Reject => self.rejected = Some(by),
            Verb::BreakGlass => self.break_glass = Some(by),
            Verb::Release | Verb::Abandon => self.approvals.push((by, approver_role)),
            Verb::Acknowledge | Verb::Note | Verb::Resolve | Verb::Reopen | Verb::Review => {}
            Verb::Start | Verb::Pause | Verb::Resume | Verb::Skip | Verb::Retry | Verb::Abort => {}
        }
        record(&mut self.taken, decision);
    }

    /// What a person says again adds nothing: nobody keeps others from being heard by speaking often.
    fn is_repeated(&self, decision: &TakenDecision) -> bool {
        let mut said = self.taken.iter().filter(|one| self.says_the_same(one, decision));
        match decision.verb {
            Verb::Reject
            | Verb::BreakGlass
            | Verb::Acknowledge
            | Verb::Note
            | Verb::Resolve
            | Verb::Reopen
            | Verb::Review
            | Verb::Start
            | Verb::Pause
            | Verb::Resume
            | Verb::Skip
            | Verb::Retry
            | Verb::Abort => said.next().is_some(),
            Verb::Approve | Verb::Release | Verb::Abandon => {
                let approver_roles: Vec<&str> = said.map(|one| one.approver_role.as_str()).collect();
                approver_roles.len() >= MAX_APPROVER_ROLES || approver_roles.contains(&decision.approver_role.as_str())
            }
        }
    }

    fn says_the_same(&self, one: &TakenDecision, other: &TakenDecision) -> bool {
        one.verb == other.verb && self.distinct.person(&one.by) == self.distinct.person(&other.by)
    }

    /// Those who agreed among these Decisions, without the people who asked.
    pub fn agreed<'a>(
        decisions: impl IntoIterator<Item = &'a TakenDecision>,
        people: Distinctness,
        requesters: &[&str],
    ) -> Self {
        let mut voices = Self {
            distinct: people,
            ..Self::default()
        };
        let asked = |by: &str| requesters.iter().any(|name| people.person(name) == people.person(by));
        let agrees = |verb| matches!(verb, Verb::Approve | Verb::Release | Verb::Abandon);
        let counted = decisions.into_iter().filter(|one| agrees(one.verb) && !asked(&one.by));
        counted.cloned().for_each(|one| voices.hear(one));
        voices
    }

    /// Whether they satisfy the requirement. A rejection outweighs every approval.
    pub fn satisfy(&self, requirement: &Requirement) -> bool {
        self.rejected.is_none()
            && (self.break_glass.is_some() || requirement.required == 0 || self.enough_people(requirement))
    }

    /// The names of those who agreed, where they are enough.
    pub fn enough(&self, requirement: &Requirement) -> Option<Vec<String>> {
        self.satisfy(requirement).then(|| self.names())
    }

    fn enough_people(&self, requirement: &Requirement) -> bool {
        let approver_roles: Vec<&String> = requirement.approver_roles.iter().collect();
        self.people().len() >= requirement.required && self.each_by_another(&approver_roles, &BTreeSet::new())
    }

    fn each_by_another(&self, approver_roles: &[&String], taken: &BTreeSet<&str>) -> bool {
        let Some((first, rest)) = approver_roles.split_first() else {
            return true;
        };
        let gave = self
            .approvals
            .iter()
            .filter(|(_, approver_role)| approver_role == *first);
        let people: BTreeSet<&str> = gave.map(|(by, _)| self.distinct.person(by)).collect();
        // The other approver roles need fewer people than there are approver roles left: further candidates change nothing.
        people.difference(taken).take(approver_roles.len()).any(|&person| {
            let mut taken = taken.clone();
            taken.insert(person);
            self.each_by_another(rest, &taken)
        })
    }

    /// The different people who approved.
    pub fn people(&self) -> BTreeSet<&str> {
        self.approvals.iter().map(|(by, _)| self.distinct.person(by)).collect()
    }

    /// Required approver roles that nobody has given yet, each by another person.
    pub fn missing<'a>(&self, requirement: &'a Requirement) -> Vec<&'a str> {
        let mut given = Vec::new();
        let mut missing = Vec::new();
        for approver_role in &requirement.approver_roles {
            given.push(approver_role);
            if !self.each_by_another(&given, &BTreeSet::new()) {
                given.pop();
                missing.push(approver_role.as_str());
            }
        }
        missing
    }

    /// For people: who approved, and who broke the glass.
    pub fn names(&self) -> Vec<String> {
        let mut names = self.approvers();
        names.extend(self.break_glass.iter().map(|by| format!("{by} (break-glass)")));
        names
    }

    /// For people: who approved, in which approver role.
    pub fn approvers(&self) -> Vec<String> {
        let each = self.approvals.iter();
        let names: BTreeSet<String> = each
            .map(|(by, approver_role)| format!("{by} ({approver_role})"))
            .collect();
        names.into_iter().collect()
    }
}

/// Whether it says that a plan may run, or may not.
fn judges_a_plan(verb: Verb) -> bool {
    counts(verb) && !matches!(verb, Verb::Release | Verb::Abandon)
}

/// Whether it agrees to something, or refuses it. What is about an Incident, or steers a run, does neither.
fn counts(verb: Verb) -> bool {
    !verb.is_about_incident() && !verb.steers_a_run() && verb != Verb::Start
}

fn name(decision: &Decision) -> &str {
    decision.metadata.name.as_deref().unwrap_or("a Decision")
}

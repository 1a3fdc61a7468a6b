//! Who must agree, and who has: Guardrails on one side, Decisions on the other.

use crate::pattern;
use firebreak_crds::{
    Action, ApprovalRule, Decision, Environment, GuardrailSpec, PlanReference, Severity, TakenDecision, Verb,
    asked::MAX_USERNAME, text,
};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// What admission guarantees, as the controller compared it with the cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Admission {
    /// Since when the policies that bind a Decision to its author are in force unchanged; none when they are not.
    pub decisions_bound_since: Option<Timestamp>,
    /// Whether the API server stamps who changed a spec.
    pub requester_stamped: bool,
    /// Whether the policy is in force that lets nobody but the operator write who asked for what an Incident created.
    pub asked_reserved: bool,
}

/// Why no Decision counts while the admission policies are missing, changed or absent from the cluster.
pub const NOT_BOUND: &str = "the admission policies that bind a Decision to its author are not in force";
/// How the reason begins why a Decision does not count that was given too soon after the policies were installed.
const TOO_EARLY: &str = "the admission policies were written shortly before, and Decisions count only from ";
/// The most Decisions that a run's record keeps. More than these are counted.
const MAX_TAKEN: usize = 64;
/// The most approver roles in which one person's word counts.
const MAX_APPROVER_ROLES: usize = 16;
/// Seconds for which the policies must have been in force before a Decision counts: they spread to every API server.
const IN_FORCE_SECONDS: i64 = 10;

/// Why the requester's own approval does not count.
pub const REQUESTER: &str = "the requester cannot approve their own run: another person must";

/// Which runs a requirement is for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Case {
    /// The account's environment.
    pub environment: Environment,
    /// Contain or Release.
    pub action: Action,
    /// The object's severity.
    pub severity: Severity,
    /// Whether the requester is unknown or a machine.
    pub unattributed: bool,
}

/// How many people, and in which approver roles.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requirement {
    /// Different people.
    pub required: usize,
    /// Approver roles that must be among them, each by another person.
    pub approver_roles: BTreeSet<String>,
}

impl Requirement {
    /// Where no Guardrail speaks.
    fn strictest() -> Self {
        Self {
            required: 2,
            approver_roles: BTreeSet::from(["security".to_owned()]),
        }
    }

    /// The strictest of several cases: what has had two severities, or lay in two environments, is judged by both.
    pub fn of_all(guardrails: &[GuardrailSpec], cases: &[Case], destructive: bool) -> Self {
        let each = cases.iter().map(|case| Self::of(guardrails, *case, destructive));
        each.reduce(Self::and).unwrap_or_else(Self::strictest)
    }

    /// Both.
    fn and(mut self, other: Self) -> Self {
        self.approver_roles.extend(other.approver_roles);
        self.required = self.required.max(other.required).max(self.approver_roles.len());
        self
    }

    /// The strictest matching rule of all Guardrails; an unattributed request costs one more approver.
    pub fn of(guardrails: &[GuardrailSpec], case: Case, destructive: bool) -> Self {
        let rules: Vec<&ApprovalRule> = speaking(guardrails, case.environment)
            .flat_map(|guardrail| &guardrail.approvals)
            .filter(|rule| matches(rule, case, destructive))
            .collect();
        let mut requirement = if rules.is_empty() {
            Self::strictest()
        } else {
            Self::strictest_of(&rules)
        };
        if case.unattributed && requirement.required > 0 {
            requirement.required += 1;
        }
        requirement
    }

    /// At least one person, where it was only proposed.
    pub fn of_somebody(mut self, proposed: bool) -> Self {
        self.required = self.required.max(usize::from(proposed));
        self
    }

    /// One person more where something warns, also where nobody would be needed otherwise.
    pub fn raised(mut self, warned: bool) -> Self {
        self.required += usize::from(warned);
        self
    }

    fn strictest_of(rules: &[&ApprovalRule]) -> Self {
        let approver_roles: BTreeSet<String> = rules
            .iter()
            .flat_map(|rule| rule.approver_roles.iter().cloned())
            .collect();
        let required = rules.iter().map(|rule| usize::from(rule.required)).max().unwrap_or(0);
        Self {
            required: required.max(approver_roles.len()),
            approver_roles,
        }
    }
}

fn matches(rule: &ApprovalRule, case: Case, destructive: bool) -> bool {
    rule.action.is_none_or(|action| action == case.action)
        && rule.destructive.is_none_or(|about| about == destructive)
        && (rule.severities.is_empty() || rule.severities.contains(&case.severity))
}

/// The Guardrails that speak for an environment.
pub fn speaking(guardrails: &[GuardrailSpec], environment: Environment) -> impl Iterator<Item = &GuardrailSpec> {
    guardrails
        .iter()
        .filter(move |g| g.environments.is_empty() || g.environments.contains(&environment))
}

/// Whether reversible steps of a containment may run before approval: every Guardrail that speaks must say so.
pub fn contain_now(guardrails: &[GuardrailSpec], case: Case) -> bool {
    let mut speaking = speaking(guardrails, case.environment).peekable();
    case.action == Action::Contain
        && speaking.peek().is_some()
        && speaking.all(|guardrail| guardrail.contain_now.contains(&case.severity))
}

/// Whether a user is no person: Kubernetes' own users (service accounts, nodes, components), and what the patterns name.
pub fn is_machine(patterns: &[String], username: &str) -> bool {
    username.starts_with("system:") || patterns.iter().any(|pattern| pattern::matches(pattern, username))
}

/// Whether a user is a person, with a name that can be remembered whole.
pub fn is_person(machines: &[String], username: &str) -> bool {
    !is_machine(machines, username) && username.chars().count() < MAX_USERNAME
}

/// What makes two names two people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Distinctness {
    /// Every username is a person of its own.
    #[default]
    Username,
    /// Sessions of one assumed role are one person: anyone who assumes a role chooses its session's name. On EKS the default
    /// username of a role is `arn:aws:sts::<account>:assumed-role/<role>/<session>`.
    AssumedRole,
}

impl Distinctness {
    /// What tells the person apart from others.
    pub fn person(self, username: &str) -> &str {
        let session = username
            .split_once(":assumed-role/")
            .and_then(|(_, rest)| rest.split_once('/'));
        match (self, session) {
            (Self::AssumedRole, Some((_, session))) => &username[..username.len() - session.len() - 1],
            _ => username,
        }
    }
}

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

/// Records a Decision. In a full record the latest one that weighs less makes room: a Reject always finds some.
pub(crate) fn record(taken: &mut Vec<TakenDecision>, decision: TakenDecision) {
    if taken.len() >= MAX_TAKEN {
        match taken.iter().rposition(|one| weight(one.verb) < weight(decision.verb)) {
            Some(lighter) => drop(taken.remove(lighter)),
            None => return,
        }
    }
    taken.push(decision);
}

/// Whether it says that a plan may run, or may not.
fn judges_a_plan(verb: Verb) -> bool {
    counts(verb) && !matches!(verb, Verb::Release | Verb::Abandon)
}

/// Whether it agrees to something, or refuses it. What is about an Incident, or steers a run, does neither.
fn counts(verb: Verb) -> bool {
    !verb.is_about_incident() && !verb.steers_a_run() && verb != Verb::Start
}

fn weight(verb: Verb) -> u8 {
    match verb {
        Verb::Approve
        | Verb::Release
        | Verb::Abandon
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
        | Verb::Abort => 0,
        Verb::BreakGlass => 1,
        Verb::Reject => 2,
    }
}

/// A Decision as a run's record keeps it.
pub fn taken(decision: &Decision) -> TakenDecision {
    TakenDecision {
        verb: decision.spec.verb,
        by: decision.spec.by.clone(),
        approver_role: decision.spec.approver_role.clone(),
        name: decision.metadata.name.clone(),
        given_at: decision
            .metadata
            .creation_timestamp
            .as_ref()
            .map(|time| time.0.to_string()),
        digest: decision.spec.plan.as_ref().map(|plan| plan.digest.clone()),
    }
}

fn name(decision: &Decision) -> &str {
    decision.metadata.name.as_deref().unwrap_or("a Decision")
}

/// Why a Decision about a plan does not count.
pub(crate) fn refusal(decision: &Decision, named: &PlanReference, hearing: &Hearing<'_>) -> Option<String> {
    if named.uid != hearing.plan.uid {
        return Some("it names another run's plan (spec.plan.uid)".into());
    }
    if named.digest != hearing.plan.digest {
        return Some("it names another content of the plan (spec.plan.digest)".into());
    }
    let by = hearing.people.person(&decision.spec.by);
    let asked = |name: &&str| hearing.people.person(name) == by;
    if decision.spec.verb == Verb::Approve && hearing.requesters.iter().any(asked) {
        return Some(REQUESTER.into());
    }
    if decision.spec.verb == Verb::BreakGlass && hearing.action == Action::Release {
        return Some("glass is broken to cut off, never to put back: a release takes its approvals".into());
    }
    if is_machine(hearing.machines, &decision.spec.by) {
        return Some("it was given by a machine".into());
    }
    bound(decision, hearing.admission, hearing.now)
}

/// From when on a Decision counts, where the policies are in force since then.
fn counts_from(since: Timestamp) -> Timestamp {
    Timestamp::from_second(since.as_second() + IN_FORCE_SECONDS).unwrap_or(since)
}

/// From when on Decisions count, out of the reason why an earlier one does not; none for another reason.
pub fn counts_again_from(why: &str) -> Option<Timestamp> {
    let (time, _) = why.strip_prefix(TOO_EARLY)?.split_once(": ")?;
    time.parse().ok()
}

/// Whether a Decision may be believed at all, whatever it is about.
pub fn bound(decision: &Decision, admission: Admission, now: Timestamp) -> Option<String> {
    let Some(since) = admission.decisions_bound_since else {
        return Some(NOT_BOUND.into());
    };
    let given = decision.metadata.creation_timestamp.as_ref().map(|time| time.0);
    if given.is_none_or(|given| given.as_second() < counts_from(since).as_second()) {
        return Some(format!(
            "{TOO_EARLY}{}: give it again then",
            text::seconds(counts_from(since))
        ));
    }
    let expires = decision.spec.expires_at.as_ref()?;
    match expires.parse::<Timestamp>() {
        Ok(expires) if expires > now => None,
        _ => Some("it has expired (spec.expiresAt)".into()),
    }
}

mod sentence;
pub use sentence::sentence;

#[cfg(test)]
mod tests;

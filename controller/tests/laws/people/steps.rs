//! What people, machines and time do: the alphabet of the sequences.

use super::oracle::Oracle;
use crate::support::{
    Bench,
    words::{self, TEAM, guardrail, rule},
    worlds::Spec,
};
use firebreak_crds::{
    Action, ApprovalRule, DecisionSpec, DesiredState, Expiry, Guardrail, Hold, Mode, OnExpiry, Quarantine,
    REQUESTED_BY, ResponsePlan, Severity, Verb,
};
use jiff::SignedDuration;
use proptest::prelude::*;

/// Who there is. The first five are people.
pub mod people {
    use crate::support::words::AUTHOR;

    pub const CI_PATTERN: &str = "arn:*:assumed-role/github-ci/*";
    pub const ALL: [&str; 7] = [
        AUTHOR,
        "ann@example.com",
        "bob@example.com",
        "eve@example.com",
        "carol@example.com",
        "system:serviceaccount:flux-system:kustomize-controller",
        "arn:aws:sts::123456789012:assumed-role/github-ci/run-7",
    ];

    pub fn is_person(name: &str) -> bool {
        ALL[..5].contains(&name)
    }

    /// Two people have the approver role security, whatever they decide.
    pub fn approver_role(name: &str) -> &'static str {
        match name {
            "ann@example.com" | "bob@example.com" => "security",
            _ => "approver",
        }
    }
}

/// How many people a release asks, below High and from High on, and whether one of them is from security.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Policy {
    pub lax: u8,
    pub grave: u8,
    pub security: bool,
}

impl Policy {
    /// One person, whatever it is about.
    pub const ONE: Self = Self {
        lax: 1,
        grave: 1,
        security: false,
    };

    pub fn guardrail(self) -> Guardrail {
        let release = |severities: &[Severity], required| ApprovalRule {
            action: Some(Action::Release),
            severities: severities.to_vec(),
            approver_roles: if self.security {
                vec!["security".into()]
            } else {
                Vec::new()
            },
            ..rule(required)
        };
        let contain = ApprovalRule {
            action: Some(Action::Contain),
            ..rule(1)
        };
        guardrail("people", |spec| {
            spec.approvals = vec![
                contain,
                release(&[Severity::Low, Severity::Medium], self.lax),
                release(&[Severity::High, Severity::Critical], self.grave),
            ];
        })
    }
}

/// What one edit changes.
#[derive(Clone, Debug)]
pub enum Edit {
    Severity(Severity),
    Mode(Mode),
    State(DesiredState),
    ReleasedAt(Severity),
    Expiry(bool),
    Restore(bool),
    Reason,
}

/// One thing that happens.
#[derive(Clone, Debug)]
pub enum Step {
    Edit(usize, Edit),
    Say {
        by: usize,
        verb: Verb,
        restore: bool,
        expires: bool,
    },
    Delete,
    Create(usize, Severity),
    Policy(Policy),
    Wait(i64),
}

impl Step {
    /// How each sequence begins: two people approve.
    pub fn contained() -> [Self; 4] {
        let approve = |by| Self::said(by, Verb::Approve);
        [Self::Wait(1), approve(1), approve(3), Self::Wait(400)]
    }

    /// The expiry ends.
    pub fn expiring() -> Vec<Self> {
        [3_600, 60].map(Self::Wait).into()
    }

    /// Custody is left behind by a deletion, and people release it one after the other.
    pub fn orphaned() -> Vec<Self> {
        let mut steps = vec![Self::Delete, Self::Wait(400)];
        for by in [1, 3] {
            steps.extend([Self::said(by, Verb::Release), Self::Wait(60)]);
        }
        steps
    }

    fn said(by: usize, verb: Verb) -> Self {
        Self::Say {
            by,
            verb,
            restore: true,
            expires: false,
        }
    }

    pub fn perform(&self, bench: &Bench, spec: &Spec, oracle: &mut Oracle) {
        match self {
            Self::Edit(by, edit) if bench.exists("q") => edit.perform(bench, people::ALL[*by], oracle),
            Self::Say {
                by,
                verb,
                restore,
                expires,
            } => {
                say(bench, people::ALL[*by], *verb, *restore, *expires);
            }
            Self::Delete if bench.exists("q") => bench.delete("q"),
            Self::Create(by, severity) if !bench.exists("q") => {
                create(bench, spec, people::ALL[*by], *severity, oracle)
            }
            Self::Policy(policy) => {
                bench
                    .api
                    .edit::<Guardrail>(None, "people", |rules| rules.spec = policy.guardrail().spec);
                oracle.policy = *policy;
            }
            Self::Wait(seconds) => bench.pass(*seconds),
            Self::Edit(..) | Self::Delete | Self::Create(..) => {}
        }
    }
}

impl Edit {
    /// As the API server does, who asks is written only where the spec changes.
    fn perform(&self, bench: &Bench, by: &str, oracle: &mut Oracle) {
        let before = bench.quarantine("q");
        let mut after = before.clone();
        self.apply(&mut after);
        if after.spec == before.spec {
            return;
        }
        bench.change("q", |q| {
            self.apply(q);
            q.metadata
                .annotations
                .get_or_insert_default()
                .insert(REQUESTED_BY.into(), by.into());
        });
        oracle.edited(by, bench.quarantine("q").spec.severity);
    }

    fn apply(&self, q: &mut Quarantine) {
        let everything = |all: bool| if all { words::EVERYTHING.to_vec() } else { Vec::new() };
        match self {
            Self::Severity(severity) => q.spec.severity = *severity,
            Self::Mode(mode) => q.spec.mode = *mode,
            Self::State(state) => q.spec.state = *state,
            Self::ReleasedAt(severity) => {
                q.spec.severity = *severity;
                q.spec.state = DesiredState::Released;
            }
            Self::Expiry(some) => q.spec.expiry = some.then(expiry),
            Self::Restore(all) => q.spec.restore_on_release = everything(*all),
            Self::Reason => q.spec.reason = Some(format!("{}x", q.spec.reason.clone().unwrap_or_default())),
        }
    }
}

/// The expiry that each containment begins with.
pub fn expiry() -> Expiry {
    Expiry {
        after: "1h".into(),
        then: OnExpiry::Release,
    }
}

fn create(bench: &Bench, spec: &Spec, by: &str, severity: Severity, oracle: &mut Oracle) {
    let mut object = words::quarantine("q", (spec.target)());
    object.spec.severity = severity;
    object.spec.expiry = Some(expiry());
    object
        .metadata
        .annotations
        .get_or_insert_default()
        .insert(REQUESTED_BY.into(), by.into());
    bench.api.seed(&object);
    oracle.edited(by, severity);
}

/// About the newest plan, the object, or what it left behind.
fn say(bench: &Bench, by: &str, verb: Verb, restore: bool, expires: bool) {
    let soon = bench.now() + SignedDuration::from_secs(30);
    let word = |spec: &mut DecisionSpec| {
        spec.verb = verb;
        spec.approver_role = people::approver_role(by).into();
        spec.expires_at = expires.then(|| soon.to_string());
        spec.restore = if restore && verb == Verb::Release {
            words::EVERYTHING.to_vec()
        } else {
            Vec::new()
        };
    };
    let about_plan = matches!(verb, Verb::Approve | Verb::Reject | Verb::BreakGlass);
    match (bench.exists("q"), about_plan) {
        (true, true) if !own_plans(bench).is_empty() => bench.say("q", by, word),
        (true, false) => bench.decide("q", by, word),
        (false, false) => bench
            .holds()
            .iter()
            .for_each(|hold: &Hold| bench.decide_about_hold(hold, by, word)),
        (true | false, true) => {}
    }
}

/// The runs of the object that there is now.
fn own_plans(bench: &Bench) -> Vec<ResponsePlan> {
    let uid = bench
        .api
        .get::<Quarantine>(Some(TEAM), "q")
        .and_then(|q| q.metadata.uid);
    let own = |plan: &ResponsePlan| Some(&plan.spec.owner.uid) == uid.as_ref();
    bench.plans("q").into_iter().filter(own).collect()
}

fn severity() -> impl Strategy<Value = Severity> + Clone {
    prop_oneof![
        Just(Severity::Low),
        Just(Severity::Medium),
        Just(Severity::High),
        Just(Severity::Critical)
    ]
}

fn policy() -> impl Strategy<Value = Policy> {
    (0..=2u8, 0..=3u8, any::<bool>()).prop_map(|(lax, grave, security)| Policy { lax, grave, security })
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        2 => severity().prop_map(Edit::Severity),
        2 => prop_oneof![Just(Mode::Enforce), Just(Mode::Observe)].prop_map(Edit::Mode),
        4 => prop_oneof![2 => Just(DesiredState::Released), 1 => Just(DesiredState::Contained)].prop_map(Edit::State),
        2 => severity().prop_map(Edit::ReleasedAt),
        2 => any::<bool>().prop_map(Edit::Expiry),
        2 => any::<bool>().prop_map(Edit::Restore),
        1 => Just(Edit::Reason),
    ]
}

fn verb() -> impl Strategy<Value = Verb> {
    prop_oneof![
        6 => Just(Verb::Approve),
        1 => Just(Verb::Reject),
        1 => Just(Verb::BreakGlass),
        3 => Just(Verb::Release),
        2 => Just(Verb::Abandon),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let who = 0..people::ALL.len();
    let word = (who.clone(), verb(), any::<bool>(), prop::bool::weighted(0.2));
    prop_oneof![
        8 => (who.clone(), edit()).prop_map(|(by, edit)| Step::Edit(by, edit)),
        16 => word.prop_map(|(by, verb, restore, expires)| Step::Say { by, verb, restore, expires }),
        1 => Just(Step::Delete),
        3 => (who, severity()).prop_map(|(by, severity)| Step::Create(by, severity)),
        2 => policy().prop_map(Step::Policy),
        2 => prop_oneof![Just(60), Just(4000)].prop_map(Step::Wait),
    ]
}

/// A policy, and what happens under it.
pub fn sequence() -> impl Strategy<Value = (Policy, Vec<Step>)> {
    (policy(), prop::collection::vec(step(), 12..28))
}

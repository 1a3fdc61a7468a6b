//! A hand-made AWS for target tests: it answers queries from a map, round after round, as the engine does.

use crate::{
    aws::{Answer, Query, Site},
    blocked::{Blocked, Stop},
    facts::{Ask, Facts, SiteFacts},
    respond::{
        Design, Proof, Scope,
        quarantine::{Context, Target},
    },
    run::plan::Step,
    settings::Settings,
};
use firebreak_crds::{AwsAccountSpec, Environment, HoldSpec, Roles, Target as TargetSpec};
use serde::Serialize;
use std::collections::BTreeMap;

pub(super) const REGION: &str = "us-east-1";
pub(super) const UID: &str = "uid-1";
pub(super) const DENY_POLICY: &str = "arn:aws:iam::123456789012:policy/FirebreakDenyAll";

/// Answers by query, and what is known of the object's records. A question that it has no answer to fails the test.
#[derive(Clone, Default)]
pub(super) struct World {
    answers: BTreeMap<Query, Answer>,
    earlier: Vec<Step>,
    holds: BTreeMap<String, Option<HoldSpec>>,
}

impl World {
    pub(super) fn with(self, query: Query, fact: &impl Serialize) -> Self {
        self.answering(query, Answer::found(fact))
    }

    pub(super) fn answering(mut self, query: Query, answer: Answer) -> Self {
        self.answers.insert(query, answer);
        self
    }

    /// The last containment of the object had these steps.
    pub(super) fn after(mut self, steps: Vec<Step>) -> Self {
        self.earlier = steps;
        self
    }

    /// This is in custody, under this name.
    pub(super) fn holding(mut self, name: String, hold: HoldSpec) -> Self {
        self.holds.insert(name, Some(hold));
        self
    }

    pub(super) fn design(&self, target: &dyn Target, spec: &TargetSpec) -> Result<Design, Blocked> {
        self.ask(spec, |context, facts| target.design(context, facts))
    }

    pub(super) fn proof(&self, target: &dyn Target, spec: &TargetSpec) -> Result<Proof, Blocked> {
        self.ask(spec, |context, facts| target.proof(context, facts))
    }

    fn ask<T>(
        &self,
        spec: &TargetSpec,
        decide: impl Fn(&Context<'_>, &SiteFacts<'_>) -> Result<T, Stop>,
    ) -> Result<T, Blocked> {
        let (account, settings) = (account(), Settings::default());
        let (mut facts, mut holds) = (Facts::default(), BTreeMap::new());
        let site = Site::new(&account.account_id, REGION);
        for _round in 0..6 {
            let context = Context {
                scope: Scope {
                    account: &account,
                    settings: &settings,
                    uid: UID,
                    run: 1,
                    earlier: &self.earlier,
                    holds: &holds,
                },
                region: REGION,
                target: spec,
            };
            match decide(&context, &facts.at(&site)) {
                Ok(made) => return Ok(made),
                Err(Stop::Blocked(blocked)) => return Err(blocked),
                Err(Stop::Fetch(names)) => self.fetch(names, &mut holds),
                Err(Stop::Ask(asked)) => self.answer(asked, &mut facts),
            }
        }
        panic!("not decided after six rounds")
    }

    fn fetch(&self, names: Vec<String>, known: &mut BTreeMap<String, Option<HoldSpec>>) {
        for name in names {
            assert!(!known.contains_key(&name), "fetched twice: {name}");
            let hold = self.holds.get(&name).cloned().flatten();
            known.insert(name, hold);
        }
    }

    fn answer(&self, asked: Vec<Ask>, facts: &mut Facts) {
        for ask in asked {
            assert!(facts.answer(&ask).is_none(), "asked twice: {ask:?}");
            let answer = self.answers.get(&ask.query);
            let answer = answer.unwrap_or_else(|| panic!("no answer to {ask:?}"));
            facts.insert(ask, answer.clone());
        }
    }
}

fn account() -> AwsAccountSpec {
    let role = |name: &str| format!("arn:aws:iam::123456789012:role/{name}");
    AwsAccountSpec {
        account_id: "123456789012".into(),
        roles: Roles {
            read: role("firebreak-read"),
            contain: role("firebreak-contain"),
            contain_identity: None,
            failover: None,
            queue: None,
        },
        external_id: None,
        regions: vec![REGION.into(), "us-west-2".into()],
        data_residency: Vec::new(),
        environment: Environment::Production,
        deny_policy_arn: Some(DENY_POLICY.into()),
        evidence: None,
        isolation_groups: Vec::new(),
        never_block: Vec::new(),
        break_glass: vec![role("break-glass-*")],
        grants: Vec::new(),
    }
}

//! Custody whose object is gone: still enforced, and released or given up on people's word.

mod refusal;

pub use refusal::{again, is_news, refused};

use super::{
    Standing,
    journal::second,
    reassertions::{self, PROPAGATION_SECONDS},
    references::remaining,
    size,
};
use crate::{
    approval::{self, Admission, Case, Distinctness, Requirement, Voices},
    aws::{
        Cell, Query, Remaining, Write,
        autoscaling::{AutoScalingRead, GroupMembership},
        ec2::Ec2Cell,
    },
    blocked::{Blocked, Stop},
    facts::{Ask, Facts, SiteFacts},
    run::custody,
};
use firebreak_crds::{
    Action, AwsAccountSpec, Decision, Environment, GuardrailSpec, HoldSpec, HoldState, Mode, Reason, Reopens, Severity,
    TakenDecision, Verb, text,
};
use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeSet;

/// How a message about drift begins.
const DRIFT: &str = "AWS does not show what was written: ";
/// What is said once AWS shows again what was written.
const ENFORCED: &str = "enforced: AWS shows what was written";

/// Everything that a decision about an orphaned Hold depends on, besides AWS and the time.
#[derive(Clone, Debug, PartialEq)]
pub struct Orphan {
    /// The Hold.
    pub hold: HoldSpec,
    /// Its name.
    pub name: String,
    /// The operator's namespace, in which people decide about it.
    pub home: String,
    /// Its UID, which Decisions name.
    pub uid: String,
    /// Decisions of the operator's namespace about it.
    pub decisions: Vec<Decision>,
    /// Every Guardrail.
    pub guardrails: Vec<GuardrailSpec>,
    /// The AwsAccount that it names, as it is now, where that is still the same account.
    pub account: Option<AwsAccountSpec>,
    /// Custody that must end before this one is put back, if there is any ([`custody::first_of`]).
    pub first: Option<HoldSpec>,
    /// What admission guarantees.
    pub admission: Admission,
    /// What makes two names two people.
    pub people: Distinctness,
    /// Patterns of usernames that are machines.
    pub machines: Vec<String>,
    /// The reason of an EmergencyStop, if there is one.
    pub stop: Option<String>,
}

/// The one thing to do next.
#[derive(Clone, Debug, PartialEq)]
pub enum OrphanEffect {
    /// Read these from AWS and decide again.
    Ask(Vec<Ask>),
    /// Change custody, conditionally.
    Update(Box<HoldSpec>),
    /// End custody, conditionally.
    Delete,
    /// Change custody, conditionally, then write to AWS; nothing more is done until the next look.
    Write {
        /// The Hold with the intent.
        hold: Box<HoldSpec>,
        /// The calls.
        writes: Vec<Write>,
    },
    /// Nothing to do now.
    Rest,
}

/// Decides the next effect for an orphaned Hold. The Hold itself is the durable record of what is written.
pub fn decide(orphan: &Orphan, facts: &Facts, now: Timestamp) -> OrphanEffect {
    let site = custody::site(&orphan.hold);
    match turn(orphan, &facts.at(&site), now) {
        Ok(OrphanEffect::Write { hold, .. }) if orphan.waits(&hold, now) => OrphanEffect::Rest,
        Ok(OrphanEffect::Update(hold) | OrphanEffect::Write { hold, .. }) if size::hold(&hold).is_some() => {
            let blocked = size::hold(&hold).map(|blocked| blocked.message);
            orphan.say(&blocked.unwrap_or_default())
        }
        Ok(effect) => effect,
        Err(Stop::Ask(asked)) => OrphanEffect::Ask(asked),
        Err(Stop::Fetch(_)) => OrphanEffect::Rest,
        Err(Stop::Blocked(blocked)) => orphan.say(&blocked.message),
    }
}

fn turn(orphan: &Orphan, facts: &SiteFacts<'_>, now: Timestamp) -> Result<OrphanEffect, Stop> {
    if !orphan.hold.holders.is_empty() {
        return Ok(OrphanEffect::Rest);
    }
    let cell = custody::read_cell(&orphan.hold).ok_or_else(|| {
        Blocked::new(
            Reason::PlanInvalid,
            "written by a newer version: this one cannot read it",
        )
    })?;
    if orphan.standing(Verb::Abandon, now).all {
        return Ok(OrphanEffect::Delete);
    }
    if let Some(hold) = custody::as_orphan(&orphan.hold) {
        return Ok(OrphanEffect::Update(Box::new(hold)));
    }
    let Some(current) = facts.need::<Value>(Query::Cell(cell.clone()))? else {
        return Ok(orphan.gone(now));
    };
    if !orphan.hold.released_by.is_empty() || orphan.standing(Verb::Release, now).all {
        if let Some(first) = orphan.first.as_ref().filter(|_| orphan.hold.released_by.is_empty()) {
            return Ok(match cell.within() {
                Some(_) => orphan.enforce_and_say(&cell, &current, now, &custody::kept_with_whole(&orphan.hold, first)),
                None => orphan.keep_on_standby(first, &cell, &current, now),
            });
        }
        let left = remaining(&cell, &orphan.hold.before, facts)?;
        return Ok(orphan.put_back(&cell, &left, &current, now));
    }
    orphan.in_its_turn(&cell, orphan.enforce(&cell, &current, now), facts)
}

fn said(hold: &HoldSpec, message: &str) -> HoldSpec {
    HoldSpec {
        message: Some(text::message(message)),
        ..hold.clone()
    }
}

/// Whether a word was said before the custody was orphaned: custody that somebody has adopted since is not what it is about.
pub fn predates(decision: &Decision, hold: &HoldSpec) -> bool {
    let orphaned = hold.orphaned.as_ref();
    let since = orphaned.and_then(|orphaned| orphaned.at.parse::<Timestamp>().ok());
    let said = decision.metadata.creation_timestamp.as_ref().map(|time| time.0);
    since.is_some_and(|since| said.is_none_or(|said| said.as_second() < since.as_second()))
}

impl Orphan {
    /// How people stand about it: as many are needed as for the release of an object that was deleted, and at least one. Who
    /// deleted it is not known, which costs one more.
    pub fn standing(&self, verb: Verb, now: Timestamp) -> Standing {
        self.standing_of(self.spoken(verb, now).collect())
    }

    fn standing_of(&self, said: Vec<&Decision>) -> Standing {
        let (requirement, asks_nobody) = self.requirement();
        let requesters: Vec<&str> = match asks_nobody {
            true => Vec::new(),
            false => self.hold.asked.by.iter().map(String::as_str).collect(),
        };
        let said: Vec<TakenDecision> = said.into_iter().map(approval::taken).collect();
        let mut voices = Voices::agreed(&said, self.people, &requesters);
        let person = |name: &str| self.people.person(name).to_owned();
        let asked = |by: &str| requesters.iter().any(|name| person(name) == person(by));
        let silent = said.iter().filter(|one| asked(&one.by));
        voices.refused = silent
            .map(|one| format!("the word of {}: a person who asked for it cannot end it", one.by))
            .collect();
        let all = voices.satisfy(&requirement);
        Standing {
            requirement,
            voices,
            reversible: all,
            all,
            contain_now: false,
        }
    }

    /// What ending it needs, and whether a release would ask nobody. Custody of earlier versions does not know how grave it was
    /// called: every severity counts.
    fn requirement(&self) -> (Requirement, bool) {
        let every = [Severity::Low, Severity::Medium, Severity::High, Severity::Critical];
        let known = &self.hold.asked.severities;
        let severities = if known.is_empty() { &every[..] } else { &known[..] };
        let of = |environment, severity: &Severity| Case {
            environment,
            action: Action::Release,
            severity: *severity,
            unattributed: true,
        };
        let each = |environment| severities.iter().map(move |severity| of(environment, severity));
        let cases: Vec<Case> = self.environments().into_iter().flat_map(each).collect();
        let mut requirement = Requirement::of_all(&self.guardrails, &cases, false);
        let asks_nobody = requirement.required == 0;
        requirement.required = requirement.required.max(1);
        (requirement, asks_nobody)
    }

    /// An account that has moved to another environment is judged by each.
    fn environments(&self) -> BTreeSet<Environment> {
        let accounts = self.account.iter().chain([&self.hold.account]);
        accounts.map(|account| account.environment).collect()
    }

    /// Whether a write is not tried yet, because AWS refused the last one for good. A word that has come since is not kept
    /// waiting.
    fn waits(&self, intent: &HoldSpec, now: Timestamp) -> bool {
        again(&self.hold, now).is_some() && intent.released_by == self.hold.released_by
    }

    fn spoken(&self, verb: Verb, now: Timestamp) -> impl Iterator<Item = &Decision> {
        self.decisions.iter().filter(move |decision| {
            decision.spec.verb == verb
                && decision.spec.target.uid == self.uid
                && !predates(decision, &self.hold)
                && !approval::is_machine(&self.machines, &decision.spec.by)
                && approval::bound(decision, self.admission, now).is_none()
        })
    }

    /// Whether as many people as a release needs have named it.
    fn restores(&self, reopens: Reopens, now: Timestamp) -> bool {
        let names = |decision: &&Decision| decision.spec.restore.contains(&reopens);
        let named: Vec<&Decision> = self.spoken(Verb::Release, now).filter(names).collect();
        !named.is_empty() && self.standing_of(named).all
    }

    /// A resource that is gone needs no custody any more, once people have said so.
    fn gone(&self, now: Timestamp) -> OrphanEffect {
        match !self.hold.released_by.is_empty() || self.standing(Verb::Release, now).all {
            true => OrphanEffect::Delete,
            false => self.say(&format!(
                "the resource does not exist any more: give custody up with {}",
                self.give_up()
            )),
        }
    }

    fn put_back(&self, cell: &Cell, left: &Remaining, current: &Value, now: Timestamp) -> OrphanEffect {
        if let (true, Some(lost)) = (left.nothing, left.sentence()) {
            let give_up = self.give_up();
            let text = format!("nothing can be put back: put it right by hand, or give it up with {give_up}; {lost}");
            return self.say(&text);
        }
        let bound = cell.bind(&cell.merge_before(&left.value, current), current, now);
        let enforced = self.hold.state == HoldState::Orphaned;
        let withheld = self.withheld(now);
        if cell.same(current, &bound) && !(enforced && withheld.is_some()) {
            return OrphanEffect::Delete;
        }
        let ours = cell.is_additive() || custody::wrote(&self.hold, cell, current);
        let foreign = !ours && !cell.between(&self.hold.after, &bound, current);
        match withheld {
            // Somebody else's change of what is withheld is drift: it is not what people agreed to.
            Some(reopens) if enforced || !foreign => self.withhold(cell, current, reopens, now),
            _ if foreign => self.say(&format!(
                "somebody else changed it since, and it is left alone: put it back by hand, or give it up with {}",
                self.give_up()
            )),
            _ => {
                let hold = HoldSpec {
                    message: left.sentence().or_else(|| self.hold.message.clone()),
                    ..self.begun(now)
                };
                self.unless_stopped(hold, cell.writes(current, &bound))
            }
        }
    }

    /// An instance does not serve without the profile that it had, also where somebody puts it back into service.
    fn keep_on_standby(&self, profile: &HoldSpec, cell: &Cell, current: &Value, now: Timestamp) -> OrphanEffect {
        let name = custody::name(&profile.key);
        let command = |verb| custody::command(verb, &name, &self.home);
        let text = format!(
            "the instance would serve without the instance profile that it had, and stays on standby: release the profile first with {} --restore InstanceProfile, or give it up with {} --reason \"...\"",
            command("release"),
            command("abandon")
        );
        self.enforce_and_say(cell, current, now, &text)
    }

    /// Where it is in force the Hold says why it stays so, and nothing else by turns.
    fn enforce_and_say(&self, cell: &Cell, current: &Value, now: Timestamp, text: &str) -> OrphanEffect {
        let expected = self.hold.read_back.as_ref();
        let in_force = expected.is_some_and(|expected| cell.same(expected, current));
        match in_force || self.hold.state != HoldState::Orphaned {
            true => self.say(text),
            false => self.enforce(cell, current, now),
        }
    }

    /// The command that gives it up: of the Hold, because another object may bear the name of the one that left it behind.
    fn give_up(&self) -> String {
        format!("{} --reason \"...\"", self.command("abandon"))
    }

    fn command(&self, verb: &str) -> String {
        custody::command(verb, &self.name, &self.home)
    }

    /// What putting it back would reopen, unless people named it, or it has become harmless by itself. Once it is being put
    /// back, they did.
    fn withheld(&self, now: Timestamp) -> Option<Reopens> {
        if !self.hold.released_by.is_empty() {
            return None;
        }
        let reopens = self.hold.reopens.filter(|_| !custody::is_harmless(&self.hold, now))?;
        (!self.restores(reopens, now)).then_some(reopens)
    }

    fn withhold(&self, cell: &Cell, current: &Value, reopens: Reopens, now: Timestamp) -> OrphanEffect {
        let command = self.command("release");
        let text = format!(
            "it would reopen the compromise and stays enforced; to put it back, as many people as a release needs name it with {command} --restore {reopens:?}"
        );
        self.enforce_and_say(cell, current, now, &text)
    }

    /// On whose word it is put back: that is recorded with the write, and stands when a Decision expires before the end.
    fn begun(&self, now: Timestamp) -> HoldSpec {
        let mut hold = self.hold.clone();
        if hold.released_by.is_empty() {
            hold.released_by = self.standing(Verb::Release, now).voices.taken;
        }
        hold
    }

    fn enforce(&self, cell: &Cell, current: &Value, now: Timestamp) -> OrphanEffect {
        if self.hold.state != HoldState::Orphaned {
            return self.disputed(cell, current);
        }
        let expected = self.hold.read_back.as_ref();
        if expected.is_some_and(|expected| cell.same(expected, current)) {
            return self.in_force(now);
        }
        if cell.fits(&self.hold.after, current) {
            return self.learn(current, now);
        }
        if expected.is_none() && cell.same(&self.hold.before, current) {
            return OrphanEffect::Delete;
        }
        self.reassert(cell, current, now)
    }

    /// Custody that was rebuilt in conflict is not enforced. It has nothing left to keep once the value is back.
    fn disputed(&self, cell: &Cell, current: &Value) -> OrphanEffect {
        match cell.same(&self.hold.before, current) {
            true => OrphanEffect::Delete,
            false => OrphanEffect::Rest,
        }
    }

    /// An instance is stopped again only once it stands by again: Auto Scaling would replace one in service that stops.
    fn in_its_turn(&self, cell: &Cell, effect: OrphanEffect, facts: &SiteFacts<'_>) -> Result<OrphanEffect, Stop> {
        let (Cell::Ec2(Ec2Cell::InstanceState { instance_id }), OrphanEffect::Write { .. }) = (cell, &effect) else {
            return Ok(effect);
        };
        let instance_id = instance_id.clone();
        let membership =
            facts.need::<GroupMembership>(Query::AutoScaling(AutoScalingRead::InstanceGroup { instance_id }))?;
        Ok(
            match membership.filter(|membership| membership.lifecycle != "Standby") {
                Some(membership) => self.say(&format!(
                    "{DRIFT}it is stopped once it stands by in Auto Scaling group {}, which would replace it now",
                    membership.group
                )),
                None => effect,
            },
        )
    }

    fn learn(&self, current: &Value, now: Timestamp) -> OrphanEffect {
        let mut hold = self.hold.clone();
        hold.read_back = Some(current.clone());
        hold.written_at = Some(text::seconds(now));
        OrphanEffect::Update(Box::new(hold))
    }

    /// What was said about a drift, a stop or an answer that did not come is over, and taken back. What was left in conflict is
    /// enforced once it has held for a while: what others gave back can stand against it, and undoes the write again.
    fn in_force(&self, now: Timestamp) -> OrphanEffect {
        let written = second(self.hold.reasserted_at.last().map(String::as_str));
        let held = written.is_none_or(|at| now.as_second() - at >= PROPAGATION_SECONDS);
        let left = |message: &str| message.contains(custody::LEFT) && !(held && message.contains(custody::CHANGED));
        let said = self.hold.message.as_deref();
        match said.is_none_or(|message| message == ENFORCED || left(message)) {
            true => OrphanEffect::Rest,
            false => self.say_enforced(),
        }
    }

    /// What AWS refused before is over.
    fn say_enforced(&self) -> OrphanEffect {
        OrphanEffect::Update(Box::new(HoldSpec {
            refused_at: None,
            ..said(&self.hold, ENFORCED)
        }))
    }

    /// The intent is recorded with the write, each time again, and the number of writes is bounded.
    fn reassert(&self, cell: &Cell, current: &Value, now: Timestamp) -> OrphanEffect {
        let observed = self
            .hold
            .orphaned
            .as_ref()
            .is_some_and(|orphaned| orphaned.mode == Mode::Observe);
        if observed {
            return self.say(&format!("{DRIFT}its object only observed, and it is not put right"));
        }
        let last = second(self.hold.reasserted_at.last().map(String::as_str));
        if last.is_some_and(|at| now.as_second() - at < PROPAGATION_SECONDS) {
            return OrphanEffect::Rest;
        }
        if reassertions::is_fight(&self.hold.reasserted_at, now) {
            return self.say(&format!(
                "{DRIFT}somebody keeps undoing the containment; it is not put right any more"
            ));
        }
        let mut hold = self.hold.clone();
        hold.before = cell.merge_before(&hold.before, current);
        reassertions::remember(&mut hold.reasserted_at, now);
        self.unless_stopped(hold, cell.writes(current, &cell.bind(&self.hold.after, current, now)))
    }

    fn unless_stopped(&self, hold: HoldSpec, writes: Vec<Write>) -> OrphanEffect {
        match &self.stop {
            Some(reason) => self.say(&format!("held back by an EmergencyStop: {reason}")),
            None => OrphanEffect::Write {
                hold: Box::new(hold),
                writes,
            },
        }
    }

    /// The Hold says how it stands; nothing is written when it says so already.
    fn say(&self, message: &str) -> OrphanEffect {
        let hold = said(&self.hold, message);
        if hold == self.hold {
            OrphanEffect::Rest
        } else {
            OrphanEffect::Update(Box::new(hold))
        }
    }
}

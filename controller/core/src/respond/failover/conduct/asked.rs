//! What is asked for, by whom, and what it may cost: the spec's activation, a Decision Start that counts, or an Incident.

use super::{Asking, World};
use crate::{
    approval,
    respond::failover::serials::{Asked, Records, SerialRecord},
    run::act::Leads,
};
use firebreak_crds::{Decision, Verb, asked};
use jiff::Timestamp;
use std::cmp::Reverse;

/// What is asked for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Wish {
    start: Option<Start>,
}

#[derive(Clone, Debug, PartialEq)]
struct Start {
    /// Names the word: a Decision, or an Incident.
    name: String,
    who: asked::Asked,
    /// Whether it is known who all of them are.
    is_attributed: bool,
    at: Option<Timestamp>,
    said: firebreak_crds::Start,
}

impl Start {
    fn of_decision(decision: &Decision) -> Option<Self> {
        let mut who = asked::Asked::default();
        who.add_person(&decision.spec.by);
        Some(Self {
            name: decision.metadata.name.clone().unwrap_or_default(),
            who,
            is_attributed: true,
            at: decision.metadata.creation_timestamp.as_ref().map(|time| time.0),
            said: decision.spec.start.clone()?,
        })
    }

    fn of_incident(asking: &Asking) -> Self {
        Self {
            name: asking.incident.clone(),
            who: asking.asked.clone(),
            is_attributed: asking.is_attributed,
            at: None,
            said: asking.start.clone(),
        }
    }

    /// The one person whose word it is; none where it is unattributed.
    fn requester(&self) -> Option<&String> {
        self.who.by.first().filter(|_| !self.who.unattributed)
    }
}

/// What the spec and the Decisions ask for, after what was consumed already.
pub(super) fn wish(world: &World, records: &Records, now: Timestamp) -> Wish {
    let consumed = records.highest().map_or(0, |record| record.serial);
    let spoken = world.decisions.iter().filter(|decision| counts(world, decision, now));
    let written = world.incidents.iter().map(Start::of_incident);
    let mut starts: Vec<Start> = spoken
        .filter_map(Start::of_decision)
        .chain(written)
        .filter(|start| start.said.serial > consumed)
        .collect();
    // The next serial comes before any other, and of words about the same one the latest.
    starts.sort_by_key(|start| (Reverse(start.said.serial), start.at, start.name.clone()));
    let followed = starts.iter().rposition(|start| is_proposed(world, start));
    let chosen = followed.or(starts.len().checked_sub(1));
    Wish {
        start: chosen.map(|chosen| starts.swap_remove(chosen)),
    }
}

/// Whether a plan is recorded on this word: a later word does not void what people approve by now.
fn is_proposed(world: &World, start: &Start) -> bool {
    let by = start.requester();
    let start = &start.said;
    world.proposed().is_some_and(|run| {
        let same = |leads: &Leads| {
            let said = (leads.data_loss, leads.split_brain);
            (leads.serial, leads.to.as_str()) == (start.serial, start.region.as_str())
                && said == (start.acknowledge_data_loss, start.acknowledge_split_brain)
        };
        run.spec.requested_by.as_ref() == by && run.plan.leads.as_ref().is_some_and(same)
    })
}

fn counts(world: &World, decision: &Decision, now: Timestamp) -> bool {
    decision.spec.verb == Verb::Start
        && decision.spec.target.uid == world.subject.owner.uid
        && !approval::is_machine(&world.settings.machines, &decision.spec.by)
        && approval::bound(decision, world.admission, now).is_none()
}

impl Wish {
    /// The same, as it is compared with what was consumed.
    pub(super) fn asked<'a>(&'a self, world: &'a World) -> Asked<'a> {
        Asked {
            uid: &world.subject.owner.uid,
            regions: &world.subject.spec.regions,
            spec: world.subject.spec.activation.as_ref(),
            start: self
                .start
                .as_ref()
                .map(|start| (start.said.region.as_str(), start.said.serial)),
        }
    }

    /// Whether it is not yet known who asks.
    pub(super) fn is_unsettled(&self) -> bool {
        self.start.as_ref().is_some_and(|start| !start.is_attributed)
    }

    /// Whether a Start asks for a serial that nobody consumed yet.
    pub(super) fn starts(&self) -> bool {
        self.start.is_some()
    }

    /// Whether a Start was given after that time: what was rejected before may be asked again.
    pub(super) fn starts_after(&self, time: Option<&str>) -> bool {
        let time = time.and_then(|time| time.parse::<Timestamp>().ok());
        let given = self.start.as_ref().and_then(|start| start.at);
        given.zip(time).is_some_and(|(given, time)| given > time)
    }

    /// The Start that names this serial, where the spec does not.
    fn start_of(&self, world: &World, record: &SerialRecord) -> Option<&Start> {
        let by_spec = world.subject.spec.activation.as_ref();
        let by_spec = by_spec.is_some_and(|activation| activation.serial == record.serial);
        self.start.as_ref().filter(|_| !by_spec)
    }

    /// Where the run leads, and what may be lost, where that was said for this serial.
    pub(super) fn leads(&self, world: &World, record: &SerialRecord) -> Leads {
        let spec = &world.subject.spec;
        let (data_loss, split_brain) = match (self.start_of(world, record), &spec.activation) {
            (Some(start), _) => (start.said.acknowledge_data_loss, start.said.acknowledge_split_brain),
            (None, Some(activation)) => {
                let loss = activation.acknowledge_data_loss.as_ref();
                let brain = activation.acknowledge_split_brain.as_ref();
                (
                    loss.filter(|said| said.serial == record.serial).map(|said| said.extent),
                    brain.is_some_and(|said| said.serial == record.serial),
                )
            }
            (None, None) => (None, false),
        };
        Leads {
            to: record.region.clone(),
            serial: record.serial,
            mode: spec.mode,
            data_loss,
            split_brain,
        }
    }

    /// Who asks for it, as far as that is vouched for. The person who edited the spec has asked too.
    pub(super) fn who(&self, world: &World, record: &SerialRecord) -> asked::Asked {
        let mut asked = asked::Asked::default();
        let stamped = world
            .subject
            .requested_by
            .as_ref()
            .filter(|_| world.admission.requester_stamped);
        let person = stamped.filter(|name| !approval::is_machine(&world.settings.machines, name));
        person.iter().for_each(|name| asked.add_person(name));
        match self.start_of(world, record) {
            Some(start) => asked.with(&start.who),
            None => {
                asked.unattributed = person.is_none();
                asked
            }
        }
    }

    /// The one person whose word begins it; none where it is unattributed.
    pub(super) fn requester(&self, world: &World, record: &SerialRecord) -> Option<String> {
        match self.start_of(world, record) {
            Some(start) => start.requester().cloned(),
            None => self.who(world, record).by.first().cloned(),
        }
    }
}

//! A run on a small model of AWS: a clock that the test moves, calls that end when the test says so, and a process that can crash
//! between any two of them.

use crate::{
    aws::{
        Answer, Cell, Write,
        ecs::{EcsCell, EcsWrite},
        failure::{Failure, FailureClass},
        rds::DbInstance,
    },
    engine::once::{Call, Scene, State, Turn, Word, answered, decide, newly_begun},
    run::{
        Run,
        act::{ActStep, Deed, Look, Probe, Sightings},
        plan::{self, Plan},
    },
};
use firebreak_crds::{
    Action, OwnerRef, PlanOutcome, PlanReference, ResponsePlanSpec, ResponsePlanStatus, StepRecord, StepState, Verb,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What AWS has.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Aws {
    pub objects: BTreeSet<String>,
    pub counts: BTreeMap<String, i64>,
    pub databases: BTreeMap<String, DbInstance>,
    /// When a promotion that was asked for ends.
    pub promoting: BTreeMap<String, Timestamp>,
    pub alarms: BTreeMap<String, &'static str>,
}

/// What goes wrong, and how often what was called.
#[derive(Clone, Debug, Default)]
pub(super) struct Faults {
    /// Subjects (a key, a service, an instance, an alarm) of which nothing is told, and for which no call comes about.
    pub silent: BTreeSet<String>,
    /// Subjects whose calls AWS refuses for good.
    pub refused: BTreeSet<String>,
    pub made: BTreeMap<String, usize>,
}

#[derive(Clone, Debug)]
pub(super) struct Bench {
    pub run: Run,
    pub aws: Aws,
    pub faults: Faults,
    pub sightings: Sightings,
    pub calls: Vec<Call>,
    pub uncalled: BTreeSet<String>,
    pub words: Vec<Word>,
    pub approved: BTreeSet<String>,
    pub skipped: BTreeSet<String>,
    pub stop: Option<&'static str>,
    /// Whether a section was begun, which a stop lets finish.
    pub may_call_under_a_stop: bool,
    pub is_deleted: bool,
    pub now: Timestamp,
    pub state: State,
    /// Journal writes and calls so far.
    pub events: usize,
}

pub(super) const PROMOTION_SECONDS: i64 = 300;

impl Bench {
    pub fn new(acts: Vec<ActStep>) -> Self {
        let mut aws = Aws::default();
        for step in &acts {
            aws.counts.insert(step.id.clone(), 1);
            aws.alarms.insert(step.id.clone(), "OK");
            aws.databases.insert(step.id.clone(), replica(&step.id));
        }
        Self {
            run: run(acts),
            aws,
            faults: Faults::default(),
            sightings: Sightings::default(),
            calls: Vec::new(),
            uncalled: BTreeSet::new(),
            words: Vec::new(),
            approved: BTreeSet::new(),
            skipped: BTreeSet::new(),
            stop: None,
            may_call_under_a_stop: false,
            is_deleted: false,
            now: Timestamp::from_second(1_800_000_000).unwrap(),
            state: State::default(),
            events: 0,
        }
    }

    pub fn turn(&self) -> Turn {
        let in_flight: BTreeSet<String> = self.calls.iter().map(|call| call.step.clone()).collect();
        let scene = Scene {
            run: &self.run,
            sightings: &self.sightings,
            in_flight: &in_flight,
            uncalled: &self.uncalled,
            words: Some(&self.words),
            approved: &self.approved,
            skipped: &self.skipped,
            stop: self.stop,
            interlocked: None,
            barred: None,
            is_deleted: self.is_deleted,
            now: self.now,
        };
        let turn = decide(&scene);
        assert_eq!(decide(&scene), turn, "deciding twice is equal");
        turn
    }

    /// Does one thing that a turn asks for: the journal, or the calls and reads. False where there is nothing to do now.
    pub fn advance(&mut self) -> bool {
        let turn = self.turn();
        self.state = turn.state;
        if let Some(status) = turn.journal {
            self.write(*status);
            return true;
        }
        let idle = turn.calls.is_empty() && turn.looks.is_empty();
        turn.calls.into_iter().for_each(|call| self.begin(call));
        turn.looks.into_iter().for_each(|look| self.read(look));
        !idle
    }

    fn write(&mut self, status: ResponsePlanStatus) {
        assert!(
            self.run.status.closed_at.is_none(),
            "a record that is closed is not written"
        );
        let before = std::mem::replace(&mut self.run.status, status);
        self.uncalled.extend(newly_begun(&before, &self.run.status));
        self.events += 1;
    }

    fn begin(&mut self, call: Call) {
        let record = &self.run.status.journal[&call.step];
        assert!(
            record.state == StepState::Started || record.going_back,
            "no call without Started: {call:?}"
        );
        let is_stopped = self.stop.is_some() && !self.may_call_under_a_stop;
        assert!(!is_stopped && !self.is_deleted, "no call under a stop");
        self.uncalled.remove(&call.step);
        self.calls.push(call);
        assert!(self.calls.len() <= super::super::MAX_SIDE_BY_SIDE);
        self.events += 1;
    }

    fn read(&mut self, look: Look) {
        self.settle();
        let answer = match self.faults.silent.contains(subject(&look.probe)) {
            true => Answer::Unreachable("no answer in time".into()),
            false => self.aws.answer(&look.probe),
        };
        self.sightings.insert(look, answer, (self.now, self.now));
    }

    fn settle(&mut self) {
        let now = self.now;
        let ended: Vec<String> = self
            .aws
            .promoting
            .iter()
            .filter(|(_, at)| **at <= now)
            .map(|(id, _)| id.clone())
            .collect();
        for id in ended {
            self.aws.promoting.remove(&id);
            let database = self.aws.databases.get_mut(&id).unwrap();
            (database.status, database.source) = ("available".into(), None);
        }
    }

    /// A call ends, and its answer is journalled.
    pub fn complete(&mut self, at: usize) {
        let call = self.calls.remove(at);
        let answer = self.take_effect(&call);
        let status = answered(&self.run, &call.step, &answer, self.now);
        self.run.status = status;
        self.events += 1;
    }

    pub fn take_effect(&mut self, call: &Call) -> Result<Vec<String>, Failure> {
        self.settle();
        let on = target(&call.deed);
        *self.faults.made.entry(on.clone()).or_default() += 1;
        match (self.faults.silent.contains(&on), self.faults.refused.contains(&on)) {
            (true, _) => Err(failure(FailureClass::Transient)),
            (_, true) => Err(failure(FailureClass::Denied)),
            (false, false) => self.aws.apply(&call.deed, self.now),
        }
    }

    /// The process ends, with what it knows. Each of its calls reaches AWS, or does not. The next one has waited for them.
    pub fn crash(&mut self, reach: bool) {
        let calls = std::mem::take(&mut self.calls);
        if reach {
            calls.iter().for_each(|call| drop(self.take_effect(call)));
        }
        self.uncalled.clear();
        self.sightings = Sightings::default();
        self.now += SignedDuration::from_secs(23);
    }

    /// Until nothing is to do at this time and no call is under way; calls end in the order in which they were made.
    pub fn quiet(&mut self) {
        for _ in 0..2000 {
            if !self.advance() {
                match self.calls.is_empty() {
                    true => return,
                    false => self.complete(0),
                }
            }
        }
        panic!("it never rests: {:?}", self.run.status);
    }

    /// Lets time pass until the run ends, or for so long.
    pub fn pass(&mut self, seconds: i64) {
        let until = self.now + SignedDuration::from_secs(seconds);
        self.quiet();
        while self.now < until && self.run.status.closed_at.is_none() {
            self.tick();
            self.quiet();
        }
    }

    pub fn tick(&mut self) {
        self.now += SignedDuration::from_secs(1);
    }

    pub fn say(&mut self, verb: Verb, step: Option<&str>) {
        let name = format!("d-{}", self.words.len());
        let step = step.map(str::to_owned);
        self.words.push(Word {
            verb,
            by: "ann".into(),
            name,
            at: self.now,
            step,
        });
    }

    pub fn record(&self, step: &str) -> StepRecord {
        self.run.status.journal.get(step).cloned().unwrap_or_default()
    }

    pub fn is(&self, step: &str) -> StepState {
        self.record(step).state
    }

    pub fn outcome(&self) -> Option<PlanOutcome> {
        self.run.status.closed_at.as_ref().and(self.run.status.outcome)
    }

    pub fn made(&self, step: &str) -> usize {
        self.faults.made.get(step).copied().unwrap_or_default()
    }
}

impl Aws {
    fn answer(&self, probe: &Probe) -> Answer {
        let found = |value: Option<Value>| value.map_or(Answer::NotFound, Answer::Found);
        match probe {
            Probe::SwitchObject { key, .. } => Answer::Found(json!(self.objects.contains(key))),
            Probe::Cell(Cell::Ecs(EcsCell::ServiceDesiredCount { service, .. })) => {
                found(self.counts.get(service).map(|count| json!(count)))
            }
            Probe::DbInstance { instance } => found(self.databases.get(instance).map(|it| json!(it))),
            Probe::Alarm { name } => found(self.alarms.get(name).map(|state| json!(state))),
            other => panic!("{other:?} is not asked here"),
        }
    }

    fn apply(&mut self, deed: &Deed, now: Timestamp) -> Result<Vec<String>, Failure> {
        match deed {
            Deed::PutObject { key, .. } => drop(self.objects.insert(key.clone())),
            Deed::DeleteObject { key, .. } => drop(self.objects.remove(key)),
            Deed::PromoteReadReplica { instance, .. } => self.promote(instance, now)?,
            Deed::RebootDbInstance { .. } => panic!("{deed:?} is not done here"),
            Deed::Write(writes) => writes.iter().for_each(|write| match write {
                Write::Ecs(EcsWrite::UpdateServiceDesiredCount {
                    service, desired_count, ..
                }) => {
                    self.counts.insert(service.clone(), i64::from(*desired_count));
                }
                other => panic!("{other:?} is not written here"),
            }),
        }
        Ok(vec!["request".into()])
    }

    /// AWS refuses a second promotion.
    fn promote(&mut self, instance: &str, now: Timestamp) -> Result<(), Failure> {
        let database = self.databases.get_mut(instance).unwrap();
        if database.source.is_none() || !database.is_available() {
            return Err(failure(FailureClass::NotYet));
        }
        database.status = "modifying".into();
        self.promoting
            .insert(instance.to_owned(), now + SignedDuration::from_secs(PROMOTION_SECONDS));
        Ok(())
    }
}

pub(super) fn failure(class: FailureClass) -> Failure {
    Failure {
        class,
        call: "a:Call".into(),
        code: "Code".into(),
        message: "no".into(),
    }
}

fn replica(id: &str) -> DbInstance {
    DbInstance {
        resource_id: format!("db-{id}"),
        status: "available".into(),
        source: Some("arn:aws:rds:us-east-1:222222222222:db:orders".into()),
        backup_retention_days: 7,
        vpc_id: None,
    }
}

fn subject(probe: &Probe) -> &str {
    match probe {
        Probe::SwitchObject { key, .. } => key,
        Probe::Cell(Cell::Ecs(EcsCell::ServiceDesiredCount { service, .. })) => service,
        Probe::DbInstance { instance } => instance,
        Probe::Alarm { name } => name,
        other => panic!("{other:?} is not asked here"),
    }
}

fn target(deed: &Deed) -> String {
    match deed {
        Deed::PutObject { key, .. } | Deed::DeleteObject { key, .. } => key.clone(),
        Deed::PromoteReadReplica { instance, .. } | Deed::RebootDbInstance { instance } => instance.clone(),
        Deed::Write(writes) => match writes.first() {
            Some(Write::Ecs(EcsWrite::UpdateServiceDesiredCount { service, .. })) => service.clone(),
            other => panic!("{other:?} is not written here"),
        },
    }
}

fn run(acts: Vec<ActStep>) -> Run {
    let plan = Plan {
        steps: Vec::new(),
        acts,
        ..plan::testing::plan()
    };
    let digest = plan.digest();
    let spec = ResponsePlanSpec {
        owner: OwnerRef {
            kind: "FailoverPlan".into(),
            namespace: "payments".into(),
            name: "shop".into(),
            uid: "u-1".into(),
        },
        owner_generation: 1,
        run: 1,
        action: Action::Contain,
        digest: digest.clone(),
        requested_by: None,
        asked: firebreak_crds::Asked::default(),
        payload: json!(plan),
    };
    let reference = PlanReference {
        name: "shop-run-1".into(),
        uid: "u-2".into(),
        digest,
    };
    Run {
        reference,
        spec,
        plan,
        status: ResponsePlanStatus::default(),
    }
}

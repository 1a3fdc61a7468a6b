//! A cluster, two buckets and two regions, as far as the conductor asks for them.

use crate::{
    approval::Admission,
    aws::Answer,
    engine::once::{Call, answered, newly_begun},
    guard::Claim,
    respond::failover::{
        conduct::{Move, Rest, Subject, World, decide},
        serials::{Kept, Records, SerialRecord},
    },
    run::{
        Run,
        act::{Deed, Look, Probe, Sightings},
    },
    settings::Settings,
};
use firebreak_crds::{
    Decision, FailoverPlan, ObjectMeta, OwnerRef, PlanReference, ResponsePlan, ResponsePlanSpec, ResponsePlanStatus,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

pub(super) const ACCOUNT: &str = "222222222222";
pub(super) const EAST: &str = "us-east-1";
pub(super) const WEST: &str = "us-west-2";
const UID: &str = "plan-uid";

/// Everything around the conductor.
pub(super) struct Bench {
    pub world: World,
    /// What each bucket keeps; `Unreadable` while its region does not answer.
    pub buckets: BTreeMap<&'static str, Kept>,
    /// Whether the switch object is there.
    pub switch: bool,
    /// Whether the standby database is a writer by now.
    pub promoted: bool,
    /// The seconds that the replica is behind; none while CloudWatch tells nothing.
    pub lag: Option<f64>,
    /// Regions that do not answer.
    pub silent: BTreeSet<&'static str>,
    /// Every call that was made, by its IAM action.
    pub calls: Vec<String>,
    pub now: Timestamp,
}

impl Bench {
    /// A plan that was seen before: serial 0 is recorded. One approval is required, of anyone.
    pub fn new() -> Self {
        let mut bench = Self::unseen();
        bench.settle();
        bench
    }

    pub fn unseen() -> Self {
        let object = object(&json!([switch(), promotion()]));
        Self {
            world: world(&object),
            buckets: [(EAST, Kept::Absent), (WEST, Kept::Absent)].into(),
            switch: false,
            promoted: false,
            lag: Some(0.0),
            silent: BTreeSet::new(),
            calls: Vec::new(),
            now: "2026-03-01T08:00:00Z".parse().unwrap(),
        }
    }

    pub fn with_steps(steps: &Value) -> Self {
        let mut bench = Self::unseen();
        bench.world = world(&object(steps));
        bench.settle();
        bench
    }

    /// Asks for that region in the spec, with both acknowledgements.
    pub fn ask(&mut self, region: &str, serial: u64) {
        let spec = &mut self.world.subject.spec;
        spec.activation = serde_json::from_value(json!({
            "region": region, "serial": serial, "acknowledgeSplitBrain": {"serial": serial},
        }))
        .unwrap();
        self.world.subject.generation += 1;
    }

    /// Says something about the proposed or the running plan.
    pub fn say(&mut self, by: &str, verb: &str, more: Value) {
        let reference = self.run().map(|run| run.reference.clone());
        let name = format!("{by}-{verb}-{}", self.world.decisions.len());
        let mut spec = json!({
            "verb": verb, "by": by, "approverRole": "approver",
            "target": {"kind": "FailoverPlan", "name": "orders", "uid": UID},
        });
        if let Some(PlanReference { name, uid, digest }) = reference.filter(|_| verb != "Start") {
            spec["plan"] = json!({"name": name, "uid": uid, "digest": digest});
        }
        more.as_object()
            .unwrap()
            .iter()
            .for_each(|(key, value)| spec[key] = value.clone());
        let meta = json!({"name": name, "creationTimestamp": self.now.to_string()});
        let decision: Decision = serde_json::from_value(json!({"metadata": meta, "spec": spec})).unwrap();
        self.world.decisions.push(decision);
    }

    /// Another kind acts on the standby database.
    pub fn contain(&mut self) {
        let owner = OwnerRef {
            kind: "Quarantine".into(),
            namespace: "security".into(),
            name: "db".into(),
            uid: "q".into(),
        };
        let arn = format!("arn:aws:rds:{WEST}:{ACCOUNT}:db:orders-west");
        self.world.claims.push(Claim { arn, owner, cell: None });
    }

    /// The latest run.
    pub fn run(&self) -> Option<&Run> {
        self.world.runs.last()
    }

    /// Follows the conductor until nothing is to be done now. What was read in the pass before is old by then.
    pub fn settle(&mut self) -> Rest {
        self.world.records = None;
        self.world.uncalled.clear();
        for _ in 0..200 {
            let next = decide(&self.world, self.now);
            assert_eq!(decide(&self.world, self.now), next, "deciding twice is equal");
            if let Some(rest) = self.follow(next) {
                self.world.subject.status = rest.status.clone();
                return rest;
            }
        }
        panic!("it never rests")
    }

    /// Follows it for that long, pass after pass.
    pub fn pass(&mut self, seconds: i64) -> Rest {
        let end = self.now + SignedDuration::from_secs(seconds);
        loop {
            let rest = self.settle();
            if rest.wake >= end {
                self.now = end;
                return self.settle();
            }
            self.now = rest.wake.max(self.now + SignedDuration::from_secs(1));
        }
    }

    /// Follows one move; what is said where it rests.
    pub fn follow(&mut self, next: Move) -> Option<Rest> {
        match next {
            Move::Look(looks) => looks.into_iter().for_each(|look| self.look(look)),
            Move::ReadRecords => self.world.records = Some(self.records()),
            Move::Consume { record, region } => self.consume(&record, &region),
            Move::Create(spec) => self.create(*spec),
            Move::Begin { status, .. } | Move::Record { status, .. } => self.record(*status),
            Move::Carry(turn) => {
                turn.looks.into_iter().for_each(|look| self.look(look));
                turn.calls.into_iter().for_each(|call| self.call(&call));
            }
            Move::Rest(rest) => return Some(*rest),
        }
        None
    }

    fn records(&self) -> Records {
        Records {
            primary: self.buckets[EAST].clone(),
            standby: self.buckets[WEST].clone(),
        }
    }

    fn consume(&mut self, record: &SerialRecord, region: &str) {
        for (at, kept) in &mut self.buckets {
            let is_readable = !matches!(kept, Kept::Unreadable(_));
            assert!(is_readable || *at != region, "nothing is written where nothing is read");
            if is_readable {
                *kept = Kept::Record(record.clone());
            }
        }
        self.world.records = Some(self.records());
    }

    fn create(&mut self, spec: ResponsePlanSpec) {
        let meta = ObjectMeta {
            name: Some(format!("run-{}", spec.run)),
            uid: Some(format!("uid-{}", spec.run)),
            ..ObjectMeta::default()
        };
        let plan = ResponsePlan {
            metadata: meta,
            spec,
            status: None,
        };
        self.world.runs.push(Run::of(&plan).unwrap());
    }

    fn record(&mut self, status: ResponsePlanStatus) {
        let run = self.world.runs.last_mut().unwrap();
        self.world.uncalled.extend(newly_begun(&run.status, &status));
        run.status = status;
    }

    fn look(&mut self, look: Look) {
        let region = if look.site.region == EAST { EAST } else { WEST };
        let answer = match self.silent.contains(region) {
            true => Answer::Unreachable("no answer in time".into()),
            false => self.answer(&look),
        };
        self.world.sightings.insert(look, answer, (self.now, self.now));
    }

    fn answer(&self, look: &Look) -> Answer {
        match &look.probe {
            Probe::SwitchObject { .. } => Answer::Found(json!(self.switch)),
            Probe::DbInstance { instance } if instance == "orders" => Answer::Found(database("db-east", None)),
            Probe::DbInstance { .. } => {
                let source = format!("arn:aws:rds:{EAST}:{ACCOUNT}:db:orders");
                Answer::Found(database("db-west", Some(source).filter(|_| !self.promoted)))
            }
            Probe::ReplicaLag { .. } => match self.lag {
                Some(seconds) => Answer::Found(json!({"seconds": seconds})),
                None => Answer::NotFound,
            },
            other => panic!("nobody asks {other:?}"),
        }
    }

    fn call(&mut self, call: &Call) {
        self.calls.push(call.deed.action().to_owned());
        match &call.deed {
            Deed::PutObject { .. } => self.switch = true,
            Deed::DeleteObject { .. } => self.switch = false,
            Deed::PromoteReadReplica { .. } => self.promoted = true,
            Deed::Write(_) | Deed::RebootDbInstance { .. } => panic!("nothing else is written"),
        }
        self.world.uncalled.remove(&call.step);
        let run = self.world.runs.last_mut().unwrap();
        run.status = answered(run, &call.step, &Ok(vec!["id".into()]), self.now);
    }
}

pub(super) fn switch() -> Value {
    json!({"name": "traffic", "dependsOn": ["database"], "healthCheckSwitch": {"bucket": "switches", "key": "west"}})
}

pub(super) fn promotion() -> Value {
    json!({"name": "database", "rdsPromoteReplica": {"primary": "orders", "standby": "orders-west"}})
}

fn database(id: &str, source: Option<String>) -> Value {
    json!({"resourceId": id, "status": "available", "source": source, "backupRetentionDays": 7})
}

fn object(steps: &Value) -> FailoverPlan {
    let mut steps = steps.clone();
    if steps.as_array().unwrap().len() == 1 {
        steps[0].as_object_mut().unwrap().remove("dependsOn");
    }
    serde_json::from_value(json!({
        "metadata": {
            "name": "orders", "namespace": "payments", "uid": UID, "generation": 1,
            "annotations": {"firebreak.dev/requested-by": "ann"},
        },
        "spec": {
            "accountRef": {"name": "production"}, "regions": {"primary": EAST, "standby": WEST},
            "runStore": {"primary": {"bucket": "east"}, "standby": {"bucket": "west"}}, "steps": steps,
        },
    }))
    .unwrap()
}

fn world(object: &FailoverPlan) -> World {
    let role = |name: &str| format!("arn:aws:iam::{ACCOUNT}:role/{name}");
    let account = json!({
        "accountId": ACCOUNT, "regions": [EAST, WEST], "environment": "Production",
        "roles": {"read": role("read"), "contain": role("contain"), "failover": role("failover")},
        "grants": [{"namespaces": ["payments"], "kinds": ["failoverPlan"], "arnPatterns": ["*"]}],
    });
    let guardrail = json!({"approvals": [{"required": 1}]});
    World {
        subject: Subject::of(object),
        accounts: [("production".to_owned(), serde_json::from_value(account).unwrap())].into(),
        guardrails: vec![serde_json::from_value(guardrail).unwrap()],
        stop: None,
        decisions: Vec::new(),
        incidents: Vec::new(),
        admission: Admission {
            decisions_bound_since: Some(Timestamp::UNIX_EPOCH),
            requester_stamped: true,
            asked_reserved: true,
        },
        unusable: None,
        runs: Vec::new(),
        records: None,
        claims: Vec::new(),
        own: Vec::new(),
        own_is_known: true,
        sightings: Sightings::default(),
        in_flight: BTreeSet::new(),
        uncalled: BTreeSet::new(),
        settings: Settings::default(),
    }
}

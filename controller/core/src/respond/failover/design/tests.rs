//! Tables: what each spec, with what was read, comes to.

mod aliases;
mod databases;
mod fences;
mod functions;
mod ready;
mod services;
mod waiting;
mod weights;

use super::*;
use crate::{
    aws::{Answer, Idempotence, Site, ecs::EcsService, rds::DbInstance},
    respond::failover::Counted,
    run::{
        act::{Act, Leads, Probe, Rule, Settable, Sightings},
        step::Undo,
    },
};
use firebreak_crds::{
    AwsAccountSpec, FailoverPlanSpec,
    failover_plan::{DataLossExtent, FailoverMode, LagSample},
};
use jiff::Timestamp;
use serde_json::{Value, json};

const ACCOUNT: &str = "222222222222";
const EAST: &str = "us-east-1";
const WEST: &str = "us-west-2";

/// A design under way: every part can be changed before it is asked for.
struct Case {
    steps: Value,
    account: Value,
    objectives: Value,
    leads: Leads,
    answers: Vec<(&'static str, Value, Answer)>,
    counts: BTreeMap<String, Counted>,
    bound: BTreeMap<String, i64>,
    writers: BTreeMap<String, String>,
    lags: Vec<LagSample>,
}

fn now() -> Timestamp {
    "2026-03-01T08:00:00Z".parse().unwrap()
}

fn case(steps: Value) -> Case {
    Case {
        steps,
        account: json!({}),
        objectives: json!({}),
        leads: Leads {
            to: WEST.into(),
            serial: 7,
            mode: FailoverMode::Graceful,
            data_loss: None,
            split_brain: true,
        },
        answers: vec![
            (WEST, count("api"), Answer::Found(json!(2))),
            (WEST, minimum("api"), Answer::Found(json!(1))),
            (EAST, service("api"), Answer::Found(running(8, 8))),
            (WEST, database("orders-west"), Answer::found(&replica(Some("orders")))),
            (EAST, database("orders"), Answer::found(&writer())),
            (
                WEST,
                json!({"switchObject": {"bucket": "switches", "key": "west"}}),
                Answer::Found(json!(false)),
            ),
        ],
        counts: BTreeMap::new(),
        bound: BTreeMap::new(),
        writers: BTreeMap::new(),
        lags: Vec::new(),
    }
}

fn count(service: &str) -> Value {
    json!({"cell": {"ecs": {"kind": "serviceDesiredCount", "cluster": "web", "service": service}}})
}

fn minimum(service: &str) -> Value {
    json!({"cell": {"applicationAutoScaling": {"kind": "scalingMinimum", "cluster": "web", "service": service}}})
}

fn service(service: &str) -> Value {
    json!({"ecsService": {"cluster": "web", "service": service}})
}

fn database(instance: &str) -> Value {
    json!({"dbInstance": {"instance": instance}})
}

fn running(running: i32, desired: i32) -> Value {
    serde_json::to_value(EcsService {
        running_count: running,
        desired_count: desired,
        ..EcsService::default()
    })
    .unwrap()
}

fn replica(of: Option<&str>) -> DbInstance {
    let source = of.map(|source| format!("arn:aws:rds:{EAST}:{ACCOUNT}:db:{source}"));
    DbInstance {
        resource_id: "db-west".into(),
        status: "available".into(),
        source,
        backup_retention_days: 7,
        vpc_id: Some("vpc-1".into()),
    }
}

fn writer() -> DbInstance {
    DbInstance {
        resource_id: "db-east".into(),
        source: None,
        ..replica(None)
    }
}

fn silent() -> Answer {
    Answer::Unreachable("no answer in time".into())
}

impl Case {
    fn answer(mut self, region: &'static str, probe: Value, answer: Answer) -> Self {
        self.answers.retain(|(at, of, _)| (*at, of) != (region, &probe));
        self.answers.push((region, probe, answer));
        self
    }

    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn spec(&self) -> FailoverPlanSpec {
        let spec = json!({
            "accountRef": {"name": "production"}, "regions": {"primary": EAST, "standby": WEST}, "objectives": self.objectives,
            "runStore": {"primary": {"bucket": "east"}, "standby": {"bucket": "west"}}, "steps": self.steps,
        });
        serde_json::from_value(spec).unwrap()
    }

    fn account(&self) -> AwsAccountSpec {
        let mut account = json!({
            "accountId": ACCOUNT, "regions": [EAST, WEST], "environment": "Production",
            "roles": {"read": "arn:aws:iam::222222222222:role/read", "contain": "arn:aws:iam::222222222222:role/contain"},
        });
        for (key, value) in self.account.as_object().unwrap() {
            account[key] = value.clone();
        }
        serde_json::from_value(account).unwrap()
    }

    fn design(&self) -> Result<Blueprint, Halt> {
        self.with_course(|course| design(course, &self.sightings()))
    }

    fn with_course<T>(&self, asks: impl FnOnce(&Course<'_>) -> T) -> T {
        let (spec, accounts) = (self.spec(), BTreeMap::from([("production".to_owned(), self.account())]));
        asks(&Course {
            spec: &spec,
            accounts: &accounts,
            leads: &self.leads,
            counts: &self.counts,
            bound: &self.bound,
            writers: &self.writers,
            lags: &self.lags,
            now: now(),
        })
    }

    fn sightings(&self) -> Sightings {
        let mut sightings = Sightings::default();
        for (region, probe, answer) in &self.answers {
            let probe: Probe = serde_json::from_value(probe.clone()).unwrap();
            sightings.insert(
                Look::new(&Site::new(ACCOUNT, *region), probe),
                answer.clone(),
                (now(), now()),
            );
        }
        sightings
    }

    fn made(&self) -> Blueprint {
        self.design().unwrap()
    }

    fn blocked(&self) -> Blocked {
        match self.design() {
            Err(Halt::Blocked(blocked)) => blocked,
            other => panic!("{other:?}"),
        }
    }
}

fn scale(desired: Value) -> Value {
    let name = json!({"cluster": "web", "service": "api"});
    json!({"name": "scale", "ecsScale": {"primary": name, "standby": name, "desired": desired}})
}

fn promote() -> Value {
    json!({"name": "promote", "rdsPromoteReplica": {"primary": "orders", "standby": "orders-west"}})
}

fn switch() -> Value {
    json!({"name": "traffic", "healthCheckSwitch": {"bucket": "switches", "key": "west"}})
}

fn after(step: Value, needs: &[&str]) -> Value {
    let mut step = step;
    step["dependsOn"] = json!(needs);
    step
}

fn ids(made: &Blueprint) -> Vec<(&str, Vec<&str>)> {
    made.acts
        .iter()
        .map(|act| (act.id.as_str(), act.needs.iter().map(String::as_str).collect()))
        .collect()
}

fn raised_to(made: &Blueprint, id: &str) -> Value {
    match &made.acts.iter().find(|act| act.id == id).unwrap().act {
        Act::Set(setting) => setting.after.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn whole_plan_becomes_a_graph_of_acts() {
    let made = case(json!([
        promote(),
        after(scale(json!(5)), &["promote"]),
        after(switch(), &["scale", "promote"])
    ]))
    .made();
    assert_eq!(
        ids(&made),
        [
            ("promote.caught-up", vec![]),
            ("promote", vec!["promote.caught-up"]),
            ("scale", vec!["promote"]),
            ("scale.floor", vec!["scale"]),
            ("scale.steady", vec!["scale.floor"]),
            ("traffic", vec!["promote", "scale.steady"]),
        ]
    );
    assert_eq!(made.touches.len(), 3);
    let of = |id: &str| made.acts.iter().find(|act| act.id == id).unwrap();
    assert_eq!(
        (of("promote").undo, of("promote").idempotence),
        (Undo::OneWay, Idempotence::Conditional)
    );
    assert_eq!(
        (of("promote").timeout_seconds, of("traffic").timeout_seconds),
        (2700, 300)
    );
    assert_eq!(of("scale").permissions, ["ecs:UpdateService"]);
    assert!(made.acts.iter().all(|act| act.site.region == WEST));
}

#[test]
fn everything_that_is_not_known_is_asked_for_in_one_round() {
    let mut empty = case(json!([promote(), scale(json!("MatchActive")), switch()]));
    empty.answers.clear();
    match empty.design() {
        Err(Halt::Look(looks)) => assert_eq!(looks.len(), 6, "{looks:?}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn steps_of_the_other_direction_are_left_out_and_pass_their_needs_on() {
    let mut back = scale(json!(3));
    back["when"] = json!("FailingBack");
    let made = case(json!([
        promote(),
        after(back, &["promote"]),
        after(switch(), &["scale"])
    ]))
    .made();
    assert_eq!(ids(&made).last().unwrap(), &("traffic", vec!["promote"]));
    assert!(made.acts.iter().all(|act| act.step != "scale"));
}

#[test]
fn cycles_unknown_accounts_regions_and_residency_name_their_field() {
    let cycle = case(json!([
        after(scale(json!(1)), &["traffic"]),
        after(switch(), &["scale"])
    ]));
    assert_eq!(cycle.blocked().reason, Reason::DependencyCycle);
    assert!(cycle.blocked().message.contains("scale, traffic wait for each other"));
    let mut elsewhere = switch();
    elsewhere["accountRef"] = json!({"name": "dns"});
    let unknown = case(json!([elsewhere])).blocked();
    assert_eq!(unknown.reason, Reason::AccountNotFound);
    assert!(
        unknown.message.starts_with("spec.steps[traffic].accountRef.name"),
        "{}",
        unknown.message
    );
    let third = case(json!([switch()]))
        .with(|case| case.leads.to = "eu-west-1".into())
        .blocked();
    assert!(
        third.message.contains("is neither us-east-1 nor us-west-2"),
        "{}",
        third.message
    );
    let unlisted = case(json!([switch()])).with(|case| case.account = json!({"regions": [EAST]}));
    assert_eq!(unlisted.blocked().reason, Reason::RegionNotListed);
    let rests = case(json!([switch()])).with(|case| case.account = json!({"dataResidency": [EAST]}));
    assert_eq!(rests.blocked().reason, Reason::DataResidency);
}

#[test]
fn switch_puts_its_object_for_the_standby_and_deletes_it_for_the_primary() {
    let there = case(json!([switch()])).made();
    assert_eq!(raised_to(&there, "traffic"), json!(true));
    let probe = json!({"switchObject": {"bucket": "switches", "key": "west"}});
    let back = case(json!([switch()]))
        .answer(WEST, probe, silent())
        .with(|case| case.leads.to = EAST.into())
        .made();
    assert_eq!(raised_to(&back, "traffic"), json!(false));
    assert_eq!(
        back.acts[0].site.region, WEST,
        "the object lies in the standby region, both ways"
    );
    assert!(
        matches!(&back.acts[0].act, Act::Set(set) if matches!(set.what, Settable::SwitchObject { .. }) && set.before.is_null())
    );
}

#[test]
fn gates_take_the_names_of_the_region_that_becomes_active() {
    let gate = json!({"name": "well", "gate": {"alarm": {"primary": "east-errors", "standby": "west-errors"}, "consecutive": 3}});
    let named = |to: &str| {
        let made = case(json!([gate])).with(|case| case.leads.to = to.into()).made();
        serde_json::to_string(&made.acts[0].act).unwrap()
    };
    assert!(named(WEST).contains("west-errors") && named(EAST).contains("east-errors"));
    let url = |url: &str| {
        case(json!([{"name": "well", "gate": {"http": {"primary": "https://a.example.com", "standby": url}}}]))
    };
    assert_eq!(url("https://west.example.com/health").made().acts.len(), 1);
    for private in [
        "http://169.254.169.254/",
        "http://[::1]/",
        "https://localhost/",
        "http://api.shop.svc/",
        "http://10.1.2.3/",
    ] {
        assert!(
            url(private).blocked().message.contains("spec.steps[well].gate.http"),
            "{private}"
        );
    }
}

#[test]
fn region_that_does_not_answer_blocks_nothing_that_it_need_not() {
    let lost = case(json!([scale(json!(5)), switch()])).answer(EAST, service("api"), silent());
    assert_eq!(lost.made().acts.len(), 4);
    let target = case(json!([scale(json!(5))]))
        .answer(WEST, count("api"), Answer::Throttled)
        .blocked();
    assert_eq!(target.reason, Reason::Throttled);
    assert!(target.passes());
}

//! What is archived and marked, and when: decided over small worlds.

use super::{
    super::{
        Effect, decide,
        tests::{at, world},
    },
    *,
};
use crate::{
    aws::{
        failure::{Failure, FailureClass},
        guardduty::ClosedOut,
    },
    coordinate::{
        finding::{Origin, Record},
        source::Account,
    },
};
use firebreak_crds::{
    AwsAccountSpec, Condition, FindingSource,
    finding_source::FindingsOnResolve::{self, Archive, Leave},
    incident::{FindingFeedback, TimelineEvent},
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const GRANT: &str = "findingsCloseOut";

fn account(kinds: &[&str]) -> Account {
    let account = json!({
        "accountId": "222222222222", "environment": "Production", "regions": ["us-east-1", "eu-west-1"],
        "roles": {"read": "arn:aws:iam::222222222222:role/r", "contain": "arn:aws:iam::222222222222:role/c"},
        "grants": [{"namespaces": ["payments"], "kinds": kinds, "arnPatterns": ["arn:aws:guardduty:*:222222222222:detector/*"]}],
    });
    Account::Known(Box::new(serde_json::from_value::<AwsAccountSpec>(account).unwrap()))
}

fn id(number: usize) -> String {
    format!("arn:aws:guardduty:us-east-1:222222222222:detector/d/finding/f{number:02}")
}

/// An Incident with so many findings that were read in us-east-1, and one that a person typed.
fn read(many: usize, spec: &Value) -> World {
    let ids: Vec<Value> = (0..many).map(|number| json!({"id": id(number)})).collect();
    let ids = ids.into_iter().chain([json!({"id": "typed"})]).collect::<Vec<_>>();
    let mut world = world(&json!({"findings": ids}));
    let by = |region: &str| Origin {
        account: "production".into(),
        region: region.into(),
    };
    world.subject.findings = Some(Record {
        confirmed: true,
        read: (0..many).map(|number| (id(number), by("us-east-1"))).collect(),
        ..Record::default()
    });
    change(&mut world, spec);
    pass(&mut world, Archive, &[GRANT], at(1));
    world
}

fn change(world: &mut World, spec: &Value) {
    let mut whole = json!(world.subject.spec);
    for (field, value) in spec.as_object().unwrap() {
        whole[field] = value.clone();
    }
    world.subject.spec = serde_json::from_value(whole).unwrap();
    world.subject.generation += 1;
}

fn resolved(outcome: &str) -> Value {
    json!({"state": "Resolved", "outcome": outcome})
}

/// A FindingSource that reads an account, and what it says.
fn source(says: FindingsOnResolve, account: &str) -> FindingSource {
    let object = json!({
        "apiVersion": "firebreak.dev/v1alpha1", "kind": "FindingSource", "metadata": {"name": "polled", "namespace": "payments"},
        "spec": {"guardDuty": {"accounts": [{"name": account}]}, "onResolve": says},
    });
    serde_json::from_value(object).unwrap()
}

/// Begins a pass, in which all of this was looked for.
fn pass(world: &mut World, says: FindingsOnResolve, kinds: &[&str], now: Timestamp) {
    let archives = archives([&source(says, "production")]);
    let accounts = BTreeMap::from([("production".to_owned(), account(kinds))]);
    world.close_out = CloseOut::at(archives, accounts, None, now);
}

type Answer = Result<ClosedOut, Failure>;

/// Decides until it rests: the steps, and after how long it looks again.
fn run(world: &mut World, now: Timestamp, answer: impl Fn(&Step) -> Answer) -> (Vec<Step>, u64) {
    let mut steps = Vec::new();
    for _ in 0..100 {
        match decide(world, now) {
            Effect::Remember(status) => world.subject.status = *status,
            Effect::CloseOut(step) => {
                let begun = world.subject.status.close_out.as_ref().unwrap();
                let state = |id: &String| begun.findings.iter().find(|one| one.id == *id).map(|one| one.state);
                assert!(
                    step.ids.iter().all(|id| state(id) == Some(ClosingState::Begun)),
                    "{begun:?}"
                );
                world.close_out.took(&step, answer(&step), now);
                steps.push(*step);
            }
            Effect::Rest(rest) => {
                world.subject.status = rest.status;
                return (steps, rest.after);
            }
            other => panic!("{other:?}"),
        }
    }
    panic!("it never rests");
}

#[allow(clippy::unnecessary_wraps, reason = "it is an answer")]
fn done(_: &Step) -> Answer {
    Ok(ClosedOut::default())
}

fn failing(class: FailureClass) -> impl Fn(&Step) -> Answer {
    move |_| {
        Err(Failure {
            class,
            call: "guardduty:ArchiveFindings".into(),
            code: "Code".into(),
            message: "why".into(),
        })
    }
}

fn condition_of(world: &World, kind: &str) -> Option<Condition> {
    let mut all = world.subject.status.conditions.iter();
    all.find(|one| one.type_ == kind).cloned()
}

fn says(world: &World) -> String {
    let told = condition_of(world, "ClosedOut");
    told.map(|one| format!("{} {}", one.status, one.reason))
        .unwrap_or_default()
}

fn events(world: &World) -> Vec<(TimelineEvent, String)> {
    let closing = [TimelineEvent::ClosingOut, TimelineEvent::ClosedOut];
    let all = world
        .subject
        .status
        .timeline
        .iter()
        .filter(|one| closing.contains(&one.event));
    all.map(|one| (one.event, one.what.clone())).collect()
}

#[test]
fn outcome_says_how_findings_are_marked() {
    for (outcome, mark, drill) in [
        ("TruePositive", Some(FindingFeedback::Useful), false),
        ("Benign", Some(FindingFeedback::Useful), false),
        ("FalsePositive", Some(FindingFeedback::NotUseful), false),
        ("TruePositive", None, true),
    ] {
        let mut world = read(2, &resolved(outcome));
        world.subject.spec.drill = drill;
        let (steps, _) = run(&mut world, at(1), done);
        assert_eq!(steps.len(), 1, "{outcome}");
        assert_eq!(steps[0].asked.feedback, mark);
        assert_eq!(steps[0].asked.findings, ["f00", "f01"]);
        assert_eq!(says(&world), "True Archived");
        let told: Vec<TimelineEvent> = events(&world).into_iter().map(|(event, _)| event).collect();
        assert_eq!(told, [TimelineEvent::ClosingOut, TimelineEvent::ClosedOut]);
    }
}

#[test]
fn nothing_is_touched_that_nobody_asked_for() {
    type Change = fn(&mut World);
    let cases: [(&str, Change, &str); 6] = [
        ("open", |world| change(world, &json!({"state": "Open"})), ""),
        ("leave", |world| pass(world, Leave, &[GRANT], at(1)), ""),
        ("no source", |world| world.close_out.archives.clear(), ""),
        ("no record", |world| world.subject.findings = None, ""),
        (
            "taken out",
            |world| change(world, &json!({"findings": [{"id": "typed"}]})),
            "",
        ),
        (
            "merged",
            |world| change(world, &json!({"mergedInto": "other"})),
            "False NoOutcome",
        ),
    ];
    for (name, prepare, told) in cases {
        let mut world = read(2, &resolved("TruePositive"));
        prepare(&mut world);
        let (steps, _) = run(&mut world, at(1), done);
        assert!(steps.is_empty(), "{name}: {steps:?}");
        assert_eq!(says(&world), told, "{name}");
        assert!(events(&world).is_empty(), "{name}");
    }
}

#[test]
fn what_cannot_be_reached_waits_and_says_why() {
    type Change = fn(&mut World);
    let cases: [(&str, Change); 6] = [
        ("AccountNotGranted", |world| {
            pass(world, Archive, &["findings", "ledger"], at(1))
        }),
        ("AccountNotGranted", |world| {
            world.subject.owner.namespace = "shop".into()
        }),
        ("AccountNotFound", |world| world.close_out.accounts.clear()),
        ("Unreadable", |world| {
            let odd = Account::Unreadable("odd".into());
            world.close_out.accounts.insert("production".into(), odd);
        }),
        ("RegionNotListed", |world| {
            let record = world.subject.findings.as_mut().unwrap();
            record.read.values_mut().for_each(|by| by.region = "ap-south-1".into());
        }),
        ("EmergencyStop", |world| {
            world.close_out.stop = Some("everything stands still".into())
        }),
    ];
    for (reason, prepare) in cases {
        let mut world = read(2, &resolved("TruePositive"));
        prepare(&mut world);
        let (steps, _) = run(&mut world, at(1), done);
        assert!(steps.is_empty(), "{reason}");
        assert_eq!(says(&world), format!("False {reason}"));
        assert_eq!(condition_of(&world, "Resolved").unwrap().status, "True", "{reason}");
        assert_eq!(
            world.subject.status.close_out.as_ref().unwrap().begun_at,
            None,
            "{reason}"
        );
        world.subject.owner.namespace = "payments".into();
        let record = world.subject.findings.as_mut().unwrap();
        record.read.values_mut().for_each(|by| by.region = "us-east-1".into());
        pass(&mut world, Archive, &["*"], at(2));
        assert_eq!(run(&mut world, at(2), done).0.len(), 1, "{reason}");
        assert_eq!(says(&world), "True Archived", "{reason}");
    }
}

#[test]
fn fifty_at_once_and_each_once() {
    let mut world = read(60, &resolved("TruePositive"));
    let (steps, _) = run(&mut world, at(1), done);
    let sizes: Vec<usize> = steps.iter().map(|step| step.asked.findings.len()).collect();
    assert_eq!(sizes, [50, 10]);
    let mut all: Vec<&String> = steps.iter().flat_map(|step| &step.ids).collect();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 60);
    pass(&mut world, Archive, &[GRANT], at(2));
    assert!(run(&mut world, at(2), done).0.is_empty(), "once is enough");
}

#[test]
fn findings_that_are_gone_are_told() {
    let mut world = read(3, &resolved("Benign"));
    let one = |_: &Step| {
        Ok(ClosedOut {
            gone: vec!["f01".into()],
        })
    };
    run(&mut world, at(1), one);
    let message = condition_of(&world, "ClosedOut").unwrap().message;
    assert_eq!(
        message,
        "2 findings archived and marked as useful; 1 not there any more"
    );
    let mut world = read(3, &resolved("Benign"));
    run(&mut world, at(1), failing(FailureClass::Gone));
    assert_eq!(says(&world), "True Archived");
    assert!(
        condition_of(&world, "ClosedOut")
            .unwrap()
            .message
            .contains("3 not there")
    );
}

#[test]
fn what_fails_is_tried_again_after_longer_and_longer_pauses() {
    let mut world = read(2, &resolved("TruePositive"));
    let mut now = at(1);
    for (try_, pause) in [60, 120, 240, 480, 960, 1920, 3600, 3600].into_iter().enumerate() {
        pass(&mut world, Archive, &[GRANT], now);
        let (steps, after) = run(&mut world, now, failing(FailureClass::Throttled));
        assert_eq!(
            (steps.len(), world.subject.status.close_out.as_ref().unwrap().failures),
            (1, try_ as u32 + 1)
        );
        assert!(after <= pause, "{after} {pause}");
        assert_eq!(says(&world), "False Throttled");
        assert_eq!(condition_of(&world, "Resolved").unwrap().status, "True");
        let soon = later(now, pause as i64 - 1);
        pass(&mut world, Archive, &[GRANT], soon);
        assert!(run(&mut world, soon, done).0.is_empty(), "{pause}");
        assert_eq!(says(&world), "False Throttled", "it says why it waits");
        now = later(now, pause as i64);
    }
    pass(&mut world, Archive, &[GRANT], now);
    assert_eq!(run(&mut world, now, done).0.len(), 1);
    let told = world.subject.status.close_out.as_ref().unwrap();
    assert_eq!((told.failures, &told.problem, &told.failed_at), (0, &None, &None));
    let told: Vec<TimelineEvent> = events(&world).into_iter().map(|(event, _)| event).collect();
    assert_eq!(told, [TimelineEvent::ClosingOut, TimelineEvent::ClosedOut]);
}

fn later(now: Timestamp, seconds: i64) -> Timestamp {
    Timestamp::from_second(now.as_second() + seconds).unwrap()
}

#[test]
fn region_that_fails_holds_no_other_back() {
    for (class, reason) in [
        (FailureClass::Denied, "AccessDenied"),
        (FailureClass::Invalid, "WriteRefused"),
        (FailureClass::Transient, "Unreachable"),
    ] {
        let mut world = read(4, &resolved("TruePositive"));
        let record = world.subject.findings.as_mut().unwrap();
        record.read.get_mut(&id(3)).unwrap().region = "eu-west-1".into();
        let fails = failing(class);
        let answer = |step: &Step| match step.access.region.as_str() {
            "eu-west-1" => fails(step),
            _ => done(step),
        };
        let (steps, _) = run(&mut world, at(1), answer);
        assert_eq!(steps.len(), 2);
        assert_eq!(says(&world), format!("False {reason}"));
        let message = condition_of(&world, "ClosedOut").unwrap().message;
        assert!(
            message.starts_with("1 of 4 findings wait: production in eu-west-1: "),
            "{message}"
        );
        assert_eq!(events(&world).len(), 1, "it is not done yet");
        pass(&mut world, Archive, &[GRANT], at(3));
        assert_eq!(run(&mut world, at(3), done).0.len(), 1);
        assert_eq!((says(&world).as_str(), events(&world).len()), ("True Archived", 2));
    }
}

#[test]
fn opening_it_again_takes_nothing_back_and_another_outcome_marks_again() {
    let mut world = read(2, &resolved("FalsePositive"));
    run(&mut world, at(1), done);
    change(&mut world, &json!({"state": "Open", "outcome": null}));
    pass(&mut world, Archive, &[GRANT], at(2));
    assert!(run(&mut world, at(2), done).0.is_empty());
    assert_eq!(says(&world), "");
    change(&mut world, &resolved("TruePositive"));
    pass(&mut world, Archive, &[GRANT], at(3));
    let (steps, _) = run(&mut world, at(3), done);
    assert_eq!(steps[0].asked.feedback, Some(FindingFeedback::Useful));
    change(&mut world, &json!({"outcome": "FalsePositive"}));
    pass(&mut world, Archive, &[GRANT], at(4));
    let (steps, _) = run(&mut world, at(4), done);
    assert_eq!(steps[0].asked.feedback, Some(FindingFeedback::NotUseful));
    assert_eq!(events(&world).len(), 6);
}

#[test]
fn end_without_an_outcome_waits_for_one() {
    let mut world = read(2, &json!({}));
    world.subject.status.ruling = None;
    change(&mut world, &json!({"state": "Resolved"}));
    assert!(run(&mut world, at(1), done).0.is_empty());
    assert_eq!(says(&world), "False NoOutcome");
    let message = condition_of(&world, "ClosedOut").unwrap().message;
    assert_eq!(
        message,
        "2 findings left as they are: set spec.outcome to say what it was"
    );
    change(&mut world, &resolved("Benign"));
    pass(&mut world, Archive, &[GRANT], at(2));
    assert_eq!(run(&mut world, at(2), done).0.len(), 1);
}

#[test]
fn new_end_is_looked_at_again_at_once() {
    let mut world = read(1, &resolved("TruePositive"));
    world.close_out = CloseOut::default();
    let (steps, after) = run(&mut world, at(1), done);
    assert_eq!((steps.len(), after), (0, 1));
    assert!(is_asked(&world.subject));
    world.subject.findings = None;
    assert!(!is_asked(&world.subject));
}

#[test]
fn one_source_that_archives_an_account_is_enough() {
    let archived = |says: &[(FindingsOnResolve, &str)]| {
        let sources: Vec<FindingSource> = says.iter().map(|(says, account)| source(*says, account)).collect();
        accounts(&read(1, &json!({})).subject, &archives(&sources))
    };
    assert!(archived(&[]).is_empty());
    assert!(archived(&[(Leave, "production"), (Archive, "staging")]).is_empty());
    let both = archived(&[(Leave, "production"), (Archive, "production"), (Archive, "staging")]);
    assert_eq!(both, ["production".to_owned()].into());
}

#[test]
fn finding_that_joins_after_the_end_is_closed_out_too() {
    let mut world = read(2, &resolved("TruePositive"));
    run(&mut world, at(1), done);
    let record = world.subject.findings.as_mut().unwrap();
    let by = record.read[&id(0)].clone();
    record.read.insert(id(7), by);
    let mut findings = json!(world.subject.spec.findings);
    findings.as_array_mut().unwrap().push(json!({"id": id(7)}));
    change(&mut world, &json!({"findings": findings}));
    pass(&mut world, Archive, &[GRANT], at(2));
    let (steps, _) = run(&mut world, at(2), done);
    assert_eq!((steps.len(), &steps[0].ids), (1, &vec![id(7)]));
    assert_eq!(events(&world).len(), 4);
}

#[test]
fn slow_pass_begins_no_further_call() {
    let mut world = read(2, &resolved("TruePositive"));
    pass(&mut world, Archive, &[GRANT], at(0));
    assert!(run(&mut world, at(1), done).0.is_empty());
}

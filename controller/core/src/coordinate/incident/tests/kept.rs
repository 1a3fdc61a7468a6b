//! The ledger: a bucket that keeps what is put, and an operator that may be cut after every effect.

use super::*;
use crate::{
    aws::failure::{Failure, FailureClass},
    coordinate::{
        incident::ledger::{Answer, Ledger, Place, account, place},
        source::Account,
    },
    digest,
    run::archive::Document,
};
use firebreak_crds::{AwsAccountSpec, incident::MAX_BEHIND};

pub(super) const PREFIX: &str = "firebreak/ledger/payments/inc-1/";

/// A bucket, which may be out of reach.
#[derive(Clone, Default)]
pub(super) struct Bucket {
    pub(super) objects: BTreeMap<String, String>,
    pub(super) down: bool,
    pub(super) calls: usize,
}

impl Bucket {
    fn put(&mut self, document: &Document) -> Answer {
        self.calls += 1;
        if self.down {
            return Answer::Failed(Failure {
                class: FailureClass::Transient,
                call: "s3:PutObject".into(),
                code: "SlowDown".into(),
                message: "no".into(),
            });
        }
        let text = self
            .objects
            .entry(document.key.clone())
            .or_insert_with(|| document.body.clone());
        match *text == document.body {
            true => Answer::Stored(digest::of_bytes(text.as_bytes())),
            false => Answer::Taken(text.clone()),
        }
    }

    /// What the entries tell, in the order of their numbers.
    fn told(&self) -> Vec<String> {
        let entries = self.objects.iter().filter(|(key, _)| key.ends_with(".json"));
        let what = entries.map(|(_, text)| serde_json::from_str::<Value>(text).unwrap()["record"]["what"].clone());
        what.map(|what| what.as_str().unwrap().to_owned()).collect()
    }

    fn key(seq: usize) -> String {
        format!("{PREFIX}{seq:020}.json")
    }
}

pub(super) fn account_spec(kinds: &[&str], patterns: &[&str], bucket: Option<&str>) -> AwsAccountSpec {
    let role = "arn:aws:iam::111111111111:role/r";
    let evidence = bucket.map(|bucket| json!({"bucket": bucket, "region": "us-east-1"}));
    let spec = json!({
        "accountId": "111111111111", "environment": "Production", "regions": ["us-east-1"],
        "roles": {"read": role, "contain": role}, "evidence": evidence,
        "grants": [{"namespaces": ["payments"], "kinds": kinds, "arnPatterns": patterns}],
    });
    serde_json::from_value(spec).unwrap()
}

fn known(bucket: &str) -> Account {
    Account::Known(Box::new(account_spec(&["ledger"], &["*"], Some(bucket))))
}

/// A pass begins: nothing of the one before is in memory.
pub(super) fn begin(world: &mut World, now: Timestamp) {
    let place = place(&world.subject, "production", &known("acme-evidence"));
    world.ledger = Ledger::at(place, None, now);
}

fn step(world: &mut World, bucket: &mut Bucket, effect: &Effect, now: Timestamp) {
    match effect {
        Effect::Record(entry) => {
            let answer = bucket.put(&entry.document());
            world.ledger.took(entry, answer, now);
        }
        Effect::Report(offer) => {
            let files = offer.files(BTreeMap::new());
            world.subject.status = offer.status(&files);
            for file in &files {
                let answer = bucket.put(&file.document);
                if !offer.took(&world.subject.status, &mut world.ledger, file, answer, now) {
                    break;
                }
            }
        }
        other => perform(world, other, now),
    }
}

/// One pass, to its rest.
fn pass(world: &mut World, bucket: &mut Bucket, now: Timestamp) -> Rest {
    begin(world, now);
    for _ in 0..300 {
        let effect = decide(world, now);
        step(world, bucket, &effect, now);
        if let Effect::Rest(rest) = effect {
            return *rest;
        }
    }
    panic!("no rest after three hundred effects")
}

/// Passes until nothing is left to put.
pub(super) fn catch_up(world: &mut World, bucket: &mut Bucket, now: Timestamp) {
    while pass(world, bucket, now).after < 2 {}
}

pub(super) fn declared() -> World {
    world(&json!({"responses": [response("a", &[]), response("b", &["a"])]}))
}

fn notes(world: &mut World, count: i64) {
    for n in 0..count {
        let word = json!({"verb": "Note", "reason": format!("note {n}")});
        say(world, &format!("d-{n:04}"), "bob", at(10 + n), &word);
    }
}

fn noted(bucket: &Bucket) -> usize {
    let mut told = bucket.told();
    told.retain(|what| what.starts_with("note "));
    let count = told.len();
    told.sort();
    told.dedup();
    assert_eq!(told.len(), count, "none is recorded twice");
    count
}

#[test]
fn every_entry_of_the_timeline_is_in_the_ledger_once() {
    let (mut world, mut bucket) = (declared(), Bucket::default());
    catch_up(&mut world, &mut bucket, at(1));
    contain(&mut world, "a", at(2));
    catch_up(&mut world, &mut bucket, at(2));
    let status = &world.subject.status;
    let timeline: Vec<String> = status.timeline.iter().map(|one| one.what.clone()).collect();
    let mut told = bucket.told();
    told.sort();
    let mut sorted = timeline;
    sorted.sort();
    assert_eq!(told, sorted);
    let ledger = status.ledger.clone().unwrap();
    assert_eq!(ledger.entries as usize, told.len());
    let last = &bucket.objects[&Bucket::key(told.len())];
    assert_eq!(ledger.head, Some(digest::of_bytes(last.as_bytes())));
    assert_eq!(condition(&world, "Ledgered"), "True Recorded");
    let before = (world.subject.status.clone(), bucket.objects.clone());
    pass(&mut world, &mut bucket, at(2));
    assert_eq!(
        (world.subject.status.clone(), bucket.objects.clone()),
        before,
        "a second look adds nothing"
    );
}

#[test]
fn a_crash_after_any_effect_leaves_the_same_ledger() {
    let whole = {
        let (mut world, mut bucket) = (declared(), Bucket::default());
        catch_up(&mut world, &mut bucket, at(1));
        contain(&mut world, "a", at(2));
        notes(&mut world, 3);
        catch_up(&mut world, &mut bucket, at(30));
        bucket.objects
    };
    for cut in 0..12 {
        let (mut world, mut bucket) = (declared(), Bucket::default());
        catch_up(&mut world, &mut bucket, at(1));
        contain(&mut world, "a", at(2));
        notes(&mut world, 3);
        begin(&mut world, at(30));
        for _ in 0..cut {
            let effect = decide(&world, at(30));
            step(&mut world, &mut bucket, &effect, at(30));
        }
        catch_up(&mut world, &mut bucket, at(30));
        assert_eq!(bucket.objects, whole, "cut after {cut} effects");
        assert_eq!(
            condition(&world, "Ledgered"),
            "True Recorded",
            "cut after {cut} effects"
        );
    }
}

#[test]
fn what_comes_with_an_earlier_time_after_a_crash_forks_nothing() {
    let (mut world, mut bucket) = (declared(), Bucket::default());
    notes(&mut world, 1);
    begin(&mut world, at(30));
    while !matches!(decide(&world, at(30)), Effect::Record(_)) {
        let effect = decide(&world, at(30));
        step(&mut world, &mut bucket, &effect, at(30));
    }
    let effect = decide(&world, at(30));
    step(&mut world, &mut bucket, &effect, at(30));
    say(
        &mut world,
        "early",
        "bob",
        at(-5),
        &json!({"verb": "Note", "reason": "note early"}),
    );
    catch_up(&mut world, &mut bucket, at(30));
    assert_eq!(condition(&world, "Ledgered"), "True Recorded");
    assert_eq!(noted(&bucket), 2);
}

#[test]
fn a_hundred_and_fifty_entries_lose_none() {
    let (mut world, mut bucket) = (declared(), Bucket::default());
    bucket.down = true;
    notes(&mut world, 150);
    pass(&mut world, &mut bucket, at(200));
    assert!(
        world.subject.status.timeline.len() > 150,
        "what is not in the ledger stays"
    );
    bucket.down = false;
    catch_up(&mut world, &mut bucket, at(202));
    assert_eq!(noted(&bucket), 150);
    assert_eq!(world.subject.status.timeline.len(), 100);
    let ledger = world.subject.status.ledger.clone().unwrap();
    assert_eq!(ledger.missed, 0);
    let before = bucket.objects.clone();
    catch_up(&mut world, &mut bucket, at(300));
    assert_eq!(bucket.objects, before, "what has left does not come back");
}

#[test]
fn more_than_there_is_room_for_is_counted_and_the_chain_goes_on() {
    let (mut world, mut bucket) = (declared(), Bucket::default());
    bucket.down = true;
    notes(&mut world, 200);
    pass(&mut world, &mut bucket, at(300));
    for n in 200..320 {
        let word = json!({"verb": "Note", "reason": format!("note {n}")});
        say(&mut world, &format!("d-{n:04}"), "bob", at(10 + n), &word);
    }
    world.decisions.drain(..150);
    pass(&mut world, &mut bucket, at(400));
    assert_eq!(world.subject.status.timeline.len(), MAX_BEHIND);
    let missed = world.subject.status.ledger.clone().unwrap().missed as usize;
    assert!(missed > 0);
    bucket.down = false;
    catch_up(&mut world, &mut bucket, at(402));
    assert_eq!(condition(&world, "Ledgered"), "True Recorded");
    assert!(message(&world, "Ledgered").contains(&format!("{missed} had to leave")));
    assert!(noted(&bucket) + missed >= 320, "{} and {missed}", noted(&bucket));
}

#[test]
fn a_bucket_out_of_reach_keeps_no_response_back_and_is_made_up_for() {
    let (mut world, mut bucket) = (declared(), Bucket::default());
    bucket.down = true;
    let rest = pass(&mut world, &mut bucket, at(1));
    assert!(world.child(&child_name("inc", "a")).is_some());
    assert_eq!((rest.after, bucket.calls), (60, 1));
    assert_eq!(condition(&world, "Ledgered"), "False Unreachable");
    contain(&mut world, "a", at(1));
    pass(&mut world, &mut bucket, at(1));
    assert!(world.child(&child_name("inc", "b")).is_some());
    assert_eq!(bucket.calls, 1, "it is tried once a minute");
    assert_eq!(condition(&world, "Ledgered"), "False Unreachable");
    bucket.down = false;
    catch_up(&mut world, &mut bucket, at(2));
    assert_eq!(condition(&world, "Ledgered"), "True Recorded");
}

#[test]
fn what_somebody_else_put_there_stops_the_ledger_until_it_is_gone() {
    let (mut world, mut bucket) = (declared(), Bucket::default());
    catch_up(&mut world, &mut bucket, at(1));
    let next = bucket.objects.len() + 1;
    let mut forged: Value = serde_json::from_str(&bucket.objects[&Bucket::key(1)]).unwrap();
    forged["seq"] = json!(next);
    bucket.objects.insert(Bucket::key(next), forged.to_string());
    notes(&mut world, 2);
    pass(&mut world, &mut bucket, at(20));
    assert_eq!(condition(&world, "Ledgered"), "False LedgerForked");
    assert_eq!(bucket.objects.len(), next, "nothing is put after it");
    assert_eq!(bucket.objects[&Bucket::key(next)], forged.to_string());
    bucket.objects.remove(&Bucket::key(next));
    catch_up(&mut world, &mut bucket, at(22));
    assert_eq!(condition(&world, "Ledgered"), "True Recorded");
}

#[test]
fn an_own_entry_in_another_form_is_recognised() {
    let (mut world, mut bucket) = (declared(), Bucket::default());
    begin(&mut world, at(1));
    let entry = loop {
        match decide(&world, at(1)) {
            Effect::Record(entry) => break entry,
            effect => step(&mut world, &mut bucket, &effect, at(1)),
        }
    };
    let mut older: Value = serde_json::from_str(&entry.document().body).unwrap();
    older["version"] = json!(0);
    bucket.objects.insert(Bucket::key(1), older.to_string());
    catch_up(&mut world, &mut bucket, at(1));
    assert_eq!(condition(&world, "Ledgered"), "True Recorded");
    let second: Value = serde_json::from_str(&bucket.objects[&Bucket::key(2)]).unwrap();
    assert_eq!(second["previous"], digest::of_bytes(older.to_string().as_bytes()));
}

#[test]
fn an_emergency_stop_makes_the_ledger_wait() {
    let (mut world, mut bucket) = (declared(), Bucket::default());
    begin(&mut world, at(1));
    world.ledger.stop = Some("drill".into());
    let rest = settle(&mut world, at(1));
    assert_eq!(rest.after, 60);
    assert_eq!(condition(&world, "Ledgered"), "False EmergencyStop");
    catch_up(&mut world, &mut bucket, at(2));
    assert_eq!(condition(&world, "Ledgered"), "True Recorded");
}

#[test]
fn flapping_crowds_nobody_out_while_the_bucket_is_out_of_reach() {
    let (mut world, mut bucket) = (declared(), Bucket::default());
    bucket.down = true;
    pass(&mut world, &mut bucket, at(1));
    notes(&mut world, 1);
    for minute in 0..600 {
        let now = at(20 + minute);
        let contained = if minute % 2 == 0 { "True" } else { "False" };
        says(&mut world, "a", &[("Contained", contained, "DriftDetected")], now);
        pass(&mut world, &mut bucket, now);
    }
    bucket.down = false;
    catch_up(&mut world, &mut bucket, at(700));
    assert_eq!(noted(&bucket), 1);
    assert!(bucket.told().iter().any(|what| what.starts_with("declared")));
    assert_eq!(world.subject.status.ledger.clone().unwrap().missed, 0);
}

#[test]
fn a_report_is_put_once_each_time_that_it_is_resolved() {
    let (mut world, mut bucket) = (world(&json!({})), Bucket::default());
    let end = json!({"verb": "Resolve", "outcome": "Benign"});
    say(&mut world, "d-1", "bob", at(5), &end);
    catch_up(&mut world, &mut bucket, at(6));
    let markdown = bucket.objects[&format!("{PREFIX}report.md")].clone();
    let hash = digest::of_bytes(markdown.as_bytes());
    assert!(
        bucket.told().iter().any(|what| what.contains(&hash)),
        "{:?}",
        bucket.told()
    );
    assert!(bucket.objects[&format!("{PREFIX}report.html")].contains("<svg"));
    let before = bucket.objects.clone();
    catch_up(&mut world, &mut bucket, at(8));
    assert_eq!(bucket.objects, before);
    say(
        &mut world,
        "d-2",
        "bob",
        at(9),
        &json!({"verb": "Reopen", "reason": "again"}),
    );
    catch_up(&mut world, &mut bucket, at(9));
    say(&mut world, "d-3", "bob", at(10), &end);
    catch_up(&mut world, &mut bucket, at(10));
    assert!(bucket.objects.contains_key(&format!("{PREFIX}report-00002.md")));
    assert_eq!(bucket.objects[&format!("{PREFIX}report.md")], markdown);
    assert_eq!(condition(&world, "Ledgered"), "True Recorded");
}

#[test]
fn a_report_that_was_put_before_a_crash_is_recognised_and_a_foreign_one_is_not() {
    let resolve = |bucket: &mut Bucket| {
        let mut world = world(&json!({}));
        say(
            &mut world,
            "d-1",
            "bob",
            at(5),
            &json!({"verb": "Resolve", "outcome": "Benign"}),
        );
        begin(&mut world, at(6));
        loop {
            match decide(&world, at(6)) {
                Effect::Report(offer) => return (world, offer),
                effect => step(&mut world, bucket, &effect, at(6)),
            }
        }
    };
    let mut bucket = Bucket::default();
    let (mut world, offer) = resolve(&mut bucket);
    let files = offer.files(BTreeMap::new());
    world.subject.status = offer.status(&files);
    files.iter().for_each(|file| drop(bucket.put(&file.document)));
    // The operator dies, and what the report says is another thing by then.
    world.subject.spec.summary = Some("worse".into());
    catch_up(&mut world, &mut bucket, at(7));
    assert_eq!(condition(&world, "Ledgered"), "True Recorded");
    assert_eq!(bucket.objects[&format!("{PREFIX}report.md")], files[0].document.body);
    let mut bucket = Bucket::default();
    let (mut world, _) = resolve(&mut bucket);
    bucket
        .objects
        .insert(format!("{PREFIX}report.md"), "# nothing happened".into());
    pass(&mut world, &mut bucket, at(7));
    assert_eq!(condition(&world, "Ledgered"), "False LedgerForked");
}

#[test]
fn only_who_was_granted_the_word_writes_into_a_bucket() {
    let subject = declared().subject;
    let objects = "arn:aws:s3:::acme-evidence/firebreak/ledger/payments/*";
    for (kinds, patterns, bucket, wanted) in [
        (&["ledger"][..], &["*"][..], Some("acme-evidence"), None),
        (&["*"], &[objects], Some("acme-evidence"), None),
        (
            &["ledger"],
            &["arn:aws:s3:::acme-evidence/firebreak/ledger/orders/*"],
            Some("acme-evidence"),
            Some("AccountNotGranted"),
        ),
        (
            &["iamRole", "findings"],
            &["*"],
            Some("acme-evidence"),
            Some("AccountNotGranted"),
        ),
    ] {
        let account = Account::Known(Box::new(account_spec(kinds, patterns, bucket)));
        let found = match place(&subject, "production", &account) {
            Place::At(site) => {
                assert_eq!(site.url, "s3://acme-evidence/firebreak/ledger/payments/inc-1/");
                None
            }
            Place::Barred(why) => Some(why.reason.as_str()),
            Place::Nowhere => Some("nowhere".into()),
        };
        assert_eq!(found.as_deref(), wanted, "{kinds:?} {patterns:?}");
    }
}

#[test]
fn without_a_bucket_there_is_no_ledger_unless_somebody_asked_for_one() {
    let mut subject = declared().subject;
    let none = Account::Known(Box::new(account_spec(&["ledger"], &["*"], None)));
    let bad = Account::Unreadable("no".into());
    for found in [&none, &Account::Absent, &bad] {
        assert_eq!(place(&subject, "production", found), Place::Nowhere);
    }
    subject.spec.ledger_account_ref = serde_json::from_value(json!({"name": "archive"})).unwrap();
    let reason = |found| match place(&subject, "archive", found) {
        Place::Barred(why) => why.reason.as_str(),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        [&none, &Account::Absent, &bad].map(reason),
        ["EvidenceMissing", "AccountNotFound", "Unreadable"]
    );
}

#[test]
fn the_ledger_stays_where_it_began() {
    let (mut world, mut bucket) = (declared(), Bucket::default());
    assert_eq!(account(&world.subject, &world.objects).as_deref(), Some("production"));
    catch_up(&mut world, &mut bucket, at(1));
    world.subject.spec.ledger_account_ref = serde_json::from_value(json!({"name": "archive"})).unwrap();
    assert_eq!(account(&world.subject, &world.objects).as_deref(), Some("production"));
    notes(&mut world, 1);
    let place = place(&world.subject, "production", &known("other-evidence"));
    world.ledger = Ledger::at(place, None, at(20));
    settle(&mut world, at(20));
    assert_eq!(condition(&world, "Ledgered"), "False LedgerMoved");
    catch_up(&mut world, &mut bucket, at(21));
    assert_eq!(noted(&bucket), 1);
}

#[test]
fn runs_that_are_over_are_told() {
    let (mut world, mut bucket) = (declared(), Bucket::default());
    catch_up(&mut world, &mut bucket, at(1));
    child_mut(&mut world, "a").record.ended = vec![EndedRun {
        run: 1,
        action: firebreak_crds::Action::Contain,
        outcome: firebreak_crds::PlanOutcome::Rejected,
        at: at(2).to_string(),
        digest: "sha256:cafe".into(),
        manifest: None,
    }];
    catch_up(&mut world, &mut bucket, at(3));
    let told = bucket.told();
    assert_eq!(told.last().unwrap(), "run 1 (contain) is rejected; plan sha256:cafe");
}

//! The ledger of an Incident: crashes, a bucket out of reach, what somebody else puts there, and more events than a status holds.

use super::evidence::account;
use crate::{
    fake_api::{Effect, Match},
    support::{
        Bench,
        words::{self, AUTHOR, TEAM},
    },
};
use firebreak_cloud::{
    ledger::{self, Objects},
    memory::{Fault, REGION, sample},
};
use firebreak_core::{
    aws::failure::{Failure, FailureClass},
    coordinate::incident::{
        Subject, child_name,
        ledger::{
            Site, site,
            verify::{Chain, Flaw, Verdict, verify},
        },
    },
    settings::Settings,
};
use firebreak_crds::{
    Decision, DecisionTarget, EvidenceStore, Incident, IncidentStatus, Quarantine, REQUESTED_BY, Verb,
    incident::IncidentOutcome,
};
use serde_json::{Value, json};

const PUT: &str = "s3:PutObject";

/// An Incident with one response, in an account with an evidence bucket.
fn bench() -> Bench {
    let bench = Bench::of(sample());
    bench.api.seed(&account());
    bench.api.seed(&words::guardrail_free());
    let quarantine =
        json!({"accountRef": {"name": "production"}, "region": REGION, "target": words::role("payments-task")});
    let object = json!({
        "apiVersion": "firebreak.dev/v1alpha1", "kind": "Incident",
        "metadata": {"name": "inc", "namespace": TEAM, "annotations": {REQUESTED_BY: AUTHOR}},
        "spec": {"severity": "High", "title": "Credentials used from outside",
                 "responses": [{"name": "a", "quarantine": quarantine}]},
    });
    bench.api.seed::<Incident>(&serde_json::from_value(object).unwrap());
    bench
}

fn incident(bench: &Bench) -> Incident {
    bench.api.get(Some(TEAM), "inc").unwrap()
}

fn status(bench: &Bench) -> IncidentStatus {
    incident(bench).status.unwrap()
}

fn says(bench: &Bench) -> String {
    let all = status(bench).conditions;
    let found = all.into_iter().find(|one| one.type_ == "Ledgered").unwrap();
    format!("{} {}", found.status, found.reason)
}

/// Looks at the Incident until it has nothing to put, or waits.
async fn look(bench: &Bench) {
    for _ in 0..20 {
        let rest = bench.executor.coordinate(TEAM, "inc", None).await.unwrap().unwrap();
        if rest.after > 1 {
            return;
        }
        bench.pass(1);
    }
    panic!("it never comes to rest");
}

fn say(bench: &Bench, by: &str, verb: Verb, text: &str) {
    let object = incident(bench);
    let target = DecisionTarget {
        kind: "Incident".into(),
        name: "inc".into(),
        uid: object.metadata.uid.clone().unwrap(),
        generation: object.metadata.generation,
    };
    bench.decision(TEAM, target, by, |spec| {
        spec.verb = verb;
        spec.approver_role = "responder".into();
        spec.reason = Some(text.to_owned());
        spec.outcome = (verb == Verb::Resolve).then_some(IncidentOutcome::Benign);
    });
}

fn place(bench: &Bench) -> Site {
    let account = account().spec;
    let store: EvidenceStore = account.evidence.clone().unwrap();
    site(&Subject::of(&incident(bench)), "production", &account, &store)
}

async fn read(bench: &Bench) -> Objects {
    let site = place(bench);
    ledger::objects(bench.aws.as_ref(), &site.access, &site.prefix)
        .await
        .unwrap()
}

async fn verdict(bench: &Bench) -> Verdict {
    let (site, objects) = (place(bench), read(bench).await);
    verify(&Chain {
        incident: &Subject::of(&incident(bench)).owner,
        writer: &Settings::default().operator,
        prefix: &site.prefix,
        head: &status(bench).ledger.unwrap(),
        objects: &objects,
    })
}

fn broken() -> Failure {
    Failure {
        class: FailureClass::Transient,
        call: PUT.into(),
        code: "SlowDown".into(),
        message: "no".into(),
    }
}

/// The whole chain is there, and tells each thing once.
async fn is_whole(bench: &Bench) -> Vec<String> {
    let verdict = verdict(bench).await;
    assert_eq!((verdict.flaws.as_slice(), verdict.ahead), (&[][..], 0));
    let told = verdict
        .entries
        .iter()
        .map(|one| (&one.record.at, one.record.event, &one.record.about));
    let mut told: Vec<_> = told.collect();
    let count = told.len();
    told.sort();
    told.dedup();
    assert_eq!(told.len(), count, "each once");
    verdict.entries.into_iter().map(|one| one.record.what).collect()
}

#[tokio::test]
async fn incident_from_its_declaration_to_its_report_is_in_the_ledger() {
    let bench = bench();
    look(&bench).await;
    assert_eq!(bench.settle(&child_name("inc", "a")).await, "Contained");
    look(&bench).await;
    say(&bench, "ann@example.com", Verb::Resolve, "it is over");
    look(&bench).await;
    let told = is_whole(&bench).await;
    assert_eq!(says(&bench), "True Recorded");
    for what in [
        "declared",
        "Quarantine",
        "first write",
        "a contained",
        "resolved",
        "report.md sha256:",
    ] {
        assert!(told.iter().any(|one| one.starts_with(what)), "{what}: {told:?}");
    }
    let objects = read(&bench).await;
    let report = objects.iter().find(|(key, _)| key.ends_with("/report.md")).unwrap().1;
    assert!(report.as_ref().unwrap().contains("Credentials used from outside"));
    bench.aws.clear_calls();
    bench.pass(400);
    look(&bench).await;
    assert!(
        !bench.aws.calls().iter().any(|call| call.permission == PUT),
        "once is enough"
    );
}

#[tokio::test]
async fn crash_at_any_put_leaves_one_whole_chain() {
    for fault in [Fault::Crash, Fault::CrashAfterEffect] {
        for nth in 1..7 {
            let mut bench = bench();
            say(&bench, "ann@example.com", Verb::Note, "keep me");
            say(&bench, "ann@example.com", Verb::Resolve, "it is over");
            bench.aws.fail_nth_call(nth, fault.clone());
            let died = bench
                .aws
                .until_crash(bench.executor.coordinate(TEAM, "inc", None))
                .await;
            assert!(nth > 5 || died.is_none(), "{fault:?} {nth}");
            bench.restart();
            bench.pass(60);
            look(&bench).await;
            is_whole(&bench).await;
            assert_eq!(says(&bench), "True Recorded", "{fault:?} {nth}");
        }
    }
}

#[tokio::test]
async fn crash_at_any_status_leaves_one_whole_chain() {
    for nth in 0..8 {
        let mut bench = bench();
        say(&bench, "ann@example.com", Verb::Note, "keep me");
        say(&bench, "ann@example.com", Verb::Resolve, "it is over");
        let mut on = Match::writes();
        on.skip = nth;
        bench.api.fault(on, Effect::CrashAfter);
        tokio::select! {
            biased;
            _ = bench.executor.coordinate(TEAM, "inc", None) => {}
            () = bench.api.crashed() => {}
        }
        bench.restart();
        say(&bench, "bob@example.com", Verb::Note, "and me");
        bench.pass(60);
        look(&bench).await;
        let told = is_whole(&bench).await;
        assert!(
            ["keep me", "and me"]
                .iter()
                .all(|note| told.iter().any(|one| one == note)),
            "write {nth}: {told:?}"
        );
    }
}

#[tokio::test]
async fn bucket_that_is_down_blocks_no_containment_and_is_made_up_for() {
    let bench = bench();
    bench.aws.deny(PUT);
    look(&bench).await;
    assert_eq!(says(&bench), "False AccessDenied");
    let created = bench.api.all::<Quarantine>();
    assert_eq!(created.len(), 1);
    // Evidence holds a containment back for a minute at most; the ledger does not at all.
    bench.keep(&child_name("inc", "a"), 70).await;
    assert_eq!(bench.settle(&child_name("inc", "a")).await, "Contained");
    look(&bench).await;
    bench.aws.allow(PUT);
    bench.pass(60);
    look(&bench).await;
    assert_eq!(says(&bench), "True Recorded");
    is_whole(&bench).await;
}

#[tokio::test]
async fn answer_that_is_lost_is_found_again() {
    let bench = bench();
    bench.aws.fail_on(PUT, Fault::ErrorAfterEffect(broken()));
    look(&bench).await;
    assert_eq!(says(&bench), "False Unreachable");
    bench.pass(60);
    look(&bench).await;
    is_whole(&bench).await;
    assert_eq!(says(&bench), "True Recorded");
}

#[tokio::test]
async fn what_somebody_else_puts_next_is_a_fork_that_stops_it() {
    let bench = bench();
    look(&bench).await;
    let next = read(&bench).await.len() + 1;
    let site = place(&bench);
    bench
        .aws
        .plant(&format!("acme-evidence/{}{next:020}.json", site.prefix), "{}");
    say(&bench, "ann@example.com", Verb::Note, "keep me");
    look(&bench).await;
    assert_eq!(says(&bench), "False LedgerForked");
    assert_eq!(read(&bench).await.len(), next);
    let flaws = verdict(&bench).await.flaws;
    let number = u32::try_from(next).unwrap();
    assert!(
        flaws
            .iter()
            .any(|flaw| matches!(flaw, Flaw::Unreadable(seq, _) if *seq == number)),
        "{flaws:?}"
    );
    assert!(status(&bench).timeline.iter().any(|one| one.what == "keep me"));
}

#[tokio::test]
async fn hundred_and_fifty_entries_of_the_timeline_lose_none() {
    let bench = bench();
    for n in 0..150 {
        say(&bench, "ann@example.com", Verb::Note, &format!("note {n}"));
    }
    look(&bench).await;
    let told = is_whole(&bench).await;
    let notes = told.iter().filter(|what| what.starts_with("note ")).count();
    assert_eq!((notes, status(&bench).timeline.len()), (150, 100));
    assert_eq!(status(&bench).ledger.unwrap().missed, 0);
    let before = read(&bench).await;
    bench.pass(600);
    look(&bench).await;
    let after = read(&bench).await;
    let added: Vec<&String> = after.keys().filter(|key| !before.contains_key(*key)).collect();
    assert!(added.len() <= 1, "only the deadline that passed: {added:?}");
}

#[tokio::test]
async fn emergency_stop_makes_the_ledger_wait() {
    let bench = bench();
    bench.stop();
    look(&bench).await;
    assert_eq!(says(&bench), "False EmergencyStop");
    assert_eq!(read(&bench).await.len(), 0);
    bench.go_on();
    look(&bench).await;
    assert_eq!(says(&bench), "True Recorded");
}

#[tokio::test]
async fn operator_that_does_not_lead_puts_nothing() {
    let bench = bench();
    bench.lead.set(false);
    assert!(bench.executor.coordinate(TEAM, "inc", None).await.is_err());
    bench.lead.set(true);
    assert_eq!(read(&bench).await.len(), 0);
}

#[tokio::test]
async fn two_operators_write_one_chain() {
    let bench = bench();
    let rival = bench.rival();
    let both = futures::join!(
        bench.executor.coordinate(TEAM, "inc", None),
        rival.coordinate(TEAM, "inc", None)
    );
    assert!(both.0.is_ok() || both.1.is_ok());
    look(&bench).await;
    is_whole(&bench).await;
    assert!(bench.api.all::<Decision>().is_empty());
}

#[tokio::test]
async fn namespace_that_is_not_granted_the_word_has_no_ledger() {
    let bench = bench();
    bench
        .api
        .edit::<firebreak_crds::AwsAccount>(None, "production", |account| {
            account.spec.grants[0].kinds = vec!["iamRole".into()];
        });
    look(&bench).await;
    assert_eq!(says(&bench), "False AccountNotGranted");
    assert_eq!(status(&bench).ledger, None);
    let objects: Vec<String> = bench.aws.objects().into_keys().collect();
    assert!(objects.iter().all(|key| !key.contains("/ledger/")), "{objects:?}");
}

#[tokio::test]
async fn without_a_bucket_nothing_is_said_of_a_ledger() {
    let bench = bench();
    bench
        .api
        .edit::<firebreak_crds::AwsAccount>(None, "production", |account| account.spec.evidence = None);
    look(&bench).await;
    let told: Vec<Value> = status(&bench)
        .conditions
        .into_iter()
        .map(|one| json!(one.type_))
        .collect();
    assert!(!told.contains(&json!("Ledgered")), "{told:?}");
    assert_eq!(status(&bench).ledger, None);
}

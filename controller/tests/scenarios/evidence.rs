//! The evidence bucket: what is in it before the first write, what follows, and what happens when it is out of reach.

use crate::support::{
    Bench,
    words::{self, guardrail},
};
use firebreak_cloud::memory::{ACCOUNT, Fault, REGION, sample};
use firebreak_core::{
    aws::failure::{Failure, FailureClass},
    digest,
    run::archive::MirroredPlan,
};
use firebreak_crds::{AwsAccount, Evidence, EvidenceOrder, EvidenceStore, MirrorUnavailable, ResponsePlan};
use serde_json::Value;
use std::sync::{Arc, Mutex};

const PUT: &str = "s3:PutObject";

pub fn account() -> AwsAccount {
    let mut account = words::account();
    account.spec.evidence = Some(EvidenceStore {
        bucket: "acme-evidence".into(),
        region: REGION.into(),
        owner_account_id: None,
        role_arn: None,
        prefix: "firebreak".into(),
    });
    account
}

fn bench() -> Bench {
    let bench = Bench::of(sample());
    bench.api.seed(&account());
    bench.api.seed(&words::guardrail_free());
    bench
}

fn wish(bench: &Bench, evidence: Evidence) {
    let mut quarantine = words::quarantine("q", words::role("payments-task"));
    quarantine.spec.evidence = Some(evidence);
    bench.api.seed(&quarantine);
}

/// The documents of the run so far, by their names.
fn names(bench: &Bench) -> Vec<String> {
    let keys = bench.aws.objects().into_keys();
    keys.map(|key| key.rsplit('/').next().unwrap().to_owned()).collect()
}

fn document(bench: &Bench, name: &str) -> Value {
    let objects = bench.aws.objects();
    let found = objects.iter().find(|(key, _)| key.ends_with(name));
    serde_json::from_str(found.unwrap_or_else(|| panic!("no {name} in {:?}", objects.keys())).1).unwrap()
}

fn broken() -> Failure {
    Failure {
        class: FailureClass::Transient,
        call: PUT.into(),
        code: "SlowDown".into(),
        message: "no".into(),
    }
}

#[tokio::test]
async fn the_plan_and_what_was_there_are_in_the_bucket_before_the_first_write() {
    let bench = bench();
    let (aws, seen) = (bench.aws.clone(), Arc::new(Mutex::new(None)));
    let at_the_write = seen.clone();
    bench.aws.on_call(move |call| {
        if call.is_write() {
            at_the_write.lock().unwrap().get_or_insert_with(|| aws.objects().len());
        }
    });
    bench.quarantined("q", words::role_with("payments-task", &["ReplaceTrust"]));
    assert_eq!(bench.settle("q").await, "Contained");
    assert_eq!(*seen.lock().unwrap(), Some(2));
    let plan: MirroredPlan = serde_json::from_value(document(&bench, "plan.json")).unwrap();
    assert_eq!(plan.spec.digest, bench.plan("q").spec.digest);
    let before = &plan.spec.payload["steps"][0]["before"];
    assert_eq!(*before, bench.holds()[0].spec.before, "custody can be rebuilt from it");
    let seen = document(&bench, "description.json")["seen"].to_string();
    assert!(
        seen.contains("ecs-tasks.amazonaws.com"),
        "the trust policy as it was: {seen}"
    );
}

#[tokio::test]
async fn sealed_means_that_a_manifest_has_the_hash_of_every_document() {
    let bench = bench();
    bench.quarantined("q", words::role("payments-task"));
    assert_eq!(bench.settle("q").await, "Contained");
    assert_eq!(bench.says("q", "Captured"), "True/Captured");
    assert_eq!(bench.says("q", "Sealed"), "True/Sealed");
    let manifest = document(&bench, "manifest.json");
    for (key, body) in bench
        .aws
        .objects()
        .iter()
        .filter(|(key, _)| !key.ends_with("manifest.json"))
    {
        let name = key.rsplit('/').next().unwrap().trim_end_matches(".json");
        assert_eq!(
            manifest["documents"][name]["sha256"],
            digest::of_bytes(body.as_bytes()),
            "{name}"
        );
        assert!(
            key.ends_with(manifest["documents"][name]["key"].as_str().unwrap()),
            "{name}"
        );
    }
    assert_eq!(manifest["documents"].as_object().unwrap().len(), 2);
    assert!(manifest["containedAt"].is_string());
    bench.aws.clear_calls();
    bench.keep("q", 900).await;
    assert!(
        !bench.aws.calls().iter().any(|call| call.permission == PUT),
        "once is enough"
    );
}

#[tokio::test]
async fn a_bucket_that_is_down_holds_a_containment_back_for_a_minute_at_most_and_it_is_said() {
    let bench = bench();
    bench.quarantined("q", words::role("payments-task"));
    bench.aws.deny(PUT);
    bench.keep("q", 30).await;
    assert_eq!(bench.ready_reason("q"), "Capturing");
    assert_eq!(bench.wrote(), [""; 0]);
    bench.keep("q", 40).await;
    assert_eq!(bench.wrote(), ["iam:AttachRolePolicy"]);
    bench.keep("q", 120).await;
    assert_eq!(bench.ready_reason("q"), "Contained");
    assert_eq!(bench.says("q", "Captured"), "False/EvidenceMissing");
    let message = bench.message("q", "Captured");
    assert!(
        message.contains("NOT captured") && message.contains("NOT mirrored"),
        "{message}"
    );
    bench.aws.allow(PUT);
    bench.keep("q", 400).await;
    assert_eq!(
        names(&bench),
        ["manifest.json", "plan.json"],
        "what came too late is not made up"
    );
    assert_eq!(bench.says("q", "Captured"), "False/EvidenceMissing");
    assert_eq!(bench.says("q", "Sealed"), "True/Sealed");
    assert!(document(&bench, "manifest.json")["documents"]["description"]["error"].is_string());
}

#[tokio::test]
async fn containment_first_tries_once() {
    let bench = bench();
    let order = EvidenceOrder::ContainFirst;
    wish(
        &bench,
        Evidence {
            order,
            ..Evidence::default()
        },
    );
    bench.aws.deny(PUT);
    bench.respond("q").await.unwrap();
    assert_eq!(bench.wrote(), ["iam:AttachRolePolicy"]);
}

#[tokio::test]
async fn required_evidence_is_waited_for_however_long_it_takes() {
    let bench = bench();
    let required = Evidence {
        required: true,
        ..Evidence::default()
    };
    wish(&bench, required);
    bench.aws.deny(PUT);
    bench.keep("q", 900).await;
    assert_eq!(bench.says("q", "Stalled"), "True/EvidenceMissing");
    assert!(bench.message("q", "Ready").contains("spec.evidence.required"));
    assert_eq!((bench.wrote(), bench.holds()), (vec![], vec![]));
    bench.aws.allow(PUT);
    bench.keep("q", 120).await;
    assert_eq!(bench.settle("q").await, "Contained");
    assert_eq!(bench.says("q", "Captured"), "True/Captured");
}

#[tokio::test]
async fn required_evidence_without_a_bucket_is_refused_and_the_fix_is_named() {
    let bench = Bench::free();
    let required = Evidence {
        required: true,
        ..Evidence::default()
    };
    wish(&bench, required);
    assert_eq!(bench.settle("q").await, "EvidenceMissing");
    assert!(
        bench
            .message("q", "Ready")
            .contains("AwsAccount production names no evidence bucket")
    );
    assert_eq!(bench.wrote(), [""; 0]);
}

#[tokio::test]
async fn a_guardrail_may_ask_for_the_mirror_before_anything_is_written() {
    let bench = bench();
    bench.api.seed(&guardrail("mirrored", |spec| {
        spec.mirror_unavailable = Some(MirrorUnavailable::Block);
    }));
    bench.quarantined("q", words::role("payments-task"));
    bench.aws.deny(PUT);
    bench.keep("q", 900).await;
    assert_eq!(bench.says("q", "Stalled"), "True/MirrorUnavailable");
    assert_eq!(bench.wrote(), [""; 0]);
    bench.aws.allow(PUT);
    bench.keep("q", 120).await;
    assert_eq!(bench.settle("q").await, "Contained");
}

#[tokio::test]
async fn killed_at_any_call_about_the_bucket_what_was_stored_first_stays_and_is_what_is_recorded() {
    for fault in [Fault::Crash, Fault::CrashAfterEffect] {
        for nth in 1..=3 {
            let mut bench = bench();
            bench.quarantined("q", words::role("payments-task"));
            for _ in 1..nth {
                bench.aws.fail_on(PUT, Fault::Error(broken()));
            }
            bench.aws.fail_on(PUT, fault.clone());
            while bench
                .respond_or_die("q")
                .await
                .is_some_and(|_| bench.ready_reason("q") != "Contained")
            {
                bench.pass(1);
            }
            let first = bench.aws.objects();
            bench.restart();
            bench.pass(3);
            assert_eq!(bench.settle("q").await, "Contained", "{fault:?} {nth}");
            let all = bench.aws.objects();
            assert!(
                first.iter().all(|(key, body)| all.get(key) == Some(body)),
                "{fault:?} {nth}"
            );
            for (name, record) in bench.plan("q").status.unwrap().archive {
                let stored = all.iter().find(|(key, _)| key.ends_with(&record.key)).unwrap().1;
                assert_eq!(
                    record.sha256,
                    Some(digest::of_bytes(stored.as_bytes())),
                    "{fault:?} {nth} {name}"
                );
            }
        }
    }
}

/// The attacker has the name and the UID, and is quicker: what is there was not written by this run.
#[tokio::test]
async fn document_that_somebody_created_beforehand_does_not_count_as_stored() {
    let bench = bench();
    let uid = bench
        .quarantined("q", words::role("payments-task"))
        .metadata
        .uid
        .unwrap();
    let key = format!("acme-evidence/firebreak/{ACCOUNT}/{}/q/{uid}/run-00001", words::TEAM);
    for name in ["description", "plan", "manifest", "closed"] {
        bench.aws.plant(&format!("{key}/{name}.json"), "{}");
    }
    bench.keep("q", 400).await;
    assert_eq!(
        bench.ready_reason("q"),
        "Contained",
        "it is held back for a minute, not vetoed"
    );
    for kind in ["Captured", "Sealed"] {
        assert_eq!(bench.says("q", kind), "False/EvidenceMissing");
    }
    let message = bench.message("q", "Captured");
    assert!(
        message.contains("has not written") && message.contains("description.json"),
        "{message}"
    );
    let archive = bench.plan("q").status.unwrap().archive;
    assert!(archive.values().all(|record| record.stored_at.is_none()), "{archive:?}");
    assert!(archive.values().all(|record| record.offered.len() <= 16), "{archive:?}");
}

#[tokio::test]
async fn what_is_offered_is_recorded_before_it_is_put() {
    let bench = bench();
    let (api, offered) = (bench.api.clone(), Arc::new(Mutex::new(Vec::new())));
    let seen = offered.clone();
    bench.aws.on_call(move |call| {
        if call.permission == PUT {
            let plans = api.all::<ResponsePlan>();
            let archive = plans[0].status.clone().unwrap_or_default().archive;
            seen.lock()
                .unwrap()
                .push(archive.values().map(|record| record.offered.len()).sum::<usize>());
        }
    });
    bench.quarantined("q", words::role("payments-task"));
    assert_eq!(bench.settle("q").await, "Contained");
    assert_eq!(offered.lock().unwrap()[0], 2, "the plan and the description");
    let hashes: Vec<String> = bench
        .aws
        .objects()
        .values()
        .map(|body| digest::of_bytes(body.as_bytes()))
        .collect();
    for (name, record) in bench.plan("q").status.unwrap().archive {
        assert!(hashes.contains(&record.sha256.unwrap()), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_bucket_that_never_answers_costs_seconds() {
    let bench = bench();
    let order = EvidenceOrder::ContainFirst;
    wish(
        &bench,
        Evidence {
            order,
            ..Evidence::default()
        },
    );
    bench.aws.fail_on(PUT, Fault::Crash);
    bench.aws.fail_on(PUT, Fault::Crash);
    let begun = tokio::time::Instant::now();
    bench.respond("q").await.unwrap();
    assert!(begun.elapsed().as_secs() <= 6);
    assert_eq!(bench.wrote(), ["iam:AttachRolePolicy"]);
}

#[tokio::test]
async fn a_release_is_told_to_the_mirror_so_that_nobody_adopts_what_is_over() {
    let bench = bench();
    bench.quarantined("q", words::role("payments-task"));
    assert_eq!(bench.settle("q").await, "Contained");
    bench.let_go("q");
    assert_eq!(bench.settle("q").await, "Released");
    assert!(names(&bench).contains(&"closed.json".to_owned()));
    bench.contain_again("q");
    assert_eq!(bench.settle("q").await, "Contained");
    assert_eq!(
        names(&bench).iter().filter(|name| *name == "plan.json").count(),
        2,
        "each run has its own"
    );
    bench.delete("q");
    assert_eq!(bench.settle("q").await, "Gone");
    assert_eq!(names(&bench).iter().filter(|name| *name == "closed.json").count(), 2);
}

#[tokio::test]
async fn a_stop_an_observer_and_a_wait_for_people_put_nothing_into_the_bucket() {
    let bench = Bench::of(sample());
    bench.api.seed(&account());
    bench.api.seed(&words::guardrail_contain(1));
    bench.quarantined("q", words::role("payments-task"));
    assert_eq!(bench.settle("q").await, "AwaitingApproval");
    bench.stop();
    bench.approve("q", "ann@example.com");
    assert_eq!(bench.settle("q").await, "EmergencyStop");
    assert_eq!(names(&bench), [""; 0]);
}

/// The release could not be told; then somebody stops everything.
#[tokio::test]
async fn under_a_stop_nothing_is_made_up_for_either() {
    let bench = bench();
    bench.quarantined("q", words::role("payments-task"));
    assert_eq!(bench.settle("q").await, "Contained");
    bench.aws.deny(PUT);
    bench.let_go("q");
    assert_eq!(bench.settle("q").await, "Released");
    bench.stop();
    bench.aws.allow(PUT);
    bench.aws.clear_calls();
    bench.keep("q", 900).await;
    assert!(!bench.aws.calls().iter().any(|call| call.permission == PUT));
    bench.go_on();
    bench.keep("q", 900).await;
    assert!(names(&bench).contains(&"closed.json".to_owned()));
}

#[tokio::test]
async fn how_the_evidence_stands_is_said_also_while_a_write_is_refused() {
    let bench = bench();
    bench.quarantined("q", words::role("payments-task"));
    bench.aws.deny("iam:AttachRolePolicy");
    bench.respond("q").await.unwrap();
    assert_eq!(bench.ready_reason("q"), "AccessDenied");
    assert_eq!(bench.says("q", "Captured"), "True/Captured");
}

#[tokio::test]
async fn the_evidence_bucket_itself_is_never_cut_off() {
    let bench = Bench::of(sample());
    let mut account = account();
    account.spec.evidence.as_mut().unwrap().bucket = "payments-exports".into();
    bench.api.seed(&account);
    bench.api.seed(&words::guardrail_free());
    bench.quarantined("q", words::bucket(&["DenyAll"]));
    assert_eq!(bench.settle("q").await, "OwnDependency");
    assert_eq!(bench.wrote(), [""; 0]);
}

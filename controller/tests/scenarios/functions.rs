//! A Lambda function is frozen: the section that is never left half done, mappings that take their time, and the way back.

use crate::support::{
    Bench, words,
    worlds::{nightly, region},
};
use firebreak_cloud::memory::{
    ACCOUNT, Fault, MAPPING_SECONDS, REGION, World, sample,
    world::{Function, FunctionVersion, MappingState},
};
use firebreak_crds::Reopens;

const QUEUE: &str = "11111111-0000-4000-8000-000000000001";
const REMOVE: &str = "lambda:DeleteProvisionedConcurrencyConfig";
const SWITCH: &str = "lambda:UpdateEventSourceMapping";
const THROTTLE: &str = "lambda:PutFunctionConcurrency";
const CLOSE: &str = "lambda:UpdateFunctionUrlConfig";

fn target() -> serde_json::Value {
    words::function("payments-nightly")
}

fn function(bench: &Bench) -> Function {
    let look = |world: &World| world.region(ACCOUNT, REGION).unwrap().functions["payments-nightly"].clone();
    bench.aws.look(look)
}

fn mapping(bench: &Bench, state: MappingState) {
    bench.aws.change(|world| {
        region(world).event_source_mappings.get_mut(QUEUE).unwrap().state = state;
    });
}

async fn contained() -> Bench {
    let bench = Bench::free();
    bench.quarantined("q", target());
    assert_eq!(bench.settle("q").await, "Contained");
    bench
}

#[tokio::test]
async fn it_is_frozen_in_the_order_that_aws_takes() {
    let bench = contained().await;
    assert_eq!(bench.wrote(), [REMOVE, SWITCH, SWITCH, THROTTLE, CLOSE]);
}

#[tokio::test]
async fn it_is_contained_only_when_invocations_have_ended_and_no_mapping_moves() {
    let bench = Bench::free();
    bench.quarantined("q", target());
    let begun = bench.now();
    assert_eq!(bench.settle("q").await, "Contained");
    let waited = bench.now().as_second() - begun.as_second();
    assert!(waited >= MAPPING_SECONDS.max(30), "{waited} s, and its timeout is 30 s");
}

/// Published while people are waited for: no new plan to approve, and it is waited for.
#[tokio::test]
async fn longer_timeout_published_before_the_approval_is_waited_for() {
    let bench = Bench::of(sample());
    bench.api.seed(&words::account());
    bench.api.seed(&words::guardrail_all(1));
    bench.quarantined("q", target());
    assert_eq!(bench.settle("q").await, "AwaitingApproval");
    let planned = bench.plan("q").spec.digest;
    bench
        .aws
        .change(|world| nightly(region(world)).facts.timeout_seconds = 800);
    bench.approve("q", "ann@example.com");
    let begun = bench.now();
    while bench.says("q", "Contained") != "True/Contained" {
        let _ = bench.respond("q").await;
        bench.pass(10);
    }
    let waited = bench.now().as_second() - begun.as_second();
    assert_eq!(bench.plan("q").spec.digest, planned, "the approval stands");
    assert!((800..1000).contains(&waited), "{waited} s");
}

#[tokio::test]
async fn a_section_that_a_crash_has_cut_is_finished_even_under_an_emergency_stop() {
    let mut bench = Bench::free();
    bench.quarantined("q", target());
    bench.aws.fail_nth_write(2, Fault::CrashAfterEffect);
    while bench.respond_or_die("q").await.is_some() {
        bench.pass(1);
    }
    bench.restart();
    bench.stop();
    bench.keep("q", 120).await;
    assert_eq!(
        function(&bench).reserved,
        Some(0),
        "event sources off and still running is no safe end"
    );
    assert!(!bench.wrote().contains(&CLOSE), "what is outside of the section waits");
    bench.go_on();
    assert_eq!(bench.settle("q").await, "Contained");
}

#[tokio::test]
async fn a_release_that_comes_into_a_section_that_was_cut_puts_everything_back() {
    let mut bench = Bench::free();
    bench.quarantined("q", target());
    bench.aws.fail_nth_write(1, Fault::CrashAfterEffect);
    while bench.respond_or_die("q").await.is_some() {
        bench.pass(1);
    }
    bench.restart();
    bench.let_go_of_everything("q");
    assert_eq!(bench.settle("q").await, "Released");
    assert_eq!(bench.wrote()[..3], [REMOVE, SWITCH, SWITCH], "forwards first");
    bench.pass(300);
    assert_eq!(bench.aws.world(), sample());
}

#[tokio::test]
async fn a_mapping_that_is_being_enabled_is_waited_for_and_then_disabled() {
    let bench = Bench::free();
    let until = bench.now().as_second() + 60;
    mapping(&bench, MappingState::Moving { until });
    bench.quarantined("q", target());
    for _ in 0..3 {
        let _ = bench.respond("q").await;
        bench.pass(5);
    }
    let said = bench.message("q", "Ready");
    assert!(said.contains("ResourceInUseException"), "{said}");
    assert_eq!(
        bench.says("q", "Stalled").split('/').next(),
        Some("False"),
        "it passes by itself"
    );
    assert_eq!(bench.settle("q").await, "Contained");
}

#[tokio::test]
async fn a_mapping_that_is_being_updated_is_unknown_and_not_success() {
    let bench = Bench::free();
    mapping(&bench, MappingState::Updating);
    bench.quarantined("q", target());
    let _ = bench.respond("q").await;
    assert_eq!(bench.ready_reason("q"), "Unreachable");
    assert_eq!(bench.wrote(), [""; 0]);
    mapping(&bench, MappingState::Settled);
    assert_eq!(bench.settle("q").await, "Contained");
}

#[tokio::test]
async fn an_open_url_is_opened_again_only_on_explicit_word() {
    let bench = contained().await;
    bench.let_go("q");
    assert_eq!(bench.settle("q").await, "RestoreWithheld");
    let kept: Vec<String> = bench.holds().into_iter().map(|hold| hold.spec.key.field).collect();
    assert_eq!(kept, ["Urls"]);
    assert_eq!(function(&bench).urls["$LATEST"], "AWS_IAM");
    assert_eq!(function(&bench).reserved, Some(10));
    bench.change("q", |q| q.spec.restore_on_release = vec![Reopens::FunctionUrl]);
    assert_eq!(bench.settle("q").await, "Released");
    bench.pass(300);
    assert_eq!(bench.aws.world(), sample());
}

#[tokio::test]
async fn an_account_that_has_too_little_left_is_said_as_what_it_is() {
    let bench = contained().await;
    bench.aws.change(|world| {
        let taken = region(world).functions.get_mut("orders-nightly").unwrap();
        taken.reserved = Some(895);
    });
    bench.let_go_of_everything("q");
    for _ in 0..5 {
        let _ = bench.respond("q").await;
        bench.pass(5);
    }
    assert_eq!(bench.ready_reason("q"), "LimitExceeded");
    assert!(bench.message("q", "Ready").contains("UnreservedConcurrentExecution"));
    assert_eq!(bench.says("q", "Released").split('/').next(), Some("False"));
    bench.aws.change(|world| {
        region(world).functions.get_mut("orders-nightly").unwrap().reserved = None;
    });
    assert_eq!(bench.settle("q").await, "Released");
}

#[tokio::test]
async fn a_mapping_and_a_url_that_a_deployment_makes_meanwhile_are_shut_too() {
    let bench = contained().await;
    bench.aws.change(|world| {
        let region = region(world);
        nightly(region).urls.insert("blue".into(), "NONE".into());
        let uuid = "11111111-0000-4000-8000-000000000009";
        *region = std::mem::take(region).with_event_source(uuid, "new", "payments-nightly:blue", true);
    });
    bench.keep("q", 700).await;
    assert_eq!(bench.says("q", "InSync"), "True/DriftReasserted");
    assert_eq!(bench.ready_reason("q"), "Contained");
    assert_eq!(function(&bench).urls["blue"], "AWS_IAM");
    bench.let_go_of_everything("q");
    assert_eq!(bench.settle("q").await, "Released");
    let enabled = |world: &World| {
        let region = world.region(ACCOUNT, REGION).unwrap();
        region.event_source_mappings["11111111-0000-4000-8000-000000000009"].enabled
    };
    assert!(bench.aws.look(enabled), "it was on when it was found");
    assert_eq!(function(&bench).urls["blue"], "AWS_IAM", "nobody gave a word for it");
}

/// A version keeps the time-out that it was published with: an alias that points to it outlives the function's own.
#[tokio::test]
async fn the_longest_time_out_of_all_versions_is_waited_for() {
    let bench = Bench::free();
    bench.aws.change(|world| {
        let old = FunctionVersion {
            role: format!("arn:aws:iam::{ACCOUNT}:role/orders-task"),
            timeout_seconds: 600,
        };
        nightly(region(world)).versions.insert("3".into(), old);
    });
    bench.quarantined("q", target());
    let begun = bench.now();
    assert_eq!(bench.settle("q").await, "Contained");
    let waited = bench.now().as_second() - begun.as_second();
    assert!(waited >= 600, "{waited} s, and a version runs for up to 600 s");
    let notes = bench.quarantine("q").status.unwrap().notes.join("\n");
    assert!(
        notes.contains("Sessions of execution role orders-task are revoked"),
        "{notes}"
    );
}

/// Custody that would grow beyond what the API server takes is not written, and nothing is done that it does not remember.
#[tokio::test]
async fn custody_that_would_be_too_large_is_said_and_nothing_is_written() {
    let bench = contained().await;
    bench.aws.change(|world| {
        let mappings = &mut region(world).event_source_mappings;
        let mapping = mappings[QUEUE].clone();
        for number in 0..4000 {
            let mut mapping = mapping.clone();
            (mapping.enabled, mapping.state) = (true, MappingState::Settled);
            mappings.insert(format!("{number:0300}"), mapping);
        }
    });
    bench.aws.clear_calls();
    bench.keep("q", 60).await;
    let said = bench.message("q", "Ready");
    assert_eq!(bench.ready_reason("q"), "PlanTooLarge", "{said}");
    assert!(said.contains("bytes, and at most"), "{said}");
    assert_eq!(bench.wrote(), [""; 0]);
}

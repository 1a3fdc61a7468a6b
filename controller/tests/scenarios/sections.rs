//! A section that was begun is finished first, to its safe end, whatever is wished or forbidden meanwhile.

use crate::support::{
    Bench,
    words::{self, guardrail},
};
use firebreak_cloud::memory::{Fault, sample};
use firebreak_crds::{FreezeWindow, Mode, StepState, Verb};
use serde_json::Value;

/// A target with a section, the write that begins it, and whether its release leaves other tasks than before.
type Case = (fn() -> Value, &'static str, bool);

/// Something that forbids more, by its name.
type Wish = (&'static str, fn(&Bench));

const CASES: [Case; 4] = [
    (|| words::service("SwapSecurityGroups"), "ecs:UpdateService", true),
    (
        || words::service("ScaleToZero"),
        "application-autoscaling:RegisterScalableTarget",
        true,
    ),
    (
        || words::function("payments-nightly"),
        "lambda:UpdateEventSourceMapping",
        false,
    ),
    (
        || words::instance("Isolate"),
        "ec2:ModifyNetworkInterfaceAttribute",
        false,
    ),
];

/// The operator dies right after the write that begins the section, and starts again.
async fn cut(target: Value, begins: &str) -> Bench {
    let mut bench = Bench::free();
    bench.quarantined("q", target);
    bench.aws.fail_on(begins, Fault::CrashAfterEffect);
    while bench.respond_or_die("q").await.is_some() {
        bench.pass(1);
    }
    bench.restart();
    bench
}

/// The steps of the first run's sections that are not written.
fn unfinished(bench: &Bench, first: &str) -> Vec<String> {
    let plan = bench
        .plans("q")
        .into_iter()
        .find(|plan| plan.metadata.name.as_deref() == Some(first))
        .unwrap();
    let records = plan.status.unwrap().journal;
    let steps = plan.spec.payload["steps"].as_array().unwrap().clone();
    let parts = steps.into_iter().filter(|step| step["section"].is_string());
    let ids = parts.map(|step| step["id"].as_str().unwrap().to_owned());
    ids.filter(|id| {
        let state = records.get(id).map(|record| record.state);
        !matches!(state, Some(StepState::Applied | StepState::Verified))
    })
    .collect()
}

fn name_of_the_run(bench: &Bench) -> String {
    bench.plan("q").metadata.name.unwrap()
}

fn frozen(bench: &Bench) {
    bench.api.seed(&guardrail("frozen", |spec| {
        spec.freeze_windows = vec![FreezeWindow {
            name: "always".into(),
            from: "2000-01-01T00:00:00Z".into(),
            until: "2100-01-01T00:00:00Z".into(),
        }];
    }));
}

#[tokio::test]
async fn it_is_finished_under_whatever_forbids_more() {
    let wishes: [Wish; 4] = [
        ("Observe", |bench| bench.change("q", |q| q.spec.mode = Mode::Observe)),
        ("a rejection", |bench| {
            bench.say("q", "ann@example.com", |spec| spec.verb = Verb::Reject)
        }),
        ("a freeze", frozen),
        ("an emergency stop", Bench::stop),
    ];
    for (target, begins, _) in CASES {
        for (wish, make) in wishes {
            let bench = cut(target(), begins).await;
            let run = name_of_the_run(&bench);
            assert!(
                !unfinished(&bench, &run).is_empty(),
                "{begins} is not the last of its section"
            );
            make(&bench);
            bench.keep("q", 300).await;
            assert_eq!(unfinished(&bench, &run), [""; 0], "{begins}, then {wish}");
        }
    }
}

#[tokio::test]
async fn it_is_finished_before_a_release_puts_everything_back() {
    for (target, begins, replaces_tasks) in CASES {
        let bench = cut(target(), begins).await;
        let run = name_of_the_run(&bench);
        bench.let_go_of_everything("q");
        let reason = bench.settle("q").await;
        assert_eq!(reason, "Released", "{begins}: {}", bench.message("q", "Ready"));
        assert_eq!(unfinished(&bench, &run), [""; 0], "{begins}");
        restored(&bench, begins, replaces_tasks);
    }
}

#[tokio::test]
async fn it_is_finished_before_a_deletion_puts_everything_back() {
    for (target, begins, replaces_tasks) in CASES {
        let bench = cut(target(), begins).await;
        let run = name_of_the_run(&bench);
        bench.change("q", |q| q.spec.restore_on_release = words::EVERYTHING.to_vec());
        bench.delete("q");
        assert_eq!(bench.settle("q").await, "Gone", "{begins}");
        assert_eq!(unfinished(&bench, &run), [""; 0], "{begins}");
        restored(&bench, begins, replaces_tasks);
    }
}

fn restored(bench: &Bench, begins: &str, replaces_tasks: bool) {
    assert_eq!(bench.holds(), [], "{begins}");
    if !replaces_tasks {
        bench.pass(300);
        assert_eq!(bench.aws.world(), sample(), "{begins}");
    }
}

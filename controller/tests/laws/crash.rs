//! Killed or failed at any call, before or after its effect, and started again: the end is the same, and nothing leaks.

use super::restore::assert_nothing_left;
use crate::{
    fake_api::{Effect, Match},
    support::{
        Bench,
        read::{differences, shape},
        words,
        worlds::{Spec, spec},
    },
};
use firebreak_cloud::memory::{Fault, sample};
use firebreak_core::aws::failure::{Failure, FailureClass};
use serde_json::Value;

/// What happens at a call.
#[derive(Clone, Copy, Debug)]
enum Stroke {
    Crash,
    CrashAfter,
    Error,
    ErrorAfter,
}

/// Dying before a record is written is dying after the call before it.
const ON_KUBERNETES: [Stroke; 3] = [Stroke::CrashAfter, Stroke::Error, Stroke::ErrorAfter];
const ON_AWS: [Stroke; 4] = [Stroke::Crash, Stroke::CrashAfter, Stroke::Error, Stroke::ErrorAfter];

fn on_kubernetes(stroke: Stroke) -> Effect {
    match stroke {
        Stroke::Crash => Effect::Crash,
        Stroke::CrashAfter => Effect::CrashAfter,
        Stroke::Error => Effect::Refuse(409),
        Stroke::ErrorAfter => Effect::RefuseAfter(504),
    }
}

fn on_aws(stroke: Stroke) -> Fault {
    let failure = |class, code: &str| Failure {
        class,
        call: "test".into(),
        code: code.into(),
        message: "injected".into(),
    };
    match stroke {
        Stroke::Crash => Fault::Crash,
        Stroke::CrashAfter => Fault::CrashAfterEffect,
        Stroke::Error => Fault::Error(failure(FailureClass::Throttled, "ThrottlingException")),
        Stroke::ErrorAfter => Fault::ErrorAfterEffect(failure(FailureClass::Transient, "Http504")),
    }
}

fn bench(spec: &Spec) -> Bench {
    let bench = Bench::of(sample());
    bench.api.seed(&words::account());
    bench.api.seed(&words::guardrail_free());
    bench.quarantined("q", (spec.target)());
    bench
}

/// Settles; a killed process is started again.
async fn live(bench: &mut Bench) -> String {
    tokio::select! {
        biased;
        reason = bench.settle_with_approvals("q") => return reason,
        () = bench.api.crashed() => {},
        () = bench.aws.crashed() => {},
    }
    bench.restart();
    bench.settle_with_approvals("q").await
}

/// A whole life: contained, held, released. Gives the world as it was contained.
async fn life(bench: &mut Bench, what: &str) -> Value {
    assert_eq!(live(bench).await, "Contained", "{what}");
    let contained = bench.shape()["still"].clone();
    bench.let_go_of_everything("q");
    assert_eq!(live(bench).await, "Released", "{what}");
    bench.pass(300);
    assert_eq!(differences(&shape(&sample()), &bench.shape()), [""; 0], "{what}");
    assert_nothing_left(bench, what);
    contained
}

/// Without the times that a policy binds when it is written.
fn timeless(value: &Value) -> Value {
    let text = value.to_string();
    let parts: Vec<&str> = text.split("TokenIssueTime\":\"").collect();
    let rest = parts[1..]
        .iter()
        .map(|part| part.split_once('"').map_or(*part, |(_, rest)| rest));
    let joined: Vec<&str> = std::iter::once(parts[0]).chain(rest).collect();
    serde_json::from_str(&joined.join("TokenIssueTime\":\"")).unwrap_or(Value::String(joined.join("")))
}

/// A stroke at the n-th write: a life of its own.
#[derive(Debug)]
enum Cut {
    Kubernetes(Stroke, usize),
    Aws(Stroke, usize),
}

impl Cut {
    /// Every cut of a life with so many writes.
    fn all(of_kubernetes: usize, of_aws: usize) -> Vec<Self> {
        let on_kubernetes = ON_KUBERNETES.into_iter();
        let on_kubernetes =
            on_kubernetes.flat_map(|stroke| (1..=of_kubernetes).map(move |n| Self::Kubernetes(stroke, n)));
        let on_aws = ON_AWS.into_iter();
        let on_aws = on_aws.flat_map(|stroke| (1..=of_aws).map(move |n| Self::Aws(stroke, n)));
        on_kubernetes.chain(on_aws).collect()
    }

    fn prepare(&self, bench: &Bench) {
        match *self {
            Self::Kubernetes(stroke, nth) => bench.api.fault(Match::writes().nth(nth), on_kubernetes(stroke)),
            Self::Aws(stroke, nth) => bench.aws.fail_nth_write(nth as u64, on_aws(stroke)),
        }
    }
}

/// Lives through one part of all cuts: each `parts`-th, from the `part`-th on.
async fn law(name: &str, part: usize, parts: usize) {
    let spec = spec(name);
    let mut calm = bench(&spec);
    let contained = timeless(&life(&mut calm, name).await);
    let cuts = Cut::all(calm.api.count(&Match::writes()), calm.aws.writes().len());
    for cut in cuts.iter().skip(part).step_by(parts) {
        let what = format!("{name}: {cut:?}");
        let mut bench = bench(&spec);
        cut.prepare(&bench);
        assert_eq!(timeless(&life(&mut bench, &what).await), contained, "{what}");
    }
}

macro_rules! laws {
    ($($test:ident: $name:literal $($part:literal of $parts:literal)?,)*) => {$(
        #[tokio::test]
        async fn $test() {
            let (part, parts) = ($(($part, $parts),)? (1, 1),).0;
            law($name, part - 1, parts).await;
        }
    )*};
}

laws! {
    a_managed_denial_survives_any_crash: "iamRole/DenyAll/Managed",
    an_inline_denial_survives_any_crash: "iamRole/DenyAll/Inline",
    a_revocation_of_sessions_survives_any_crash: "iamRole/RevokeSessions",
    a_replaced_trust_survives_any_crash: "iamRole/ReplaceTrust",
    a_whole_role_survives_any_crash: "iamRole/everything",
    an_isolated_instance_survives_any_crash_of_the_first_quarter: "ec2Instance/Isolate" 1 of 4,
    an_isolated_instance_survives_any_crash_of_the_second_quarter: "ec2Instance/Isolate" 2 of 4,
    an_isolated_instance_survives_any_crash_of_the_third_quarter: "ec2Instance/Isolate" 3 of 4,
    an_isolated_instance_survives_any_crash_of_the_fourth_quarter: "ec2Instance/Isolate" 4 of 4,
    a_stopped_instance_survives_any_crash_of_the_first_quarter: "ec2Instance/Stop" 1 of 4,
    a_stopped_instance_survives_any_crash_of_the_second_quarter: "ec2Instance/Stop" 2 of 4,
    a_stopped_instance_survives_any_crash_of_the_third_quarter: "ec2Instance/Stop" 3 of 4,
    a_stopped_instance_survives_any_crash_of_the_fourth_quarter: "ec2Instance/Stop" 4 of 4,
    a_managed_denial_of_a_user_survives_any_crash: "iamUser/DenyAll/Managed",
    an_inline_denial_of_a_user_survives_any_crash: "iamUser/DenyAll/Inline",
    deactivated_keys_survive_any_crash: "iamUser/DeactivateKeys",
    revoked_sessions_of_a_user_survive_any_crash: "iamUser/RevokeSessions",
    a_whole_user_survives_any_crash: "iamUser/everything",
    a_frozen_function_survives_any_crash: "lambdaFunction/Freeze",
    a_revoked_rule_survives_any_crash: "securityGroupRule/Revoke",
    an_isolation_survives_any_crash: "ecsService/Isolate",
    a_swap_of_groups_survives_any_crash: "ecsService/SwapSecurityGroups",
    a_scale_to_zero_survives_any_crash_of_the_first_half: "ecsService/ScaleToZero" 1 of 2,
    a_scale_to_zero_survives_any_crash_of_the_second_half: "ecsService/ScaleToZero" 2 of 2,
    a_block_of_public_access_survives_any_crash: "s3Bucket/BlockPublicAccess",
    a_denied_bucket_survives_any_crash: "s3Bucket/DenyAll",
    a_whole_bucket_survives_any_crash: "s3Bucket/everything",
}

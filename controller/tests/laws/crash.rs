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

async fn law(name: &str) {
    let spec = spec(name);
    let mut calm = bench(&spec);
    let contained = timeless(&life(&mut calm, name).await);
    let (of_kubernetes, of_aws) = (calm.api.count(&Match::writes()), calm.aws.writes().len());
    for stroke in ON_KUBERNETES {
        for nth in 1..=of_kubernetes {
            let what = format!("{name}: {stroke:?} at the {nth}. Kubernetes write");
            let mut bench = bench(&spec);
            bench.api.fault(Match::writes().nth(nth), on_kubernetes(stroke));
            assert_eq!(timeless(&life(&mut bench, &what).await), contained, "{what}");
        }
    }
    for stroke in ON_AWS {
        for nth in 1..=of_aws {
            let what = format!("{name}: {stroke:?} at the {nth}. AWS write");
            let mut bench = bench(&spec);
            bench.aws.fail_nth_write(nth as u64, on_aws(stroke));
            assert_eq!(timeless(&life(&mut bench, &what).await), contained, "{what}");
        }
    }
}

macro_rules! laws {
    ($($test:ident: $name:literal,)*) => {$(
        #[tokio::test]
        async fn $test() {
            law($name).await;
        }
    )*};
}

laws! {
    a_managed_denial_survives_any_crash: "iamRole/DenyAll/Managed",
    an_inline_denial_survives_any_crash: "iamRole/DenyAll/Inline",
    a_revocation_of_sessions_survives_any_crash: "iamRole/RevokeSessions",
    a_replaced_trust_survives_any_crash: "iamRole/ReplaceTrust",
    a_whole_role_survives_any_crash: "iamRole/everything",
    an_isolated_instance_survives_any_crash: "ec2Instance/Isolate",
    a_stopped_instance_survives_any_crash: "ec2Instance/Stop",
    a_managed_denial_of_a_user_survives_any_crash: "iamUser/DenyAll/Managed",
    an_inline_denial_of_a_user_survives_any_crash: "iamUser/DenyAll/Inline",
    deactivated_keys_survive_any_crash: "iamUser/DeactivateKeys",
    revoked_sessions_of_a_user_survive_any_crash: "iamUser/RevokeSessions",
    a_whole_user_survives_any_crash: "iamUser/everything",
    a_frozen_function_survives_any_crash: "lambdaFunction/Freeze",
    an_isolation_survives_any_crash: "ecsService/Isolate",
    a_swap_of_groups_survives_any_crash: "ecsService/SwapSecurityGroups",
    a_scale_to_zero_survives_any_crash: "ecsService/ScaleToZero",
    a_block_of_public_access_survives_any_crash: "s3Bucket/BlockPublicAccess",
    a_denied_bucket_survives_any_crash: "s3Bucket/DenyAll",
    a_whole_bucket_survives_any_crash: "s3Bucket/everything",
}

//! What was there before is kept until it is put back, by the one who leaves last, and never over somebody else's change.

use super::restore::{assert_nothing_left, contained, release};
use crate::support::{
    Bench,
    read::{differences, shape},
    words::{self, HOME, TEAM},
    worlds::{Change, Spec, changed, specs, worlds},
};
use firebreak_cloud::memory::sample;
use firebreak_crds::{HoldState, Quarantine, Reopens, StepRecord, StepState};

#[tokio::test]
async fn two_holders_leave_in_either_order_and_the_last_one_restores() {
    for spec in specs() {
        let telling = ["the sample", "policies of our names", "contained before"];
        for (name, world) in worlds(&spec).into_iter().filter(|(name, _)| telling.contains(name)) {
            for order in [["q", "r"], ["r", "q"]] {
                let what = format!("{} in {name}, {} first", spec.name, order[0]);
                let bench = contained(&spec, world.clone()).await;
                let _: Quarantine = bench.quarantined("r", (spec.target)());
                assert_eq!(bench.settle_with_approvals("r").await, "Contained", "{what}");
                bench.keep("q", 310).await;
                bench.keep("r", 310).await;
                let still = bench.shape()["still"].clone();

                bench.aws.clear_calls();
                bench.let_go_of_everything(order[0]);
                assert_eq!(bench.settle(order[0]).await, "Released", "{what}");
                assert_eq!(bench.wrote(), [""; 0], "{what}: the other one still holds it");
                says_who_holds_it(&bench, order, &what);
                bench.keep(order[1], 100).await;
                assert_eq!(bench.ready_reason(order[1]), "Contained", "{what}");
                assert_eq!(differences(&still, &bench.shape()["still"]), [""; 0], "{what}");

                bench.let_go_of_everything(order[1]);
                assert_eq!(bench.settle(order[1]).await, "Released", "{what}");
                bench.pass(300);
                assert_eq!(differences(&shape(&world), &bench.shape()), [""; 0], "{what}");
                assert_nothing_left(&bench, &what);
            }
        }
    }
}

/// What stays because of the other one is said, and no step of a run that is over is left open.
fn says_who_holds_it(bench: &Bench, [left, stays]: [&str; 2], what: &str) {
    let message = bench.message(left, "Released");
    let why = format!("stays as it is, because team/{stays} holds it too");
    assert!(message.contains(&why), "{what}: {message}");
    let run = bench.plan(left);
    let records = run.status.unwrap().journal;
    let open = |record: &StepRecord| !matches!(record.state, StepState::Skipped | StepState::Verified);
    assert_eq!(
        records.len(),
        run.spec.payload["steps"].as_array().unwrap().len(),
        "{what}"
    );
    assert!(!records.values().any(open), "{what}: {records:?}");
}

#[tokio::test]
async fn a_foreign_change_is_not_overwritten_but_named_and_custody_stays() {
    for spec in specs() {
        let Some((foreign, field)) = spec.foreign else { continue };
        let bench = contained(&spec, firebreak_cloud::memory::sample()).await;
        bench.aws.change(foreign);
        let theirs = bench.shape()["still"].clone();
        bench.let_go_of_everything("q");
        assert_eq!(bench.settle("q").await, "ReleaseConflict", "{}", spec.name);
        assert!(
            bench.message("q", "Released").contains(field),
            "{}",
            bench.message("q", "Released")
        );
        assert_eq!(bench.says("q", "Stalled"), "True/ReleaseConflict", "{}", spec.name);

        let kept: Vec<_> = bench
            .holds()
            .into_iter()
            .map(|hold| (hold.spec.key.field, hold.spec.state))
            .collect();
        assert_eq!(kept, [(field.to_owned(), HoldState::Conflict)], "{}", spec.name);
        let ours = changed(foreign).without_motion();
        let left = differences(&serde_json::to_value(ours).unwrap(), &bench.shape()["still"]);
        let theirs_too = differences(&theirs, &bench.shape()["still"]);
        let written_over: Vec<_> = left.iter().filter(|path| theirs_too.contains(path)).collect();
        assert!(written_over.is_empty(), "{}: {written_over:?}", spec.name);

        bench.aws.clear_calls();
        bench.keep("q", 600).await;
        assert_eq!(bench.wrote(), [""; 0], "{}", spec.name);
        assert!(
            bench.quarantine("q").metadata.finalizers.is_some_and(|f| !f.is_empty()),
            "{}",
            spec.name
        );
    }
}

#[tokio::test]
async fn conflict_is_over_once_the_value_is_back() {
    for spec in specs() {
        let Some((foreign, field)) = spec.foreign else { continue };
        let bench = contained(&spec, sample()).await;
        bench.aws.change(foreign);
        bench.let_go_of_everything("q");
        assert_eq!(bench.settle("q").await, "ReleaseConflict", "{}", spec.name);
        let full = bench.message("q", "Ready");
        let command = "kubectl firebreak abandon q -n team";
        assert!(full.contains(field) && full.contains(command), "{}: {full}", spec.name);
        let said = ["Released", "Stalled", "Contained"].map(|kind| bench.message("q", kind));
        assert!(
            said.iter().all(|text| !text.contains(command)),
            "{}: {said:?}",
            spec.name
        );
        bench.aws.change(|world| *world = sample());
        bench.aws.clear_calls();
        bench.keep("q", 120).await;
        assert_eq!(bench.ready_reason("q"), "Released", "{}", spec.name);
        assert_eq!(bench.wrote(), [""; 0], "{}", spec.name);
        assert_nothing_left(&bench, spec.name);
    }
}

/// Contained on the word of people who must also agree to a release.
async fn agreed(spec: &Spec) -> Bench {
    let bench = Bench::of(sample());
    [TEAM, HOME].iter().for_each(|name| bench.namespace(name));
    bench.api.seed(&words::account());
    bench.api.seed(&words::guardrail_all(1));
    bench.quarantined("q", (spec.target)());
    assert_eq!(bench.settle_with_approvals("q").await, "Contained", "{}", spec.name);
    bench.keep("q", 400).await;
    bench
}

/// What others gave back can stand against it (provisioned concurrency against a limit below it, a scaling minimum against a
/// count of zero): then it was tried, and the Hold does not say that it is enforced.
fn is_tried(bench: &Bench, field: &str) -> bool {
    let said = |hold: &firebreak_crds::Hold| {
        let message = hold.spec.message.clone().unwrap_or_default();
        let refused = message.starts_with("AWS refused a write");
        let undone = !message.starts_with("enforced") && !hold.spec.reasserted_at.is_empty();
        hold.spec.key.field == field && (refused || undone)
    };
    bench.holds().iter().any(said)
}

/// Somebody undoes it all while no object speaks for it.
async fn stays_in_force(bench: &Bench, change: Change, what: &str) {
    assert_eq!(open_after(bench, change, what).await, [""; 0], "{what}");
}

/// What is open for some time after a change.
async fn open_after(bench: &Bench, change: Change, what: &str) -> Vec<String> {
    let listed = bench.holds().iter().all(|hold| hold.spec.state == HoldState::Orphaned);
    assert!(
        listed && !bench.holds().is_empty(),
        "{what}: spec.state=Orphaned lists it"
    );
    let count = bench.holds().len();
    bench.aws.change(change);
    for _ in 0..4 {
        bench.tend_all().await;
        bench.pass(40);
    }
    assert_eq!(bench.holds().len(), count, "{what}: nothing is given up");
    bench.not_in_force().await
}

#[tokio::test]
async fn orphaned_custody_of_every_class_stays_in_force() {
    for spec in specs() {
        let undone: Change = |world| *world = sample();
        for change in std::iter::once(undone).chain(spec.foreign.map(|(change, _)| change)) {
            let bench = agreed(&spec).await;
            bench.delete("q");
            assert_eq!(bench.settle("q").await, "Gone", "{}", spec.name);
            stays_in_force(&bench, change, spec.name).await;
        }
    }
}

#[tokio::test]
async fn what_a_deletion_withholds_stays_in_force() {
    for spec in specs().iter().filter(|spec| !withheld(spec).is_empty()) {
        let bench = contained(spec, sample()).await;
        bench.keep("q", 400).await;
        bench.delete("q");
        assert_eq!(bench.settle("q").await, "Gone", "{}", spec.name);
        assert_eq!(bench.holds().len(), withheld(spec).len(), "{}", spec.name);
        stays_in_force(&bench, |world| *world = sample(), spec.name).await;
    }
}

#[tokio::test]
async fn what_a_release_withholds_stays_in_force() {
    for spec in specs().iter().filter(|spec| !withheld(spec).is_empty()) {
        let bench = contained(spec, sample()).await;
        bench.keep("q", 400).await;
        bench.let_go("q");
        assert_eq!(bench.settle("q").await, "RestoreWithheld", "{}", spec.name);
        bench.aws.change(|world| *world = sample());
        bench.keep("q", 180).await;
        assert_eq!(bench.not_in_force().await, [""; 0], "{}", spec.name);
        assert_eq!(bench.holds().len(), withheld(spec).len(), "{}", spec.name);
        assert_eq!(bench.ready_reason("q"), "RestoreWithheld", "{}", spec.name);
        release(&bench, spec.name).await;
        assert_eq!(differences(&shape(&sample()), &bench.shape()), [""; 0], "{}", spec.name);
    }
}

#[tokio::test]
async fn what_is_in_conflict_at_a_deletion_stays_in_force() {
    for spec in specs() {
        let Some((foreign, _)) = spec.foreign else { continue };
        let bench = contained(&spec, sample()).await;
        bench.aws.change(foreign);
        bench.let_go_of_everything("q");
        assert_eq!(bench.settle("q").await, "ReleaseConflict", "{}", spec.name);
        bench.delete("q");
        assert_eq!(bench.settle("q").await, "Gone", "{}", spec.name);
        let mut open = open_after(&bench, |_| {}, spec.name).await;
        open.retain(|field| !is_tried(&bench, field));
        assert_eq!(open, [""; 0], "{}", spec.name);
    }
}

/// What a method withholds without an explicit word, and the part of the world in which it is seen.
fn withheld(spec: &Spec) -> &'static [&'static str] {
    match spec.name {
        "iamRole/RevokeSessions" => &["Firebreak-RevokeOlderSessions"],
        "iamRole/ReplaceTrust" => &["TrustPolicy"],
        // Without its profile an instance does not serve.
        "ec2Instance/Isolate" | "ec2Instance/Stop" => &["InstanceProfile", "Standby"],
        "iamRole/everything" => &["Firebreak-RevokeOlderSessions", "TrustPolicy"],
        "s3Bucket/BlockPublicAccess" | "s3Bucket/everything" => &["PublicAccessBlock"],
        "iamUser/DeactivateKeys" => &["AccessKeys"],
        "iamUser/RevokeSessions" => &["Firebreak-RevokeOlderSessions"],
        "iamUser/everything" => &["AccessKeys", "Firebreak-RevokeOlderSessions"],
        "lambdaFunction/Freeze" => &["Urls"],
        _ => &[],
    }
}

#[tokio::test]
async fn what_would_reopen_the_compromise_takes_an_explicit_word() {
    for spec in specs() {
        let (fields, world) = (withheld(&spec), firebreak_cloud::memory::sample());
        let bench = contained(&spec, world.clone()).await;
        bench.let_go("q");
        let reason = bench.settle("q").await;
        assert_eq!(
            reason == "RestoreWithheld",
            !fields.is_empty(),
            "{}: {reason}",
            spec.name
        );
        assert_eq!(bench.holds().len(), fields.len(), "{}", spec.name);
        for hold in bench.holds() {
            assert!(
                fields.iter().any(|field| hold.spec.key.field.contains(field)),
                "{}",
                spec.name
            );
            assert_eq!(hold.spec.state, HoldState::Withheld, "{}", spec.name);
            assert!(
                bench.message("q", "Released").contains(&hold.spec.key.field),
                "{}",
                spec.name
            );
        }
        release(&bench, spec.name).await;
        assert_eq!(differences(&shape(&world), &bench.shape()), [""; 0], "{}", spec.name);
        assert_nothing_left(&bench, spec.name);
    }
}

#[tokio::test]
async fn a_word_for_one_thing_is_no_word_for_another() {
    let spec = crate::support::worlds::spec("iamRole/everything");
    let bench = contained(&spec, firebreak_cloud::memory::sample()).await;
    bench.change("q", |q| {
        q.spec.state = firebreak_crds::DesiredState::Released;
        q.spec.restore_on_release = vec![Reopens::Sessions];
    });
    assert_eq!(bench.settle("q").await, "RestoreWithheld");
    let fields: Vec<String> = bench.holds().into_iter().map(|hold| hold.spec.key.field).collect();
    assert_eq!(fields, ["TrustPolicy"]);
}

#[tokio::test]
async fn revoked_sessions_are_restored_without_a_word_once_every_session_has_run_out() {
    let spec = crate::support::worlds::spec("iamRole/RevokeSessions");
    let world = firebreak_cloud::memory::sample();
    let bench = contained(&spec, world.clone()).await;
    bench.keep("q", 3600 + 400).await;
    bench.let_go("q");
    assert_eq!(bench.settle("q").await, "Released");
    assert_eq!(bench.aws.world(), world);
}

/// Method changes as the CRD tells people to make them: contain with the new one, then release the old one.
#[tokio::test]
async fn a_second_containment_takes_over_from_the_first_whatever_the_methods() {
    let services: Vec<Spec> = specs()
        .into_iter()
        .filter(|s| s.name.starts_with("ecsService/"))
        .collect();
    let roles: Vec<Spec> = specs().into_iter().filter(|s| s.name.starts_with("iamRole/")).collect();
    for family in [services, roles] {
        for old in &family {
            for new in family.iter().filter(|new| new.name != old.name) {
                let what = format!("{} then {}", old.name, new.name);
                let world = firebreak_cloud::memory::sample();
                let bench = contained(old, world.clone()).await;
                let _: Quarantine = bench.quarantined("r", (new.target)());
                assert_eq!(bench.settle_with_approvals("r").await, "Contained", "{what}");
                bench.let_go_of_everything("q");
                assert_eq!(bench.settle("q").await, "Released", "{what}");
                bench.keep("r", 100).await;
                bench.let_go_of_everything("r");
                let reason = bench.settle("r").await;
                assert_eq!(reason, "Released", "{what}: {}", bench.message("r", "Ready"));
                bench.pass(300);
                assert_eq!(differences(&shape(&world), &bench.shape()), [""; 0], "{what}");
                assert_nothing_left(&bench, &what);
            }
        }
    }
}

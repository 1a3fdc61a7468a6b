//! One leader at a time, whatever the clocks, partitions and freezes; the fake API server holds the Lease.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod fake_api;

use fake_api::{Effect, FakeApi, Match, Verb};
use firebreak_controller::runtime::{Elector, Ended, Leadership, LeaseSettings};
use k8s_openapi::{
    api::coordination::v1::{Lease, LeaseSpec},
    apimachinery::pkg::apis::meta::v1::MicroTime,
    jiff::Timestamp,
};
use kube::{Client, api::ObjectMeta};
use std::{future::pending, time::Duration};
use tokio::{
    sync::oneshot,
    task::JoinHandle,
    time::{Instant, advance, sleep},
};

const NS: Option<&str> = Some("firebreak");

fn settings(identity: &str) -> LeaseSettings {
    LeaseSettings {
        trust_absence: true,
        ..LeaseSettings::new("firebreak", "leader", identity)
    }
}

struct Candidate {
    leadership: Leadership,
    give_back: Option<oneshot::Sender<()>>,
    task: JoinHandle<Ended>,
}

fn candidate(client: Client, settings: LeaseSettings) -> Candidate {
    let (elector, leadership) = Elector::new(client, settings).unwrap();
    let (give_back, told) = oneshot::channel();
    let release = async {
        if told.await.is_err() {
            pending::<()>().await;
        }
    };
    Candidate {
        leadership,
        give_back: Some(give_back),
        task: tokio::spawn(elector.run(release)),
    }
}

/// Seconds of paused time, in steps fine enough that every timer fires in its turn.
async fn seconds(n: u64) {
    sleep(Duration::from_secs(n)).await;
}

/// When the predicate first holds, in steps of 100 ms.
async fn until(what: &str, holds: impl Fn() -> bool) -> Instant {
    for _ in 0..1_000 {
        if holds() {
            return Instant::now();
        }
        sleep(Duration::from_millis(100)).await;
    }
    panic!("not within 100 s: {what}");
}

fn holder(api: &FakeApi) -> Option<String> {
    api.get::<Lease>(NS, "leader")?.spec?.holder_identity
}

#[tokio::test(start_paused = true)]
async fn of_two_candidates_one_leads_and_the_other_follows_at_once_when_it_is_given_back() {
    let api = FakeApi::new();
    let mut first = candidate(api.client(), settings("a"));
    seconds(1).await;
    let second = candidate(api.client(), settings("b"));
    seconds(120).await;
    assert!(first.leadership.may_write() && !second.leadership.is_acting());
    assert_eq!(holder(&api).as_deref(), Some("a"));

    first.give_back.take().unwrap().send(()).unwrap();
    assert_eq!(first.task.await.unwrap(), Ended::Released);
    assert!(!first.leadership.may_write());
    let before = Instant::now();
    assert!(second.leadership.acting().await);
    assert!(
        before.elapsed() <= Duration::from_secs(2),
        "no wait: its work had ended"
    );
    assert_eq!(second.leadership.epoch(), Some(1));
}

#[tokio::test(start_paused = true)]
async fn a_lost_lease_stops_every_attempt_before_the_next_leader_starts_one() {
    let api = FakeApi::new();
    let old = candidate(api.client(), settings("a"));
    assert!(old.leadership.acting().await);
    seconds(5).await;
    // From now on the old one's calls hang, as over a dead network; it does not know.
    let new = candidate(api.restart(), settings("b"));
    let stopped = until("the old one stops", || !old.leadership.may_write()).await;
    let lost = Instant::now();
    old.leadership.over().await;
    let lost = lost.elapsed();
    assert!(
        lost <= Duration::from_secs(10),
        "given up at the renew deadline: {lost:?}"
    );
    assert_eq!(old.task.await.unwrap(), Ended::Lost);
    let started = until("the new one starts", || new.leadership.may_write()).await;
    let last_attempt_ends = stopped + Duration::from_secs(8);
    assert!(started > last_attempt_ends, "{:?}", started - stopped);
    assert!(
        started - stopped >= Duration::from_secs(8 + 8),
        "the old lease and then the longest attempt are waited out"
    );
}

#[tokio::test(start_paused = true)]
async fn may_write_is_false_when_an_attempt_would_not_end_within_the_lease() {
    let api = FakeApi::new();
    let only = candidate(api.client(), settings("a"));
    assert!(only.leadership.acting().await);
    api.fault(Match::verb(Verb::Update, "leases").always(), Effect::Refuse(503));
    seconds(6).await;
    assert!(only.leadership.may_write(), "9 s are left");
    seconds(2).await;
    assert!(!only.leadership.may_write(), "7 s are left, and an attempt takes 8");
    assert!(only.leadership.is_acting(), "an attempt that runs may end");
    api.heal();
    seconds(2).await;
    assert!(only.leadership.may_write(), "renewed");
}

#[tokio::test(start_paused = true)]
async fn the_other_machines_clock_does_not_matter() {
    for far_off in ["1999-01-01T00:00:00Z", "2099-01-01T00:00:00Z"] {
        let api = FakeApi::new();
        let mut clock: Timestamp = far_off.parse().unwrap();
        let renewed = |at: Timestamp| LeaseSpec {
            holder_identity: Some("other".into()),
            lease_duration_seconds: Some(15),
            renew_time: Some(MicroTime(at)),
            ..LeaseSpec::default()
        };
        let metadata = ObjectMeta {
            name: Some("leader".into()),
            namespace: NS.map(str::to_owned),
            ..ObjectMeta::default()
        };
        api.seed(&Lease {
            metadata,
            spec: Some(renewed(clock)),
        });
        let candidate = candidate(api.client(), settings("me"));
        for _ in 0..60 {
            seconds(2).await;
            clock += k8s_openapi::jiff::SignedDuration::from_secs(2);
            api.edit::<Lease>(NS, "leader", |lease| lease.spec = Some(renewed(clock)));
        }
        assert!(
            candidate.leadership.epoch().is_none(),
            "{far_off}: it is renewed, so it is held"
        );
        let quiet = Instant::now();
        assert!(candidate.leadership.acting().await);
        let waited = quiet.elapsed();
        assert!(
            (23..=28).contains(&waited.as_secs()),
            "{far_off}: 15 s of lease and 8 s of attempt: {waited:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_was_frozen_does_not_write_when_it_thaws() {
    let api = FakeApi::new();
    let (elector, frozen) = Elector::new(api.client(), settings("a")).unwrap();
    let mut process = Box::pin(elector.run(pending()));
    tokio::select! { _ = &mut process => panic!("it leads"), acting = frozen.acting() => assert!(acting) }
    tokio::select! { _ = &mut process => panic!("it leads"), () = seconds(30) => assert!(frozen.may_write()) }

    // Nobody polls `process`: it is frozen. The other one runs.
    let heir = candidate(api.client(), settings("b"));
    seconds(60).await;
    assert!(
        heir.leadership.may_write() && !frozen.may_write(),
        "it says no before its own task has noticed anything"
    );
    api.forget_calls();
    assert_eq!(process.await, Ended::Lost);
    assert!(!frozen.may_write());
    assert_eq!(holder(&api).as_deref(), Some("b"));
    // A renewal that was on its way when it froze may still arrive; it is conditional, so it is refused.
    let written = |call: &fake_api::Call| call.body["spec"]["holderIdentity"] == "a" && call.code == 200;
    assert!(!api.calls().iter().any(written));
    heir.task.abort();
}

#[tokio::test(start_paused = true)]
async fn a_renewal_whose_answer_is_lost_does_not_cost_the_lease() {
    let api = FakeApi::new();
    let only = candidate(api.client(), settings("a"));
    assert!(only.leadership.acting().await);
    api.fault(Match::verb(Verb::Update, "leases").times(1), Effect::RefuseAfter(504));
    seconds(60).await;
    assert!(only.leadership.may_write());
    assert!(
        api.calls().iter().any(|call| call.code == 409),
        "its version had moved under it"
    );
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_somebody_deletes_or_takes_is_lost_at_once() {
    let api = FakeApi::new();
    let only = candidate(api.client(), settings("a"));
    assert!(only.leadership.acting().await);
    api.remove::<Lease>(NS, "leader");
    let at = Instant::now();
    assert_eq!(only.task.await.unwrap(), Ended::Lost);
    assert!(at.elapsed() <= Duration::from_secs(2));

    let other = candidate(api.client(), settings("b"));
    assert!(other.leadership.acting().await);
    let thief = |lease: &mut Lease| lease.spec.as_mut().unwrap().holder_identity = Some("thief".into());
    api.edit::<Lease>(NS, "leader", thief);
    assert_eq!(other.task.await.unwrap(), Ended::Lost);
}

#[tokio::test(start_paused = true)]
async fn where_there_is_no_lease_a_living_leader_is_suspected_and_waited_out() {
    let api = FakeApi::new();
    let wary = candidate(api.client(), LeaseSettings::new("firebreak", "leader", "a"));
    let at = Instant::now();
    assert!(wary.leadership.acting().await);
    assert!((23..=24).contains(&at.elapsed().as_secs()), "{:?}", at.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_lease_is_not_taken_back_from_a_new_holder_at_release() {
    let api = FakeApi::new();
    let mut only = candidate(api.client(), settings("a"));
    assert!(only.leadership.acting().await);
    api.edit::<Lease>(NS, "leader", |lease| {
        lease.spec.as_mut().unwrap().holder_identity = Some("b".into())
    });
    only.give_back.take().unwrap().send(()).unwrap();
    assert_eq!(only.task.await.unwrap(), Ended::Released);
    assert_eq!(holder(&api).as_deref(), Some("b"));
    advance(Duration::from_secs(1)).await;
}

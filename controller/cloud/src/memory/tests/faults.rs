//! Injected faults, lasting conditions, the log, and whose account it is.

use super::*;
use crate::memory::{Fault, Outcome};
use firebreak_core::aws::{
    iam::{IamRead, IamWrite},
    sts::StsRead,
};
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, timeout};

const LONG: Duration = Duration::from_secs(3600);

fn attach() -> Write {
    let policy_arn = format!("arn:aws:iam::{ACCOUNT}:policy/FirebreakDenyAll");
    Write::Iam(IamWrite::AttachRolePolicy {
        role: "payments-task".into(),
        policy_arn,
    })
}

fn role() -> Query {
    Query::Iam(IamRead::Role {
        role: "payments-task".into(),
    })
}

fn failure(class: FailureClass) -> Failure {
    Failure {
        class,
        call: "iam:AttachRolePolicy".into(),
        code: "Injected".into(),
        message: "by the test".into(),
    }
}

#[tokio::test]
async fn an_error_after_the_effect_leaves_the_effect() {
    let aws = MemoryAws::sample();
    let before = aws.world();
    aws.fail_next(failure(FailureClass::Transient));
    write(&aws, attach()).await.unwrap_err();
    assert_eq!(aws.world(), before);
    aws.fail_nth_write(1, Fault::ErrorAfterEffect(failure(FailureClass::Transient)));
    write(&aws, attach()).await.unwrap_err();
    assert_ne!(aws.world(), before);
}

#[tokio::test]
async fn the_nth_call_is_the_one_that_fails() {
    let aws = MemoryAws::sample();
    aws.fail_nth_call(2, Fault::Error(failure(FailureClass::Throttled)));
    assert!(matches!(ask(&aws, role()).await, Answer::Found(_)));
    assert_eq!(ask(&aws, role()).await, Answer::Throttled);
    assert!(matches!(ask(&aws, role()).await, Answer::Found(_)));
}

#[tokio::test]
async fn a_crash_cuts_the_work_off_before_or_after_the_effect_and_aws_goes_on() {
    let aws = MemoryAws::sample();
    let before = aws.world();
    aws.fail_nth_write(1, Fault::Crash);
    assert_eq!(aws.until_crash(write(&aws, attach())).await, None);
    assert_eq!(aws.world(), before);
    aws.fail_on("iam:AttachRolePolicy", Fault::CrashAfterEffect);
    assert_eq!(aws.until_crash(write(&aws, attach())).await, None);
    assert_ne!(aws.world(), before);
    assert_eq!(aws.until_crash(write(&aws, attach())).await, Some(Ok(())));
    let outcomes: Vec<Outcome> = aws.writes().iter().map(|call| call.outcome).collect();
    assert_eq!(outcomes, [Outcome::Cut, Outcome::Cut, Outcome::Done]);
}

#[tokio::test]
async fn a_crash_in_another_task_can_be_awaited() {
    let aws = Arc::new(MemoryAws::sample());
    aws.fail_nth_call(1, Fault::Crash);
    let crashed = aws.crashed();
    let worker = Arc::clone(&aws);
    let work = tokio::spawn(async move { write(&worker, attach()).await });
    crashed.await;
    work.abort();
    assert!(work.await.unwrap_err().is_cancelled());
}

#[tokio::test]
async fn a_throttled_account_does_not_slow_another() {
    let aws = MemoryAws::new(super::super::sample().with_account("210987654321", |account| account));
    aws.throttle(ACCOUNT, true);
    assert_eq!(ask(&aws, role()).await, Answer::Throttled);
    assert_eq!(refused(&aws, attach()).await.0, FailureClass::Throttled);
    let other = aws
        .observe(&access("210987654321", REGION), &Query::Sts(StsRead::CallerIdentity))
        .await;
    assert!(matches!(other, Answer::Found(_)));
    aws.throttle(ACCOUNT, false);
    write(&aws, attach()).await.unwrap();
}

#[tokio::test]
async fn a_permission_that_is_missing_is_denied_for_reads_and_writes() {
    let aws = MemoryAws::sample();
    aws.deny("iam:GetRole");
    aws.deny("iam:AttachRolePolicy");
    assert!(matches!(ask(&aws, role()).await, Answer::Denied(why) if why.contains("iam:GetRole")));
    assert_eq!(
        refused(&aws, attach()).await,
        (FailureClass::Denied, "AccessDenied".into())
    );
    aws.clear_faults();
    write(&aws, attach()).await.unwrap();
}

#[tokio::test]
async fn a_region_that_is_cut_off_is_unreachable() {
    let aws = MemoryAws::sample();
    aws.cut_off(REGION, true);
    assert!(matches!(ask(&aws, role()).await, Answer::Unreachable(_)));
    assert_eq!(refused(&aws, attach()).await.0, FailureClass::Transient);
}

#[tokio::test]
async fn an_account_that_is_not_in_the_world_is_denied() {
    let aws = MemoryAws::sample();
    let stranger = access("999999999999", REGION);
    assert!(matches!(
        aws.observe(&stranger, &Query::Sts(StsRead::CallerIdentity)).await,
        Answer::Denied(_)
    ));
    let denied = aws.write(&stranger, &attach()).await.unwrap_err();
    assert_eq!(
        (denied.class, denied.code.as_str()),
        (FailureClass::Denied, "WrongAccount")
    );
    let mut crossed = access(ACCOUNT, REGION);
    crossed.account.roles.contain = "arn:aws:iam::999999999999:role/firebreak-contain".into();
    assert_eq!(aws.write(&crossed, &attach()).await.unwrap_err().code, "WrongAccount");
}

#[tokio::test]
async fn the_log_tells_reads_from_writes_and_for_whom() {
    let aws = MemoryAws::sample();
    ask(&aws, role()).await;
    assert!(aws.writes().is_empty());
    write(&aws, attach()).await.unwrap();
    let calls = aws.calls();
    assert_eq!(
        calls.iter().map(|call| call.permission).collect::<Vec<_>>(),
        ["iam:GetRole", "iam:AttachRolePolicy"]
    );
    assert!(
        calls
            .iter()
            .all(|call| call.account == ACCOUNT && call.region == REGION && call.uid == "uid-1")
    );
    assert_eq!(aws.writes()[0].write(), Some(&attach()));
}

#[tokio::test]
async fn a_hook_may_change_the_world_before_a_call_has_its_effect() {
    let aws = Arc::new(MemoryAws::sample());
    let intruder = Arc::downgrade(&aws);
    aws.on_call(move |call| {
        if let Some(aws) = intruder.upgrade().filter(|_| call.is_write()) {
            aws.change(|world| world.accounts.get_mut(ACCOUNT).unwrap().roles.remove("payments-task"));
        }
    });
    assert_eq!(write(&aws, attach()).await.unwrap_err().class, FailureClass::Gone);
}

#[tokio::test]
async fn worlds_are_data_that_can_be_written_down() {
    let aws = MemoryAws::sample();
    assert!(serde_json::to_string(&aws.world()).unwrap().contains("payments-task"));
    assert_eq!(aws.world(), MemoryAws::sample().world());
}

#[tokio::test(start_paused = true)]
async fn a_call_that_hangs_never_ends_and_nobody_has_died() {
    let aws = MemoryAws::sample();
    let before = aws.world();
    let crashed = aws.crashed();
    aws.fail_nth_write(1, Fault::Hang);
    assert!(timeout(LONG, write(&aws, attach())).await.is_err());
    assert_eq!(aws.world(), before);
    aws.fail_nth_write(1, Fault::HangAfterEffect);
    assert!(timeout(LONG, write(&aws, attach())).await.is_err());
    assert_ne!(aws.world(), before);
    assert!(timeout(LONG, crashed).await.is_err());
    let outcomes: Vec<Outcome> = aws.writes().iter().map(|call| call.outcome).collect();
    assert_eq!(outcomes, [Outcome::Cut, Outcome::Cut]);
}

#[tokio::test(start_paused = true)]
async fn a_late_answer_is_of_the_time_of_the_call() {
    let aws = Arc::new(MemoryAws::sample());
    aws.go_with_tokio();
    let (began, started) = (aws.now(), Instant::now());
    aws.fail_nth_call(1, Fault::Late(Duration::from_secs(7)));
    let other = Arc::clone(&aws);
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(3)).await;
        other.change(|world| world.accounts.get_mut(ACCOUNT).unwrap().roles.remove("payments-task"));
    });
    assert!(matches!(ask(&aws, role()).await, Answer::Found(_)));
    assert_eq!(started.elapsed().as_secs(), 7);
    assert_eq!(aws.now().duration_since(began).as_secs(), 7);
    assert_eq!(ask(&aws, role()).await, Answer::NotFound);
}

#[tokio::test(start_paused = true)]
async fn a_fault_lasts_for_the_calls_that_it_is_meant_for() {
    let aws = MemoryAws::sample();
    aws.hang("iam:");
    assert!(timeout(LONG, ask(&aws, role())).await.is_err());
    assert!(matches!(
        ask(&aws, Query::Sts(StsRead::CallerIdentity)).await,
        Answer::Found(_)
    ));
    aws.fail_next(failure(FailureClass::Throttled));
    assert_eq!(
        ask(&aws, role()).await,
        Answer::Throttled,
        "what waits for one call comes first"
    );
    aws.clear_faults();
    assert!(matches!(ask(&aws, role()).await, Answer::Found(_)));
}

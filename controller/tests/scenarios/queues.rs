//! Findings that come on a queue: none is lost, none is believed, and no message is deleted before what it led to is durable.

mod believed;

use super::findings::{about, coordinate, find, only, playbook, reason, receive, response, status};
use crate::{
    fake_api::{Effect, Match, Verb},
    support::{
        Bench,
        words::{self, TEAM},
    },
};
use firebreak_cloud::memory::{ACCOUNT, Fault, REGION, sample, world::Post};
use firebreak_core::aws::{
    failure::{Failure, FailureClass},
    sqs::{DELETE, HIDDEN, RECEIVE, SEND},
};
use firebreak_crds::{AwsAccount, FindingSource, Incident, Quarantine};
use serde_json::{Value, json};

const QUEUE: &str = "arn:aws:sqs:us-east-1:123456789012:firebreak-findings";
const DEAD: &str = "arn:aws:sqs:us-east-1:123456789012:firebreak-findings-dead";

fn source(bench: &Bench, namespace: &str, spec: &Value) {
    let object = json!({
        "apiVersion": "firebreak.dev/v1alpha1", "kind": "FindingSource", "metadata": {"name": "guardduty", "namespace": namespace},
        "spec": spec,
    });
    bench
        .api
        .seed::<FindingSource>(&serde_json::from_value(object).unwrap());
}

fn queue() -> Value {
    json!({"accountRef": {"name": "production"}, "queueArn": QUEUE, "accounts": [{"name": "production"}]})
}

/// A world with everything granted, a queue, a source of it and a playbook that acts, in which nobody needs to be asked.
fn listening() -> Bench {
    let bench = Bench::free();
    bench.aws.put_queue(QUEUE, Some(DEAD));
    source(&bench, TEAM, &json!({"sqs": queue()}));
    playbook(&bench, "Act");
    bench
}

/// EventBridge puts it on the queue, as it is now.
fn tell(bench: &Bench, finding: &Value) {
    let event = json!({"source": "aws.guardduty", "detail-type": "GuardDuty Finding", "account": ACCOUNT, "region": REGION,
        "detail": finding});
    bench.aws.put_message(QUEUE, &event.to_string());
}

/// GuardDuty has it, and EventBridge puts it on the queue.
fn found(bench: &Bench, role: &str, number: usize) -> Value {
    let finding = about(bench, role, number);
    find(bench, finding.clone());
    tell(bench, &finding);
    finding
}

fn left(bench: &Bench) -> usize {
    bench.aws.posts(QUEUE).len()
}

fn dead(bench: &Bench) -> Vec<Post> {
    bench.aws.posts(DEAD)
}

fn reasons(bench: &Bench) -> Vec<String> {
    dead(bench)
        .into_iter()
        .map(|post| post.attributes["reason"].clone())
        .collect()
}

/// As often as messages that were not handled come again.
async fn receive_until_empty(bench: &Bench) {
    for _ in 0..100 {
        let _ = bench.executor.receive(TEAM, "guardduty", None).await;
        if left(bench) == 0 {
            return;
        }
        bench.pass(i64::from(HIDDEN) / 4);
    }
    panic!("{} messages are left", left(bench));
}

fn incidents(bench: &Bench) -> Vec<Incident> {
    bench.api.all::<Incident>()
}

/// How many findings each Incident has.
fn sizes(bench: &Bench) -> Vec<usize> {
    let mut all: Vec<usize> = incidents(bench).iter().map(|one| one.spec.findings.len()).collect();
    all.sort_unstable();
    all
}

fn denied(call: &str) -> Failure {
    Failure {
        class: FailureClass::Denied,
        call: call.into(),
        code: "AccessDenied".into(),
        message: "no".into(),
    }
}

#[tokio::test]
async fn message_leads_to_a_containment_and_is_gone() {
    let bench = listening();
    found(&bench, "payments-task", 1);
    receive(&bench).await;
    assert_eq!((left(&bench), dead(&bench).len()), (0, 0));
    coordinate(&bench).await;
    assert_eq!(bench.settle(&response(&bench)).await, "Contained");
    coordinate(&bench).await;
    let conditions = only(&bench).status.unwrap().conditions;
    let confirmed = conditions.iter().find(|one| one.type_ == "Confirmed").unwrap();
    assert_eq!(
        (confirmed.status.as_str(), confirmed.reason.as_str()),
        ("True", "FindingRead")
    );
    let queue = status(&bench).queue.unwrap();
    assert_eq!((queue.handled, queue.rejected, queue.problem), (1, 0, None));
    assert!(queue.last_message_at.is_some() && queue.dead_letter_queue.as_deref() == Some(DEAD));
}

#[tokio::test]
async fn burst_of_500_messages_loses_none_and_keeps_to_the_guardrail() {
    let bench = listening();
    bench.api.seed(&words::guardrail("automation", |spec| {
        spec.automation.max_open_per_hour = Some(3);
        spec.automation.max_responses_per_hour = Some(2);
    }));
    for number in 0..500 {
        found(&bench, &format!("role-{}", number % 100), number);
    }
    for _ in 0..60 {
        receive(&bench).await;
    }
    assert_eq!(left(&bench), 0);
    let all = incidents(&bench);
    let mut ids: Vec<&String> = all
        .iter()
        .flat_map(|one| one.spec.findings.iter().map(|it| &it.id))
        .collect();
    ids.sort();
    ids.dedup();
    assert_eq!(
        (ids.len(), sizes(&bench).iter().sum::<usize>()),
        (500, 500),
        "each is in exactly one"
    );
    let storms = all
        .iter()
        .filter(|one| one.metadata.name.as_ref().unwrap().starts_with("storm-"));
    assert_eq!(all.len() - storms.count(), 3);
    assert_eq!(status(&bench).queue.unwrap().handled, 500);
}

#[tokio::test]
async fn duplicates_open_no_twin() {
    let bench = listening();
    let finding = found(&bench, "payments-task", 1);
    tell(&bench, &finding);
    receive(&bench).await;
    tell(&bench, &finding);
    receive(&bench).await;
    assert_eq!((sizes(&bench), left(&bench)), (vec![1], 0));
}

#[tokio::test]
async fn crash_after_any_write_opens_no_twin_and_loses_nothing() {
    for nth in 0..5 {
        let mut bench = listening();
        found(&bench, "payments-task", 1);
        found(&bench, "payments-task", 2);
        found(&bench, "orders-task", 3);
        let mut on = Match::writes();
        on.skip = nth;
        bench.api.fault(on, Effect::CrashAfter);
        tokio::select! {
            biased;
            _ = bench.executor.receive(TEAM, "guardduty", None) => {}
            () = bench.api.crashed() => {}
        }
        bench.restart();
        receive_until_empty(&bench).await;
        assert_eq!(
            (sizes(&bench), dead(&bench).len()),
            (vec![1, 2], 0),
            "after write {nth}"
        );
    }
}

#[tokio::test]
async fn crash_around_any_call_about_the_queue_loses_nothing() {
    for call in [RECEIVE, DELETE, SEND] {
        for fault in [Fault::Crash, Fault::CrashAfterEffect] {
            let mut bench = listening();
            found(&bench, "payments-task", 1);
            bench.aws.put_message(QUEUE, "nonsense");
            bench.aws.fail_on(call, fault.clone());
            bench
                .aws
                .until_crash(bench.executor.receive(TEAM, "guardduty", None))
                .await;
            bench.restart();
            receive_until_empty(&bench).await;
            assert_eq!(sizes(&bench), [1], "{call} {fault:?}");
            let reasons = reasons(&bench);
            let all = reasons.iter().all(|why| why == "the body is no JSON");
            assert!(all && [1, 2].contains(&reasons.len()), "{call} {fault:?}: {reasons:?}");
        }
    }
}

#[tokio::test]
async fn malformed_messages_are_put_aside_with_their_reasons_and_keep_none_back() {
    let bench = listening();
    bench.aws.put_message(QUEUE, "\u{1b}[2K");
    bench
        .aws
        .put_message(QUEUE, &json!({"source": "aws.s3", "detail": {}}).to_string());
    found(&bench, "payments-task", 1);
    receive(&bench).await;
    assert_eq!((left(&bench), sizes(&bench)), (0, vec![1]));
    assert_eq!(reasons(&bench), ["the body is no JSON", "source is not aws.guardduty"]);
    assert_eq!(dead(&bench)[0].body, "\u{1b}[2K");
    assert_eq!(status(&bench).queue.unwrap().rejected, 2);
}

#[tokio::test]
async fn malformed_message_stays_where_there_is_no_dead_letter_queue() {
    let bench = listening();
    bench.aws.put_queue(QUEUE, None);
    bench.aws.put_message(QUEUE, "nonsense");
    found(&bench, "payments-task", 1);
    receive(&bench).await;
    assert_eq!((left(&bench), sizes(&bench)), (1, vec![1]));
    assert_eq!(
        (reason(&bench, "Ready").as_str(), reason(&bench, "Receiving").as_str()),
        ("NoDeadLetterQueue", "Polling")
    );
    bench.aws.put_queue(QUEUE, Some(DEAD));
    bench.pass(i64::from(HIDDEN) + 1);
    receive(&bench).await;
    assert_eq!(
        (left(&bench), dead(&bench).len(), reason(&bench, "Ready").as_str()),
        (0, 1, "Polling")
    );
}

#[tokio::test]
async fn queue_that_is_down_says_so_and_comes_back() {
    let bench = listening();
    found(&bench, "payments-task", 1);
    for permission in [RECEIVE, "sqs:GetQueueAttributes"] {
        bench.aws.deny(permission);
        receive(&bench).await;
        assert_eq!(
            (reason(&bench, "Ready").as_str(), reason(&bench, "Receiving").as_str()),
            ("AccessDenied", "PollFailed")
        );
        assert!(status(&bench).queue.unwrap().problem.unwrap().contains(QUEUE));
        bench.aws.allow(permission);
    }
    bench.aws.throttle(ACCOUNT, true);
    receive(&bench).await;
    assert_eq!(reason(&bench, "Ready"), "Throttled");
    bench.aws.throttle(ACCOUNT, false);
    receive(&bench).await;
    assert_eq!((sizes(&bench), left(&bench)), (vec![1], 0));
    assert_eq!(
        (reason(&bench, "Ready").as_str(), status(&bench).queue.unwrap().problem),
        ("Polling", None)
    );
}

#[tokio::test]
async fn message_that_cannot_be_deleted_comes_again_and_opens_no_twin() {
    let bench = listening();
    found(&bench, "payments-task", 1);
    bench.aws.fail_on(DELETE, Fault::Error(denied(DELETE)));
    receive(&bench).await;
    assert_eq!(
        (sizes(&bench), left(&bench), reason(&bench, "Ready").as_str()),
        (vec![1], 1, "AccessDenied")
    );
    bench.pass(i64::from(HIDDEN) + 1);
    receive(&bench).await;
    assert_eq!(
        (sizes(&bench), left(&bench), reason(&bench, "Ready").as_str()),
        (vec![1], 0, "Polling")
    );
}

#[tokio::test]
async fn message_stays_while_the_api_server_is_down() {
    for status in [429, 500, 503] {
        let bench = listening();
        found(&bench, "payments-task", 1);
        let mut on = Match::verb(Verb::Create, "incidents").main_only();
        on.times = 3;
        bench.api.fault(on, Effect::Refuse(status));
        for _ in 0..3 {
            assert!(
                bench.executor.receive(TEAM, "guardduty", None).await.is_err(),
                "{status}"
            );
            assert_eq!((left(&bench), dead(&bench).len()), (1, 0), "{status}");
            bench.pass(i64::from(HIDDEN) + 1);
        }
        receive(&bench).await;
        assert_eq!(
            (sizes(&bench), left(&bench), dead(&bench).len()),
            (vec![1], 0, 0),
            "{status}"
        );
    }
}

#[tokio::test]
async fn what_the_api_server_refuses_for_good_stays_too() {
    let bench = listening();
    found(&bench, "payments-task", 1);
    found(&bench, "orders-task", 2);
    bench
        .api
        .fault(Match::verb(Verb::Create, "incidents").main_only(), Effect::Refuse(422));
    receive(&bench).await;
    assert_eq!((sizes(&bench), left(&bench), dead(&bench).len()), (vec![1], 1, 0));
    assert_eq!(reason(&bench, "Ready"), "PollFailed");
}

#[tokio::test]
async fn product_that_does_not_answer_keeps_the_message_and_is_told() {
    let bench = listening();
    found(&bench, "payments-task", 1);
    bench.aws.deny("guardduty:GetFindings");
    receive(&bench).await;
    assert_eq!(
        (left(&bench), incidents(&bench).len(), reason(&bench, "Ready").as_str()),
        (1, 0, "AccessDenied")
    );
    bench.pass(10);
    receive(&bench).await;
    assert_eq!(reason(&bench, "Ready"), "AccessDenied", "also while it is not asked");
    bench.aws.allow("guardduty:GetFindings");
    bench.pass(i64::from(HIDDEN) + 1);
    receive(&bench).await;
    assert_eq!(
        (left(&bench), sizes(&bench), reason(&bench, "Ready").as_str()),
        (0, vec![1], "Polling")
    );
}

#[tokio::test]
async fn under_a_stop_messages_are_received_and_nothing_is_written() {
    let bench = listening();
    bench.stop();
    found(&bench, "payments-task", 1);
    receive(&bench).await;
    coordinate(&bench).await;
    assert_eq!((left(&bench), sizes(&bench)), (0, vec![1]));
    assert_eq!(bench.settle(&response(&bench)).await, "EmergencyStop");
    assert_eq!(bench.wrote(), [""; 0]);
}

#[tokio::test]
async fn operator_that_lost_its_lease_receives_nothing() {
    let bench = listening();
    found(&bench, "payments-task", 1);
    bench.lead.set(false);
    bench.aws.clear_calls();
    assert!(bench.executor.receive(TEAM, "guardduty", None).await.is_err());
    assert_eq!((bench.aws.calls().len(), left(&bench)), (0, 1));
}

#[tokio::test]
async fn two_operators_open_one_incident() {
    let bench = listening();
    let finding = found(&bench, "payments-task", 1);
    tell(&bench, &finding);
    let rival = bench.rival();
    let both = futures::join!(
        bench.executor.receive(TEAM, "guardduty", None),
        rival.receive(TEAM, "guardduty", None)
    );
    assert!(both.0.is_ok() || both.1.is_ok());
    bench.aws.give_again(QUEUE);
    receive_until_empty(&bench).await;
    assert_eq!(sizes(&bench), [1]);
}

/// A queue is looked at every few seconds, and GuardDuty as often as the source says.
#[tokio::test]
async fn polling_beside_a_queue_keeps_to_its_interval() {
    let bench = Bench::of(sample());
    bench.api.seed(&words::account());
    bench.api.seed(&words::guardrail_free());
    bench.aws.put_queue(QUEUE, Some(DEAD));
    source(
        &bench,
        TEAM,
        &json!({"sqs": queue(), "guardDuty": {"accounts": [{"name": "production"}], "interval": "1m"}}),
    );
    playbook(&bench, "Act");
    bench.aws.clear_calls();
    for _ in 0..12 {
        receive(&bench).await;
        bench.pass(5);
    }
    let calls = |permission: &str| {
        bench
            .aws
            .calls()
            .iter()
            .filter(|call| call.permission == permission)
            .count()
    };
    assert_eq!((calls(RECEIVE), calls("guardduty:ListDetectors")), (12, 1));
    find(&bench, about(&bench, "payments-task", 1));
    receive(&bench).await;
    assert_eq!(
        (calls("guardduty:ListDetectors"), sizes(&bench)),
        (2, vec![1]),
        "what never came on the queue"
    );
    found(&bench, "payments-task", 1);
    receive(&bench).await;
    assert_eq!(
        (sizes(&bench), left(&bench), status(&bench).counts.opened),
        (vec![1], 0, 2)
    );
}

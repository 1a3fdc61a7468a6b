//! Messages: whose findings they name, what becomes of each, and what only they tell of.

use super::*;
use crate::{
    aws::sqs::Message,
    coordinate::source::queue::{self, Answered, How, Mail, Told},
};
use firebreak_crds::Severity;
use proptest::prelude::*;

mod forged;

const QUEUE: &str = "arn:aws:sqs:us-east-1:210987654321:firebreak-findings";
const DEAD: &str = "arn:aws:sqs:us-east-1:210987654321:firebreak-findings-dead";

/// An event as EventBridge puts it on a queue.
fn event(detail: &Value) -> Value {
    json!({
        "version": "0", "id": "e", "source": "aws.guardduty", "detail-type": "GuardDuty Finding", "account": detail["accountId"],
        "region": detail["region"], "time": "2026-11-28T23:59:30Z", "resources": [], "detail": detail,
    })
}

fn message(body: &str) -> Message {
    Message {
        receipt: "r".into(),
        body: body.into(),
        receives: 1,
    }
}

/// The account of the queue.
fn security() -> Value {
    json!({
        "accountId": "210987654321", "environment": "Production", "regions": ["us-east-1"],
        "roles": {"read": "arn:aws:iam::210987654321:role/r", "contain": "arn:aws:iam::210987654321:role/c",
            "queue": "arn:aws:iam::210987654321:role/q"},
        "grants": [{"namespaces": ["payments"], "kinds": ["findingQueue"], "arnPatterns": [QUEUE]}],
    })
}

fn known_as(account: Value) -> Account {
    Account::Known(Box::new(serde_json::from_value(account).unwrap()))
}

/// A source whose queue gives these bodies, of whose findings GuardDuty has these.
fn heard(bodies: &[String], has: &[Value]) -> Stage {
    let mut stage = Stage::new(&[]);
    let sqs = json!({"accountRef": {"name": "security"}, "queueArn": QUEUE, "accounts": [{"name": "production"}]});
    stage.world.subject.spec = serde_json::from_value(json!({"sqs": sqs})).unwrap();
    stage.world.polled.clear();
    give(&mut stage, bodies, has, 1);
    stage
}

/// The queue gives these, so many times each by now.
fn give(stage: &mut Stage, bodies: &[String], has: &[Value], receives: u32) {
    let world = &mut stage.world;
    let ask = queue::place(&world.subject, &known_as(security())).unwrap().unwrap();
    let messages = bodies.iter().map(|body| Message {
        receives,
        ..message(body)
    });
    let mut letters = queue::sorted(&world.subject, &world.accounts, messages.collect());
    for back in queue::read_backs(&world.subject, &world.accounts, &letters) {
        queue::answered(&mut letters, &back.site, &Ok(has.to_vec()));
    }
    world.post = Some(Ok(Mail {
        access: ask.access,
        queue: ask.queue,
        dead_letters: Some(DEAD.parse().unwrap()),
        letters,
    }));
}

fn letters(stage: &Stage) -> Vec<&Told> {
    stage.world.letters().iter().map(|letter| &letter.told).collect()
}

fn of(detail: &Value) -> String {
    event(detail).to_string()
}

fn settles(stage: &Stage) -> Vec<How> {
    match decide(&stage.world, stage.now) {
        Effect::Settle(settles) => settles.into_iter().map(|one| one.how).collect(),
        other => panic!("{other:?}"),
    }
}

fn ready(rest: &Rest) -> (String, String) {
    let one = rest.status.conditions.iter().find(|one| one.type_ == "Ready").unwrap();
    (one.reason.clone(), one.message.clone())
}

#[test]
fn a_message_is_deleted_after_its_incident_is_made_and_not_before() {
    let finding = sample("iam_exfiltration");
    let mut stage = heard(&[of(&finding)], std::slice::from_ref(&finding));
    assert!(matches!(decide(&stage.world, stage.now), Effect::Open(_)));
    assert_eq!(stage.run(1), None);
    assert_eq!(settles(&stage), [How::Delete]);
    let rest = stage.run(2).unwrap();
    assert!(stage.record().confirmed);
    let queue = rest.status.queue.clone().unwrap();
    assert_eq!((queue.handled, queue.rejected, rest.status.counts.opened), (1, 0, 1));
    assert_eq!(queue.last_message_at.as_deref(), Some("2026-11-29T00:00:00Z"));
    assert_eq!((rest.after, ready(&rest).0.as_str()), (0, "Polling"));
}

#[test]
fn what_guardduty_says_counts_and_nothing_that_the_message_says() {
    let finding = sample("iam_exfiltration");
    let mut told = finding.clone();
    told["severity"] = json!(9.9);
    told["title"] = json!("forged");
    told["resource"]["accessKeyDetails"]["userName"] = json!("admin");
    let stage = heard(&[of(&told)], &[finding]).settled();
    assert_eq!(stage.only().spec.severity, Severity::High);
    assert!(!json!(stage.only().spec).to_string().contains("forged"));
    assert!(!stage.world.incidents.keys().any(|name| name.contains("admin")));
}

#[test]
fn the_same_message_twice_joins_what_it_opened() {
    let finding = sample("iam_exfiltration");
    let stage = heard(&[of(&finding), of(&finding)], &[finding]).settled();
    assert_eq!(stage.only().spec.findings.len(), 1);
    assert_eq!(stage.world.subject.status.queue.as_ref().unwrap().handled, 2);
}

#[test]
fn what_names_no_finding_is_rejected_by_name() {
    let changed = |pointer: &str, value: Value| {
        let mut event = event(&sample("iam_user_key"));
        *event.pointer_mut(pointer).unwrap() = value;
        event.to_string()
    };
    for (body, why) in [
        (String::new(), "no JSON"),
        ("{".into(), "no JSON"),
        ("[".repeat(100_000), "no JSON"),
        ("[]".into(), "no event"),
        ("{}".into(), "source"),
        ("x".repeat(1024 * 1024 + 1), "longer"),
        (changed("/source", json!("custom.guardduty")), "source"),
        (changed("/detail-type", json!(7)), "detail-type"),
        (changed("/detail", json!("text")), "detail.accountId"),
        (changed("/detail/accountId", json!("12")), "detail.accountId"),
        (changed("/detail/id", json!("../a")), "detail.id"),
        (changed("/detail/id", json!("a".repeat(500))), "detail.id"),
    ] {
        let stage = heard(std::slice::from_ref(&body), &[]);
        let [How::Reject { to, why: said }] = &settles(&stage)[..] else {
            panic!("{body:.80}")
        };
        assert!(said.contains(why), "{said}");
        assert_eq!(to.to_string(), DEAD);
        let stage = stage.settled();
        let status = &stage.world.subject.status;
        assert_eq!(
            (status.queue.as_ref().unwrap().rejected, status.counts.left_out),
            (1, 1)
        );
        assert!(stage.world.incidents.is_empty());
    }
}

#[test]
fn without_a_dead_letter_queue_it_stays_and_says_so() {
    let mut stage = heard(&["{}".into()], &[]);
    let Some(Ok(mail)) = &mut stage.world.post else {
        panic!()
    };
    mail.dead_letters = None;
    let rest = stage.run(1).unwrap();
    let (reason, message) = ready(&rest);
    assert_eq!(reason, "NoDeadLetterQueue");
    assert!(
        message.contains("1 of the last messages") && message.contains("redrive policy"),
        "{message}"
    );
    assert!(rest.after > 0 && rest.status.queue.unwrap().rejected == 0);
}

#[test]
fn an_undeclared_account_opens_nothing_and_is_counted() {
    let mut foreign = sample("iam_user_key");
    foreign["accountId"] = json!("999999999999");
    let stage = heard(&[of(&foreign)], &[foreign]);
    assert_eq!(letters(&stage), [&Told::Foreign("999999999999".into())]);
    assert_eq!(settles(&stage), [How::Delete]);
    let stage = stage.settled();
    assert_eq!(stage.world.subject.status.undeclared_accounts, ["999999999999"]);
    assert!(stage.world.incidents.is_empty());
}

/// The account of the queue is none of those whose findings count.
#[test]
fn the_account_of_the_queue_is_not_declared_by_that() {
    let mut own = sample("iam_user_key");
    own["accountId"] = json!("210987654321");
    assert_eq!(
        letters(&heard(&[of(&own)], &[])),
        [&Told::Foreign("210987654321".into())]
    );
}

#[test]
fn nothing_is_undeclared_while_an_account_cannot_be_read() {
    let mut foreign = sample("iam_user_key");
    foreign["accountId"] = json!("999999999999");
    for unknown in [Account::Absent, Account::Unreadable("newer".into())] {
        let mut stage = heard(&[], &[]);
        stage.world.accounts.insert("production".into(), unknown);
        give(&mut stage, &[of(&foreign)], &[], 1);
        stage.world.unread = queue::account_problems(&stage.world.subject, &stage.world.accounts);
        assert_eq!(letters(&stage), [&Told::Undecided]);
        let rest = stage.run(1).unwrap();
        assert!(
            ["AccountNotFound", "Unreadable"].contains(&ready(&rest).0.as_str()),
            "it stays, and says so"
        );
    }
}

#[test]
fn what_no_grant_lets_be_read_goes_where_people_can_put_it_back() {
    let mut stage = heard(&[], &[]);
    let mut elsewhere = sample("iam_user_key");
    elsewhere["region"] = json!("eu-west-1");
    give(&mut stage, &[of(&elsewhere)], &[elsewhere], 1);
    let [How::Reject { why, .. }] = &settles(&stage)[..] else {
        panic!()
    };
    assert!(why.contains("does not list eu-west-1"), "{why}");
    let Some(Account::Known(account)) = stage.world.accounts.get_mut("production") else {
        panic!()
    };
    account.grants.clear();
    give(&mut stage, &[of(&sample("iam_user_key"))], &[], 1);
    let [How::Reject { why, .. }] = &settles(&stage)[..] else {
        panic!()
    };
    assert!(why.contains("no findings in us-east-1"), "{why}");
    let problems = queue::account_problems(&stage.world.subject, &stage.world.accounts);
    assert_eq!(problems.values().next().unwrap().reason, Reason::AccountNotGranted);
}

#[test]
fn a_product_that_does_not_answer_keeps_the_message() {
    let mut stage = heard(&[of(&sample("iam_user_key"))], &[]);
    let Some(Ok(mail)) = &mut stage.world.post else {
        panic!()
    };
    let problem = Problem {
        reason: Reason::Throttled,
        message: "slow down".into(),
    };
    queue::answered(&mut mail.letters, &site(), &Err(problem.clone()));
    stage.world.unread.insert(site(), problem);
    let rest = stage.run(1).unwrap();
    assert_eq!(ready(&rest).0, "Throttled");
    assert_eq!(rest.status.queue.unwrap().handled, 0);
}

#[test]
fn what_the_api_server_refuses_is_no_fault_of_the_message() {
    let finding = sample("iam_user_key");
    let mut stage = heard(&[of(&finding)], std::slice::from_ref(&finding));
    let id = finding["arn"].as_str().unwrap().to_owned();
    stage.world.refused.insert(id, "no".into());
    let rest = stage.run(1).unwrap();
    assert_eq!((rest.status.queue.unwrap().handled, rest.status.counts.read), (0, 0));
}

#[test]
fn a_message_that_cannot_be_deleted_is_told_and_counts_nothing() {
    let mut stage = heard(&["{}".into()], &[]);
    let Some(Ok(mail)) = &mut stage.world.post else {
        panic!()
    };
    mail.letters[0].settled = Some(Err(Problem {
        reason: Reason::AccessDenied,
        message: "sqs:SendMessage: AccessDenied".into(),
    }));
    let rest = stage.run(1).unwrap();
    let queue = rest.status.queue.clone().unwrap();
    assert_eq!((queue.rejected, ready(&rest).0.as_str()), (0, "AccessDenied"));
    assert!(queue.problem.unwrap().contains("SendMessage") && rest.after > 0);
}

type Spoil = fn(&mut Value);

#[test]
fn a_queue_is_read_where_its_owner_lets_the_namespace() {
    let stage = heard(&[], &[]);
    let why = |change: fn(&mut Value)| {
        let mut account = security();
        change(&mut account);
        let problem = queue::place(&stage.world.subject, &known_as(account))
            .unwrap()
            .unwrap_err();
        (problem.reason, problem.message)
    };
    let cases: [(Spoil, Reason, &str); 6] = [
        (
            |one| one["grants"][0]["namespaces"] = json!(["others"]),
            Reason::AccountNotGranted,
            "no findingQueue on",
        ),
        (
            |one| one["grants"][0]["kinds"] = json!(["findings"]),
            Reason::AccountNotGranted,
            "no findingQueue on",
        ),
        (
            |one| one["grants"][0]["arnPatterns"] = json!(["arn:aws:sqs:us-east-1:210987654321:other"]),
            Reason::AccountNotGranted,
            "spec.grants",
        ),
        (
            |one| one["accountId"] = json!("111111111111"),
            Reason::WrongAccount,
            "spec.sqs.accountRef",
        ),
        (
            |one| one["regions"] = json!(["eu-west-1"]),
            Reason::RegionNotListed,
            "us-east-1",
        ),
        (
            |one| drop(one["roles"].as_object_mut().unwrap().remove("queue")),
            Reason::AccountNotGranted,
            "spec.roles.queue",
        ),
    ];
    for (change, reason, says) in cases {
        let (told, message) = why(change);
        assert!(told == reason && message.contains(says), "{told:?} {message}");
    }
    let gone = queue::place(&stage.world.subject, &Account::Absent)
        .unwrap()
        .unwrap_err();
    assert_eq!(gone.reason, Reason::AccountNotFound);
    assert_eq!(queue::place(&Stage::new(&[]).world.subject, &Account::Absent), None);
}

#[test]
fn a_queue_that_is_not_read_is_told_and_keeps_nothing_else_back() {
    let problem = Problem {
        reason: Reason::AccountNotGranted,
        message: "no findingQueue".into(),
    };
    let mut alone = heard(&[], &[]);
    alone.world.post = Some(Err(problem.clone()));
    let rest = alone.run(1).unwrap();
    let receiving = rest
        .status
        .conditions
        .iter()
        .find(|one| one.type_ == "Receiving")
        .unwrap();
    assert_eq!(
        (receiving.status.as_str(), ready(&rest).0.as_str()),
        ("False", "AccountNotGranted")
    );
    let mut both = Stage::new(&[sample("iam_user_key")]);
    both.world.post = Some(Err(problem));
    let rest = both.run(10).unwrap();
    assert_eq!(rest.status.counts.opened, 1);
    let receiving = rest
        .status
        .conditions
        .iter()
        .find(|one| one.type_ == "Receiving")
        .unwrap();
    assert_eq!(receiving.status, "True");
}

#[test]
fn an_empty_queue_is_looked_at_again_within_seconds() {
    let rest = heard(&[], &[]).run(1).unwrap();
    assert!((1..=5).contains(&rest.after), "{}", rest.after);
    assert_eq!(ready(&rest), ("Polling".into(), "the queue answers".into()));
}

/// Something that may be JSON, and may be an event.
fn any_body() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(|one| json!(one)),
        any::<i64>().prop_map(|one| json!(one)),
        ".{0,20}".prop_map(|one| json!(one)),
        prop::sample::select(vec![
            "aws.guardduty",
            "GuardDuty Finding",
            "123456789012",
            "us-east-1",
            "abc"
        ])
        .prop_map(|one| json!(one)),
    ];
    let names = prop::sample::select(vec![
        "source",
        "detail-type",
        "detail",
        "accountId",
        "region",
        "id",
        "service",
        "type",
    ]);
    let tree = leaf.prop_recursive(4, 32, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|one| json!(one)),
            prop::collection::btree_map(names.clone().prop_map(str::to_owned), inner, 0..8).prop_map(|one| json!(one)),
        ]
    });
    prop_oneof![".{0,64}", tree.prop_map(|one| one.to_string())]
}

proptest! {
    /// Whatever is on the queue: it names a finding in an account and region that AWS could have, or is rejected in our own words.
    #[test]
    fn any_body_is_a_hint_or_a_named_rejection(body in any_body(), detail in any_body()) {
        let mut event = event(&sample("iam_user_key"));
        event["detail"] = serde_json::from_str(&detail).unwrap_or(Value::Null);
        for body in [body, event.to_string()] {
            let stage = heard(&[body], &[]);
            match letters(&stage)[..] {
                [Told::Nothing(why)] => prop_assert!(why.is_ascii() && why.len() < 300),
                [Told::Foreign(account)] => prop_assert!(account.len() == 12),
                [Told::Finding { hint, .. }] => prop_assert!(hint.id.len() <= 128),
                _ => prop_assert!(false),
            }
            let mut stage = stage;
            prop_assert!(stage.run(10).is_some());
        }
    }

    /// And so is any change of an event, down to single bytes.
    #[test]
    fn a_spoilt_event_never_gets_more_than_it_had(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = of(&sample("iam_exfiltration")).into_bytes();
        let place = at.index(bytes.len());
        bytes[place] = byte;
        let mut stage = heard(&[String::from_utf8_lossy(&bytes).into_owned()], &[]);
        prop_assert!(stage.run(10).is_some());
        prop_assert!(stage.world.incidents.values().all(|seen| !seen.record.as_ref().unwrap().confirmed));
    }
}

//! A message in each provider's form, and what its answer means.

use super::{Answered, Secret, Stage, waits};
use crate::coordinate::notification::{Endpoint, Endpoints, Post, Reply, answered, sealed};
use firebreak_crds::{Severity::Critical, incident::IncidentState, notification_channel::PagerDutyRegion};
use serde_json::{Value, json};

const SLACK: &str =
    r#"{"slack": {"secretRef": {"name": "s"}, "channel": "C1"}, "link": "https://c.example/{namespace}/{name}"}"#;

fn taken(thread: Option<&str>) -> Answered {
    Answered::Taken {
        thread: thread.map(ToOwned::to_owned),
    }
}

fn endpoints() -> Endpoints {
    Endpoints {
        slack: "https://slack.com/api".into(),
        pager_duty: None,
    }
}

#[test]
fn slack_keeps_one_thread_for_each_incident() {
    let mut stage = Stage::new(&serde_json::from_str(SLACK).unwrap());
    stage.open("leak", Critical).type_ = Some("<!channel> & *x*".into());
    let first = stage.answer(&taken(Some("17.1")));
    let text = first.posts[0].body["text"].as_str().unwrap();
    assert_eq!(
        text,
        "Critical Incident payments/leak: opened\nFinding: &lt;!channel&gt; &amp; ∗x∗\n<https://c.example/payments/leak|Open>"
    );
    assert_eq!(
        (first.posts[0].body.get("thread_ts"), &first.posts[0].body["channel"]),
        (None, &json!("C1"))
    );
    stage.seen("leak").acknowledged = true;
    let second = stage.answer(&taken(Some("17.2")));
    assert_eq!(second.posts[0].body["thread_ts"], "17.1");
    stage.seen("leak").state = IncidentState::Resolved;
    assert_eq!(stage.answer(&taken(None)).posts[0].body["thread_ts"], "17.1");
}

#[test]
fn pagerduty_triggers_acknowledges_and_resolves_under_one_key() {
    let mut stage = Stage::new(&json!({"pagerDuty": {"secretRef": {"name": "s"}, "region": "EU"}}));
    let act = |stage: &mut Stage| -> Vec<(String, String)> {
        let posts = stage.answer(&taken(None)).posts;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        posts
            .iter()
            .map(|post| (text(&post.body["event_action"]), text(&post.body["dedup_key"])))
            .collect()
    };
    let key = waits("role").key();
    let pair = |action: &str, key: &str| (action.to_owned(), key.to_owned());
    stage.open("leak", Critical).pending = vec![waits("role")];
    let response = format!("uid-leak/{key}");
    assert_eq!(
        act(&mut stage),
        [pair("trigger", "uid-leak"), pair("trigger", &response)]
    );
    stage.seen("leak").acknowledged = true;
    assert_eq!(act(&mut stage), [pair("acknowledge", "uid-leak")]);
    stage.seen("leak").pending.clear();
    assert_eq!(act(&mut stage), [pair("resolve", &response)]);
    stage.seen("leak").state = IncidentState::Contained;
    assert_eq!(act(&mut stage), []);
    assert!(stage.due().is_none());
    stage.seen("leak").pending = vec![waits("role")];
    act(&mut stage);
    stage.world.incidents.clear();
    assert_eq!(
        act(&mut stage),
        [pair("resolve", &response), pair("resolve", "uid-leak")]
    );
}

#[test]
fn teams_shows_a_card_in_which_names_stay_names() {
    let mut stage = Stage::new(&json!({"teams": {"secretRef": {"name": "s"}}}));
    stage.open("leak", Critical).type_ = Some("[x](https://evil.example)".into());
    let post = stage.answer(&taken(None)).posts.remove(0);
    let card = &post.body["attachments"][0]["content"];
    assert_eq!(card["body"][0]["text"], "Critical Incident payments/leak: opened");
    assert_eq!(card["body"][1]["text"], "Finding: \\[x\\]\\(https://evil.example\\)");
    assert_eq!(card["actions"], json!([]));
}

#[test]
fn no_form_holds_what_would_approve_anything() {
    for provider in ["slack", "teams", "webhook", "pagerDuty"] {
        let mut stage = Stage::new(&json!({provider: {"secretRef": {"name": "s"}}}));
        stage.open("leak", Critical).pending = vec![waits("role")];
        let said = format!("{:?}", stage.due().unwrap().posts).to_lowercase();
        assert!(!said.contains("approve") && !said.contains("callback"), "{said}");
    }
}

#[test]
fn a_request_holds_the_secret_and_prints_none_of_it() {
    let secret = Secret(
        [
            ("url", "https://hook.example"),
            ("signingKey", "key"),
            ("token", "xoxb-1"),
            ("routingKey", "r1"),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into(),
    );
    let post = |to| Post {
        to,
        body: json!({"a": 1}),
    };
    let now = "2026-03-01T12:00:00Z".parse().unwrap();
    let make = |to| sealed(&post(to), &secret, &endpoints(), now).unwrap();
    let signed = make(Endpoint::Signed);
    assert_eq!(
        (signed.url.as_str(), signed.body.as_str()),
        ("https://hook.example", r#"{"a":1}"#)
    );
    // printf '1772366400.{"a":1}' | openssl dgst -sha256 -hmac key
    assert_eq!(
        signed.headers,
        [
            ("x-firebreak-timestamp", "1772366400".to_owned()),
            (
                "x-firebreak-signature",
                "sha256=90a64f88ebf606de162bfece044c01c80129bba6361c091018f52b4b50366e6b".to_owned()
            )
        ]
    );
    let slack = make(Endpoint::Slack);
    assert_eq!(
        (slack.url.as_str(), slack.headers[0].1.as_str()),
        ("https://slack.com/api/chat.postMessage", "Bearer xoxb-1")
    );
    let pager = make(Endpoint::PagerDuty(PagerDutyRegion::EU));
    assert_eq!(pager.url, "https://events.eu.pagerduty.com/v2/enqueue");
    assert!(pager.body.contains(r#""routing_key":"r1""#));
    let printed = format!("{pager:?}{slack:?}{secret:?}");
    assert!(
        !printed.contains("xoxb") && !printed.contains("r1") && !printed.contains("hook.example"),
        "{printed}"
    );
}

#[test]
fn each_answer_is_read_on_purpose() {
    let reply = |status, body: &str| {
        Ok(Reply {
            status,
            retry_after: Some(7),
            body: body.to_owned(),
        })
    };
    let kind = |to, answer| match answered(&Post { to, body: json!({}) }, answer) {
        Answered::Taken { thread } => format!("taken {thread:?}"),
        Answered::Later { after, .. } => format!("later {after:?}"),
        Answered::Refused(_) => "refused".to_owned(),
    };
    let table = [
        (Endpoint::Url, reply(200, ""), "taken None"),
        (Endpoint::Url, reply(202, "ok"), "taken None"),
        (Endpoint::Url, reply(429, ""), "later Some(7)"),
        (Endpoint::Url, reply(503, ""), "later Some(7)"),
        (Endpoint::Url, reply(404, "no such hook"), "refused"),
        (Endpoint::Url, reply(302, ""), "refused"),
        (Endpoint::Url, reply(0, ""), "refused"),
        (Endpoint::Url, Err("connection reset".into()), "later None"),
        (
            Endpoint::Slack,
            reply(200, r#"{"ok":true,"ts":"1.2"}"#),
            "taken Some(\"1.2\")",
        ),
        (
            Endpoint::Slack,
            reply(200, r#"{"ok":false,"error":"invalid_auth"}"#),
            "refused",
        ),
        (
            Endpoint::Slack,
            reply(200, r#"{"ok":false,"error":"ratelimited"}"#),
            "later Some(7)",
        ),
        (Endpoint::Slack, reply(200, "<html>"), "later Some(7)"),
    ];
    for (to, answer, expected) in table {
        assert_eq!(kind(to, answer.clone()), expected, "{to:?} {answer:?}");
    }
}

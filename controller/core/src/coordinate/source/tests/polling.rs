//! What is asked, what is counted, and what is told of it.

use super::*;

#[test]
fn what_opens_nothing_is_counted() {
    let mut archived = sample("iam_user_key");
    archived["service"]["archived"] = json!(true);
    let mut foreign = another("iam_user_key", 7);
    foreign["accountId"] = json!("999999999999");
    let rest = Stage::new(&[sample("sample"), archived, foreign, json!({"id": "x"})])
        .run(1)
        .unwrap();
    assert_eq!((rest.status.counts.left_out, rest.status.counts.read), (4, 4));
    assert_eq!(rest.status.undeclared_accounts, ["999999999999"]);
    let none = Stage::new(&[sample("iam_user_key")]).played(Vec::new()).run(1).unwrap();
    assert_eq!(none.status.counts.unmatched, 1);
}

#[test]
fn what_the_api_server_refuses_keeps_no_other_back() {
    let mut stage = Stage::new(&[sample("iam_user_key"), sample("lambda_network")]);
    let id = sample("iam_user_key")["arn"].as_str().unwrap().to_owned();
    stage.world.refused.insert(id, "no".into());
    let rest = stage.run(10).unwrap();
    assert_eq!((rest.status.counts.left_out, rest.status.counts.opened), (1, 1));
    assert!(
        rest.status
            .conditions
            .iter()
            .any(|one| one.type_ == "Ready" && one.status == "False")
    );
}

#[test]
fn a_full_page_is_followed_at_once_and_none_is_read_for_ever() {
    let findings: Vec<Value> = (0..100).map(|number| another("iam_exfiltration", number)).collect();
    let mut stage = Stage::new(&findings);
    let first = stage.run(5000).unwrap();
    assert_eq!(first.after, 0);
    let second = stage.run(5000).unwrap();
    let at = |rest: &Rest| {
        rest.status.polls[0]
            .up_to
            .clone()
            .unwrap()
            .parse::<Timestamp>()
            .unwrap()
    };
    assert_eq!(at(&second).duration_since(at(&first)), SignedDuration::from_millis(1));
    assert_eq!(Stage::new(&[]).run(1).unwrap().after, 60);
}

#[test]
fn a_time_to_come_hides_nothing() {
    let mut finding = sample("iam_exfiltration");
    finding["updatedAt"] = json!("2199-01-01T00:00:00Z");
    let rest = Stage::new(&[finding]).run(10).unwrap();
    assert_eq!(rest.status.polls[0].up_to, Some(now().to_string()));
}

#[test]
fn sites_that_cannot_be_asked_say_why_and_keep_no_other_back() {
    let stage = Stage::new(&[]);
    let subject = |guard_duty: Value| {
        let mut subject = stage.world.subject.clone();
        subject.spec = serde_json::from_value(json!({"guardDuty": guard_duty})).unwrap();
        subject
    };
    let why = |guard_duty: Value, namespace: &str| {
        let mut subject = subject(guard_duty);
        subject.owner.namespace = namespace.into();
        let (asks, problems) = asks(&subject, &stage.world.accounts);
        (asks.len(), problems.values().map(|one| one.reason).collect::<Vec<_>>())
    };
    let named = json!([{"name": "production"}, {"name": "gone"}]);
    assert_eq!(
        why(json!({"accounts": named}), "payments"),
        (1, vec![Reason::AccountNotFound])
    );
    assert_eq!(
        why(json!({"accounts": [{"name": "production"}]}), "others"),
        (0, vec![Reason::AccountNotGranted])
    );
    let regions = json!({"accounts": [{"name": "production"}], "regions": ["us-east-1", "us-west-2"]});
    assert_eq!(why(regions, "payments"), (1, vec![Reason::RegionNotListed]));
}

#[test]
fn a_grant_is_of_the_regions_and_detectors_that_it_names() {
    let mut stage = Stage::new(&[]);
    for (pattern, granted) in [
        ("arn:aws:guardduty:*", 1),
        ("arn:aws:guardduty:us-east-1:*", 1),
        ("arn:aws:guardduty:us-east-1:123456789012:detector/abc", 1),
        ("arn:aws:guardduty:eu-west-1:123456789012:detector/*", 0),
        ("arn:aws:guardduty:us-east-1:999999999999:detector/*", 0),
        ("arn:aws:iam::123456789012:role/*", 0),
    ] {
        let Some(Account::Known(account)) = stage.world.accounts.get_mut("production") else {
            panic!("no account");
        };
        account.grants[0].arn_patterns = vec![pattern.into()];
        let (asks, _) = asks(&stage.world.subject, &stage.world.accounts);
        assert_eq!(asks.len(), granted, "{pattern}");
    }
}

#[test]
fn the_first_look_goes_back_before_the_creation_and_the_next_to_where_it_was() {
    let mut stage = Stage::new(&[sample("iam_exfiltration")]);
    let since = |stage: &Stage| {
        asks(&stage.world.subject, &stage.world.accounts).0[0]
            .asked
            .updated_since
            .to_string()
    };
    assert_eq!(since(&stage), "2026-11-27T23:00:00Z");
    stage.run(10).unwrap();
    assert_eq!(
        since(&stage),
        "2026-11-28T21:24:11.902Z",
        "and a little further: findings may be told late"
    );
    stage.world.subject.status.polls[0].more = true;
    assert_eq!(since(&stage), "2026-11-28T21:34:11.902Z");
}

#[test]
fn a_problem_of_one_region_is_told_and_findings_are_received_from_another() {
    let mut stage = Stage::new(&[]);
    let other = Site {
        region: "us-west-2".into(),
        ..site()
    };
    stage.world.polled.insert(
        other,
        Err(Problem {
            reason: Reason::PollFailed,
            message: "no answer".into(),
        }),
    );
    let rest = stage.run(1).unwrap();
    let is = |type_: &str| {
        rest.status
            .conditions
            .iter()
            .find(|one| one.type_ == type_)
            .unwrap()
            .status
            .clone()
    };
    assert_eq!(
        (is("Ready"), is("Receiving"), is("Stalled")),
        ("False".into(), "True".into(), "False".into())
    );
    assert_eq!(rest.status.polls[1].problem.as_deref(), Some("no answer"));
}

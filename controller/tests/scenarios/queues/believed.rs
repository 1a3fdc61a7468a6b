//! What a message cannot do: name the queue of another tenant, or have anything acted on that its product does not tell.

use super::*;

#[tokio::test]
async fn tenant_that_names_the_queue_of_another_receives_nothing() {
    let bench = listening();
    bench.api.edit::<AwsAccount>(None, "production", |account| {
        let all = account.spec.grants.remove(0);
        let of = |namespace: &str, kinds: &[&str]| firebreak_crds::Grant {
            namespaces: vec![namespace.into()],
            kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
            ..all.clone()
        };
        account.spec.grants = vec![
            of(TEAM, &["findings", "findingQueue", "iamRole"]),
            of("others", &["findings", "iamRole"]),
        ];
    });
    source(&bench, "others", &json!({"sqs": queue()}));
    found(&bench, "payments-task", 1);
    bench.aws.clear_calls();
    bench.executor.receive("others", "guardduty", None).await.unwrap();
    assert_eq!(
        (bench.aws.calls().len(), left(&bench), incidents(&bench).len()),
        (0, 1, 0)
    );
    let theirs: FindingSource = bench.api.get(Some("others"), "guardduty").unwrap();
    let conditions = theirs.status.unwrap().conditions;
    let ready = conditions.iter().find(|one| one.type_ == "Ready").unwrap();
    let says =
        ready.message.contains("grants namespace others no findingQueue") && ready.message.contains("spec.grants");
    assert!(ready.reason == "AccountNotGranted" && says, "{ready:?}");
    receive(&bench).await;
    assert_eq!(sizes(&bench), [1]);
}

#[tokio::test]
async fn forged_critical_acts_on_nothing() {
    let bench = listening();
    let mut forged = about(&bench, "payments-task", 1);
    forged["severity"] = json!(9.9);
    tell(&bench, &forged);
    receive(&bench).await;
    assert_eq!(
        (left(&bench), incidents(&bench).len()),
        (1, 0),
        "it is asked for once more"
    );
    bench.pass(i64::from(HIDDEN) + 1);
    receive(&bench).await;
    assert_eq!((left(&bench), dead(&bench).len()), (0, 0));
    coordinate(&bench).await;
    let name = response(&bench);
    assert_eq!(bench.quarantine(&name).spec.mode, firebreak_crds::Mode::Observe);
    bench.keep(&name, 600).await;
    assert_eq!(bench.wrote(), [""; 0]);
    coordinate(&bench).await;
    let incident = only(&bench);
    assert!(incident.metadata.name.unwrap().starts_with("unconfirmed-"));
    let conditions = incident.status.unwrap().conditions;
    let confirmed = conditions.iter().find(|one| one.type_ == "Confirmed").unwrap();
    assert_eq!(
        (confirmed.status.as_str(), confirmed.reason.as_str()),
        ("False", "FindingNotRead")
    );
}

/// An attacker may have switched it off: the message must not wait for it.
#[tokio::test]
async fn where_guardduty_is_off_a_message_opens_an_incident_that_is_not_confirmed() {
    let bench = listening();
    found(&bench, "payments-task", 1);
    bench
        .aws
        .change(|world| world.region_mut(ACCOUNT, REGION).unwrap().without_detector = true);
    receive(&bench).await;
    bench.pass(i64::from(HIDDEN) + 1);
    receive(&bench).await;
    assert_eq!((left(&bench), reason(&bench, "Ready").as_str()), (0, "Polling"));
    assert!(only(&bench).metadata.name.unwrap().starts_with("unconfirmed-"));
}

/// The real one is an Incident of its own, and acts.
#[tokio::test]
async fn what_is_forged_first_keeps_no_real_finding_from_acting() {
    let bench = listening();
    let finding = about(&bench, "payments-task", 1);
    tell(&bench, &finding);
    receive(&bench).await;
    bench.pass(i64::from(HIDDEN) + 1);
    receive(&bench).await;
    find(&bench, finding.clone());
    tell(&bench, &finding);
    receive(&bench).await;
    coordinate(&bench).await;
    assert_eq!(sizes(&bench), [1, 1]);
    let mut modes: Vec<String> = bench
        .api
        .all::<Quarantine>()
        .iter()
        .map(|one| format!("{:?}", one.spec.mode))
        .collect();
    modes.sort();
    assert_eq!(modes, ["Enforce", "Observe"]);
}

#[tokio::test]
async fn finding_that_can_be_read_a_moment_later_is_confirmed() {
    let bench = listening();
    let finding = about(&bench, "payments-task", 1);
    tell(&bench, &finding);
    receive(&bench).await;
    find(&bench, finding);
    bench.pass(i64::from(HIDDEN) + 1);
    receive(&bench).await;
    assert!(!only(&bench).metadata.name.unwrap().starts_with("unconfirmed-"));
}

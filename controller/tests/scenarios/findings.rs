//! Findings: the Incidents that they open, with how much authority, and what keeps none of them from being heard.

use crate::{
    fake_api::{Effect, Match, Verb},
    support::{
        Bench,
        words::{self, TEAM},
    },
};
use firebreak_cloud::memory::{ACCOUNT, REGION, sample};
use firebreak_core::settings::Settings;
use firebreak_crds::{
    FindingSource, FindingSourceStatus, Incident, Mode, Playbook, Quarantine, REQUESTED_BY, Severity,
    finding_source::Samples, incident::IncidentIntent,
};
use serde_json::{Value, json};

const EDITOR: &str = "pat@example.com";

/// A finding of GuardDuty about a role of the sample world, updated within the last second: the higher its number, the later.
pub fn about(bench: &Bench, role: &str, number: usize) -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/core/data/findings/iam_exfiltration.json");
    let mut finding: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let at = (bench.now() - jiff::SignedDuration::from_millis(1000 - number as i64)).to_string();
    finding["resource"]["accessKeyDetails"]["userName"] = json!(role);
    finding["accountId"] = json!(ACCOUNT);
    finding["region"] = json!(REGION);
    finding["id"] = json!(format!("{role}-{number}"));
    finding["arn"] = json!(format!(
        "arn:aws:guardduty:{REGION}:{ACCOUNT}:detector/d/finding/{role}-{number}"
    ));
    finding["updatedAt"] = json!(at);
    finding["createdAt"] = json!(at);
    finding["service"]["eventLastSeen"] = json!(at);
    finding
}

pub fn find(bench: &Bench, finding: Value) {
    bench.aws.put_finding(ACCOUNT, REGION, finding);
}

fn source(bench: &Bench, namespace: &str) {
    let object = json!({
        "apiVersion": "firebreak.dev/v1alpha1", "kind": "FindingSource", "metadata": {"name": "guardduty", "namespace": namespace},
        "spec": {"guardDuty": {"accounts": [{"name": "production"}]}},
    });
    bench
        .api
        .seed::<FindingSource>(&serde_json::from_value(object).unwrap());
}

/// A playbook that cuts off the owner of stolen credentials.
pub fn playbook(bench: &Bench, mode: &str) {
    let owner =
        json!({"name": "owner", "from": "AccessKeyOwner", "iamRole": {"methods": ["DenyAll"], "denyPolicy": "Inline"}});
    let object = json!({
        "apiVersion": "firebreak.dev/v1alpha1", "kind": "Playbook",
        "metadata": {"name": "stolen", "namespace": TEAM, "annotations": {REQUESTED_BY: EDITOR}},
        "spec": {"mode": mode, "responses": [owner]},
    });
    bench.api.seed::<Playbook>(&serde_json::from_value(object).unwrap());
}

/// A world with everything granted, a source and a playbook, in which so many must approve a containment.
pub fn watching(required: u8, mode: &str) -> Bench {
    let bench = Bench::of(sample());
    bench.api.seed(&words::account());
    bench.api.seed(&words::guardrail_contain(required));
    source(&bench, TEAM);
    playbook(&bench, mode);
    bench
}

pub async fn receive(bench: &Bench) {
    bench.executor.receive(TEAM, "guardduty", None).await.unwrap();
    stamp(bench);
}

/// What the operator wrote is stamped with the operator, as the API server does.
pub fn stamp(bench: &Bench) {
    let operator = Settings::default().operator;
    for incident in bench.api.all::<Incident>() {
        let name = incident.metadata.name.clone().unwrap();
        if incident
            .metadata
            .annotations
            .unwrap_or_default()
            .contains_key(REQUESTED_BY)
        {
            continue;
        }
        bench.api.edit::<Incident>(Some(TEAM), &name, |one| {
            one.metadata
                .annotations
                .get_or_insert_default()
                .insert(REQUESTED_BY.to_owned(), operator.clone());
        });
    }
    for child in bench.api.all::<Quarantine>() {
        let name = child.metadata.name.clone().unwrap();
        bench.api.edit::<Quarantine>(Some(TEAM), &name, |one| {
            one.metadata
                .annotations
                .get_or_insert_default()
                .insert(REQUESTED_BY.to_owned(), operator.clone());
        });
    }
}

pub async fn coordinate(bench: &Bench) {
    for incident in bench.api.all::<Incident>() {
        let name = incident.metadata.name.unwrap();
        bench.executor.coordinate(TEAM, &name, None).await.unwrap();
    }
    stamp(bench);
}

pub fn only(bench: &Bench) -> Incident {
    let mut all = bench.api.all::<Incident>();
    assert_eq!(all.len(), 1);
    all.remove(0)
}

/// The name of the one Quarantine.
pub fn response(bench: &Bench) -> String {
    let all = bench.api.all::<Quarantine>();
    assert_eq!(all.len(), 1);
    all[0].metadata.name.clone().unwrap()
}

/// The same as a sample, which somebody asked GuardDuty for.
fn sampled(mut finding: Value) -> Value {
    finding["id"] = json!(format!("sample-{}", finding["id"].as_str().unwrap()));
    finding["arn"] = json!(format!("{}-sample", finding["arn"].as_str().unwrap()));
    finding["title"] = json!("[SAMPLE] Credentials were used from outside");
    finding
}

pub fn status(bench: &Bench) -> FindingSourceStatus {
    let object: FindingSource = bench.api.get(Some(TEAM), "guardduty").unwrap();
    object.status.unwrap()
}

pub fn reason(bench: &Bench, kind: &str) -> String {
    status(bench)
        .conditions
        .into_iter()
        .find(|one| one.type_ == kind)
        .unwrap()
        .reason
}

#[tokio::test]
async fn finding_is_contained_by_itself_where_nobody_needs_to_be_asked() {
    let bench = watching(0, "Act");
    find(&bench, about(&bench, "payments-task", 1));
    receive(&bench).await;
    coordinate(&bench).await;
    assert_eq!(bench.settle(&response(&bench)).await, "Contained");
    coordinate(&bench).await;
    let conditions = only(&bench).status.unwrap().conditions;
    let confirmed = conditions.iter().find(|one| one.type_ == "Confirmed").unwrap();
    assert_eq!(
        (confirmed.status.as_str(), confirmed.reason.as_str()),
        ("True", "FindingRead")
    );
}

#[tokio::test]
async fn proposal_waits_for_one_person_who_did_not_edit_the_playbook() {
    let bench = watching(0, "Propose");
    find(&bench, about(&bench, "payments-task", 1));
    receive(&bench).await;
    coordinate(&bench).await;
    let name = response(&bench);
    assert_eq!(bench.settle(&name).await, "AwaitingApproval");
    bench.approve(&name, EDITOR);
    assert_eq!(
        bench.settle(&name).await,
        "AwaitingApproval",
        "who wrote the playbook asked for it"
    );
    bench.approve(&name, "ann@example.com");
    assert_eq!(bench.settle(&name).await, "Contained");
}

#[tokio::test]
async fn what_a_playbook_asks_for_takes_one_approval_more() {
    let bench = watching(1, "Act");
    find(&bench, about(&bench, "payments-task", 1));
    receive(&bench).await;
    coordinate(&bench).await;
    let name = response(&bench);
    assert_eq!(bench.settle(&name).await, "AwaitingApproval");
    bench.approve(&name, "ann@example.com");
    assert_eq!(bench.settle(&name).await, "AwaitingApproval");
    bench.approve(&name, "bob@example.com");
    assert_eq!(bench.settle(&name).await, "Contained");
}

#[tokio::test]
async fn finding_that_is_updated_while_a_plan_waits_raises_no_authority() {
    let bench = watching(2, "Act");
    find(&bench, about(&bench, "payments-task", 1));
    receive(&bench).await;
    coordinate(&bench).await;
    let before = bench.quarantine(&response(&bench)).spec;
    let mut worse = about(&bench, "payments-task", 1);
    worse["severity"] = json!(9.9);
    bench.pass(5);
    worse["updatedAt"] = json!(bench.now().to_string());
    find(&bench, worse);
    receive(&bench).await;
    coordinate(&bench).await;
    assert_eq!(only(&bench).spec.severity, Severity::Critical);
    assert_eq!(bench.quarantine(&response(&bench)).spec, before);
}

#[tokio::test]
async fn burst_of_500_findings_loses_none_and_opens_no_more_than_the_guardrail_lets() {
    let bench = watching(0, "Act");
    bench.api.seed(&words::guardrail("automation", |spec| {
        spec.automation.max_open_per_hour = Some(3);
        spec.automation.max_responses_per_hour = Some(2);
    }));
    for number in 0..500 {
        find(&bench, about(&bench, &format!("role-{}", number % 100), number));
    }
    for _ in 0..40 {
        receive(&bench).await;
    }
    let all = bench.api.all::<Incident>();
    let mut ids: Vec<&String> = all
        .iter()
        .flat_map(|one| one.spec.findings.iter().map(|finding| &finding.id))
        .collect();
    assert_eq!(ids.len(), 500);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 500, "each is in exactly one");
    let storms = all
        .iter()
        .filter(|one| one.metadata.name.as_ref().unwrap().starts_with("storm-"))
        .count();
    assert_eq!(all.len() - storms, 3);
    let acting = all.iter().flat_map(|one| {
        firebreak_core::coordinate::finding::Record::of(&one.metadata)
            .unwrap()
            .responses
    });
    assert_eq!(acting.filter(|(_, made)| !made.proposed).count(), 2);
}

#[tokio::test]
async fn crash_after_any_write_opens_no_twin_and_loses_nothing() {
    for nth in 0..4 {
        let mut bench = watching(0, "Act");
        find(&bench, about(&bench, "payments-task", 1));
        find(&bench, about(&bench, "payments-task", 2));
        find(&bench, about(&bench, "orders-task", 3));
        let mut on = Match::writes();
        on.skip = nth;
        bench.api.fault(on, Effect::CrashAfter);
        tokio::select! {
            biased;
            _ = bench.executor.receive(TEAM, "guardduty", None) => {}
            () = bench.api.crashed() => {}
        }
        bench.restart();
        receive(&bench).await;
        let mut found: Vec<usize> = bench
            .api
            .all::<Incident>()
            .iter()
            .map(|one| one.spec.findings.len())
            .collect();
        found.sort_unstable();
        assert_eq!(found, [1, 2], "after write {nth}");
        assert_eq!(status(&bench).counts.read, 3, "after write {nth}");
    }
}

#[tokio::test]
async fn two_operators_open_one_incident() {
    let bench = watching(0, "Act");
    find(&bench, about(&bench, "payments-task", 1));
    let rival = bench.rival();
    let both = futures::join!(
        bench.executor.receive(TEAM, "guardduty", None),
        rival.receive(TEAM, "guardduty", None)
    );
    assert!(both.0.is_ok() || both.1.is_ok());
    receive(&bench).await;
    assert_eq!(only(&bench).spec.findings.len(), 1);
}

#[tokio::test]
async fn what_the_server_refuses_keeps_no_other_finding_back() {
    let bench = watching(0, "Act");
    find(&bench, about(&bench, "payments-task", 1));
    find(&bench, about(&bench, "orders-task", 2));
    bench
        .api
        .fault(Match::verb(Verb::Create, "incidents").main_only(), Effect::Refuse(422));
    receive(&bench).await;
    assert_eq!(only(&bench).spec.findings.len(), 1);
    assert_eq!(reason(&bench, "Ready"), "PollFailed");
}

#[tokio::test]
async fn answer_that_may_pass_loses_no_finding() {
    let bench = watching(0, "Act");
    find(&bench, about(&bench, "payments-task", 1));
    bench
        .api
        .fault(Match::verb(Verb::Create, "incidents").main_only(), Effect::Refuse(500));
    assert!(bench.executor.receive(TEAM, "guardduty", None).await.is_err());
    receive(&bench).await;
    assert_eq!(only(&bench).spec.findings.len(), 1);
}

#[tokio::test]
async fn account_that_grants_nothing_is_not_asked() {
    let bench = watching(0, "Act");
    bench
        .api
        .edit::<firebreak_crds::AwsAccount>(None, "production", |account| {
            account.spec.grants[0].namespaces = vec!["another".into()];
        });
    find(&bench, about(&bench, "payments-task", 1));
    bench.aws.clear_calls();
    receive(&bench).await;
    assert_eq!(reason(&bench, "Ready"), "AccountNotGranted");
    assert_eq!(reason(&bench, "Receiving"), "PollFailed");
    assert_eq!((bench.api.all::<Incident>().len(), bench.aws.calls().len()), (0, 0));
}

#[tokio::test]
async fn incident_of_a_person_is_never_changed_by_a_finding() {
    let name = {
        let bench = watching(0, "Act");
        find(&bench, about(&bench, "payments-task", 1));
        receive(&bench).await;
        only(&bench).metadata.name.unwrap()
    };
    let bench = watching(0, "Act");
    let theirs = json!({
        "apiVersion": "firebreak.dev/v1alpha1", "kind": "Incident",
        "metadata": {"name": name, "namespace": TEAM, "annotations": {REQUESTED_BY: EDITOR}}, "spec": {"title": "a drill", "drill": true},
    });
    let before = bench.api.seed::<Incident>(&serde_json::from_value(theirs).unwrap());
    find(&bench, about(&bench, "payments-task", 1));
    receive(&bench).await;
    assert_eq!(bench.api.get::<Incident>(Some(TEAM), &name).unwrap(), before);
    assert_eq!(bench.api.all::<Incident>().len(), 2);
}

#[tokio::test]
async fn activity_after_the_end_opens_it_again_once() {
    let bench = watching(0, "Act");
    find(&bench, about(&bench, "payments-task", 1));
    receive(&bench).await;
    coordinate(&bench).await;
    assert_eq!(bench.settle(&response(&bench)).await, "Contained");
    let name = only(&bench).metadata.name.unwrap();
    let end = |bench: &Bench| {
        bench.api.edit::<Incident>(Some(TEAM), &name, |one| {
            one.spec.state = IncidentIntent::Resolved;
            one.spec.outcome = Some(firebreak_crds::incident::IncidentOutcome::Benign);
        });
    };
    end(&bench);
    bench.pass(10);
    coordinate(&bench).await;
    let resolved = |bench: &Bench| only(bench).status.unwrap().clocks.resolved;
    assert!(resolved(&bench).is_some());
    bench.pass(10);
    find(&bench, about(&bench, "payments-task", 2));
    receive(&bench).await;
    coordinate(&bench).await;
    assert_eq!(resolved(&bench), None, "later activity opens it again");
    bench
        .api
        .edit::<Incident>(Some(TEAM), &name, |one| one.spec.state = IncidentIntent::Open);
    coordinate(&bench).await;
    end(&bench);
    bench.pass(10);
    coordinate(&bench).await;
    assert!(resolved(&bench).is_some(), "what a person decides afterwards stands");
}

#[tokio::test]
async fn sample_is_rehearsed_in_a_drill_that_writes_nothing_and_hides_no_real_finding() {
    let bench = watching(0, "Act");
    bench
        .api
        .edit::<FindingSource>(Some(TEAM), "guardduty", |source| source.spec.samples = Samples::Drill);
    find(&bench, sampled(about(&bench, "payments-task", 0)));
    receive(&bench).await;
    coordinate(&bench).await;
    let drill = only(&bench);
    assert!(drill.spec.drill && drill.metadata.name.unwrap().starts_with("drill-"));
    let name = response(&bench);
    assert_eq!(bench.quarantine(&name).spec.mode, Mode::Observe);
    bench.keep(&name, 60).await;
    assert_eq!(bench.aws.calls().iter().filter(|call| call.is_write()).count(), 0);
    find(&bench, about(&bench, "payments-task", 1));
    receive(&bench).await;
    coordinate(&bench).await;
    let incidents = bench.api.all::<Incident>();
    let real = incidents.iter().find(|one| !one.spec.drill).unwrap();
    assert_eq!((incidents.len(), real.spec.findings.len()), (2, 1));
    let all = bench.api.all::<Quarantine>();
    let acting = all.iter().find(|one| one.spec.mode == Mode::Enforce).unwrap();
    assert_eq!(bench.settle(acting.metadata.name.as_ref().unwrap()).await, "Contained");
}

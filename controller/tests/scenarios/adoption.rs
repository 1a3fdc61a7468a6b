//! The cluster is lost, and custody is rebuilt from the mirror and from AWS.

use super::evidence::account;
use crate::{
    fake_api::FakeApi,
    support::{
        Bench,
        words::{self, HOME},
        worlds::{self, inline},
    },
};
use firebreak_cloud::{
    memory::{ACCOUNT, REGION, access, sample},
    mirror::{Found, salvage},
};
use firebreak_core::{
    aws::access::Access,
    guard,
    run::{
        adoption::{self, Finding, trust::Rules},
        plan::Plan,
    },
};
use firebreak_crds::{DecisionTarget, Guardrail, GuardrailSpec, Hold, HoldState, ResponsePlan, Verb};
use serde_json::{Value, json};

fn place() -> Access {
    Access {
        account: account().spec,
        ..access(ACCOUNT, REGION)
    }
}

async fn contained(target: serde_json::Value) -> Bench {
    let bench = Bench::of(sample());
    bench.api.seed(&account());
    bench.api.seed(&words::guardrail_free());
    bench.quarantined("q", target);
    assert_eq!(bench.settle_with_approvals("q").await, "Contained");
    bench
}

/// A new cluster with nothing in it but what Git has, and the custody that was found.
async fn rebuilt(mut lost: Bench) -> (Bench, Vec<Found>) {
    lost.api = FakeApi::new();
    lost.api.set_now(lost.aws.now());
    lost.restart();
    lost.api.seed(&account());
    lost.api.seed(&words::guardrail_free());
    let found = salvaged(&lost, &vouched(&lost)).await;
    for one in found.iter().filter(|one| one.is_adopted()) {
        if let Finding::Kept { name, hold } = &one.finding {
            lost.api.seed(&Hold::new(name, (**hold).clone()));
        }
    }
    (lost, found)
}

/// A person has read every document, and vouches for it.
fn vouched(bench: &Bench) -> Vec<String> {
    bench.aws.objects().values().map(|body| adoption::name(body)).collect()
}

async fn salvaged(bench: &Bench, named: &[String]) -> Vec<Found> {
    let guardrails: Vec<GuardrailSpec> = bench.api.all::<Guardrail>().into_iter().map(|rail| rail.spec).collect();
    let own = guard::operator_dependencies(&account().spec);
    let rules = Rules {
        plans: &bench.plans("q"),
        named,
        guardrails: &guardrails,
        own: &own,
    };
    salvage(&*bench.aws, &place(), &rules, bench.now()).await.unwrap()
}

#[tokio::test]
async fn a_quarantine_that_is_applied_again_takes_its_custody_up_and_its_release_restores_exactly() {
    for target in [
        words::role_with("payments-task", &["DenyAll", "ReplaceTrust"]),
        words::bucket(&["BlockPublicAccess", "DenyAll"]),
        words::function("payments-nightly"),
        words::instance("Isolate"),
        words::user("ci-deploy", &["DenyAll", "DeactivateKeys"], "Inline"),
    ] {
        let (bench, found) = rebuilt(contained(target.clone()).await).await;
        let kept = |found: &&Found| matches!(found.finding, Finding::Kept { .. });
        assert!(found.iter().filter(kept).count() > 0, "{target}");
        let before = bench.holds();
        bench.aws.clear_calls();
        bench.quarantined("q", target.clone());
        assert_eq!(bench.settle("q").await, "Contained", "{target}");
        assert_eq!(bench.wrote(), [""; 0], "{target}: everything is in place");
        let names = |holds: &[Hold]| holds.iter().map(|hold| hold.metadata.name.clone()).collect::<Vec<_>>();
        let now = names(&bench.holds());
        assert!(names(&before).iter().all(|name| now.contains(name)), "{target}");
        bench.let_go_of_everything("q");
        assert_eq!(bench.settle("q").await, "Released", "{target}");
        bench.pass(300);
        assert_eq!(bench.aws.world(), sample(), "{target}");
    }
}

#[tokio::test]
async fn rebuilt_custody_is_orphaned_and_people_may_release_it() {
    let (bench, _) = rebuilt(contained(words::role("payments-task")).await).await;
    let hold = bench.holds().remove(0);
    assert_eq!(hold.spec.state, HoldState::Orphaned);
    bench.pass(1);
    let target = DecisionTarget {
        kind: "Hold".into(),
        name: hold.metadata.name.clone().unwrap(),
        uid: hold.metadata.uid.clone().unwrap(),
        generation: None,
    };
    bench.decision(HOME, target, "ann@example.com", |word| word.verb = Verb::Release);
    bench.tend_all().await;
    bench.tend_all().await;
    bench.pass(60);
    bench.tend_all().await;
    assert_eq!(bench.aws.world(), sample());
}

#[tokio::test]
async fn what_somebody_changed_since_is_in_conflict_and_what_is_back_is_left_alone() {
    let bench = contained(words::role_with("payments-task", &["DenyAll", "ReplaceTrust"])).await;
    bench
        .aws
        .change(|world| inline(world, worlds::DENY_ALL, worlds::denied("s3:*", None)));
    bench.aws.change(|world| {
        let trust = sample().role(ACCOUNT, "payments-task").unwrap().facts.trust.clone();
        worlds::payments(world).facts.trust = trust;
    });
    let (bench, found) = rebuilt(bench).await;
    assert_eq!(bench.holds()[0].spec.state, HoldState::Conflict);
    assert!(found.iter().any(|one| one.finding == Finding::Back), "{found:?}");
    bench.aws.clear_calls();
    bench.tend_all().await;
    assert_eq!(bench.wrote(), [""; 0]);
}

#[tokio::test]
async fn what_was_released_is_not_taken_up_again() {
    let bench = contained(words::role("payments-task")).await;
    bench.let_go("q");
    assert_eq!(bench.settle("q").await, "Released");
    let (_, found) = rebuilt(bench).await;
    assert_eq!(found, []);
}

#[tokio::test]
async fn what_aws_does_not_tell_is_unknown_and_a_plan_that_was_changed_is_refused() {
    let bench = contained(words::role("payments-task")).await;
    bench.aws.deny("iam:ListAttachedRolePolicies");
    let found = salvaged(&bench, &[]).await;
    assert!(matches!(found[0].finding, Finding::Unknown(_)), "{found:?}");
    bench
        .aws
        .tamper(|body| body.replace("FirebreakDenyAll", "AdministratorAccess"));
    assert!(refused(&salvaged(&bench, &vouched(&bench)).await).contains("was changed"));
}

fn refused(found: &[Found]) -> &str {
    match &found[0].finding {
        Finding::Refused(why) => why,
        other => panic!("{other:?}"),
    }
}

/// The key of the mirrored plan.
fn key(bench: &Bench) -> String {
    let objects = bench.aws.objects();
    objects.into_keys().find(|key| key.ends_with("plan.json")).unwrap()
}

/// Somebody who can write into the bucket adds a newer run, with another before-value.
fn forge(bench: &Bench, change: impl FnOnce(&mut Value)) -> String {
    let key = key(bench);
    let mut forged: Value = serde_json::from_str(&bench.aws.objects()[&key]).unwrap();
    forged["spec"]["run"] = json!(99);
    change(&mut forged["spec"]["payload"]);
    let plan = Plan::read(&forged["spec"]["payload"]).unwrap();
    forged["spec"]["digest"] = json!(plan.digest());
    let body = forged.to_string();
    bench.aws.plant(&key.replace("run-00001", "run-00099"), &body);
    adoption::name(&body)
}

fn trust(payload: &mut Value) {
    payload["steps"][0]["before"] = json!({"Version": "2012-10-17", "Statement": []});
}

#[tokio::test]
async fn forged_newer_plan_is_not_believed_without_a_word_that_names_it() {
    let bench = contained(words::role_with("payments-task", &["ReplaceTrust"])).await;
    let before = bench.holds()[0].spec.before.clone();
    let honest = adoption::name(&bench.aws.objects()[&key(&bench)]);
    let forged = forge(&bench, trust);
    bench
        .api
        .remove::<ResponsePlan>(Some(words::TEAM), bench.plan("q").metadata.name.as_deref().unwrap());
    let found = salvaged(&bench, &[]).await;
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|one| !one.is_adopted()), "nobody vouches for either");
    let found = salvaged(&bench, std::slice::from_ref(&honest)).await;
    let adopted: Vec<&Found> = found.iter().filter(|one| one.is_adopted()).collect();
    assert_eq!((adopted.len(), &adopted[0].before), (1, &before));
    let hashes: Vec<&str> = found
        .iter()
        .map(|one| one.source.as_ref().unwrap().hash.as_str())
        .collect();
    assert_eq!(hashes, [forged.as_str(), honest.as_str()], "both are shown");
}

#[tokio::test]
async fn own_record_vouches_for_its_document_and_exposes_another() {
    let bench = contained(words::role_with("payments-task", &["ReplaceTrust"])).await;
    let found = salvaged(&bench, &[]).await;
    assert!(found[0].is_adopted(), "{found:?}");
    let (key, body) = (key(&bench), bench.aws.objects()[&key(&bench)].clone());
    bench.aws.plant(
        &key,
        &body.replace("\"approvedBy\":[]", "\"approvedBy\":[\"eve (security)\"]"),
    );
    let found = salvaged(&bench, &vouched(&bench)).await;
    assert!(refused(&found).contains("another hash"), "{found:?}");
}

#[tokio::test]
async fn forged_closing_does_not_end_custody_that_aws_shows() {
    let bench = contained(words::role("payments-task")).await;
    bench.aws.plant(&key(&bench).replace("plan.json", "closed.json"), "{}");
    let (_, found) = rebuilt(bench).await;
    let source = found[0].source.as_ref().unwrap();
    assert!(source.closed && found[0].is_adopted(), "{found:?}");
}

#[tokio::test]
async fn guards_are_applied_to_what_is_adopted() {
    type Rule = fn(&mut GuardrailSpec);
    let bench = contained(words::role("payments-task")).await;
    let protected: Rule = |spec| spec.protected.arns = vec!["*:role/payments-task".into()];
    bench.api.seed(&words::guardrail("more", protected));
    let (objects, named) = (bench.aws.objects(), vouched(&bench));
    assert!(refused(&salvaged(&bench, &named).await).starts_with("Protected"));
    bench.api.remove::<Guardrail>(None, "more");
    let own = forge(&bench, |payload| {
        payload["steps"][0]["cell"]["iam"]["role"] = json!("firebreak-contain")
    });
    let found = salvaged(&bench, &[own]).await;
    assert!(refused(&found).starts_with("OwnDependency"), "{found:?}");
    assert_eq!(objects.len() + 1, bench.aws.objects().len());
}

#[tokio::test]
async fn document_that_cannot_be_read_keeps_no_other_from_being_adopted() {
    let bench = contained(words::role("payments-task")).await;
    let prefix = key(&bench).split("/team/").next().unwrap().to_owned();
    bench
        .aws
        .plant(&format!("{prefix}/zzz/q/uid/run-00001/plan.json"), "garbage");
    let moved = bench.aws.objects()[&key(&bench)].clone();
    bench
        .aws
        .plant(&format!("{prefix}/zzz/r/uid/run-00001/plan.json"), &moved);
    let found = salvaged(&bench, &vouched(&bench)).await;
    let adopted = found.iter().filter(|one| one.is_adopted()).count();
    let refused = found
        .iter()
        .filter(|one| matches!(one.finding, Finding::Refused(_)))
        .count();
    assert_eq!((adopted, refused), (1, 2), "{found:?}");
}

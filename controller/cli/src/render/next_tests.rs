//! What is offered to whom.

use super::*;
use crate::fixtures;
use firebreak_crds::Verb;

fn reader(by: &str, may: &[&str]) -> Reader {
    Reader {
        by: Some(by.into()),
        may: may.iter().map(ToString::to_string).collect(),
    }
}

async fn offered(reader: &Reader, approvals: &[(&str, &str)]) -> Vec<String> {
    let plan = fixtures::plan().await;
    let mut records = fixtures::records();
    records.plans = vec![fixtures::run_of(&plan, Some("ann"))];
    let said = |(by, role): &(&str, &str)| fixtures::said(by, Verb::Approve, by, role, &plan.digest());
    records.decisions = approvals.iter().map(said).collect();
    let world = records.world(&fixtures::quarantine(), fixtures::now());
    let run = world.latest().unwrap();
    let standing = Standing::of(&world, run, fixtures::now());
    next_for(run, &standing, reader, "payments", "incident")
}

#[tokio::test]
async fn the_missing_role_is_offered_to_who_can_give_it() {
    let carol = reader("carol", &["approver", "security"]);
    let next = offered(&carol, &[("bob", "approver")]).await;
    assert!(
        next[0].starts_with("kubectl firebreak approve payments -n incident --approver-role security --digest sha256:")
    );
    assert_eq!(next[1], "kubectl firebreak reject payments -n incident --reason '...'");
    let bob = reader("bob", &["approver"]);
    assert!(offered(&bob, &[]).await[0].starts_with("kubectl firebreak approve payments -n incident --digest sha256:"));
}

#[tokio::test]
async fn nobody_is_offered_what_would_be_refused() {
    let ann = offered(&reader("ann", &["approver"]), &[]).await;
    assert!(
        ann[0].starts_with("you requested this run; another person must approve it: "),
        "{ann:?}"
    );
    let otto = offered(&reader("otto", &[]), &[]).await;
    assert_eq!(otto.len(), 1);
    assert!(
        otto[0].starts_with("you may not approve here; ask somebody who may: "),
        "{otto:?}"
    );
    let bob = offered(&reader("bob", &["approver"]), &[("bob", "approver")]).await;
    assert!(bob[0].starts_with("you have approved it; another person must, too: kubectl firebreak approve payments -n incident --approver-role security"), "{bob:?}");
}

#[tokio::test]
async fn a_run_that_waits_for_nobody_leads_to_its_status() {
    let all = [("bob", "approver"), ("carol", "security")];
    assert_eq!(
        offered(&reader("dan", &["approver"]), &all).await,
        ["kubectl firebreak status payments -n incident"]
    );
}

#[tokio::test]
async fn who_changed_the_spec_is_not_offered_to_approve_it() {
    let plan = fixtures::plan().await;
    let mut records = fixtures::records();
    let mut run = fixtures::run_of(&plan, Some("ann"));
    run.status.get_or_insert_default().asked.add_person("eve");
    records.plans = vec![run];
    let world = records.world(&fixtures::quarantine(), fixtures::now());
    let run = world.latest().unwrap();
    let standing = Standing::of(&world, run, fixtures::now());
    let eve = next_for(run, &standing, &reader("eve", &["approver"]), "payments", "incident");
    assert!(
        eve[0].starts_with("you have changed the spec; another person must approve it: kubectl firebreak approve"),
        "{eve:?}"
    );
}

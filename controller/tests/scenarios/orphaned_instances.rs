//! Orphaned custody that depends on what is beside it: the profile of an instance, and the AwsAccount that it names.

use super::orphans::orphaned;
use crate::support::{
    Bench, words,
    worlds::{self, payments},
};
use firebreak_cloud::memory::{ACCOUNT, REGION, world::Lifecycle};
use firebreak_crds::{AwsAccount, Environment, Reopens, Verb};

const PEOPLE: [&str; 2] = ["ann@example.com", "bob@example.com"];

/// As many people as are needed release everything that was left behind.
async fn release(bench: &Bench, restore: &[Reopens]) {
    for hold in bench.holds() {
        for by in PEOPLE {
            bench.decide_about_hold(&hold, by, |word| {
                word.verb = Verb::Release;
                word.restore = restore.to_vec();
            });
        }
    }
    for _ in 0..20 {
        bench.tend_all().await;
        bench.pass(40);
    }
}

fn lifecycle(bench: &Bench) -> Lifecycle {
    let of = |world: &firebreak_cloud::memory::World| {
        world.region(ACCOUNT, REGION).unwrap().auto_scaling_groups["bastions"].instances["i-0bastion"]
    };
    bench.aws.look(of)
}

#[tokio::test]
async fn orphaned_instance_without_its_profile_does_not_serve() {
    let bench = orphaned(words::instance("Isolate")).await;
    release(&bench, &[]).await;
    assert_eq!(lifecycle(&bench), Lifecycle::Standby);
    assert!(bench.tend_all().await, "it comes to an end");
    let standby = bench
        .holds()
        .into_iter()
        .find(|hold| hold.spec.key.field.starts_with("Standby"));
    let message = standby.unwrap().spec.message.unwrap();
    assert!(
        message.contains("release hold/") && message.contains("--restore InstanceProfile"),
        "{message}"
    );
}

#[tokio::test]
async fn orphaned_instance_serves_again_once_its_profile_is_back() {
    let bench = orphaned(words::instance("Isolate")).await;
    release(&bench, &[Reopens::InstanceProfile]).await;
    assert_eq!((lifecycle(&bench), bench.holds()), (Lifecycle::InService, vec![]));
}

fn name_other_roles(account: &mut AwsAccount) {
    let new = |arn: &String| format!("{arn}-v2");
    account.spec.roles.read = new(&account.spec.roles.read);
    account.spec.roles.contain = new(&account.spec.roles.contain);
    account.spec.roles.contain_identity = account.spec.roles.contain_identity.as_ref().map(new);
}

#[tokio::test]
async fn orphan_is_enforced_by_the_roles_that_the_account_names_now() {
    let bench = orphaned(words::role_with("payments-task", &["DenyAll"])).await;
    bench.api.edit::<AwsAccount>(None, "production", name_other_roles);
    bench
        .aws
        .change(|world| drop(payments(world).inline_policies.remove(worlds::DENY_ALL)));
    bench.pass(60);
    bench.tend_all().await;
    let roles: Vec<String> = bench.aws.calls().into_iter().map(|call| call.role_arn).collect();
    assert!(roles.iter().all(|role| role.ends_with("-v2")), "{roles:?}");
    assert_eq!(bench.wrote().len(), 1);
}

#[tokio::test]
async fn orphan_uses_its_copy_of_an_account_that_is_another_now() {
    let bench = orphaned(words::role_with("payments-task", &["DenyAll"])).await;
    bench.api.edit::<AwsAccount>(None, "production", |account| {
        name_other_roles(account);
        account.spec.account_id = "999999999999".into();
    });
    bench.tend_all().await;
    let roles: Vec<String> = bench.aws.calls().into_iter().map(|call| call.role_arn).collect();
    assert!(
        !roles.is_empty() && roles.iter().all(|role| !role.ends_with("-v2")),
        "{roles:?}"
    );
}

#[tokio::test]
async fn orphan_of_an_account_in_a_laxer_environment_is_judged_by_both() {
    let bench = orphaned(words::role_with("payments-task", &["DenyAll"])).await;
    bench.api.edit::<AwsAccount>(None, "production", |account| {
        account.spec.environment = Environment::Development;
    });
    bench.api.seed(&words::guardrail("strict", |spec| {
        spec.environments = vec![Environment::Development];
        spec.approvals = vec![words::rule(3)];
    }));
    release(&bench, &[]).await;
    assert_eq!(bench.holds().len(), 1, "Development asks for three, and one more");
}

//! What the laws are laid over: every target with every method, and a family of worlds.

mod buckets;
mod functions;
mod instances;
mod roles;
pub mod security_groups;
mod services;
mod users;

use super::words::{bucket, function, instance, role, role_with, security_group_rule, service, user};
use firebreak_cloud::memory::{
    ACCOUNT, MemoryAws, REGION, cidr_rule, group_rule, sample,
    world::{
        Bucket, EventSourceMapping, Function, IamRole, IamUser, Instance, InstanceState, Lifecycle, Region, Service,
        World,
    },
};
use firebreak_core::aws::{
    application_autoscaling::{ScalableTarget, Suspension},
    iam::AccessKey,
    s3::{
        PublicAccessBlock,
        bucket_policy::{self, SID},
    },
};
use proptest::{prelude::*, sample::subsequence, strategy::ValueTree, test_runner::TestRunner};
use serde_json::{Value, json};

/// Something that somebody does to AWS behind Firebreak's back.
pub type Change = fn(&mut World);

/// One method of one target, and what a law must know about it.
#[derive(Clone)]
pub struct Spec {
    pub name: &'static str,
    pub target: fn() -> Value,
    /// Parts of the paths in the world that it may change.
    pub owns: &'static [&'static str],
    /// Makes the world as the containment would have it.
    pub already: Change,
    /// Somebody else changes an owned field to a third value, and the field's name; none where there is no third value.
    pub foreign: Option<(Change, &'static str)>,
    /// Takes the target away.
    pub missing: Change,
    /// Whether a service replaces its tasks on the way.
    pub replaces_tasks: bool,
}

pub const DENY_ALL: &str = "Firebreak-DenyAll";
pub const REVOKE: &str = "Firebreak-RevokeOlderSessions";
pub const PAYMENTS: &str = "payments-task";
pub const EXPORTS: &str = "payments-exports";
pub const NIGHTLY: &str = "payments-nightly";
pub const CI: &str = "ci-deploy";

/// Every method of every target.
pub fn specs() -> Vec<Spec> {
    [
        roles::specs(),
        instances::specs(),
        users::specs(),
        functions::specs(),
        services::specs(),
        buckets::specs(),
        security_groups::specs(),
    ]
    .concat()
}

/// One of them.
pub fn spec(name: &str) -> Spec {
    specs().into_iter().find(|spec| spec.name == name).unwrap()
}

/// The worlds, by name. The last one depends on the method: it is contained already.
pub fn worlds(spec: &Spec) -> Vec<(&'static str, World)> {
    let mut worlds: Vec<(&'static str, World)> = family()
        .iter()
        .map(|(name, change)| (*name, changed(*change)))
        .collect();
    worlds.push(("contained before", changed(spec.already)));
    worlds
}

/// Worlds in which several things are unusual at once, in any order; some are contained already, which comes last: AWS
/// itself would move on from a service at zero below its autoscaling's minimum. The same worlds every time, so that a
/// failure comes again.
pub fn generated(spec: &Spec, count: usize) -> Vec<(String, World)> {
    let some = (subsequence(family().to_vec(), 2..=5).prop_shuffle(), any::<bool>());
    let mut runner = TestRunner::deterministic();
    (0..count)
        .map(|_| {
            let (mut picked, before) = some.new_tree(&mut runner).unwrap().current();
            picked.extend(before.then_some(("contained before", spec.already)));
            let names: Vec<&str> = picked.iter().map(|(name, _)| *name).collect();
            let world = changed(|world| picked.iter().for_each(|(_, change)| change(world)));
            (names.join(" + "), at_rest(world))
        })
        .collect()
}

/// What AWS makes of a world by itself: targets whose task is gone become unhealthy, and the like.
fn at_rest(world: World) -> World {
    let aws = MemoryAws::new(world);
    aws.advance(600);
    aws.world()
}

fn family() -> [(&'static str, Change); 15] {
    [
        ("the sample", |_| {}),
        ("many policies", |world| {
            (0..6).for_each(|n| inline(world, &format!("extra-{n}"), denied(&format!("s3:Get{n}"), None)));
            let more = (0..6).map(|n| format!("arn:aws:iam::aws:policy/Extra{n}"));
            payments(world).attached_policies.extend(more);
        }),
        ("policies of our names", |world| {
            inline(world, DENY_ALL, denied("sqs:*", None));
            inline(world, REVOKE, denied("sqs:*", None));
            let theirs = json!({"Sid": SID, "Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{ACCOUNT}:role/orders-task")},
                "Action": "s3:GetObject", "Resource": "arn:aws:s3:::payments-exports/*"});
            stated(world, &theirs);
        }),
        ("a bucket without a policy", |world| exports(world).policy = None),
        ("a public bucket", |world| {
            let everybody = json!({"Sid": "Everybody", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
                "Resource": "arn:aws:s3:::payments-exports/*"});
            let policy = exports(world).policy.clone();
            *exports(world) = std::mem::take(exports(world))
                .policy(bucket_policy::with_statement(policy.as_ref(), "Everybody", &everybody))
                .granted_to("http://acs.amazonaws.com/groups/global/AllUsers")
                .blocked(half_blocked());
        }),
        ("two active keys and policies of our names", |world| {
            user_inline(world, DENY_ALL, denied("sqs:*", None));
            user_inline(world, REVOKE, denied("sqs:*", None));
            let two = IamUser::with_keys(&[("AKIASAMPLEONE", "Active"), ("AKIASAMPLETWO", "Active")]);
            ci(world).access_keys = two.access_keys;
        }),
        ("no key that could be used", |world| {
            let none = IamUser::with_keys(&[("AKIASAMPLEONE", "Inactive"), ("AKIASAMPLETWO", "Expired")]);
            ci(world).access_keys = none.access_keys;
        }),
        ("a function that nothing invokes and nothing limits", |world| {
            let region = region(world);
            let facts = nightly(region).facts.clone();
            *nightly(region) = Function {
                facts,
                ..Function::default()
            };
            region
                .event_source_mappings
                .retain(|_, mapping| mapping.function != NIGHTLY);
        }),
        ("a function with much of everything", |world| {
            let region = region(world);
            nightly(region).reserved = Some(500);
            nightly(region)
                .provisioned
                .extend([("3".to_owned(), 40), ("blue".to_owned(), 60)]);
            nightly(region).urls.insert("blue".into(), "NONE".into());
            for n in 5..9 {
                let uuid = format!("11111111-0000-4000-8000-00000000000{n}");
                *region = std::mem::take(region).with_event_source(&uuid, "more", "payments-nightly:blue", n % 2 == 0);
            }
        }),
        ("a trust policy of many", |world| {
            let trust = json!({"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Principal": {"AWS": [format!("arn:aws:iam::{ACCOUNT}:role/orders-task"),
                    format!("arn:aws:iam::{ACCOUNT}:root")]}, "Action": "sts:AssumeRole",
                    "Condition": {"StringEquals": {"sts:ExternalId": "x"}}},
                {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}]});
            payments(world).facts.trust = IamRole::default().trust(trust).facts.trust;
        }),
        ("many tasks", |world| {
            rebuilt(
                region(world),
                Service::of("api:1", 6)
                    .network(&["subnet-b"], &["sg-api"])
                    .behind("api", 8080),
            );
        }),
        ("no autoscaling", |world| region(world).scalable_targets.clear()),
        ("autoscaling half suspended", |world| {
            let half = ScalableTarget {
                min: 2,
                max: 2,
                suspended: Suspension {
                    scale_in: true,
                    ..Suspension::default()
                },
            };
            region(world).scalable_targets.insert("prod/api".into(), half);
        }),
        ("protected tasks", |world| {
            let region = region(world);
            let arns: Vec<String> = region
                .tasks("prod", "api")
                .iter()
                .map(|task| task.arn.clone())
                .collect();
            arns.iter()
                .for_each(|arn| region.task_mut("prod", arn).unwrap().protected = true);
        }),
        ("two groups, two target groups, no tasks to spare", |world| {
            let region = region(world);
            *region = std::mem::take(region)
                .with_target_group("internal", 10)
                .with_security_group("sg-two", "vpc-1", [group_rule("tcp", 9000, "sg-lb")], []);
            let mut service = Service::of("api:1", 1)
                .network(&["subnet-a"], &["sg-api", "sg-two"])
                .behind("api", 8080)
                .behind("internal", 9000);
            service.deployment.minimum_healthy_percent = 50;
            service.deployment.circuit_breaker = true;
            rebuilt(region, service);
        }),
    ]
}

/// The sample world, changed.
pub fn changed(change: impl FnOnce(&mut World)) -> World {
    let mut world = sample();
    change(&mut world);
    world
}

pub fn payments(world: &mut World) -> &mut IamRole {
    world.role_mut(ACCOUNT, PAYMENTS).unwrap()
}

pub fn region(world: &mut World) -> &mut Region {
    world.region_mut(ACCOUNT, REGION).unwrap()
}

pub fn exports(world: &mut World) -> &mut Bucket {
    region(world).buckets.get_mut(EXPORTS).unwrap()
}

/// Puts a statement into the policy of the bucket, as somebody else would.
pub fn stated(world: &mut World, statement: &Value) {
    let bucket = exports(world);
    let sid = statement["Sid"].as_str().unwrap_or_default().to_owned();
    let policy = bucket_policy::with_statement(bucket.policy.as_ref(), &sid, statement);
    *bucket = std::mem::take(bucket).policy(policy);
}

/// Our statement, as the account of the tests has it.
pub fn denial() -> Value {
    let roles = ["break-glass", "firebreak-contain", "firebreak-read"];
    let exempt = roles.map(|name| format!("arn:aws:iam::{ACCOUNT}:role/{name}"));
    bucket_policy::deny_all("arn:aws:s3:::payments-exports", &exempt)
}

/// What refuses ACLs, and lets policies through.
pub fn half_blocked() -> PublicAccessBlock {
    PublicAccessBlock {
        block_public_acls: true,
        ..PublicAccessBlock::default()
    }
}

pub fn inline(world: &mut World, name: &str, policy: Value) {
    let role = payments(world);
    *role = std::mem::take(role).inline(name, policy);
}

pub fn nightly(region: &mut Region) -> &mut Function {
    region.functions.get_mut(NIGHTLY).unwrap()
}

pub fn ci(world: &mut World) -> &mut IamUser {
    world.user_mut(ACCOUNT, CI).unwrap()
}

pub fn user_inline(world: &mut World, name: &str, policy: Value) {
    let user = ci(world);
    *user = std::mem::take(user).inline(name, policy);
}

pub fn denied(action: &str, condition: Option<Value>) -> Value {
    let mut statement = json!({"Sid": "FirebreakQuarantine", "Effect": "Deny", "Action": action, "Resource": "*"});
    if let Some(condition) = condition {
        statement["Condition"] = condition;
    }
    json!({"Version": "2012-10-17", "Statement": [statement]})
}

/// Puts another service in the place of `prod/api`, with its own tasks.
pub fn rebuilt(region: &mut Region, service: Service) {
    let gone: Vec<(String, String)> = region
        .tasks("prod", "api")
        .iter()
        .map(|task| (task.arn.clone(), task.network_interface.clone()))
        .collect();
    for (arn, interface) in gone {
        region.clusters.get_mut("prod").unwrap().tasks.remove(&arn);
        region.network_interfaces.remove(&interface);
    }
    let arn = region.target_group_arn("api");
    region.target_groups.get_mut(&arn).unwrap().targets.clear();
    *region = std::mem::take(region).with_service("prod", "api", service);
}

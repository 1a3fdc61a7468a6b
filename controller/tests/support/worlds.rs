//! What the laws are laid over: every target with every method, and a family of worlds.

use super::words::{bucket, function, instance, role, role_with, service, user};
use firebreak_aws::memory::{
    ACCOUNT, MemoryAws, REGION, cidr_rule, group_rule, sample,
    world::{
        Bucket, EventSourceMapping, Function, IamRole, IamUser, Instance, InstanceState, Lifecycle, Region, Service,
        World,
    },
};
use firebreak_core::{
    bucket_policy::{self, SID},
    facts::{AccessKey, PublicAccessBlock, ScalableTarget, Suspension},
};
use proptest::{prelude::*, sample::subsequence, strategy::ValueTree, test_runner::TestRunner};
use serde_json::{Value, json};

/// Something that somebody does to AWS behind Firebreak's back.
pub type Change = fn(&mut World);

/// One method of one target, and what a law must know about it.
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
    vec![
        deny_managed(),
        deny_inline(),
        revoke(),
        trust(),
        whole_role(),
        isolate_instance(),
        stop_instance(),
        user_deny_managed(),
        user_deny_inline(),
        user_keys(),
        user_sessions(),
        whole_user(),
        freeze(),
        isolate(),
        swap(),
        scale(),
        block_public_access(),
        deny_bucket(),
        whole_bucket(),
    ]
}

/// One of them.
pub fn spec(name: &str) -> Spec {
    specs().into_iter().find(|spec| spec.name == name).unwrap()
}

fn deny_managed() -> Spec {
    Spec {
        name: "iamRole/DenyAll/Managed",
        target: || role(PAYMENTS),
        owns: &["payments-task/attached_policies"],
        already: |world| {
            let deny = format!("arn:aws:iam::{ACCOUNT}:policy/FirebreakDenyAll");
            payments(world).attached_policies.insert(deny);
        },
        foreign: None,
        missing: no_role,
        replaces_tasks: false,
    }
}

fn deny_inline() -> Spec {
    Spec {
        name: "iamRole/DenyAll/Inline",
        target: || role_with(PAYMENTS, &["DenyAll"]),
        owns: &["payments-task/inline_policies/Firebreak-DenyAll"],
        already: |world| inline(world, DENY_ALL, denied("*", None)),
        foreign: Some((
            |world| inline(world, DENY_ALL, denied("s3:*", None)),
            "InlinePolicy/Firebreak-DenyAll",
        )),
        missing: no_role,
        replaces_tasks: false,
    }
}

fn revoke() -> Spec {
    Spec {
        name: "iamRole/RevokeSessions",
        target: || role_with(PAYMENTS, &["RevokeSessions"]),
        owns: &["payments-task/inline_policies/Firebreak-RevokeOlderSessions"],
        already: |world| {
            inline(
                world,
                REVOKE,
                denied(
                    "*",
                    Some(json!({"DateLessThan": {"aws:TokenIssueTime": "2025-06-01T00:00:00Z"}})),
                ),
            )
        },
        foreign: Some((
            |world| inline(world, REVOKE, denied("s3:*", None)),
            "InlinePolicy/Firebreak-RevokeOlderSessions",
        )),
        missing: no_role,
        replaces_tasks: false,
    }
}

fn trust() -> Spec {
    Spec {
        name: "iamRole/ReplaceTrust",
        target: || role_with(PAYMENTS, &["ReplaceTrust"]),
        owns: &["payments-task/facts/trust"],
        already: |world| {
            let nobody = json!({"Version": "2012-10-17", "Statement": [{"Sid": "FirebreakQuarantine", "Effect": "Deny",
                "Principal": "*", "Action": "sts:AssumeRole"}]});
            payments(world).facts.trust = IamRole::default().trust(nobody).facts.trust;
        },
        foreign: Some((
            |world| payments(world).facts.trust = IamRole::of_service("lambda.amazonaws.com").facts.trust,
            "TrustPolicy",
        )),
        missing: no_role,
        replaces_tasks: false,
    }
}

fn whole_role() -> Spec {
    Spec {
        name: "iamRole/everything",
        target: || role_with(PAYMENTS, &["DenyAll", "RevokeSessions", "ReplaceTrust"]),
        owns: &["payments-task/inline_policies/Firebreak-", "payments-task/facts/trust"],
        already: |world| {
            (deny_inline().already)(world);
            (revoke().already)(world);
            (trust().already)(world);
        },
        ..deny_inline()
    }
}

fn user_deny_managed() -> Spec {
    Spec {
        name: "iamUser/DenyAll/Managed",
        target: || user(CI, &["DenyAll"], "Managed"),
        owns: &["ci-deploy/attached_policies"],
        already: |world| {
            let deny = format!("arn:aws:iam::{ACCOUNT}:policy/FirebreakDenyAll");
            ci(world).attached_policies.insert(deny);
        },
        foreign: None,
        missing: no_user,
        replaces_tasks: false,
    }
}

fn user_deny_inline() -> Spec {
    Spec {
        name: "iamUser/DenyAll/Inline",
        target: || user(CI, &["DenyAll"], "Inline"),
        owns: &["ci-deploy/inline_policies/Firebreak-DenyAll"],
        already: |world| user_inline(world, DENY_ALL, denied("*", None)),
        foreign: Some((
            |world| user_inline(world, DENY_ALL, denied("s3:*", None)),
            "InlinePolicy/Firebreak-DenyAll",
        )),
        missing: no_user,
        replaces_tasks: false,
    }
}

fn user_keys() -> Spec {
    Spec {
        name: "iamUser/DeactivateKeys",
        target: || user(CI, &["DeactivateKeys"], "Managed"),
        owns: &["ci-deploy/access_keys"],
        already: |world| ci(world).access_keys.values_mut().for_each(deactivate),
        foreign: Some((
            |world| {
                let new = IamUser::with_keys(&[("AKIAFOREIGN", "Active")]).access_keys;
                ci(world).access_keys.extend(new);
            },
            "AccessKeys",
        )),
        missing: no_user,
        replaces_tasks: false,
    }
}

fn user_sessions() -> Spec {
    Spec {
        name: "iamUser/RevokeSessions",
        target: || user(CI, &["RevokeSessions"], "Managed"),
        owns: &["ci-deploy/inline_policies/Firebreak-RevokeOlderSessions"],
        already: |world| {
            let older = json!({"DateLessThan": {"aws:TokenIssueTime": "2025-06-01T00:00:00Z"}});
            user_inline(world, REVOKE, denied("*", Some(older)));
        },
        foreign: Some((
            |world| user_inline(world, REVOKE, denied("s3:*", None)),
            "InlinePolicy/Firebreak-RevokeOlderSessions",
        )),
        missing: no_user,
        replaces_tasks: false,
    }
}

fn whole_user() -> Spec {
    Spec {
        name: "iamUser/everything",
        target: || user(CI, &["DeactivateKeys", "DenyAll", "RevokeSessions"], "Inline"),
        owns: &["ci-deploy/inline_policies/Firebreak-", "ci-deploy/access_keys"],
        already: |world| {
            (user_deny_inline().already)(world);
            (user_keys().already)(world);
            (user_sessions().already)(world);
        },
        ..user_deny_inline()
    }
}

fn freeze() -> Spec {
    Spec {
        name: "lambdaFunction/Freeze",
        target: || function(NIGHTLY),
        owns: &["functions/payments-nightly/", "event_source_mappings/11111111"],
        already: |world| {
            let region = region(world);
            nightly(region).provisioned.clear();
            nightly(region).reserved = Some(0);
            nightly(region)
                .urls
                .values_mut()
                .for_each(|auth| *auth = "AWS_IAM".into());
            let own = |mapping: &&mut EventSourceMapping| mapping.function == NIGHTLY;
            let mappings = region.event_source_mappings.values_mut();
            mappings.filter(own).for_each(|mapping| mapping.enabled = false);
        },
        foreign: Some((|world| nightly(region(world)).reserved = Some(7), "Concurrency")),
        missing: |world| {
            region(world).functions.remove(NIGHTLY);
        },
        replaces_tasks: false,
    }
}

fn isolate() -> Spec {
    Spec {
        name: "ecsService/Isolate",
        target: || service("Isolate"),
        owns: &["security_groups/sg-api", "scalable_targets/prod/api", "targetgroup/api"],
        already: |world| {
            let region = region(world);
            suspend(region, None);
            let arn = region.target_group_arn("api");
            region.target_groups.get_mut(&arn).unwrap().targets.clear();
            let group = region.security_groups.get_mut("sg-api").unwrap();
            group.ingress.clear();
            group.egress.clear();
        },
        foreign: Some((
            |world| {
                let group = region(world).security_groups.get_mut("sg-api").unwrap();
                group.ingress.insert(cidr_rule("tcp", 22, "198.51.100.7/32"));
            },
            "Rules",
        )),
        missing: no_service,
        replaces_tasks: false,
    }
}

fn swap() -> Spec {
    Spec {
        name: "ecsService/SwapSecurityGroups",
        target: || service("SwapSecurityGroups"),
        owns: &[
            "services/api/network",
            "services/api/deployment",
            "scalable_targets/prod/api",
        ],
        already: |world| {
            let region = region(world);
            suspend(region, None);
            let api = region.service_mut("prod", "api").unwrap();
            api.deployment.minimum_healthy_percent = 0;
            api.deployment.maximum_percent = 100;
        },
        foreign: Some((
            |world| {
                let api = region(world).service_mut("prod", "api").unwrap();
                api.network.as_mut().unwrap().security_groups = vec!["sg-orders".into()];
            },
            "Deployment",
        )),
        missing: no_service,
        replaces_tasks: true,
    }
}

fn scale() -> Spec {
    Spec {
        name: "ecsService/ScaleToZero",
        target: || service("ScaleToZero"),
        owns: &["services/api/desired_count", "scalable_targets/prod/api"],
        already: |world| {
            let region = region(world);
            suspend(region, Some(0));
            rebuilt(
                region,
                Service::of("api:1", 0)
                    .network(&["subnet-a", "subnet-b"], &["sg-api"])
                    .behind("api", 8080),
            );
        },
        foreign: Some((
            |world| region(world).service_mut("prod", "api").unwrap().desired_count = 7,
            "DesiredCount",
        )),
        missing: no_service,
        replaces_tasks: true,
    }
}

const BASTION: &str = "i-0bastion";

fn isolate_instance() -> Spec {
    Spec {
        name: "ec2Instance/Isolate",
        target: || instance("Isolate"),
        owns: &[
            "network_interfaces/eni-0bastion/groups",
            "network_interfaces/eni-1bastion/groups",
            "instances/i-0bastion/profile",
            "instances/i-0bastion/disable_api_",
            "instances/i-0bastion/shutdown_behavior",
            "instances/i-0bastion/metadata/httpEndpoint",
            "auto_scaling_groups/bastions/instances/i-0bastion",
            "auto_scaling_groups/bastions/desired",
        ],
        already: |world| {
            for interface in ["eni-0bastion", "eni-1bastion"] {
                grouped(world, interface, &["sg-dark"]);
            }
            let bastion = bastion(world);
            bastion.profile = None;
            bastion.metadata.http_endpoint = "disabled".into();
            bastion.disable_api_termination = true;
            bastion.disable_api_stop = true;
            standing_by(world);
        },
        foreign: Some((|world| grouped(world, "eni-1bastion", &["sg-orders"]), "Groups")),
        missing: no_instance,
        replaces_tasks: false,
    }
}

fn block_public_access() -> Spec {
    Spec {
        name: "s3Bucket/BlockPublicAccess",
        target: || bucket(&["BlockPublicAccess"]),
        owns: &["buckets/payments-exports/public_access_block"],
        already: |world| exports(world).public_access_block = Some(PublicAccessBlock::ALL),
        foreign: Some((
            |world| exports(world).public_access_block = Some(half_blocked()),
            "PublicAccessBlock",
        )),
        missing: no_bucket,
        replaces_tasks: false,
    }
}

fn stop_instance() -> Spec {
    Spec {
        name: "ec2Instance/Stop",
        target: || instance("Stop"),
        owns: &[
            "instances/i-0bastion/state",
            "instances/i-0bastion/disable_api_termination",
            "instances/i-0bastion/profile",
            "instances/i-0bastion/metadata/httpEndpoint",
            "auto_scaling_groups/bastions/instances/i-0bastion",
            "auto_scaling_groups/bastions/desired",
        ],
        already: |world| {
            let bastion = bastion(world);
            bastion.state = InstanceState::Stopped;
            bastion.profile = None;
            bastion.metadata.http_endpoint = "disabled".into();
            bastion.disable_api_termination = true;
            standing_by(world);
        },
        foreign: Some((
            |world| {
                let arn = format!("arn:aws:iam::{ACCOUNT}:instance-profile/orders");
                bastion(world).profile = Some(arn);
            },
            "InstanceProfile",
        )),
        missing: no_instance,
        replaces_tasks: false,
    }
}

fn deny_bucket() -> Spec {
    Spec {
        name: "s3Bucket/DenyAll",
        target: || bucket(&["DenyAll"]),
        owns: &["buckets/payments-exports/policy"],
        already: |world| stated(world, &denial()),
        foreign: Some((
            |world| {
                let mut theirs = denial();
                theirs["Action"] = json!("s3:PutObject");
                stated(world, &theirs);
            },
            "PolicyStatement/FirebreakQuarantine",
        )),
        missing: no_bucket,
        replaces_tasks: false,
    }
}

fn bastion(world: &mut World) -> &mut Instance {
    region(world).instances.get_mut(BASTION).unwrap()
}

fn grouped(world: &mut World, interface: &str, groups: &[&str]) {
    let interface = region(world).network_interfaces.get_mut(interface).unwrap();
    interface.groups = groups.iter().map(|&group| group.to_owned()).collect();
}

/// As Auto Scaling leaves it: the group wants one less, and no target group sends to it.
fn standing_by(world: &mut World) {
    let region = region(world);
    let group = region.auto_scaling_groups.get_mut("bastions").unwrap();
    group.instances.insert(BASTION.into(), Lifecycle::Standby);
    group.desired -= 1;
    let arn = region.target_group_arn("bastion");
    let targets = &mut region.target_groups.get_mut(&arn).unwrap().targets;
    targets.retain(|target| target.id != BASTION);
}

fn no_instance(world: &mut World) {
    region(world).instances.remove(BASTION);
}

fn whole_bucket() -> Spec {
    Spec {
        name: "s3Bucket/everything",
        target: || bucket(&["BlockPublicAccess", "DenyAll"]),
        owns: &[
            "buckets/payments-exports/policy",
            "buckets/payments-exports/public_access_block",
        ],
        already: |world| {
            (deny_bucket().already)(world);
            (block_public_access().already)(world);
        },
        ..deny_bucket()
    }
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

/// As AWS does it: what has expired stays so.
fn deactivate(key: &mut AccessKey) {
    if key.status == "Active" {
        key.status = "Inactive".into();
    }
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

fn suspend(region: &mut Region, min: Option<i32>) {
    let Some(target) = region.scalable_targets.get_mut("prod/api") else {
        return;
    };
    target.min = min.unwrap_or(target.min);
    target.suspended = Suspension::ALL;
}

fn no_role(world: &mut World) {
    world.accounts.get_mut(ACCOUNT).unwrap().roles.remove(PAYMENTS);
}

fn no_bucket(world: &mut World) {
    region(world).buckets.remove(EXPORTS);
}

fn no_user(world: &mut World) {
    world.accounts.get_mut(ACCOUNT).unwrap().users.remove(CI);
}

fn no_service(world: &mut World) {
    region(world).clusters.get_mut("prod").unwrap().services.remove("api");
}

//! The sample world that laws and scenarios start from.

use super::{
    build::{all_traffic, cidr_rule, group_rule},
    world::{Account, Bucket, IamRole, IamUser, Instance, Region, Service, World},
};
use firebreak_core::aws::s3::PublicAccessBlock;
use serde_json::{Value, json};

/// The sample's account.
pub const ACCOUNT: &str = "123456789012";
/// The sample's region.
pub const REGION: &str = "us-east-1";

/// A world with
/// - the service `prod/api`: 2 tasks behind the target group `api` (drains 30 s), security group `sg-api`, task
///   role `payments-task`, autoscaled from 1 to 6;
/// - its neighbour `prod/orders`, which shares nothing with it but the VPC;
/// - the instance `i-0bastion` with two interfaces in `sg-bastion` and two volumes, and its neighbour `i-0orders`, in the Auto
///   Scaling group `bastions` (1 to 3, wants 2) behind the target group `bastion` (drains 20 s); `sg-open` lets everything through;
/// - `sg-quarantine`, which lets image pulls out, `sg-dark`, which lets nothing through, and `sg-other` in another VPC;
/// - the roles `payments-task`, `orders-task`, a service-linked one and an SSO one, and Firebreak's own;
/// - the buckets `payments-exports`, which the task role may use, its neighbour `orders-exports`, and `audit-trail`, to which
///   CloudTrail delivers;
/// - the user `ci-deploy`: an active and an inactive access key, a console password, a policy of each sort; and its
///   neighbour `orders-deploy`;
/// - the function `payments-nightly`: reserved and provisioned concurrency, an open URL, three event sources of which one is
///   off; and its neighbour `orders-nightly`;
/// - the managed policy `FirebreakDenyAll`, and an instance profile of `payments-task`.
pub fn sample() -> World {
    World::new().with_account(ACCOUNT, |account| users(roles(account)).with_region(REGION, region))
}

fn roles(account: Account) -> Account {
    let read_only = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";
    account
        .with_policy(
            "FirebreakDenyAll",
            statement(json!({"Effect": "Deny", "Action": "*", "Resource": "*"})),
        )
        .with_policy(
            "PaymentsQueue",
            statement(json!({"Effect": "Allow", "Action": "sqs:*", "Resource": "*"})),
        )
        .with_role("payments-task", payments(read_only))
        .with_role(
            "orders-task",
            IamRole::of_service("ecs-tasks.amazonaws.com").attached(read_only),
        )
        .with_role("task-execution", IamRole::of_service("ecs-tasks.amazonaws.com"))
        .with_role(
            "AWSServiceRoleForECS",
            IamRole::of_service("ecs.amazonaws.com").path("/aws-service-role/ecs.amazonaws.com/"),
        )
        .with_role("AWSReservedSSO_Admin_0123456789abcdef", single_sign_on())
        .with_role("firebreak", IamRole::of_service("pods.eks.amazonaws.com"))
        .with_role("firebreak-read", firebreak())
        .with_role("firebreak-contain", firebreak())
}

fn users(account: Account) -> Account {
    let bucket = json!({"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::artifacts/*"});
    let deploys = IamUser::with_keys(&[("AKIASAMPLEONE", "Active"), ("AKIASAMPLETWO", "Inactive")])
        .inline("artifacts", statement(bucket.clone()))
        .attached("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
        .signing_in(&["deployers"])
        .tag("team", "payments");
    let neighbour = IamUser::with_keys(&[("AKIAORDERSONE", "Active")]).inline("artifacts", statement(bucket));
    account
        .with_user("ci-deploy", deploys)
        .with_user("orders-deploy", neighbour)
}

fn payments(read_only: &str) -> IamRole {
    let tables = json!({"Effect": "Allow", "Action": ["dynamodb:GetItem", "dynamodb:PutItem"], "Resource": "*"});
    IamRole::of_service("ecs-tasks.amazonaws.com")
        .inline("payments-table", statement(tables))
        .attached(read_only)
        .attached(&format!("arn:aws:iam::{ACCOUNT}:policy/PaymentsQueue"))
        .instance_profile("payments-bastion")
        .tag("team", "payments")
        .last_used("2025-12-31T23:00:00Z")
}

fn firebreak() -> IamRole {
    let who = json!({"AWS": format!("arn:aws:iam::{ACCOUNT}:role/firebreak")});
    let trust = statement(json!({"Effect": "Allow", "Principal": who, "Action": ["sts:AssumeRole", "sts:TagSession"]}));
    IamRole::of_service("pods.eks.amazonaws.com").trust(trust)
}

fn single_sign_on() -> IamRole {
    let who = json!({"Federated": format!("arn:aws:iam::{ACCOUNT}:saml-provider/AWSSSO")});
    let trust =
        statement(json!({"Effect": "Allow", "Principal": who, "Action": ["sts:AssumeRoleWithSAML", "sts:TagSession"]}));
    IamRole::of_service("sso.amazonaws.com")
        .path("/aws-reserved/sso.amazonaws.com/")
        .trust(trust)
}

fn statement(statement: Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": [statement]})
}

fn region(region: Region) -> Region {
    buckets(network(region))
        .with_target_group("api", 30)
        .with_target_group("orders", 30)
        .with_target_group("bastion", 20)
        .with_task_definition("api:1", "payments-task", "task-execution")
        .with_task_definition("orders:1", "orders-task", "task-execution")
        .with_service(
            "prod",
            "api",
            Service::of("api:1", 2)
                .network(&["subnet-a", "subnet-b"], &["sg-api"])
                .behind("api", 8080)
                .rebalanced(),
        )
        .with_service(
            "prod",
            "orders",
            Service::of("orders:1", 2)
                .network(&["subnet-a"], &["sg-orders"])
                .behind("orders", 9090),
        )
        .with_scalable_target("prod", "api", 1, 6)
        .with_instance("i-0bastion", bastion(&["vol-0root", "vol-1data"]))
        .with_instance_interface("i-0bastion", "eni-0bastion", "vpc-1", &["sg-bastion", "sg-lb"])
        .with_instance_interface("i-0bastion", "eni-1bastion", "vpc-1", &["sg-bastion"])
        .with_instance("i-0orders", bastion(&["vol-0orders"]))
        .with_instance_interface("i-0orders", "eni-0orders", "vpc-1", &["sg-bastion"])
        .with_auto_scaling_group("bastions", (1, 2, 3), &["i-0bastion", "i-0orders"], "bastion")
        .with_function("payments-nightly", "payments-task")
        .with_function("orders-nightly", "orders-task")
        .with_function_like("payments-nightly", |function| {
            function.reserved = Some(10);
            function.provisioned.insert("live".into(), 5);
            function.urls.insert("$LATEST".into(), "NONE".into());
            function.urls.insert("live".into(), "AWS_IAM".into());
        })
        .with_function_like("orders-nightly", |function| {
            function.urls.insert("$LATEST".into(), "NONE".into());
        })
        .with_event_source(
            "11111111-0000-4000-8000-000000000001",
            "payments",
            "payments-nightly",
            true,
        )
        .with_event_source(
            "11111111-0000-4000-8000-000000000002",
            "late",
            "payments-nightly:live",
            true,
        )
        .with_event_source("11111111-0000-4000-8000-000000000003", "old", "payments-nightly", false)
        .with_event_source("11111111-0000-4000-8000-000000000004", "orders", "orders-nightly", true)
}

fn buckets(region: Region) -> Region {
    let role = |name: &str| json!({"AWS": format!("arn:aws:iam::{ACCOUNT}:role/{name}")});
    let exports = |bucket: &str, owner: &str| {
        json!({"Version": "2012-10-17", "Id": "exports", "Statement": [
            {"Sid": "Tls", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": format!("arn:aws:s3:::{bucket}/*"),
                "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
            {"Sid": "Owner", "Effect": "Allow", "Principal": role(owner), "Action": ["s3:GetObject", "s3:PutObject"],
                "Resource": format!("arn:aws:s3:::{bucket}/*")}]})
    };
    let trail = json!({"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::audit-trail/*"});
    region
        .with_bucket(
            "payments-exports",
            Bucket::default()
                .policy(exports("payments-exports", "payments-task"))
                .tag("team", "payments"),
        )
        .with_bucket(
            "orders-exports",
            Bucket::default()
                .policy(exports("orders-exports", "orders-task"))
                .blocked(PublicAccessBlock::ALL),
        )
        .with_bucket("audit-trail", Bucket::default().policy(statement(trail)))
}

fn bastion(volumes: &[&str]) -> Instance {
    Instance {
        volumes: volumes.iter().map(|&volume| volume.to_owned()).collect(),
        profile: Some(format!("arn:aws:iam::{ACCOUNT}:instance-profile/payments-bastion")),
        ..Instance::default()
    }
}

fn network(region: Region) -> Region {
    region
        .with_subnet("subnet-a", "vpc-1")
        .with_subnet("subnet-b", "vpc-1")
        .with_subnet("subnet-other", "vpc-2")
        .with_security_group(
            "sg-lb",
            "vpc-1",
            [cidr_rule("tcp", 443, "0.0.0.0/0")],
            [all_traffic("0.0.0.0/0")],
        )
        .with_security_group(
            "sg-api",
            "vpc-1",
            [group_rule("tcp", 8080, "sg-lb")],
            [all_traffic("0.0.0.0/0")],
        )
        .with_security_group(
            "sg-orders",
            "vpc-1",
            [group_rule("tcp", 9090, "sg-lb")],
            [all_traffic("0.0.0.0/0")],
        )
        .with_security_group("sg-quarantine", "vpc-1", [], [cidr_rule("tcp", 443, "10.0.255.0/24")])
        .with_group_tag("sg-quarantine", "firebreak.dev/quarantine", "true")
        .with_security_group(
            "sg-bastion",
            "vpc-1",
            [cidr_rule("tcp", 22, "203.0.113.0/24")],
            [all_traffic("0.0.0.0/0")],
        )
        .with_security_group(
            "sg-open",
            "vpc-1",
            [all_traffic("0.0.0.0/0")],
            [all_traffic("0.0.0.0/0")],
        )
        .with_security_group("sg-dark", "vpc-1", [], [])
        .with_security_group("sg-other", "vpc-2", [], [all_traffic("0.0.0.0/0")])
        .with_network_interface("eni-0lb", "ELB app/public/0123456789abcdef", &["sg-lb"])
}

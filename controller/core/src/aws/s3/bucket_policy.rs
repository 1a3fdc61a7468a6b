//! The policy of an S3 bucket, of which Firebreak owns one statement: finding it, putting it among the others and taking it
//! out again without touching them, and what the others say about the bucket.

use crate::aws::{iam::policy_document, partition};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The Sid of the one statement that Firebreak owns. Sids are unique within a policy (IAM user guide, "IAM JSON policy
/// elements: Sid"), so that the Sid finds it.
pub const SID: &str = "FirebreakQuarantine";
/// The most bytes that S3 takes as a bucket policy (S3 user guide, "Bucket policies for Amazon S3": 20 KB).
pub const MAX_BYTES: usize = 20 * 1024;

/// Service principals that deliver logs and evidence to buckets: a bucket that lets one of them in receives logs. Each
/// partition has a domain of its own for them.
/// Sources: the AWS CloudTrail, AWS Config, Amazon CloudWatch Logs, Amazon GuardDuty, Elastic Load Balancing and Amazon S3
/// user guides, on the bucket policy that each needs.
const LOG_SERVICES: [&str; 7] = [
    "cloudtrail",
    "config",
    "delivery.logs",
    "guardduty",
    "logdelivery.elasticloadbalancing",
    "logdelivery.elb",
    "logging.s3",
];
/// Accounts with which Elastic Load Balancing delivers logs in the regions from before August 2022 (ELB user guide,
/// "Enable access logs", principal by region): us-east-1 and -2, us-west-1 and -2, af-south-1, ap-east-1, ap-southeast-3,
/// ap-south-1, ap-northeast-3 and -2, ap-southeast-1 and -2, ap-northeast-1, ca-central-1, eu-central-1, eu-west-1 and -2,
/// eu-south-1, eu-west-3, eu-north-1, me-south-1, sa-east-1, us-gov-west-1, us-gov-east-1, cn-north-1, cn-northwest-1.
const LOAD_BALANCER_ACCOUNTS: [&str; 26] = [
    "127311923021",
    "033677994240",
    "027434742980",
    "797873946194",
    "098369216593",
    "754344448648",
    "589379963580",
    "718504428378",
    "383597477331",
    "600734575887",
    "114774131450",
    "783225319266",
    "582318560864",
    "985666609251",
    "054676820928",
    "156460612806",
    "652711504416",
    "635631232127",
    "009996457667",
    "897822967062",
    "076674570225",
    "507241528517",
    "048591011584",
    "190560391635",
    "638102146993",
    "037604701340",
];

/// The statement with the Sid; null when the policy has none, or when there is no policy.
pub fn statement(policy: Option<&Value>, sid: &str) -> Value {
    let found = statements(policy).into_iter().find(|statement| has_sid(statement, sid));
    found.unwrap_or(Value::Null)
}

/// The policy with the statement in the place of the one with its Sid, or else behind the others, which stay as they are
/// and in their order. Without a policy, one of its own.
pub fn with_statement(policy: Option<&Value>, sid: &str, statement: &Value) -> Value {
    let mut all = statements(policy);
    match all.iter_mut().find(|other| has_sid(other, sid)) {
        Some(place) => *place = statement.clone(),
        None => all.push(statement.clone()),
    }
    let mut made = policy.cloned().unwrap_or_else(|| json!({"Version": "2012-10-17"}));
    made["Statement"] = Value::Array(all);
    made
}

/// The policy without the statement; none when nothing would be left: S3 takes no policy without statements.
pub fn without_statement(policy: &Value, sid: &str) -> Option<Value> {
    let mut all = statements(Some(policy));
    let place = all.iter().position(|statement| has_sid(statement, sid));
    if let Some(place) = place {
        all.remove(place);
    }
    let mut made = policy.clone();
    made["Statement"] = Value::Array(all.clone());
    (!all.is_empty()).then_some(made)
}

/// The services that the denial spares: those that deliver logs, by every name that they have, and S3 itself, which delivers
/// inventories. They only write. Each other service of AWS that a bucket lets in hands its content to others, above all CloudFront with
/// origin access control (CloudFront developer guide, "Restrict access to an Amazon S3 origin"). They are named in each domain of the
/// bucket's partition.
pub fn spared_services(bucket_arn: &str) -> Vec<String> {
    let domains = partition::domains(partition::of_arn(bucket_arn));
    let names = LOG_SERVICES.into_iter().chain(["logs.*", "s3"]);
    let mut spared: Vec<String> = names
        .flat_map(|name| domains.iter().map(move |domain| format!("{name}.{domain}")))
        .collect();
    spared.sort_unstable();
    spared
}

/// The statement that denies everything in a bucket to everybody but the services that deliver logs and the principals with these
/// ARNs.
///
/// A request without credentials has neither of the two keys, and is denied: a negated operator holds where its key is missing
/// (IAM user guide, "IAM JSON policy elements: Condition operators"). `aws:PrincipalServiceName` is there only when a service asks by
/// its own name (IAM user guide, "AWS global condition context keys"). For a role's session `aws:PrincipalArn` is the ARN of the role,
/// with its path.
pub fn deny_all(bucket_arn: &str, exempt: &[String]) -> Value {
    json!({
        "Sid": SID, "Effect": "Deny", "Principal": "*", "Action": "s3:*",
        "Resource": [bucket_arn, format!("{bucket_arn}/*")],
        "Condition": {
            "ArnNotLike": {"aws:PrincipalArn": exempt},
            "StringNotLike": {"aws:PrincipalServiceName": spared_services(bucket_arn)},
        },
    })
}

/// A statement in the form in which equal meaning is equal JSON; null stays null.
pub fn canonical_statement(statement: &Value) -> Value {
    match statement {
        Value::Null => Value::Null,
        other => policy_document::canonical(&json!({"Statement": [other]}))["Statement"][0].clone(),
    }
}

/// Principals that were deleted since: AWS shows a user or role that is gone as its unique id (AIDA…, AROA…), and then
/// refuses every policy that names it with "Invalid principal in policy" (S3 user guide, "Principals for bucket policies").
pub fn dead_principals(policy: &Value) -> Vec<String> {
    let named = statements(Some(policy))
        .into_iter()
        .flat_map(|statement| {
            [
                statement["Principal"]["AWS"].clone(),
                statement["NotPrincipal"]["AWS"].clone(),
            ]
        })
        .flat_map(|who| texts(&who));
    let dead: BTreeSet<String> = named.filter(|who| is_unique_id(who)).collect();
    dead.into_iter().collect()
}

/// Who delivers logs to the bucket, as far as the policy lets them in: service principals and accounts of AWS.
pub fn log_deliverers(policy: &Value) -> Vec<String> {
    let allowed = statements(Some(policy)).into_iter().filter(|s| s["Effect"] == "Allow");
    let found: BTreeSet<String> = allowed
        .flat_map(|s| {
            let services = texts(&s["Principal"]["Service"])
                .into_iter()
                .filter(|who| delivers_logs(who));
            let accounts = texts(&s["Principal"]["AWS"])
                .into_iter()
                .filter(|who| is_load_balancing(who));
            services.chain(accounts).collect::<Vec<_>>()
        })
        .collect();
    found.into_iter().collect()
}

/// Services have regional names too, such as `logs.eu-west-1.amazonaws.com` (exports of CloudWatch Logs).
fn delivers_logs(service: &str) -> bool {
    partition::service_of(service).is_some_and(|name| LOG_SERVICES.contains(&name) || name.starts_with("logs."))
}

fn is_load_balancing(principal: &str) -> bool {
    let id = if principal.contains(':') {
        principal.split(':').nth(4)
    } else {
        Some(principal)
    };
    id.is_some_and(|id| LOAD_BALANCER_ACCOUNTS.contains(&id))
}

/// IAM user guide, "IAM identifiers": the prefixes of users and roles.
fn is_unique_id(text: &str) -> bool {
    let has_prefix = text.starts_with("AIDA") || text.starts_with("AROA");
    has_prefix && text.len() >= 16 && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

fn statements(policy: Option<&Value>) -> Vec<Value> {
    match policy.and_then(|policy| policy.get("Statement")) {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(all)) => all.clone(),
        Some(only) => vec![only.clone()],
    }
}

fn has_sid(statement: &Value, sid: &str) -> bool {
    statement["Sid"] == sid
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(all) => all.iter().filter_map(|one| one.as_str().map(str::to_owned)).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests;

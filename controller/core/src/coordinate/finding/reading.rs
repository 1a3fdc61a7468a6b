//! From JSON to a finding: GuardDuty's, as its API writes it and EventBridge delivers it, with the first letter of each field in
//! lower or, as the AWS CLI prints it, in upper case.

use super::{Finding, Rejected, Subject, TITLE};
use firebreak_crds::{Severity, playbook::FindingResource, text};
use jiff::Timestamp;
use serde_json::{Map, Value};

/// The most of a list that is looked at: as many as GuardDuty gives.
const MOST: usize = 100;

/// Reads one finding.
///
/// # Errors
/// [`Rejected`]: the field that is missing or wrong.
pub fn read(value: &Value) -> Result<Finding, Rejected> {
    let value = &lower(value, 0);
    let id = identified(value)?;
    let reject = |why: String| Rejected {
        id: Some(id.clone()),
        why,
    };
    let word = |name: &str, fits: fn(&str) -> bool| {
        let found = value[name].as_str().filter(|one| fits(one));
        found
            .map(str::to_owned)
            .ok_or_else(|| reject(format!("{name} is missing, or none that AWS gives")))
    };
    let moment = |name: &str| time(&value[name]).ok_or_else(|| reject(format!("{name} is no RFC 3339 time")));
    let (resource, service) = (&value["resource"], &value["service"]);
    let type_ = word("type", is_type)?;
    let kind = kind(resource["resourceType"].as_str().unwrap_or_default(), &type_);
    let (owners, others) = named(resource, &service["detection"]["sequence"]);
    Ok(Finding {
        product: "GuardDuty",
        title: text::bounded(value["title"].as_str().unwrap_or(&type_), TITLE),
        severity: severity(&value["severity"]).ok_or_else(|| reject("severity is no number from 0 to 10".into()))?,
        account_id: word("accountId", |id| {
            id.len() == 12 && id.chars().all(|c| c.is_ascii_digit())
        })?,
        region: word("region", is_region)?,
        partition: partition(value),
        reported_at: moment("createdAt")?,
        updated_at: moment("updatedAt")?,
        first_seen: time(&service["eventFirstSeen"]),
        last_seen: time(&service["eventLastSeen"]),
        resource: kind,
        owners,
        others,
        tags: tags(resource),
        is_sample: is_sample(value),
        is_archived: service["archived"].as_bool().unwrap_or(false),
        type_,
        id,
    })
}

/// The ARN where there is one: it is the finding's name in all regions and accounts.
fn identified(value: &Value) -> Result<String, Rejected> {
    let fits = |id: &&str| (1..=512).contains(&id.len()) && id.chars().all(|c| c.is_ascii_graphic());
    let named = ["arn", "id"].iter().find_map(|name| value[*name].as_str().filter(fits));
    named.map(str::to_owned).ok_or(Rejected {
        id: None,
        why: "it has neither arn nor id".into(),
    })
}

fn lower(value: &Value, depth: usize) -> Value {
    match value {
        Value::Object(fields) if depth < 12 => {
            let field = |(name, value): (&String, &Value)| (uncapitalised(name), lower(value, depth + 1));
            Value::Object(fields.iter().map(field).collect::<Map<String, Value>>())
        }
        Value::Array(items) if depth < 12 => items.iter().take(MOST).map(|item| lower(item, depth + 1)).collect(),
        other => other.clone(),
    }
}

fn uncapitalised(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|c| c.to_ascii_lowercase());
    first.into_iter().chain(letters).collect()
}

fn time(value: &Value) -> Option<Timestamp> {
    value.as_str().filter(|text| text.len() <= 40)?.parse().ok()
}

fn is_type(type_: &str) -> bool {
    (3..=256).contains(&type_.len()) && type_.chars().all(|c| c.is_ascii_graphic())
}

fn is_region(region: &str) -> bool {
    (5..=32).contains(&region.len())
        && region
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

fn partition(value: &Value) -> String {
    let told = value["partition"]
        .as_str()
        .or_else(|| value["arn"].as_str()?.split(':').nth(1));
    let known = told.filter(|one| ["aws", "aws-cn", "aws-us-gov"].contains(one));
    known.unwrap_or("aws").to_owned()
}

/// The bands of GuardDuty: Low from 1, Medium from 4, High from 7, Critical from 9.
fn severity(value: &Value) -> Option<Severity> {
    let number = value.as_f64().filter(|number| (0.0..=10.0).contains(number))?;
    Some(match number {
        n if n >= 9.0 => Severity::Critical,
        n if n >= 7.0 => Severity::High,
        n if n >= 4.0 => Severity::Medium,
        _ => Severity::Low,
    })
}

fn kind(resource: &str, type_: &str) -> FindingResource {
    match resource {
        _ if type_.starts_with("AttackSequence:") => FindingResource::AttackSequence,
        "AccessKey" => FindingResource::AccessKey,
        "Instance" => FindingResource::Instance,
        "S3Bucket" | "S3Object" => FindingResource::Bucket,
        "ECSCluster" | "Container" | "ECSTask" => FindingResource::EcsTask,
        "EKSCluster" | "KubernetesCluster" => FindingResource::EksCluster,
        "Lambda" => FindingResource::Function,
        "RDSDBInstance" | "RDSLimitlessDB" => FindingResource::Database,
        _ => FindingResource::Other,
    }
}

fn is_sample(value: &Value) -> bool {
    let title = value["title"].as_str().unwrap_or_default();
    let info = &value["service"]["additionalInfo"];
    let inner = info["value"]
        .as_str()
        .and_then(|text| serde_json::from_str::<Value>(text).ok());
    let says = |value: &Value| value["sample"].as_bool().unwrap_or(false);
    title.trim_start().starts_with("[SAMPLE]") || says(info) || inner.is_some_and(|inner| says(&inner))
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten().take(MOST)
}

/// Whose credentials were used, and what else is named.
fn named(resource: &Value, sequence: &Value) -> (Vec<Subject>, Vec<Subject>) {
    let mut owners: Vec<Subject> = owner(&resource["accessKeyDetails"]).into_iter().collect();
    let mut others: Vec<Subject> = of_resource(resource);
    for one in items(&sequence["resources"]) {
        owners.extend(owner(&one["data"]["accessKey"]));
        others.extend(of_sequence(one, sequence));
    }
    (unique(owners), unique(others))
}

fn unique(all: Vec<Subject>) -> Vec<Subject> {
    let mut kept: Vec<Subject> = Vec::new();
    for one in all {
        if !kept.contains(&one) {
            kept.push(one);
        }
    }
    kept
}

fn owner(key: &Value) -> Option<Subject> {
    let name = key["userName"].as_str()?;
    match key["userType"].as_str()? {
        "AssumedRole" | "Role" => Subject::role(name),
        "IAMUser" => Subject::user(name),
        _ => None,
    }
}

fn of_resource(resource: &Value) -> Vec<Subject> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let instance = &resource["instanceDetails"];
    let vpc = items(&instance["networkInterfaces"]).find_map(|one| one["vpcId"].as_str());
    let mut all: Vec<Option<Subject>> = vec![Subject::instance(&text(&instance["instanceId"]), vpc)];
    all.extend(items(&resource["s3BucketDetails"]).map(|one| Subject::bucket(&text(&one["name"]))));
    all.push(ecs(&resource["ecsClusterDetails"]));
    let function = &resource["lambdaDetails"];
    all.push(Subject::function(&text(&function["functionName"])));
    all.push(function["role"].as_str().and_then(role_of_arn));
    let others = [
        &resource["ecsClusterDetails"]["arn"],
        &resource["eksClusterDetails"]["arn"],
        &resource["rdsDbInstanceDetails"]["dbInstanceArn"],
    ];
    all.extend(others.map(|arn| arn.as_str().and_then(Subject::other)));
    all.into_iter().flatten().collect()
}

/// The service is named by its task's group, `service:checkout`.
fn ecs(cluster: &Value) -> Option<Subject> {
    let service = cluster["taskDetails"]["group"].as_str()?.strip_prefix("service:")?;
    Subject::service(cluster["name"].as_str()?, service)
}

fn role_of_arn(arn: &str) -> Option<Subject> {
    let (_, path) = arn.split_once(":role/")?;
    Subject::role(path.rsplit('/').next()?)
}

fn of_sequence(resource: &Value, sequence: &Value) -> Option<Subject> {
    let name = resource["name"]
        .as_str()
        .or(resource["uid"].as_str())
        .unwrap_or_default();
    let last = name.rsplit(['/', ':']).next().unwrap_or_default();
    match resource["resourceType"].as_str()? {
        "EC2_INSTANCE" => Subject::instance(last, vpc_of(&resource["data"]["ec2Instance"], sequence)),
        "S3_BUCKET" => Subject::bucket(last),
        "LAMBDA_FUNCTION" => Subject::function(last),
        _ => None,
    }
}

/// An instance of a sequence names its interfaces, which are resources of their own.
fn vpc_of<'a>(instance: &Value, sequence: &'a Value) -> Option<&'a str> {
    let is_its = |one: &&Value| items(&instance["ec2NetworkInterfaceUids"]).any(|uid| *uid == one["uid"]);
    let mut interfaces = items(&sequence["resources"]).filter(is_its);
    interfaces.find_map(|one| one["data"]["ec2NetworkInterface"]["vpcId"].as_str())
}

fn tags(resource: &Value) -> Vec<(String, String)> {
    let lists = [
        &resource["instanceDetails"]["tags"],
        &resource["s3BucketDetails"][0]["tags"],
        &resource["ecsClusterDetails"]["tags"],
        &resource["lambdaDetails"]["tags"],
        &resource["eksClusterDetails"]["tags"],
        &resource["rdsDbInstanceDetails"]["tags"],
    ];
    let each = lists.into_iter().flat_map(items);
    let pair = |tag: &Value| {
        Some((
            tag["key"].as_str()?.to_owned(),
            tag["value"].as_str().unwrap_or_default().to_owned(),
        ))
    };
    each.filter_map(pair).take(MOST).collect()
}

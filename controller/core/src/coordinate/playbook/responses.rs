//! The responses that a playbook asks for, for what a finding names. Names come out of the finding as typed values.

use super::Known;
use crate::{
    coordinate::finding::{Finding, Instance, Subject},
    digest,
};
use firebreak_crds::{
    AccountRef, AwsAccountSpec, Ec2InstanceMethod, EcsMethod, Mode, Target,
    incident::{IncidentResponse, QuarantineTemplate},
    playbook::{FindingInput, PlaybookMode, PlaybookResponse},
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Hexadecimal digits of the hash in a response's name.
const HASH: usize = 8;
/// The most responses that one of an Incident waits for.
const MAX_AWAITED: usize = 15;

/// A response for one thing that a finding names.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// As the Incident names it.
    pub response: IncidentResponse,
    /// The kind of its target, such as iamRole.
    pub kind: &'static str,
    /// The ARN of its target.
    pub arn: String,
    /// Whether it may destroy something.
    pub destructive: bool,
}

/// A response that is left out, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// Its name in the playbook.
    pub name: String,
    /// What a person can do about it.
    pub why: String,
}

/// What a playbook asks for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Drafted {
    /// Its responses, in its order.
    pub drafts: Vec<Draft>,
    /// What it asks for and cannot have.
    pub left: Vec<Left>,
}

/// The account in which a finding's responses act.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// Name of the AwsAccount.
    pub name: &'a str,
    /// What it says.
    pub account: &'a AwsAccountSpec,
}

/// The responses of a playbook to a finding.
pub fn drafts(playbook: &Known, finding: &Finding, place: Place<'_>) -> Drafted {
    let mut all = Drafted::default();
    let mut made: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for asked in &playbook.spec.responses {
        for subject in subjects(asked.from, finding) {
            match draft(playbook, asked, finding, place, subject) {
                Ok(draft) => {
                    made.entry(&asked.name).or_default().push(all.drafts.len());
                    all.drafts.push(draft);
                }
                Err(why) => all.left.push(Left {
                    name: asked.name.clone(),
                    why,
                }),
            }
        }
    }
    for asked in &playbook.spec.responses {
        let awaited = asked
            .depends_on
            .iter()
            .filter_map(|name| made.get(name.as_str()))
            .flatten();
        let names: Vec<String> = awaited
            .map(|one| all.drafts[*one].response.name.clone())
            .take(MAX_AWAITED)
            .collect();
        for one in made.get(asked.name.as_str()).into_iter().flatten() {
            all.drafts[*one].response.depends_on.clone_from(&names);
        }
    }
    all
}

/// The responses of a playbook for which a finding names nothing.
pub fn unnamed<'a>(playbook: &'a Known, finding: &Finding) -> Vec<&'a PlaybookResponse> {
    let all = playbook.spec.responses.iter();
    all.filter(|asked| subjects(asked.from, finding).is_empty()).collect()
}

fn subjects(from: FindingInput, finding: &Finding) -> Vec<&Subject> {
    let is = |subject: &&Subject| match from {
        FindingInput::Role => matches!(subject, Subject::Role(_)),
        FindingInput::User => matches!(subject, Subject::User(_)),
        FindingInput::AccessKeyOwner => finding.owners.contains(subject),
        FindingInput::Instance => matches!(subject, Subject::Instance(_)),
        FindingInput::Function => matches!(subject, Subject::Function(_)),
        FindingInput::Bucket => matches!(subject, Subject::Bucket(_)),
        FindingInput::EcsService => matches!(subject, Subject::EcsService { .. }),
    };
    finding.subjects().filter(is).collect()
}

fn draft(
    playbook: &Known,
    asked: &PlaybookResponse,
    finding: &Finding,
    place: Place<'_>,
    subject: &Subject,
) -> Result<Draft, String> {
    let (kind, fields) = target(asked, place, subject)?;
    let target: Target =
        serde_json::from_value(json!({kind: fields})).map_err(|error| format!("its target is none: {error}"))?;
    let destructive = is_destructive(&target);
    let quarantine = QuarantineTemplate {
        account_ref: AccountRef {
            name: place.name.to_owned(),
        },
        region: region(subject, finding, place)?,
        target,
        mode: match playbook.spec.mode {
            // A sample names what need not exist, and what does is not to be touched for it.
            _ if finding.is_sample => Mode::Observe,
            PlaybookMode::Observe => Mode::Observe,
            PlaybookMode::Propose | PlaybookMode::Act => Mode::Enforce,
        },
        reason: Some(format!("the Playbook {} answers {}", playbook.name, finding.type_)),
        expiry: asked.expiry.clone(),
        evidence: asked.evidence,
        restore_on_release: Vec::new(),
    };
    let arn = finding.arn(subject);
    Ok(Draft {
        response: IncidentResponse {
            name: format!(
                "{}-{}",
                asked.name,
                digest::short(&format!("{}/{arn}", playbook.name), HASH)
            ),
            quarantine: Some(quarantine),
            ..IncidentResponse::default()
        },
        kind,
        arn,
        destructive,
    })
}

/// IAM is global: it is asked in the finding's region where the account has it, and otherwise in its first.
fn region(subject: &Subject, finding: &Finding, place: Place<'_>) -> Result<String, String> {
    let regions = &place.account.regions;
    let global = matches!(subject, Subject::Role(_) | Subject::User(_));
    let first = regions.first().filter(|_| global);
    let found = regions.iter().find(|one| **one == finding.region).or(first);
    found.cloned().ok_or_else(|| {
        format!(
            "the AwsAccount {} does not list {}: add it to spec.regions",
            place.name, finding.region
        )
    })
}

/// The target's kind, and its fields.
fn target(asked: &PlaybookResponse, place: Place<'_>, subject: &Subject) -> Result<(&'static str, Value), String> {
    Ok(match subject {
        Subject::Role(name) => ("iamRole", with(json!({"roleName": name}), json!(asked.iam_role))),
        Subject::User(name) => ("iamUser", with(json!({"userName": name}), json!(asked.iam_user))),
        Subject::Instance(instance) => ("ec2Instance", isolated(asked, place, instance)?),
        Subject::Function(name) => ("lambdaFunction", json!({"functionName": name})),
        Subject::Bucket(name) => ("s3Bucket", with(json!({"bucket": name}), json!(asked.s3_bucket))),
        Subject::EcsService { cluster, service } => {
            let method = asked
                .ecs_service
                .as_ref()
                .map_or(EcsMethod::Isolate, |choice| choice.method);
            (
                "ecsService",
                json!({"cluster": cluster, "service": service, "method": method}),
            )
        }
        Subject::Other(arn) => return Err(format!("there is no Quarantine of {arn}")),
    })
}

/// What the playbook chooses, beside the name; what it leaves out has the defaults of a Quarantine.
fn with(mut fields: Value, choice: Value) -> Value {
    if let (Some(fields), Value::Object(choice)) = (fields.as_object_mut(), choice) {
        fields.extend(choice);
    }
    fields
}

/// An instance is put into the isolation group of its VPC, and nowhere else.
fn isolated(asked: &PlaybookResponse, place: Place<'_>, instance: &Instance) -> Result<Value, String> {
    let method = asked
        .ec2_instance
        .as_ref()
        .map_or(Ec2InstanceMethod::Isolate, |choice| choice.method);
    let vpc = instance.vpc.as_deref();
    let group = place
        .account
        .isolation_groups
        .iter()
        .find(|group| Some(group.vpc_id.as_str()) == vpc);
    let mut fields = json!({"instanceId": instance.id, "method": method});
    match (group, method) {
        (Some(group), _) => fields["isolationSecurityGroupId"] = json!(group.security_group_id),
        (None, Ec2InstanceMethod::Stop) => {}
        (None, Ec2InstanceMethod::Isolate) => {
            return Err(format!(
                "{} is in {}, for which the AwsAccount {} names no group: add it to spec.isolationGroups, and quarantine the instance by hand",
                instance.id,
                vpc.unwrap_or("a VPC that the finding does not name"),
                place.name
            ));
        }
    }
    Ok(fields)
}

/// Whether a containment of that kind may destroy something.
fn is_destructive(target: &Target) -> bool {
    let stops = target
        .ec2_instance
        .as_ref()
        .is_some_and(|one| one.method == Ec2InstanceMethod::Stop);
    let replaces = target
        .ecs_service
        .as_ref()
        .is_some_and(|one| one.method != EcsMethod::Isolate);
    stops || replaces
}

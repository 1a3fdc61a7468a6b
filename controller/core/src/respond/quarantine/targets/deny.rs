//! What denies everything to an IAM identity: the documents and names that roles and users share.

use crate::{
    aws::{
        Query,
        iam::{IamRead, ManagedPolicy, policy_document},
    },
    blocked::{Blocked, Stop},
    facts::SiteFacts,
    respond::{Proof, quarantine::Context},
};
use firebreak_crds::Reason;
use serde_json::{Value, json};

/// Name of the inline policy that denies everything.
pub const DENY_ALL: &str = "Firebreak-DenyAll";
/// Name of the inline policy that denies older sessions; not the console's name, which a person may overwrite.
pub const REVOKE_SESSIONS: &str = "Firebreak-RevokeOlderSessions";

/// A policy that denies every action, under a condition if there is one.
pub(super) fn document(condition: Option<Value>) -> Value {
    let mut statement = json!({"Sid": "FirebreakQuarantine", "Effect": "Deny", "Action": "*", "Resource": "*"});
    if let Some(condition) = condition {
        statement["Condition"] = condition;
    }
    json!({"Version": "2012-10-17", "Statement": [statement]})
}

/// The pre-made policy must really deny everything: attaching another one would be a containment in name only. `kind` is
/// the field of `spec.target`.
pub(super) fn sound_policy(context: &Context<'_>, kind: &str, facts: &SiteFacts<'_>) -> Result<String, Stop> {
    let Some(arn) = context.account.deny_policy_arn.clone() else {
        let message =
            format!("the AwsAccount has no spec.denyPolicyArn: set it, or choose spec.target.{kind}.denyPolicy Inline");
        return Err(Blocked::new(Reason::InvalidTarget, message).into());
    };
    let policy: Option<ManagedPolicy> = facts.need(Query::Iam(IamRead::ManagedPolicy { arn: arn.clone() }))?;
    match policy {
        Some(policy) if is_another(&arn, &policy) => Err(unsound(&arn, &format!("is called {} by IAM", policy.arn))),
        Some(policy) if policy_document::denies_everything(&policy.document) => Ok(arn),
        Some(_) => Err(unsound(
            &arn,
            "does not deny every action on every resource without condition",
        )),
        None => Err(unsound(&arn, "does not exist")),
    }
}

/// IAM takes names that differ in case only for one name; what is attached it lists under its own writing.
fn is_another(arn: &str, policy: &ManagedPolicy) -> bool {
    !policy.arn.is_empty() && policy.arn != arn
}

/// The attachment alone denies nothing: the policy behind it must still do so.
pub(super) fn proof(context: &Context<'_>, kind: &str, facts: &SiteFacts<'_>) -> Result<Proof, Stop> {
    match sound_policy(context, kind, facts) {
        Err(Stop::Blocked(why)) if why.reason == Reason::InvalidTarget => Ok(Proof {
            bypassed: Some(why.message),
            ..Proof::default()
        }),
        other => other.map(|_| Proof::default()),
    }
}

fn unsound(arn: &str, what: &str) -> Stop {
    let message = format!("the AwsAccount's spec.denyPolicyArn {arn} {what}: fix it, or choose denyPolicy Inline");
    Blocked::new(Reason::InvalidTarget, message).into()
}

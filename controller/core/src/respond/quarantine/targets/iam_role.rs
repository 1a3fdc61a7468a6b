//! `iamRole`: trust replaced, everything denied, sessions revoked, in this order: a session that is minted between two
//! steps is caught by the later one.

mod users;

pub use super::deny::{DENY_ALL, REVOKE_SESSIONS};

use super::{deny, sessions::role_name};
use crate::{
    aws::{
        APPLY_TIME, Cell, Query,
        iam::{IamCell, IamRead, Role, policy_document},
    },
    blocked::{Blocked, Stop},
    facts::SiteFacts,
    respond::{
        Design, Draft, Named, Proof,
        quarantine::{Context, Target},
    },
    run::step::Touched,
};
use firebreak_crds::{DenyPolicy, IamRoleMethod, IamRoleTarget, Reason, Reopens, Target as TargetSpec};
use serde_json::{Value, json};

const KIND: &str = "iamRole";

/// An IAM role.
pub struct IamRole;

impl Target for IamRole {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn named_by(&self, target: &TargetSpec) -> bool {
        target.iam_role.is_some()
    }

    fn title(&self, target: &TargetSpec) -> String {
        let Some(spec) = &target.iam_role else {
            return String::new();
        };
        let methods: Vec<String> = spec.methods.iter().map(|m| format!("{m:?}")).collect();
        format!("IAM role {} ({})", spec.role_name, methods.join(", "))
    }

    fn named(&self, context: &Context<'_>) -> Option<Named> {
        let spec = context.target.iam_role.as_ref()?;
        Some(context.identity("role", &spec.role_name))
    }

    fn real_arn(&self, context: &Context<'_>, facts: &SiteFacts<'_>) -> Result<Option<String>, Stop> {
        let Some(spec) = &context.target.iam_role else {
            return Ok(None);
        };
        let role = spec.role_name.clone();
        let found: Option<Role> = facts.need(Query::Iam(IamRead::Role { role }))?;
        Ok(found.map(|role| role.arn))
    }

    fn design(&self, context: &Context<'_>, facts: &SiteFacts<'_>) -> Result<Design, Stop> {
        let Some(spec) = &context.target.iam_role else {
            return Err(Blocked::new(Reason::InvalidTarget, "spec.target.iamRole is not set").into());
        };
        refuse_by_name(spec)?;
        let role = role(spec, facts)?;
        let (dependents, unknown) = users::dependents(context, spec, &role, facts)?;
        Ok(Design {
            arn: role.arn.clone(),
            drafts: drafts(context, spec, &role, facts)?,
            touches: vec![Touched {
                arn: role.arn.clone(),
                tags: role.tags.clone(),
            }],
            notes: notes(spec, &role).into_iter().chain(unknown).collect(),
            dependents,
            empties: Vec::new(),
        })
    }

    fn proof(&self, context: &Context<'_>, facts: &SiteFacts<'_>) -> Result<Proof, Stop> {
        let managed = |spec: &&IamRoleTarget| {
            spec.deny_policy == DenyPolicy::Managed && spec.methods.contains(&IamRoleMethod::DenyAll)
        };
        match context.target.iam_role.as_ref().filter(managed) {
            Some(_) => deny::proof(context, self.kind(), facts),
            None => Ok(Proof::default()),
        }
    }
}

/// AWS lets nobody change SSO's roles; everything else about them is in IAM Identity Center.
fn refuse_by_name(spec: &IamRoleTarget) -> Result<(), Stop> {
    if spec.role_name.starts_with("AWSReservedSSO_") {
        let message = format!(
            "spec.target.iamRole.roleName: {} belongs to IAM Identity Center and cannot be modified; disable the user or the permission set there",
            spec.role_name
        );
        return Err(Blocked::new(Reason::Unmodifiable, message).into());
    }
    if spec.role_name.starts_with("AWSServiceRoleFor") {
        return Err(service_linked(&spec.role_name));
    }
    Ok(())
}

fn service_linked(name: &str) -> Stop {
    let message =
        format!("spec.target.iamRole.roleName: {name} is a service-linked role, which only its AWS service can modify");
    Blocked::new(Reason::Unmodifiable, message).into()
}

fn role(spec: &IamRoleTarget, facts: &SiteFacts<'_>) -> Result<Role, Stop> {
    let name = &spec.role_name;
    let role: Role = facts
        .need(Query::Iam(IamRead::Role { role: name.clone() }))?
        .ok_or_else(|| {
            Blocked::new(
                Reason::TargetNotFound,
                format!("spec.target.iamRole.roleName: role {name} does not exist"),
            )
        })?;
    if role.path.starts_with("/aws-service-role/") {
        return Err(service_linked(name));
    }
    refuse_other_case(name, role_name(&role.arn))?;
    Ok(role)
}

/// IAM takes names that differ in case only for one name, and AWS answers for either; custody is filed under the one that is right.
fn refuse_other_case(name: &str, real: &str) -> Result<(), Stop> {
    if name == real {
        return Ok(());
    }
    let message = format!(
        "spec.target.iamRole.roleName: the role is called {real}, and custody is filed under that name: write it so"
    );
    Err(Blocked::new(Reason::InvalidTarget, message).into())
}

fn drafts(context: &Context<'_>, spec: &IamRoleTarget, role: &Role, facts: &SiteFacts<'_>) -> Result<Vec<Draft>, Stop> {
    let wants = |method| spec.methods.contains(&method);
    let mut drafts = Vec::new();
    if wants(IamRoleMethod::ReplaceTrust) {
        drafts.push(replace_trust(spec));
    }
    if wants(IamRoleMethod::DenyAll) {
        drafts.push(deny_all(context, spec, facts)?);
    }
    if wants(IamRoleMethod::RevokeSessions) {
        drafts.push(revoke_sessions(spec, role));
    }
    for draft in &mut drafts {
        draft.settling = context.settings.iam_settling.to_vec();
    }
    Ok(drafts)
}

/// A trust policy must name a principal to be valid; a Deny for everybody lets nobody in.
fn replace_trust(spec: &IamRoleTarget) -> Draft {
    let nobody = json!({"Version": "2012-10-17", "Statement": [
        {"Sid": "FirebreakQuarantine", "Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"}]});
    Draft {
        reopens: Some(Reopens::TrustPolicy),
        ..Draft::new(
            "replace-trust",
            Cell::Iam(IamCell::RoleTrustPolicy {
                role: spec.role_name.clone(),
            }),
            nobody,
        )
    }
}

fn deny_all(context: &Context<'_>, spec: &IamRoleTarget, facts: &SiteFacts<'_>) -> Result<Draft, Stop> {
    let role = spec.role_name.clone();
    match spec.deny_policy {
        DenyPolicy::Inline => {
            let cell = Cell::Iam(IamCell::RoleInlinePolicy {
                role,
                policy_name: DENY_ALL.into(),
            });
            Ok(Draft::new("deny-all", cell, deny::document(None)))
        }
        DenyPolicy::Managed => {
            let policy_arn = deny::sound_policy(context, KIND, facts)?;
            Ok(Draft::new(
                "deny-all",
                Cell::Iam(IamCell::RolePolicyAttachment { role, policy_arn }),
                json!(true),
            ))
        }
    }
}

/// Lifting the revocation before the longest session has run out would let stolen sessions live again.
fn revoke_sessions(spec: &IamRoleTarget, role: &Role) -> Draft {
    let cell = Cell::Iam(IamCell::RoleInlinePolicy {
        role: spec.role_name.clone(),
        policy_name: REVOKE_SESSIONS.into(),
    });
    let older = json!({"DateLessThan": {"aws:TokenIssueTime": APPLY_TIME}});
    Draft {
        reopens: Some(Reopens::Sessions),
        reopens_for_seconds: Some(role.max_session_seconds),
        renew: true,
        ..Draft::new("revoke-sessions", cell, deny::document(Some(older)))
    }
}

fn notes(spec: &IamRoleTarget, role: &Role) -> Vec<String> {
    let wants = |method| spec.methods.contains(&method);
    let mut notes = vec![format!("May be assumed by: {}", trusted(&role.trust))];
    notes.push(match &role.last_used {
        Some(when) => format!("Last used {when} (AWS reports this with a delay)"),
        None => "Not used in the tracking period (400 days), as far as AWS reports".into(),
    });
    if !wants(IamRoleMethod::ReplaceTrust) && !wants(IamRoleMethod::DenyAll) {
        notes.push("Anyone who may assume the role can start a new session: add ReplaceTrust or DenyAll".into());
    }
    if !wants(IamRoleMethod::RevokeSessions) && !wants(IamRoleMethod::DenyAll) {
        notes.push("Sessions that exist live on until they expire: add RevokeSessions".into());
    }
    notes.push("Roles that were assumed onward from this role are not cut off".into());
    notes
}

/// The principals of the trust policy's Allow statements, for people.
fn trusted(trust: &Value) -> String {
    let canonical = policy_document::canonical(trust);
    let statements = canonical["Statement"].as_array().cloned().unwrap_or_default();
    let mut who: Vec<String> = statements
        .iter()
        .filter(|statement| statement["Effect"] == "Allow")
        .flat_map(|statement| statement["Principal"].as_object().cloned().unwrap_or_default())
        .flat_map(|(_, values)| values.as_array().cloned().unwrap_or_default())
        .filter_map(|value| value.as_str().map(str::to_owned))
        .collect();
    who.sort();
    if who.is_empty() {
        "nobody".into()
    } else {
        who.join(", ")
    }
}

#[cfg(test)]
mod tests;

//! `iamUser`: everything denied, then every access key deactivated, then sessions revoked. The deny comes first: anyone who
//! holds a key that is being deactivated could make a new one. The console password is kept and barred by the deny: a
//! login profile that is deleted cannot be made again with the same password.

mod notes;
#[cfg(test)]
mod tests;

use super::deny::{self, DENY_ALL, REVOKE_SESSIONS};
use crate::{
    aws::{
        APPLY_TIME, Cell, Query,
        iam::{IamCell, IamRead, User},
    },
    blocked::{Blocked, Stop},
    facts::SiteFacts,
    respond::{
        Design, Draft, Named, Proof,
        quarantine::{Context, Target},
    },
    run::step::Touched,
};
use firebreak_crds::{DenyPolicy, IamUserMethod, IamUserTarget, Reason, Reopens, Target as TargetSpec};
use serde_json::json;

const KIND: &str = "iamUser";
/// The longest that a session of a user lives: 36 hours (AWS STS API reference, GetSessionToken and GetFederationToken).
const LONGEST_SESSION_SECONDS: u32 = 36 * 3600;

/// An IAM user.
pub struct IamUser;

impl Target for IamUser {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn named_by(&self, target: &TargetSpec) -> bool {
        target.iam_user.is_some()
    }

    fn title(&self, target: &TargetSpec) -> String {
        let Some(spec) = &target.iam_user else {
            return String::new();
        };
        let methods: Vec<String> = spec.methods.iter().map(|m| format!("{m:?}")).collect();
        format!("IAM user {} ({})", spec.user_name, methods.join(", "))
    }

    fn named(&self, context: &Context<'_>) -> Option<Named> {
        let spec = context.target.iam_user.as_ref()?;
        Some(context.identity("user", &spec.user_name))
    }

    fn real_arn(&self, context: &Context<'_>, facts: &SiteFacts<'_>) -> Result<Option<String>, Stop> {
        let Some(spec) = &context.target.iam_user else {
            return Ok(None);
        };
        let user = spec.user_name.clone();
        let found: Option<User> = facts.need(Query::Iam(IamRead::User { user }))?;
        Ok(found.map(|user| user.arn))
    }

    fn design(&self, context: &Context<'_>, facts: &SiteFacts<'_>) -> Result<Design, Stop> {
        let Some(spec) = &context.target.iam_user else {
            return Err(Blocked::new(Reason::InvalidTarget, "spec.target.iamUser is not set").into());
        };
        let user = user(spec, facts)?;
        notes::ask(spec, facts)?;
        Ok(Design {
            arn: user.arn.clone(),
            drafts: drafts(context, spec, facts)?,
            touches: vec![Touched {
                arn: user.arn.clone(),
                tags: user.tags.clone(),
            }],
            notes: notes::of(spec, &user, facts)?,
            ..Design::default()
        })
    }

    fn proof(&self, context: &Context<'_>, facts: &SiteFacts<'_>) -> Result<Proof, Stop> {
        let managed = |spec: &&IamUserTarget| {
            spec.deny_policy == DenyPolicy::Managed && spec.methods.contains(&IamUserMethod::DenyAll)
        };
        match context.target.iam_user.as_ref().filter(managed) {
            Some(_) => deny::proof(context, KIND, facts),
            None => Ok(Proof::default()),
        }
    }
}

/// IAM tells names apart whatever their case, and AWS answers for either; custody is filed under the one that is right.
fn user(spec: &IamUserTarget, facts: &SiteFacts<'_>) -> Result<User, Stop> {
    let name = &spec.user_name;
    let user: User = facts
        .need(Query::Iam(IamRead::User { user: name.clone() }))?
        .ok_or_else(|| {
            Blocked::new(
                Reason::TargetNotFound,
                format!("spec.target.iamUser.userName: user {name} does not exist"),
            )
        })?;
    if user.arn.ends_with(":root") {
        let message = format!(
            "spec.target.iamUser.userName: {name} is the account's root user, whom no policy of the account denies anything: change its password and delete its keys, or use an SCP"
        );
        return Err(Blocked::new(Reason::Unmodifiable, message).into());
    }
    if user.name != *name {
        let message = format!(
            "spec.target.iamUser.userName: the user is called {}, and custody is filed under that name: write it so",
            user.name
        );
        return Err(Blocked::new(Reason::InvalidTarget, message).into());
    }
    Ok(user)
}

fn drafts(context: &Context<'_>, spec: &IamUserTarget, facts: &SiteFacts<'_>) -> Result<Vec<Draft>, Stop> {
    let wants = |method| spec.methods.contains(&method);
    let mut drafts = Vec::new();
    if wants(IamUserMethod::DenyAll) {
        drafts.push(deny_all(context, spec, facts)?);
    }
    if wants(IamUserMethod::DeactivateKeys) {
        drafts.push(deactivate_keys(spec));
    }
    if wants(IamUserMethod::RevokeSessions) {
        drafts.push(revoke_sessions(spec));
    }
    for draft in &mut drafts {
        draft.settling = context.settings.iam_settling.to_vec();
    }
    Ok(drafts)
}

fn deny_all(context: &Context<'_>, spec: &IamUserTarget, facts: &SiteFacts<'_>) -> Result<Draft, Stop> {
    let user = spec.user_name.clone();
    match spec.deny_policy {
        DenyPolicy::Inline => {
            let cell = Cell::Iam(IamCell::UserInlinePolicy {
                user,
                policy_name: DENY_ALL.into(),
            });
            Ok(Draft::new("deny-all", cell, deny::document(None)))
        }
        DenyPolicy::Managed => {
            let policy_arn = deny::sound_policy(context, KIND, facts)?;
            let cell = Cell::Iam(IamCell::UserPolicyAttachment { user, policy_arn });
            Ok(Draft::new("deny-all", cell, json!(true)))
        }
    }
}

/// Whatever keys there are when it is written, and whatever keys are made afterwards.
fn deactivate_keys(spec: &IamUserTarget) -> Draft {
    let cell = Cell::Iam(IamCell::UserAccessKeys {
        user: spec.user_name.clone(),
    });
    Draft {
        reopens: Some(Reopens::AccessKeys),
        ..Draft::new("deactivate-keys", cell, json!({"active": []}))
    }
}

/// It adds to the deny what comes after it: when the deny is lifted, sessions from before stay dead.
fn revoke_sessions(spec: &IamUserTarget) -> Draft {
    let cell = Cell::Iam(IamCell::UserInlinePolicy {
        user: spec.user_name.clone(),
        policy_name: REVOKE_SESSIONS.into(),
    });
    let older = json!({"DateLessThan": {"aws:TokenIssueTime": APPLY_TIME}});
    Draft {
        reopens: Some(Reopens::Sessions),
        reopens_for_seconds: Some(LONGEST_SESSION_SECONDS),
        renew: true,
        ..Draft::new("revoke-sessions", cell, deny::document(Some(older)))
    }
}

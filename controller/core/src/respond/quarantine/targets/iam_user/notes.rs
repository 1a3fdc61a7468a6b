//! What people should know: what uses the user's keys, how else it gets in, and what stays open.

use crate::{
    aws::{
        Query,
        iam::{AccessKey, IamRead, OtherCredential, User, UserAccess},
    },
    blocked::Stop,
    facts::SiteFacts,
    respond::quarantine::targets::sessions::lenient,
};
use firebreak_crds::{IamUserMethod, IamUserTarget};

/// Everything that only the notes need, in one round.
pub(super) fn ask(spec: &IamUserTarget, facts: &SiteFacts<'_>) -> Result<(), Stop> {
    facts.ask([keys_query(spec), access_query(spec), others_query(spec)])
}

pub(super) fn of(spec: &IamUserTarget, user: &User, facts: &SiteFacts<'_>) -> Result<Vec<String>, Stop> {
    let mut notes = keys(spec, facts)?;
    notes.extend(access(spec, user, facts)?);
    notes.extend(others(spec, facts)?);
    notes.extend(left_open(spec));
    Ok(notes)
}

fn user_of(spec: &IamUserTarget) -> String {
    spec.user_name.clone()
}

fn keys_query(spec: &IamUserTarget) -> Query {
    Query::Iam(IamRead::AccessKeysOfUser { user: user_of(spec) })
}

fn access_query(spec: &IamUserTarget) -> Query {
    Query::Iam(IamRead::UserAccess { user: user_of(spec) })
}

fn others_query(spec: &IamUserTarget) -> Query {
    Query::Iam(IamRead::OtherCredentialsOfUser { user: user_of(spec) })
}

/// What stops working: nobody but the keys' last use can tell.
fn keys(spec: &IamUserTarget, facts: &SiteFacts<'_>) -> Result<Vec<String>, Stop> {
    Ok(match lenient::<Vec<AccessKey>>(facts, keys_query(spec))? {
        Err(why) => vec![format!("What its access keys were last used for is unknown: {why}")],
        Ok(found) => match found.unwrap_or_default() {
            none if none.is_empty() => vec!["It has no access key".into()],
            found => found.iter().map(key).collect(),
        },
    })
}

fn key(key: &AccessKey) -> String {
    let (id, status) = (&key.id, &key.status);
    match &key.last_used {
        None => format!("Access key {id} ({status}): no use is known"),
        Some(when) => {
            let service = key.last_service.as_deref().unwrap_or("an unknown service");
            let region = key.last_region.as_deref().unwrap_or("an unknown region");
            format!(
                "Access key {id} ({status}): last used {when} for {service} in {region}; what uses it stops working"
            )
        }
    }
}

fn access(spec: &IamUserTarget, user: &User, facts: &SiteFacts<'_>) -> Result<Vec<String>, Stop> {
    let access = match lenient::<UserAccess>(facts, access_query(spec))? {
        Err(why) => {
            return Ok(vec![format!(
                "Its console password, MFA devices and groups are unknown: {why}"
            )]);
        }
        Ok(found) => found.unwrap_or_default(),
    };
    let mut notes = vec![password(spec, user, &access)];
    if !access.groups.is_empty() {
        notes.push(format!(
            "Member of {}: its groups are not touched",
            access.groups.join(", ")
        ));
    }
    Ok(notes)
}

fn password(spec: &IamUserTarget, user: &User, access: &UserAccess) -> String {
    if !access.password {
        return "It has no console password".into();
    }
    let used = user
        .password_last_used
        .as_ref()
        .map_or_else(|| "no use is known".to_owned(), |when| format!("last used {when}"));
    let mfa = firebreak_crds::text::counted(access.mfa_devices, "MFA device");
    match spec.methods.contains(&IamUserMethod::DenyAll) {
        true => format!(
            "Console password ({used}, {mfa}): kept; anyone who signs in may do nothing. It lets them in again after the release: change it before"
        ),
        false => format!("NOT cut off: the console password ({used}, {mfa}): add DenyAll"),
    }
}

fn others(spec: &IamUserTarget, facts: &SiteFacts<'_>) -> Result<Vec<String>, Stop> {
    let found = match lenient::<Vec<OtherCredential>>(facts, others_query(spec))? {
        Err(why) => {
            return Ok(vec![format!(
                "Its certificates, SSH keys and service-specific credentials are unknown: {why}"
            )]);
        }
        Ok(found) => found.unwrap_or_default(),
    };
    let active = found.iter().filter(|credential| credential.status == "Active");
    Ok(active.map(|credential| other(spec, credential)).collect())
}

/// They sign in as the user, for whom the deny is. Whether every service that takes them looks at it is unverified.
fn other(spec: &IamUserTarget, credential: &OtherCredential) -> String {
    let (kind, id) = (&credential.kind, &credential.id);
    match spec.methods.contains(&IamUserMethod::DenyAll) {
        true => format!(
            "Not deactivated: {kind} {id}. It signs in as the user, whom everything is denied; whether its service obeys that is unverified: deactivate it by hand"
        ),
        false => format!("NOT cut off: {kind} {id}: add DenyAll"),
    }
}

fn left_open(spec: &IamUserTarget) -> Vec<String> {
    let wants = |method| spec.methods.contains(&method);
    let mut notes = Vec::new();
    if !wants(IamUserMethod::DenyAll) && !wants(IamUserMethod::RevokeSessions) {
        notes.push("Sessions that its keys have opened live on, up to 36 hours: add DenyAll or RevokeSessions");
    }
    if wants(IamUserMethod::DenyAll) && !wants(IamUserMethod::RevokeSessions) {
        notes.push("Sessions from before live again if it is released before they expire (36 hours at most): add RevokeSessions");
    }
    if !wants(IamUserMethod::DenyAll) && !wants(IamUserMethod::DeactivateKeys) {
        notes.push("Its access keys work on, and open new sessions: add DenyAll and DeactivateKeys");
    }
    if wants(IamUserMethod::DeactivateKeys) {
        notes.push("A release leaves its keys inactive, unless AccessKeys is named to be restored");
    }
    notes.push("Roles that this user has assumed are not cut off: quarantine them with iamRole");
    notes.into_iter().map(str::to_owned).collect()
}

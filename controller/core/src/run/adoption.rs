//! Custody that is rebuilt when the cluster is lost: from the mirrored plans, which say what was there before, and from what AWS
//! shows now. Nothing is believed that AWS does not show, and no before-value that neither the cluster's own records nor a person
//! vouch for ([`trust`]): anyone who can write into the bucket can write plans.

pub mod trust;

use crate::{
    aws::{Answer, access::Access},
    digest,
    run::{
        archive::{self, MirroredPlan},
        custody,
        plan::{Plan, Step},
    },
};
use firebreak_crds::{Action, Asked, AwsAccountSpec, EvidenceStore, HoldSpec, HoldState, Mode, Orphaned, text};
use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeSet;

/// What is found out about one step of a mirrored plan.
#[derive(Clone, Debug, PartialEq)]
pub enum Finding {
    /// AWS shows what the run wrote: custody without a holder.
    Kept {
        /// Name of the Hold.
        name: String,
        /// Its content.
        hold: Box<HoldSpec>,
    },
    /// AWS shows what was there before: there is nothing to keep.
    Back,
    /// The resource does not exist any more.
    Gone,
    /// AWS did not tell.
    Unknown(String),
    /// It is not taken up, no matter who vouches for it.
    Refused(String),
}

/// A mirrored plan in the bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Its key.
    pub key: String,
    /// Whether a document beside it says that the containment is over. Anyone who can write into the bucket can write that.
    pub closed: bool,
}

/// The plans that may be in custody still, of one object the newest run first: each that was not closed, and of each object the
/// newest one although it was.
pub fn candidates(store: &EvidenceStore, account_id: &str, keys: &[String]) -> Vec<Document> {
    let prefix = archive::account_prefix(store, account_id);
    let of = |name: &str| -> BTreeSet<&str> {
        let suffix = file(name);
        let of_account = keys.iter().filter(|key| key.starts_with(&prefix));
        of_account.filter_map(|key| key.strip_suffix(suffix.as_str())).collect()
    };
    let (closed, mut objects) = (of(archive::CLOSED), BTreeSet::new());
    let mut found = Vec::new();
    for run in of(archive::PLAN).into_iter().rev() {
        let is_newest = objects.insert(run.rsplit_once('/').map_or(run, |(object, _)| object));
        let closed = closed.contains(run);
        if is_newest || !closed {
            let key = format!("{run}{}", file(archive::PLAN));
            found.push(Document { key, closed });
        }
    }
    found
}

fn file(name: &str) -> String {
    format!("/{name}.json")
}

/// A mirrored plan with what it plans.
///
/// # Errors
/// Why it is none: it cannot be read by this version, it was changed, or it lies where another one belongs.
pub fn read(store: &EvidenceStore, account_id: &str, key: &str, text: &str) -> Result<(MirroredPlan, Plan), String> {
    let mirrored: MirroredPlan =
        serde_json::from_str(text).map_err(|error| format!("it is no mirrored plan: {error}"))?;
    if mirrored.version > archive::VERSION {
        return Err(format!(
            "a newer version wrote it (version {}): upgrade the CLI",
            mirrored.version
        ));
    }
    let plan = Plan::read(&mirrored.spec.payload)?;
    let place = archive::run_prefix(store, account_id, &mirrored.spec.owner, mirrored.spec.run);
    let fits = plan.digest() == mirrored.spec.digest && plan.account_id == account_id;
    match fits
        && plan.action == Action::Contain
        && key == format!("{}{}", place.trim_end_matches('/'), file(archive::PLAN))
    {
        true => Ok((mirrored, plan)),
        false => {
            Err("it was changed, or moved here from elsewhere: its content fits neither its digest nor its key".into())
        }
    }
}

/// What names a document: the hash of its bytes. The plan's digest does not cover every before-value.
pub fn name(text: &str) -> String {
    digest::of_bytes(text.as_bytes())
}

/// As whom AWS is asked about a mirrored plan.
pub fn access(mirrored: &MirroredPlan, plan: &Plan, account: &AwsAccountSpec) -> Access {
    let owner = &mirrored.spec.owner;
    Access {
        account: account.clone(),
        region: plan.region.clone(),
        namespace: owner.namespace.clone(),
        name: owner.name.clone(),
        uid: owner.uid.clone(),
    }
}

/// What becomes of one step that had custody.
pub fn find(
    mirrored: &MirroredPlan,
    access: &Access,
    (order, step): (usize, &Step),
    answer: &Answer,
    now: Timestamp,
) -> Finding {
    let current = match answer {
        Answer::Found(current) => current,
        Answer::NotFound => return Finding::Gone,
        Answer::Denied(why) | Answer::Unreachable(why) => return Finding::Unknown(why.clone()),
        Answer::Throttled => {
            return Finding::Unknown("not read: AWS throttles the account, or its budget of calls is used up".into());
        }
    };
    match step.cell.same(&step.before, current) {
        true => Finding::Back,
        false => kept(mirrored, access, (order, step), current, now),
    }
}

/// What the run wrote, or a part of the way to it, is orphaned custody; anything else is somebody's change, and in conflict.
/// The account is the cluster's AwsAccount: anyone who can write into the bucket names no role.
fn kept(
    mirrored: &MirroredPlan,
    access: &Access,
    (order, step): (usize, &Step),
    current: &Value,
    now: Timestamp,
) -> Finding {
    let key = custody::key(access.partition(), &step.site, &step.cell);
    let ours = step.cell.fits(&step.after, current) || step.cell.between(&step.before, &step.after, current);
    let message = match ours {
        true => "rebuilt from the mirror: AWS shows what was written",
        false => "rebuilt from the mirror: AWS shows neither what was there before nor what was written",
    };
    let (reason, asked) = recorded(mirrored);
    let hold = HoldSpec {
        state: if ours { HoldState::Orphaned } else { HoldState::Conflict },
        account_name: mirrored.account_name.clone(),
        region: access.region.clone(),
        cell: custody::store_cell(&step.cell),
        before: step.before.clone(),
        after: step.after.clone(),
        read_back: ours.then(|| current.clone()),
        written_at: Some(mirrored.at.clone()),
        reopens: step.reopens,
        reopens_for_seconds: step.reopens_for_seconds,
        order: u32::try_from(order).unwrap_or(u32::MAX),
        reason,
        asked,
        released_by: Vec::new(),
        holders: Vec::new(),
        orphaned: Some(Orphaned {
            from: mirrored.spec.owner.clone(),
            at: text::seconds(now),
            mode: Mode::Enforce,
        }),
        message: Some(message.into()),
        reasserted_at: Vec::new(),
        refused_at: None,
        held_by: None,
        account: access.account.clone(),
        key,
    };
    Finding::Kept {
        name: custody::name(&hold.key),
        hold: Box::new(hold),
    }
}

/// Why it was cut off, who asked for it, and how grave it was called, as the mirror says.
fn recorded(mirrored: &MirroredPlan) -> (Option<String>, Asked) {
    let plan: Option<Plan> = serde_json::from_value(mirrored.spec.payload.clone()).ok();
    let mut asked = mirrored.spec.asked.clone();
    mirrored
        .spec
        .requested_by
        .iter()
        .for_each(|name| asked.add_person(name));
    let known = plan.filter(|plan| plan.version > 1);
    known.iter().for_each(|plan| asked.add_severity(plan.severity));
    (known.and_then(|plan| plan.reason), asked)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> EvidenceStore {
        EvidenceStore {
            bucket: "acme".into(),
            region: "us-east-1".into(),
            owner_account_id: None,
            role_arn: None,
            prefix: "firebreak".into(),
        }
    }

    #[test]
    fn open_plans_and_the_newest_closed_one_of_each_object_count() {
        let keys = [
            "firebreak/1/team/q/uid/run-00001/plan.json",
            "firebreak/1/team/q/uid/run-00001/closed.json",
            "firebreak/1/team/q/uid/run-00002/plan.json",
            "firebreak/1/team/q/uid/run-00010/plan.json",
            "firebreak/1/team/q/uid/run-00010/manifest.json",
            "firebreak/1/team/r/uid/run-00001/plan.json",
            "firebreak/1/team/r/uid/run-00001/closed.json",
            "firebreak/12/team/q/uid/run-00001/plan.json",
        ]
        .map(String::from);
        let document = |key: &str, closed| Document {
            key: key.into(),
            closed,
        };
        let expected = [
            document("firebreak/1/team/r/uid/run-00001/plan.json", true),
            document("firebreak/1/team/q/uid/run-00010/plan.json", false),
            document("firebreak/1/team/q/uid/run-00002/plan.json", false),
        ];
        assert_eq!(candidates(&store(), "1", &keys), expected);
    }

    #[test]
    fn what_is_no_mirrored_plan_is_not_read() {
        for text in ["{}", "no json"] {
            assert!(read(&store(), "1", "firebreak/1/plan.json", text).is_err());
        }
    }
}

//! Custody that is rebuilt when the cluster is lost: from the mirrored plans, which say what was there before, and from what AWS
//! shows now. Nothing is believed that AWS does not show.

use crate::{
    access::Access,
    archive::{self, MirroredPlan},
    custody,
    facts::Answer,
    plan::{Plan, Step},
};
use firebreak_crds::{AwsAccountSpec, EvidenceStore, HoldSpec, HoldState, Mode, Orphaned, text};
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
}

/// Keys of the plans whose containment was not closed; of one object, the newest runs first.
pub fn open_plans(store: &EvidenceStore, account_id: &str, keys: &[String]) -> Vec<String> {
    let prefix = archive::account_prefix(store, account_id);
    let named = |name: &str| format!("/{name}.json");
    let of = |name: &str| -> BTreeSet<&str> {
        let suffix = named(name);
        let of_account = keys.iter().filter(|key| key.starts_with(&prefix));
        of_account.filter_map(|key| key.strip_suffix(suffix.as_str())).collect()
    };
    let closed = of(archive::CLOSED);
    let open = of(archive::PLAN).into_iter().filter(|run| !closed.contains(run));
    let plans = open.map(|run| format!("{run}{}", named(archive::PLAN)));
    plans.rev().collect()
}

/// A mirrored plan with what it plans; none when a newer version wrote it in a form that this one cannot read, when it was
/// changed, or when it is about another account.
pub fn read(document: &str, account_id: &str) -> Option<(MirroredPlan, Plan)> {
    let mirrored: MirroredPlan = serde_json::from_str(document).ok()?;
    let plan = Plan::read(&mirrored.spec.payload).ok()?;
    let readable = mirrored.version <= archive::VERSION && plan.account_id == account_id;
    (readable && plan.digest() == mirrored.spec.digest).then_some((mirrored, plan))
}

/// As whom AWS is asked about a mirrored plan.
pub fn access(mirrored: &MirroredPlan, account: &AwsAccountSpec) -> Access {
    let owner = &mirrored.spec.owner;
    Access {
        account: account.clone(),
        region: mirrored.region.clone(),
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
/// The account is the cluster's AwsAccount: whoever can write into the bucket names no role.
fn kept(
    mirrored: &MirroredPlan,
    access: &Access,
    (order, step): (usize, &Step),
    current: &Value,
    now: Timestamp,
) -> Finding {
    let key = custody::key(access, &step.cell);
    let ours = step.cell.fits(&step.after, current) || step.cell.between(&step.before, &step.after, current);
    let message = match ours {
        true => "rebuilt from the mirror: AWS shows what was written",
        false => "rebuilt from the mirror: AWS shows neither what was there before nor what was written",
    };
    let hold = HoldSpec {
        state: if ours { HoldState::Orphaned } else { HoldState::Conflict },
        account_name: mirrored.account_name.clone(),
        region: mirrored.region.clone(),
        cell: custody::store_cell(&step.cell),
        before: step.before.clone(),
        after: step.after.clone(),
        read_back: ours.then(|| current.clone()),
        written_at: Some(mirrored.at.clone()),
        reopens: step.reopens,
        reopens_for_seconds: step.reopens_for_seconds,
        order: u32::try_from(order).unwrap_or(u32::MAX),
        holders: Vec::new(),
        orphaned: Some(Orphaned {
            from: mirrored.spec.owner.clone(),
            at: text::seconds(now),
            mode: Mode::Enforce,
        }),
        message: Some(message.into()),
        reasserted_at: Vec::new(),
        account: access.account.clone(),
        key,
    };
    Finding::Kept {
        name: custody::name(&hold.key),
        hold: Box::new(hold),
    }
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
    fn only_plans_that_were_not_closed_count_and_the_newest_comes_first() {
        let keys = [
            "firebreak/1/team/q/uid/run-00001/plan.json",
            "firebreak/1/team/q/uid/run-00001/closed.json",
            "firebreak/1/team/q/uid/run-00002/plan.json",
            "firebreak/1/team/q/uid/run-00010/plan.json",
            "firebreak/1/team/q/uid/run-00010/manifest.json",
            "firebreak/12/team/q/uid/run-00001/plan.json",
        ]
        .map(String::from);
        let expected = [
            "firebreak/1/team/q/uid/run-00010/plan.json",
            "firebreak/1/team/q/uid/run-00002/plan.json",
        ];
        assert_eq!(open_plans(&store(), "1", &keys), expected);
    }

    #[test]
    fn what_is_no_mirrored_plan_is_not_read() {
        assert_eq!(read("{}", "1"), None);
        assert_eq!(read("no json", "1"), None);
    }
}

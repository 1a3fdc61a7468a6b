//! Holds: how custody is named, taken, shared and given up. Pure; the store makes the writes conditional.

use crate::{
    aws::{Cell, Query, Site, autoscaling::AutoScalingCell, ec2::Ec2Cell},
    digest,
    facts::Ask,
    installation::DEFAULT_NAMESPACE,
};
use firebreak_crds::{HoldKey, HoldSpec, HoldState, Holder, Mode, Orphaned, OwnerRef, text};
use jiff::Timestamp;
use serde_json::{Value, json};

/// The version of a stored cell.
const CELL_VERSION: u32 = 1;

/// What the message of orphaned custody says as long as there is nothing else to say.
pub(crate) const LEFT: &str = " was deleted before it could be released";

/// What is said beside that of a value that somebody else had changed.
pub(crate) const CHANGED: &str = "; somebody else had changed the value, and it was not put back";

/// What custody of a cell is filed under. IAM is global: two objects in different regions share its Holds.
pub fn key(partition: &str, site: &Site, cell: &Cell) -> HoldKey {
    let region = if cell.is_global() { "global" } else { &site.region };
    HoldKey {
        account_id: site.account_id.clone(),
        region: region.to_owned(),
        resource: cell.resource(partition, &site.account_id, &site.region),
        field: cell.field(),
    }
}

/// Where the cell that a Hold keeps is read and written.
pub fn site(hold: &HoldSpec) -> Site {
    Site::new(&hold.key.account_id, &hold.region)
}

/// The question how that cell stands.
pub fn read(hold: &HoldSpec, cell: &Cell) -> Ask {
    Ask {
        site: site(hold),
        query: Query::Cell(cell.clone()),
    }
}

/// The Hold's name: a hash of its key, so that creating it is the lock.
pub fn name(key: &HoldKey) -> String {
    let text = json!([key.account_id, key.region, key.resource, key.field]).to_string();
    format!("hold-{}", digest::short(&text, 40))
}

/// The name of the custody of an instance's profile, for custody of its being on standby: the profile comes back first.
fn profile_of(hold: &HoldSpec) -> Option<String> {
    let Some(Cell::AutoScaling(AutoScalingCell::InstanceStandby { instance_id, .. })) = read_cell(hold) else {
        return None;
    };
    let field = Cell::Ec2(Ec2Cell::InstanceProfile { instance_id }).field();
    Some(name(&HoldKey {
        field,
        ..hold.key.clone()
    }))
}

/// The name of the custody of all of what this is a part of, where that can be held: as long as it is, this is not put back.
pub fn whole_of(hold: &HoldSpec) -> Option<String> {
    let field = read_cell(hold)?.within()?.field();
    Some(name(&HoldKey {
        field,
        ..hold.key.clone()
    }))
}

/// The name of the custody that must end before this one is put back.
pub fn first_of(hold: &HoldSpec) -> Option<String> {
    profile_of(hold).or_else(|| whole_of(hold))
}

/// Why it is not put back while custody of all of what it is a part of exists: the release of that would not bring it back.
pub fn kept_with_whole(hold: &HoldSpec, whole: &HoldSpec) -> String {
    let holders = whole.holders.iter().map(|holder| &holder.owner);
    let left = whole.orphaned.iter().map(|left| &left.from);
    let who: Vec<String> = holders
        .chain(left)
        .map(|owner| format!("{} {}/{}", owner.kind, owner.namespace, owner.name))
        .collect();
    format!(
        "{} of {} stays as it is, because {} keeps {} ({}): release that first",
        hold.key.field,
        hold.key.resource,
        who.join(", "),
        whole.key.field,
        name(&whole.key)
    )
}

/// How an object is called on the command line: a Quarantine by its name alone.
pub fn spoken(owner: &OwnerRef) -> String {
    match owner.kind.as_str() {
        "Quarantine" => owner.name.clone(),
        kind => format!("{}/{}", kind.to_lowercase(), owner.name),
    }
}

/// The command that decides about a Hold without an object, as it is typed. Its Decisions lie in the operator's namespace.
pub fn command(verb: &str, name: &str, operator_namespace: &str) -> String {
    let elsewhere = match operator_namespace {
        DEFAULT_NAMESPACE => String::new(),
        other => format!(" --operator-namespace {other}"),
    };
    format!("kubectl firebreak {verb} hold/{name}{elsewhere}")
}

/// The command that puts a Hold without an object back, as it is typed: what it would reopen is named.
pub fn release_command(hold: &HoldSpec, name: &str, operator_namespace: &str) -> String {
    format!("{}{}", command("release", name, operator_namespace), restore(hold))
}

/// The option that names what a release of it would reopen; empty where it reopens nothing.
pub fn restore(hold: &HoldSpec) -> String {
    let reopens = hold.reopens;
    reopens.map_or_else(String::new, |what| format!(" --restore {what:?}"))
}

/// How a cell is stored in a Hold.
pub fn store_cell(cell: &Cell) -> Value {
    json!({"version": CELL_VERSION, "cell": cell})
}

/// The cell that a Hold keeps; none when a newer version wrote it in a form that this one cannot read.
pub fn read_cell(hold: &HoldSpec) -> Option<Cell> {
    let version = hold.cell["version"].as_u64();
    let known = version.is_none_or(|version| version <= u64::from(CELL_VERSION));
    known.then(|| serde_json::from_value(hold.cell["cell"].clone()).ok())?
}

/// Whether the object holds it.
pub fn is_held_by(hold: &HoldSpec, uid: &str) -> bool {
    hold.holders.iter().any(|holder| holder.owner.uid == uid)
}

/// UIDs of the objects for which it counts against the caps: its holders, and the one that left it behind.
pub fn counted(hold: &HoldSpec) -> impl Iterator<Item = &str> {
    let left = hold.orphaned.as_ref().map(|orphaned| orphaned.from.uid.as_str());
    hold.holders.iter().map(|holder| holder.owner.uid.as_str()).chain(left)
}

/// The Hold with one more holder, or with a newer plan of one. Orphaned or withheld custody is adopted by it, unless an object
/// of another namespace left it behind: then the new holder shares it, and what was left behind stays for those to decide who
/// had to before.
pub fn join(hold: &HoldSpec, owner: &OwnerRef, plan: &str) -> HoldSpec {
    let mut joined = hold.clone();
    match joined.holders.iter_mut().find(|holder| holder.owner.uid == owner.uid) {
        Some(holder) => holder.plan = plan.to_owned(),
        None => joined.holders.push(Holder {
            owner: owner.clone(),
            plan: plan.to_owned(),
        }),
    }
    joined.state = HoldState::Held;
    joined.orphaned = joined.orphaned.filter(|left| left.from.namespace != owner.namespace);
    (joined.message, joined.refused_at) = (None, None);
    joined
}

/// What was there before custody: what its Hold remembers, unless that was never written over and AWS has moved on since.
pub fn before(hold: Option<&HoldSpec>, cell: &Cell, current: &Value) -> Value {
    let kept = hold.filter(|hold| !outlived(hold, cell, current));
    kept.map_or_else(|| current.clone(), |hold| hold.before.clone())
}

/// Who holds it at another value, for people: two objects that want different values of one cell are not both contained.
pub fn contested(hold: &HoldSpec, cell: &Cell, after: &Value, owner: &OwnerRef) -> Option<String> {
    let others = others(hold, owner);
    let differs = !others.is_empty() && !cell.same(&hold.after, after);
    differs.then(|| others.join(", "))
}

/// Whether it is in conflict now: neither what was there before nor what was written is there any more. A conflict is over
/// once the value is back.
pub fn in_conflict(hold: &HoldSpec, cell: &Cell, current: &Value) -> bool {
    // What was there before has nothing that is bound to a time.
    let before = cell.bind(
        &cell.merge_before(&hold.before, current),
        current,
        Timestamp::UNIX_EPOCH,
    );
    hold.state == HoldState::Conflict && !cell.same(current, &before) && !wrote(hold, cell, current)
}

/// The Hold without a holder. Where none is left, what an object of another namespace had left behind is orphaned again.
pub fn leave(hold: &HoldSpec, uid: &str) -> HoldSpec {
    let mut left = hold.clone();
    left.holders.retain(|holder| holder.owner.uid != uid);
    if let Some(orphaned) = left.orphaned.as_ref().filter(|_| left.holders.is_empty()) {
        left.message = Some(left_by(&orphaned.from, HoldState::Held));
        left.state = HoldState::Orphaned;
    }
    left
}

/// Whether nobody has a claim to it: neither a holder, nor an object of another namespace that left it behind.
pub fn is_nobodys(hold: &HoldSpec) -> bool {
    hold.holders.is_empty() && hold.orphaned.is_none()
}

/// The Hold without an object that is deleted. With no other holder it is orphaned, however it stood before; it remembers
/// whose it was, and whether that object wrote at all. Holders of other namespaces only share it from then on: they do not
/// decide for the namespace that it came from.
pub fn orphan(hold: &HoldSpec, owner: &OwnerRef, mode: Mode, now: Timestamp) -> HoldSpec {
    let mut left = leave(hold, &owner.uid);
    let of_the_same = |holder: &Holder| holder.owner.namespace == owner.namespace;
    if left.orphaned.is_some() || left.holders.iter().any(of_the_same) {
        return left;
    }
    left.orphaned = Some(Orphaned {
        from: owner.clone(),
        at: text::seconds(now),
        mode,
    });
    if left.holders.is_empty() {
        left.message = Some(left_by(owner, left.state));
        left.state = HoldState::Orphaned;
    }
    left
}

fn left_by(owner: &OwnerRef, state: HoldState) -> String {
    let OwnerRef {
        kind, namespace, name, ..
    } = owner;
    let why = match state {
        HoldState::Held | HoldState::Orphaned => "",
        HoldState::Conflict => CHANGED,
        HoldState::Withheld => "; putting it back would reopen the compromise",
    };
    format!("{kind} {namespace}/{name}{LEFT}{why}")
}

/// Custody that nobody holds and that an earlier version left withheld or in conflict, as an orphan: what this custody
/// wrote stays enforced, whatever its class. What was never seen in AWS, such as custody that was rebuilt in conflict, is
/// left as it is.
pub fn as_orphan(hold: &HoldSpec) -> Option<HoldSpec> {
    let stray = match hold.state {
        HoldState::Held | HoldState::Orphaned => false,
        HoldState::Conflict | HoldState::Withheld => hold.read_back.is_some(),
    };
    (stray && hold.holders.is_empty()).then(|| HoldSpec {
        state: HoldState::Orphaned,
        ..hold.clone()
    })
}

/// Whether putting it back reopens nothing any more: the time has passed for which it would.
pub fn is_harmless(hold: &HoldSpec, now: Timestamp) -> bool {
    let written = hold.written_at.as_ref().and_then(|at| at.parse::<Timestamp>().ok());
    let age = written.map_or(0, |at| now.as_second() - at.as_second());
    hold.reopens_for_seconds
        .is_some_and(|seconds| age >= i64::from(seconds))
}

/// Who else has a claim to it, for people: its other holders, and an object of another namespace that left it behind.
pub fn others(hold: &HoldSpec, owner: &OwnerRef) -> Vec<String> {
    let holders = hold.holders.iter().map(|holder| &holder.owner);
    let left = hold.orphaned.as_ref().map(|left| &left.from);
    holders
        .filter(|holder| holder.uid != owner.uid)
        .chain(left.filter(|from| from.namespace != owner.namespace))
        .map(|other| format!("{}/{}", other.namespace, other.name))
        .collect()
}

/// Whether a value in AWS is what this custody wrote: read back after the write, or, when a crash came between, what the
/// approved value looks like, or a part of the way to it.
pub fn wrote(hold: &HoldSpec, cell: &Cell, current: &Value) -> bool {
    match &hold.read_back {
        Some(read_back) => cell.same(read_back, current) || cell.fits(&hold.after, current),
        None => cell.fits(&hold.after, current) || cell.between(&hold.before, &hold.after, current),
    }
}

/// Whether custody was taken but nothing was ever written, and AWS has moved on since: what is there now is what was there
/// before us, and not the value that is kept.
pub fn outlived(hold: &HoldSpec, cell: &Cell, current: &Value) -> bool {
    hold.read_back.is_none()
        && !cell.same(&hold.before, current)
        && !wrote(hold, cell, current)
        && cell.keeps(&hold.before, current)
}

#[cfg(test)]
mod tests;

//! What putting back would do, from the Holds as they are now: one disposition for each.

use crate::{
    aws::{Answer, Cell},
    blocked::{Blocked, Stop},
    engine::{
        asked,
        intent::{self, Cause},
        world::World,
    },
    facts::{Ask, Facts},
    run::{
        custody,
        plan::{Disposition, Plan, Step, VERSION},
        step::Undo,
    },
};
use crate::{
    aws::{autoscaling::AutoScalingCell, ec2::Ec2Cell},
    engine::references::{missing, remaining},
};
use firebreak_crds::{Action, HoldSpec, HoldState, OwnerRef, Reason};
use jiff::Timestamp;
use serde_json::Value;

/// The plan of putting back, from the Holds as they are now.
pub(super) fn plan(world: &World, cause: &Cause, facts: &Facts, now: Timestamp) -> Result<Plan, Stop> {
    let mut held: Vec<(&String, &HoldSpec)> = world
        .mine
        .iter()
        .filter_map(|name| Some((name, world.hold(name)?)))
        .collect();
    held.sort_by_key(|(name, hold)| (std::cmp::Reverse(hold.order), (*name).clone()));
    let cells = held
        .iter()
        .map(|(name, hold)| readable(name, hold))
        .collect::<Result<Vec<Cell>, Stop>>()?;
    know_wholes(world, held.iter().map(|(name, _)| *name))?;
    let references = held.iter().zip(&cells).filter_map(|((_, hold), cell)| {
        let site = custody::site(hold);
        missing(cell, &hold.before).map(|query| Ask { site, query })
    });
    let reads = held
        .iter()
        .zip(&cells)
        .map(|((_, hold), cell)| custody::read(hold, cell));
    facts.ask(reads.chain(references))?;
    let steps = held
        .into_iter()
        .zip(&cells)
        .map(|((name, hold), cell)| step(world, cause, name, hold, cell, facts, now))
        .collect::<Result<Vec<Step>, Stop>>()?;
    let (account, response) = (world.account()?, &world.subject.response);
    let terms = response.terms();
    let contained = world.last_containment().map(|run| &run.plan);
    Ok(Plan {
        version: VERSION,
        action: Action::Release,
        account_id: account.account_id.clone(),
        account_name: terms.account.to_owned(),
        environment: account.environment,
        region: terms.region.to_owned(),
        kind: response.granted_as()?.to_owned(),
        arn: contained.map(|plan| plan.arn.clone()).unwrap_or_default(),
        title: format!("Release {}", response.title()?),
        steps,
        acts: Vec::new(),
        leads: None,
        touches: Vec::new(),
        dependents: Vec::new(),
        more_dependents: 0,
        empties: Vec::new(),
        notes: Vec::new(),
        warnings: Vec::new(),
        expiry: None,
        mode: terms.mode,
        severity: asked::asked(world).highest(),
        reason: terms.reason.map(str::to_owned),
        restore: intent::sorted(cause.restore.iter().copied()),
    }
    .bounded()?)
}

fn readable(name: &str, hold: &HoldSpec) -> Result<Cell, Stop> {
    custody::read_cell(hold).ok_or_else(|| {
        Blocked::new(
            Reason::PlanInvalid,
            format!("Hold {name} was written by a newer version and cannot be read by this one"),
        )
        .into()
    })
}

fn step(
    world: &World,
    cause: &Cause,
    name: &str,
    hold: &HoldSpec,
    cell: &Cell,
    facts: &Facts,
    now: Timestamp,
) -> Result<Step, Stop> {
    let current = value(custody::read(hold, cell), facts)?;
    let left = Remains::of(hold, cell, facts)?;
    let (hold, disposition) = (
        &left.hold,
        left.dispose(world, cause, cell, current.as_ref(), facts, now),
    );
    let before = current.unwrap_or(Value::Null);
    let (permissions, idempotence) = Step::describe_writes(cell, &before, &hold.before);
    Ok(Step {
        id: format!("{:02}-{}", hold.order, cell.field()),
        site: custody::site(hold),
        summary: left.sentence(cell, &disposition, world),
        cell: cell.clone(),
        hold: Some(name.to_owned()),
        before,
        after: hold.before.clone(),
        undo: Undo::Reversible,
        section: None,
        reopens: hold.reopens.filter(|_| disposition == Disposition::Restore),
        reopens_for_seconds: None,
        settling: Vec::new(),
        renew: false,
        disposition: Some(disposition),
        permissions,
        idempotence,
    })
}

/// Makes sure that custody of all of what these are parts of was read.
pub(super) fn know_wholes<'a>(world: &World, names: impl Iterator<Item = &'a String>) -> Result<(), Stop> {
    world.know(names.filter_map(|name| custody::whole_of(world.hold(name)?)))
}

/// The cell's value; none when the resource is gone.
pub(super) fn value(read: Ask, facts: &Facts) -> Result<Option<Value>, Stop> {
    facts.at(&read.site).need(read.query)
}

/// Custody with what of its before-value can still be put back.
pub(super) struct Remains {
    pub(super) hold: HoldSpec,
    /// What cannot, in a sentence.
    pub(super) lost: Option<String>,
    nothing: bool,
}

impl Remains {
    pub(super) fn of(hold: &HoldSpec, cell: &Cell, facts: &Facts) -> Result<Self, Stop> {
        let site = custody::site(hold);
        let remaining = remaining(cell, &hold.before, &facts.at(&site))?;
        let lost = remaining.sentence();
        Ok(Self {
            hold: HoldSpec {
                before: remaining.value,
                ..hold.clone()
            },
            lost,
            nothing: remaining.nothing,
        })
    }

    /// Where nothing is left that AWS would take, a person must say what shall be there instead.
    pub(super) fn dispose(
        &self,
        world: &World,
        cause: &Cause,
        cell: &Cell,
        current: Option<&Value>,
        facts: &Facts,
        now: Timestamp,
    ) -> Disposition {
        match dispose(world, cause, &self.hold, cell, current, now) {
            Disposition::Restore if self.nothing => Disposition::Conflict,
            Disposition::Restore | Disposition::Back if self.kept_with_whole(world).is_some() => Disposition::Withheld,
            Disposition::Restore if self.kept_on_standby(world, cause, cell, facts, now) => Disposition::Withheld,
            Disposition::Back if self.is_withheld() && self.kept_on_standby(world, cause, cell, facts, now) => {
                Disposition::Withheld
            }
            disposition => disposition,
        }
    }

    /// Why a part waits: what is put back while somebody holds all of it would be taken away again, and forgotten.
    pub(super) fn kept_with_whole(&self, world: &World) -> Option<String> {
        let whole = custody::whole_of(&self.hold)?;
        Some(custody::kept_with_whole(&self.hold, world.hold(&whole)?))
    }

    fn is_withheld(&self) -> bool {
        self.hold.state == HoldState::Withheld
    }

    /// An instance is not put back into service while the profile that it had is not put back. What was withheld stays so, also
    /// against somebody who puts both back without a word.
    fn kept_on_standby(&self, world: &World, cause: &Cause, cell: &Cell, facts: &Facts, now: Timestamp) -> bool {
        let Cell::AutoScaling(AutoScalingCell::InstanceStandby { instance_id, .. }) = cell else {
            return false;
        };
        let profile = Cell::Ec2(Ec2Cell::InstanceProfile {
            instance_id: instance_id.clone(),
        });
        let Some(Answer::Found(current)) = facts.answer(&custody::read(&self.hold, &profile)) else {
            return false;
        };
        let holds = world.mine.iter().filter_map(|name| world.hold(name));
        let of_profile = |hold: &&HoldSpec| custody::read_cell(hold).as_ref() == Some(&profile);
        holds.filter(of_profile).any(|hold| {
            let disposition = dispose(world, cause, hold, &profile, Some(current), now);
            let differs = self.is_withheld() || !profile.same(current, &hold.before);
            matches!(disposition, Disposition::Withheld | Disposition::Leave) && differs
        })
    }

    pub(super) fn sentence(&self, cell: &Cell, disposition: &Disposition, world: &World) -> String {
        let (field, resource) = (&self.hold.key.field, &self.hold.key.resource);
        let whole = self.kept_with_whole(world);
        let text = match disposition {
            Disposition::Withheld if whole.is_some() => whole.unwrap_or_default(),
            Disposition::Conflict if self.nothing => format!(
                "{field} of {resource} cannot be put back: put it right by hand, or give custody up with a Decision Abandon"
            ),
            Disposition::Withheld if self.hold.reopens.is_none() => format!(
                "{field} of {resource} is withheld, because the instance would serve without the instance profile that it had: add InstanceProfile to spec.restoreOnRelease"
            ),
            _ => sentence(&self.hold, cell, disposition, world),
        };
        match &self.lost {
            Some(lost) => format!("{text}; {lost}"),
            None => text,
        }
    }
}

fn dispose(
    world: &World,
    cause: &Cause,
    hold: &HoldSpec,
    cell: &Cell,
    current: Option<&Value>,
    now: Timestamp,
) -> Disposition {
    if !custody::is_nobodys(&custody::leave(hold, &world.subject.owner.uid)) {
        return Disposition::Leave;
    }
    let Some(current) = current else {
        return Disposition::Gone;
    };
    let withheld = withheld(hold, cause, now);
    if withheld && hold.state == HoldState::Withheld {
        // What was withheld stays enforced, also against somebody who puts it back without a word.
        return Disposition::Withheld;
    }
    let before = cell.merge_before(&hold.before, current);
    if cell.same(current, &cell.bind(&before, current, now)) {
        return Disposition::Back;
    }
    let foreign = !custody::wrote(hold, cell, current) && !cell.is_additive();
    match (foreign, withheld) {
        (true, _) => Disposition::Conflict,
        (false, true) => Disposition::Withheld,
        (false, false) => Disposition::Restore,
    }
}

/// What would reopen the compromise takes an explicit word, unless it has become harmless by itself.
fn withheld(hold: &HoldSpec, cause: &Cause, now: Timestamp) -> bool {
    hold.reopens
        .is_some_and(|reopens| !custody::is_harmless(hold, now) && !cause.restore.contains(&reopens))
}

fn sentence(hold: &HoldSpec, cell: &Cell, disposition: &Disposition, world: &World) -> String {
    let (field, resource) = (&hold.key.field, &hold.key.resource);
    match disposition {
        Disposition::Restore => cell.sentence(&hold.before),
        Disposition::Leave => format!(
            "{field} of {resource} stays as it is, because {}",
            held_too(hold, world)
        ),
        Disposition::Back => format!("{field} is as it was before: nothing is written"),
        Disposition::Gone => format!("{resource} does not exist any more: there is nothing to put back"),
        Disposition::Conflict => format!(
            "{field} of {resource} was changed by somebody else since Firebreak wrote it, and is left alone: put it back by hand, or give custody up with {} --reason \"...\"",
            command("abandon", world)
        ),
        Disposition::Withheld => format!(
            "{field} of {resource} would reopen the compromise, and is withheld and enforced: put it back with {} --restore {reopens}, or add {reopens} to spec.restoreOnRelease",
            command("release", world),
            reopens = hold.reopens.map(|r| format!("{r:?}")).unwrap_or_default()
        ),
    }
}

fn command(verb: &str, world: &World) -> String {
    let OwnerRef { namespace, name, .. } = &world.subject.owner;
    format!("kubectl firebreak {verb} {name} -n {namespace}")
}

fn held_too(hold: &HoldSpec, world: &World) -> String {
    let names = custody::others(hold, &world.subject.owner);
    let verb = if names.len() == 1 { "holds" } else { "hold" };
    format!("{} {verb} it too", names.join(", "))
}

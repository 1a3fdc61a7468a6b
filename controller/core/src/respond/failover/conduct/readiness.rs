//! Whether a run to the region that is not active could begin: looked at now and then while no run goes on, as it would be designed
//! on the day, with what people would have to acknowledge then.

use super::{World, barriers, drill, planning};
use crate::{
    respond::failover::{
        Halt, readiness as of_steps, seconds,
        serials::{Kept, Records},
    },
    run::{
        act::{Leads, Look},
        plan::Plan,
    },
};
use firebreak_crds::{
    ConditionType, Reason,
    condition::Wanted,
    failover_plan::{Certainty, DataLossExtent, DrillRecord, FailoverMode, MAX_FINDINGS, Readiness, ReadinessFinding},
};
use jiff::{SignedDuration, Timestamp};

/// How often is looked where the spec does not say.
const INTERVAL_SECONDS: u32 = 300;
/// After how many intervals without a look nothing is said any more.
const STALE_AFTER: i32 = 3;

/// How a run to the region that is not active stands, before anybody asks for one.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Outlook {
    /// What the last look showed.
    pub(super) readiness: Option<Readiness>,
    /// A drill that has just been made.
    pub(super) drill: Option<DrillRecord>,
}

/// What was known before.
pub(super) fn known(world: &World) -> Outlook {
    Outlook {
        readiness: world.subject.status.readiness.clone(),
        drill: None,
    }
}

/// What the last look showed, or this one where it or a drill is due; what was known while it is not known which region is active.
///
/// # Errors
/// What must be asked first.
pub(super) fn current(world: &World, active: Option<&str>, now: Timestamp) -> Result<Outlook, Vec<Look>> {
    let before = known(world);
    let Some(active) = active else {
        return Ok(before);
    };
    let drills = drill::is_due(world, now);
    let recent = before
        .readiness
        .filter(|known| !drills && !is_due(world, known, active, now));
    let readiness = match recent {
        Some(known) if known.findings.is_empty() => known,
        // People put it right, and wait for what is said of it: a record is written only where something changes.
        Some(known) => Some(examine(world, active, now)?)
            .filter(|seen| seen.findings != known.findings)
            .unwrap_or(known),
        None => examine(world, active, now)?,
    };
    let leads = supposed(world, active);
    let made = drills.then(|| {
        planning::with_course(world, &leads, now, |course| {
            drill::record(world, course, &readiness, now)
        })
    });
    Ok(Outlook {
        readiness: Some(readiness),
        drill: made,
    })
}

/// When the next look, or the next drill, is due.
pub(super) fn next(world: &World, outlook: &Outlook, now: Timestamp) -> Timestamp {
    let last = outlook.readiness.as_ref().and_then(at).unwrap_or(now);
    let look = last + interval(world);
    let drill = world
        .subject
        .spec
        .drill
        .as_ref()
        .and_then(|spec| drill::scheduled(world, spec));
    drill.filter(|at| *at > now).map_or(look, |at| look.min(at)).max(now)
}

/// Plans that were created together are not looked at together for ever: up to a tenth of the interval more, by their UID.
fn interval(world: &World) -> SignedDuration {
    let said = world.subject.spec.readiness.interval.as_deref().and_then(seconds);
    let base = i64::from(said.unwrap_or(INTERVAL_SECONDS));
    let letters = world.subject.owner.uid.bytes().map(i64::from);
    SignedDuration::from_secs(base + letters.sum::<i64>() % (base / 10 + 1))
}

fn at(readiness: &Readiness) -> Option<Timestamp> {
    readiness.checked_at.parse().ok()
}

fn is_due(world: &World, known: &Readiness, active: &str, now: Timestamp) -> bool {
    let other = world.subject.spec.regions.other(active) != known.region;
    let edited = world.subject.status.observed_generation != Some(world.subject.generation);
    other || edited || at(known).is_none_or(|last| last + interval(world) <= now)
}

fn examine(world: &World, active: &str, now: Timestamp) -> Result<Readiness, Vec<Look>> {
    let leads = supposed(world, active);
    let mut found = planning::with_course(world, &leads, now, |course| {
        of_steps::findings(course, &world.sightings)
    })?;
    if found.is_empty() {
        found.extend(of_plan(world, &leads, now)?);
    }
    found.extend(
        world
            .records
            .as_ref()
            .and_then(|records| of_run_store(world, records, &leads.to)),
    );
    found.sort_by_key(|finding| finding.certainty);
    let more = found.len().saturating_sub(MAX_FINDINGS);
    found.truncate(MAX_FINDINGS);
    Ok(Readiness {
        region: leads.to,
        checked_at: now.to_string(),
        findings: found,
        more: u32::try_from(more).unwrap_or(u32::MAX),
    })
}

/// A run on the day: the active region need not answer, and what it may cost is acknowledged.
fn supposed(world: &World, active: &str) -> Leads {
    Leads {
        to: world.subject.spec.regions.other(active).to_owned(),
        serial: world.subject.status.serial.unwrap_or_default() + 1,
        mode: FailoverMode::Ungraceful,
        data_loss: Some(DataLossExtent::WithinObjective),
        split_brain: true,
    }
}

/// What stands in the way of the plan as a whole: its order, its size, the guards, other kinds.
fn of_plan(world: &World, leads: &Leads, now: Timestamp) -> Result<Option<ReadinessFinding>, Vec<Look>> {
    let blueprint = match planning::blueprint(world, leads, now) {
        Ok(blueprint) => blueprint,
        Err(Halt::Look(looks)) => return Err(looks),
        Err(Halt::Blocked(blocked)) => return Ok(Some(of_steps::finding(None, &blocked))),
    };
    let blocked = match planning::plan(world, leads.clone(), blueprint).and_then(Plan::bounded) {
        Err(blocked) => Some(blocked),
        Ok(plan) => barriers::absolute(world, &plan).or_else(|| {
            let why = barriers::interlocked(world, &plan)?;
            Some(crate::blocked::Blocked::new(Reason::Interlocked, why))
        }),
    };
    Ok(blocked.map(|blocked| of_steps::finding(None, &blocked)))
}

/// Its serial must be recorded there before anything is called.
fn of_run_store(world: &World, records: &Records, to: &str) -> Option<ReadinessFinding> {
    let kept = match to == world.subject.spec.regions.primary {
        true => &records.primary,
        false => &records.standby,
    };
    let Kept::Unreadable(why) = kept else {
        return None;
    };
    let message = format!(
        "spec.runStore: the bucket in {to} could not be read ({why}): no run begins without it; look at the bucket, its policy and the role"
    );
    Some(ReadinessFinding {
        step: None,
        certainty: Certainty::Unknown,
        message,
    })
}

/// What is said of it.
pub(super) fn condition(world: &World, active: Option<&str>, readiness: Option<&Readiness>, now: Timestamp) -> Wanted {
    let kind = ConditionType::StandbyReady;
    if active.is_none() {
        return Wanted::unknown(kind, Reason::ActiveUnknown, "which region is active is not known");
    }
    let Some(readiness) = readiness else {
        return Wanted::unknown(kind, Reason::NotMeasured, "it was not looked at yet");
    };
    let stale = at(readiness).is_none_or(|last| last + interval(world) * STALE_AFTER < now);
    if stale {
        let why = format!("it was looked at last at {}", readiness.checked_at);
        return Wanted::unknown(kind, Reason::NotMeasured, why);
    }
    let Some(first) = readiness.findings.first() else {
        let why = format!(
            "nothing that can be read stands in the way of a run to {}",
            readiness.region
        );
        return Wanted::yes(kind, Reason::StandbyReady, why);
    };
    let count = readiness.findings.len() + usize::try_from(readiness.more).unwrap_or_default();
    let about = first.step.as_ref().map_or_else(String::new, |step| format!("{step}: "));
    let others = match count {
        1 => String::new(),
        _ => format!(" (and {} more in status.readiness)", count - 1),
    };
    let why = format!("{about}{}{others}", first.message);
    match first.certainty {
        Certainty::Known => Wanted::no(kind, Reason::StandbyNotReady, why),
        Certainty::Unknown => Wanted::unknown(kind, Reason::StandbyNotReady, why),
    }
}

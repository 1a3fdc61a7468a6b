//! A run that was let begin: its serial is recorded, and then the engine carries it.

use super::{Move, Rest, World, barriers, planning, readiness, record, report, standing};
use crate::{
    blocked::Blocked,
    engine::once::{self, Scene, State},
    respond::failover::serials::{Consumed, Kept, Records, SerialRecord},
    run::Run,
};
use firebreak_crds::{PlanOutcome, Reason, Verb};
use jiff::{SignedDuration, Timestamp};

/// When a run is looked at again that waits for people.
const RESYNC: SignedDuration = SignedDuration::from_secs(30);

pub(super) fn carry(world: &World, run: &Run, now: Timestamp) -> Move {
    if !run.status.control.consumed && !world.subject.is_deleted {
        return match &world.records {
            None => Move::ReadRecords,
            Some(records) => take_serial(world, run, records, now),
        };
    }
    let turn = turn(world, run, now);
    if let Some(status) = turn.journal {
        return record(run, *status);
    }
    if !turn.calls.is_empty() || !turn.looks.is_empty() {
        return Move::Carry(Box::new(turn));
    }
    let latest = now + RESYNC;
    Move::Rest(Box::new(Rest {
        status: report::status(world, &turn.state, None, readiness::known(world), now),
        wake: turn.wake.map_or(latest, |wake| wake.min(latest)),
    }))
}

/// What the engine makes of it.
fn turn(world: &World, run: &Run, now: Timestamp) -> once::Turn {
    let requesters = standing::requesters(run);
    let hearing = standing::hearing(world, run, &requesters, now);
    let start = standing::required(world, run);
    let agreed = |verb| once::agreed(&run.plan, verb, &world.decisions, &hearing, &start);
    let (approved, skipped) = (agreed(Verb::Approve), agreed(Verb::Skip));
    let words = once::words(&world.decisions, &hearing);
    let interlocked = barriers::interlocked(world, &run.plan);
    let barred = barriers::absolute(world, &run.plan);
    once::decide(&Scene {
        run,
        sightings: &world.sightings,
        in_flight: &world.in_flight,
        uncalled: &world.uncalled,
        words: Some(&words),
        approved: &approved,
        skipped: &skipped,
        stop: world.stop.as_deref(),
        interlocked: interlocked.as_deref(),
        barred: barred.as_ref(),
        is_deleted: world.subject.is_deleted,
        now,
    })
}

/// Nothing is called before the serial is recorded for this very run in the bucket of the region that becomes active.
fn take_serial(world: &World, run: &Run, records: &Records, now: Timestamp) -> Move {
    let Some(leads) = &run.plan.leads else {
        return record(
            run,
            planning::closed(run, PlanOutcome::Superseded, "it leads nowhere", now),
        );
    };
    let regions = &world.subject.spec.regions;
    let of_region = match leads.to == regions.primary {
        true => &records.primary,
        false => &records.standby,
    };
    let is_ours = |kept: &SerialRecord| kept.serial == leads.serial && kept.plan == run.reference.uid;
    match (of_region, records.highest()) {
        (Kept::Record(kept), _) if is_ours(kept) => {
            let mut status = run.status.clone();
            status.control.consumed = true;
            record(run, status)
        }
        (Kept::Unreadable(why), _) => waits(world, why, now),
        (_, Some(highest)) if highest.serial >= leads.serial && !is_ours(highest) => {
            let why = format!(
                "serial {} was consumed by another run, for {}: nothing was done; raise spec.activation.serial",
                highest.serial, highest.region
            );
            record(run, planning::closed(run, PlanOutcome::Superseded, &why, now))
        }
        (Kept::Record(_) | Kept::Absent, _) => Move::Consume {
            record: records.followed_by(&Consumed {
                serial: leads.serial,
                region: &leads.to,
                uid: &world.subject.owner.uid,
                plan: &run.reference.uid,
            }),
            region: leads.to.clone(),
        },
    }
}

fn waits(world: &World, why: &str, now: Timestamp) -> Move {
    let why = format!("spec.runStore: the serial could not be recorded ({why}), and nothing is called before it is");
    let blocked = Blocked::new(Reason::SerialUnknown, why);
    Move::Rest(Box::new(Rest {
        status: report::status(world, &State::default(), Some(&blocked), readiness::known(world), now),
        wake: now + RESYNC,
    }))
}

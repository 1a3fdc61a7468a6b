//! What is said about a release: done, waiting, or unable to put something back.

use super::{Look, Rest, SLOW_SECONDS, containing, halted, summary};
use crate::{
    blocked::Blocked,
    engine::{standing::Standing, world::World},
    run::Run,
};
use firebreak_crds::{ConditionType as Type, Reason, condition::Wanted};

/// What is said about a release that has nothing more to do.
pub(in crate::engine) fn released(world: &World, message: String) -> Rest {
    let conditions = vec![
        Wanted::yes(Type::Ready, Reason::Released, message.clone()),
        Wanted::yes(Type::Released, Reason::Released, message),
        Wanted::no(world.done().condition, Reason::Released, "released"),
        Wanted::no(Type::Stalled, Reason::Released, "nobody needs to do anything"),
    ];
    let after = u64::from(world.settings.resync_seconds);
    Rest {
        conditions,
        summary: summary(world, world.latest(), None),
        after,
        drift: 0,
        over: true,
    }
}

/// What is said of an object that was let go without a release, as long as it still exists.
pub(in crate::engine) fn left_behind(world: &World) -> Rest {
    let message = "the object was deleted before it could be released: custody was left behind in orphaned Holds";
    let conditions = vec![
        Wanted::no(Type::Ready, Reason::NotReleased, message),
        Wanted::no(Type::Released, Reason::NotReleased, message),
        Wanted::unknown(
            world.done().condition,
            Reason::NotReleased,
            "the orphaned Holds say how they stand",
        ),
        Wanted::no(Type::Stalled, Reason::NotReleased, "decide about the orphaned Holds"),
    ];
    Rest {
        conditions,
        summary: summary(world, world.latest(), None),
        after: u64::from(world.settings.resync_seconds),
        drift: 0,
        over: false,
    }
}

/// What is said while a release waits or has left something behind.
pub(in crate::engine) fn releasing(
    world: &World,
    run: Option<&Run>,
    standing: Option<&Standing>,
    what: Releasing<'_>,
    look: Option<&Look>,
) -> Rest {
    let (reason, message, stalled) = match &what {
        Releasing::AwaitingApproval(text) => (Reason::AwaitingApproval, (*text).to_owned(), false),
        Releasing::Blocked(blocked) => (blocked.reason, blocked.message.clone(), !blocked.passes()),
        Releasing::Stopped(text) => (Reason::EmergencyStop, (*text).to_owned(), false),
        Releasing::Left { reason, text, .. } => (*reason, (*text).to_owned(), true),
        Releasing::Settling(text) => (Reason::Releasing, (*text).to_owned(), false),
    };
    let (released, person) = match what {
        Releasing::Left { fields, .. } => (
            format!("not put back: {fields}; the condition Ready says what to do"),
            "a person must decide: the condition Ready says what to do".to_owned(),
        ),
        _ => (message.clone(), message.clone()),
    };
    let trouble = look.and_then(|look| containing::trouble(world, look));
    let mut conditions = vec![
        Wanted::no(Type::Ready, reason, message.clone()),
        Wanted::no(Type::Released, reason, released),
        trouble.unwrap_or(Wanted {
            kind: Type::Stalled,
            status: Some(stalled),
            reason,
            message: person,
        }),
    ];
    conditions.extend(shown_while_releasing(world, reason, look));
    if let Some(standing) = standing {
        conditions.push(approved(standing));
    }
    if reason == Reason::Releasing {
        conditions.push(Wanted::yes(Type::Reconciling, Reason::Releasing, message));
    }
    conditions.extend(halted(world));
    let after = if reason == Reason::Releasing { 2 } else { SLOW_SECONDS };
    Rest {
        conditions,
        summary: summary(world, run, standing),
        after: look.map_or(after, |look| look.next.min(after)),
        drift: look.map_or(0, |look| look.drift.len()),
        over: false,
    }
}

/// Why a release rests.
pub(in crate::engine) enum Releasing<'a> {
    AwaitingApproval(&'a str),
    Blocked(&'a Blocked),
    /// These values were not put back, and why not, with what a person can do.
    Left {
        reason: Reason,
        fields: &'a str,
        text: &'a str,
    },
    Settling(&'a str),
    Stopped(&'a str),
}

pub(super) fn approved(standing: &Standing) -> Wanted {
    match standing.all {
        true => Wanted::yes(Type::Approved, Reason::Approved, standing.sentence()),
        false => Wanted::no(Type::Approved, Reason::AwaitingApproval, standing.sentence()),
    }
}

/// While nobody has put anything back, it is as contained as a read shows. Afterwards it is not, but for what is left behind.
fn shown_while_releasing(world: &World, reason: Reason, look: Option<&Look>) -> Vec<Wanted> {
    match (world.containment(), look) {
        (Some(run), Some(look)) => containing::shown(world, run, look).into(),
        (Some(_), None) => vec![Wanted::unknown(world.done().condition, reason, "it was not read again")],
        (None, _) => vec![Wanted::no(
            world.done().condition,
            Reason::Releasing,
            "it is being released",
        )],
    }
}

/// What is said when custody was given up.
pub(in crate::engine) fn abandoned(world: &World, message: &str) -> Rest {
    let conditions = vec![
        Wanted::no(Type::Ready, Reason::Abandoned, message),
        Wanted::no(Type::Released, Reason::Abandoned, message),
        Wanted::unknown(world.done().condition, Reason::Abandoned, message),
        Wanted::yes(
            Type::Stalled,
            Reason::Abandoned,
            "nothing is done for it any more: delete it, or change its spec to plan again",
        ),
    ];
    let after = u64::from(world.settings.resync_seconds);
    Rest {
        conditions,
        summary: summary(world, world.latest(), None),
        after,
        drift: 0,
        over: true,
    }
}

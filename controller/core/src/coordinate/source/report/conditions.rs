//! The conditions of a FindingSource: whether findings come, and what stands in the way.

use super::super::{
    asking::Problem,
    queue::{Mail, Told},
    world::World,
};
use firebreak_crds::{ConditionType as Type, Reason, condition::Wanted};

/// Every condition.
pub(super) fn conditions(world: &World) -> Vec<Wanted> {
    let problems = problems(world);
    let answering = answering(world);
    let polling = polling(world);
    let receiving = match (answering, problems.first()) {
        (0, Some(problem)) => Wanted::no(Type::Receiving, Reason::PollFailed, problem.message.clone()),
        _ => Wanted::yes(Type::Receiving, Reason::Polling, polling.clone()),
    };
    let (ready, stalled) = match gravest(&problems) {
        None => (
            Wanted::yes(Type::Ready, Reason::Polling, polling),
            Wanted::no(Type::Stalled, Reason::Polling, all_answer(world)),
        ),
        Some(problem) => (
            Wanted::no(Type::Ready, problem.reason, problem.message.clone()),
            Wanted {
                kind: Type::Stalled,
                status: Some(needs_a_person(problem.reason)),
                reason: problem.reason,
                message: problem.message.clone(),
            },
        ),
    };
    vec![ready, stalled, receiving]
}

/// How many of the regions of accounts and of queues answer.
fn answering(world: &World) -> usize {
    let sites = world.polled.values().filter(|answer| answer.is_ok()).count();
    sites + usize::from(matches!(world.post, Some(Ok(_))))
}

fn polling(world: &World) -> String {
    let total = world.polled.len();
    let answering = world.polled.values().filter(|answer| answer.is_ok()).count();
    let sites = format!("{answering} of {total} regions of accounts answer");
    match (&world.post, total) {
        (None, _) => sites,
        (Some(Ok(_)), 0) => "the queue answers".into(),
        (Some(Err(_)), 0) => "the queue does not answer".into(),
        (Some(Ok(_)), _) => format!("{sites}, and so does the queue"),
        (Some(Err(_)), _) => format!("{sites}, and the queue does not"),
    }
}

fn all_answer(world: &World) -> &'static str {
    match (world.post.is_some(), world.polled.is_empty()) {
        (false, _) => "every account and region answers",
        (true, true) => "the queue answers",
        (true, false) => "every account and region answers, and so does the queue",
    }
}

/// Whatever stands in the way of some findings: first that of which nothing comes at all.
fn problems(world: &World) -> Vec<Problem> {
    let sites = world.polled.values().filter_map(|answer| answer.as_ref().err());
    let queue = world.post.iter().filter_map(|post| post.as_ref().err());
    let unread = world.unread.values();
    let unsettled = world
        .letters()
        .iter()
        .filter_map(|letter| letter.settled.as_ref()?.as_ref().err());
    let told = queue.chain(sites).chain(unread).chain(unsettled).cloned();
    told.chain(no_dead_letters(world)).chain(refused(world)).collect()
}

/// Without a dead-letter queue nothing is lost: what tells of no finding stays until SQS forgets it.
fn no_dead_letters(world: &World) -> Option<Problem> {
    let Some(Ok(Mail {
        queue,
        dead_letters: None,
        letters,
        access: _,
    })) = &world.post
    else {
        return None;
    };
    let stuck = letters
        .iter()
        .filter(|letter| matches!(letter.told, Told::Nothing(_)))
        .count();
    let stays = match stuck {
        0 => String::new(),
        _ => format!("{stuck} of the last messages tell of no finding, and stay; "),
    };
    Some(Problem {
        reason: Reason::NoDeadLetterQueue,
        message: format!(
            "{stays}{queue} has no dead-letter queue: give it a redrive policy with deadLetterTargetArn, in the same account and region"
        ),
    })
}

fn refused(world: &World) -> Option<Problem> {
    let (finding, why) = world.refused.iter().next()?;
    Some(Problem {
        reason: Reason::PollFailed,
        message: format!("the API server refuses the Incident of finding {finding}: {why}"),
    })
}

/// What a person must correct comes before what may pass.
fn gravest(problems: &[Problem]) -> Option<&Problem> {
    let person = problems.iter().find(|problem| needs_a_person(problem.reason));
    person.or(problems.first())
}

fn needs_a_person(reason: Reason) -> bool {
    let lasting = [
        Reason::AccessDenied,
        Reason::AccountNotFound,
        Reason::AccountNotGranted,
        Reason::InvalidTarget,
        Reason::NoDeadLetterQueue,
        Reason::RegionNotListed,
        Reason::Unreadable,
        Reason::WrongAccount,
    ];
    lasting.contains(&reason)
}

//! Asks AWS what the engine wants to know until there is a plan. Reads only.

use firebreak_cloud::Cloud;
use firebreak_core::{
    aws::Answer,
    blocked::{Blocked, Stop},
    engine::{self, World},
    facts::{Ask, Batch, Facts},
    guard::{self, Scene},
    run::plan::Plan,
};
use firebreak_crds::Reason;
use futures::{StreamExt, stream};
use jiff::Timestamp;

/// The most rounds of questions; a target needs at most six.
const MAX_ROUNDS: usize = 16;
/// Reads that are under way at once.
const READS_AT_ONCE: usize = 16;

/// The plan that Firebreak would make now.
///
/// # Errors
/// What stands in the way.
pub async fn plan(cloud: &dyn Cloud, world: &mut World) -> Result<Plan, Blocked> {
    let mut facts = Facts::default();
    for _ in 0..MAX_ROUNDS {
        match engine::preview(world, &facts) {
            Ok(plan) => return Ok(plan),
            Err(Stop::Blocked(blocked)) => return Err(blocked),
            Err(Stop::Ask(asked)) => ask(cloud, world, asked, &mut facts).await?,
            // Every Hold was read already: those that are asked for do not exist.
            Err(Stop::Fetch(names)) => world.holds.extend(names.into_iter().map(|name| (name, None))),
        }
    }
    Err(Blocked::new(
        Reason::InternalError,
        "the plan still asks after 16 rounds: report this as a bug",
    ))
}

async fn ask(cloud: &dyn Cloud, world: &World, asked: Vec<Ask>, facts: &mut Facts) -> Result<(), Blocked> {
    let answer = |batch: Batch| async move {
        let access = world.access_at(&batch.ask.site)?;
        let answer = cloud.observe(&access, &batch.ask.query).await;
        Ok(batch.answers(&answer))
    };
    let answers = stream::iter(Batch::of(asked))
        .map(answer)
        .buffer_unordered(READS_AT_ONCE);
    for answered in answers.collect::<Vec<Result<Vec<(Ask, Answer)>, Blocked>>>().await {
        answered?
            .into_iter()
            .for_each(|(ask, answer)| facts.insert(ask, answer));
    }
    Ok(())
}

/// What would keep the plan from starting at this moment, although it can be made.
pub fn hindrances(world: &World, plan: &Plan, now: Timestamp) -> Vec<String> {
    let stop = world.stop.as_ref();
    let mut found: Vec<String> = stop
        .map(|why| format!("an EmergencyStop holds every write back: {why}"))
        .into_iter()
        .collect();
    let Ok(account) = world.account() else { return found };
    let speaking: Vec<_> = firebreak_core::approval::speaking(&world.guardrails, account.environment).collect();
    let scene = Scene {
        namespace: &world.subject.owner.namespace,
        account,
        guardrails: &speaking,
        plan,
        own: &world.own,
        own_is_known: world.own_is_known,
        claims: &world.claims,
        usage: world.usage,
        approved: false,
        contain_now: false,
        now,
    };
    found.extend(guard::timely(&scene).map(|blocked| format!("{}: {}", blocked.reason.as_str(), blocked.message)));
    found
}

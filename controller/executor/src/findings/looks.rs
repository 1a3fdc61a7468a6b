//! What sources learned lately: a source with a queue is looked at more often than what it polls, and what stands in the way of one
//! message stands in the way of the next one, too. Lost with the process: then everything is asked again.

use super::gather::Answers;
use firebreak_core::coordinate::source::{Ask, Problem, Site, Subject, is_due};
use jiff::Timestamp;
use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// The most that is remembered; beyond it everything is asked again.
const MOST: usize = 16_384;
/// Seconds for which a problem with what messages name is told on, while no message comes that shows whether it lasts.
const TOLD_ON: i64 = 300;

/// What was learned of the sites of sources, by the sources' UIDs.
#[derive(Debug, Default)]
pub struct Looks {
    polled: Mutex<Learned>,
    read_back: Mutex<Learned>,
}

type Learned = BTreeMap<(String, Site), Look>;

#[derive(Debug)]
struct Look {
    at: Timestamp,
    generation: i64,
    problem: Option<Problem>,
}

impl Looks {
    /// Of what is polled: what is known of sites that are not due, and those that are. Without a queue everything is due, as often as
    /// the source is looked at.
    pub(super) fn known(&self, subject: &Subject, asks: Vec<Ask>, now: Timestamp) -> (Answers, Vec<Ask>) {
        let (mut known, mut due) = (Answers::new(), Vec::new());
        let polled = lock(&self.polled);
        for ask in asks {
            let look = polled.get(&key(subject, &ask.site)).filter(|look| {
                let is_same = look.generation == subject.generation && subject.spec.sqs.is_some();
                is_same && !is_due(subject, &ask.site, look.at, now)
            });
            match look {
                Some(look) => drop(known.insert(ask.site, look.problem.clone().map_or(Ok(Vec::new()), Err))),
                None => due.push(ask),
            }
        }
        (known, due)
    }

    /// Remembers what was answered.
    pub(super) fn note(&self, subject: &Subject, answers: &Answers, now: Timestamp) {
        if subject.spec.sqs.is_none() {
            return;
        }
        let mut polled = lock(&self.polled);
        for (site, answer) in answers {
            let problem = answer.as_ref().err().cloned();
            remember(&mut polled, key(subject, site), subject, problem, now);
        }
    }

    /// Remembers whether findings of sites could be read back, and answers with what could not lately.
    pub(super) fn unread(
        &self,
        subject: &Subject,
        asked: Vec<(Site, Option<Problem>)>,
        now: Timestamp,
    ) -> BTreeMap<Site, Problem> {
        let mut read_back = lock(&self.read_back);
        for (site, problem) in asked {
            let key = key(subject, &site);
            match problem {
                None => drop(read_back.remove(&key)),
                problem => remember(&mut read_back, key, subject, problem, now),
            }
        }
        read_back.retain(|_, look| now.as_second() - look.at.as_second() < TOLD_ON);
        let own = read_back
            .iter()
            .filter(|((uid, _), look)| *uid == subject.owner.uid && look.generation == subject.generation);
        own.filter_map(|((_, site), look)| Some((site.clone(), look.problem.clone()?)))
            .collect()
    }
}

fn key(subject: &Subject, site: &Site) -> (String, Site) {
    (subject.owner.uid.clone(), site.clone())
}

fn remember(learned: &mut Learned, key: (String, Site), subject: &Subject, problem: Option<Problem>, at: Timestamp) {
    if learned.len() >= MOST {
        learned.clear();
    }
    let generation = subject.generation;
    learned.insert(
        key,
        Look {
            at,
            generation,
            problem,
        },
    );
}

fn lock(learned: &Mutex<Learned>) -> MutexGuard<'_, Learned> {
    learned.lock().unwrap_or_else(PoisonError::into_inner)
}

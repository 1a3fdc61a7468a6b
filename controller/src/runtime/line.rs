//! The objects of one kind that are worth a look: each of them once, edits before drift, first come first served, and
//! never two looks at one object at once. Waiting costs an object a few words, however many wait: kube's own runner keeps
//! a task for each, and polls all of them whenever one is done.

use super::Lane;
use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
    time::Duration,
};
use tokio::time::Instant;

/// Who waits, and who is being looked at. Keys are cheap to clone.
pub(super) struct Line<T> {
    serial: u64,
    urgent: VecDeque<(u64, T)>,
    drift: VecDeque<(u64, T)>,
    waiting: HashMap<T, Place>,
    /// Who is looked at, and in which lane somebody wished for another look meanwhile.
    running: HashMap<T, Option<Lane>>,
}

/// Where an object waits; places with another number are from before it moved.
struct Place {
    lane: Lane,
    number: u64,
    since: Instant,
}

impl<T> Default for Line<T> {
    fn default() -> Self {
        Self {
            serial: 0,
            urgent: VecDeque::new(),
            drift: VecDeque::new(),
            waiting: HashMap::new(),
            running: HashMap::new(),
        }
    }
}

impl<T: Clone + Eq + Hash> Line<T> {
    /// Puts an object in line. One that waits already moves up if somebody waits for it now, and else keeps its place.
    pub(super) fn join(&mut self, object: &T, lane: Lane) {
        if let Some(again) = self.running.get_mut(object) {
            *again = Some(again.map_or(lane, |before| before.min(lane)));
            return;
        }
        let since = match self.waiting.get(object) {
            Some(place) if place.lane <= lane => return,
            Some(place) => place.since,
            None => Instant::now(),
        };
        self.serial += 1;
        let number = self.serial;
        self.waiting.insert(object.clone(), Place { lane, number, since });
        let queue = if lane == Lane::Urgent {
            &mut self.urgent
        } else {
            &mut self.drift
        };
        queue.push_back((number, object.clone()));
    }

    /// Whether anybody waits in a lane.
    pub(super) fn has(&mut self, lane: Lane) -> bool {
        self.first(lane).is_some()
    }

    /// Whether an object waits.
    pub(super) fn holds(&self, object: &T) -> bool {
        self.waiting.contains_key(object)
    }

    /// The first in a lane, and how long it waited: it is looked at from now on, until [`Self::done`].
    pub(super) fn take(&mut self, lane: Lane) -> Option<(T, Duration)> {
        let object = self.first(lane)?;
        let place = self.waiting.remove(&object)?;
        self.running.insert(object.clone(), None);
        Some((object, place.since.elapsed()))
    }

    /// The look at an object is over. True when it is in line again, because somebody wished for another one meanwhile.
    pub(super) fn done(&mut self, object: &T) -> bool {
        let again = self.running.remove(object).flatten();
        again.into_iter().for_each(|lane| self.join(object, lane));
        again.is_some()
    }

    /// Places that objects left are taken away on the way.
    fn first(&mut self, lane: Lane) -> Option<T> {
        let queue = if lane == Lane::Urgent {
            &mut self.urgent
        } else {
            &mut self.drift
        };
        while let Some((number, object)) = queue.front() {
            if self.waiting.get(object).is_some_and(|place| place.number == *number) {
                return Some(object.clone());
            }
            queue.pop_front();
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn served(line: &mut Line<&'static str>, lane: Lane) -> Vec<&'static str> {
        let taken: Vec<_> = std::iter::from_fn(|| line.take(lane).map(|(object, _)| object)).collect();
        taken.iter().for_each(|object| assert!(!line.done(object)));
        taken
    }

    #[test]
    fn each_waits_once_and_is_served_in_turn() {
        let mut line = Line::default();
        ["a", "b", "a", "c", "b"]
            .iter()
            .for_each(|object| line.join(object, Lane::Drift));
        assert_eq!(served(&mut line, Lane::Drift), ["a", "b", "c"]);
        assert!(!line.has(Lane::Drift) && !line.has(Lane::Urgent));
    }

    #[test]
    fn one_that_is_edited_while_it_waits_is_served_in_the_urgent_lane_and_not_twice() {
        let mut line = Line::default();
        ["a", "b"].iter().for_each(|object| line.join(object, Lane::Drift));
        line.join(&"b", Lane::Urgent);
        line.join(&"b", Lane::Drift);
        assert_eq!(served(&mut line, Lane::Urgent), ["b"]);
        ["c", "b"].iter().for_each(|object| line.join(object, Lane::Drift));
        assert_eq!(served(&mut line, Lane::Drift), ["a", "c", "b"], "its old place is gone");
    }

    #[test]
    fn what_happens_during_a_look_makes_another_one_in_the_more_urgent_lane() {
        let mut line = Line::default();
        line.join(&"a", Lane::Drift);
        assert!(line.take(Lane::Drift).is_some());
        [Lane::Drift, Lane::Urgent, Lane::Drift]
            .iter()
            .for_each(|lane| line.join(&"a", *lane));
        assert!(!line.holds(&"a") && !line.has(Lane::Urgent), "never two looks at once");
        assert!(line.done(&"a") && line.holds(&"a"));
        assert_eq!(served(&mut line, Lane::Urgent), ["a"]);
        assert!(!line.has(Lane::Drift));
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_counts_from_the_first_wish() {
        let mut line = Line::default();
        line.join(&"a", Lane::Drift);
        tokio::time::advance(Duration::from_secs(5)).await;
        line.join(&"a", Lane::Urgent);
        tokio::time::advance(Duration::from_secs(2)).await;
        assert_eq!(line.take(Lane::Urgent), Some(("a", Duration::from_secs(7))));
    }
}

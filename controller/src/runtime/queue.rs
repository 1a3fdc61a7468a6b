//! The objects of one kind that are worth a look: each of them once, edits before drift, accounts in turn, and never two
//! looks at one object at once. Waiting costs an object a few words, however many wait: kube's own runner keeps a task for
//! each, and polls all of them whenever one is done.

use super::{
    Priority,
    fairness::Fairness,
    tenants::{Tenant, Tenants},
};
use std::{collections::HashMap, hash::Hash, time::Duration};
use tokio::time::Instant;

/// Who waits, and who is being looked at. Keys are cheap to clone.
pub(super) struct Queue<T> {
    serial: u64,
    urgent: Fairness<Ticket<T>>,
    drift: Fairness<Ticket<T>>,
    waiting: HashMap<T, Place>,
    running: HashMap<T, Look>,
}

/// An object's number in the queue; one that is not its number any more is from before it moved.
type Ticket<T> = (u64, T);

/// Where an object waits.
struct Place {
    priority: Priority,
    number: u64,
    since: Instant,
}

/// A look that is under way.
struct Look {
    priority: Priority,
    tenant: Tenant,
    /// The priority with which somebody wished for another look meanwhile, and the tenant that the object is of now.
    again: Option<(Priority, Tenant)>,
}

impl<T: Clone + Eq + Hash> Queue<T> {
    /// For so many looks at one tenant at once: urgent ones, and others.
    pub(super) fn new(all: &Tenants, urgent: usize, drift: usize) -> Self {
        Self {
            serial: 0,
            urgent: Fairness::new(all, Priority::Urgent, urgent),
            drift: Fairness::new(all, Priority::Drift, drift),
            waiting: HashMap::new(),
            running: HashMap::new(),
        }
    }

    /// Puts an object into the queue. One that waits already moves up if somebody waits for it now, and else keeps its place.
    pub(super) fn join(&mut self, object: &T, priority: Priority, tenant: Tenant) {
        if let Some(look) = self.running.get_mut(object) {
            let before = look.again.as_ref().map_or(priority, |(before, _)| *before);
            look.again = Some((before.min(priority), tenant));
            return;
        }
        let since = match self.waiting.get(object) {
            Some(place) if place.priority <= priority => return,
            Some(place) => place.since,
            None => Instant::now(),
        };
        self.serial += 1;
        let number = self.serial;
        self.waiting.insert(
            object.clone(),
            Place {
                priority,
                number,
                since,
            },
        );
        self.of(priority).0.push(&tenant, (number, object.clone()));
    }

    /// Whether anybody of a priority may be looked at now.
    pub(super) fn has(&mut self, priority: Priority) -> bool {
        let (fairness, waiting) = self.of(priority);
        fairness.has(|ticket| is_valid(waiting, ticket))
    }

    /// There may be room again for those who waited for it.
    pub(super) fn wake(&mut self) {
        self.urgent.wake();
        self.drift.wake();
    }

    /// Whether an object waits.
    pub(super) fn holds(&self, object: &T) -> bool {
        self.waiting.contains_key(object)
    }

    /// The next of a priority, and how long it waited: it is looked at from now on, until [`Self::done`].
    pub(super) fn take(&mut self, priority: Priority) -> Option<(T, Duration)> {
        let (fairness, waiting) = self.of(priority);
        let (tenant, (_, object)) = fairness.pop(|ticket| is_valid(waiting, ticket))?;
        let place = self.waiting.remove(&object)?;
        let look = Look {
            priority,
            tenant,
            again: None,
        };
        self.running.insert(object.clone(), look);
        Some((object, place.since.elapsed()))
    }

    /// The look at an object is over. True when it is in the queue again, because somebody wished for another one meanwhile.
    pub(super) fn done(&mut self, object: &T) -> bool {
        let Some(look) = self.running.remove(object) else {
            return false;
        };
        self.of(look.priority).0.done(&look.tenant);
        let Some((priority, tenant)) = look.again else {
            return false;
        };
        self.join(object, priority, tenant);
        true
    }

    fn of(&mut self, priority: Priority) -> (&mut Fairness<Ticket<T>>, &HashMap<T, Place>) {
        let fairness = match priority {
            Priority::Urgent => &mut self.urgent,
            Priority::Drift => &mut self.drift,
        };
        (fairness, &self.waiting)
    }
}

fn is_valid<T: Eq + Hash>(waiting: &HashMap<T, Place>, (number, object): &Ticket<T>) -> bool {
    waiting.get(object).is_some_and(|place| place.number == *number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue() -> Queue<&'static str> {
        Queue::new(&Tenants::default(), 1, 1)
    }

    fn served(queue: &mut Queue<&'static str>, priority: Priority) -> Vec<&'static str> {
        let taken: Vec<_> = std::iter::from_fn(|| queue.take(priority).map(|(object, _)| object)).collect();
        taken.iter().for_each(|object| assert!(!queue.done(object)));
        taken
    }

    #[test]
    fn each_waits_once_and_is_served_in_turn() {
        let mut queue = queue();
        ["a", "b", "a", "c", "b"]
            .iter()
            .for_each(|object| queue.join(object, Priority::Drift, None));
        assert_eq!(served(&mut queue, Priority::Drift), ["a", "b", "c"]);
        assert!(!queue.has(Priority::Drift) && !queue.has(Priority::Urgent));
    }

    #[test]
    fn one_that_is_edited_while_it_waits_is_urgent_and_served_once() {
        let mut queue = queue();
        ["a", "b"]
            .iter()
            .for_each(|object| queue.join(object, Priority::Drift, None));
        queue.join(&"b", Priority::Urgent, None);
        queue.join(&"b", Priority::Drift, None);
        assert_eq!(served(&mut queue, Priority::Urgent), ["b"]);
        ["c", "b"]
            .iter()
            .for_each(|object| queue.join(object, Priority::Drift, None));
        assert_eq!(
            served(&mut queue, Priority::Drift),
            ["a", "c", "b"],
            "its old place is gone"
        );
    }

    #[test]
    fn what_happens_during_a_look_makes_another_one_of_the_higher_priority() {
        let mut queue = queue();
        queue.join(&"a", Priority::Drift, None);
        assert!(queue.take(Priority::Drift).is_some());
        [Priority::Drift, Priority::Urgent, Priority::Drift]
            .iter()
            .for_each(|priority| queue.join(&"a", *priority, None));
        assert!(
            !queue.holds(&"a") && !queue.has(Priority::Urgent),
            "never two looks at once"
        );
        assert!(queue.done(&"a") && queue.holds(&"a"));
        assert_eq!(served(&mut queue, Priority::Urgent), ["a"]);
        assert!(!queue.has(Priority::Drift));
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_counts_from_the_first_wish() {
        let mut queue = queue();
        queue.join(&"a", Priority::Drift, None);
        tokio::time::advance(Duration::from_secs(5)).await;
        queue.join(&"a", Priority::Urgent, None);
        tokio::time::advance(Duration::from_secs(2)).await;
        assert_eq!(queue.take(Priority::Urgent), Some(("a", Duration::from_secs(7))));
    }

    #[test]
    fn another_account_does_not_wait_for_the_looks_at_a_crowded_one() {
        let (mut queue, [crowded, other]) = (queue(), ["crowded", "other"].map(|name| Some(name.into())));
        ["a", "b"]
            .iter()
            .for_each(|object| queue.join(object, Priority::Drift, Tenant::clone(&crowded)));
        assert!(queue.take(Priority::Drift).is_some() && !queue.has(Priority::Drift));
        queue.join(&"c", Priority::Drift, other);
        assert_eq!(queue.take(Priority::Drift).map(|(object, _)| object), Some("c"));
        queue.join(&"b", Priority::Urgent, crowded);
        assert!(queue.has(Priority::Urgent), "each priority has its own bound");
        assert!(
            !queue.done(&"a") && !queue.has(Priority::Drift),
            "its old place is gone"
        );
    }
}

//! Who is next when many want to be: tenants take turns, and within one it is first come, first served. One tenant never has
//! every look under way, so one AWS account that is slow, or full of objects, does not keep another one waiting.

use super::{
    Priority,
    tenants::{Tenant, Tenants},
};
use std::collections::{HashMap, VecDeque};

/// The objects of one priority that wait, by tenant.
pub(super) struct Fairness<T> {
    priority: Priority,
    bound: usize,
    /// How many of each tenant are looked at, by this controller and all others.
    all: Tenants,
    tenants: HashMap<Tenant, Group<T>>,
    /// The tenants with somebody who may be looked at now, each once.
    next: VecDeque<Tenant>,
}

struct Group<T> {
    waiting: VecDeque<T>,
    running: usize,
    /// Whether it is in `next`.
    has_turn: bool,
}

impl<T> Fairness<T> {
    /// At most `bound` of one tenant are looked at at once with this priority, by all who share `all`.
    pub(super) fn new(all: &Tenants, priority: Priority, bound: usize) -> Self {
        Self {
            priority,
            bound: bound.max(1),
            all: all.clone(),
            tenants: HashMap::new(),
            next: VecDeque::new(),
        }
    }

    /// Puts an object last of its tenant.
    pub(super) fn push(&mut self, tenant: &Tenant, object: T) {
        let group = self.tenants.entry(tenant.clone()).or_insert_with(|| Group {
            waiting: VecDeque::new(),
            running: 0,
            has_turn: false,
        });
        group.waiting.push_back(object);
        self.give_turn(tenant);
    }

    /// The first for whom `waits` still says so, and its tenant: it counts as looked at until [`Self::done`].
    pub(super) fn pop(&mut self, waits: impl Fn(&T) -> bool) -> Option<(Tenant, T)> {
        loop {
            if !self.has(&waits) {
                return None;
            }
            let tenant = self.next.pop_front()?;
            let group = self.tenants.get_mut(&tenant)?;
            group.has_turn = false;
            // Another controller may have taken the room meanwhile: then it is woken when there is room again.
            if !self.all.enter(self.priority, &tenant, self.bound) {
                continue;
            }
            let object = group.waiting.pop_front()?;
            group.running += 1;
            self.give_turn(&tenant);
            return Some((tenant, object));
        }
    }

    /// Whether [`Self::pop`] finds somebody. Those who wait no more are taken away on the way.
    pub(super) fn has(&mut self, waits: impl Fn(&T) -> bool) -> bool {
        while let Some(tenant) = self.next.front().cloned() {
            if let Some(group) = self.tenants.get_mut(&tenant) {
                while group.waiting.pop_front_if(|object| !waits(object)).is_some() {}
                if !group.waiting.is_empty() && self.all.has_room(self.priority, &tenant, self.bound) {
                    return true;
                }
                group.has_turn = false;
            }
            self.next.pop_front();
            self.tidy(&tenant);
        }
        false
    }

    /// The look at an object of the tenant is over.
    pub(super) fn done(&mut self, tenant: &Tenant) {
        if let Some(group) = self.tenants.get_mut(tenant) {
            group.running = group.running.saturating_sub(1);
        }
        self.all.leave(self.priority, tenant);
        self.give_turn(tenant);
        self.tidy(tenant);
    }

    /// There may be room again for tenants that had none.
    pub(super) fn wake(&mut self) {
        let waiting: Vec<Tenant> = self.tenants.keys().cloned().collect();
        waiting.iter().for_each(|tenant| self.give_turn(tenant));
    }

    fn give_turn(&mut self, tenant: &Tenant) {
        let Some(group) = self.tenants.get_mut(tenant) else {
            return;
        };
        let has_room = self.all.has_room(self.priority, tenant, self.bound);
        if has_room && !group.has_turn && !group.waiting.is_empty() {
            group.has_turn = true;
            self.next.push_back(tenant.clone());
        }
    }

    fn tidy(&mut self, tenant: &Tenant) {
        let over = |group: &Group<T>| group.waiting.is_empty() && group.running == 0;
        if self.tenants.get(tenant).is_some_and(over) {
            self.tenants.remove(tenant);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(name: &str) -> Tenant {
        Some(name.into())
    }

    fn filled(bound: usize, objects: &[(&str, u32)]) -> Fairness<u32> {
        let mut fairness = Fairness::new(&Tenants::default(), Priority::Drift, bound);
        objects
            .iter()
            .for_each(|(name, object)| fairness.push(&tenant(name), *object));
        fairness
    }

    fn popped(fairness: &mut Fairness<u32>) -> Vec<u32> {
        std::iter::from_fn(|| fairness.pop(|_| true).map(|(_, object)| object)).collect()
    }

    #[test]
    fn tenants_take_turns_and_each_is_served_in_the_order_of_coming() {
        let mut fairness = filled(9, &[("a", 1), ("a", 2), ("a", 3), ("b", 4), ("c", 5), ("b", 6)]);
        assert_eq!(popped(&mut fairness), [1, 4, 5, 2, 6, 3]);
    }

    #[test]
    fn a_tenant_with_every_look_under_way_waits_and_the_others_do_not() {
        let mut fairness = filled(2, &[("a", 1), ("a", 2), ("a", 3), ("a", 4), ("b", 5)]);
        assert_eq!(popped(&mut fairness), [1, 5, 2]);
        assert!(!fairness.has(|_| true));
        fairness.done(&tenant("b"));
        assert!(!fairness.has(|_| true), "that was another one's look");
        fairness.done(&tenant("a"));
        assert_eq!(popped(&mut fairness), [3]);
    }

    #[test]
    fn two_controllers_share_the_room_of_a_tenant() {
        let all = Tenants::default();
        let [mut one, mut other] = [(); 2].map(|()| Fairness::new(&all, Priority::Drift, 2));
        (1..=3).for_each(|object| one.push(&tenant("a"), object));
        (4..=6).for_each(|object| other.push(&tenant("a"), object));
        assert_eq!((one.pop(|_| true).unwrap().1, other.pop(|_| true).unwrap().1), (1, 4));
        assert!(!one.has(|_| true) && !other.has(|_| true));
        one.done(&tenant("a"));
        other.wake();
        assert_eq!(other.pop(|_| true).unwrap().1, 5);
        one.wake();
        assert!(!one.has(|_| true), "the other one took the room");
    }

    #[test]
    fn objects_of_no_tenant_are_not_bounded() {
        let mut fairness = Fairness::new(&Tenants::default(), Priority::Drift, 1);
        (1..=3).for_each(|object| fairness.push(&None, object));
        assert_eq!(popped(&mut fairness), [1, 2, 3]);
    }

    #[test]
    fn one_that_waits_no_more_is_passed_over_and_takes_no_room() {
        let mut fairness = filled(1, &[("a", 1), ("a", 2), ("b", 3)]);
        assert_eq!(fairness.pop(|object| *object != 1), Some((tenant("a"), 2)));
        assert!(!fairness.has(|object| *object != 3));
    }

    #[test]
    fn a_tenant_that_is_gone_is_forgotten() {
        let mut fairness = filled(1, &[("a", 1), ("a", 2), ("b", 3)]);
        while let Some((tenant, _)) = fairness.pop(|object| *object != 2) {
            fairness.done(&tenant);
        }
        assert!(fairness.tenants.is_empty() && fairness.next.is_empty());
    }
}

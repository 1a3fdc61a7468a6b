//! Who is next when many want to be: crowds take turns, and within one it is first come, first served. One crowd never has
//! every look under way, so one AWS account that is slow, or full of objects, does not keep another one waiting.

use super::{
    Priority,
    crowds::{Crowd, Crowds},
};
use std::collections::{HashMap, VecDeque};

/// The objects of one priority that wait, by crowd.
pub(super) struct Turns<T> {
    priority: Priority,
    bound: usize,
    /// How many of each crowd are looked at, by this controller and all others.
    all: Crowds,
    crowds: HashMap<Crowd, Group<T>>,
    /// The crowds with somebody who may be looked at now, each once.
    next: VecDeque<Crowd>,
}

struct Group<T> {
    waiting: VecDeque<T>,
    running: usize,
    /// Whether it is in `next`.
    has_turn: bool,
}

impl<T> Turns<T> {
    /// At most `bound` of one crowd are looked at at once in this priority, by all who share `all`.
    pub(super) fn new(all: &Crowds, priority: Priority, bound: usize) -> Self {
        Self {
            priority,
            bound: bound.max(1),
            all: all.clone(),
            crowds: HashMap::new(),
            next: VecDeque::new(),
        }
    }

    /// Puts an object last of its crowd.
    pub(super) fn push(&mut self, crowd: &Crowd, object: T) {
        let group = self.crowds.entry(crowd.clone()).or_insert_with(|| Group {
            waiting: VecDeque::new(),
            running: 0,
            has_turn: false,
        });
        group.waiting.push_back(object);
        self.give_turn(crowd);
    }

    /// The first for whom `waits` still says so, and its crowd: it counts as looked at until [`Self::done`].
    pub(super) fn pop(&mut self, waits: impl Fn(&T) -> bool) -> Option<(Crowd, T)> {
        loop {
            if !self.has(&waits) {
                return None;
            }
            let crowd = self.next.pop_front()?;
            let group = self.crowds.get_mut(&crowd)?;
            group.has_turn = false;
            // Another controller may have taken the room meanwhile: then it is woken when there is room again.
            if !self.all.enter(self.priority, &crowd, self.bound) {
                continue;
            }
            let object = group.waiting.pop_front()?;
            group.running += 1;
            self.give_turn(&crowd);
            return Some((crowd, object));
        }
    }

    /// Whether [`Self::pop`] finds somebody. Those who wait no more are taken away on the way.
    pub(super) fn has(&mut self, waits: impl Fn(&T) -> bool) -> bool {
        while let Some(crowd) = self.next.front().cloned() {
            if let Some(group) = self.crowds.get_mut(&crowd) {
                while group.waiting.pop_front_if(|object| !waits(object)).is_some() {}
                if !group.waiting.is_empty() && self.all.has_room(self.priority, &crowd, self.bound) {
                    return true;
                }
                group.has_turn = false;
            }
            self.next.pop_front();
            self.tidy(&crowd);
        }
        false
    }

    /// The look at one of the crowd is over.
    pub(super) fn done(&mut self, crowd: &Crowd) {
        if let Some(group) = self.crowds.get_mut(crowd) {
            group.running = group.running.saturating_sub(1);
        }
        self.all.leave(self.priority, crowd);
        self.give_turn(crowd);
        self.tidy(crowd);
    }

    /// There may be room again for crowds that had none.
    pub(super) fn wake(&mut self) {
        let waiting: Vec<Crowd> = self.crowds.keys().cloned().collect();
        waiting.iter().for_each(|crowd| self.give_turn(crowd));
    }

    fn give_turn(&mut self, crowd: &Crowd) {
        let Some(group) = self.crowds.get_mut(crowd) else {
            return;
        };
        let has_room = self.all.has_room(self.priority, crowd, self.bound);
        if has_room && !group.has_turn && !group.waiting.is_empty() {
            group.has_turn = true;
            self.next.push_back(crowd.clone());
        }
    }

    fn tidy(&mut self, crowd: &Crowd) {
        let over = |group: &Group<T>| group.waiting.is_empty() && group.running == 0;
        if self.crowds.get(crowd).is_some_and(over) {
            self.crowds.remove(crowd);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crowd(name: &str) -> Crowd {
        Some(name.into())
    }

    fn filled(bound: usize, objects: &[(&str, u32)]) -> Turns<u32> {
        let mut turns = Turns::new(&Crowds::default(), Priority::Drift, bound);
        objects
            .iter()
            .for_each(|(name, object)| turns.push(&crowd(name), *object));
        turns
    }

    fn popped(turns: &mut Turns<u32>) -> Vec<u32> {
        std::iter::from_fn(|| turns.pop(|_| true).map(|(_, object)| object)).collect()
    }

    #[test]
    fn crowds_take_turns_and_each_is_served_in_the_order_of_coming() {
        let mut turns = filled(9, &[("a", 1), ("a", 2), ("a", 3), ("b", 4), ("c", 5), ("b", 6)]);
        assert_eq!(popped(&mut turns), [1, 4, 5, 2, 6, 3]);
    }

    #[test]
    fn a_crowd_with_every_look_under_way_waits_and_the_others_do_not() {
        let mut turns = filled(2, &[("a", 1), ("a", 2), ("a", 3), ("a", 4), ("b", 5)]);
        assert_eq!(popped(&mut turns), [1, 5, 2]);
        assert!(!turns.has(|_| true));
        turns.done(&crowd("b"));
        assert!(!turns.has(|_| true), "that was another one's look");
        turns.done(&crowd("a"));
        assert_eq!(popped(&mut turns), [3]);
    }

    #[test]
    fn two_controllers_share_the_room_of_a_crowd() {
        let all = Crowds::default();
        let [mut one, mut other] = [(); 2].map(|()| Turns::new(&all, Priority::Drift, 2));
        (1..=3).for_each(|object| one.push(&crowd("a"), object));
        (4..=6).for_each(|object| other.push(&crowd("a"), object));
        assert_eq!((one.pop(|_| true).unwrap().1, other.pop(|_| true).unwrap().1), (1, 4));
        assert!(!one.has(|_| true) && !other.has(|_| true));
        one.done(&crowd("a"));
        other.wake();
        assert_eq!(other.pop(|_| true).unwrap().1, 5);
        one.wake();
        assert!(!one.has(|_| true), "the other one took the room");
    }

    #[test]
    fn objects_of_no_crowd_are_not_bounded() {
        let mut turns = Turns::new(&Crowds::default(), Priority::Drift, 1);
        (1..=3).for_each(|object| turns.push(&None, object));
        assert_eq!(popped(&mut turns), [1, 2, 3]);
    }

    #[test]
    fn one_that_waits_no_more_is_passed_over_and_takes_no_room() {
        let mut turns = filled(1, &[("a", 1), ("a", 2), ("b", 3)]);
        assert_eq!(turns.pop(|object| *object != 1), Some((crowd("a"), 2)));
        assert!(!turns.has(|object| *object != 3));
    }

    #[test]
    fn a_crowd_that_is_gone_is_forgotten() {
        let mut turns = filled(1, &[("a", 1), ("a", 2), ("b", 3)]);
        while let Some((crowd, _)) = turns.pop(|object| *object != 2) {
            turns.done(&crowd);
        }
        assert!(turns.crowds.is_empty() && turns.next.is_empty());
    }
}

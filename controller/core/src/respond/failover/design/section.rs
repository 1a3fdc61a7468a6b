//! What must not be parted: a fence, the promotion that waits for it, and what lies between. Between the two nothing serves.

use crate::run::act::ActStep;
use std::collections::{BTreeMap, BTreeSet};

type Ids = BTreeSet<String>;

/// Marks the sections, and lets each begin only once everything is done that any step of it waits for.
pub(super) fn mark(acts: &mut [ActStep], is_fence: impl Fn(&ActStep) -> bool) {
    let fences: Ids = acts
        .iter()
        .filter(|act| is_fence(act))
        .map(|act| act.id.clone())
        .collect();
    let earlier = earlier(acts);
    for section in joined(acts, &fences, &earlier) {
        let awaited: Ids = of(acts, &section).flat_map(|act| act.needs.clone()).collect();
        let outside: Ids = awaited.difference(&section).cloned().collect();
        let name = of(acts, &section).next().map(|act| act.step.clone());
        for act in acts.iter_mut().filter(|act| section.contains(&act.id)) {
            act.section.clone_from(&name);
            if !act.needs.iter().any(|need| section.contains(need)) {
                act.needs = outside.iter().cloned().collect();
            }
        }
    }
}

fn of<'a>(acts: &'a [ActStep], section: &'a Ids) -> impl Iterator<Item = &'a ActStep> {
    acts.iter().filter(|act| section.contains(&act.id))
}

/// A section for each one-way step that waits for a fence; those that share a step are one.
fn joined(acts: &[ActStep], fences: &Ids, earlier: &BTreeMap<String, Ids>) -> Vec<Ids> {
    let mut all: Vec<Ids> = Vec::new();
    for act in acts.iter().filter(|act| act.is_one_way()) {
        let mut section = between(&act.id, fences, earlier);
        if section.is_empty() {
            continue;
        }
        let (shared, apart): (Vec<Ids>, Vec<Ids>) = all.into_iter().partition(|other| !other.is_disjoint(&section));
        section.extend(shared.into_iter().flatten());
        all = apart;
        all.push(section);
    }
    all
}

/// The fences that a step waits for, itself, and what lies between; nothing where it waits for none.
fn between(id: &str, fences: &Ids, earlier: &BTreeMap<String, Ids>) -> Ids {
    let none = Ids::new();
    let of = |id: &str| earlier.get(id).unwrap_or(&none);
    let waits_for_one = |id: &String| fences.contains(id) || !of(id).is_disjoint(fences);
    let all = of(id).iter().cloned().chain([id.to_owned()]);
    match of(id).is_disjoint(fences) {
        true => none.clone(),
        false => all.filter(waits_for_one).collect(),
    }
}

/// Everything that each step waits for, directly or not.
fn earlier(acts: &[ActStep]) -> BTreeMap<String, Ids> {
    let mut all: BTreeMap<String, Ids> = acts
        .iter()
        .map(|act| (act.id.clone(), act.needs.iter().cloned().collect()))
        .collect();
    loop {
        let grown: BTreeMap<String, Ids> = all
            .iter()
            .map(|(id, needs)| {
                let further = needs.iter().filter_map(|need| all.get(need)).flatten();
                (id.clone(), needs.iter().chain(further).cloned().collect())
            })
            .collect();
        if grown == all {
            return all;
        }
        all = grown;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::act::testing::{gate, promote, scale, switch};

    fn marked(mut acts: Vec<ActStep>) -> Vec<ActStep> {
        mark(&mut acts, |act| act.step.starts_with("fence"));
        acts
    }

    fn of_section(acts: &[ActStep], name: &str) -> Vec<String> {
        let own = acts.iter().filter(|act| act.section.as_deref() == Some(name));
        own.map(|act| act.id.clone()).collect()
    }

    #[test]
    fn section_reaches_from_the_fence_to_its_promotion() {
        let acts = marked(vec![
            gate("healthy", &[]),
            switch("fence", &["healthy"]),
            gate("between", &["fence"]),
            promote("db", &["between"]),
            scale("web", 5, &["db"]),
        ]);
        assert_eq!(of_section(&acts, "fence"), ["fence", "between", "db"]);
        assert_eq!(acts.iter().filter(|act| act.section.is_some()).count(), 3);
    }

    #[test]
    fn section_begins_once_all_is_done_that_its_steps_wait_for() {
        let acts = marked(vec![
            scale("web", 5, &[]),
            switch("fence", &["web"]),
            gate("ready", &[]),
            promote("db", &["fence", "ready"]),
        ]);
        assert_eq!(acts[1].needs, ["ready", "web"]);
        assert_eq!(of_section(&acts, "fence"), ["fence", "db"]);
    }

    #[test]
    fn promotions_behind_one_fence_are_one_section_and_others_are_their_own() {
        let acts = marked(vec![
            switch("fence-a", &[]),
            switch("fence-b", &[]),
            switch("fence-c", &[]),
            promote("one", &["fence-a"]),
            promote("two", &["fence-a", "fence-b"]),
            promote("three", &["fence-c"]),
            promote("free", &[]),
        ]);
        assert_eq!(of_section(&acts, "fence-a"), ["fence-a", "fence-b", "one", "two"]);
        assert_eq!(of_section(&acts, "fence-c"), ["fence-c", "three"]);
        assert_eq!(acts.last().unwrap().section, None);
    }
}

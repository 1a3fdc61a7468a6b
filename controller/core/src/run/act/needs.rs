//! Which steps wait for which: a graph without cycles.

use std::collections::{BTreeMap, BTreeSet};

/// What each one waits for, by name.
pub type Needs<'a> = BTreeMap<&'a str, Vec<&'a str>>;

/// The names on a cycle, in its order; none where there is no cycle.
pub fn cycle<'a>(needs: &Needs<'a>) -> Option<Vec<&'a str>> {
    let ordered: BTreeSet<&str> = order(needs).into_iter().collect();
    let start = needs.keys().copied().find(|name| !ordered.contains(name))?;
    let mut path = vec![start];
    // Whatever is not in order waits for something that is not in order: the walk comes back to itself.
    loop {
        let last = path.last().copied()?;
        let next = needs
            .get(last)?
            .iter()
            .copied()
            .find(|need| needs.contains_key(need) && !ordered.contains(need))?;
        if let Some(at) = path.iter().position(|name| *name == next) {
            return Some(path.split_off(at));
        }
        path.push(next);
    }
}

/// The names in an order in which each comes after all that it waits for; those on or behind a cycle are left out.
pub fn order<'a>(needs: &Needs<'a>) -> Vec<&'a str> {
    let mut done: Vec<&str> = Vec::new();
    loop {
        let is_done = |name: &&str| done.contains(name) || !needs.contains_key(*name);
        let ready: Vec<&str> = needs
            .iter()
            .filter(|(name, needs)| !done.contains(name) && needs.iter().all(&is_done))
            .map(|(name, _)| *name)
            .collect();
        if ready.is_empty() {
            return done;
        }
        done.extend(ready);
    }
}

/// Everything that waits for it, directly or not.
pub fn dependents<'a>(needs: &Needs<'a>, of: &str) -> BTreeSet<&'a str> {
    let mut found: BTreeSet<&str> = BTreeSet::new();
    loop {
        let waits = |needs: &Vec<&str>| needs.iter().any(|need| *need == of || found.contains(need));
        let more: Vec<&str> = needs
            .iter()
            .filter(|(name, needs)| !found.contains(*name) && waits(needs))
            .map(|(name, _)| *name)
            .collect();
        if more.is_empty() {
            return found;
        }
        found.extend(more);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needs(pairs: &[(&'static str, &[&'static str])]) -> Needs<'static> {
        pairs.iter().map(|(name, needs)| (*name, needs.to_vec())).collect()
    }

    #[test]
    fn order_puts_each_after_what_it_waits_for() {
        let graph = needs(&[("a", &["c"]), ("b", &["a", "c"]), ("c", &[]), ("d", &["elsewhere"])]);
        assert_eq!(order(&graph), ["c", "d", "a", "b"]);
        assert_eq!(cycle(&graph), None);
        assert_eq!(dependents(&graph, "c"), BTreeSet::from(["a", "b"]));
    }

    #[test]
    fn cycle_is_found_and_named_also_behind_others() {
        let graph = needs(&[("a", &["b"]), ("b", &["c"]), ("c", &["b"]), ("z", &[])]);
        assert_eq!(cycle(&graph), Some(vec!["b", "c"]));
        assert_eq!(cycle(&needs(&[("a", &["a"])])), Some(vec!["a"]));
        assert_eq!(order(&graph), ["z"]);
    }
}

//! Which responses wait for which.

use firebreak_crds::incident::IncidentResponse;
use std::collections::BTreeSet;

/// The names of responses that wait for each other in a circle.
pub fn cycle(responses: &[IncidentResponse]) -> BTreeSet<&str> {
    let mut rest: BTreeSet<&str> = responses.iter().map(|one| one.name.as_str()).collect();
    loop {
        let waits = |one: &&IncidentResponse| one.depends_on.iter().any(|name| rest.contains(name.as_str()));
        let waiting: BTreeSet<&str> = named(responses, &rest).filter(waits).map(name).collect();
        let awaited: BTreeSet<&str> = named(responses, &rest)
            .flat_map(|one| one.depends_on.iter().map(String::as_str))
            .collect();
        let left: BTreeSet<&str> = waiting.intersection(&awaited).copied().collect();
        if left == rest {
            return rest;
        }
        rest = left;
    }
}

fn named<'a>(responses: &'a [IncidentResponse], names: &BTreeSet<&str>) -> impl Iterator<Item = &'a IncidentResponse> {
    responses.iter().filter(|one| names.contains(one.name.as_str()))
}

fn name(response: &IncidentResponse) -> &str {
    &response.name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cycle_of(edges: &[(&str, &[&str])]) -> Vec<String> {
        let responses: Vec<IncidentResponse> = edges
            .iter()
            .map(|(name, after)| IncidentResponse {
                name: (*name).into(),
                depends_on: after.iter().map(|one| (*one).into()).collect(),
                ..IncidentResponse::default()
            })
            .collect();
        cycle(&responses).into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn only_what_is_in_the_circle_is_named() {
        let none: [String; 0] = [];
        assert_eq!(cycle_of(&[("a", &[]), ("b", &["a"]), ("c", &["a", "b"])]), none);
        assert_eq!(
            cycle_of(&[("a", &["b"]), ("b", &["a"]), ("c", &["a"]), ("d", &[])]),
            ["a", "b"]
        );
        assert_eq!(
            cycle_of(&[("d", &[]), ("a", &["c", "d"]), ("b", &["a"]), ("c", &["b"])]),
            ["a", "b", "c"]
        );
        assert_eq!(cycle_of(&[("a", &["gone"])]), none);
    }
}

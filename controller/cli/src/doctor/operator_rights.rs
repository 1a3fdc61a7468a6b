//! May the operator's service account do what its roles say? Asked of the API server, which knows every binding.

use super::{Evidence, Finding, or_well};

const CHECK: &str = "operator-rights";
/// How many rights are named in a line.
const NAMED: usize = 4;

/// Every right of the roles that this version ships.
pub fn check(seen: &Evidence) -> Vec<Finding> {
    let who = seen.identity.username();
    let denied: Vec<String> = seen
        .rights
        .iter()
        .filter(|(_, answer)| *answer == Ok(false))
        .map(|(right, _)| right.to_string())
        .collect();
    let unseen = seen.rights.iter().find_map(|(_, answer)| answer.as_ref().err());
    let mut wrong = Vec::new();
    if !denied.is_empty() {
        let fix = format!(
            "helm upgrade firebreak charts/firebreak -n {0}, or firebreak-controller manifests --namespace {0} \
             --service-account {1} | kubectl apply --server-side -f -",
            seen.identity.namespace, seen.identity.service_account
        );
        wrong.push(Finding::failure(
            CHECK,
            format!("{who} may not {}", named(&denied)),
            fix,
        ));
    }
    wrong.extend(unseen.map(|why| {
        let fix = "ask somebody who may create subjectaccessreviews";
        Finding::unknown(CHECK, format!("what {who} may do: {why}"), fix)
    }));
    or_well(
        CHECK,
        wrong,
        format!("{who} has all {} rights that it needs", seen.rights.len()),
    )
}

fn named(rights: &[String]) -> String {
    let first = rights.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    match rights.len().saturating_sub(NAMED) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Outcome, testing},
        *,
    };

    #[test]
    fn what_is_missing_is_named_and_not_drowned() {
        let mut seen = testing::healthy();
        seen.rights[0].1 = Ok(false);
        let found = check(&seen);
        assert_eq!((found.len(), found[0].outcome), (1, Outcome::Failure));
        let right = seen.rights[0].0.to_string();
        assert!(
            found[0].message.ends_with(&format!("may not {right}")),
            "{}",
            found[0].message
        );
        seen.rights.iter_mut().for_each(|(_, answer)| *answer = Ok(false));
        assert!(check(&seen)[0].message.ends_with(" more"));
    }

    #[test]
    fn a_right_that_could_not_be_asked_is_unknown_beside_the_ones_that_are_missing() {
        let mut seen = testing::healthy();
        seen.rights[0].1 = Ok(false);
        seen.rights[1].1 = Err("you may not ask".into());
        let outcomes: Vec<Outcome> = check(&seen).iter().map(|finding| finding.outcome).collect();
        assert_eq!(outcomes, [Outcome::Failure, Outcome::Unknown]);
    }
}

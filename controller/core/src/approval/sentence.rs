//! How people stand about a run, in words: how many have approved, and whom it still waits for.

use super::{Requirement, Voices};
use firebreak_crds::text::counted;

/// How many have approved, whom it waits for, who approved, and whose word does not count.
pub fn sentence(requirement: &Requirement, voices: &Voices) -> String {
    let mut parts = vec![count(requirement, voices)];
    parts.extend(awaited(requirement, voices));
    if !voices.approvals.is_empty() {
        parts.push(format!("approved by {}", voices.approvers().join(", ")));
    }
    if !voices.refused.is_empty() {
        parts.push(format!("not counted: {}", voices.refused.join("; ")));
    }
    parts.join("; ")
}

fn count(requirement: &Requirement, voices: &Voices) -> String {
    let count = format!(
        "{} of {}",
        voices.people().len(),
        counted(requirement.required, "approval")
    );
    match (&voices.break_glass, requirement.required) {
        (Some(by), _) => format!("{by} broke the glass, so that nobody else is waited for ({count})"),
        (None, 0) => "no approval is needed".into(),
        (None, _) => count,
    }
}

/// Whom it waits for; none where nobody is missing.
fn awaited(requirement: &Requirement, voices: &Voices) -> Option<String> {
    if voices.break_glass.is_some() || requirement.required == 0 {
        return None;
    }
    let missing = voices.missing(requirement);
    let people = requirement.required.saturating_sub(voices.people().len());
    match (missing.is_empty(), people, voices.approvals.is_empty()) {
        (true, 0, _) => None,
        (true, 1, _) => Some("waiting for 1 more person".into()),
        (true, people, _) => Some(format!("waiting for {people} more people")),
        (false, _, true) => Some(format!("at least {}", one_from_each(&missing, "must be from"))),
        (false, _, false) => Some(one_from_each(&missing, "must still come from")),
    }
}

fn one_from_each(roles: &[&str], verb: &str) -> String {
    let quoted: Vec<String> = roles.iter().map(|role| format!("`{role}`")).collect();
    match quoted.len() {
        1 => format!("one {verb} {}", quoted.join("")),
        _ => format!("one each {verb} {}", quoted.join(" and ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(required: usize, roles: &[&str], approvals: &[(&str, &str)]) -> String {
        let requirement = Requirement {
            required,
            approver_roles: roles.iter().map(ToString::to_string).collect(),
        };
        let voices = Voices {
            approvals: approvals
                .iter()
                .map(|(by, role)| ((*by).into(), (*role).into()))
                .collect(),
            ..Voices::default()
        };
        sentence(&requirement, &voices)
    }

    #[test]
    fn one_approval_is_not_written_as_many() {
        assert_eq!(told(1, &[], &[]), "0 of 1 approval; waiting for 1 more person");
        assert_eq!(told(2, &[], &[]), "0 of 2 approvals; waiting for 2 more people");
        assert_eq!(told(0, &[], &[]), "no approval is needed");
    }

    #[test]
    fn the_missing_role_is_named_until_somebody_gives_it() {
        for (approvals, says) in [
            (&[][..], "0 of 2 approvals; at least one must be from `security`"),
            (
                &[("bob", "approver")],
                "1 of 2 approvals; one must still come from `security`; approved by bob (approver)",
            ),
            (
                &[("bob", "approver"), ("carol", "approver")],
                "2 of 2 approvals; one must still come from `security`; approved by bob (approver), carol (approver)",
            ),
            (
                &[("carol", "security")],
                "1 of 2 approvals; waiting for 1 more person; approved by carol (security)",
            ),
            (
                &[("bob", "approver"), ("carol", "security")],
                "2 of 2 approvals; approved by bob (approver), carol (security)",
            ),
        ] {
            assert_eq!(told(2, &["security"], approvals), says);
        }
    }

    #[test]
    fn one_person_in_two_roles_leaves_one_of_them_open() {
        let both = [("ann", "legal"), ("ann", "security")];
        let says = told(2, &["legal", "security"], &both);
        assert!(
            says.starts_with("1 of 2 approvals; one must still come from `security`; "),
            "{says}"
        );
        let none = told(3, &["legal", "security"], &[]);
        assert_eq!(
            none,
            "0 of 3 approvals; at least one each must be from `legal` and `security`"
        );
    }

    #[test]
    fn broken_glass_waits_for_nobody() {
        let voices = Voices {
            break_glass: Some("gus".into()),
            ..Voices::default()
        };
        let requirement = Requirement {
            required: 2,
            approver_roles: ["security".to_owned()].into(),
        };
        assert_eq!(
            sentence(&requirement, &voices),
            "gus broke the glass, so that nobody else is waited for (0 of 2 approvals)"
        );
    }
}

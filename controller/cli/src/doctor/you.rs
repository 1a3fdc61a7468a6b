//! What may the caller? Nobody must be able to do everything; who can do nothing should know before an incident.

use super::{Evidence, Finding, evidence::Look, reviews::Right};

const CHECK: &str = "you";

/// In the words of the line, and the rights that all are needed for it. Where the approvals end, approver roles of a team's own begin.
pub fn powers(namespace: &str) -> Vec<(&'static str, Vec<Right>)> {
    let here = Some(namespace);
    let decides = |approver_role| Right::deciding(namespace, approver_role).to_vec();
    vec![
        ("read responses", vec![Right::ours("list", "quarantines", None, here)]),
        (
            "ask for responses",
            vec![Right::ours("create", "quarantines", None, here)],
        ),
        ("decide as approver", decides("approver")),
        ("decide as security", decides("security")),
        ("break the glass", decides("breakglass")),
        (
            "stop everything",
            vec![Right::ours("create", "emergencystops", None, None)],
        ),
    ]
}

/// Who one is and what one may do in the namespace.
pub fn check(seen: &Evidence) -> Vec<Finding> {
    let fix = "sign in as somebody whom the API server knows";
    let you = match &seen.you {
        Ok(you) => you,
        Err(why) => return vec![Finding::unknown(CHECK, why, fix)],
    };
    if let Some(why) = seen.powers.iter().find_map(|(_, answer)| answer.as_ref().err()) {
        return vec![Finding::unknown(CHECK, format!("what {you} may do: {why}"), fix)];
    }
    let may = told(&seen.powers, true);
    let namespace = &seen.namespace;
    if may.is_empty() {
        let fix = "bind one of the ClusterRoles of docs/approvals.md to them";
        return vec![Finding::warning(
            CHECK,
            format!("{you} may do nothing in namespace {namespace}"),
            fix,
        )];
    }
    let not = match told(&seen.powers, false) {
        none if none.is_empty() => String::new(),
        some => format!("; may not {}", some.join(", ")),
    };
    vec![Finding::ok(
        CHECK,
        format!("{you} may {} in namespace {namespace}{not}", may.join(", ")),
    )]
}

fn told(powers: &[(&'static str, Look<bool>)], answer: bool) -> Vec<&'static str> {
    powers
        .iter()
        .filter(|(_, given)| *given == Ok(answer))
        .map(|(power, _)| *power)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Outcome, testing},
        *,
    };

    #[test]
    fn what_one_may_and_may_not_is_told() {
        let mut seen = testing::healthy();
        seen.powers = vec![("ask for responses", Ok(true)), ("break the glass", Ok(false))];
        let found = check(&seen).remove(0);
        assert_eq!(found.outcome, Outcome::Ok);
        assert_eq!(
            found.message,
            "ann may ask for responses in namespace incident; may not break the glass"
        );
        seen.powers[0].1 = Ok(false);
        assert_eq!(check(&seen)[0].outcome, Outcome::Warning);
        seen.powers[0].1 = Err("no".into());
        assert_eq!(check(&seen)[0].outcome, Outcome::Unknown);
    }

    #[test]
    fn a_word_counts_only_in_a_capacity() {
        let powers = powers("incident");
        let (_, rights) = powers.iter().find(|(power, _)| *power == "decide as security").unwrap();
        let told: Vec<String> = rights.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "create decisions.firebreak.dev in incident",
                "approve decisions.firebreak.dev security in incident"
            ]
        );
    }
}

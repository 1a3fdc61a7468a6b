//! What speaks against a containment and can be made up by anyone who controls the AWS account: tags, and what hangs on the target.
//! It asks for one more approver and refuses nothing: an attacker who tags a role, or makes functions that run with it, must
//! not keep people from cutting it off.

use crate::run::{plan::Plan, step::Touched};
use firebreak_crds::{GuardrailSpec, TagMatch};

/// What warns of the plan, one sentence each.
pub fn warnings(guardrails: &[&GuardrailSpec], plan: &Plan) -> Vec<String> {
    let touched = plan.touches.iter();
    let mut all: Vec<String> = touched.flat_map(|touched| protections(guardrails, touched)).collect();
    all.extend(too_many(guardrails, plan.impact()));
    all
}

fn protections(guardrails: &[&GuardrailSpec], touched: &Touched) -> Vec<String> {
    let tags = guardrails.iter().flat_map(|rail| &rail.protected.tags);
    let mut keys: Vec<&String> = tags.filter(|tag| carries(touched, tag)).map(|tag| &tag.key).collect();
    keys.sort();
    keys.dedup();
    let sentence = |key: &String| {
        format!(
            "{} carries the tag {key}, which a Guardrail protects (protected.tags): one more approval is needed",
            touched.arn
        )
    };
    keys.into_iter().map(sentence).collect()
}

fn carries(touched: &Touched, tag: &TagMatch) -> bool {
    let value = touched.tags.get(&tag.key);
    value.is_some_and(|value| tag.value.as_ref().is_none_or(|wanted| wanted == value))
}

fn too_many(guardrails: &[&GuardrailSpec], impact: usize) -> Option<String> {
    let caps = guardrails.iter().filter_map(|rail| rail.caps.max_dependents);
    let cap = caps
        .min()
        .filter(|cap| impact > usize::try_from(*cap).unwrap_or(usize::MAX))?;
    Some(format!(
        "{impact} dependents stop working with it (caps.maxDependents {cap}): one more approval is needed"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::plan::testing::plan;

    fn rail(change: impl FnOnce(&mut GuardrailSpec)) -> GuardrailSpec {
        let mut rail = GuardrailSpec::default();
        change(&mut rail);
        rail
    }

    fn tag(key: &str, value: Option<&str>) -> TagMatch {
        TagMatch {
            key: key.into(),
            value: value.map(Into::into),
        }
    }

    #[test]
    fn a_tag_warns_by_its_key_and_by_its_value_where_one_is_named() {
        let mut plan = plan();
        let tags = [("tier".to_owned(), "gold".to_owned())].into();
        plan.touches = vec![Touched {
            arn: "arn:x".into(),
            tags,
        }];
        for (matched, warns) in [
            (tag("tier", None), 1),
            (tag("tier", Some("gold")), 1),
            (tag("tier", Some("lead")), 0),
            (tag("team", None), 0),
        ] {
            let rail = rail(|rail| rail.protected.tags = vec![matched]);
            assert_eq!(warnings(&[&rail, &rail], &plan).len(), warns);
        }
    }

    #[test]
    fn the_strictest_cap_on_dependents_warns_and_counts_what_is_not_listed() {
        let cap = |cap| rail(|rail| rail.caps.max_dependents = Some(cap));
        let mut plan = plan();
        assert!(warnings(&[&cap(2), &cap(9)], &plan).is_empty());
        plan.more_dependents = 3000;
        let said = warnings(&[&cap(9), &cap(2)], &plan);
        assert!(
            said[0].starts_with("3002 dependents") && said[0].contains("maxDependents 2"),
            "{said:?}"
        );
    }
}

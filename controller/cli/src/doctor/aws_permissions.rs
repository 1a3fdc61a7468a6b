//! Do the policies of each role allow what Firebreak needs? IAM's simulator says; nothing is tried.

use super::{Evidence, Finding, aws_roles::unasked, evidence::RoleEvidence, or_well};
use firebreak_core::simulation::{Decision, Verdict};
use std::collections::BTreeSet;

const CHECK: &str = "aws-permissions";

/// Each role.
pub fn check(seen: &Evidence) -> Vec<Finding> {
    let Some(aws) = &seen.aws else {
        return Vec::new();
    };
    if aws.roles.is_empty() {
        return vec![unasked(CHECK)];
    }
    let wrong: Vec<Finding> = aws.roles.iter().flat_map(judge).collect();
    or_well(
        CHECK,
        wrong,
        format!(
            "the policies of {} roles allow what Firebreak needs (simulated)",
            aws.roles.len()
        ),
    )
}

fn judge(role: &RoleEvidence) -> Vec<Finding> {
    let name = format!("spec.{} of {}", role.field(), role.account);
    let verdicts = match &role.simulated {
        Ok(verdicts) if verdicts.is_empty() => {
            return vec![Finding::unknown(
                CHECK,
                format!("{name}: IAM's simulator said nothing"),
                "run it again",
            )];
        }
        Ok(verdicts) => verdicts,
        Err(failure) => {
            let fix = format!(
                "allow iam:SimulatePrincipalPolicy on {} to spec.roles.read, or run it with credentials of account {}",
                role.arn, role.account_id
            );
            return vec![Finding::unknown(
                CHECK,
                format!("{name} could not be simulated: {failure}"),
                fix,
            )];
        }
    };
    [
        missing(role, &name, verdicts),
        forbidden(&name, verdicts),
        open(&name, verdicts),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn missing(role: &RoleEvidence, name: &str, verdicts: &[Verdict]) -> Option<Finding> {
    let told = told(verdicts, |decision| *decision == Decision::NotAllowed)?;
    let fix = format!("allow it in the policies of {} (docs/permissions.md)", role.arn);
    Some(Finding::failure(CHECK, format!("{name} may not {told}"), fix))
}

fn forbidden(name: &str, verdicts: &[Verdict]) -> Option<Finding> {
    let told = told(verdicts, |decision| *decision == Decision::Forbidden)?;
    let fix =
        "a Deny statement of the role, its boundary or the organization stands in the way: except the role from it";
    Some(Finding::failure(CHECK, format!("{name} is forbidden to {told}"), fix))
}

fn open(name: &str, verdicts: &[Verdict]) -> Option<Finding> {
    let told = told(verdicts, |decision| matches!(decision, Decision::Depends(_)))?;
    let keys: BTreeSet<&str> = verdicts
        .iter()
        .filter_map(|verdict| match &verdict.decision {
            Decision::Depends(keys) => Some(keys.iter().map(String::as_str)),
            _ => None,
        })
        .flatten()
        .collect();
    let keys = keys.into_iter().collect::<Vec<_>>().join(", ");
    let fix = format!("see that the conditions about {keys} let Firebreak's calls through");
    Some(Finding::unknown(
        CHECK,
        format!("{name}: whether it may {told} depends on {keys}"),
        fix,
    ))
}

fn told(verdicts: &[Verdict], which: impl Fn(&Decision) -> bool) -> Option<String> {
    let of: Vec<&Verdict> = verdicts.iter().filter(|verdict| which(&verdict.decision)).collect();
    let (first, rest) = of.split_first()?;
    let more: BTreeSet<&str> = rest.iter().map(|verdict| verdict.action.as_str()).collect();
    let first = format!("{} on {}", first.action, first.resource);
    let more: Vec<&str> = more.into_iter().collect();
    Some(match more.is_empty() {
        true => first,
        false => format!("{first}, and {}", more.join(", ")),
    })
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Outcome, testing},
        *,
    };

    fn found(decision: Decision) -> Finding {
        let mut seen = testing::healthy();
        seen.aws.as_mut().unwrap().roles[0].simulated = Ok(vec![Verdict {
            action: "iam:GetRole".into(),
            resource: "arn:aws:iam::123456789012:role/example".into(),
            decision,
        }]);
        check(&seen).remove(0)
    }

    #[test]
    fn what_the_simulator_says_is_told() {
        for (decision, outcome, says) in [
            (Decision::Allowed, Outcome::Ok, "allow what Firebreak needs"),
            (
                Decision::NotAllowed,
                Outcome::Failure,
                "spec.roles.read of production may not iam:GetRole on arn:",
            ),
            (Decision::Forbidden, Outcome::Failure, "is forbidden to iam:GetRole"),
            (
                Decision::Depends(vec!["aws:SourceIp".into()]),
                Outcome::Unknown,
                "depends on aws:SourceIp",
            ),
        ] {
            let found = found(decision);
            assert_eq!(found.outcome, outcome, "{found:?}");
            assert!(found.message.contains(says), "{found:?}");
        }
    }

    #[test]
    fn what_could_not_be_simulated_is_unknown() {
        let mut seen = testing::healthy();
        seen.aws.as_mut().unwrap().roles[0].simulated = Err(testing::denied("iam:SimulatePrincipalPolicy"));
        let refused = check(&seen).remove(0);
        assert_eq!(refused.outcome, Outcome::Unknown);
        assert!(refused.fix.unwrap().contains("allow iam:SimulatePrincipalPolicy"));
        seen.aws.as_mut().unwrap().roles[0].simulated = Ok(Vec::new());
        assert_eq!(check(&seen)[0].outcome, Outcome::Unknown);
    }
}

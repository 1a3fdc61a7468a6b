//! Does the operator reach every AwsAccount? In its own words: only it has its credentials.

use super::{Evidence, Finding, or_well};
use firebreak_crds::{AwsAccount, Condition};
use kube::ResourceExt;

const CHECK: &str = "accounts";

/// The conditions of each AwsAccount.
pub fn check(seen: &Evidence) -> Vec<Finding> {
    let accounts = match &seen.accounts {
        Ok(accounts) => accounts,
        Err(why) => {
            return vec![Finding::unknown(
                CHECK,
                why,
                "bind firebreak-auditor to the person who asks, in the whole cluster",
            )];
        }
    };
    if accounts.is_empty() {
        let fix = "kubectl apply an AwsAccount, as in examples/quarantine-a-role";
        return vec![Finding::warning(
            CHECK,
            "there is no AwsAccount: nothing can be contained",
            fix,
        )];
    }
    let names: Vec<String> = accounts.iter().map(ResourceExt::name_any).collect();
    let wrong = accounts.iter().filter_map(judge);
    let wrong = wrong.chain(accounts.iter().filter_map(shared)).collect();
    or_well(CHECK, wrong, format!("the operator reaches {}", names.join(", ")))
}

fn judge(account: &AwsAccount) -> Option<Finding> {
    let name = account.name_any();
    let Some(ready) = ready(account) else {
        let fix = "see the checks operator and leader; it looks at an AwsAccount within a minute";
        return Some(Finding::unknown(
            CHECK,
            format!("{name}: the operator has not looked at it as it is now"),
            fix,
        ));
    };
    let message = format!("{name}: {}: {}", ready.reason, ready.message);
    match ready.status.as_str() {
        "True" => None,
        "False" => Some(Finding::failure(CHECK, message, fix(ready, &name))),
        _ => Some(Finding::unknown(
            CHECK,
            message,
            "the operator asks AWS again by itself",
        )),
    }
}

/// Whether the evidence bucket names another cluster for the account.
fn shared(account: &AwsAccount) -> Option<Finding> {
    let message = account.another_cluster()?;
    Some(Finding::warning(
        CHECK,
        format!("{}: AnotherCluster: {message}", account.name_any()),
        "let one cluster respond in an account (docs/evidence.md: two clusters on one account)",
    ))
}

/// The condition Ready, where it speaks of the spec as it is now.
fn ready(account: &AwsAccount) -> Option<&Condition> {
    let status = account.status.as_ref()?;
    let seen = status.observed_generation?;
    let ready = status.conditions.iter().find(|condition| condition.type_ == "Ready")?;
    (Some(seen) == account.metadata.generation).then_some(ready)
}

fn fix(ready: &Condition, name: &str) -> String {
    match ready.reason.as_str() {
        "WrongAccount" => format!("kubectl edit awsaccount {name}: spec.accountId or spec.roles.read is wrong"),
        "AccessDenied" => {
            "let the operator's role assume spec.roles.read: its trust policy and spec.externalId (docs/operations.md)"
                .into()
        }
        reason => format!("docs/reasons.md explains {reason}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Outcome, testing},
        *,
    };
    use firebreak_crds::{
        Reason,
        condition::{self, ConditionType, Wanted},
    };
    use jiff::Timestamp;

    fn found(status: &str, reason: &str, generation: i64) -> Finding {
        let mut seen = testing::healthy();
        seen.accounts = Ok(vec![testing::account(status, reason, generation)]);
        check(&seen).remove(0)
    }

    #[test]
    fn an_account_is_as_the_operator_says() {
        for (status, reason, generation, outcome) in [
            ("True", "Verified", 2, Outcome::Ok),
            ("False", "WrongAccount", 2, Outcome::Failure),
            ("False", "AccessDenied", 2, Outcome::Failure),
            ("Unknown", "Throttled", 2, Outcome::Unknown),
            ("True", "Verified", 1, Outcome::Unknown),
        ] {
            assert_eq!(
                found(status, reason, generation).outcome,
                outcome,
                "{status} {reason} {generation}"
            );
        }
        let wrong = found("False", "WrongAccount", 2);
        assert!(wrong.fix.unwrap().contains("spec.accountId or spec.roles.read"));
    }

    #[test]
    fn account_in_which_another_cluster_responds_is_a_warning() {
        let mut account = testing::account("True", "Verified", 2);
        let says = [Wanted::no(
            ConditionType::Exclusive,
            Reason::AnotherCluster,
            "names the cluster \"x\"",
        )];
        let told = condition::merge(&[], &says, 2, Timestamp::UNIX_EPOCH);
        account.status.as_mut().unwrap().conditions.extend(told);
        let mut seen = testing::healthy();
        seen.accounts = Ok(vec![account]);
        let found = check(&seen).remove(0);
        assert_eq!(found.outcome, Outcome::Warning);
        assert!(found.message.contains("AnotherCluster"), "{found:?}");
    }

    #[test]
    fn a_cluster_without_accounts_contains_nothing() {
        let mut seen = testing::healthy();
        seen.accounts = Ok(Vec::new());
        assert_eq!(check(&seen)[0].outcome, Outcome::Warning);
    }
}

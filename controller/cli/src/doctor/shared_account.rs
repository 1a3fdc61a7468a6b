//! Does the operator live in an account that it contains? Anyone who owns that account owns the operator: a compromise there
//! reaches the response itself.

use super::{Evidence, Finding, or_well};
use kube::ResourceExt;

const CHECK: &str = "shared-account";

/// The operator's account against each AwsAccount's.
pub fn check(seen: &Evidence) -> Vec<Finding> {
    let Some(own) = operator_account(seen) else {
        let fix = "name it with --operator-account ID (eks.amazonaws.com/role-arn at the service account says it too)";
        return vec![Finding::unknown(
            CHECK,
            "in which AWS account the operator's role lies is not known",
            fix,
        )];
    };
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
    let shared = accounts
        .iter()
        .filter(|account| account.spec.account_id == own)
        .map(|account| {
            let message = format!(
                "the operator's role is in {own}, which is the AwsAccount {}",
                account.name_any()
            );
            Finding::warning(CHECK, message, "run Firebreak in a cluster and an account of its own")
        });
    or_well(
        CHECK,
        shared.collect(),
        format!("the operator's account {own} is no AwsAccount"),
    )
}

/// As somebody named it, else as IRSA names the role.
fn operator_account(seen: &Evidence) -> Option<String> {
    let from_role = || seen.operator_role()?.split(':').nth(4).map(str::to_owned);
    seen.operator_account
        .clone()
        .or_else(from_role)
        .filter(|id| !id.is_empty())
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Outcome, testing},
        *,
    };

    #[test]
    fn sharing_an_account_with_a_target_is_told() {
        for (named, outcome) in [
            (None, Outcome::Ok),
            (Some("111111111111"), Outcome::Ok),
            (Some("123456789012"), Outcome::Warning),
        ] {
            let mut seen = testing::healthy();
            seen.operator_account = named.map(str::to_owned);
            assert_eq!(check(&seen)[0].outcome, outcome, "{named:?}");
        }
    }

    #[test]
    fn an_operator_without_a_known_role_is_unknown() {
        let mut seen = testing::healthy();
        seen.service_account = Ok(None);
        assert_eq!(check(&seen)[0].outcome, Outcome::Unknown);
    }
}

//! Does each role of each AwsAccount lead to that account? Assumed with the credentials at hand, as the operator does it.

use super::{
    Evidence, Finding,
    evidence::{AwsEvidence, RoleEvidence},
    or_well,
};
use firebreak_core::aws::failure::FailureClass;

const CHECK: &str = "aws-roles";

/// Each role.
pub fn check(seen: &Evidence) -> Vec<Finding> {
    let Some(aws) = &seen.aws else {
        return Vec::new();
    };
    if aws.roles.is_empty() {
        return vec![unasked(CHECK)];
    }
    let operator = is_operator(seen, aws);
    let irsa = seen.operator_role().is_some();
    let refusals = aws.roles.iter().filter_map(|role| judge(role, operator));
    let untagged = aws.roles.iter().filter(|_| !irsa).filter_map(untagged);
    let wrong = refusals.chain(untagged).collect();
    or_well(
        CHECK,
        wrong,
        format!("{} roles lead to the accounts of their AwsAccounts", aws.roles.len()),
    )
}

/// For what depends on roles, when there are none to ask about.
pub fn unasked(check: &'static str) -> Finding {
    Finding::unknown(check, "no role was tried", "see the checks aws-identity and accounts")
}

/// A role that refuses a person may still let the operator in.
fn judge(role: &RoleEvidence, operator: bool) -> Option<Finding> {
    let name = format!("spec.{} of {} ({})", role.field(), role.account, role.arn);
    match &role.identity {
        Ok(identity) if identity.account == role.account_id => None,
        Ok(identity) => Some(Finding::failure(
            CHECK,
            format!(
                "{name} leads to account {} instead of {}",
                identity.account, role.account_id
            ),
            format!(
                "kubectl edit awsaccount {}: spec.accountId or spec.{} is wrong",
                role.account,
                role.field()
            ),
        )),
        Err(failure) if operator && failure.class == FailureClass::Denied => Some(Finding::failure(
            CHECK,
            format!("{name} refuses the operator: {failure}"),
            "its trust policy must allow sts:AssumeRole and sts:TagSession to the operator's role, with spec.externalId",
        )),
        Err(failure) => Some(Finding::unknown(
            CHECK,
            format!("{name} could not be assumed by you: {failure}"),
            "what the operator gets is in the check accounts; to see it yourself, run it with the operator's role",
        )),
    }
}

/// EKS Pod Identity tags the operator's session, and the tags go along with each role that it assumes from it: a role that takes no tags
/// is refused to it. IRSA tags nothing.
fn untagged(role: &RoleEvidence) -> Option<Finding> {
    if role.takes_tags != Some(false) {
        return None;
    }
    let message = format!(
        "the trust policy of spec.{} of {} ({}) does not allow sts:TagSession: with EKS Pod Identity, whose session tags go along, the operator cannot assume it",
        role.field(),
        role.account,
        role.arn
    );
    let fix = "allow sts:TagSession beside sts:AssumeRole there (examples/permissions), or set disableSessionTags on the operator's pod identity association";
    Some(Finding::warning(CHECK, message, fix))
}

/// Whether the credentials at hand are the operator's, as IRSA names it.
fn is_operator(seen: &Evidence, aws: &AwsEvidence) -> bool {
    let (Some(role), Ok(you)) = (seen.operator_role(), &aws.you) else {
        return false;
    };
    let name = role.rsplit('/').next().unwrap_or_default();
    let session = format!(":{}:assumed-role/{name}/", role.split(':').nth(4).unwrap_or_default());
    you.arn.contains(&session)
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Outcome, testing},
        *,
    };
    use firebreak_core::aws::sts::CallerIdentity;

    fn found(identity: Result<CallerIdentity, firebreak_core::aws::failure::Failure>, you: &str) -> Finding {
        let mut seen = testing::healthy();
        let aws = seen.aws.as_mut().unwrap();
        aws.you.as_mut().unwrap().arn = you.into();
        aws.roles[0].identity = identity;
        check(&seen).remove(0)
    }

    #[test]
    fn a_role_leads_to_its_account_or_is_told() {
        let (operator, person) = (testing::OPERATOR, "arn:aws:sts::111111111111:assumed-role/people/ann");
        let elsewhere = || Ok(testing::caller("999999999999"));
        let denied = || Err(testing::denied("sts:AssumeRole"));
        for (identity, you, outcome, says) in [
            (
                Ok(testing::caller("123456789012")),
                person,
                Outcome::Ok,
                "roles lead to",
            ),
            (
                elsewhere(),
                person,
                Outcome::Failure,
                "leads to account 999999999999 instead of 123456789012",
            ),
            (denied(), person, Outcome::Unknown, "could not be assumed by you"),
            (denied(), operator, Outcome::Failure, "refuses the operator"),
        ] {
            let found = found(identity, you);
            assert_eq!(found.outcome, outcome, "{found:?}");
            assert!(found.message.contains(says), "{found:?}");
        }
    }

    #[test]
    fn a_role_that_takes_no_tags_is_told_where_the_session_may_be_tagged() {
        let found = |irsa: bool, takes_tags: Option<bool>| {
            let mut seen = testing::healthy();
            if !irsa {
                seen.service_account = Ok(None);
            }
            seen.aws.as_mut().unwrap().roles[0].takes_tags = takes_tags;
            check(&seen).remove(0)
        };
        let told = found(false, Some(false));
        assert_eq!(told.outcome, Outcome::Warning, "{told:?}");
        assert!(told.message.contains("sts:TagSession"), "{told:?}");
        assert!(told.fix.unwrap().contains("disableSessionTags"));
        for well in [found(true, Some(false)), found(false, Some(true)), found(false, None)] {
            assert_eq!(well.outcome, Outcome::Ok, "{well:?}");
        }
    }

    #[test]
    fn no_role_is_no_good_sign() {
        let mut seen = testing::healthy();
        seen.aws.as_mut().unwrap().roles.clear();
        assert_eq!(check(&seen)[0].outcome, Outcome::Unknown);
    }
}

//! Who is one in AWS, with the credentials at hand?

use super::{Evidence, Finding};

const CHECK: &str = "aws-identity";

/// The caller.
pub fn check(seen: &Evidence) -> Vec<Finding> {
    let Some(aws) = &seen.aws else {
        return Vec::new();
    };
    vec![match &aws.you {
        Ok(you) => Finding::ok(CHECK, format!("{} in account {}", you.arn, you.account)),
        Err(failure) => Finding::unknown(
            CHECK,
            format!("AWS does not say who you are: {failure}"),
            "give AWS credentials (AWS_PROFILE, aws sso login), or leave AWS out with --no-aws",
        ),
    }]
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Outcome, testing},
        *,
    };

    #[test]
    fn aws_that_is_left_out_has_no_line() {
        let mut seen = testing::healthy();
        assert_eq!(check(&seen)[0].outcome, Outcome::Ok);
        seen.aws.as_mut().unwrap().you = Err(testing::denied("sts:GetCallerIdentity"));
        assert_eq!(check(&seen)[0].outcome, Outcome::Unknown);
        seen.aws = None;
        assert!(check(&seen).is_empty());
    }
}

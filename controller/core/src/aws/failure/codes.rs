//! What AWS's error codes mean: a class for each, chosen on purpose. The tables are dated data, `controller/core/data/error_codes`;
//! `controller/core/tests/error_codes.rs` says which code of a new call is in none of them.

use super::FailureClass;
use std::{collections::BTreeMap, sync::LazyLock};

type Table = BTreeMap<&'static str, FailureClass>;

/// The tables by the prefix of the calls that they are for. Every service also answers what is common to all.
static EC2: LazyLock<Table> = LazyLock::new(|| table(include_str!("../../../data/error_codes/ec2.tsv")));
static S3: LazyLock<Table> = LazyLock::new(|| table(include_str!("../../../data/error_codes/s3.tsv")));
static SERVICES: LazyLock<Table> = LazyLock::new(|| table(include_str!("../../../data/error_codes/services.tsv")));

/// Codes that Firebreak gives to what is no answer of AWS's.
const OWN: [&str; 11] = [
    "BodyError",
    "ConstructionFailure",
    "Deadline",
    "DispatchFailure",
    "EmptyAnswer",
    "Incomplete",
    "Paused",
    "RepeatedPage",
    "ResponseError",
    "TimeoutError",
    "UnreadableDocument",
];

/// The class of an error code that AWS answered to a call such as `ec2:CreateSnapshots`; none when it is in no table.
pub fn class_of(call: &str, code: &str) -> Option<FailureClass> {
    let own = match call.split(':').next() {
        Some("ec2") => EC2.get(code),
        Some("s3") => S3.get(code),
        _ => None,
    };
    own.or_else(|| SERVICES.get(code)).copied()
}

/// Whether a code is AWS's and in no table: it counts as passing, and is tried again slowly.
pub fn is_unlisted(call: &str, code: &str) -> bool {
    !OWN.contains(&code) && !code.starts_with("Http") && class_of(call, code).is_none()
}

fn table(text: &'static str) -> Table {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| line.split_once('\t'))
        .filter_map(|(code, class)| Some((code, named(class)?)))
        .collect()
}

fn named(class: &str) -> Option<FailureClass> {
    match class {
        "Conflict" => Some(FailureClass::Conflict),
        "Throttled" => Some(FailureClass::Throttled),
        "Transient" => Some(FailureClass::Transient),
        "NotYet" => Some(FailureClass::NotYet),
        "Denied" => Some(FailureClass::Denied),
        "Invalid" => Some(FailureClass::Invalid),
        "Limit" => Some(FailureClass::Limit),
        "Gone" => Some(FailureClass::Gone),
        "Unmodifiable" => Some(FailureClass::Unmodifiable),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_tables_is_a_code_with_a_class() {
        for text in [
            include_str!("../../../data/error_codes/ec2.tsv"),
            include_str!("../../../data/error_codes/s3.tsv"),
            include_str!("../../../data/error_codes/services.tsv"),
        ] {
            let lines = text.lines().filter(|line| !line.starts_with('#')).count();
            assert_eq!(table(text).len(), lines, "a line without a class, or a code twice");
        }
    }

    #[test]
    fn a_service_reads_its_own_table_before_the_common_one() {
        let class = |call| class_of(call, "NoSuchVersion");
        assert_eq!(class("s3:GetObject"), Some(FailureClass::Gone));
        assert_eq!(class("ec2:DescribeInstances"), Some(FailureClass::Invalid));
        assert_eq!(class("iam:GetRole"), None);
        assert_eq!(
            class_of("ec2:StopInstances", "AccessDenied"),
            Some(FailureClass::Denied)
        );
    }

    #[test]
    fn spellings_that_ec2_and_s3_answer_beside_the_usual_ones_have_a_class() {
        for (call, code, class) in [
            (
                "ec2:AuthorizeSecurityGroupIngress",
                "InvalidPrefixListId.NotFound",
                class_of("ec2:X", "InvalidPrefixListID.NotFound"),
            ),
            (
                "s3:GetBucketPolicy",
                "AuthorizationQueryParametersError",
                Some(FailureClass::Denied),
            ),
            (
                "s3:PutPublicAccessBlock",
                "UnsupportedOperation",
                Some(FailureClass::Invalid),
            ),
            (
                "s3:PutObject",
                "XAmzContentSHA256Mismatch",
                class_of("s3:X", "BadDigest"),
            ),
            (
                "s3:PutObject",
                "XAmzContentChecksumMismatch",
                class_of("s3:X", "BadDigest"),
            ),
        ] {
            assert!(!is_unlisted(call, code), "{code}");
            assert_eq!(class_of(call, code), class, "{code}");
        }
    }

    #[test]
    fn a_code_that_no_table_has_is_unlisted_and_our_own_is_not() {
        assert!(is_unlisted("ec2:StopInstances", "SomethingNew"));
        assert!(!is_unlisted("ec2:StopInstances", "TimeoutError"));
        assert!(!is_unlisted("ec2:StopInstances", "Http503"));
        assert!(!is_unlisted("ec2:StopInstances", "IncorrectInstanceState"));
    }
}

//! The one place that decides what a failed AWS call means.

use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::{display::DisplayErrorContext, metadata::ProvideErrorMetadata};
use aws_types::request_id::RequestId;
use firebreak_core::aws::{
    Answer,
    failure::{Failure, FailureClass, class_of as class_in_tables},
};
use std::error::Error;

/// A failed SDK call.
pub(crate) type Refusal<E> = SdkError<E, HttpResponse>;

const ASSUME_ROLE: &str = "sts:AssumeRole";
/// What to do when session tags are in the way.
const TAGS_REMEDY: &str = "with EKS Pod Identity, set disableSessionTags on the operator's association, and allow sts:TagSession beside sts:AssumeRole in the role's trust policy (docs/install.md)";

/// Codes after which new credentials may help, once.
const STALE_CREDENTIALS: [&str; 4] = [
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "UnrecognizedClientException",
];

/// Codes of Firebreak's own for calls that got no answer.
const SILENCE: [&str; 2] = ["DispatchFailure", "TimeoutError"];

/// Classifies a failed call, such as `iam:GetRole`, and logs it with AWS's request id.
pub(crate) fn classify<E>(call: &str, error: &Refusal<E>) -> Failure
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let failure = match error.as_service_error() {
        Some(service) => refused(call, status(error), service.code(), service.message()),
        None => match assume_role_cause(error) {
            Some(cause) => return with_remedy(classify(ASSUME_ROLE, cause)),
            None => unanswered(call, error),
        },
    };
    let (code, class, message) = (&failure.code, failure.class, &failure.message);
    let request_id = error.request_id().unwrap_or_default();
    match class {
        FailureClass::Gone => tracing::debug!(call, code, request_id, "not found"),
        _ => tracing::warn!(call, code, ?class, request_id, message, "an AWS call failed"),
    }
    failure
}

/// EKS Pod Identity tags the operator's session, and the tags go along with every role that is assumed from it (EKS user guide, "Grant
/// Pods access to AWS resources based on tags"): AWS's own words name neither that nor the way out.
fn with_remedy(failure: Failure) -> Failure {
    let tagged = failure.code == "PackedPolicyTooLarge" || failure.message.contains("TagSession");
    if failure.call != ASSUME_ROLE || !tagged || failure.message.contains(TAGS_REMEDY) {
        return failure;
    }
    Failure {
        message: format!("{}; {TAGS_REMEDY}", failure.message),
        ..failure
    }
}

/// What a read that failed says: a read never fails, not knowing is an answer.
pub(crate) fn answer(failure: Failure) -> Answer {
    match failure.class {
        FailureClass::Gone => Answer::NotFound,
        FailureClass::Denied => Answer::Denied(failure.to_string()),
        FailureClass::Throttled => Answer::Throttled,
        FailureClass::Conflict
        | FailureClass::Transient
        | FailureClass::NotYet
        | FailureClass::Invalid
        | FailureClass::Limit
        | FailureClass::Unmodifiable => Answer::Unreachable(failure.to_string()),
    }
}

/// A failure that is found out by Firebreak itself.
pub(crate) fn failure(class: FailureClass, call: &str, code: &str, message: impl Into<String>) -> Failure {
    Failure {
        class,
        call: call.into(),
        code: code.into(),
        message: message.into(),
    }
}

/// Whether the credentials are no longer taken, although the role may still be assumed.
pub(crate) fn has_stale_credentials(failure: &Failure) -> bool {
    STALE_CREDENTIALS.contains(&failure.code.as_str())
}

/// Whether nothing answered at all: neither AWS nor something in front of it.
pub(crate) fn is_silence(failure: &Failure) -> bool {
    SILENCE.contains(&failure.code.as_str())
}

/// AWS, or something in front of it, answered with an error.
fn refused(call: &str, status: u16, code: Option<&str>, message: Option<&str>) -> Failure {
    let Some(code) = code else {
        return without_code(call, status);
    };
    let class = class_of(call, code, status);
    let message = message.map_or_else(|| format!("HTTP status {status}"), str::to_owned);
    failure(class, call, code, message)
}

/// An answer that is not in AWS's format, such as an HTML page of a proxy or of an emulator that lacks the API.
fn without_code(call: &str, status: u16) -> Failure {
    let class = if status == 429 {
        FailureClass::Throttled
    } else {
        FailureClass::Transient
    };
    let message = format!("HTTP status {status} without an AWS error code: did something other than AWS answer?");
    failure(class, call, &format!("Http{status}"), message)
}

/// A code that is in no table may mean anything: it counts as passing, so that nothing is given up for want of knowledge.
fn class_of(call: &str, code: &str, status: u16) -> FailureClass {
    match class_in_tables(call, code) {
        Some(class) => class,
        None if status == 429 => FailureClass::Throttled,
        None => FailureClass::Transient,
    }
}

fn status<E>(error: &Refusal<E>) -> u16 {
    error.raw_response().map_or(0, |response| response.status().as_u16())
}

/// No answer that could be read: whether the call had an effect is unknown.
fn unanswered<E: Error + 'static>(call: &str, error: &Refusal<E>) -> Failure {
    tracing::debug!(call, error = %DisplayErrorContext(error), "no answer from AWS");
    let code = match error {
        SdkError::ConstructionFailure(_) => "ConstructionFailure",
        SdkError::TimeoutError(_) => "TimeoutError",
        SdkError::DispatchFailure(_) => "DispatchFailure",
        _ => "ResponseError",
    };
    match error.raw_response() {
        Some(response) if !response.status().is_success() => without_code(call, response.status().as_u16()),
        _ => failure(FailureClass::Transient, call, code, chain(error)),
    }
}

/// The role could not be assumed: the failure of sts:AssumeRole is what matters, not that of the call that needed it.
pub(crate) fn assume_role_cause<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Refusal<AssumeRoleError>> {
    causes(error).skip(1).find_map(|cause| cause.downcast_ref())
}

fn chain(error: &(dyn Error + 'static)) -> String {
    causes(error).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn Error + 'static)| (*error).source())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: [(&str, &str, u16, FailureClass); 56] = [
        ("iam:X", "Throttling", 400, FailureClass::Throttled),
        ("ecs:X", "ThrottlingException", 400, FailureClass::Throttled),
        ("ec2:X", "RequestLimitExceeded", 503, FailureClass::Throttled),
        ("lambda:X", "TooManyRequestsException", 429, FailureClass::Throttled),
        ("sns:X", "Throttled", 429, FailureClass::Throttled),
        ("x:Y", "SomethingNew", 429, FailureClass::Throttled),
        ("s3:X", "ServiceUnavailable", 503, FailureClass::Transient),
        ("ecs:X", "ServerException", 500, FailureClass::Transient),
        ("iam:X", "ServiceFailure", 500, FailureClass::Transient),
        ("iam:X", "InternalFailure", 500, FailureClass::Transient),
        ("s3:X", "RequestTimeout", 408, FailureClass::Transient),
        (
            "elasticloadbalancing:X",
            "HealthUnavailable",
            400,
            FailureClass::Transient,
        ),
        ("x:Y", "SomethingNew", 500, FailureClass::Transient),
        ("x:Y", "SomethingNew", 400, FailureClass::Transient),
        ("x:Y", "SomethingNewNotFound", 404, FailureClass::Transient),
        ("iam:X", "ConcurrentModification", 409, FailureClass::Conflict),
        (
            "application-autoscaling:X",
            "ConcurrentUpdateException",
            400,
            FailureClass::Conflict,
        ),
        ("autoscaling:X", "ResourceContention", 500, FailureClass::Conflict),
        ("lambda:X", "PreconditionFailedException", 412, FailureClass::Conflict),
        ("lambda:X", "ResourceInUseException", 400, FailureClass::NotYet),
        ("ec2:X", "DependencyViolation", 400, FailureClass::NotYet),
        ("ec2:X", "IncorrectState", 400, FailureClass::NotYet),
        (
            "ec2:CreateSnapshots",
            "SnapshotCreationPerVolumeRateExceeded",
            400,
            FailureClass::NotYet,
        ),
        (
            "ec2:CreateSnapshots",
            "ConcurrentSnapshotLimitExceeded",
            400,
            FailureClass::NotYet,
        ),
        (
            "ec2:StartInstances",
            "InsufficientInstanceCapacity",
            400,
            FailureClass::NotYet,
        ),
        ("iam:X", "ExpiredToken", 403, FailureClass::Denied),
        ("ec2:X", "RequestExpired", 400, FailureClass::Denied),
        ("s3:X", "SignatureDoesNotMatch", 403, FailureClass::Denied),
        ("iam:X", "AccessDenied", 403, FailureClass::Denied),
        ("lambda:X", "AccessDeniedException", 400, FailureClass::Denied),
        ("ec2:X", "UnauthorizedOperation", 403, FailureClass::Denied),
        ("ec2:X", "OptInRequired", 403, FailureClass::Denied),
        ("ec2:X", "PendingVerification", 400, FailureClass::Denied),
        ("sts:AssumeRole", "PackedPolicyTooLarge", 400, FailureClass::Denied),
        ("ecs:X", "InvalidParameterException", 400, FailureClass::Invalid),
        ("autoscaling:X", "ValidationError", 400, FailureClass::Invalid),
        ("iam:X", "MalformedPolicyDocument", 400, FailureClass::Invalid),
        ("ecs:X", "ClientException", 400, FailureClass::Invalid),
        (
            "ecs:UpdateService",
            "NamespaceNotFoundException",
            400,
            FailureClass::Invalid,
        ),
        ("ec2:X", "FilterLimitExceeded", 400, FailureClass::Invalid),
        ("s3:X", "MalformedPolicy", 400, FailureClass::Invalid),
        ("s3:X", "PermanentRedirect", 301, FailureClass::Invalid),
        ("iam:X", "UnmodifiableEntity", 400, FailureClass::Unmodifiable),
        ("iam:X", "LimitExceeded", 409, FailureClass::Limit),
        ("ec2:X", "RulesPerSecurityGroupLimitExceeded", 400, FailureClass::Limit),
        ("ecs:X", "ServiceQuotaExceededException", 400, FailureClass::Limit),
        ("iam:X", "NoSuchEntity", 404, FailureClass::Gone),
        ("s3:X", "NoSuchBucket", 404, FailureClass::Gone),
        ("s3:X", "NoSuchBucketPolicy", 404, FailureClass::Gone),
        ("s3:X", "NoSuchPublicAccessBlockConfiguration", 404, FailureClass::Gone),
        ("s3:X", "NoSuchTagSet", 404, FailureClass::Gone),
        ("s3:X", "OperationAborted", 409, FailureClass::Conflict),
        ("s3:X", "SlowDown", 503, FailureClass::Throttled),
        ("ec2:X", "InvalidGroup.NotFound", 400, FailureClass::Gone),
        ("ecs:X", "ClusterNotFoundException", 400, FailureClass::Gone),
        ("elasticloadbalancing:X", "TargetGroupNotFound", 400, FailureClass::Gone),
    ];

    #[test]
    fn every_code_has_the_class_of_the_handbook() {
        for (call, code, status, class) in TABLE {
            assert_eq!(refused(call, status, Some(code), None).class, class, "{code}");
        }
    }

    #[test]
    fn session_tags_in_the_way_name_the_remedy() {
        let denied = |message: &str| with_remedy(refused(ASSUME_ROLE, 403, Some("AccessDenied"), Some(message)));
        let tagged = denied("not authorized to perform: sts:TagSession on resource: firebreak-read");
        assert!(tagged.message.contains("disableSessionTags"), "{}", tagged.message);
        assert_eq!(tagged.class, FailureClass::Denied);
        let large = with_remedy(refused(ASSUME_ROLE, 400, Some("PackedPolicyTooLarge"), Some("115 %")));
        assert!(large.message.contains("disableSessionTags"), "{}", large.message);
        assert!(
            !denied("not authorized to perform: sts:AssumeRole")
                .message
                .contains("disableSessionTags")
        );
    }

    #[test]
    fn a_page_that_aws_did_not_write_is_not_taken_for_not_found() {
        for status in [404, 500] {
            let failure = refused("x:Y", status, None, None);
            assert_eq!(failure.class, FailureClass::Transient);
            assert!(failure.message.contains(&status.to_string()), "{}", failure.message);
        }
    }

    #[test]
    fn reads_answer_what_is_known_and_no_more() {
        let answered = |class| answer(failure(class, "iam:GetRole", "Code", "why"));
        assert_eq!(answered(FailureClass::Gone), Answer::NotFound);
        assert_eq!(answered(FailureClass::Throttled), Answer::Throttled);
        assert_eq!(
            answered(FailureClass::Denied),
            Answer::Denied("iam:GetRole: Code: why".into())
        );
        for class in [FailureClass::Transient, FailureClass::Invalid, FailureClass::Conflict] {
            assert_eq!(answered(class), Answer::Unreachable("iam:GetRole: Code: why".into()));
        }
    }
}

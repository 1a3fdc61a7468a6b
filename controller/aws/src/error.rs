//! The one place that decides what a failed AWS call means.

use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::{display::DisplayErrorContext, metadata::ProvideErrorMetadata};
use aws_types::request_id::RequestId;
use firebreak_core::{
    facts::Answer,
    failure::{Failure, FailureClass},
};
use std::error::Error;

/// A failed SDK call.
pub(crate) type Refusal<E> = SdkError<E, HttpResponse>;

const CONFLICT: [&str; 13] = [
    "ConcurrentModification",
    "ConcurrentModificationException",
    "ConcurrentUpdateException",
    "ConditionalRequestConflict",
    "ConflictException",
    "HealthCheckVersionMismatch",
    "InvalidIfMatchVersion",
    "OperationAborted",
    "PreconditionFailed",
    "PreconditionFailedException",
    "ResourceConflictException",
    "ResourceContention",
    "WAFOptimisticLockException",
];

const DENIED: [&str; 20] = [
    "AccessDenied",
    "AccessDeniedException",
    "AuthFailure",
    "Blocked",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidIdentityToken",
    "InvalidSignatureException",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "NotAuthorized",
    "OptInRequired",
    "RegionDisabledException",
    "RequestExpired",
    "SignatureDoesNotMatch",
    "UnauthorizedOperation",
    "UnrecognizedClientException",
];

const NOT_YET: [&str; 13] = [
    "DeleteConflict",
    "DependencyViolation",
    "IncorrectInstanceState",
    "IncorrectState",
    "InvalidDBClusterStateFault",
    "InvalidDBInstanceState",
    "InvalidGlobalClusterStateFault",
    "InvalidGlobalReplicationGroupState",
    "InvalidReplicationGroupState",
    "KMSInvalidStateException",
    "ResourceInUseException",
    "ScalingActivityInProgress",
    "UpdateInProgressException",
];

const THROTTLED: [&str; 14] = [
    "APICallRateForCustomerExceeded",
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "Throttled",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
];

const TRANSIENT: [&str; 16] = [
    "EndpointTemporarilyUnavailableException",
    "InternalError",
    "InternalFailure",
    "InternalServerError",
    "InternalServiceError",
    "InternalServiceException",
    "RequestTimeout",
    "RequestTimeoutException",
    "ServerException",
    "ServiceException",
    "ServiceFailure",
    "ServiceUnavailable",
    "ServiceUnavailableException",
    "Unavailable",
    "WAFInternalErrorException",
    "WAFUnavailableEntityException",
];

/// Codes after which new credentials may help, once.
const STALE_CREDENTIALS: [&str; 4] = [
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "UnrecognizedClientException",
];

/// Classifies a failed call, such as `iam:GetRole`, and logs it with AWS's request id.
pub(crate) fn classify<E>(call: &str, error: &Refusal<E>) -> Failure
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let failure = match error.as_service_error() {
        Some(service) => refused(call, status(error), service.code(), service.message()),
        None => match assume_role_cause(error) {
            Some(cause) => return classify("sts:AssumeRole", cause),
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

/// A request that came to the file of another service: a fault of Firebreak, and nothing was sent.
pub(crate) fn misled(what: String) -> Failure {
    failure(
        FailureClass::Invalid,
        "none",
        "Misled",
        format!("{what} is not of this service"),
    )
}

/// Whether the credentials are no longer taken, although the role may still be assumed.
pub(crate) fn has_stale_credentials(failure: &Failure) -> bool {
    STALE_CREDENTIALS.contains(&failure.code.as_str())
}

/// AWS, or something in front of it, answered with an error.
fn refused(call: &str, status: u16, code: Option<&str>, message: Option<&str>) -> Failure {
    let Some(code) = code else {
        return without_code(call, status);
    };
    let class = class_of(code, status);
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

/// Exact codes come first, then families of codes, then the HTTP status.
fn class_of(code: &str, status: u16) -> FailureClass {
    let exact = [
        (&CONFLICT[..], FailureClass::Conflict),
        (&DENIED[..], FailureClass::Denied),
        (&NOT_YET[..], FailureClass::NotYet),
        (&THROTTLED[..], FailureClass::Throttled),
        (&TRANSIENT[..], FailureClass::Transient),
    ];
    let known = exact
        .into_iter()
        .find(|(codes, _)| codes.contains(&code))
        .map(|(_, class)| class);
    known.unwrap_or_else(|| family_of(code, status))
}

fn family_of(code: &str, status: u16) -> FailureClass {
    match code {
        "UnmodifiableEntity" | "UnmodifiableEntityException" => FailureClass::Unmodifiable,
        "NoSuchEntity" | "NoSuchEntityException" | "ServiceNotActiveException" => FailureClass::Gone,
        "NoSuchBucket"
        | "NoSuchBucketPolicy"
        | "NoSuchKey"
        | "NoSuchPublicAccessBlockConfiguration"
        | "NoSuchTagSet" => FailureClass::Gone,
        _ if code.ends_with("NotFound") || code.ends_with("NotFoundException") || code.ends_with("NotFoundFault") => {
            FailureClass::Gone
        }
        _ if code.contains("LimitExceeded") || code.contains("QuotaExceeded") || code.contains("LimitsExceeded") => {
            FailureClass::Limit
        }
        "TooManyTargets" | "TooManyRegistrationsForTargetId" => FailureClass::Limit,
        _ if status == 429 => FailureClass::Throttled,
        _ if status >= 500 => FailureClass::Transient,
        _ => FailureClass::Invalid,
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
fn assume_role_cause<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Refusal<AssumeRoleError>> {
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

    const TABLE: [(&str, u16, FailureClass); 46] = [
        ("Throttling", 400, FailureClass::Throttled),
        ("ThrottlingException", 400, FailureClass::Throttled),
        ("RequestLimitExceeded", 503, FailureClass::Throttled),
        ("TooManyRequestsException", 429, FailureClass::Throttled),
        ("Throttled", 429, FailureClass::Throttled),
        ("SomethingNew", 429, FailureClass::Throttled),
        ("ServiceUnavailable", 503, FailureClass::Transient),
        ("ServerException", 500, FailureClass::Transient),
        ("ServiceFailure", 500, FailureClass::Transient),
        ("InternalFailure", 500, FailureClass::Transient),
        ("RequestTimeout", 408, FailureClass::Transient),
        ("SomethingNew", 500, FailureClass::Transient),
        ("ConcurrentModification", 409, FailureClass::Conflict),
        ("ConcurrentUpdateException", 400, FailureClass::Conflict),
        ("ResourceContention", 500, FailureClass::Conflict),
        ("PreconditionFailedException", 412, FailureClass::Conflict),
        ("ResourceInUseException", 400, FailureClass::NotYet),
        ("DependencyViolation", 400, FailureClass::NotYet),
        ("IncorrectState", 400, FailureClass::NotYet),
        ("ExpiredToken", 403, FailureClass::Denied),
        ("RequestExpired", 400, FailureClass::Denied),
        ("SignatureDoesNotMatch", 403, FailureClass::Denied),
        ("AccessDenied", 403, FailureClass::Denied),
        ("AccessDeniedException", 400, FailureClass::Denied),
        ("UnauthorizedOperation", 403, FailureClass::Denied),
        ("OptInRequired", 403, FailureClass::Denied),
        ("InvalidParameterException", 400, FailureClass::Invalid),
        ("ValidationError", 400, FailureClass::Invalid),
        ("MalformedPolicyDocument", 400, FailureClass::Invalid),
        ("ClientException", 400, FailureClass::Invalid),
        ("UnmodifiableEntity", 400, FailureClass::Unmodifiable),
        ("LimitExceeded", 409, FailureClass::Limit),
        ("RulesPerSecurityGroupLimitExceeded", 400, FailureClass::Limit),
        ("ServiceQuotaExceededException", 400, FailureClass::Limit),
        ("NoSuchEntity", 404, FailureClass::Gone),
        ("NoSuchBucket", 404, FailureClass::Gone),
        ("NoSuchBucketPolicy", 404, FailureClass::Gone),
        ("NoSuchPublicAccessBlockConfiguration", 404, FailureClass::Gone),
        ("NoSuchTagSet", 404, FailureClass::Gone),
        ("MalformedPolicy", 400, FailureClass::Invalid),
        ("OperationAborted", 409, FailureClass::Conflict),
        ("PermanentRedirect", 301, FailureClass::Invalid),
        ("SlowDown", 503, FailureClass::Throttled),
        ("InvalidGroup.NotFound", 400, FailureClass::Gone),
        ("ClusterNotFoundException", 400, FailureClass::Gone),
        ("TargetGroupNotFound", 400, FailureClass::Gone),
    ];

    #[test]
    fn every_code_has_the_class_of_the_handbook() {
        for (code, status, class) in TABLE {
            assert_eq!(refused("x:Y", status, Some(code), None).class, class, "{code}");
        }
    }

    #[test]
    fn the_lists_of_codes_do_not_overlap() {
        let mut all: Vec<&str> = [&CONFLICT[..], &DENIED, &NOT_YET, &THROTTLED, &TRANSIENT].concat();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
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

//! Why the in-memory AWS refuses a request, with AWS's own codes.

use firebreak_core::aws::{
    Answer,
    failure::{Failure, FailureClass},
};

/// A refusal before it is known which call it belongs to.
#[derive(Debug)]
pub(super) struct Refusal {
    class: FailureClass,
    code: &'static str,
    message: String,
}

impl Refusal {
    pub(super) fn new(class: FailureClass, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            class,
            code,
            message: message.into(),
        }
    }

    pub(super) fn gone(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(FailureClass::Gone, code, message)
    }

    pub(super) fn invalid(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(FailureClass::Invalid, code, message)
    }

    pub(super) fn limit(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(FailureClass::Limit, code, message)
    }

    /// The same refusal with another code: services name one thing differently.
    pub(super) fn coded(self, code: &'static str) -> Self {
        Self { code, ..self }
    }

    pub(super) fn in_call(self, call: &str) -> Failure {
        Failure {
            class: self.class,
            call: call.into(),
            code: self.code.into(),
            message: self.message,
        }
    }
}

/// What a read answers when it fails: a read never fails, not knowing is an answer.
pub(super) fn answer(failure: &Failure) -> Answer {
    match failure.class {
        FailureClass::Throttled => Answer::Throttled,
        FailureClass::Denied => Answer::Denied(failure.to_string()),
        FailureClass::Gone => Answer::NotFound,
        _ => Answer::Unreachable(failure.to_string()),
    }
}

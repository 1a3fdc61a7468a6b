//! The `Status` objects with which a Kubernetes API server refuses.

use super::request::Call;
use serde_json::{Value, json};

/// A refusal.
#[derive(Clone, Debug)]
pub struct Failure {
    pub code: u16,
    pub reason: &'static str,
    pub message: String,
    pub cause: Option<&'static str>,
}

impl Failure {
    pub fn new(code: u16, message: impl Into<String>) -> Self {
        Self {
            code,
            reason: reason(code),
            message: message.into(),
            cause: None,
        }
    }

    pub fn not_found(call: &Call) -> Self {
        Self::new(404, format!("{} not found", subject(call)))
    }

    pub fn already_exists(call: &Call, name: &str) -> Self {
        Self {
            reason: "AlreadyExists",
            ..Self::new(409, format!("{} \"{name}\" already exists", call.resource))
        }
    }

    pub fn conflict(call: &Call, why: &str) -> Self {
        Self::new(
            409,
            format!("Operation cannot be fulfilled on {}: {why}", subject(call)),
        )
    }

    pub fn modified(call: &Call) -> Self {
        let why = "the object has been modified; please apply your changes to the latest version and try again";
        Self::conflict(call, why)
    }

    pub fn terminating(call: &Call, namespace: &str) -> Self {
        let why = format!("unable to create new content in namespace {namespace} because it is being terminated");
        let refused = Self::new(403, format!("{} is forbidden: {why}", subject(call)));
        Self {
            cause: Some("NamespaceTerminating"),
            ..refused
        }
    }

    pub fn invalid(call: &Call, why: &str) -> Self {
        Self::new(422, format!("{} is invalid: {why}", subject(call)))
    }

    pub fn status(&self) -> Value {
        let causes = self.cause.map(|reason| json!([{ "reason": reason }]));
        let details = causes.map_or_else(|| json!({}), |causes| json!({ "causes": causes }));
        json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": self.message, "reason": self.reason, "details": details, "code": self.code,
        })
    }
}

fn subject(call: &Call) -> String {
    let group = if call.group.is_empty() {
        String::new()
    } else {
        format!(".{}", call.group)
    };
    format!(
        "{}{group} \"{}\"",
        call.resource,
        call.name.as_deref().unwrap_or_default()
    )
}

fn reason(code: u16) -> &'static str {
    match code {
        400 => "BadRequest",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "NotFound",
        405 => "MethodNotAllowed",
        409 => "Conflict",
        410 => "Expired",
        422 => "Invalid",
        429 => "TooManyRequests",
        503 => "ServiceUnavailable",
        504 => "Timeout",
        _ => "InternalError",
    }
}

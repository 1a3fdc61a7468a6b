//! How a command ends: which exit code, and what is said.

use std::fmt;

/// Something could not be done.
pub const ERROR: u8 = 1;
/// Blocked or refused; 2 is clap's, for usage.
pub const REFUSED: u8 = 3;

/// A guard, a policy, a digest or the person said no.
#[derive(Debug)]
pub struct Refused(pub String);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

/// A refusal as an error.
pub fn refused(why: impl Into<String>) -> anyhow::Error {
    Refused(why.into()).into()
}

/// The exit code that an error stands for.
pub fn code(error: &anyhow::Error) -> u8 {
    let said_no = error.downcast_ref::<Refused>().is_some() || is_of_a_policy(error);
    if said_no || api_code(error) == Some(403) {
        REFUSED
    } else {
        ERROR
    }
}

/// Whether a ValidatingAdmissionPolicy said no, whatever reason it gave for it: the API server says so in these words.
fn is_of_a_policy(error: &anyhow::Error) -> bool {
    match error.downcast_ref::<kube::Error>() {
        Some(kube::Error::Api(status)) => status.message.contains("ValidatingAdmissionPolicy"),
        _ => false,
    }
}

/// The HTTP code of the API server's answer, if the error is one.
pub fn api_code(error: &anyhow::Error) -> Option<u16> {
    match error.downcast_ref::<kube::Error>()? {
        kube::Error::Api(status) => Some(status.code),
        _ => None,
    }
}

/// What is said: the causes in one line, and the API server's own words where it answered.
pub fn message(error: &anyhow::Error) -> String {
    match error.downcast_ref::<kube::Error>() {
        Some(kube::Error::Api(status)) => {
            let outer = error.to_string();
            let inner = kube::Error::Api(status.clone()).to_string();
            match outer == inner {
                true => status.message.clone(),
                false => format!("{outer}: {}", status.message),
            }
        }
        _ => format!("{error:#}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context;
    use kube::core::Status;

    fn answer(code: u16) -> anyhow::Error {
        let status = Status::failure("no", "Because").with_code(code);
        kube::Error::Api(Box::new(status)).into()
    }

    #[test]
    fn refusals_are_told_from_errors() {
        assert_eq!(code(&refused("no")), 3);
        assert_eq!(code(&refused("no").context("while approving")), 3);
        assert_eq!(code(&answer(403)), 3);
        assert_eq!(code(&answer(404)), 1);
        let denied = "decisions is forbidden: ValidatingAdmissionPolicy 'x' with binding 'x' denied request: too long";
        let invalid = Status::failure(denied, "Invalid").with_code(422);
        assert_eq!(code(&kube::Error::Api(Box::new(invalid)).into()), 3);
        assert_eq!(code(&anyhow::anyhow!("no file")), 1);
    }

    #[test]
    fn the_api_servers_words_are_kept() {
        assert_eq!(message(&answer(403)), "no");
        let deeper = Err::<(), _>(answer(403)).context("creating the Decision").unwrap_err();
        assert_eq!(message(&deeper), "creating the Decision: no");
        assert_eq!(message(&anyhow::anyhow!("inner").context("outer")), "outer: inner");
    }
}

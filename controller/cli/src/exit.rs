//! How a command ends: which exit code, and what is said.

use firebreak_crds::text;
use std::fmt;

/// Something could not be done.
pub const ERROR: u8 = 1;
/// The command line lacks something; clap ends with it too.
pub const USAGE: u8 = 2;
/// Blocked or refused.
pub const REFUSED: u8 = 3;
/// `doctor` found something that does not work.
pub const UNWELL: u8 = 4;
/// `doctor` found nothing wrong, and could not look at everything.
pub const UNSEEN: u8 = 5;

/// `failover watch`: the run went back.
pub const WENT_BACK: u8 = 6;
/// `failover watch`: the run was stopped after a one-way step.
pub const STOPPED: u8 = 7;

/// Every exit code and what it means, in the order of the codes. docs/cli.md has the same table.
pub const CODES: [(u8, &str); 8] = [
    (0, "done; `doctor`: nothing is wrong, though there may be warnings"),
    (
        ERROR,
        "an error: the file, the object or the connection, named in the message",
    ),
    (USAGE, "the command line cannot be understood"),
    (
        REFUSED,
        "blocked or refused: a guard, an admission policy, a digest that differs, or you said no; `failover readiness` and \
         `failover drill`: something stands in the way of a run, or it is not known",
    ),
    (UNWELL, "`doctor` found a failure"),
    (UNSEEN, "`doctor` found no failure, and could not look at everything"),
    (WENT_BACK, "`failover watch`: the run went back"),
    (STOPPED, "`failover watch`: the run was stopped after a one-way step"),
];

/// The codes as they end every help text.
pub fn help() -> String {
    let lines = CODES.map(|(code, meaning)| format!("  {code}  {}", meaning.replace('`', "")));
    format!("Exit codes:\n{}", lines.join("\n"))
}

/// A command has said all there is to say; this is how it ends.
#[derive(Debug)]
pub struct Diagnosis(pub u8, pub String);

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.1)
    }
}

impl std::error::Error for Diagnosis {}

/// A guard, a policy, a digest or the person said no.
#[derive(Debug)]
pub struct Refused(pub String);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

/// The command line cannot be followed, for a reason that clap does not know.
#[derive(Debug)]
pub struct Usage(pub String);

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}

/// What is wrong with the command line, as an error that names the flag.
pub fn usage(why: impl Into<String>) -> anyhow::Error {
    Usage(why.into()).into()
}

/// What could not be done, and what a person can do about it; what the API server said stands between them.
#[derive(Debug)]
pub struct Advice {
    /// What could not be done.
    pub failed: String,
    /// What to do.
    pub fix: String,
}

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.failed)
    }
}

/// A refusal as an error.
pub fn refused(why: impl Into<String>) -> anyhow::Error {
    let why: String = why.into();
    Refused(text::one_line(&why)).into()
}

/// The exit code that an error stands for.
pub fn code(error: &anyhow::Error) -> u8 {
    if let Some(Diagnosis(code, _)) = error.downcast_ref() {
        return *code;
    }
    if error.downcast_ref::<Usage>().is_some() {
        return USAGE;
    }
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

/// Whether nobody answered where the API server should be.
pub fn is_unreachable(error: &anyhow::Error) -> bool {
    matches!(
        error.downcast_ref(),
        Some(kube::Error::Service(_) | kube::Error::HyperError(_))
    )
}

/// What is said: the causes in one line, the API server's own words where it answered, and the way on where there is one.
pub fn message(error: &anyhow::Error) -> String {
    match error.downcast_ref::<Advice>() {
        Some(advice) => format!("{}\nfix: {}", causes(error), text::one_line(&advice.fix)),
        None => causes(error),
    }
}

fn causes(error: &anyhow::Error) -> String {
    match error.downcast_ref::<kube::Error>() {
        Some(kube::Error::Api(status)) => {
            let outer = error.to_string();
            let inner = kube::Error::Api(status.clone()).to_string();
            match outer == inner {
                true => text::one_line(&status.message),
                false => format!("{outer}: {}", text::one_line(&status.message)),
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
    fn a_diagnosis_has_a_code_of_its_own() {
        assert_eq!(code(&Diagnosis(UNWELL, "1 failure".into()).into()), 4);
        assert_eq!(code(&Diagnosis(UNSEEN, "1 unknown".into()).into()), 5);
    }

    #[test]
    fn the_documentation_has_every_code_and_no_other() {
        let page = include_str!("../../../docs/cli.md");
        let rows = page
            .lines()
            .filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | "));
        let documented: Vec<_> = rows.filter(|(code, _)| code.parse::<u8>().is_ok()).collect();
        let codes = CODES.map(|(code, meaning)| (code.to_string(), meaning));
        assert_eq!(
            documented,
            codes.each_ref().map(|(code, meaning)| (code.as_str(), *meaning))
        );
    }

    #[test]
    fn the_api_servers_words_are_kept() {
        assert_eq!(message(&answer(403)), "no");
        let deeper = Err::<(), _>(answer(403)).context("creating the Decision").unwrap_err();
        assert_eq!(message(&deeper), "creating the Decision: no");
        assert_eq!(message(&anyhow::anyhow!("inner").context("outer")), "outer: inner");
        let advice = Advice {
            failed: "the Incident was not created".into(),
            fix: "sign in\u{1b}".into(),
        };
        let said = message(&answer(403).context(advice));
        assert_eq!(said, "the Incident was not created: no\nfix: sign in\\u{1b}");
    }
}

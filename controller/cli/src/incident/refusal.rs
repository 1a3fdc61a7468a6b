//! What a person can do when the API server refuses what they have this command write. The server's own words stay as they are.

use crate::exit::{self, Advice};
use anyhow::Error;

/// What was to be written.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<'a> {
    /// The kind.
    pub kind: &'a str,
    /// Its plural.
    pub plural: &'a str,
    /// The object's name.
    pub name: &'a str,
    /// Its namespace.
    pub namespace: &'a str,
    /// The verb of RBAC.
    pub verb: &'a str,
}

impl Attempt<'_> {
    /// The refusal, with the way on.
    pub fn refused(&self, error: Error) -> Error {
        let done = if self.verb == "create" { "created" } else { "changed" };
        let failed = format!("the {} was not {done}", self.kind);
        match self.fix(exit::api_code(&error), &exit::message(&error)) {
            Some(fix) => error.context(Advice { failed, fix }),
            None => error.context(failed),
        }
    }

    /// None where the API server's words say it themselves, as those of rules and policies do.
    fn fix(&self, code: Option<u16>, words: &str) -> Option<String> {
        let Self {
            plural,
            name,
            namespace,
            verb,
            ..
        } = self;
        match code? {
            403 if words.contains("ValidatingAdmissionPolicy") => None,
            403 => Some(format!(
                "ask for the role firebreak-responder in namespace {namespace}: it may {verb} {plural}.firebreak.dev"
            )),
            404 if words.contains("namespaces") => Some("name a namespace that exists with -n".into()),
            404 => Some("kubectl firebreak doctor tells whether the kinds are installed (chart firebreak-crds)".into()),
            409 if *verb == "create" => Some(format!(
                "go on with {name}, or give the new one another name with --name"
            )),
            409 => Some(format!("{name} changes all the time: try again")),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kube::core::Status;

    fn said(code: u16, words: &str, verb: &str) -> String {
        let attempt = Attempt {
            kind: "Incident",
            plural: "incidents",
            name: "stolen-role",
            namespace: "payments",
            verb,
        };
        let status = Status::failure(words, "Because").with_code(code);
        exit::message(&attempt.refused(kube::Error::Api(Box::new(status)).into()))
    }

    #[test]
    fn the_servers_words_stay_and_the_way_on_follows() {
        for (code, words, verb, fix) in [
            (
                403,
                "incidents is forbidden",
                "create",
                "ask for the role firebreak-responder in namespace payments",
            ),
            (
                403,
                "incidents is forbidden",
                "patch",
                "it may patch incidents.firebreak.dev",
            ),
            (404, "namespaces \"payments\" not found", "create", "-n"),
            (
                404,
                "the server could not find the requested resource",
                "create",
                "firebreak-crds",
            ),
            (409, "already exists", "create", "--name"),
            (409, "the object has been modified", "patch", "try again"),
        ] {
            let message = said(code, words, verb);
            let (first, last) = message.split_once("\nfix: ").unwrap();
            assert!(first.ends_with(&format!(": {words}")), "{message}");
            assert!(last.contains(fix), "{message}");
        }
    }

    #[test]
    fn rules_and_policies_say_the_way_on_themselves() {
        let rule = "Incident.firebreak.dev \"x\" is invalid: spec.runbook: runbook is an https URL";
        assert_eq!(
            said(422, rule, "create"),
            format!("the Incident was not created: {rule}")
        );
        let policy = "ValidatingAdmissionPolicy 'firebreak-incidents' denied request: ask for a role";
        assert_eq!(
            said(403, policy, "patch"),
            format!("the Incident was not changed: {policy}")
        );
    }
}

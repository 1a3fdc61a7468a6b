//! Which Incident may go on in which.

use firebreak_crds::{Incident, incident::OnResolve, text};
use kube::ResourceExt;
use serde_json::{Value, json};

/// Checks that an Incident may go on in another one of its namespace.
///
/// # Errors
/// The reason, and what to do instead.
pub fn check(incident: &Incident, into: &str, all: &[Incident]) -> Result<(), String> {
    let name = incident.name_any();
    if into == name {
        return Err(format!(
            "--into: {name} cannot go on in itself: name the Incident that goes on"
        ));
    }
    let mut path = vec![name, into.to_owned()];
    let mut at = find(all, into).ok_or_else(|| format!("--into: there is no Incident {into} in this namespace"))?;
    if at.metadata.deletion_timestamp.is_some() {
        return Err(format!("--into: {into} is being deleted: name another Incident"));
    }
    while let Some(next) = &at.spec.merged_into {
        path.push(next.clone());
        if *next == path[0] {
            return Err(format!(
                "--into: that is a circle ({}): name an Incident that goes on by itself",
                path.join(" → ")
            ));
        }
        match find(all, next).filter(|_| path.len() <= all.len() + 1) {
            Some(found) => at = found,
            None => break,
        }
    }
    Ok(())
}

fn find<'a>(all: &'a [Incident], name: &str) -> Option<&'a Incident> {
    all.iter().find(|incident| incident.name_any() == name)
}

/// What is asked before it is done.
pub fn question(incident: &Incident, into: &str) -> String {
    let (name, spec) = (incident.name_any(), &incident.spec);
    let count = text::counted(spec.responses.len(), "response");
    let responses = match (spec.responses.is_empty(), spec.on_resolve) {
        (true, _) => "it has no responses".to_owned(),
        (false, OnResolve::Hold) => format!("what it responded with stays as it is ({count})"),
        (false, OnResolve::Release) => {
            format!("THE RELEASE of what it responded with is asked for ({count}; spec.onResolve)")
        }
    };
    format!("End {name}, which goes on in {into}? {responses}.")
}

/// Checks that what a person said yes to is still what would happen.
///
/// # Errors
/// When somebody changed it since.
pub fn unchanged(incident: &Incident, into: &str, asked: &str) -> Result<(), String> {
    match question(incident, into) == asked {
        true => Ok(()),
        false => Err(format!(
            "{} was changed since you were asked: look again",
            incident.name_any()
        )),
    }
}

/// The change, of exactly the version that was read.
pub fn patch(incident: &Incident, into: &str) -> Value {
    json!([
        {"op": "replace", "path": "/metadata/resourceVersion", "value": incident.resource_version()},
        {"op": "add", "path": "/spec/mergedInto", "value": into},
        {"op": "add", "path": "/spec/state", "value": "Resolved"},
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures;

    fn named(name: &str, into: Option<&str>) -> Incident {
        let mut incident = fixtures::incident();
        incident.metadata.name = Some(name.into());
        incident.spec.merged_into = into.map(str::to_owned);
        incident
    }

    fn refused(into: &str, all: &[Incident]) -> String {
        check(&all[0], into, all).unwrap_err()
    }

    #[test]
    fn itself_circles_and_what_is_not_there_are_refused() {
        let all = [
            named("a", None),
            named("b", Some("c")),
            named("c", Some("a")),
            named("d", None),
        ];
        assert!(refused("a", &all).contains("in itself"));
        assert!(refused("b", &all).contains("a circle (a → b → c → a)"));
        assert!(refused("x", &all).contains("there is no Incident x"));
        assert_eq!(check(&all[0], "d", &all), Ok(()));
    }

    #[test]
    fn a_chain_may_end_in_what_is_gone_or_turn_by_itself() {
        let all = [
            named("a", None),
            named("b", Some("gone")),
            named("c", Some("d")),
            named("d", Some("c")),
        ];
        assert_eq!(check(&all[0], "b", &all), Ok(()));
        assert_eq!(check(&all[0], "c", &all), Ok(()));
    }

    #[test]
    fn nothing_goes_on_in_what_is_being_deleted() {
        let mut all = [named("a", None), named("b", None)];
        all[1].metadata.deletion_timestamp =
            Some(k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(fixtures::now()));
        assert!(refused("b", &all).contains("is being deleted"));
    }

    #[test]
    fn the_question_says_what_becomes_of_the_responses() {
        let mut incident = fixtures::incident();
        assert!(question(&incident, "b").ends_with("stays as it is (1 response)."));
        let before = question(&incident, "b");
        assert_eq!(unchanged(&incident, "b", &before), Ok(()));
        incident.spec.on_resolve = OnResolve::Release;
        assert!(unchanged(&incident, "b", &before).is_err());
        assert!(question(&incident, "b").contains("THE RELEASE"));
        incident.spec.responses.clear();
        assert!(question(&incident, "b").contains("no responses"));
    }

    #[test]
    fn the_change_is_of_the_version_that_was_read() {
        let patch = patch(&fixtures::incident(), "b");
        assert_eq!(patch[0]["value"], "7");
        assert_eq!(
            (&patch[1]["value"], &patch[2]["value"]),
            (&json!("b"), &json!("Resolved"))
        );
    }
}

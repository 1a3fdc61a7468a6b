//! A text with its lists of kinds as the table has them.

use firebreak_crds::{Family, KINDS, Kind, Writer};

/// What a comment begins with that names a set of kinds; the list is on the next line.
const MARK: &str = "# kinds: ";
const LIST: &str = "resources: [";

/// The text with each list filled in; everything else stays as it is.
///
/// # Errors
/// When a comment names no set, or no list follows it.
pub fn filled(text: &str) -> Result<String, String> {
    let mut marked = None;
    let mut lines = Vec::new();
    for line in text.split('\n') {
        lines.push(match marked {
            None => line.to_owned(),
            Some(set) => with_list(line, &list(set)?).ok_or(format!("{MARK}{set}: no {LIST}...] on the next line"))?,
        });
        marked = line.trim_start().strip_prefix(MARK);
    }
    Ok(lines.join("\n"))
}

fn with_list(line: &str, list: &str) -> Option<String> {
    let (before, rest) = line.split_once(LIST)?;
    let (_, after) = rest.split_once(']')?;
    Some(format!("{before}{LIST}{list}]{after}"))
}

/// The names of a set of kinds, as a list in YAML has them.
fn list(set: &str) -> Result<String, String> {
    let (which, part): (fn(&Kind) -> bool, &str) = match set {
        "all" => (|_| true, ""),
        "watched" => (|kind| kind.is_watched, ""),
        "with our finalizer" => (|kind| kind.finalizer.is_some(), ""),
        "with our finalizer, written by people" => (is_kept_for_people, ""),
        "status of what people write" => (is_reported_on, "/status"),
        "written by Firebreak" => (|kind| kind.writer == Writer::Firebreak, ""),
        "asked for" => (asks, ""),
        "responders" => (|kind| kind.family == Family::Responder, ""),
        "limits" => (|kind| kind.family == Family::Limit, ""),
        other => return Err(format!("{MARK}{other}: there is no such set of kinds")),
    };
    let names = KINDS.iter().filter(|kind| which(kind)).map(|kind| kind.plural() + part);
    Ok(names.collect::<Vec<_>>().join(", "))
}

/// Whose specs ask for something, by themselves or by what they create.
fn asks(kind: &Kind) -> bool {
    matches!(kind.family, Family::Responder | Family::Coordinator)
}

fn is_kept_for_people(kind: &Kind) -> bool {
    kind.writer == Writer::People && kind.finalizer.is_some()
}

/// What the operator does not watch it says nothing about: it needs no right to.
fn is_reported_on(kind: &Kind) -> bool {
    kind.reports() && kind.is_watched
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marked_list_is_filled_in_and_nothing_else_changes() {
        let text = "a: [b]\n  # kinds: responders\n  - {x: [y], resources: [old], verbs: [get]}\nresources: [pods]\n";
        let filled_in = "a: [b]\n  # kinds: responders\n  - {x: [y], resources: [failoverplans, quarantines, trafficpolicies], verbs: [get]}\nresources: [pods]\n";
        assert_eq!(filled(text).as_deref(), Ok(filled_in));
        assert_eq!(filled(filled_in).as_deref(), Ok(filled_in));
    }

    #[test]
    fn a_comment_that_names_no_set_or_has_no_list_is_refused() {
        assert!(
            filled("# kinds: sorts\nresources: []")
                .unwrap_err()
                .contains("no such set")
        );
        assert!(
            filled("# kinds: all\nverbs: []")
                .unwrap_err()
                .contains("on the next line")
        );
        assert!(filled("# kinds: all").is_ok(), "the text ends there");
    }

    #[test]
    fn a_set_of_statuses_names_subresources() {
        assert_eq!(
            list("status of what people write").unwrap(),
            "awsaccounts/status, failoverplans/status, findingsources/status, incidents/status, playbooks/status, quarantines/status, trafficpolicies/status"
        );
    }
}

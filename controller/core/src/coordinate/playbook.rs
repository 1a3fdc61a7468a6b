//! Playbooks: which of them speaks of a finding, and which responses it asks for.

mod automation;
mod choosing;
mod responses;
mod standing;
#[cfg(test)]
mod tests;

pub use automation::Limits;
pub use choosing::{Verdict, choose};
pub use responses::{Draft, Drafted, Left, Place, drafts, unnamed};
pub use standing::{Subject, status};

use firebreak_crds::{Playbook, PlaybookSpec, REQUESTED_BY, asked::MAX_REQUESTERS, bounds};

/// A playbook with who edited it.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    /// Its name.
    pub name: String,
    /// Its spec.
    pub spec: PlaybookSpec,
    /// Everybody who is known to have edited it.
    pub editors: Vec<String>,
}

impl Known {
    /// Reads a playbook: those whom its status remembers, and the one whom the API server stamped last.
    pub fn of(object: &Playbook) -> Self {
        let mut editors = object.status.clone().unwrap_or_default().editors;
        if let Some(last) = stamped(object) {
            remember(&mut editors, &bounds::cut(last, bounds::USERNAME));
        }
        Self {
            name: object.metadata.name.clone().unwrap_or_default(),
            spec: object.spec.clone(),
            editors,
        }
    }
}

/// Who last changed the spec, if the API server stamped it.
fn stamped(object: &Playbook) -> Option<&String> {
    object.metadata.annotations.as_ref()?.get(REQUESTED_BY)
}

/// One name more, where there is room. Of what a playbook asks for nobody known is the requester anyway, which costs one more
/// approver.
fn remember(names: &mut Vec<String>, name: &str) {
    if names.len() < MAX_REQUESTERS && names.iter().all(|known| known != name) {
        names.push(name.to_owned());
    }
}

//! Playbooks: which of them speaks of a finding, and which responses it asks for.

mod automation;
mod choosing;
mod responses;
mod standing;
#[cfg(test)]
mod tests;

pub use automation::{Limits, NEVER_AUTO};
pub use choosing::{Verdict, choose};
pub use responses::{Draft, Drafted, Left, Place, drafts, is_destructive, unnamed};
pub use standing::{Subject, acted, status};

use firebreak_crds::{Asked, Playbook, PlaybookSpec, REQUESTED_BY, bounds};

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
        let Asked { by, .. } = object
            .status
            .as_ref()
            .map(|status| status.asked.clone())
            .unwrap_or_default();
        let mut asked = Asked { by, ..Asked::default() };
        if let Some(last) = stamped(object) {
            asked.add_person(&bounds::cut(last, bounds::USERNAME));
        }
        Self {
            name: object.metadata.name.clone().unwrap_or_default(),
            spec: object.spec.clone(),
            editors: asked.by,
        }
    }
}

/// Who last changed the spec, if the API server stamped it.
pub(super) fn stamped(object: &Playbook) -> Option<&String> {
    object.metadata.annotations.as_ref()?.get(REQUESTED_BY)
}

//! Whether findings are independent of each other: what destroys something is asked for only where two of them are.

use crate::coordinate::finding::data_source;
use firebreak_crds::incident::IncidentFinding;

/// Whether two of them are independent: of different products, or of another type from another source of data. A sequence is no
/// witness: it is made of the others.
pub(super) fn are_independent(findings: &[IncidentFinding]) -> bool {
    let witnesses: Vec<Witness> = findings.iter().filter_map(Witness::of).collect();
    let beside = |one: &Witness| witnesses.iter().any(|other| one.is_beside(other));
    witnesses.iter().any(beside)
}

struct Witness<'a> {
    product: &'a str,
    type_: &'a str,
}

impl<'a> Witness<'a> {
    fn of(finding: &'a IncidentFinding) -> Option<Self> {
        let type_ = finding
            .type_
            .as_deref()
            .filter(|one| !one.starts_with("AttackSequence:"))?;
        Some(Self {
            product: finding.product.as_deref()?,
            type_,
        })
    }

    fn is_beside(&self, other: &Self) -> bool {
        let another_source = self.type_ != other.type_ && data_source(self.type_) != data_source(other.type_);
        self.product != other.product || another_source
    }
}

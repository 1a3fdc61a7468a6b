//! What of a recorded value can still be written: without what it refers to and somebody has deleted since.

use crate::{
    aws::{Cell, Query, Remaining, ec2::Ec2Read},
    blocked::Stop,
    facts::SiteFacts,
};
use serde_json::Value;
use std::collections::BTreeSet;

/// The recorded value without what refers to a resource that does not exist any more.
///
/// # Errors
/// [`Stop`] while that is not known.
pub(super) fn remaining(cell: &Cell, recorded: &Value, facts: &SiteFacts<'_>) -> Result<Remaining, Stop> {
    let missing: BTreeSet<String> = match missing(cell, recorded) {
        Some(query) => facts.need(query)?.unwrap_or_default(),
        None => BTreeSet::new(),
    };
    Ok(match missing.is_empty() {
        true => Remaining::whole(recorded),
        false => cell.without(recorded, &missing),
    })
}

/// The question which of the resources that a value refers to do not exist; none where it refers to none.
pub(super) fn missing(cell: &Cell, value: &Value) -> Option<Query> {
    let references = cell.references(value)?;
    Some(Query::Ec2(Ec2Read::MissingReferences {
        groups: references.groups,
        prefix_lists: references.prefix_lists,
    }))
}

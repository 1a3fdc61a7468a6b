//! The names of Incidents that findings open: the same for every finding about the same thing.

use super::{kin::Kin, world::World};
use crate::{coordinate::finding::Finding, digest};
use jiff::Timestamp;

/// The longest name.
const MAX_NAME: usize = 63;
/// Hexadecimal digits of the hash in a name.
const HASH: usize = 10;
/// Room for a number at the end.
const NUMBER: usize = 4;
/// What begins the name of an Incident for what is too much within an hour.
const STORM: &str = "storm-of-findings-";

/// The name of the Incident for what a finding is about.
pub(super) fn name(finding: &Finding, kin: Kin) -> String {
    let about = finding.about();
    let key = format!("{}/{}", finding.account_id, finding.arn(&about));
    let begins = kin.begins();
    let room = MAX_NAME - HASH - NUMBER - 1 - begins.len();
    let letters = about.words().to_ascii_lowercase();
    let plain: String = letters
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .take(room)
        .collect();
    format!("{begins}{}-{}", plain.trim_matches('-'), digest::short(&key, HASH))
}

/// The name of the Incident for what is too much within an hour.
pub(super) fn storm(now: Timestamp, kin: Kin) -> String {
    let hour = now.to_string();
    let digits: String = hour.chars().filter(char::is_ascii_digit).take(10).collect();
    format!("{}{STORM}{digits}", kin.begins())
}

/// Whether an Incident of that name is the one for what is too much within an hour.
pub(super) fn is_storm(name: &str) -> bool {
    Kin::strip(name).starts_with(STORM)
}

/// The first name of a row, `name`, `name-2`, `name-3`, that a finding can use: of an Incident that its kin may join and that has
/// room, or of none yet.
pub(super) fn free(world: &World, name: &str, kin: Kin, most: usize) -> String {
    let row = std::iter::once(name.to_owned()).chain((2..).map(|number| format!("{name}-{number}")));
    let usable = |name: &String| match world.incidents.get(name) {
        Some(seen) => seen.is_joinable(kin) && seen.spec.findings.len() < most,
        None => true,
    };
    row.take(999).find(usable).unwrap_or_else(|| name.to_owned())
}

//! The names of Incidents that findings open: the same for every finding about the same thing.

use super::world::World;
use crate::{coordinate::finding::Finding, digest};
use jiff::Timestamp;

/// The longest name.
const MAX_NAME: usize = 63;
/// Hexadecimal digits of the hash in a name.
const HASH: usize = 10;
/// What the name of a drill begins with.
const DRILL: &str = "drill-";
/// What the name of an Incident for what is too much begins with.
const STORM: &str = "storm-of-findings-";
/// Room for a number at the end.
const NUMBER: usize = 4;

/// The name of the Incident for what a finding is about. A sample has a drill of its own.
pub(super) fn name(finding: &Finding) -> String {
    let about = finding.about();
    let drill = drill(finding.is_sample);
    let key = format!("{drill}{}/{}", finding.account_id, finding.arn(&about));
    let room = MAX_NAME - HASH - NUMBER - 1 - drill.len();
    let letters = about.words().to_ascii_lowercase();
    let plain: String = letters
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .take(room)
        .collect();
    format!("{drill}{}-{}", plain.trim_matches('-'), digest::short(&key, HASH))
}

fn drill(is_drill: bool) -> &'static str {
    if is_drill { DRILL } else { "" }
}

/// The name of the Incident for what is too much within an hour.
pub(super) fn storm(now: Timestamp, is_drill: bool) -> String {
    let hour = now.to_string();
    let digits: String = hour.chars().filter(char::is_ascii_digit).take(10).collect();
    format!("{}{STORM}{digits}", drill(is_drill))
}

/// Whether an Incident of that name is for what is too much within an hour.
pub(super) fn is_storm(name: &str) -> bool {
    name.strip_prefix(DRILL).unwrap_or(name).starts_with(STORM)
}

/// The first name of a row, `name`, `name-2`, `name-3`, that a finding can use: of an Incident that such findings may join and that
/// has room, or of none yet.
pub(super) fn free(world: &World, name: &str, most: usize, is_drill: bool) -> String {
    let row = std::iter::once(name.to_owned()).chain((2..).map(|number| format!("{name}-{number}")));
    let usable = |name: &String| match world.incidents.get(name) {
        Some(seen) => seen.is_joinable(is_drill) && seen.spec.findings.len() < most,
        None => true,
    };
    row.take(999).find(usable).unwrap_or_else(|| name.to_owned())
}

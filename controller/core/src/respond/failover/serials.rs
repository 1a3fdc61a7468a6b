//! What begins a run: a higher serial in the spec, or a Start. Never a difference that is seen in AWS, and never the first sight of
//! an object. Which serial was consumed is told by the record in each region's bucket: a cluster that was restored from a backup, or
//! lost its connection, reads there that others went on.

use firebreak_crds::{
    Reason,
    failover_plan::{Activation, FailoverRegions},
};
use serde::{Deserialize, Serialize};

/// The record of one region: which serial was consumed last.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct SerialRecord {
    /// The serial.
    pub serial: u64,
    /// The region that it led to.
    pub region: String,
    /// UID of the FailoverPlan that consumed it.
    pub uid: String,
    /// UID of the ResponsePlan that it was consumed for; empty where nothing was run.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub plan: String,
}

/// What a bucket says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// This.
    Record(SerialRecord),
    /// There is no record.
    Absent,
    /// It could not be read; for people.
    Unreadable(String),
}

/// What each region's bucket says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Records {
    /// The bucket in the primary region.
    pub primary: Kept,
    /// The bucket in the standby region.
    pub standby: Kept,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked<'a> {
    /// UID of the object.
    pub uid: &'a str,
    /// Its two regions.
    pub regions: &'a FailoverRegions,
    /// What the spec says.
    pub spec: Option<&'a Activation>,
    /// Region and serial of a Decision Start that counts and was not followed yet.
    pub start: Option<(&'a str, u64)>,
}

/// What follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing is asked for.
    Rest,
    /// Record the serial as consumed, and run nothing: the object is seen for the first time.
    Consume(SerialRecord),
    /// Begin a run to that region, once its serial is recorded there by a conditional write.
    Run(SerialRecord),
    /// Only look: what was consumed is not known, or is beyond what is asked for; for people.
    Observe(Reason, String),
    /// A person must correct the spec; for people.
    Stalled(Reason, String),
}

/// Decides what follows.
pub fn next(asked: &Asked<'_>, records: &Records) -> Next {
    let Some((region, serial, is_start)) = wanted(asked) else {
        return first_sight(asked, records);
    };
    if !asked.regions.contains(region) {
        let why = format!(
            "{region} is neither {} nor {}: name one of the two",
            asked.regions.primary, asked.regions.standby
        );
        return Next::Stalled(Reason::InvalidStep, why);
    }
    let record = SerialRecord {
        serial,
        region: region.to_owned(),
        uid: asked.uid.to_owned(),
        plan: String::new(),
    };
    if let Kept::Unreadable(why) = of_region(asked, records, region) {
        let why = format!(
            "spec.runStore: the record in {region} could not be read ({why}): which serial was consumed is not known, and nothing is run"
        );
        return Next::Observe(Reason::SerialUnknown, why);
    }
    let (known, is_known) = (records.highest(), is_known(asked, records));
    match known {
        None => Next::Consume(record),
        Some(known) if known.serial > serial => Next::Observe(Reason::SerialBehind, behind(known, serial, is_start)),
        Some(known) if known.serial == serial && known.region != region => {
            Next::Stalled(Reason::SerialConflict, conflict(known, region))
        }
        Some(_) if !is_known => Next::Consume(record),
        Some(known) if known.serial == serial => Next::Rest,
        Some(known) if is_start && known.serial + 1 != serial => {
            Next::Observe(Reason::SerialBehind, behind(known, serial, true))
        }
        Some(_) => Next::Run(record),
    }
}

/// The higher one of what the spec and a Start ask for. A Start whose serial the spec has reached is over.
fn wanted<'a>(asked: &Asked<'a>) -> Option<(&'a str, u64, bool)> {
    let spec = asked.spec.map(|it| (it.region.as_str(), it.serial, false));
    let start = asked.start.map(|(region, serial)| (region, serial, true));
    match (spec, start) {
        (Some(spec), Some(start)) if start.1 <= spec.1 => Some(spec),
        (_, Some(start)) => Some(start),
        (spec, None) => spec,
    }
}

fn of_region<'a>(asked: &Asked<'_>, records: &'a Records, region: &str) -> &'a Kept {
    match region == asked.regions.primary {
        true => &records.primary,
        false => &records.standby,
    }
}

fn is_known(asked: &Asked<'_>, records: &Records) -> bool {
    [&records.primary, &records.standby]
        .iter()
        .any(|kept| matches!(kept, Kept::Record(known) if known.uid == asked.uid))
}

/// Nothing is asked for yet. What was consumed is recorded all the same, so that the first serial that people name is a new one.
fn first_sight(asked: &Asked<'_>, records: &Records) -> Next {
    let silent = [&records.primary, &records.standby]
        .into_iter()
        .find_map(|kept| match kept {
            Kept::Unreadable(why) => Some(why),
            Kept::Record(_) | Kept::Absent => None,
        });
    match (is_known(asked, records), silent) {
        (true, _) => Next::Rest,
        (false, Some(why)) => Next::Observe(
            Reason::SerialUnknown,
            format!("spec.runStore: a record could not be read ({why}): which serial was consumed is not known"),
        ),
        (false, None) => Next::Consume(records.highest().map_or_else(
            || SerialRecord {
                region: asked.regions.primary.clone(),
                uid: asked.uid.to_owned(),
                ..SerialRecord::default()
            },
            |known| SerialRecord {
                uid: asked.uid.to_owned(),
                plan: String::new(),
                ..known.clone()
            },
        )),
    }
}

impl Records {
    /// The record with the highest serial among those that were read.
    pub fn highest(&self) -> Option<&SerialRecord> {
        let told = [&self.primary, &self.standby]
            .into_iter()
            .filter_map(|kept| match kept {
                Kept::Record(record) => Some(record),
                Kept::Absent | Kept::Unreadable(_) => None,
            });
        told.max_by_key(|record| record.serial)
    }
}

fn behind(known: &SerialRecord, serial: u64, is_start: bool) -> String {
    let (consumed, region) = (known.serial, &known.region);
    let remedy = match is_start {
        true => format!("a Start names serial {}", consumed + 1),
        false => format!("raise spec.activation.serial to {} to begin a run", consumed + 1),
    };
    format!("serial {consumed} was consumed, for {region}, and {serial} is asked for: nothing is run; {remedy}")
}

fn conflict(known: &SerialRecord, region: &str) -> String {
    format!(
        "spec.activation: serial {} was consumed for {}, and not for {region}: raise spec.activation.serial to {}, with the region that shall be active",
        known.serial,
        known.region,
        known.serial + 1
    )
}

/// The lines for Git after a Start: so that Git says what is.
pub fn lines_for_git(record: &SerialRecord) -> String {
    format!(
        "spec:\n  activation:\n    region: {}\n    serial: {}\n",
        record.region, record.serial
    )
}

#[cfg(test)]
mod tests;

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
    /// UIDs of the FailoverPlans that were seen, the latest one last: the plans of several clusters may share a record.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seen: Vec<String>,
}

/// The most FailoverPlans that a record remembers.
const MAX_SEEN: usize = 16;

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
    let record = records.followed_by(&Consumed {
        serial,
        region,
        uid: asked.uid,
        plan: "",
    });
    if let Kept::Unreadable(why) = of_region(asked, records, region) {
        let why = format!(
            "spec.runStore: the record in {region} could not be read ({why}): which serial was consumed is not known, and nothing is run"
        );
        return Next::Observe(Reason::SerialUnknown, why);
    }
    let (known, is_known) = (records.highest(), records.have_seen(asked.uid));
    match known {
        None => Next::Consume(record),
        Some(known) if known.serial > serial => Next::Observe(Reason::SerialBehind, behind(known, serial, is_start)),
        Some(known) if known.serial == serial && known.region != region => {
            Next::Stalled(Reason::SerialConflict, conflict(known, region))
        }
        Some(known) if !is_known && known.serial == serial => Next::Consume(records.joined_by(asked)),
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

/// Nothing is asked for yet. What was consumed is recorded all the same, so that the first serial that people name is a new one.
fn first_sight(asked: &Asked<'_>, records: &Records) -> Next {
    let silent = [&records.primary, &records.standby]
        .into_iter()
        .find_map(|kept| match kept {
            Kept::Unreadable(why) => Some(why),
            Kept::Record(_) | Kept::Absent => None,
        });
    match (records.have_seen(asked.uid), silent) {
        (true, _) => Next::Rest,
        (false, Some(why)) => Next::Observe(
            Reason::SerialUnknown,
            format!("spec.runStore: a record could not be read ({why}): which serial was consumed is not known"),
        ),
        (false, None) => Next::Consume(records.joined_by(asked)),
    }
}

/// What a record says that was consumed.
#[derive(Clone, Copy, Debug)]
pub struct Consumed<'a> {
    /// The serial.
    pub serial: u64,
    /// The region that it leads to.
    pub region: &'a str,
    /// UID of the FailoverPlan.
    pub uid: &'a str,
    /// UID of the ResponsePlan; empty where nothing is run.
    pub plan: &'a str,
}

impl Records {
    fn told(&self) -> impl Iterator<Item = &SerialRecord> {
        let both = [&self.primary, &self.standby].into_iter();
        both.filter_map(|kept| match kept {
            Kept::Record(record) => Some(record),
            Kept::Absent | Kept::Unreadable(_) => None,
        })
    }

    /// The record with the highest serial among those that were read.
    pub fn highest(&self) -> Option<&SerialRecord> {
        self.told().max_by_key(|record| record.serial)
    }

    /// Whether the FailoverPlan with that UID was seen before.
    pub fn have_seen(&self, uid: &str) -> bool {
        self.told()
            .any(|record| record.uid == uid || record.seen.iter().any(|seen| seen == uid))
    }

    /// The record that follows once this is consumed. What was seen before stays seen.
    pub fn followed_by(&self, consumed: &Consumed<'_>) -> SerialRecord {
        SerialRecord {
            serial: consumed.serial,
            region: consumed.region.to_owned(),
            uid: consumed.uid.to_owned(),
            plan: consumed.plan.to_owned(),
            seen: self.seen_with(consumed.uid),
        }
    }

    /// The record that follows once an object was seen that asks for nothing: what was consumed stays as it is.
    fn joined_by(&self, asked: &Asked<'_>) -> SerialRecord {
        let known = self.highest().cloned();
        SerialRecord {
            seen: self.seen_with(asked.uid),
            ..known.unwrap_or_else(|| SerialRecord {
                region: asked.regions.primary.clone(),
                uid: asked.uid.to_owned(),
                ..SerialRecord::default()
            })
        }
    }

    fn seen_with(&self, uid: &str) -> Vec<String> {
        let mut seen: Vec<String> = Vec::new();
        let before = self.told().flat_map(|record| record.seen.iter().chain([&record.uid]));
        for one in before.map(String::as_str).filter(|one| *one != uid).chain([uid]) {
            if !seen.iter().any(|known| known == one) {
                seen.push(one.to_owned());
            }
        }
        seen.split_off(seen.len().saturating_sub(MAX_SEEN))
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

//! What was measured, kept in a file between the scenarios: one JSON object a line.

use crate::{percentiles::Spread, usage::Usage};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fs::OpenOptions, io::Write, path::Path};

/// The result of one scenario.
#[derive(Serialize, Deserialize, Clone, Debug)]
pub enum Outcome {
    /// How long it takes.
    Latency(Box<Latency>),
    /// How much memory it takes.
    Memory(Memory),
    /// What a resync asks of AWS.
    Resync(Resync),
}

/// Times from apply, by the bare floor and by the operator.
#[derive(Serialize, Deserialize, Clone, Debug)]
pub struct Latency {
    /// How objects arrived.
    pub arrivals: crate::arrivals::Arrivals,
    /// A bare watch, then the same AWS calls.
    pub floor: Side,
    /// The operator.
    pub operator: Side,
}

/// One of the two that were measured.
#[derive(Serialize, Deserialize, Clone, Debug, Default)]
pub struct Side {
    /// From apply to the arrival of the first write, milliseconds.
    pub first_write: Spread,
    /// From apply to Applied (the floor: to the answer of the last read-back), milliseconds.
    pub applied: Spread,
    /// How many objects were written.
    pub written: usize,
    /// How many became Applied.
    pub finished: usize,
    /// Objects written per second, from the first to the last write.
    pub per_second: f64,
    /// AWS round trips that follow one another up to the first write's arrival, for one object that is alone.
    pub waves_to_write: u32,
    /// And up to Applied.
    pub waves_to_applied: u32,
    /// The calls for one object that is alone, by action.
    pub calls: BTreeMap<String, usize>,
    /// What the load cost the machine.
    pub usage: Usage,
}

/// The operator's memory, MiB.
#[derive(Serialize, Deserialize, Clone, Debug)]
pub struct Memory {
    /// How many contained objects there were.
    pub objects: usize,
    /// How many looks at objects had ended when it was measured; some are looked at more than once.
    pub looks: usize,
    /// Seconds from the start until IAM was asked nothing more, or until patience ended.
    pub seconds: f64,
    /// Resident when it first said that it is ready; 0 when it never did.
    pub listed: f64,
    /// Resident at rest, or when it was measured last.
    pub at_rest: f64,
    /// The most that was ever resident: the first lists of every kind, and every object looked at.
    pub peak: f64,
    /// How the operator ended by itself before it came to rest.
    #[serde(default)]
    pub ended: Option<String>,
}

impl Memory {
    /// Nothing yet.
    pub fn of(objects: usize) -> Self {
        Self {
            objects,
            looks: 0,
            seconds: 0.0,
            listed: 0.0,
            at_rest: 0.0,
            peak: 0.0,
            ended: None,
        }
    }
}

/// The calls of a resync.
#[derive(Serialize, Deserialize, Clone, Debug)]
pub struct Resync {
    /// How many contained objects of one account there were.
    pub objects: usize,
    /// How long calls were counted, seconds.
    pub seconds: f64,
    /// How many looks at an object there were in that time.
    pub looks: f64,
    /// The calls in that time, by action.
    pub calls: BTreeMap<String, usize>,
}

/// Adds a result to the file.
///
/// # Errors
/// When it cannot be written.
pub fn add(path: &Path, outcome: &Outcome) -> anyhow::Result<()> {
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    writeln!(file, "{}", serde_json::to_string(outcome)?)?;
    Ok(())
}

/// All results of the file.
///
/// # Errors
/// When it cannot be read.
pub fn read(path: &Path) -> anyhow::Result<Vec<Outcome>> {
    let text = std::fs::read_to_string(path)?;
    text.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

//! The results as Markdown.

use crate::{
    arrivals::Arrivals,
    aws::ANSWER,
    percentiles::Spread,
    results::{self, Latency, Outcome},
    targets,
    usage::Usage,
};
use std::{collections::BTreeMap, fs, path::Path};

/// Prints everything that the file holds.
///
/// # Errors
/// When it cannot be read.
pub fn print(path: &Path) -> anyhow::Result<()> {
    let outcomes = results::read(path)?;
    println!("{}\n", machine());
    latencies(&outcomes);
    targets::print(&outcomes);
    memories(&outcomes);
    resyncs(&outcomes);
    Ok(())
}

fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let model = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = model
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .unwrap_or_default();
    let model = model.trim_start_matches([' ', '\t', ':']);
    let commit = std::env::var("FIREBREAK_BENCH_COMMIT").unwrap_or_else(|_| "unknown".into());
    format!(
        "Measured at commit {commit} on {cores} cores ({model}), which API server, etcd, operator, AWS and load share."
    )
}

fn latencies(outcomes: &[Outcome]) {
    println!(
        "Milliseconds from apply. AWS answers after {} ms.\n",
        ANSWER.as_millis()
    );
    println!("| scenario | until | by | p50 | p95 | p99 | max | done |");
    println!("|---|---|---|---:|---:|---:|---:|---:|");
    for latency in all_latencies(outcomes) {
        let title = title(latency.arrivals);
        let (objects, floor, operator) = (latency.arrivals.objects(), &latency.floor, &latency.operator);
        let stages = [
            (
                "first write",
                floor.first_write,
                operator.first_write,
                floor.waves_to_write,
                [floor.written, operator.written],
            ),
            (
                "Applied",
                floor.applied,
                operator.applied,
                floor.waves_to_applied,
                [floor.finished, operator.finished],
            ),
        ];
        for (until, of_floor, of_operator, waves, done) in stages {
            rows(&title, until, (of_floor, of_operator), path(waves), done, objects);
        }
    }
    println!();
    all_latencies(outcomes).for_each(calls_of_one);
    usages(outcomes);
}

/// What AWS alone takes, milliseconds.
pub fn path(waves: u32) -> f64 {
    crate::milliseconds(ANSWER * waves)
}

fn rows(title: &str, until: &str, (floor, operator): (Spread, Spread), path: f64, done: [usize; 2], objects: usize) {
    let row = |by: &str, spread: Spread, done: String| {
        println!(
            "| {title} | {until} | {by} | {:.0} | {:.0} | {:.0} | {:.0} | {done} |",
            spread.p50, spread.p95, spread.p99, spread.max
        );
    };
    row("floor", floor, format!("{} of {objects}", done[0]));
    row("operator", operator, format!("{} of {objects}", done[1]));
    row("operator − floor", operator.minus(floor), String::new());
    row(
        &format!("operator − AWS ({path:.0})"),
        operator.minus(Spread::flat(path)),
        String::new(),
    );
}

/// How objects arrived, in words.
pub fn title(arrivals: Arrivals) -> String {
    match arrivals {
        Arrivals::InTurn { objects } => format!("1 object, {objects} times"),
        Arrivals::AtOnce { objects } => format!("burst of {objects}"),
        Arrivals::Steady {
            per_second,
            objects,
            accounts,
        } => format!(
            "{per_second} per second for {} s, {accounts} accounts",
            objects / per_second.max(1)
        ),
    }
}

fn calls_of_one(latency: &Latency) {
    let Arrivals::InTurn { .. } = latency.arrivals else {
        return;
    };
    let (floor, operator) = (&latency.floor, &latency.operator);
    println!(
        "AWS round trips that follow one another, one object alone: {} to the first write, {} to Applied.",
        floor.waves_to_write, floor.waves_to_applied
    );
    println!("Calls for it, by the operator: {}.", counts(&operator.calls));
    println!("Calls for it, by the floor: {}.\n", counts(&floor.calls));
}

fn usages(outcomes: &[Outcome]) {
    println!(
        "For each object that was written: processor time by process (measured: the floor or the operator), and the API server's requests.\n"
    );
    println!("| scenario | by | processor, ms | requests |\n|---|---|---|---|");
    for latency in all_latencies(outcomes) {
        for (by, side) in [("floor", &latency.floor), ("operator", &latency.operator)] {
            usage(&title(latency.arrivals), by, side.written.max(1) as f64, &side.usage);
        }
    }
    println!();
}

fn usage(title: &str, by: &str, objects: f64, usage: &Usage) {
    let processor: Vec<String> = usage
        .seconds
        .iter()
        .map(|(name, seconds)| format!("{name} {:.0}", seconds * 1000.0 / objects))
        .collect();
    let mut requests: Vec<(&String, f64)> = usage
        .requests
        .iter()
        .map(|(what, count)| (what, count / objects))
        .collect();
    requests.sort_by(|one, other| other.1.total_cmp(&one.1));
    let requests: Vec<String> = requests
        .iter()
        .filter(|(_, count)| *count >= 0.1)
        .map(|(what, count)| format!("{count:.1} {what}"))
        .collect();
    println!(
        "| {title} | {by} | {} | {} |",
        processor.join(", "),
        requests.join(", ")
    );
}

/// Calls by action, in words.
pub fn counts(calls: &BTreeMap<String, usize>) -> String {
    let each: Vec<String> = calls
        .iter()
        .map(|(action, count)| format!("{count} {action}"))
        .collect();
    each.join(", ")
}

fn memories(outcomes: &[Outcome]) {
    println!(
        "| contained objects | after the first lists, MiB | at rest, MiB | at most (relist and every object looked at), MiB | looks | after, s | ended by itself |"
    );
    println!("|---:|---:|---:|---:|---:|---:|---|");
    for outcome in outcomes {
        let Outcome::Memory(memory) = outcome else { continue };
        println!(
            "| {} | {} | {} | {:.0} | {} | {:.0} | {} |",
            memory.objects,
            mib(memory.listed, memory.listed > 0.0),
            mib(memory.at_rest, memory.ended.is_none()),
            memory.peak,
            memory.looks,
            memory.seconds,
            memory.ended.as_deref().unwrap_or("no")
        );
    }
    println!();
}

fn mib(value: f64, is_known: bool) -> String {
    match is_known {
        true => format!("{value:.0}"),
        false => "–".into(),
    }
}

fn resyncs(outcomes: &[Outcome]) {
    println!(
        "| contained objects of one account | looks counted | calls | for each look | by action |\n|---:|---:|---:|---:|---|"
    );
    for outcome in outcomes {
        let Outcome::Resync(resync) = outcome else { continue };
        let calls: usize = resync.calls.values().sum();
        let each = calls as f64 / resync.looks.max(1.0);
        println!(
            "| {} | {:.0} | {calls} | {each:.2} | {} |",
            resync.objects,
            resync.looks,
            counts(&resync.calls)
        );
    }
}

/// The latencies among the results.
pub fn all_latencies(outcomes: &[Outcome]) -> impl Iterator<Item = &Latency> {
    outcomes.iter().filter_map(|outcome| match outcome {
        Outcome::Latency(latency) => Some(latency.as_ref()),
        _ => None,
    })
}

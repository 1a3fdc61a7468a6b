//! What was measured beside what is asked for. Met is met on the machine that measured; nothing is rounded into it.

use crate::{
    arrivals::Arrivals,
    percentiles::Spread,
    results::{Latency, Memory, Outcome, Resync, Side},
    table::{all_latencies, path, title},
};

/// The longest that a burst's last write may take, milliseconds.
const BURST: f64 = 1000.0;
/// What the first write of one object may take, as a multiple of the floor.
const ONE: f64 = 1.5;
/// What the operator may add to AWS's critical path at 200 objects per second, milliseconds.
const OVERHEAD: [f64; 3] = [50.0, 200.0, 500.0];
/// At what rate that counts, objects per second.
const OVERHEAD_RATE: usize = 200;
/// What may be resident with 10,000 objects, MiB.
const RESIDENT: f64 = 96.0;
const RESIDENT_OBJECTS: usize = 10_000;

/// Prints a row for each target.
pub fn print(outcomes: &[Outcome]) {
    println!("| target | measured | |\n|---|---|---|");
    for latency in all_latencies(outcomes) {
        of_latency(latency);
    }
    for outcome in outcomes {
        match outcome {
            Outcome::Memory(memory) => of_memory(memory),
            Outcome::Resync(resync) => of_resync(resync),
            Outcome::Latency(_) => {}
        }
    }
    println!();
}

fn verdict(target: &str, measured: &str, met: bool) {
    println!(
        "| {target} | {measured} | {} |",
        if met { "met" } else { "**not met**" }
    );
}

fn of_latency(latency: &Latency) {
    let (floor, operator) = (&latency.floor, &latency.operator);
    let title = title(latency.arrivals);
    match latency.arrivals {
        Arrivals::InTurn { .. } => {
            let times = operator.first_write.p50 / floor.first_write.p50.max(1.0);
            verdict(
                "one object's first write ≤ 1.5 × floor (p50)",
                &format!("{times:.2} × floor"),
                times <= ONE,
            );
        }
        Arrivals::AtOnce { .. } => {
            let last = operator.first_write.max;
            verdict(
                &format!("{title}: all written within 1 s"),
                &format!("last after {last:.0} ms"),
                last <= BURST,
            );
        }
        Arrivals::Steady { per_second, .. } => overhead(&title, per_second, latency),
    }
    starved(&title, latency.arrivals, operator);
}

fn overhead(title: &str, per_second: usize, latency: &Latency) {
    let over = latency
        .operator
        .first_write
        .minus(Spread::flat(path(latency.floor.waves_to_write)));
    let met = [over.p50, over.p95, over.p99]
        .iter()
        .zip(OVERHEAD)
        .all(|(over, most)| *over <= most);
    let measured = format!(
        "{:.0} / {:.0} / {:.0} ms, {:.0} written per second",
        over.p50, over.p95, over.p99, latency.operator.per_second
    );
    let target = "overhead beyond AWS's critical path, p50 / p95 / p99 ≤ 50 / 200 / 500 ms";
    match per_second == OVERHEAD_RATE {
        true => verdict(&format!("{title}: {target}"), &measured, met),
        false => println!("| {title}: no target, for comparison | {measured} | |"),
    }
}

fn starved(title: &str, arrivals: Arrivals, operator: &Side) {
    let measured = format!(
        "{} of {} written, {} Applied",
        operator.written,
        arrivals.objects(),
        operator.finished
    );
    let met = operator.written == arrivals.objects() && operator.finished == arrivals.objects();
    verdict(&format!("{title}: no object starved"), &measured, met);
}

fn of_memory(memory: &Memory) {
    let (rest, peak) = (memory.at_rest, memory.peak);
    let measured = match &memory.ended {
        Some(how) => format!("the operator ended by itself ({how}), with {peak:.0} MiB by then"),
        None => format!("{rest:.0} MiB at rest, {peak:.0} MiB at most"),
    };
    let target = format!("{} objects within 96 MiB", memory.objects);
    match memory.objects == RESIDENT_OBJECTS {
        true => verdict(&target, &measured, memory.peak <= RESIDENT && memory.ended.is_none()),
        false => println!(
            "| {} objects: no target, for comparison | {measured} | |",
            memory.objects
        ),
    }
}

fn of_resync(resync: &Resync) {
    let calls = calls_per_resync(resync);
    let most = resync.objects as f64 / 10.0;
    let target = format!("calls of a resync of {} objects ≤ n/10 = {most:.0}", resync.objects);
    verdict(&target, &format!("{calls:.0}"), calls <= most);
}

/// Calls while each object is looked at once.
fn calls_per_resync(resync: &Resync) -> f64 {
    let calls: usize = resync.calls.values().sum();
    calls as f64 / resync.looks.max(1.0) * resync.objects as f64
}

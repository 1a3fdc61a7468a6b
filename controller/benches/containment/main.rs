//! `make bench`: how long a containment takes beyond what AWS takes, how much memory the operator needs, and what a resync
//! asks of AWS. Each scenario wants an empty cluster of its own (`e2e/bench` sees to that) and adds its result to a file;
//! `table` prints what the file holds. All that is measured is a real release build of the operator.

mod answers;
mod arrivals;
mod asked;
mod aws;
mod cluster;
mod contained;
mod floor;
mod latency;
mod load;
mod memory;
mod objects;
mod operator;
mod percentiles;
mod results;
mod resync;
mod table;
mod targets;
mod usage;
mod watched;

use arrivals::Arrivals;
use clap::{Parser, Subcommand};
use std::{path::PathBuf, time::Duration};

/// Measures the operator on a test bed.
#[derive(Parser)]
struct Args {
    #[command(subcommand)]
    scenario: Scenario,
    /// The test bed's bed.json.
    #[arg(long, global = true, env = "FIREBREAK_BED", default_value = "bed.json")]
    bed: PathBuf,
    /// Where results are kept, one JSON object a line.
    #[arg(
        long,
        global = true,
        env = "FIREBREAK_BENCH_RESULTS",
        default_value = "results.jsonl"
    )]
    results: PathBuf,
    /// Cargo says it.
    #[arg(long, global = true, hide = true)]
    bench: bool,
}

/// What is measured.
#[derive(Subcommand)]
enum Scenario {
    /// Objects one after another, each alone.
    One {
        /// How many.
        #[arg(long, default_value_t = 20)]
        objects: usize,
    },
    /// Objects all at once, each in an account of its own.
    Burst {
        /// How many.
        #[arg(long, default_value_t = 200)]
        objects: usize,
    },
    /// Objects at a steady rate, whether the operator keeps up or not.
    Rate {
        /// Objects per second.
        #[arg(long, default_value_t = 200)]
        per_second: usize,
        /// For how many seconds.
        #[arg(long, default_value_t = 10)]
        seconds: usize,
        /// Over how many accounts they are spread in turn.
        #[arg(long, default_value_t = 400)]
        accounts: usize,
    },
    /// Resident memory with so many contained objects, over 100 accounts.
    Memory {
        /// How many.
        #[arg(long, default_value_t = 1000)]
        objects: usize,
    },
    /// AWS calls while so many contained objects of one account are looked at again.
    Resync {
        /// How many.
        #[arg(long, default_value_t = 100)]
        objects: usize,
    },
    /// Prints the results as a table.
    Table,
    /// The floor's own process: watches, and makes the AWS calls of a containment.
    #[command(hide = true)]
    Floor,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let (bed, results) = (&args.bed, &args.results);
    match args.scenario {
        Scenario::One { objects } => latency::measure(bed, Arrivals::InTurn { objects }, results).await,
        Scenario::Burst { objects } => latency::measure(bed, Arrivals::AtOnce { objects }, results).await,
        Scenario::Rate {
            per_second,
            seconds,
            accounts,
        } => latency::measure(bed, Arrivals::steady(per_second, seconds, accounts), results).await,
        Scenario::Memory { objects } => memory::measure(bed, objects, results).await,
        Scenario::Resync { objects } => resync::measure(bed, objects, results).await,
        Scenario::Table => table::print(results),
        Scenario::Floor => floor::run().await,
    }
}

/// Milliseconds, for people.
fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

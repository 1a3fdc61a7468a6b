//! What a load costs the machine: processor time by process, and the API server's requests. It says where time goes.

use crate::cluster::Cluster;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fs};

/// Clock ticks of `/proc/PID/stat` per second.
const TICKS: f64 = 100.0;
/// The API server's counter of requests.
const REQUESTS: &str = "apiserver_request_total{";

/// What was used, or is used in all so far.
#[derive(Serialize, Deserialize, Clone, Debug, Default)]
pub struct Usage {
    /// Processor seconds, by process.
    pub seconds: BTreeMap<String, f64>,
    /// Requests to the API server, by `VERB resource`.
    pub requests: BTreeMap<String, f64>,
}

impl Usage {
    /// In all so far, by the bed's processes and these; what cannot be read is left out.
    pub async fn now(cluster: &Cluster, process: u32) -> Self {
        let own = [
            ("measured".to_owned(), process),
            ("load and AWS".to_owned(), std::process::id()),
        ];
        let all = cluster.processes().clone().into_iter().chain(own);
        let request = axum::http::Request::get("/metrics").body(Vec::new());
        let text = match request {
            Ok(request) => cluster.admin.request_text(request).await.unwrap_or_default(),
            Err(_) => String::new(),
        };
        Self {
            seconds: all.filter_map(|(name, id)| Some((name, processor(id)?))).collect(),
            requests: requests(&text),
        }
    }

    /// What was used since an earlier time.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        Self {
            seconds: minus(&self.seconds, &earlier.seconds),
            requests: minus(&self.requests, &earlier.requests),
        }
    }
}

fn minus(now: &BTreeMap<String, f64>, earlier: &BTreeMap<String, f64>) -> BTreeMap<String, f64> {
    let left = |(name, value): (&String, &f64)| (name.clone(), value - earlier.get(name).copied().unwrap_or_default());
    now.iter().map(left).filter(|(_, value)| *value > 0.0).collect()
}

/// User and system time.
fn processor(id: u32) -> Option<f64> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let after_name = stat.rsplit(')').next()?;
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at)?.parse::<f64>().ok();
    Some((ticks(11)? + ticks(12)?) / TICKS)
}

fn requests(text: &str) -> BTreeMap<String, f64> {
    let mut counts = BTreeMap::new();
    for line in text.lines().filter(|line| line.starts_with(REQUESTS)) {
        let label = |name: &str| line.split(&format!("{name}=\"")).nth(1)?.split('"').next();
        let value = line.rsplit(' ').next().and_then(|value| value.parse::<f64>().ok());
        if let (Some(verb), Some(resource), Some(value)) = (label("verb"), label("resource"), value) {
            let sub = label("subresource").filter(|sub| !sub.is_empty());
            let what = sub.map_or(resource.to_owned(), |sub| format!("{resource}/{sub}"));
            *counts.entry(format!("{verb} {what}")).or_default() += value;
        }
    }
    counts
}

//! The metrics of the process, all named `firebreak_…`. Labels are words out of closed lists, never names of objects.

use prometheus::{
    Encoder, GaugeVec, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts,
    Registry, TextEncoder, core::Collector,
};

/// Seconds, from a store look-up to a slow AWS call.
const BUCKETS: [f64; 13] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];

/// Every metric, registered.
#[derive(Clone)]
pub struct Metrics {
    registry: Registry,
    /// `{kind, result, reason}`
    pub reconcile_total: IntCounterVec,
    /// From the permit to the end.
    pub reconcile_seconds: Histogram,
    /// `{lane}`, the priority
    pub queue_wait_seconds: HistogramVec,
    /// `{service, call, outcome}`
    pub aws_requests_total: IntCounterVec,
    /// `{service, call}`
    pub aws_request_seconds: HistogramVec,
    /// `{service, call}`: error codes of AWS that nobody has given a class; the log names them.
    pub aws_unlisted_codes_total: IntCounterVec,
    /// AWS was found other than we left it.
    pub drift_detected_total: IntCounter,
    /// Drift that was put right.
    pub drift_reasserted_total: IntCounter,
    /// `{call}`: writes to AWS.
    pub writes_total: IntCounterVec,
    /// Reconciles that panicked.
    pub panics_total: IntCounter,
    /// `{kind}`: objects that this version cannot read, each counted when it is first met.
    pub unreadable_objects_total: IntCounterVec,
    /// 1 while this process may act.
    pub lease_is_leader: IntGauge,
    /// `{state}`
    pub holds: IntGaugeVec,
    /// `{severity, state}`
    pub incidents: IntGaugeVec,
    /// `{resource}`: how long each watch has been silent.
    pub watch_last_event_age_seconds: GaugeVec,
}

impl Metrics {
    /// Makes and registers them.
    pub fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new_custom(Some("firebreak".to_owned()), None)?;
        let r = &registry;
        Ok(Self {
            reconcile_total: counters(
                r,
                "reconcile_total",
                "Reconciles by outcome",
                &["kind", "result", "reason"],
            )?,
            reconcile_seconds: kept(
                r,
                Histogram::with_opts(seconds("reconcile_seconds", "Time of a reconcile"))?,
            )?,
            queue_wait_seconds: histograms(
                r,
                "queue_wait_seconds",
                "Time that objects wait for a permit",
                &["lane"],
            )?,
            aws_requests_total: counters(r, "aws_requests_total", "AWS requests", &["service", "call", "outcome"])?,
            aws_request_seconds: histograms(r, "aws_request_seconds", "Time of AWS requests", &["service", "call"])?,
            aws_unlisted_codes_total: counters(
                r,
                "aws_unlisted_codes_total",
                "Error codes of AWS without a class: tried again slowly",
                &["service", "call"],
            )?,
            drift_detected_total: kept(r, IntCounter::new("drift_detected_total", "Drift found in AWS")?)?,
            drift_reasserted_total: kept(r, IntCounter::new("drift_reasserted_total", "Drift put right in AWS")?)?,
            writes_total: counters(r, "writes_total", "Writes to AWS", &["call"])?,
            panics_total: kept(r, IntCounter::new("panics_total", "Reconciles that panicked")?)?,
            unreadable_objects_total: counters(
                r,
                "unreadable_objects_total",
                "Objects that cannot be read and are skipped",
                &["kind"],
            )?,
            lease_is_leader: kept(r, IntGauge::new("lease_is_leader", "1 while this process may act")?)?,
            incidents: kept(
                r,
                IntGaugeVec::new(
                    Opts::new("incidents", "Incidents by severity and state"),
                    &["severity", "state"],
                )?,
            )?,
            holds: kept(r, IntGaugeVec::new(Opts::new("holds", "Holds by state"), &["state"])?)?,
            watch_last_event_age_seconds: kept(
                r,
                GaugeVec::new(
                    Opts::new("watch_last_event_age_seconds", "Silence of each watch"),
                    &["resource"],
                )?,
            )?,
            registry,
        })
    }

    /// All of them in Prometheus' text format.
    pub fn text(&self) -> Result<String, prometheus::Error> {
        let mut out = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut out)?;
        String::from_utf8(out).map_err(|e| prometheus::Error::Msg(e.to_string()))
    }
}

fn kept<C: Collector + Clone + 'static>(registry: &Registry, metric: C) -> Result<C, prometheus::Error> {
    registry.register(Box::new(metric.clone()))?;
    Ok(metric)
}

fn counters(r: &Registry, name: &str, help: &str, labels: &[&str]) -> Result<IntCounterVec, prometheus::Error> {
    kept(r, IntCounterVec::new(Opts::new(name, help), labels)?)
}

fn seconds(name: &str, help: &str) -> HistogramOpts {
    HistogramOpts::new(name, help).buckets(BUCKETS.to_vec())
}

fn histograms(r: &Registry, name: &str, help: &str, labels: &[&str]) -> Result<HistogramVec, prometheus::Error> {
    kept(r, HistogramVec::new(seconds(name, help), labels)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_has_the_prefix_and_can_be_used() {
        let metrics = Metrics::new().unwrap();
        metrics
            .reconcile_total
            .with_label_values(&["Quarantine", "ok", "None"])
            .inc();
        metrics.reconcile_seconds.observe(0.1);
        metrics.queue_wait_seconds.with_label_values(&["urgent"]).observe(0.1);
        metrics
            .aws_requests_total
            .with_label_values(&["iam", "GetRole", "ok"])
            .inc();
        metrics
            .aws_request_seconds
            .with_label_values(&["iam", "GetRole"])
            .observe(0.1);
        metrics
            .aws_unlisted_codes_total
            .with_label_values(&["iam", "GetRole"])
            .inc();
        metrics.writes_total.with_label_values(&["PutRolePolicy"]).inc();
        metrics.holds.with_label_values(&["Held"]).set(3);
        metrics
            .watch_last_event_age_seconds
            .with_label_values(&["quarantines"])
            .set(1.0);
        let text = metrics.text().unwrap();
        let names: Vec<&str> = text
            .lines()
            .filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next())
            .collect();
        assert_eq!(names.len(), 13, "{names:?}");
        assert!(names.iter().all(|name| name.starts_with("firebreak_")));
    }
}

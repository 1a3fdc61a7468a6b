//! What failovers look at and change: databases and their replicas, alarms, metrics, objects and websites.

use super::super::world::{Bucket, Datum, DbInstance, Promotes, Region, Website, World};
use firebreak_core::{
    aws::cloudwatch::AlarmState,
    run::act::{HttpAnswer, Metric},
};
use std::net::IpAddr;

impl World {
    /// Lets a URL answer with a status, from an address.
    #[must_use]
    pub fn with_website(mut self, url: &str, status: u32, address: IpAddr) -> Self {
        let answer = HttpAnswer { status, address };
        self.websites.insert(url.into(), Website::Answers(answer));
        self
    }

    /// Lets a URL not answer in time.
    #[must_use]
    pub fn with_silent_website(mut self, url: &str) -> Self {
        self.websites.insert(url.into(), Website::Silent);
        self
    }
}

impl Region {
    /// Adds an RDS instance; where it says no other, its resource id comes from its name and region.
    #[must_use]
    pub fn with_database(mut self, name: &str, mut instance: DbInstance) -> Self {
        if instance.facts.resource_id.is_empty() {
            instance.facts.resource_id = format!("db-{}-{name}", self.name);
        }
        self.databases.insert(name.into(), instance);
        self
    }

    /// An RDS instance, to change it.
    pub fn database_mut(&mut self, name: &str) -> Option<&mut DbInstance> {
        self.databases.get_mut(name)
    }

    /// Adds an alarm, or sets its state.
    #[must_use]
    pub fn with_alarm(mut self, name: &str, state: AlarmState) -> Self {
        self.alarms.insert(name.into(), state);
        self
    }

    /// Gives a metric a datapoint.
    #[must_use]
    pub fn with_metric(mut self, metric: Metric, value: f64) -> Self {
        self.set_metric(metric, value);
        self
    }

    /// Gives a metric another latest datapoint.
    pub fn set_metric(&mut self, metric: Metric, value: f64) {
        self.metrics.retain(|datum| datum.metric != metric);
        self.metrics.push(Datum { metric, value });
    }
}

impl DbInstance {
    /// Replicates from an instance of a region of an account, and is up to date.
    #[must_use]
    pub fn replica_of(mut self, account: &str, region: &str, source: &str) -> Self {
        self.facts.source = Some(format!("arn:aws:rds:{region}:{account}:db:{source}"));
        self.lag(0.0)
    }

    /// Is so many seconds behind; -1 where replication is broken.
    #[must_use]
    pub fn lag(mut self, seconds: f64) -> Self {
        self.lag_seconds = Some(seconds);
        self
    }

    /// Sets what becomes of a promotion.
    #[must_use]
    pub fn promotes(mut self, promotes: Promotes) -> Self {
        self.promotes = promotes;
        self
    }
}

impl Bucket {
    /// Adds an object.
    #[must_use]
    pub fn object(mut self, key: &str, body: &str) -> Self {
        self.objects.insert(key.into(), body.into());
        self
    }
}

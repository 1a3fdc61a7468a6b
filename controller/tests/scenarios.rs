//! Scenarios: what people, other operators, clocks and faults do to a run, and what Firebreak does about it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod fake_api;
mod support;

mod scenarios {
    pub mod adoption;
    pub mod approvals;
    pub mod attackers;
    pub mod begun;
    pub mod begun_runs;
    pub mod buckets;
    pub mod changes;
    pub mod close_out;
    pub mod contain_now;
    pub mod deletion;
    pub mod drift;
    pub mod evidence;
    pub mod expiries;
    pub mod expiry;
    pub mod failovers;
    pub mod faults;
    pub mod findings;
    pub mod functions;
    pub mod fuzz;
    pub mod guards;
    pub mod hostile;
    pub mod incidents;
    pub mod instances;
    pub mod interfaces;
    pub mod ledgers;
    pub mod lost_records;
    pub mod meanwhile;
    pub mod not_ours;
    pub mod notifications;
    pub mod operators;
    pub mod orphaned_instances;
    pub mod orphans;
    pub mod people;
    pub mod queues;
    pub mod refusals;
    pub mod sections;
    pub mod security_groups;
    pub mod services;
    pub mod shared_reads;
    pub mod sharing;
    pub mod stops;
    pub mod traffic;
    pub mod truth;
    pub mod two_clusters;
    pub mod users;
}

//! What keeps the controller running and one at a time: clients, lease, permits, back-off, health, metrics, shutdown.
//! Nothing in here knows what a reconcile does; it only decides when one may run, for how long, and when to look again.

pub mod backoff;
mod changes;
pub mod clients;
pub mod events;
mod fairness;
mod fan_out;
pub mod guarded;
pub mod health;
pub mod jitter;
pub mod leadership;
pub mod lease;
pub mod logs;
pub mod metrics;
pub mod priority;
mod queue;
pub mod resync;
pub mod run;
pub mod shutdown;
mod tenants;
mod timers;
pub mod triggers;
pub mod watch_liveness;
pub mod watches;

pub use backoff::{Backoff, ObjectKey};
pub use clients::Clients;
pub use events::{EventKind, Events, Notice};
pub use fan_out::{Watchable, Watches};
pub use guarded::{Interrupted, guarded};
pub use health::{Checks, Health};
pub use leadership::Leadership;
pub use lease::{Elector, Ended, LeaseSettings};
pub use metrics::Metrics;
pub use priority::{Permit, Permits, Priority};
pub use run::{About, Loop, LoopSettings, NextLook, Reason, Running, TenantOf, controller_loop, controller_of};
pub use shutdown::Shutdown;
pub use triggers::Trigger;
pub use watch_liveness::WatchLiveness;

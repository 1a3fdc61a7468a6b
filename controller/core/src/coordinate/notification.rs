//! What a NotificationChannel tells people, and when. Everything is decided from what is in the cluster and what the channel
//! remembers to have told, so that a crash tells nothing less, and twice only what may not have arrived.

mod answer;
mod changes;
mod channel;
mod delivered;
mod heartbeat;
mod message;
mod news;
mod providers;
mod report;
mod request;
mod routing;
#[cfg(test)]
mod tests;
mod world;

pub use answer::{Answered, Reply, answered};
pub use channel::secret_name;
pub use delivered::delivered;
pub use providers::{Endpoint, Post};
pub use request::{Endpoints, Request, sealed};
pub use routing::severities;
pub use world::{Secret, SecretProblem, Seen, Subject, World};

use firebreak_crds::{NotificationChannelStatus, notification_channel::Told};
use jiff::Timestamp;

/// What is to be done next.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Tell something; afterwards [`delivered`] says what is remembered of it.
    Send(Box<Send>),
    /// Report, and wait.
    Rest(Box<Rest>),
}

/// A message that is due.
#[derive(Clone, Debug, PartialEq)]
pub struct Send {
    /// What it is about.
    pub about: About,
    /// The requests that make it, in their order.
    pub posts: Vec<Post>,
}

/// What a message is about.
#[derive(Clone, Debug, PartialEq)]
pub enum About {
    /// An Incident: what is remembered of it once the message has been taken; none where there is nothing left to remember.
    Incident {
        /// Its UID.
        uid: String,
        /// Its name.
        name: String,
        /// What is remembered then.
        told: Option<Box<Told>>,
    },
    /// The test of this number.
    Test(u32),
    /// A dead man's switch.
    Heartbeat,
}

/// What is reported, and when to look again.
#[derive(Clone, Debug, PartialEq)]
pub struct Rest {
    /// The status.
    pub status: NotificationChannelStatus,
    /// Seconds until the next look.
    pub after: u64,
}

/// What a channel does next.
pub fn decide(world: &World, now: Timestamp) -> Effect {
    let due = channel::due(world, now);
    due.map_or_else(
        || Effect::Rest(Box::new(report::rest(world, now))),
        |send| Effect::Send(Box::new(send)),
    )
}

//! The adapter at the wire: what it sends, what it makes of the answers, and what it never does.

mod addresses;
mod buckets;
mod evidence;
mod failovers;
mod findings;
mod functions;
mod iam_users;
mod inspection;
mod instances;
mod interfaces;
mod queues;
mod reads;
mod sessions;
mod surveys;
mod writes;

use super::*;
use crate::testing::Wire;

async fn aws(wire: &Wire) -> Aws {
    Aws::with_config(wire.config().await)
}

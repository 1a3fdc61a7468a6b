//! The port to those who are told of Incidents.

use async_trait::async_trait;
use firebreak_core::coordinate::notification::{Reply, Request};

/// Sends requests to providers of notifications.
///
/// # Guarantees
/// Every call ends within 8 s.
#[async_trait]
pub trait Courier: Send + Sync + 'static {
    /// Sends one. A provider whose address may not be reached is not asked: then the status is 0.
    ///
    /// # Errors
    /// Why there is no answer: then it is unknown whether the request arrived.
    async fn post(&self, request: &Request) -> Result<Reply, String>;
}

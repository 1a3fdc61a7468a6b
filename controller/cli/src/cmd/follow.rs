//! One object, followed as it changes: until its viewer has seen enough, or it is deleted. It goes on after the connection was lost.

use crate::{
    cluster::{Cluster, Next},
    exit, terminal,
};
use anyhow::Result;
use kube::{Resource, ResourceExt, core::NamespaceResourceScope};
use serde::de::DeserializeOwned;
use std::{fmt::Debug, time::Duration};

/// How long it waits before it looks again after the watch ended or the connection was lost.
pub const PAUSE: Duration = Duration::from_secs(2);

/// Whether it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// It does.
    On,
    /// Enough was seen.
    Ended,
}

/// Who looks at one object.
pub trait Viewer<K> {
    /// Shows what is new of it.
    ///
    /// # Errors
    /// When it cannot be printed, or its end is an error.
    fn show(&mut self, object: &K) -> Result<Flow>;

    /// Says that it was deleted.
    ///
    /// # Errors
    /// When that is an error.
    fn gone(&mut self, name: &str) -> Result<Flow>;

    /// How long it waits before it looks again.
    fn pause(&self) -> Duration {
        PAUSE
    }

    /// After how long without a change the same is shown again; none: never.
    fn ticks(&self) -> Option<Duration> {
        None
    }
}

/// What can be followed.
pub trait Followed:
    Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + DeserializeOwned + Debug + Send + 'static
{
}

impl<K> Followed for K where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + DeserializeOwned + Debug + Send + 'static
{
}

/// Follows an object from the version that was read.
///
/// # Errors
/// When it may not be read, or the viewer ends with one.
pub async fn follow<K: Followed>(viewer: &mut impl Viewer<K>, cluster: &Cluster, object: K) -> Result<()> {
    let name = object.name_any();
    let mut at = Some(object);
    let mut is_lost = false;
    loop {
        if let Some(object) = at.take()
            && (viewer.show(&object)? == Flow::Ended || watch(viewer, cluster, object).await? == Flow::Ended)
        {
            return Ok(());
        }
        match cluster.find::<K>(&name).await {
            Ok(Some(object)) => (at, is_lost) = (Some(object), false),
            Ok(None) => return viewer.gone(&name).map(drop),
            Err(error) if is_final(&error) => return Err(error),
            Err(error) => {
                if !is_lost {
                    terminal::remark(&format!("note: {}; looking again", exit::message(&error)));
                }
                is_lost = true;
                tokio::time::sleep(viewer.pause()).await;
            }
        }
    }
}

/// Until it is deleted, or must be read again.
async fn watch<K: Followed>(viewer: &mut impl Viewer<K>, cluster: &Cluster, mut last: K) -> Result<Flow> {
    let mut changes = match cluster.changes_of(&last).await {
        Ok(changes) => changes,
        Err(error) if is_final(&error) => return Err(error),
        Err(_) => {
            tokio::time::sleep(viewer.pause()).await;
            return Ok(Flow::On);
        }
    };
    loop {
        match within(viewer.ticks(), changes.next()).await {
            Some(Next::Changed(object)) => last = *object,
            Some(Next::Deleted) => return viewer.gone(&last.name_any()),
            Some(Next::ReadAgain) => break,
            None => {}
        }
        if viewer.show(&last)? == Flow::Ended {
            return Ok(Flow::Ended);
        }
    }
    tokio::time::sleep(viewer.pause()).await;
    Ok(Flow::On)
}

/// What comes within that time; none where nothing does.
async fn within<T>(time: Option<Duration>, work: impl Future<Output = T>) -> Option<T> {
    match time {
        Some(time) => tokio::time::timeout(time, work).await.ok(),
        None => Some(work.await),
    }
}

/// Whether looking again is in vain: the API server said no, or the object cannot be read.
fn is_final(error: &anyhow::Error) -> bool {
    match exit::api_code(error) {
        Some(code) => code < 500 && ![408, 410, 429].contains(&code),
        None => error.downcast_ref::<kube::Error>().is_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::anyhow;
    use kube::core::Status;

    #[test]
    fn a_lost_connection_is_looked_over_and_a_refusal_is_not() {
        let answer = |code| {
            anyhow::Error::from(kube::Error::Api(Box::new(
                Status::failure("no", "Because").with_code(code),
            )))
        };
        for code in [410, 429, 500, 503] {
            assert!(!is_final(&answer(code).context("reading the Incident")), "{code}");
        }
        assert!(is_final(&answer(403)) && is_final(&answer(401)));
        assert!(is_final(&anyhow!("Incident x cannot be read by this version")));
        let lost = kube::Error::Service(Box::new(std::io::Error::other("connection refused")));
        assert!(!is_final(&anyhow::Error::from(lost).context("reading the Incident")));
    }
}

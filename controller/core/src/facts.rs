//! What was read from AWS. `NotFound`, `Denied` and `Throttled` are facts like any other.

mod ec2;
mod ecs;
mod iam;
mod lambda;
mod network;
mod s3;

pub use ec2::{Branches, GroupMembership, Instance, InstanceAttribute, Interface, Metadata, Snapshot};
pub use ecs::{
    Deployment, EcsDeployment, EcsService, Network, ScalableTarget, Suspension, Task, TaskDefinition, same_address,
};
pub use iam::{AccessKey, CallerIdentity, ManagedPolicy, OtherCredential, Role, User, UserAccess, UsersOfRole};
pub use lambda::{EventSource, Function};
pub use network::{SecurityGroup, SecurityGroupRule, SecurityGroupUser, TargetHealth};
pub use s3::{Bucket, PublicAccessBlock};

use crate::{
    blocked::{Blocked, Stop},
    query::Query,
};
use firebreak_crds::Reason;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::collections::BTreeMap;

/// The answer to one query.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub enum Answer {
    /// It exists; the value has the shape that the query's documentation gives.
    Found(Value),
    /// AWS says that it does not exist.
    NotFound,
    /// AWS refused the read; the text names the permission or the cause.
    Denied(String),
    /// AWS asked to slow down. Nothing is known.
    Throttled,
    /// No answer in time, or a server error. Nothing is known.
    Unreachable(String),
}

impl Answer {
    /// An answer from a typed fact.
    pub fn found(fact: &impl Serialize) -> Self {
        match serde_json::to_value(fact) {
            Ok(value) => Self::Found(value),
            Err(error) => Self::Unreachable(format!("the answer could not be read: {error}")),
        }
    }
}

/// The answers of one pass. A pass starts with none, so its facts are at most as old as the pass.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts(BTreeMap<Query, Answer>);

impl Facts {
    /// Keeps an answer.
    pub fn insert(&mut self, query: Query, answer: Answer) {
        self.0.insert(query, answer);
    }

    /// Keeps only the answers for which it holds: after a write, what the write may have changed is asked anew.
    pub fn retain(&mut self, keep: impl Fn(&Query) -> bool) {
        self.0.retain(|query, _| keep(query));
    }

    /// The answer, if it was asked.
    pub fn answer(&self, query: &Query) -> Option<&Answer> {
        self.0.get(query)
    }

    /// Everything that is known, in a stable order.
    pub fn all(&self) -> impl Iterator<Item = (&Query, &Answer)> {
        self.0.iter()
    }

    /// Asks for everything that is not known yet, in one round.
    ///
    /// # Errors
    /// [`Stop::Ask`] with the missing queries.
    pub fn ask(&self, queries: impl IntoIterator<Item = Query>) -> Result<(), Stop> {
        let missing: Vec<Query> = queries.into_iter().filter(|q| !self.0.contains_key(q)).collect();
        if missing.is_empty() {
            Ok(())
        } else {
            Err(Stop::Ask(missing))
        }
    }

    /// The typed answer; `None` when AWS says that it does not exist.
    ///
    /// # Errors
    /// [`Stop::Ask`] when it was not asked yet, [`Stop::Blocked`] when AWS did not tell.
    pub fn need<T: DeserializeOwned>(&self, query: Query) -> Result<Option<T>, Stop> {
        match self.0.get(&query) {
            None => Err(Stop::Ask(vec![query])),
            Some(Answer::NotFound) => Ok(None),
            Some(Answer::Found(value)) => serde_json::from_value(value.clone()).map(Some).map_err(|error| {
                Blocked::new(
                    Reason::InternalError,
                    format!("{query:?} was answered in another shape: {error}"),
                )
                .into()
            }),
            Some(Answer::Denied(why)) => Err(Blocked::new(Reason::AccessDenied, why.clone()).into()),
            Some(Answer::Throttled) => Err(Blocked::new(
                Reason::Throttled,
                format!(
                    "{} was not read: AWS throttles the account, or its budget of calls is used up",
                    query.subject()
                ),
            )
            .into()),
            Some(Answer::Unreachable(why)) => Err(Blocked::new(
                Reason::Unreachable,
                format!("{} could not be read: {why}", query.subject()),
            )
            .into()),
        }
    }
}

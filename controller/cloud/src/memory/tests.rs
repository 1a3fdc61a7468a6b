//! The strictness of the in-memory AWS, one sentence each.

mod buckets;
mod ecs;
mod failovers;
mod faults;
mod findings;
mod functions;
mod iam;
mod iam_users;
mod instances;
mod network;
mod queues;
mod waf;

use super::{ACCOUNT, MemoryAws, REGION, access};
use crate::Cloud;
use firebreak_core::aws::{
    Answer, Cell, Query, Write,
    failure::{Failure, FailureClass},
};
use serde::de::DeserializeOwned;
use serde_json::Value;

async fn write(aws: &MemoryAws, write: Write) -> Result<(), Failure> {
    aws.write(&access(ACCOUNT, REGION), &write).await.map(|_| ())
}

async fn refused(aws: &MemoryAws, refused: Write) -> (FailureClass, String) {
    let before = aws.world();
    let failure = write(aws, refused).await.unwrap_err();
    assert_eq!(aws.world(), before, "a refused write has no effect");
    (failure.class, failure.code)
}

async fn ask(aws: &MemoryAws, query: Query) -> Answer {
    aws.observe(&access(ACCOUNT, REGION), &query).await
}

async fn fact<T: DeserializeOwned>(aws: &MemoryAws, query: Query) -> T {
    match ask(aws, query).await {
        Answer::Found(value) => serde_json::from_value(value).unwrap(),
        other => panic!("{other:?}"),
    }
}

async fn cell(aws: &MemoryAws, cell: Cell) -> Value {
    fact(aws, Query::Cell(cell)).await
}

fn api() -> (String, String) {
    ("prod".into(), "api".into())
}

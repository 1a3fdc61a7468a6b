//! Lambda: limits, order and lateness.

use super::*;
use crate::memory::{
    MAPPING_SECONDS,
    world::{FunctionVersion, MappingState, Region},
};
use firebreak_core::aws::{
    iam::UsersOfRole,
    lambda::{EventSource, Function, LambdaCell, LambdaRead, LambdaWrite},
};
use serde_json::json;

const QUEUE: &str = "11111111-0000-4000-8000-000000000001";

fn nightly() -> String {
    "payments-nightly".into()
}

fn reserve(reserved: i32) -> Write {
    Write::Lambda(LambdaWrite::PutFunctionConcurrency {
        function: nightly(),
        reserved,
    })
}

fn switch(enabled: bool) -> Write {
    Write::Lambda(LambdaWrite::UpdateEventSourceMapping {
        uuid: QUEUE.into(),
        enabled,
    })
}

fn change(aws: &MemoryAws, change: impl FnOnce(&mut Region)) {
    aws.change(|world| change(world.region_mut(ACCOUNT, REGION).unwrap()));
}

fn invalid() -> (FailureClass, String) {
    (FailureClass::Invalid, "InvalidParameterValueException".into())
}

#[tokio::test]
async fn concurrency_0_is_refused_while_concurrency_is_provisioned() {
    let aws = MemoryAws::sample();
    assert_eq!(refused(&aws, reserve(0)).await, invalid());
    let (function, qualifier) = (nightly(), "live".to_owned());
    write(
        &aws,
        Write::Lambda(LambdaWrite::DeleteProvisionedConcurrencyConfig { function, qualifier }),
    )
    .await
    .unwrap();
    write(&aws, reserve(0)).await.unwrap();
    let back = |executions| {
        Write::Lambda(LambdaWrite::PutProvisionedConcurrencyConfig {
            function: nightly(),
            qualifier: "live".into(),
            executions,
        })
    };
    assert_eq!(refused(&aws, back(2)).await, invalid());
    write(
        &aws,
        Write::Lambda(LambdaWrite::DeleteFunctionConcurrency { function: nightly() }),
    )
    .await
    .unwrap();
    write(&aws, back(2)).await.unwrap();
}

#[tokio::test]
async fn a_hundred_executions_stay_unreserved() {
    let aws = MemoryAws::sample();
    let limit = (FailureClass::Limit, "InvalidParameterValueException".to_owned());
    assert_eq!(refused(&aws, reserve(901)).await, limit);
    write(&aws, reserve(900)).await.unwrap();
}

#[tokio::test]
async fn a_mapping_is_disabled_by_and_by_and_nobody_changes_it_meanwhile() {
    let aws = MemoryAws::sample();
    write(&aws, switch(false)).await.unwrap();
    let in_use = (FailureClass::NotYet, "ResourceInUseException".to_owned());
    assert_eq!(refused(&aws, switch(true)).await, in_use);
    let state = async |aws: &MemoryAws| {
        let all: Vec<EventSource> = fact(
            aws,
            Query::Lambda(LambdaRead::EventSourcesOfFunction { function: nightly() }),
        )
        .await;
        all.into_iter().find(|one| one.uuid == QUEUE).unwrap().state
    };
    assert_eq!(state(&aws).await, "Disabling");
    aws.advance(u32::try_from(MAPPING_SECONDS).unwrap());
    assert_eq!(state(&aws).await, "Disabled");
    write(&aws, switch(true)).await.unwrap();
}

#[tokio::test]
async fn what_becomes_of_a_mapping_that_is_updated_is_not_known() {
    let aws = MemoryAws::sample();
    change(&aws, |region| {
        region.event_source_mappings.get_mut(QUEUE).unwrap().state = MappingState::Updating;
    });
    let cell = Query::Cell(Cell::Lambda(LambdaCell::FunctionEventSources { function: nightly() }));
    assert!(matches!(ask(&aws, cell).await, Answer::Unreachable(why) if why.contains("updat")));
}

#[tokio::test]
async fn what_is_not_there_is_gone() {
    let aws = MemoryAws::sample();
    let gone = (FailureClass::Gone, "ResourceNotFoundException".to_owned());
    let url = Write::Lambda(LambdaWrite::UpdateFunctionUrlConfig {
        function: nightly(),
        qualifier: Some("blue".into()),
        auth_type: "AWS_IAM".into(),
    });
    assert_eq!(refused(&aws, url).await, gone);
    let function = "nothing".to_owned();
    let nobody = Write::Lambda(LambdaWrite::DeleteFunctionConcurrency { function });
    assert_eq!(refused(&aws, nobody).await, gone);
    let cell = Query::Cell(Cell::Lambda(LambdaCell::FunctionConcurrency {
        function: "nothing".into(),
    }));
    assert_eq!(ask(&aws, cell).await, Answer::NotFound);
    let urls = Cell::Lambda(LambdaCell::FunctionUrls { function: nightly() });
    assert_eq!(
        super::cell(&aws, urls).await,
        json!({"$LATEST": "NONE", "live": "AWS_IAM"})
    );
}

#[tokio::test]
async fn a_published_version_keeps_its_time_out_and_its_role() {
    let aws = MemoryAws::sample();
    let other = format!("arn:aws:iam::{ACCOUNT}:role/orders-task");
    change(&aws, |region| {
        let version = FunctionVersion {
            role: other.clone(),
            timeout_seconds: 900,
        };
        let function = region.functions.get_mut("payments-nightly").unwrap();
        function.versions.insert("3".into(), version);
    });
    let told: Function = fact(&aws, Query::Lambda(LambdaRead::Function { function: nightly() })).await;
    assert_eq!((told.timeout_seconds, told.other_roles), (900, vec![other.clone()]));
    let query = Query::Lambda(LambdaRead::FunctionsOfRole {
        region: REGION.into(),
        role_arn: other,
    });
    let named = fact::<UsersOfRole>(&aws, query).await.names;
    assert_eq!(named, ["orders-nightly", "payments-nightly:3"]);
}

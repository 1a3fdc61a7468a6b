//! Many services of a cluster at once, ten a call.

use super::{SERVICES_AT_ONCE, configured, describe, fact};
use crate::caller::Caller;
use aws_sdk_ecs::types::Service;
use firebreak_core::aws::{
    Answer, Cell, Query, Survey,
    ecs::{EcsCell, EcsRead},
    failure::Failure,
};
use std::collections::{BTreeMap, BTreeSet};

/// Answers about services that there are, in no more calls than the questions are worth.
pub(crate) async fn services(caller: &Caller<'_>, queries: &[Query]) -> Result<Vec<(Query, Answer)>, Failure> {
    let mut answers = Vec::new();
    for (cluster, names) in calls(queries).into_iter().take(Survey::calls(queries.len())) {
        let (found, _) = describe(caller, cluster, &names).await?;
        let answered = |query: &Query| Some((query.clone(), answer(&found, cluster, query)?));
        answers.extend(queries.iter().filter_map(answered));
    }
    Ok(answers)
}

/// Each with a cluster and ten of its services.
fn calls(queries: &[Query]) -> Vec<(&str, Vec<String>)> {
    let mut by_cluster: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (cluster, service) in queries.iter().filter_map(service_of) {
        by_cluster.entry(cluster).or_default().insert(service);
    }
    let mut calls = Vec::new();
    for (cluster, names) in by_cluster {
        let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
        calls.extend(names.chunks(SERVICES_AT_ONCE).map(|ten| (cluster, ten.to_vec())));
    }
    calls
}

fn service_of(query: &Query) -> Option<(&str, &str)> {
    match query {
        Query::Ecs(EcsRead::Service { cluster, service })
        | Query::Cell(
            Cell::Ecs(EcsCell::ServiceDeployment { cluster, service })
            | Cell::Ecs(EcsCell::ServiceDesiredCount { cluster, service }),
        ) => Some((cluster, service)),
        _ => None,
    }
}

fn answer(found: &[Service], of: &str, query: &Query) -> Option<Answer> {
    let (_, name) = service_of(query).filter(|(cluster, _)| *cluster == of)?;
    let exists = |it: &&Service| it.service_name() == Some(name) && it.status() != Some("INACTIVE");
    let service = found.iter().find(exists)?;
    match query {
        Query::Ecs(EcsRead::Service { .. }) => Some(Answer::found(&fact(service.clone()))),
        Query::Cell(Cell::Ecs(EcsCell::ServiceDeployment { .. })) => Some(Answer::Found(configured(service))),
        Query::Cell(Cell::Ecs(EcsCell::ServiceDesiredCount { .. })) => {
            Some(Answer::Found(service.desired_count().into()))
        }
        _ => None,
    }
}

//! Many instances, or network interfaces, at once. They are named in filters: unlike a list of ids, a filter does not fail for
//! what is gone. A filter takes 200 values (EC2 API reference, Filter).

use super::{
    instances::{INSTANCES, fact, lives, metadata_of, state_of},
    interfaces,
};
use crate::caller::{Caller, pages};
use aws_sdk_ec2::types::{Filter, Instance, NetworkInterface};
use firebreak_core::aws::{
    Answer, Cell, Query, Survey,
    access::Service,
    ec2::{Ec2Cell, Ec2Read, Interface},
    failure::Failure,
};
use std::collections::BTreeSet;

const VALUES: usize = 200;

/// Answers about instances that there are.
pub(crate) async fn instances(caller: &Caller<'_>, queries: &[Query]) -> Result<Vec<(Query, Answer)>, Failure> {
    let mut answers = Vec::new();
    for ids in chunks(queries, instance_of) {
        for instance in described(caller, ids).await? {
            let about = |query: &&Query| instance_of(query) == instance.instance_id();
            let of = queries.iter().filter(about);
            answers.extend(of.filter_map(|query| Some((query.clone(), of_instance(&instance, query)?))));
        }
    }
    Ok(answers)
}

fn instance_of(query: &Query) -> Option<&str> {
    match query {
        Query::Ec2(Ec2Read::Instance { instance_id })
        | Query::Ec2(Ec2Read::InstanceInterfaces { instance_id })
        | Query::Cell(
            Cell::Ec2(Ec2Cell::InstanceMetadata { instance_id }) | Cell::Ec2(Ec2Cell::InstanceState { instance_id }),
        ) => Some(instance_id),
        _ => None,
    }
}

fn of_instance(instance: &Instance, query: &Query) -> Option<Answer> {
    match query {
        Query::Ec2(Ec2Read::Instance { .. }) => Some(Answer::found(&fact(instance.clone()))),
        Query::Cell(_) if !lives(instance) => None,
        Query::Cell(Cell::Ec2(Ec2Cell::InstanceMetadata { .. })) => Some(Answer::found(&metadata_of(instance)?)),
        Query::Cell(Cell::Ec2(Ec2Cell::InstanceState { .. })) => Some(Answer::Found(state_of(instance).into())),
        _ => None,
    }
}

/// Answers about interfaces that there are, and about instances that have some.
pub(crate) async fn interfaces(caller: &Caller<'_>, queries: &[Query]) -> Result<Vec<(Query, Answer)>, Failure> {
    let mut found = Vec::new();
    for ids in chunks(queries, instance_of) {
        found.extend(interfaces::filtered(caller, "attachment.instance-id", ids).await?);
    }
    let mut answers: Vec<_> = queries
        .iter()
        .filter_map(|query| Some((query.clone(), of_owner(&found, query)?)))
        .collect();
    let mut found = Vec::new();
    for ids in chunks(queries, interface_of) {
        found.extend(interfaces::filtered(caller, "network-interface-id", ids).await?);
    }
    answers.extend(
        queries
            .iter()
            .filter_map(|query| Some((query.clone(), of_interface(&found, query)?))),
    );
    Ok(answers)
}

fn interface_of(query: &Query) -> Option<&str> {
    match query {
        Query::Cell(Cell::Ec2(Ec2Cell::NetworkInterfaceGroups { network_interface, .. })) => Some(network_interface),
        _ => None,
    }
}

fn of_owner(found: &[NetworkInterface], query: &Query) -> Option<Answer> {
    let id = instance_of(query)?;
    let is_its = |it: &&NetworkInterface| it.attachment().and_then(|it| it.instance_id()) == Some(id);
    let mut all: Vec<Interface> = found.iter().filter(is_its).cloned().map(interfaces::fact).collect();
    all.sort();
    (!all.is_empty()).then(|| Answer::found(&all))
}

fn of_interface(found: &[NetworkInterface], query: &Query) -> Option<Answer> {
    let id = interface_of(query)?;
    let it = found.iter().find(|it| it.network_interface_id() == Some(id))?;
    Some(Answer::found(&interfaces::fact(it.clone()).groups))
}

/// As many as the questions are worth.
fn chunks(queries: &[Query], id: impl Fn(&Query) -> Option<&str>) -> Vec<Vec<String>> {
    let ids: BTreeSet<&str> = queries.iter().filter_map(id).collect();
    let ids: Vec<String> = ids.into_iter().map(str::to_owned).collect();
    let chunks = ids.chunks(VALUES).take(Survey::calls(queries.len()));
    chunks.map(<[String]>::to_vec).collect()
}

async fn described(caller: &Caller<'_>, ids: Vec<String>) -> Result<Vec<Instance>, Failure> {
    let by_id = &Filter::builder().name("instance-id").set_values(Some(ids)).build();
    let all = pages(INSTANCES, |token| async move {
        let client = caller.session.ec2();
        let request = client
            .describe_instances()
            .filters(by_id.clone())
            .set_next_token(token)
            .send();
        let page = caller.read(Service::Ec2, INSTANCES, request).await?;
        Ok((page.reservations, page.next_token))
    });
    let reservations = all.await?.into_iter();
    Ok(reservations.flat_map(|it| it.instances.unwrap_or_default()).collect())
}

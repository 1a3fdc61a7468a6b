//! Snapshots of an instance's volumes, marked with the run that took them: AWS takes no client token for them.

use super::instances;
use crate::caller::{Caller, pages, receipt};
use aws_sdk_ec2::types::{CopyTagsFromSource, Filter, InstanceSpecification, ResourceType, Tag, TagSpecification};
use firebreak_core::aws::{
    access::Service,
    ec2::Snapshot,
    failure::{Failure, Receipt},
};

const SNAPSHOTS: &str = "ec2:DescribeSnapshots";
/// The tag that names the run.
const RUN: &str = "firebreak.dev/run";
/// The tag that names the instance: a snapshot itself names only its volume.
const INSTANCE: &str = "firebreak.dev/instance";

/// What the run has taken of the instance so far.
pub(crate) async fn taken(caller: &Caller<'_>, instance_id: &str, run: &str) -> Result<Vec<Snapshot>, Failure> {
    let all = pages(SNAPSHOTS, |token| async move {
        let client = caller.session.ec2();
        let request = client
            .describe_snapshots()
            .owner_ids("self")
            .filters(tagged(RUN, run))
            .filters(tagged(INSTANCE, instance_id))
            .set_next_token(token)
            .send();
        let page = caller.read(Service::Ec2, SNAPSHOTS, request).await?;
        Ok((page.snapshots, page.next_token))
    });
    let fact = |snapshot: aws_sdk_ec2::types::Snapshot| Snapshot {
        id: snapshot.snapshot_id.unwrap_or_default(),
        volume: snapshot.volume_id.unwrap_or_default(),
        state: snapshot
            .state
            .map(|state| state.as_str().to_owned())
            .unwrap_or_default(),
    };
    let mut found: Vec<Snapshot> = all.await?.into_iter().map(fact).collect();
    found.sort();
    Ok(found)
}

/// The attached volumes of which the run has no snapshot.
pub(crate) async fn missing(caller: &Caller<'_>, instance_id: &str, run: &str) -> Result<Vec<String>, Failure> {
    instances::living(caller, instance_id).await?;
    let volumes = instances::instance(caller, instance_id).await?.volumes;
    let taken = taken(caller, instance_id, run).await?;
    let captured = |volume: &String| taken.iter().any(|snapshot| snapshot.volume == *volume);
    Ok(volumes.into_iter().filter(|volume| !captured(volume)).collect())
}

/// Asks for a snapshot of every attached volume, of one moment, unless the run has them all.
pub(crate) async fn take(
    caller: &Caller<'_>,
    reader: &Caller<'_>,
    instance_id: &str,
    run: &str,
) -> Result<Receipt, Failure> {
    if missing(reader, instance_id, run).await?.is_empty() {
        return Ok(Receipt::default());
    }
    let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build();
    let tags = TagSpecification::builder()
        .resource_type(ResourceType::Snapshot)
        .tags(tag(RUN, run))
        .tags(tag(INSTANCE, instance_id));
    let request = caller
        .session
        .ec2()
        .create_snapshots()
        .description(format!("Evidence of {instance_id}, taken by Firebreak"))
        .instance_specification(InstanceSpecification::builder().instance_id(instance_id).build())
        .copy_tags_from_source(CopyTagsFromSource::Volume)
        .tag_specifications(tags.build())
        .send();
    let call = "ec2:CreateSnapshots";
    Ok(receipt(&caller.write(Service::Ec2, call, request).await?))
}

fn tagged(key: &str, value: &str) -> Filter {
    Filter::builder().name(format!("tag:{key}")).values(value).build()
}

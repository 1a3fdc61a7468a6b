//! Network interfaces and the security groups that they are in.

use super::{INTERFACES, instances::operator_of, references::about_its_group, tags};
use crate::{
    caller::{Caller, pages, receipt},
    error::failure,
};
use aws_sdk_ec2::types::{Filter, NetworkInterface, NetworkInterfaceType, TrunkInterfaceAssociation};
use firebreak_core::aws::{
    access::Service,
    ec2::{Branches, Interface},
    failure::{Failure, FailureClass, Receipt},
};
use std::time::Duration;

const ASSOCIATIONS: &str = "ec2:DescribeTrunkInterfaceAssociations";
/// The tag with which EKS names the trunk of a branch interface (amazon-vpc-resource-controller-k8s).
const TRUNK_TAG: &str = "tag:vpcresources.k8s.aws/trunk-eni-id";
/// A filter takes so many values (EC2 API reference, Filter).
const VALUES: usize = 200;
const MODIFY: &str = "ec2:ModifyNetworkInterfaceAttribute";
/// How long an interface stays in the group that ends tracking: a change takes a moment until it filters traffic. AWS
/// documents no time; the runbook AWSSupport-ContainEC2Instance changes the groups one after the other.
const UNTRACKING: Duration = Duration::from_secs(1);

/// Every interface that is attached to an instance.
pub(crate) async fn of_instance(caller: &Caller<'_>, instance_id: &str) -> Result<Vec<Interface>, Failure> {
    let all = filtered(caller, "attachment.instance-id", vec![instance_id.to_owned()]);
    let mut found: Vec<Interface> = all.await?.into_iter().map(fact).collect();
    found.sort();
    Ok(found)
}

/// The branch interfaces of trunks: those that AWS says are associated, and those that EKS has tagged so. AWS calls trunking a
/// private feature: where it does not tell the associations, the tags are all that is known, and that is said.
pub(crate) async fn branches(caller: &Caller<'_>, trunks: &[String]) -> Result<Branches, Failure> {
    let (associated, unread) = match associated(caller, trunks).await {
        Ok(ids) => (ids, None),
        Err(failure) if is_refusal(&failure) => (Vec::new(), Some(failure.to_string())),
        Err(failure) => return Err(failure),
    };
    let mut found = filtered(caller, TRUNK_TAG, trunks.to_vec()).await?;
    for ids in associated.chunks(VALUES) {
        found.extend(filtered(caller, "network-interface-id", ids.to_vec()).await?);
    }
    let mut interfaces: Vec<Interface> = found.into_iter().map(fact).collect();
    interfaces.sort();
    interfaces.dedup();
    Ok(Branches { interfaces, unread })
}

/// AWS has no filter by the trunk.
async fn associated(caller: &Caller<'_>, trunks: &[String]) -> Result<Vec<String>, Failure> {
    let all = pages(ASSOCIATIONS, |token| async move {
        let client = caller.session.ec2();
        let request = client
            .describe_trunk_interface_associations()
            .set_next_token(token)
            .send();
        let page = caller.read(Service::Ec2, ASSOCIATIONS, request).await?;
        Ok((page.interface_associations, page.next_token))
    });
    let of_ours = |it: &TrunkInterfaceAssociation| {
        it.trunk_interface_id()
            .is_some_and(|id| trunks.iter().any(|trunk| trunk == id))
    };
    let ours = all.await?.into_iter().filter(of_ours);
    Ok(ours.filter_map(|it| it.branch_interface_id).collect())
}

fn is_refusal(failure: &Failure) -> bool {
    matches!(
        failure.class,
        FailureClass::Denied | FailureClass::Invalid | FailureClass::Unmodifiable
    )
}

/// Every interface of which a filter has one of these values.
pub(super) async fn filtered(
    caller: &Caller<'_>,
    filter: &str,
    values: Vec<String>,
) -> Result<Vec<NetworkInterface>, Failure> {
    let filter = &Filter::builder().name(filter).set_values(Some(values)).build();
    let all = pages(INTERFACES, |token| async move {
        let client = caller.session.ec2();
        let request = client
            .describe_network_interfaces()
            .filters(filter.clone())
            .set_next_token(token)
            .send();
        let page = caller.read(Service::Ec2, INTERFACES, request).await?;
        Ok((page.network_interfaces, page.next_token))
    });
    all.await
}

/// Ids of an interface's groups.
pub(crate) async fn groups(caller: &Caller<'_>, network_interface: &str) -> Result<Vec<String>, Failure> {
    let client = caller.session.ec2();
    let request = client
        .describe_network_interfaces()
        .network_interface_ids(network_interface)
        .send();
    let found = caller.read(Service::Ec2, INTERFACES, request).await?.network_interfaces;
    let first = found.unwrap_or_default().into_iter().next();
    let gone = || {
        let code = "InvalidNetworkInterfaceID.NotFound";
        failure(FailureClass::Gone, INTERFACES, code, network_interface)
    };
    Ok(fact(first.ok_or_else(gone)?).groups)
}

/// Replaces the groups. What is to follow is rehearsed first, so that an interface never stays in groups on the way because
/// AWS refuses the next ones.
pub(crate) async fn set_groups(
    caller: &Caller<'_>,
    network_interface: &str,
    groups: &[String],
    rehearse: Option<&[String]>,
) -> Result<Receipt, Failure> {
    if let Some(next) = rehearse {
        match modify(caller, network_interface, next, true).await {
            Err(failure) if failure.code == "DryRunOperation" => {}
            result => return result,
        }
    }
    let receipt = modify(caller, network_interface, groups, false).await?;
    if rehearse.is_some() {
        tokio::time::sleep(UNTRACKING).await;
    }
    Ok(receipt)
}

async fn modify(
    caller: &Caller<'_>,
    network_interface: &str,
    groups: &[String],
    rehearsal: bool,
) -> Result<Receipt, Failure> {
    let client = caller.session.ec2();
    let request = client
        .modify_network_interface_attribute()
        .network_interface_id(network_interface)
        .set_groups(Some(groups.to_vec()))
        .set_dry_run(rehearsal.then_some(true))
        .send();
    let result = caller.write(Service::Ec2, MODIFY, request).await;
    Ok(receipt(&result.map_err(about_its_group)?))
}

pub(super) fn fact(interface: NetworkInterface) -> Interface {
    let ipv6 = !interface.ipv6_addresses().is_empty() || !interface.ipv6_prefixes().is_empty();
    let trunk = interface.interface_type() == Some(&NetworkInterfaceType::Trunk);
    let operator = interface.operator().and_then(operator_of);
    let ids = interface.groups.into_iter().flatten();
    let mut groups: Vec<String> = ids.filter_map(|group| group.group_id).collect();
    groups.sort();
    Interface {
        id: interface.network_interface_id.unwrap_or_default(),
        description: interface.description.unwrap_or_default(),
        vpc_id: interface.vpc_id.unwrap_or_default(),
        groups,
        requester_managed: interface.requester_managed == Some(true),
        owner: interface.owner_id.unwrap_or_default(),
        operator,
        ipv6,
        trunk,
        tags: tags(interface.tag_set),
    }
}

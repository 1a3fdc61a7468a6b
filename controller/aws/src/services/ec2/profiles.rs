//! The association of an instance with its instance profile.

use super::instances;
use crate::caller::{Caller, pages, receipt};
use aws_sdk_ec2::types::{
    Filter, IamInstanceProfileAssociation, IamInstanceProfileAssociationState as State, IamInstanceProfileSpecification,
};
use firebreak_core::aws::{
    access::Service,
    failure::{Failure, Receipt},
};

const ASSOCIATIONS: &str = "ec2:DescribeIamInstanceProfileAssociations";

/// ARN of the profile that the instance is associated with, in a list; an empty one without.
///
/// # Errors
/// `Gone` once the instance is being terminated.
pub(crate) async fn profile(caller: &Caller<'_>, instance_id: &str) -> Result<Vec<String>, Failure> {
    instances::living(caller, instance_id).await?;
    let found = associations(caller, instance_id).await?;
    Ok(found
        .into_iter()
        .filter_map(|it| it.iam_instance_profile?.arn)
        .collect())
}

/// Ends the association with the profile; one that is gone is ended already.
pub(crate) async fn disassociate(
    caller: &Caller<'_>,
    reader: &Caller<'_>,
    instance_id: &str,
    profile_arn: &str,
) -> Result<Receipt, Failure> {
    let found = associations(reader, instance_id).await?;
    let meant = found.into_iter().find(|it| is_with(it, profile_arn));
    let Some(id) = meant.and_then(|it| it.association_id) else {
        return Ok(Receipt::default());
    };
    let client = caller.session.ec2();
    let request = client.disassociate_iam_instance_profile().association_id(id).send();
    let call = "ec2:DisassociateIamInstanceProfile";
    match caller.write(Service::Ec2, call, request).await {
        Err(failure) if failure.code == "InvalidAssociationID.NotFound" => Ok(Receipt::default()),
        result => Ok(receipt(&result?)),
    }
}

/// Associates the profile, unless it is associated already.
pub(crate) async fn associate(
    caller: &Caller<'_>,
    reader: &Caller<'_>,
    instance_id: &str,
    profile_arn: &str,
) -> Result<Receipt, Failure> {
    let found = associations(reader, instance_id).await?;
    if found.iter().any(|it| is_with(it, profile_arn)) {
        return Ok(Receipt::default());
    }
    let profile = IamInstanceProfileSpecification::builder().arn(profile_arn).build();
    let client = caller.session.ec2();
    let request = client
        .associate_iam_instance_profile()
        .instance_id(instance_id)
        .iam_instance_profile(profile)
        .send();
    let call = "ec2:AssociateIamInstanceProfile";
    Ok(receipt(&caller.write(Service::Ec2, call, request).await?))
}

fn is_with(association: &IamInstanceProfileAssociation, profile_arn: &str) -> bool {
    let profile = association.iam_instance_profile.as_ref();
    profile.and_then(|profile| profile.arn.as_deref()) == Some(profile_arn)
}

/// The associations that give credentials; one that is ending does so no more.
async fn associations(caller: &Caller<'_>, instance_id: &str) -> Result<Vec<IamInstanceProfileAssociation>, Failure> {
    let all = pages(ASSOCIATIONS, |token| async move {
        let client = caller.session.ec2();
        let of = Filter::builder().name("instance-id").values(instance_id).build();
        let request = client
            .describe_iam_instance_profile_associations()
            .filters(of)
            .set_next_token(token)
            .send();
        let page = caller.read(Service::Ec2, ASSOCIATIONS, request).await?;
        Ok((page.iam_instance_profile_associations, page.next_token))
    });
    let ends =
        |it: &IamInstanceProfileAssociation| matches!(it.state, Some(State::Disassociating | State::Disassociated));
    Ok(all.await?.into_iter().filter(|it| !ends(it)).collect())
}

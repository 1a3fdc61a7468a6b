//! The ARN that a spec names, as far as it is known without asking AWS: so that a grant is judged before AWS tells whether
//! there is such a resource.

use crate::{
    aws::{
        Query,
        iam::{IamRead, Role, User},
    },
    blocked::Stop,
    facts::SiteFacts,
    respond::{Named, quarantine::Context},
};

/// The ARN of the IAM role or user that the object names, with its path; none where AWS knows none, or it names neither.
///
/// # Errors
/// [`Stop`] while AWS has not told.
pub fn identity(context: &Context<'_>, facts: &SiteFacts<'_>) -> Result<Option<String>, Stop> {
    if let Some(spec) = &context.target.iam_role {
        let role = spec.role_name.clone();
        return Ok(facts
            .need::<Role>(Query::Iam(IamRead::Role { role }))?
            .map(|role| role.arn));
    }
    let Some(spec) = &context.target.iam_user else {
        return Ok(None);
    };
    let user = spec.user_name.clone();
    Ok(facts
        .need::<User>(Query::Iam(IamRead::User { user }))?
        .map(|user| user.arn))
}

/// The resource that the object names; none when it names none.
pub fn of(context: &Context<'_>) -> Option<Named> {
    let (target, region) = (context.target, context.region);
    let (partition, account) = (context.partition(), &context.account.account_id);
    let regional = |service: &str, name: String| format!("arn:{partition}:{service}:{region}:{account}:{name}");
    if let Some(role) = &target.iam_role {
        return Some(Named::identity(partition, account, "role", &role.role_name));
    }
    if let Some(user) = &target.iam_user {
        return Some(Named::identity(partition, account, "user", &user.user_name));
    }
    if let Some(instance) = &target.ec2_instance {
        return Some(Named::only(regional(
            "ec2",
            format!("instance/{}", instance.instance_id),
        )));
    }
    if let Some(service) = &target.ecs_service {
        let name = format!("service/{}/{}", service.cluster, service.service);
        return Some(Named::only(regional("ecs", name)));
    }
    if let Some(function) = &target.lambda_function {
        return Some(Named::only(regional(
            "lambda",
            format!("function:{}", function.function_name),
        )));
    }
    let bucket = target.s3_bucket.as_ref()?;
    Some(Named::only(format!("arn:{partition}:s3:::{}", bucket.bucket)))
}

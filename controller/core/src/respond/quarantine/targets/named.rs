//! The ARN that a spec names, as far as it is known without asking AWS: so that a grant is judged before AWS tells whether
//! there is such a resource.

use crate::{
    aws::{
        Query,
        iam::{IamRead, Role, User},
    },
    blocked::Stop,
    facts::Facts,
    respond::quarantine::Context,
};

/// What a spec names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The ARN, without the path that an identity may have.
    pub arn: String,
    /// A pattern of every ARN that the resource may have.
    pub pattern: String,
}

/// The ARN of the IAM role or user that the object names, with its path; none where AWS knows none, or it names neither.
///
/// # Errors
/// [`Stop`] while AWS has not told.
pub fn identity(context: &Context<'_>, facts: &Facts) -> Result<Option<String>, Stop> {
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

impl Named {
    /// The resource that the object names; none when it names none.
    pub fn by(context: &Context<'_>) -> Option<Self> {
        let (target, region) = (context.target, context.region);
        let (partition, account) = (context.partition(), &context.account.account_id);
        let regional = |service: &str, name: String| format!("arn:{partition}:{service}:{region}:{account}:{name}");
        if let Some(role) = &target.iam_role {
            return Some(Self::identity(partition, account, "role", &role.role_name));
        }
        if let Some(user) = &target.iam_user {
            return Some(Self::identity(partition, account, "user", &user.user_name));
        }
        if let Some(instance) = &target.ec2_instance {
            return Some(Self::only(regional(
                "ec2",
                format!("instance/{}", instance.instance_id),
            )));
        }
        if let Some(service) = &target.ecs_service {
            let name = format!("service/{}/{}", service.cluster, service.service);
            return Some(Self::only(regional("ecs", name)));
        }
        if let Some(function) = &target.lambda_function {
            return Some(Self::only(regional(
                "lambda",
                format!("function:{}", function.function_name),
            )));
        }
        let bucket = target.s3_bucket.as_ref()?;
        Some(Self::only(format!("arn:{partition}:s3:::{}", bucket.bucket)))
    }

    fn only(arn: String) -> Self {
        Self {
            pattern: arn.clone(),
            arn,
        }
    }

    /// Where its path is, only AWS knows.
    fn identity(partition: &str, account: &str, what: &str, name: &str) -> Self {
        let prefix = format!("arn:{partition}:iam::{account}:{what}/");
        Self {
            arn: format!("{prefix}{name}"),
            pattern: format!("{prefix}*{name}"),
        }
    }
}

//! A resource that an object names, as far as it is known without asking AWS: so that a grant is judged before AWS tells
//! whether there is such a resource.

/// A resource that an object names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The ARN, without the path that an identity may have.
    pub arn: String,
    /// A pattern of every ARN that the resource may have.
    pub pattern: String,
}

impl Named {
    /// A resource that can have this ARN only.
    pub fn only(arn: String) -> Self {
        Self {
            pattern: arn.clone(),
            arn,
        }
    }

    /// An IAM role or user (`what`): where its path is, only AWS knows.
    pub fn identity(partition: &str, account_id: &str, what: &str, name: &str) -> Self {
        let prefix = format!("arn:{partition}:iam::{account_id}:{what}/");
        Self {
            arn: format!("{prefix}{name}"),
            pattern: format!("{prefix}*{name}"),
        }
    }
}

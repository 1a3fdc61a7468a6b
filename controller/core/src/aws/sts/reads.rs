//! What is read of STS.

use crate::aws::{Grant, Question, Scope, table::table};
use serde::{Deserialize, Serialize};
use strum::EnumIter;

/// One question to STS.
#[derive(EnumIter, Serialize, Deserialize, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StsRead {
    /// sts:GetCallerIdentity with the read role → [`crate::aws::sts::CallerIdentity`].
    CallerIdentity,
}

table! {
    /// The IAM actions that it needs, the one that is called first in front.
    grants, READS: StsRead => &'static [Grant] {
        Self::CallerIdentity => &[Scope::ANYTHING.allows(&["sts:GetCallerIdentity"])],
    }
}

impl Question for StsRead {
    fn grants(&self) -> &'static [Grant] {
        self.grants()
    }

    fn subject(&self) -> String {
        match self {
            Self::CallerIdentity => "the caller's identity".into(),
        }
    }
}

//! What is read of Lambda.

use super::resources::FUNCTIONS;
use crate::aws::{Grant, Question, Scope, table::table};
use serde::{Deserialize, Serialize};
use strum::EnumIter;

/// One question to Lambda.
#[derive(EnumIter, Serialize, Deserialize, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LambdaRead {
    /// lambda:ListEventSourceMappings in the region → `Vec<`[`crate::aws::lambda::EventSource`]`>` of those that invoke the function,
    /// one of its aliases or versions.
    EventSourcesOfFunction {
        /// Function name.
        function: String,
    },
    /// lambda:GetFunctionConfiguration, ListVersionsByFunction and ListTags → [`crate::aws::lambda::Function`].
    Function {
        /// Function name.
        function: String,
    },
    /// lambda:ListFunctions in the region → [`crate::aws::iam::UsersOfRole`]: the functions that run with the role, `NAME:VERSION` where only a
    /// published version does.
    FunctionsOfRole {
        /// Region to look in.
        region: String,
        /// ARN of the role.
        role_arn: String,
    },
}

table! {
    /// The IAM actions that it needs, the one that is called first in front.
    grants, READS: LambdaRead => &'static [Grant] {
        Self::EventSourcesOfFunction { .. } => &[Scope::ANYTHING.allows(&["lambda:ListEventSourceMappings"])],
        Self::Function { .. } => &[FUNCTIONS.allows(&[
            "lambda:GetFunctionConfiguration", "lambda:ListVersionsByFunction", "lambda:ListTags",
        ])],
        Self::FunctionsOfRole { .. } => &[Scope::ANYTHING.allows(&["lambda:ListFunctions"])],
    }
}

impl Question for LambdaRead {
    fn grants(&self) -> &'static [Grant] {
        self.grants()
    }

    fn subject(&self) -> String {
        match self {
            Self::EventSourcesOfFunction { function } => format!("the event sources of function {function}"),
            Self::Function { function } => format!("function {function}"),
            Self::FunctionsOfRole { region, .. } => format!("the Lambda functions of the role in {region}"),
        }
    }

    fn region(&self) -> Option<&str> {
        match self {
            Self::FunctionsOfRole { region, .. } => Some(region),
            Self::EventSourcesOfFunction { .. } | Self::Function { .. } => None,
        }
    }

    fn is_informational(&self) -> bool {
        matches!(self, Self::FunctionsOfRole { .. })
    }

    fn is_wide(&self) -> bool {
        self.is_informational()
    }
}

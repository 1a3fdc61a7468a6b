//! The step `lambdaAlias`.

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

/// Lets an alias of the region that becomes active invoke a published version.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct LambdaAlias {
    /// What is invoked in regions.primary, once that becomes active.
    pub primary: AliasVersion,
    /// What is invoked in regions.standby, once that becomes active.
    pub standby: AliasVersion,
}

/// An alias and the version that it is to invoke.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct AliasVersion {
    /// Name of the function.
    #[schemars(length(min = 1, max = 64))]
    pub function: String,
    /// Name of the alias.
    #[schemars(length(min = 1, max = 128))]
    pub alias: String,
    /// The published version, such as 7.
    #[schemars(length(min = 1, max = 20))]
    #[x_kube(validation = Rule::new("self.matches('^[1-9][0-9]*$')").message("version is the number of a published version, such as 7; $LATEST changes by itself"))]
    pub version: String,
}

//! The step `lambdaEventSources`.

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

/// Lets functions of the region that becomes active take events, and those of the region that is left no more. The mappings exist in
/// both; each is enabled or disabled, and nothing else of it changes.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct LambdaEventSources {
    /// The function in regions.primary, and its event source mappings.
    pub primary: EventSourceMappings,
    /// The function in regions.standby, and its event source mappings.
    pub standby: EventSourceMappings,
}

/// A function and its event source mappings.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct EventSourceMappings {
    /// Name of the function. A mapping that invokes another one is refused.
    #[schemars(length(min = 1, max = 64))]
    pub function: String,
    /// UUIDs of the mappings that invoke the function, an alias or a version of it.
    #[schemars(length(min = 1, max = 5), inner(length(equal = 36)))]
    #[x_kube(validation = Rule::new("self.all(id, id.matches('^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'))")
        .message("mappings are UUIDs such as 14e0db71-5d35-4eb5-b481-8945cf9d10c2"))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub mappings: Vec<String>,
}

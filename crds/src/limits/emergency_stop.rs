//! `EmergencyStop`: its existence stops every new AWS write.

use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};

/// While any EmergencyStop exists, Firebreak starts no AWS write. A section that has begun is finished to its safe end.
/// Keep it out of Git: a sync must not take it away or bring it back.
#[derive(CustomResource, KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[kube(
    group = "firebreak.dev",
    version = "v1alpha1",
    kind = "EmergencyStop",
    shortname = "estop",
    category = "firebreak",
    derive = "PartialEq",
    printcolumn(name = "Reason", type_ = "string", json_path = ".spec.reason"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
pub struct EmergencyStopSpec {
    /// Why; it is shown on every object whose writes it holds back.
    #[schemars(length(min = 1, max = 512))]
    pub reason: String,
}

//! What scales an ECS service.

use serde::{Deserialize, Serialize};

/// A scalable target of Application Auto Scaling.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub struct ScalableTarget {
    /// Smallest capacity; a scaling activity raises the desired count to it.
    pub min: i32,
    /// Largest capacity.
    pub max: i32,
    /// What is suspended.
    pub suspended: Suspension,
}

/// Which kinds of scaling are suspended.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub struct Suspension {
    /// Scaling in.
    pub scale_in: bool,
    /// Scaling out.
    pub scale_out: bool,
    /// Scheduled scaling.
    pub scheduled: bool,
}

impl Suspension {
    /// Every kind is suspended.
    pub const ALL: Self = Self {
        scale_in: true,
        scale_out: true,
        scheduled: true,
    };
}

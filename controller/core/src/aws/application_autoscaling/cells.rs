//! What scales an ECS service, as cells.

use super::{ApplicationAutoScalingWrite, Suspension};
use crate::aws::{Grant, Meaning, Scope, ecs, table::table, value::normal};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use strum::EnumIter;

/// One piece of the scaling of an ECS service.
#[derive(EnumIter, Serialize, Deserialize, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ApplicationAutoScalingCell {
    /// The smallest count to which Application Auto Scaling scales a service: an integer, or null where nothing scales it.
    ScalingMinimum {
        /// Cluster name.
        cluster: String,
        /// Service name.
        service: String,
    },
    /// Which kinds of a service's scaling are suspended: [`crate::aws::application_autoscaling::Suspension`], or null where nothing scales it.
    ScalingSuspension {
        /// Cluster name.
        cluster: String,
        /// Service name.
        service: String,
    },
}

table! {
    /// The IAM actions that reading it needs, the one that is called first in front.
    grants, CELLS: ApplicationAutoScalingCell => &'static [Grant] {
        Self::ScalingMinimum { .. } | Self::ScalingSuspension { .. } => &[
            Scope::ANYTHING.allows(&["application-autoscaling:DescribeScalableTargets"]),
            ecs::resources::SERVICES.allows(&["ecs:DescribeServices"]),
        ],
    }
}

impl Meaning for ApplicationAutoScalingCell {
    fn resource(&self, partition: &str, account_id: &str, region: &str) -> String {
        match self {
            Self::ScalingMinimum { cluster, service } | Self::ScalingSuspension { cluster, service } => {
                ecs::service_arn((partition, account_id, region), cluster, service)
            }
        }
    }

    fn field(&self) -> String {
        match self {
            Self::ScalingMinimum { .. } => "ScalingMinimum".into(),
            Self::ScalingSuspension { .. } => "ScalingSuspension".into(),
        }
    }

    fn grants(&self) -> &'static [Grant] {
        self.grants()
    }

    fn sentence(&self, to: &Value) -> String {
        match self {
            Self::ScalingMinimum { service, .. } => minimum_sentence(service, to),
            Self::ScalingSuspension { service, .. } => suspension_sentence(service, to),
        }
    }

    fn canonical(&self, value: &Value) -> Value {
        match self {
            Self::ScalingMinimum { .. } => value.clone(),
            Self::ScalingSuspension { .. } => normal::<Suspension>(value),
        }
    }

    fn material(&self, before: &Value) -> Value {
        match self {
            Self::ScalingMinimum { .. } => Value::Null,
            Self::ScalingSuspension { .. } => self.canonical(before),
        }
    }
}

impl ApplicationAutoScalingCell {
    /// A value that is none is never written: what nothing scales stays as it is.
    pub(in crate::aws) fn writes(&self, to: &Value) -> Vec<ApplicationAutoScalingWrite> {
        let (cluster, service, min, suspended) = match self {
            Self::ScalingMinimum { cluster, service } => (cluster, service, parse(to), None),
            Self::ScalingSuspension { cluster, service } => (cluster, service, None, parse(to)),
        };
        let write = || ApplicationAutoScalingWrite::RegisterScalableTarget {
            cluster: cluster.clone(),
            service: service.clone(),
            min,
            suspended,
        };
        (min.is_some() || suspended.is_some()).then(write).into_iter().collect()
    }
}

fn minimum_sentence(service: &str, to: &Value) -> String {
    match parse::<i32>(to) {
        Some(min) => format!("Set the autoscaling minimum of service {service} to {min}"),
        None => untouched(service),
    }
}

fn suspension_sentence(service: &str, to: &Value) -> String {
    match parse::<Suspension>(to) {
        Some(Suspension::ALL) => format!("Suspend the autoscaling of service {service}"),
        Some(_) => format!("Resume the autoscaling of service {service} as far as it was on"),
        None => untouched(service),
    }
}

fn untouched(service: &str) -> String {
    format!("Leave the autoscaling of service {service} as it is: it had none")
}

fn parse<T: DeserializeOwned>(value: &Value) -> Option<T> {
    serde_json::from_value(value.clone()).unwrap_or_default()
}

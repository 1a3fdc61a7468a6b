//! A job: what AWS does by itself once it is asked. Whether it is done is a question of whose it is, not only of what is there.

use super::{Deed, Probe};
use crate::aws::{
    Answer, Site,
    rds::{DbInstance, Promotion},
};
use serde::{Deserialize, Serialize};

/// A job.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub enum Job {
    /// Promotes an RDS read replica.
    RdsPromotion(Promotion),
}

/// How far a job is, as one answer of AWS shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// AWS does nothing of it, and would begin it if it was asked.
    NotBegun,
    /// AWS does nothing of it, and would not begin it now; for people.
    NotReady(String),
    /// AWS does it.
    Underway,
    /// AWS has done it, and this run asked for it.
    Done,
    /// AWS has given it up; for people.
    Failed(String),
    /// It is as if it was done, or is of another resource, and this run did not do that; for people.
    Foreign(String),
    /// AWS did not tell; for people.
    Unknown(String),
}

impl Job {
    /// The question how far it is.
    pub fn probe(&self) -> Probe {
        match self {
            Self::RdsPromotion(promotion) => Probe::DbInstance {
                instance: promotion.instance.clone(),
            },
        }
    }

    /// ARN of the resource that it changes.
    pub fn resource(&self, partition: &str, site: &Site) -> String {
        let Self::RdsPromotion(promotion) = self;
        format!(
            "arn:{partition}:rds:{}:{}:db:{}",
            site.region, site.account_id, promotion.instance
        )
    }

    /// The call that begins it.
    pub fn deed(&self) -> Deed {
        match self {
            Self::RdsPromotion(promotion) => Deed::PromoteReadReplica {
                instance: promotion.instance.clone(),
                backup_retention_days: promotion.backup_retention_days,
            },
        }
    }

    /// How far it is. `asked_for` says whether the journal of this run has asked for it.
    pub fn seen(&self, answer: &Answer, asked_for: bool) -> Seen {
        match (self, answer) {
            (Self::RdsPromotion(promotion), Answer::Found(value)) => {
                match serde_json::from_value::<DbInstance>(value.clone()) {
                    Ok(instance) => promotion.seen(&instance, asked_for),
                    Err(error) => Seen::Unknown(format!("was answered in another shape: {error}")),
                }
            }
            (Self::RdsPromotion(promotion), Answer::NotFound) => {
                Seen::Foreign(format!("{} does not exist", promotion.instance))
            }
            (_, Answer::Denied(why) | Answer::Unreachable(why)) => Seen::Unknown(why.clone()),
            (_, Answer::Throttled) => Seen::Unknown("AWS asks to slow down".into()),
        }
    }
}

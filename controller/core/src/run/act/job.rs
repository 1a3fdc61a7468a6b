//! A job: what AWS does by itself once it is asked. Whether it is done is a question of whose it is, not only of what is there.

use super::{Deed, Probe};
use crate::aws::{
    Answer, Site,
    rds::{DbInstance, Promotion, Reboot, RebootSight},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

/// A job.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub enum Job {
    /// Promotes an RDS read replica.
    RdsPromotion(Promotion),
    /// Reboots an RDS instance.
    RdsReboot(Reboot),
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
            Self::RdsReboot(reboot) => Probe::DbRestart {
                instance: reboot.instance.clone(),
            },
        }
    }

    /// ARN of the resource that it changes.
    pub fn resource(&self, partition: &str, site: &Site) -> String {
        let instance = match self {
            Self::RdsPromotion(promotion) => &promotion.instance,
            Self::RdsReboot(reboot) => &reboot.instance,
        };
        format!("arn:{partition}:rds:{}:{}:db:{instance}", site.region, site.account_id)
    }

    /// The call that begins it.
    pub fn deed(&self) -> Deed {
        match self {
            Self::RdsPromotion(promotion) => Deed::PromoteReadReplica {
                instance: promotion.instance.clone(),
                backup_retention_days: promotion.backup_retention_days,
            },
            Self::RdsReboot(reboot) => Deed::RebootDbInstance {
                instance: reboot.instance.clone(),
            },
        }
    }

    /// Whether nothing takes it back.
    pub fn is_one_way(&self) -> bool {
        matches!(self, Self::RdsPromotion(_))
    }

    /// How far it is. `found` is what the journal of this run found before it asked for it; none where it did not ask.
    pub fn seen(&self, answer: &Answer, found: Option<&Value>) -> Seen {
        let value = match answer {
            Answer::Found(value) => value,
            Answer::NotFound => return self.missing(),
            Answer::Denied(why) | Answer::Unreachable(why) => return Seen::Unknown(why.clone()),
            Answer::Throttled => return Seen::Unknown("AWS asks to slow down".into()),
        };
        match self {
            Self::RdsPromotion(promotion) => read(value, |it: DbInstance| promotion.seen(&it, found.is_some())),
            Self::RdsReboot(reboot) => read(value, |it: RebootSight| reboot.seen(&it, found)),
        }
    }

    fn missing(&self) -> Seen {
        match self {
            Self::RdsPromotion(promotion) => Seen::Foreign(format!("{} does not exist", promotion.instance)),
            Self::RdsReboot(reboot) => Seen::Failed(format!("{} does not exist", reboot.instance)),
        }
    }
}

fn read<T: DeserializeOwned>(value: &Value, seen: impl FnOnce(T) -> Seen) -> Seen {
    match serde_json::from_value(value.clone()) {
        Ok(read) => seen(read),
        Err(error) => Seen::Unknown(format!("was answered in another shape: {error}")),
    }
}

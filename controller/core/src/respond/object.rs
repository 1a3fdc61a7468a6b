//! The objects of responses that are held: one type for all kinds, so that who carries them out needs no more than one way.

use super::{Responder, Summary, quarantine, traffic};
use crate::engine::Subject;
use firebreak_crds::{Condition, ObjectMeta, Quarantine, TrafficPolicy, condition::Wanted};
use serde_json::{Value, json};

/// A kind of objects whose responses are held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Respondent {
    /// `Quarantine`.
    Quarantine,
    /// `TrafficPolicy`.
    TrafficPolicy,
}

impl Respondent {
    /// Every one.
    pub const ALL: [Self; 2] = [Self::Quarantine, Self::TrafficPolicy];

    /// The name of the kind.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Quarantine => "Quarantine",
            Self::TrafficPolicy => "TrafficPolicy",
        }
    }

    /// The one of this name.
    pub fn called(kind: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.kind() == kind)
    }
}

/// An object whose response is held.
#[derive(Clone, Debug, PartialEq)]
pub enum Object {
    /// One AWS resource, cut off.
    Quarantine(Box<Quarantine>),
    /// Addresses that a web ACL blocks.
    TrafficPolicy(Box<TrafficPolicy>),
}

impl From<Quarantine> for Object {
    fn from(object: Quarantine) -> Self {
        Self::Quarantine(Box::new(object))
    }
}

impl From<TrafficPolicy> for Object {
    fn from(object: TrafficPolicy) -> Self {
        Self::TrafficPolicy(Box::new(object))
    }
}

impl Object {
    /// Its kind.
    pub fn respondent(&self) -> Respondent {
        match self {
            Self::Quarantine(_) => Respondent::Quarantine,
            Self::TrafficPolicy(_) => Respondent::TrafficPolicy,
        }
    }

    /// Its metadata.
    pub fn metadata(&self) -> &ObjectMeta {
        match self {
            Self::Quarantine(object) => &object.metadata,
            Self::TrafficPolicy(object) => &object.metadata,
        }
    }

    /// The same, to be changed.
    pub fn metadata_mut(&mut self) -> &mut ObjectMeta {
        match self {
            Self::Quarantine(object) => &mut object.metadata,
            Self::TrafficPolicy(object) => &mut object.metadata,
        }
    }

    /// Its name; empty where it has none.
    pub fn name(&self) -> &str {
        self.metadata().name.as_deref().unwrap_or_default()
    }

    /// Its namespace; empty where it has none.
    pub fn namespace(&self) -> &str {
        self.metadata().namespace.as_deref().unwrap_or_default()
    }

    /// Its UID; empty where it has none.
    pub fn uid(&self) -> &str {
        self.metadata().uid.as_deref().unwrap_or_default()
    }

    /// What the engine decides about.
    pub fn subject(&self) -> Subject {
        Subject::of(self.metadata(), self.responder())
    }

    fn responder(&self) -> Responder {
        match self {
            Self::Quarantine(object) => object.spec.clone().into(),
            Self::TrafficPolicy(object) => object.spec.clone().into(),
        }
    }

    /// What was said of it so far.
    pub fn conditions(&self) -> &[Condition] {
        match self {
            Self::Quarantine(object) => object.status.as_ref().map_or(&[], |status| &status.conditions),
            Self::TrafficPolicy(object) => object.status.as_ref().map_or(&[], |status| &status.conditions),
        }
    }

    /// The generation that its status speaks of.
    pub fn observed(&self) -> Option<i64> {
        match self {
            Self::Quarantine(object) => object.status.as_ref()?.observed_generation,
            Self::TrafficPolicy(object) => object.status.as_ref()?.observed_generation,
        }
    }

    /// Its status as JSON; none where it has none.
    pub fn status(&self) -> Option<Value> {
        match self {
            Self::Quarantine(object) => object.status.as_ref().map(|status| json!(status)),
            Self::TrafficPolicy(object) => object.status.as_ref().map(|status| json!(status)),
        }
    }

    /// The status that says this, as JSON: `said` are the conditions of a report, `conditions` the same with their times.
    pub fn reported(&self, said: &[Wanted], conditions: Vec<Condition>, summary: &Summary) -> Value {
        match self {
            Self::Quarantine(_) => json!(quarantine::status(said, conditions, summary)),
            Self::TrafficPolicy(_) => json!(traffic::status(said, conditions, summary)),
        }
    }

    /// The whole of it as JSON.
    pub fn json(&self) -> Value {
        match self {
            Self::Quarantine(object) => json!(object),
            Self::TrafficPolicy(object) => json!(object),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use firebreak_crds::{CUSTODY_FINALIZER, Family, KINDS};

    #[test]
    fn every_responder_that_keeps_custody_is_one() {
        let kept = KINDS
            .iter()
            .filter(|kind| kind.family == Family::Responder && kind.finalizer == Some(CUSTODY_FINALIZER));
        let kept: Vec<String> = kept.map(|kind| kind.kind()).collect();
        assert_eq!(Respondent::ALL.map(Respondent::kind).to_vec(), kept);
        assert!(
            Respondent::ALL
                .into_iter()
                .all(|one| Respondent::called(one.kind()) == Some(one))
        );
        assert_eq!(Respondent::called("FailoverPlan"), None);
    }
}

//! What is kept of an object that is watched: which one it is, and the few fields that say whether and when it is looked at.
//! The rest is never parsed, however large and many the objects are; who looks reads it live. Nothing in an object can make
//! it undecodable here: a field that is not what it should be is as if it were not there.

mod loose;

use firebreak_crds::{HOLDER_LABEL_PREFIX, INCIDENT_LABEL};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};
use kube::Resource;
use loose::Names;
pub(crate) use loose::{Loose, Many, Texts};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use std::{borrow::Cow, collections::BTreeMap, marker::PhantomData};

/// What the names of our finalizers begin with.
const OUR_FINALIZERS: &str = "firebreak.dev/";

/// An object of kind `K`, of which only the fields of `Spec` and `Status` are kept.
#[derive(Clone, Debug)]
pub struct Watched<K, Spec, Status> {
    /// Which object it is; of its finalizers ours, of its labels one that names a holder, and the one that
    /// names the Incident that created it.
    pub metadata: ObjectMeta,
    /// What is kept of the spec.
    pub spec: Spec,
    /// What is kept of the status.
    pub status: Status,
    kind: PhantomData<fn() -> K>,
}

/// No field is kept.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub struct Nothing {}

/// Which account it is.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Identified {
    account_id: Texts,
}

impl Identified {
    /// The account id; empty when it has none.
    pub fn id(&self) -> &str {
        self.account_id.as_str()
    }
}

/// What the status knows of.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Observed {
    observed_generation: loose::Number,
}

impl Observed {
    /// The last generation of the spec that was acted upon.
    pub fn generation(&self) -> Option<i64> {
        self.observed_generation.0
    }
}

/// What the status knows of, and the state that it names.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Stands {
    observed_generation: loose::Number,
    state: Texts,
}

impl Stands {
    /// The last generation of the spec that was acted upon.
    pub fn generation(&self) -> Option<i64> {
        self.observed_generation.0
    }

    /// The state; empty where it names none.
    pub fn state(&self) -> &str {
        self.state.as_str()
    }
}

/// The object as it comes.
#[derive(Default, Deserialize)]
#[serde(
    default,
    bound(deserialize = "Spec: DeserializeOwned + Default, Status: DeserializeOwned + Default")
)]
struct Raw<Spec: Default, Status: Default> {
    metadata: Loose<Meta>,
    spec: Loose<Spec>,
    status: Loose<Status>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Meta {
    name: Texts,
    namespace: Texts,
    uid: Texts,
    resource_version: Texts,
    generation: loose::Number,
    deletion_timestamp: loose::Exists,
    finalizers: Names,
    labels: loose::Labels,
}

impl From<Meta> for ObjectMeta {
    fn from(meta: Meta) -> Self {
        let ours = meta.finalizers.beginning_with(OUR_FINALIZERS);
        let labels = kept(meta.labels);
        Self {
            name: Some(meta.name.into()),
            namespace: Some(meta.namespace.into()).filter(|namespace: &String| !namespace.is_empty()),
            uid: Some(meta.uid.into()),
            resource_version: Some(meta.resource_version.into()),
            generation: meta.generation.0,
            deletion_timestamp: meta.deletion_timestamp.0.then_some(Time(Timestamp::UNIX_EPOCH)),
            finalizers: Some(ours).filter(|ours| !ours.is_empty()),
            labels: Some(labels).filter(|labels| !labels.is_empty()),
            ..Self::default()
        }
    }
}

/// One that names a holder, and the Incident that created the object.
fn kept(labels: loose::Labels) -> BTreeMap<String, String> {
    let holder = labels.names.beginning_with(HOLDER_LABEL_PREFIX).into_iter().next();
    let incident = Some(String::from(labels.incident)).filter(|incident| !incident.is_empty());
    let holder = holder.map(|key| (key, "true".to_owned()));
    let incident = incident.map(|name| (INCIDENT_LABEL.to_owned(), name));
    holder.into_iter().chain(incident).collect()
}

impl<'de, K, Spec, Status> Deserialize<'de> for Watched<K, Spec, Status>
where
    Spec: DeserializeOwned + Default,
    Status: DeserializeOwned + Default,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Loose::<Raw<Spec, Status>>::deserialize(deserializer)?.0;
        Ok(Self {
            metadata: raw.metadata.0.into(),
            spec: raw.spec.0,
            status: raw.status.0,
            kind: PhantomData,
        })
    }
}

impl<K: Resource<DynamicType = ()>, Spec, Status> Resource for Watched<K, Spec, Status> {
    type DynamicType = ();
    type Scope = K::Scope;

    fn kind((): &()) -> Cow<'_, str> {
        K::kind(&())
    }

    fn group((): &()) -> Cow<'_, str> {
        K::group(&())
    }

    fn version((): &()) -> Cow<'_, str> {
        K::version(&())
    }

    fn plural((): &()) -> Cow<'_, str> {
        K::plural(&())
    }

    /// Where no field is kept, none is sent.
    fn metadata_api() -> bool {
        size_of::<(Spec, Status)>() == 0
    }

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}

#[cfg(test)]
mod tests;

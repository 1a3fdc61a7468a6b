//! What is kept of an object that is watched: which one it is, and the few fields that say whether and when it is looked at.
//! The rest of a spec and a status is never parsed, however large and many the objects are; who looks reads it live.

use firebreak_crds::{AccountRef, Hold, Quarantine};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Resource;
use serde::{Deserialize, de::IgnoredAny};
use std::{borrow::Cow, marker::PhantomData};

/// An object of kind `K`, of which only the fields of `Spec` and `Status` are kept.
#[derive(Clone, Debug, Deserialize)]
#[serde(bound(deserialize = "Spec: Deserialize<'de>, Status: Deserialize<'de>"))]
pub struct Seen<K, Spec, Status> {
    /// Which object it is.
    pub metadata: ObjectMeta,
    /// What is kept of the spec.
    pub spec: Spec,
    /// What is kept of the status, where there is one.
    pub status: Option<Status>,
    #[serde(skip)]
    kind: PhantomData<fn() -> K>,
}

/// A Quarantine as it is watched.
pub type SeenQuarantine = Seen<Quarantine, InAccount, Observed>;
/// A Hold as it is watched.
pub type SeenHold = Seen<Hold, KeptIn, IgnoredAny>;

/// Where a Quarantine acts.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InAccount {
    /// Its AwsAccount.
    pub account_ref: AccountRef,
}

/// Where a Hold keeps something.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeptIn {
    /// Its AwsAccount.
    pub account_name: String,
}

/// What the status knows of.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Observed {
    /// The last generation of the spec that was acted upon.
    pub observed_generation: Option<i64>,
}

impl<K: Resource<DynamicType = ()>, Spec, Status> Resource for Seen<K, Spec, Status> {
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

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}

//! The evidence bucket: objects that are put once.

use super::{MemoryAws, calls::Request, refusal::Refusal, state::State};
use firebreak_core::{
    aws::{
        access::Access,
        failure::{Failure, FailureClass},
    },
    digest,
    run::archive::{Archived, Document},
};
use std::collections::BTreeMap;

pub(super) const PUT: &str = "s3:PutObject";
pub(super) const GET: &str = "s3:GetObject";
pub(super) const LIST: &str = "s3:ListBucket";

impl MemoryAws {
    /// The content of every object in the evidence buckets, by `bucket/key`.
    pub fn objects(&self) -> BTreeMap<String, String> {
        self.state().objects.clone()
    }

    /// Changes every object behind everybody's back.
    pub fn tamper(&self, change: impl Fn(&str) -> String) {
        self.state().objects.values_mut().for_each(|body| *body = change(body));
    }

    /// Somebody else writes an object into the bucket.
    pub fn plant(&self, key: &str, body: &str) {
        self.state().objects.insert(key.into(), body.into());
    }

    /// A call about the evidence bucket, with whatever fault waits for it.
    pub(super) async fn about_evidence<T>(
        &self,
        access: &Access,
        permission: &'static str,
        work: impl Fn(&mut State, &str) -> Result<T, Refusal> + Send,
    ) -> Result<T, Failure> {
        let request = Request::Evidence(permission);
        let act = |state: &mut State| {
            state.admit(access, &request)?;
            let bucket = bucket(access).map_err(|refusal| refusal.in_call(permission))?;
            work(state, bucket).map_err(|refusal| refusal.in_call(permission))
        };
        self.call(access, &request, act).await
    }
}

fn bucket(access: &Access) -> Result<&str, Refusal> {
    let none = || Refusal::invalid("NoEvidenceBucket", "the AwsAccount names no evidence bucket");
    access
        .account
        .evidence
        .as_ref()
        .map(|store| store.bucket.as_str())
        .ok_or_else(none)
}

pub(super) fn put(state: &mut State, bucket: &str, document: &Document) -> Result<Archived, Refusal> {
    let stored = state
        .objects
        .entry(format!("{bucket}/{}", document.key))
        .or_insert_with(|| document.body.clone());
    Ok(Archived {
        sha256: digest::of_bytes(stored.as_bytes()),
        ..Archived::default()
    })
}

pub(super) fn replace(state: &mut State, bucket: &str, document: &Document) {
    let key = format!("{bucket}/{}", document.key);
    state.objects.insert(key, document.body.clone());
}

pub(super) fn keys(state: &State, bucket: &str, prefix: &str) -> Vec<String> {
    let of_bucket = format!("{bucket}/");
    let keys = state.objects.keys().filter_map(|key| key.strip_prefix(&of_bucket));
    keys.filter(|key| key.starts_with(prefix)).map(str::to_owned).collect()
}

pub(super) fn get(state: &State, bucket: &str, key: &str) -> Result<String, Refusal> {
    let gone = || Refusal::new(FailureClass::Gone, "NoSuchKey", key);
    state.objects.get(&format!("{bucket}/{key}")).cloned().ok_or_else(gone)
}

//! The ledger of an Incident, read back: every object under its prefix.

use crate::Cloud;
use firebreak_core::aws::{
    access::Access,
    failure::{Failure, FailureClass},
};
use std::collections::BTreeMap;

/// The most objects of a ledger that are read: far more than an Incident has events.
const MOST: usize = 20_000;

/// Objects by their key: the content, or why there is none that can be read.
pub type Objects = BTreeMap<String, Result<String, String>>;

/// Reads every object under a prefix.
///
/// # Errors
/// A classified [`Failure`] when the bucket cannot be read; `Invalid` when there are more objects than any ledger has. One object
/// that is no text of ours is only named.
pub async fn objects(cloud: &dyn Cloud, access: &Access, prefix: &str) -> Result<Objects, Failure> {
    let keys = cloud.archived_keys(access, prefix).await?;
    if keys.len() > MOST {
        return Err(too_many(prefix, keys.len()));
    }
    let mut objects = Objects::new();
    for key in keys {
        match cloud.retrieve(access, &key).await {
            Ok(text) => objects.insert(key, Ok(text)),
            Err(failure) if failure.class == FailureClass::Invalid => objects.insert(key, Err(failure.message)),
            // Deleted since it was listed: it is missing.
            Err(failure) if failure.class == FailureClass::Gone => None,
            Err(failure) => return Err(failure),
        };
    }
    Ok(objects)
}

fn too_many(prefix: &str, count: usize) -> Failure {
    Failure {
        class: FailureClass::Invalid,
        call: "s3:ListBucket".into(),
        code: "Ledger".into(),
        message: format!("{prefix} has {count} objects: no ledger has more than {MOST}"),
    }
}

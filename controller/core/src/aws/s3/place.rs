//! Objects of a run store: small, read and written as a whole.

use serde::{Deserialize, Serialize};

/// The longest object of a run store that is read, in bytes.
pub const LONGEST_OBJECT: usize = 64 * 1024;

/// Where an object of a run store lies; the region is the one that is asked.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// Name of the bucket.
    pub bucket: String,
    /// Its key.
    pub key: String,
}

/// An object of a run store, as it was read or put.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Stored {
    /// Its content.
    pub body: String,
    /// Its entity tag: another content has another one.
    pub etag: String,
}

//! Objects as the API server sends them, decoded one by one: an object that this version cannot read is told apart from
//! the others instead of failing the list that it is in. Of the metadata only what is needed is decoded: who may write an
//! object may write almost anything into the rest.

mod json;

use json::{Members, check, elements, members};
use k8s_openapi::api::core::v1::ObjectReference;
use kube::Resource;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::fmt;

/// The metadata that is decoded.
const METADATA: [&str; 8] = [
    "name",
    "namespace",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "finalizers",
];
/// What the keys of our labels and annotations contain.
const OURS: &str = "firebreak.dev/";
/// The longest reason that is kept.
const LONGEST_REASON: usize = 256;

/// An object that this version cannot read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// Its kind.
    pub kind: String,
    /// Its apiVersion.
    pub api_version: String,
    /// Its namespace; empty for cluster-scoped kinds.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its UID.
    pub uid: String,
    /// Its resourceVersion.
    pub resource_version: String,
    /// Why it cannot be read.
    pub why: String,
    /// The object as the API server sent it.
    pub text: String,
}

/// One object of a list.
pub type Item<K> = Result<K, Box<Unreadable>>;

/// One page of a list.
#[derive(Debug)]
pub struct Page<K> {
    /// The objects.
    pub items: Vec<Item<K>>,
    /// The token of the next page; absent on the last one.
    pub next: Option<String>,
}

/// Reads one page of a list.
///
/// # Errors
/// When the answer is no list at all.
pub fn page<K>(text: &str) -> Result<Page<K>, serde_json::Error>
where
    K: Resource<DynamicType = ()> + DeserializeOwned,
{
    check(text)?;
    let list = members(text)?;
    let items = list.get("items").map_or_else(Vec::new, |items| elements(items));
    let token = list
        .get("metadata")
        .map(|metadata| text_of(&parts(metadata), "continue"));
    Ok(Page {
        items: items
            .into_iter()
            .map(|item| checked(item, &["spec", "status"]))
            .collect(),
        next: token.filter(|token| !token.is_empty()),
    })
}

/// Reads one object.
///
/// # Errors
/// [`Unreadable`].
pub fn object<K>(text: &str) -> Item<K>
where
    K: Resource<DynamicType = ()> + DeserializeOwned,
{
    whole(text, &["spec", "status"])
}

/// Reads one object without its status: for kinds whose status is only a report, which is made again.
///
/// # Errors
/// [`Unreadable`].
pub fn without_status<K>(text: &str) -> Item<K>
where
    K: Resource<DynamicType = ()> + DeserializeOwned,
{
    whole(text, &["spec"])
}

/// An object that comes by itself.
fn whole<K>(text: &str, parts: &[&str]) -> Item<K>
where
    K: Resource<DynamicType = ()> + DeserializeOwned,
{
    match check(text) {
        Ok(()) => checked(text, parts),
        Err(error) => Err(Box::new(unreadable::<K>("", &error.to_string()))),
    }
}

/// An object in a text that was checked.
fn checked<K>(text: &str, parts: &[&str]) -> Item<K>
where
    K: Resource<DynamicType = ()> + DeserializeOwned,
{
    decode(text, parts).map_err(|why| Box::new(unreadable::<K>(text, &why)))
}

fn decode<K>(text: &str, parts: &[&str]) -> Result<K, String>
where
    K: Resource<DynamicType = ()> + DeserializeOwned,
{
    let content = members(text).map_err(|error| error.to_string())?;
    let metadata = content.get("metadata").ok_or("it has no metadata")?;
    let mut kept = format!(
        r#"{{"apiVersion":"{}","kind":"{}","metadata":{}"#,
        K::api_version(&()),
        K::kind(&()),
        metadata_of(metadata).map_err(|error| error.to_string())?,
    );
    for part in parts {
        if let Some(value) = content.get(*part) {
            kept.push_str(&format!(r#","{part}":{value}"#));
        }
    }
    kept.push('}');
    serde_json::from_str(&kept).map_err(|error| error.to_string())
}

/// The metadata that is needed, as JSON.
fn metadata_of(text: &str) -> Result<String, serde_json::Error> {
    let all = members(text)?;
    let mut kept: Vec<String> = METADATA
        .iter()
        .filter_map(|name| Some(format!(r#""{name}":{}"#, all.get(*name)?)))
        .collect();
    for name in ["labels", "annotations"] {
        if let Some(map) = all.get(name) {
            kept.push(format!(r#""{name}":{{{}}}"#, ours(map)?));
        }
    }
    Ok(format!("{{{}}}", kept.join(",")))
}

fn ours(map: &str) -> Result<String, serde_json::Error> {
    let all = members(map)?;
    let ours = all.iter().filter(|(key, _)| key.contains(OURS));
    let ours: Vec<String> = ours
        .map(|(key, value)| format!("{}:{value}", Value::from(key.as_ref())))
        .collect();
    Ok(ours.join(","))
}

fn unreadable<K: Resource<DynamicType = ()>>(text: &str, why: &str) -> Unreadable {
    let content = parts(text);
    let metadata = parts(content.get("metadata").copied().unwrap_or_default());
    Unreadable {
        kind: K::kind(&()).into_owned(),
        api_version: K::api_version(&()).into_owned(),
        namespace: text_of(&metadata, "namespace"),
        name: text_of(&metadata, "name"),
        uid: text_of(&metadata, "uid"),
        resource_version: text_of(&metadata, "resourceVersion"),
        why: why.chars().take(LONGEST_REASON).collect(),
        text: text.to_owned(),
    }
}

/// The members of an object; none where they cannot be told apart.
fn parts(text: &str) -> Members<'_> {
    members(text).unwrap_or_default()
}

/// The text of a member; empty where there is none.
fn text_of(members: &Members<'_>, name: &str) -> String {
    let value = members.get(name).copied();
    value
        .and_then(|value| serde_json::from_str(value).ok())
        .unwrap_or_default()
}

impl Unreadable {
    /// A part of the object, such as `spec` and `severity`, for what can be known of it all the same; null where it cannot be.
    pub fn part(&self, path: &[&str]) -> Value {
        let mut text = self.text.as_str();
        for name in path {
            let Some(found) = self::parts(text).get(*name).copied() else {
                return Value::Null;
            };
            text = found;
        }
        serde_json::from_str(text).unwrap_or_default()
    }

    /// A text in the object; empty where there is none.
    pub fn text_at(&self, path: &[&str]) -> String {
        self.part(path).as_str().unwrap_or_default().to_owned()
    }

    /// The keys of its labels.
    pub fn label_keys(&self) -> Vec<String> {
        let labels = self.part(&["metadata", "labels"]);
        labels
            .as_object()
            .into_iter()
            .flat_map(|all| all.keys().cloned())
            .collect()
    }

    /// Its finalizers.
    pub fn finalizers(&self) -> Vec<String> {
        serde_json::from_value(self.part(&["metadata", "finalizers"])).unwrap_or_default()
    }

    /// Whether it is being deleted.
    pub fn is_being_deleted(&self) -> bool {
        !self.part(&["metadata", "deletionTimestamp"]).is_null()
    }

    /// Its generation.
    pub fn generation(&self) -> i64 {
        self.part(&["metadata", "generation"]).as_i64().unwrap_or(1)
    }

    /// The object, for an Event about it.
    pub fn object_ref(&self) -> ObjectReference {
        let filled = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        ObjectReference {
            api_version: filled(&self.api_version),
            kind: filled(&self.kind),
            name: filled(&self.name),
            namespace: filled(&self.namespace),
            uid: filled(&self.uid),
            ..ObjectReference::default()
        }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let slash = if self.namespace.is_empty() { "" } else { "/" };
        let Self {
            kind,
            namespace,
            name,
            why,
            ..
        } = self;
        write!(
            f,
            "{kind} {namespace}{slash}{name} cannot be read by this version: {why}"
        )
    }
}

#[cfg(test)]
mod tests;

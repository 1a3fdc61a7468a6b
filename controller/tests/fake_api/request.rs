//! Reads a Kubernetes request out of an HTTP request: verb, resource, name, subresource, query and body.

use serde_json::Value;
use std::{collections::BTreeMap, fmt};

/// What the client wants to do, in the words of RBAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    Get,
    List,
    Watch,
    Create,
    Update,
    Patch,
    Delete,
    DeleteCollection,
}

impl Verb {
    /// Whether the server's state may change.
    pub fn writes(self) -> bool {
        !matches!(self, Self::Get | Self::List | Self::Watch)
    }
}

/// One request as the server understood it; kept in the call log.
#[derive(Clone, Debug)]
pub struct Call {
    pub verb: Verb,
    pub group: String,
    pub resource: String,
    pub namespace: Option<String>,
    pub name: Option<String>,
    pub subresource: Option<String>,
    pub query: BTreeMap<String, String>,
    pub content_type: String,
    pub metadata_only: bool,
    pub body: Value,
    /// The status that the client saw; 0 while it has not seen any.
    pub code: u16,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}", self.verb, self.resource)?;
        self.subresource.iter().try_for_each(|sub| write!(f, "/{sub}"))?;
        match (&self.namespace, &self.name) {
            (Some(namespace), name) => write!(f, " {namespace}/{}", name.as_deref().unwrap_or("*")),
            (None, Some(name)) => write!(f, " {name}"),
            (None, None) => Ok(()),
        }
    }
}

impl Call {
    pub fn param(&self, key: &str) -> Option<&str> {
        self.query.get(key).map(String::as_str)
    }
}

/// Parses; `None` when the path is none of the resource API's.
pub fn parse(parts: &http::request::Parts, body: &[u8]) -> Option<Call> {
    let segments: Vec<&str> = parts.uri.path().split('/').filter(|s| !s.is_empty()).collect();
    let (group, rest) = match segments.as_slice() {
        ["api", _version, rest @ ..] => ("", rest),
        ["apis", group, _version, rest @ ..] => (*group, rest),
        _ => return None,
    };
    let (namespace, rest) = match rest {
        ["namespaces", namespace, rest @ ..] if !matches!(rest, [] | ["status" | "finalize"]) => {
            (Some((*namespace).to_owned()), rest)
        }
        rest => (None, rest),
    };
    let (resource, name, subresource) = match rest {
        [resource] => (*resource, None, None),
        [resource, name] => (*resource, Some(decode(name)), None),
        [resource, name, sub] => (*resource, Some(decode(name)), Some((*sub).to_owned())),
        _ => return None,
    };
    let query = query(parts.uri.query().unwrap_or_default());
    let body: Value = if body.is_empty() {
        Value::Null
    } else {
        serde_json::from_slice(body).ok()?
    };
    let verb = verb(&parts.method, name.is_some(), &query)?;
    Some(Call {
        verb,
        group: group.to_owned(),
        resource: resource.to_owned(),
        namespace,
        name: name.or_else(|| created_name(verb, &body)),
        subresource,
        query,
        content_type: header(parts, "content-type"),
        metadata_only: header(parts, "accept").contains("as=PartialObjectMetadata"),
        body,
        code: 0,
    })
}

fn created_name(verb: Verb, body: &Value) -> Option<String> {
    (verb == Verb::Create)
        .then(|| body.pointer("/metadata/name")?.as_str().map(str::to_owned))
        .flatten()
}

fn verb(method: &http::Method, named: bool, query: &BTreeMap<String, String>) -> Option<Verb> {
    let watch = query.get("watch").is_some_and(|w| w == "true" || w == "1");
    Some(match (method.as_str(), named) {
        ("GET", _) if watch => Verb::Watch,
        ("GET", true) => Verb::Get,
        ("GET", false) => Verb::List,
        ("POST", _) => Verb::Create,
        ("PUT", true) => Verb::Update,
        ("PATCH", true) => Verb::Patch,
        ("DELETE", true) => Verb::Delete,
        ("DELETE", false) => Verb::DeleteCollection,
        _ => return None,
    })
}

fn header(parts: &http::request::Parts, name: &str) -> String {
    parts
        .headers
        .get(name)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default()
        .to_owned()
}

fn query(raw: &str) -> BTreeMap<String, String> {
    let pairs = raw.split('&').filter(|p| !p.is_empty());
    pairs
        .map(|p| p.split_once('=').unwrap_or((p, "")))
        .map(|(k, v)| (decode(k), decode(v)))
        .collect()
}

/// Percent-decoding, with `+` as a space, as query strings are written.
fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escaped = (bytes[at] == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        match escaped.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(if bytes[at] == b'+' { b' ' } else { bytes[at] });
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

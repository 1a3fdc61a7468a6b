//! What a request asks of AWS: the action, the account whose credentials signed it, and the fields of its form.

use axum::http::{HeaderMap, Method, Uri};
use percent_encoding::percent_decode_str;
use std::collections::BTreeMap;

/// What the access key of every session begins with; the account's id follows.
const KEY_PREFIX: &str = "ASIA";

/// One request, read.
#[derive(Debug, Default)]
pub struct Asked {
    /// `service:Action`, as IAM writes it.
    pub action: String,
    /// The account of the credentials that signed it.
    pub account: String,
    /// The fields of a query protocol's form.
    pub fields: BTreeMap<String, String>,
}

impl Asked {
    /// Reads a request of the query protocol (STS, IAM), of JSON (ECS) or of REST (Lambda).
    pub fn read(method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Self {
        let authorization = header(headers, "authorization");
        let (key, service) = signer(authorization);
        let fields = form(body);
        let target = header(headers, "x-amz-target").rsplit('.').next().unwrap_or_default();
        let action = match fields.get("Action") {
            Some(action) => action.clone(),
            None if !target.is_empty() => target.to_owned(),
            None => rest(method, uri),
        };
        Self {
            action: format!("{service}:{action}"),
            account: key
                .strip_prefix(KEY_PREFIX)
                .unwrap_or_default()
                .chars()
                .take(12)
                .collect(),
            fields,
        }
    }

    /// The account that it is about: a role is assumed from outside of its account.
    pub fn concerns(&self) -> &str {
        match self.field("RoleArn").split(':').nth(4) {
            Some(account) => account,
            None => &self.account,
        }
    }

    /// A field of the form; empty when it is not there.
    pub fn field(&self, name: &str) -> &str {
        self.fields.get(name).map(String::as_str).unwrap_or_default()
    }
}

/// The access key id of a session in an account.
pub fn access_key(account: &str) -> String {
    format!("{KEY_PREFIX}{account}BNCH")
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

/// Access key id and service of `… Credential=KEY/DATE/REGION/SERVICE/aws4_request, …`.
fn signer(authorization: &str) -> (&str, &str) {
    let credential = authorization.split("Credential=").nth(1).unwrap_or_default();
    let mut parts = credential.split(['/', ',']);
    (parts.next().unwrap_or_default(), parts.nth(2).unwrap_or_default())
}

fn form(body: &[u8]) -> BTreeMap<String, String> {
    let text = String::from_utf8_lossy(body);
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    let decoded = |text: &str| {
        percent_decode_str(&text.replace('+', " "))
            .decode_utf8_lossy()
            .into_owned()
    };
    pairs.map(|(name, value)| (decoded(name), decoded(value))).collect()
}

fn rest(method: &Method, uri: &Uri) -> String {
    match (method.as_str(), uri.path().trim_end_matches('/')) {
        ("GET", "/2015-03-31/functions") => "ListFunctions".into(),
        (method, path) => format!("{method} {path}"),
    }
}

//! JSON text taken apart without building values: however deep or odd the parts are, each is a piece of text.

use serde::de::IgnoredAny;
use std::{borrow::Cow, collections::BTreeMap};

/// The members of an object, each with the text of its value.
pub(super) type Members<'a> = BTreeMap<Cow<'a, str>, &'a str>;

/// Checks that a text is JSON. Its parts are JSON too, and are not checked again: a list is large, and read often.
///
/// # Errors
/// When it is not.
pub(super) fn check(text: &str) -> Result<(), serde_json::Error> {
    serde_json::from_str::<IgnoredAny>(text).map(drop)
}

/// The members of an object in a text that was checked; none when it is another value. The last of a name counts.
///
/// # Errors
/// When a name is no text, such as half of a surrogate pair.
pub(super) fn members(text: &str) -> Result<Members<'_>, serde_json::Error> {
    let mut found = BTreeMap::new();
    if !text.trim_start().starts_with('{') {
        return Ok(found);
    }
    let mut rest = inside(text);
    while rest.starts_with('"') {
        let (key, after) = rest.split_at(length(rest));
        let value = after.trim_start().trim_start_matches(':').trim_start();
        let (value, after) = value.split_at(length(value));
        found.insert(name(key)?, value);
        rest = next(after);
    }
    Ok(found)
}

/// The elements of an array that was checked with the text around it; none when it is another value.
pub(super) fn elements(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    if !text.starts_with('[') {
        return found;
    }
    let mut rest = inside(text);
    while !rest.is_empty() && !rest.starts_with(']') {
        let (value, after) = rest.split_at(length(rest));
        found.push(value);
        rest = next(after);
    }
    found
}

/// What follows the opening bracket.
fn inside(text: &str) -> &str {
    text.trim_start().get(1..).unwrap_or_default().trim_start()
}

/// What follows the comma.
fn next(after: &str) -> &str {
    after.trim_start().trim_start_matches(',').trim_start()
}

fn name(key: &str) -> Result<Cow<'_, str>, serde_json::Error> {
    match key.contains('\\') {
        true => serde_json::from_str(key).map(Cow::Owned),
        false => Ok(Cow::Borrowed(key.trim_matches('"'))),
    }
}

/// How long the value is that the text begins with.
fn length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => {
                at = after_quoted(bytes, at + 1);
                if depth == 0 {
                    return at;
                }
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth <= 1 => return at + depth,
            b'}' | b']' => depth -= 1,
            b',' | b':' | b' ' | b'\n' | b'\r' | b'\t' if depth == 0 => return at,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

/// Where a quoted text ends whose content begins at `at`.
fn after_quoted(bytes: &[u8], mut at: usize) -> usize {
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_and_elements_are_found_whatever_they_hold() {
        let text = " { \"a\" : [1, {\"b\": \"]}\"}] , \"c\\\"d\":\"e\\\\\",\"f\":null,\"g\":-1.5e9 } ";
        let all = members(text).unwrap();
        let found: Vec<(&str, &str)> = all.iter().map(|(key, value)| (key.as_ref(), *value)).collect();
        let expected = [
            ("a", "[1, {\"b\": \"]}\"}]"),
            ("c\"d", "\"e\\\\\""),
            ("f", "null"),
            ("g", "-1.5e9"),
        ];
        assert_eq!(found, expected);
        assert_eq!(elements(all["a"]), ["1", "{\"b\": \"]}\"}"]);
    }

    #[test]
    fn empty_and_other_values_have_no_parts() {
        for text in ["{}", "[]", "null", "1", "\"a\"", " { } "] {
            assert!(members(text).unwrap().is_empty(), "{text}");
        }
        assert!(elements("[]").is_empty() && elements("[ ]").is_empty() && elements("null").is_empty());
        assert!(check("{\"a\":").is_err());
    }

    #[test]
    fn a_value_nested_ten_thousand_deep_is_one_part() {
        let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        let text = format!("{{\"a\":{deep},\"b\":1}}");
        assert_eq!(members(&text).unwrap()["a"], deep);
    }
}

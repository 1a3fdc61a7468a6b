//! What others wrote, made fit for the terminal: values before they are shown, lines as they are made, and once more all that is printed.

use firebreak_crds::text;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

/// Paint's own sequences: the only ones that ever reach the terminal.
const COLOURS: [&str; 6] = [
    "\u{1b}[0m",
    "\u{1b}[1m",
    "\u{1b}[2m",
    "\u{1b}[31m",
    "\u{1b}[32m",
    "\u{1b}[33m",
];

/// The same object for people: every text in it, names of fields included, is one harmless line.
pub fn cleaned<T: Serialize + DeserializeOwned + Clone>(object: &T) -> T {
    let value = serde_json::to_value(object).map(neutral);
    value
        .and_then(serde_json::from_value)
        .unwrap_or_else(|_| object.clone())
}

fn neutral(value: Value) -> Value {
    match value {
        Value::String(text) => text::one_line(&text).into(),
        Value::Array(items) => items.into_iter().map(neutral).collect(),
        Value::Object(fields) => fields
            .into_iter()
            .map(|(name, value)| (text::one_line(&name), neutral(value)))
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value,
    }
}

/// One line, with Paint's colours and nothing else that steers a terminal.
pub fn line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\u{1b}') {
        let (before, after) = rest.split_at(at);
        out.push_str(&text::one_line(before));
        let known = COLOURS.iter().find(|colour| after.starts_with(**colour));
        let taken = known.map_or(1, |colour| colour.len());
        out.push_str(&known.map_or_else(|| text::one_line("\u{1b}"), |colour| (*colour).to_owned()));
        rest = &after[taken..];
    }
    out + &text::one_line(rest)
}

/// Several lines: what is printed in the end.
pub fn page(text: &str) -> String {
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_our_own_colours_reach_the_terminal() {
        assert_eq!(line("\u{1b}[31mbad\u{1b}[0m"), "\u{1b}[31mbad\u{1b}[0m");
        assert_eq!(
            line("\u{1b}[2Kx\u{1b}]0;title\u{7}"),
            "\\u{1b}[2Kx\\u{1b}]0;title\\u{7}"
        );
        assert_eq!(line("a\r\nb"), "a  b");
        assert_eq!(page("a\nb\u{202e}"), "a\nb\\u{202e}");
    }

    #[test]
    fn values_and_names_of_fields_lose_colours_and_line_breaks() {
        let hostile = json!({"a\n": ["\u{1b}[32mcounted", {"b": "c\u{200b}"}], "n": 1});
        let harmless = json!({"a ": ["\\u{1b}[32mcounted", {"b": "c\\u{200b}"}], "n": 1});
        assert_eq!(cleaned(&hostile), harmless);
    }
}

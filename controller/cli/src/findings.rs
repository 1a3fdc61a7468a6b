//! Findings in files: one, a list of them, what the AWS CLI prints, or events of EventBridge; several documents in a row too.

use crate::manifest;
use anyhow::{Context, Result, bail};
use serde_json::{Deserializer, Value};
use std::path::PathBuf;

/// The most findings that are read at a time.
const MOST: usize = 10_000;
/// What EventBridge calls them.
const EVENT: &str = "GuardDuty Finding";

/// A finding, and where it was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Given {
    /// The file, and which of its findings.
    pub source: String,
    /// As its product writes it.
    pub value: Value,
}

/// Reads every finding of every file.
///
/// # Errors
/// Naming the file that cannot be read, or holds something else.
pub fn read(paths: &[PathBuf]) -> Result<Vec<Given>> {
    let mut all = Vec::new();
    for path in paths {
        all.extend(parse(&manifest::read(path)?, &path.display().to_string())?);
    }
    if all.len() > MOST {
        bail!(
            "{} findings are more than are read at a time: at most {MOST}",
            all.len()
        );
    }
    Ok(all)
}

/// Every finding of a text.
///
/// # Errors
/// When it is not JSON, holds none, or an event about something else.
pub fn parse(text: &str, source: &str) -> Result<Vec<Given>> {
    let documents = Deserializer::from_str(text).into_iter::<Value>();
    let documents: Vec<Value> = documents
        .collect::<Result<_, _>>()
        .with_context(|| format!("{source} is not JSON"))?;
    let values: Vec<Value> = documents.into_iter().flat_map(listed).collect();
    if values.is_empty() {
        bail!("{source} holds no finding");
    }
    let name = |at: usize| match values.len() {
        1 => source.to_owned(),
        _ => format!("{source}[{at}]"),
    };
    let names: Vec<String> = (0..values.len()).map(name).collect();
    values
        .into_iter()
        .zip(names)
        .map(|(value, source)| {
            Ok(Given {
                value: told(value).with_context(|| source.clone())?,
                source,
            })
        })
        .collect()
}

/// The entries of a list, or of what `aws guardduty get-findings` prints.
fn listed(value: Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items,
        Value::Object(mut fields) => match fields.get_mut("Findings").map(Value::take) {
            Some(Value::Array(items)) => items,
            _ => vec![Value::Object(fields)],
        },
        other => vec![other],
    }
}

/// What an event tells.
fn told(mut value: Value) -> Result<Value> {
    match value["detail-type"].as_str() {
        None => Ok(value),
        Some(EVENT) => Ok(value["detail"].take()),
        Some(other) => bail!("detail-type is {other}, and must be {EVENT}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::playbook::testing::finding;
    use serde_json::json;

    fn sources(text: &str) -> Vec<String> {
        let all = parse(text, "f.json").unwrap();
        let finding = finding("iam_user_key");
        assert!(all.iter().all(|one| one.value == finding), "{all:?}");
        all.into_iter().map(|one| one.source).collect()
    }

    #[test]
    fn every_form_is_read() {
        let one = finding("iam_user_key");
        let event = json!({"version": "0", "id": "e", "detail-type": "GuardDuty Finding", "source": "aws.guardduty", "detail": one});
        for (text, many) in [
            (one.to_string(), 1),
            (json!([one, one]).to_string(), 2),
            (json!({"Findings": [one, one]}).to_string(), 2),
            (event.to_string(), 1),
            (json!([event, one]).to_string(), 2),
            (format!("{event}\n{event}\n{one}"), 3),
        ] {
            assert_eq!(sources(&text).len(), many, "{text}");
        }
        assert_eq!(sources(&one.to_string()), ["f.json"]);
        assert_eq!(sources(&json!([one, one]).to_string()), ["f.json[0]", "f.json[1]"]);
    }

    #[test]
    fn what_the_aws_cli_prints_is_a_finding_with_capital_letters() {
        let printed = json!({"Findings": [{"Arn": "arn:aws:guardduty:us-east-1:123456789012:detector/d/finding/f"}]});
        assert_eq!(parse(&printed.to_string(), "f.json").unwrap().len(), 1);
    }

    #[test]
    fn what_holds_no_finding_is_named() {
        for (text, says) in [
            ("{", "f.json is not JSON"),
            ("", "f.json holds no finding"),
            ("[]", "f.json holds no finding"),
            (
                r#"[{"id": "x"}, {"detail-type": "Scheduled Event"}]"#,
                "f.json[1]: detail-type is Scheduled Event, and must be GuardDuty Finding",
            ),
        ] {
            let why = format!("{:#}", parse(text, "f.json").unwrap_err());
            assert!(why.contains(says), "{why}");
        }
    }
}

//! What a message tells: an event of Amazon EventBridge that names a finding of GuardDuty.

use serde_json::Value;

/// The longest body that SQS takes, in bytes.
const LONGEST: usize = 1024 * 1024;
const SOURCE: &str = "aws.guardduty";
const DETAIL_TYPE: &str = "GuardDuty Finding";

/// Which finding a message names. Nothing of it is believed: it is what GuardDuty is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Hint {
    /// The account in which it was found.
    pub account_id: String,
    /// The region in which it was found.
    pub region: String,
    /// Its id there.
    pub id: String,
    /// What the message says of it: used only where GuardDuty does not know it, and then nothing acts on it.
    pub detail: Value,
}

/// Reads the body of a message.
///
/// # Errors
/// Why it names no finding, in words of Firebreak's own.
pub(super) fn read(body: &str) -> Result<Hint, &'static str> {
    if body.len() > LONGEST {
        return Err("the body is longer than SQS takes");
    }
    let mut event: Value = serde_json::from_str(body).map_err(|_| "the body is no JSON")?;
    if !event.is_object() {
        return Err("the body is no event of EventBridge");
    }
    if event["source"] != SOURCE {
        return Err("source is not aws.guardduty");
    }
    if event["detail-type"] != DETAIL_TYPE {
        return Err("detail-type is not GuardDuty Finding");
    }
    let region = word(&event["detail"]["region"], is_region).or_else(|| word(&event["region"], is_region));
    let detail = event["detail"].take();
    Ok(Hint {
        account_id: word(&detail["accountId"], is_account).ok_or("detail.accountId is missing, or no account id")?,
        region: region.ok_or("detail.region is missing, or no region")?,
        id: word(&detail["id"], is_id).ok_or("detail.id is missing, or no id of a finding")?,
        detail,
    })
}

fn word(value: &Value, fits: fn(&str) -> bool) -> Option<String> {
    value.as_str().filter(|text| fits(text)).map(str::to_owned)
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.chars().all(|c| c.is_ascii_digit())
}

fn is_region(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (5..=32).contains(&text.len()) && text.chars().all(fits)
}

/// GuardDuty's have 32 hexadecimal digits.
fn is_id(text: &str) -> bool {
    (1..=128).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
}

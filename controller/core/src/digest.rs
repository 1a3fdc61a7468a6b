//! SHA-256 over canonical JSON: the same content has the same digest, whatever the order of its keys.

use serde_json::Value;
use sha2::{Digest, Sha256};

/// `sha256:` and 64 hexadecimal digits.
pub fn sha256(value: &Value) -> String {
    format!("sha256:{}", hex(&Sha256::digest(canonical_text(value))))
}

/// `sha256:` and the 64 hexadecimal digits of the bytes' own SHA-256.
pub fn of_bytes(bytes: &[u8]) -> String {
    format!("sha256:{}", hex(&raw(bytes)))
}

/// The 32 bytes of the SHA-256.
pub fn raw(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Compact JSON with sorted keys. `serde_json` keeps the order of insertion when any crate of the build asks for that.
pub fn canonical_text(value: &Value) -> String {
    sorted(value).to_string()
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<(&String, &Value)> = fields.iter().collect();
            fields.sort_by_key(|(name, _)| *name);
            fields
                .into_iter()
                .map(|(name, value)| (name.clone(), sorted(value)))
                .collect()
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

/// The first `length` hexadecimal digits of the SHA-256 of a text: for names.
pub fn short(text: &str, length: usize) -> String {
    hex(&Sha256::digest(text)).chars().take(length).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_keys_does_not_matter() {
        let one: Value = serde_json::from_str(r#"{"a":1,"b":{"c":2,"d":3}}"#).unwrap();
        let two: Value = serde_json::from_str(r#"{"b":{"d":3,"c":2},"a":1}"#).unwrap();
        assert_eq!(sha256(&one), sha256(&two));
        assert_eq!(sha256(&one).len(), 71);
    }
}

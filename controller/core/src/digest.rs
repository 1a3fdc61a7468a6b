//! SHA-256 over canonical JSON: the same content has the same digest, whatever the order of its keys.

use serde_json::Value;
use sha2::{Digest, Sha256};

/// `sha256:` and 64 hexadecimal digits. `serde_json` sorts object keys, so the text is canonical.
pub fn sha256(value: &Value) -> String {
    format!("sha256:{}", hex(&Sha256::digest(value.to_string())))
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

//! Everything that must be in the cluster besides the operator, as one document. The chart renders the same files.

use firebreak_core::installation::{ADMISSION, IDENTITY, Identity, RBAC, REQUESTER};
use firebreak_crds::all;

/// CRDs, roles and admission policies, for `kubectl apply -f -`.
///
/// # Errors
/// When a CRD cannot be written as YAML.
pub fn manifests(identity: &Identity) -> anyhow::Result<String> {
    let mut documents = all().iter().map(serde_yaml::to_string).collect::<Result<Vec<_>, _>>()?;
    documents.extend([IDENTITY, RBAC, ADMISSION, REQUESTER].map(|file| identity.render(file)));
    Ok(documents.join("\n---\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[test]
    fn every_document_is_an_object_and_no_placeholder_is_left() {
        let text = manifests(&Identity::default()).unwrap();
        assert!(!text.contains("{{"));
        for document in serde_yaml::Deserializer::from_str(&text) {
            let value = serde_json::Value::deserialize(document).unwrap();
            assert!(value.is_null() || value["kind"].is_string(), "{value}");
        }
    }
}

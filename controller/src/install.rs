//! What must be in the cluster besides the operator: CRDs, roles and admission policies. The chart renders the same files.

use firebreak_crds::all;

/// The admission policies that bind a Decision to its author and reserve records to the operator.
pub const ADMISSION: &str = include_str!("../../charts/firebreak/files/admission.yaml");
/// The policy that stamps who changed a spec; for servers that have MutatingAdmissionPolicy.
pub const REQUESTER: &str = include_str!("../../charts/firebreak/files/requester.yaml");
/// Namespace and service account; the chart leaves the first to Helm and has a template for the second.
const IDENTITY: &str = include_str!("../../charts/firebreak/files/identity.yaml");
/// The operator's rights and the roles for people.
const RBAC: &str = include_str!("../../charts/firebreak/files/rbac.yaml");

/// Who the operator is in the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Its namespace.
    pub namespace: String,
    /// Its service account.
    pub service_account: String,
}

impl Identity {
    /// A file with the operator's names filled in.
    pub fn render(&self, file: &str) -> String {
        file.replace("{{NAMESPACE}}", &self.namespace)
            .replace("{{SERVICE_ACCOUNT}}", &self.service_account)
    }

    /// Everything that must be in the cluster, for `kubectl apply -f -`.
    ///
    /// # Errors
    /// When a CRD cannot be written as YAML.
    pub fn manifests(&self) -> anyhow::Result<String> {
        let mut documents = all().iter().map(serde_yaml::to_string).collect::<Result<Vec<_>, _>>()?;
        documents.extend([IDENTITY, RBAC, ADMISSION, REQUESTER].map(|file| self.render(file)));
        Ok(documents.join("\n---\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[test]
    fn every_document_is_an_object_and_no_placeholder_is_left() {
        let identity = Identity {
            namespace: "ns".into(),
            service_account: "sa".into(),
        };
        let text = identity.manifests().unwrap();
        assert!(!text.contains("{{"));
        for document in serde_yaml::Deserializer::from_str(&text) {
            let value = serde_json::Value::deserialize(document).unwrap();
            assert!(value.is_null() || value["kind"].is_string(), "{value}");
        }
    }
}

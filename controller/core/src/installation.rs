//! What must be in the cluster besides the kinds and the operator: roles and admission policies. The chart renders the
//! same files; the operator and the command line compare them with what is in force.

pub mod deviation;

use serde::Deserialize;
use serde_json::Value;

/// The admission policies that bind a Decision to its author and reserve records to the operator.
pub const ADMISSION: &str = include_str!("../../../charts/firebreak/files/admission.yaml");
/// The policy that stamps who changed a spec; for servers that have MutatingAdmissionPolicy.
pub const REQUESTER: &str = include_str!("../../../charts/firebreak/files/requester.yaml");
/// Namespace and service accounts; the chart leaves the first to Helm and has templates for the others.
pub const IDENTITY: &str = include_str!("../../../charts/firebreak/files/identity.yaml");
/// The rights of the operator and of its notifier, and the roles for people.
pub const RBAC: &str = include_str!("../../../charts/firebreak/files/rbac.yaml");
/// The operator's namespace, where nobody names another.
pub const DEFAULT_NAMESPACE: &str = "firebreak-system";
/// The operator's service account, where nobody names another.
pub const DEFAULT_SERVICE_ACCOUNT: &str = "firebreak-controller";
/// Deployment, Lease, ClusterRole and Role of the operator.
pub const CONTROLLER: &str = "firebreak-controller";
/// Deployment, Lease, service account, ClusterRole and Role of the notifier.
pub const NOTIFIER: &str = "firebreak-notifier";

/// Who the operator is in the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Its namespace.
    pub namespace: String,
    /// Its service account.
    pub service_account: String,
    /// Patterns (`*` for any characters) of usernames that are machines, besides `system:` users.
    pub machine_users: Vec<String>,
}

/// The regular expression of the admission policies where no machine users are named: it matches nobody.
const NO_MACHINE_USERS: &str = "^()$";
/// What has a meaning of its own in a regular expression (RE2).
const META: &str = r"\.+*?()|[]{}^$";

/// The patterns as one regular expression, as the chart's template writes it too.
fn expression(patterns: &[String]) -> String {
    let quoted = |c: char| {
        if META.contains(c) {
            format!("\\{c}")
        } else {
            c.to_string()
        }
    };
    let one = |pattern: &String| pattern.chars().map(quoted).collect::<String>().replace("\\*", ".*");
    format!("^({})$", patterns.iter().map(one).collect::<Vec<_>>().join("|"))
}

impl Identity {
    /// A file with the operator's names filled in.
    pub fn render(&self, file: &str) -> String {
        file.replace("{{NAMESPACE}}", &self.namespace)
            .replace("{{SERVICE_ACCOUNT}}", &self.service_account)
            .replace(NO_MACHINE_USERS, &expression(&self.machine_users))
    }

    /// The objects of a file, with the operator's names filled in.
    ///
    /// # Errors
    /// When it is no YAML: a fault of this build.
    pub fn objects(&self, file: &str) -> Result<Vec<Value>, serde_yaml::Error> {
        serde_yaml::Deserializer::from_str(&self.render(file))
            .map(Value::deserialize)
            .filter(|document| !matches!(document, Ok(Value::Null)))
            .collect()
    }

    /// Its username.
    pub fn username(&self) -> String {
        self.username_of(&self.service_account)
    }

    /// The notifier's username.
    pub fn notifier(&self) -> String {
        self.username_of(NOTIFIER)
    }

    fn username_of(&self, account: &str) -> String {
        format!("system:serviceaccount:{}:{account}", self.namespace)
    }
}

impl Default for Identity {
    fn default() -> Self {
        Self {
            namespace: DEFAULT_NAMESPACE.into(),
            service_account: DEFAULT_SERVICE_ACCOUNT.into(),
            machine_users: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_can_be_read_and_no_placeholder_is_left() {
        for (file, count) in [(ADMISSION, 22), (REQUESTER, 2), (IDENTITY, 3), (RBAC, 17)] {
            let objects = Identity::default().objects(file).unwrap();
            assert_eq!(objects.len(), count);
            assert!(objects.iter().all(|object| object["kind"].is_string()));
            assert!(!Identity::default().render(file).contains("{{"));
        }
    }

    #[test]
    fn machine_users_are_filled_in_as_one_regular_expression() {
        let of = |patterns: &[&str]| Identity {
            machine_users: patterns.iter().map(ToString::to_string).collect(),
            ..Identity::default()
        };
        assert!(of(&[]).render(ADMISSION).contains("matches(r'^()$')"));
        let two = of(&["arn:aws:sts::*:assumed-role/github-ci/*", "ci+bot@example.com"]);
        let expected = r"matches(r'^(arn:aws:sts::.*:assumed-role/github-ci/.*|ci\+bot@example\.com)$')";
        assert!(two.render(ADMISSION).contains(expected));
        assert!(two.objects(ADMISSION).is_ok());
    }

    #[test]
    fn the_operators_names_are_filled_in() {
        let identity = Identity {
            namespace: "security".into(),
            service_account: "breaker".into(),
            machine_users: Vec::new(),
        };
        assert_eq!(identity.username(), "system:serviceaccount:security:breaker");
        assert_eq!(identity.notifier(), "system:serviceaccount:security:firebreak-notifier");
        for username in [identity.username(), identity.notifier()] {
            assert!(identity.render(ADMISSION).contains(&format!("'{username}'")));
        }
    }
}

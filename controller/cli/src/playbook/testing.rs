//! For tests: a Playbook with what it needs, and findings.

use super::{files::Files, ground::Ground};
use serde_json::Value;

/// A Playbook about stolen credentials that acts.
pub const PLAYBOOK: &str = "
apiVersion: firebreak.dev/v1alpha1
kind: Playbook
metadata: {name: stolen, namespace: payments}
spec:
  mode: Act
  suppressions:
  - name: pentest
    reason: announced
    from: '2026-01-01T00:00:00Z'
    until: '2026-01-08T00:00:00Z'
    types: ['CryptoCurrency:EC2/*']
  responses:
  - name: owner
    from: AccessKeyOwner
  - name: stop
    from: EcsService
    ecsService: {method: ScaleToZero}
";

/// The account of the findings.
pub const ACCOUNT: &str = "
apiVersion: firebreak.dev/v1alpha1
kind: AwsAccount
metadata: {name: production}
spec:
  accountId: '123456789012'
  environment: Production
  regions: [us-east-1]
  roles: {read: 'arn:aws:iam::123456789012:role/r', contain: 'arn:aws:iam::123456789012:role/c'}
  grants: [{namespaces: [payments], kinds: [findings], arnPatterns: ['*']}]
";

/// A Guardrail that asks for nobody.
pub const GUARDRAIL: &str = "
apiVersion: firebreak.dev/v1alpha1
kind: Guardrail
metadata: {name: free}
spec:
  approvals: [{required: 0}]
";

/// A finding as GuardDuty writes it.
pub fn finding(name: &str) -> Value {
    let path = format!("{}/../core/data/findings/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// All three, without a cluster.
pub fn ground() -> Ground {
    let mut files = Files::default();
    files
        .add(&format!("{PLAYBOOK}---\n{ACCOUNT}---\n{GUARDRAIL}"), "p.yaml")
        .unwrap();
    Ground::of("payments").with(files)
}

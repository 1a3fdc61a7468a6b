//! The objects of the benchmark: accounts, a Guardrail that asks nobody, and Quarantines of IAM roles.

use firebreak_crds::{
    ApprovalRule, AwsAccount, AwsAccountSpec, Environment, Grant, Guardrail, GuardrailSpec, Quarantine, Roles,
};
use serde_json::json;

/// Where the Quarantines are.
pub const NAMESPACE: &str = "bench";
/// The one region of every account.
pub const REGION: &str = "us-east-1";
/// The operator's own account.
pub const OPERATOR_ACCOUNT: &str = "111111111111";

/// The id of the account with this number.
pub fn account_id(number: usize) -> String {
    format!("2{number:011}")
}

/// The name of its AwsAccount.
pub fn account_name(number: usize) -> String {
    format!("account-{number:05}")
}

/// The pre-made policy of an account.
pub fn deny_policy_arn(account_id: &str) -> String {
    format!("arn:aws:iam::{account_id}:policy/FirebreakDenyAll")
}

/// The account with this number: everything is granted to everybody.
pub fn account(number: usize) -> AwsAccount {
    let id = account_id(number);
    let role = |name: &str| format!("arn:aws:iam::{id}:role/{name}");
    let spec = AwsAccountSpec {
        roles: Roles {
            read: role("firebreak-read"),
            contain: role("firebreak-contain"),
            contain_identity: None,
            failover: None,
            queue: None,
        },
        external_id: None,
        regions: vec![REGION.into()],
        data_residency: Vec::new(),
        environment: Environment::Production,
        deny_policy_arn: Some(deny_policy_arn(&id)),
        evidence: None,
        isolation_groups: Vec::new(),
        never_block: Vec::new(),
        break_glass: Vec::new(),
        grants: vec![Grant {
            namespaces: vec!["*".into()],
            kinds: vec!["*".into()],
            arn_patterns: vec!["*".into()],
        }],
        account_id: id,
    };
    AwsAccount::new(&account_name(number), spec)
}

/// Nobody needs to be asked, and nothing is capped.
pub fn guardrail() -> Guardrail {
    let rule = ApprovalRule {
        action: None,
        destructive: None,
        severities: Vec::new(),
        required: 0,
        approver_roles: Vec::new(),
    };
    let spec = GuardrailSpec {
        approvals: vec![rule],
        ..GuardrailSpec::default()
    };
    Guardrail::new("free", spec)
}

/// A Quarantine of the role of the same name, by the pre-made policy.
///
/// # Errors
/// When the types no longer take it.
pub fn quarantine(name: &str, account: usize) -> anyhow::Result<Quarantine> {
    let target = json!({ "iamRole": { "roleName": name, "methods": ["DenyAll"], "denyPolicy": "Managed" } });
    let object = json!({
        "apiVersion": "firebreak.dev/v1alpha1", "kind": "Quarantine",
        "metadata": { "name": name, "namespace": NAMESPACE },
        "spec": { "accountRef": { "name": account_name(account) }, "region": REGION, "target": target },
    });
    Ok(serde_json::from_value(object)?)
}

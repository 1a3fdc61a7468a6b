//! A plan for tests.

use super::{Plan, Step, VERSION};
use crate::{
    aws::{Cell, Idempotence, Site, iam::IamCell},
    run::step::{Dependent, Undo},
};
use firebreak_crds::{Action, Environment, Mode, Severity};
use serde_json::json;

pub(crate) fn step(id: &str) -> Step {
    Step {
        id: id.into(),
        site: Site::new("123456789012", "us-east-1"),
        cell: Cell::Iam(IamCell::RoleTrustPolicy { role: "r".into() }),
        hold: Some("hold-1".into()),
        before: json!({"Version": "2012-10-17", "Statement": []}),
        after: json!({"Version": "2012-10-17", "Statement": [{"Effect": "Deny"}]}),
        undo: Undo::Reversible,
        section: None,
        reopens: None,
        reopens_for_seconds: None,
        settling: vec![15, 60, 300],
        renew: false,
        disposition: None,
        summary: "Set the trust policy".into(),
        permissions: vec!["iam:UpdateAssumeRolePolicy".into()],
        idempotence: Idempotence::Idempotent,
    }
}

pub(crate) fn dependent(name: &str) -> Dependent {
    Dependent {
        kind: "ECS service".into(),
        name: name.into(),
    }
}

pub(crate) fn plan() -> Plan {
    Plan {
        version: VERSION,
        action: Action::Contain,
        account_id: "123456789012".into(),
        account_name: "production".into(),
        environment: Environment::Production,
        region: "us-east-1".into(),
        kind: "iamRole".into(),
        arn: "arn:aws:iam::123456789012:role/r".into(),
        title: "IAM role r".into(),
        steps: vec![step("one")],
        acts: Vec::new(),
        leads: None,
        touches: Vec::new(),
        dependents: vec![dependent("a"), dependent("b")],
        more_dependents: 0,
        empties: Vec::new(),
        notes: Vec::new(),
        warnings: Vec::new(),
        expiry: None,
        mode: Mode::Enforce,
        severity: Severity::Medium,
        reason: None,
        restore: Vec::new(),
    }
}

//! `Hold`: custody of one thing that Firebreak changed. Its name is a hash of its key, so creating it is the lock.

use crate::{
    Asked, AwsAccountSpec, CUSTODY_FINALIZER, HOLDER_KIND_LABEL_PREFIX, HOLDER_LABEL_PREFIX, Mode, ORPHAN_LABEL_PREFIX,
    OwnerRef, Reopens, TakenDecision,
};
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The longest line about the holders.
const LONGEST_LINE: usize = 256;

/// Custody of one field group of one AWS resource, written by Firebreak only. It has no owner references and a
/// finalizer, so it outlives the object, its namespace and a prune, and it carries all that a release needs. It has
/// no status subresource: what is held and how it stands change in one conditional write.
#[derive(CustomResource, KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[kube(
    group = "firebreak.dev",
    version = "v1alpha1",
    kind = "Hold",
    category = "firebreak",
    derive = "PartialEq",
    selectable = ".spec.state",
    selectable = ".spec.key.accountId",
    printcolumn(name = "Resource", type_ = "string", json_path = ".spec.key.resource"),
    printcolumn(name = "Field", type_ = "string", json_path = ".spec.key.field"),
    printcolumn(name = "State", type_ = "string", json_path = ".spec.state"),
    printcolumn(name = "Holder", type_ = "string", json_path = ".spec.heldBy"),
    printcolumn(name = "Message", type_ = "string", json_path = ".spec.message", priority = 1),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("self.key == oldSelf.key").message("a Hold's key is immutable"))]
pub struct HoldSpec {
    /// What is held.
    pub key: HoldKey,
    /// How it stands.
    pub state: HoldState,
    /// The account as it was when custody began: a release needs nothing else to exist.
    pub account: AwsAccountSpec,
    /// Name of the AwsAccount that it was taken from.
    #[schemars(length(max = 253))]
    pub account_name: String,
    /// The region whose endpoint is asked.
    #[schemars(length(max = 32))]
    pub region: String,
    /// The cell of AWS state, versioned, for the release.
    #[schemars(schema_with = "any_value")]
    pub cell: Value,
    /// What was there before the first write.
    #[serde(default)]
    #[schemars(schema_with = "any_value")]
    pub before: Value,
    /// What the approved plan says should be there, before late binding.
    #[serde(default)]
    #[schemars(schema_with = "any_value")]
    pub after: Value,
    /// What was read back after the last write; absent until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "any_value")]
    pub read_back: Option<Value>,
    /// When it was last written (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written_at: Option<String>,
    /// Whether putting the value back would reopen the compromise, so that it takes an explicit word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reopens: Option<Reopens>,
    /// Seconds after the last write from which putting it back needs no word any more (sessions expire by themselves).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "int64"))]
    pub reopens_for_seconds: Option<u32>,
    /// The step's place in its plan: a release goes backwards.
    #[schemars(extend("format" = "int64"))]
    pub order: u32,
    /// Why it was taken, in the words of the object that took it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub reason: Option<String>,
    /// Who asked for it while it was held, and how grave it was called: it takes other people to end it.
    #[serde(default, skip_serializing_if = "Asked::is_empty")]
    pub asked: Asked,
    /// The words on which it is being put back without an object, once the write was begun: they count until it is over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    pub released_by: Vec<TakenDecision>,
    /// Who holds it; when the last one leaves, the before-value is restored.
    #[schemars(length(max = 32))]
    pub holders: Vec<Holder>,
    /// All holders in one line, or whose custody it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub held_by: Option<String>,
    /// The object that was deleted before it could be released. While others hold it, it is one of another namespace, whose people
    /// still decide about it when the others have let go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub orphaned: Option<Orphaned>,
    /// What people should know: a conflict, a value withheld.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub message: Option<String>,
    /// When drift was put right while orphaned (RFC 3339), the last few times.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    pub reasserted_at: Vec<String>,
    /// When AWS last refused a write for good while orphaned (RFC 3339): it is tried again 5 minutes later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    pub refused_at: Option<String>,
}

/// The key whose hash is the Hold's name.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct HoldKey {
    /// Account id.
    #[schemars(length(max = 12))]
    pub account_id: String,
    /// Region, or `global` for IAM.
    #[schemars(length(max = 32))]
    pub region: String,
    /// ARN of the resource.
    #[schemars(length(max = 2048))]
    pub resource: String,
    /// The field group, such as `TrustPolicy` or `PolicyAttachment/<policy ARN>`.
    #[schemars(length(max = 2048))]
    pub field: String,
}

/// One object that needs the value to stay as written.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Holder {
    /// The object.
    pub owner: OwnerRef,
    /// The plan that took it.
    #[schemars(length(max = 253))]
    pub plan: String,
}

/// How custody came to be without a holder.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Orphaned {
    /// The object that held it last.
    pub from: OwnerRef,
    /// Since when (RFC 3339): a Decision about this custody counts only if it was given later.
    #[schemars(length(max = 40))]
    pub at: String,
    /// The mode of that object: custody of one that observed is kept, and nothing is written.
    pub mode: Mode,
}

/// How custody stands.
#[derive(JsonSchema, Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HoldState {
    /// At least one object holds it.
    #[default]
    Held,
    /// Its object is gone; whatever its class, still enforced, until somebody releases, abandons or adopts it.
    Orphaned,
    /// Somebody changed the value since: it is left alone until it is back, or a person decides.
    Conflict,
    /// Released but for this value, which is put back only on explicit word.
    Withheld,
}

impl Hold {
    /// A new record of custody, which nobody but the operator can let go.
    pub fn in_custody(name: &str, spec: HoldSpec) -> Self {
        let mut hold = Self::new(name, spec);
        hold.metadata.finalizers = Some(vec![CUSTODY_FINALIZER.to_owned()]);
        hold.label();
        hold
    }

    /// Names its holders and who left it behind in its labels, so that it is found by them, and in one line for people.
    pub fn label(&mut self) {
        self.spec.held_by = Some(held_by(&self.spec));
        let owners = self.spec.holders.iter().map(|holder| &holder.owner);
        let names = owners.flat_map(|owner| {
            [
                format!("{HOLDER_LABEL_PREFIX}{}", owner.uid),
                format!("{HOLDER_KIND_LABEL_PREFIX}{}", owner.kind),
            ]
        });
        let left = self.spec.orphaned.as_ref().map(|orphaned| &orphaned.from.uid);
        let names = names.chain(left.map(|uid| format!("{ORPHAN_LABEL_PREFIX}{uid}")));
        self.metadata.labels = Some(names.map(|name| (name, "true".to_owned())).collect());
    }
}

fn held_by(spec: &HoldSpec) -> String {
    let name = |owner: &OwnerRef| format!("{}/{}", owner.namespace, owner.name);
    let orphaned = spec.orphaned.as_ref().filter(|_| spec.holders.is_empty());
    let names = spec.holders.iter().map(|holder| name(&holder.owner));
    let left = orphaned.map(|orphaned| format!("nobody; left by {}", name(&orphaned.from)));
    shorten(names.chain(left).collect::<Vec<_>>().join(", "))
}

fn shorten(line: String) -> String {
    match line.chars().count() > LONGEST_LINE {
        true => line.chars().take(LONGEST_LINE - 1).chain(['…']).collect(),
        false => line,
    }
}

fn any_value(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({"x-kubernetes-preserve-unknown-fields": true})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(name: &str) -> OwnerRef {
        OwnerRef {
            namespace: "team".into(),
            name: name.into(),
            ..OwnerRef::default()
        }
    }

    fn hold(holders: &[&str]) -> Hold {
        let spec = serde_json::json!({
            "key": HoldKey::default(), "state": "Held", "accountName": "a", "region": "us-east-1", "cell": {}, "order": 0,
            "account": {"accountId": "123456789012", "roles": {"read": "r", "contain": "c"}, "regions": [],
                "environment": "Production"},
            "holders": holders.iter().map(|name| serde_json::json!({"owner": owner(name), "plan": "p"})).collect::<Vec<_>>(),
        });
        Hold::in_custody("hold-1", serde_json::from_value(spec).unwrap())
    }

    #[test]
    fn the_holder_column_shows_every_holder() {
        assert_eq!(
            hold(&["api", "web"]).spec.held_by.as_deref(),
            Some("team/api, team/web")
        );
        let many = vec!["a-rather-long-name-of-a-quarantine"; 32];
        assert_eq!(hold(&many).spec.held_by.unwrap().chars().count(), LONGEST_LINE);
    }

    #[test]
    fn the_holder_column_says_who_left_it_behind() {
        let mut left = hold(&[]);
        left.spec.orphaned = Some(Orphaned {
            from: owner("api"),
            at: "2026-01-01T00:00:00Z".into(),
            mode: Mode::Enforce,
        });
        left.label();
        assert_eq!(left.spec.held_by.as_deref(), Some("nobody; left by team/api"));
    }
}

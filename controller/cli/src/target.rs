//! What a Quarantine can cut off, as its CRD says it: kinds, the fields that name one, methods, and other fields. No kind is
//! listed here by hand.

use crate::manifest;
use firebreak_crds::Quarantine;
use serde_json::{Map, Value, json};
use std::sync::LazyLock;

/// Every kind of target, in the order of the CRD.
pub static KINDS: LazyLock<Vec<Kind>> = LazyLock::new(|| kinds(&manifest::own_schema::<Quarantine>()));

/// One kind of target.
#[derive(Clone, Debug)]
pub struct Kind {
    /// The field of spec.target.
    pub field: String,
    /// The fields that name one: they are needed, and offer no choice.
    pub names: Vec<String>,
    /// The schema of its fields.
    fields: Map<String, Value>,
    /// Whether a method must be chosen.
    must_choose: bool,
}

/// The AWS resource that a person names: KIND/NAME.
#[derive(Clone, Debug)]
pub struct Named {
    /// Its kind.
    pub kind: &'static Kind,
    /// The parts of its name.
    pub parts: Vec<String>,
}

const ONE: &str = "method";
const MANY: &str = "methods";

fn kinds(schema: &Value) -> Vec<Kind> {
    let targets = &schema["properties"]["spec"]["properties"]["target"]["properties"];
    targets
        .as_object()
        .into_iter()
        .flatten()
        .map(|(field, schema)| kind(field, schema))
        .collect()
}

fn kind(field: &str, schema: &Value) -> Kind {
    let fields = schema["properties"].as_object().cloned().unwrap_or_default();
    let needed: Vec<&str> = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let names_it = |name: &&&str| fields.get(**name).is_some_and(|field| field["enum"].is_null());
    Kind {
        field: field.to_owned(),
        names: needed.iter().filter(names_it).map(ToString::to_string).collect(),
        must_choose: needed.contains(&ONE),
        fields,
    }
}

impl Kind {
    /// How one is written.
    pub fn form(&self) -> String {
        let names = self.names.iter().map(|name| name.to_uppercase());
        format!("{}/{}", self.field, names.collect::<Vec<_>>().join("/"))
    }

    /// The methods that there are.
    fn methods(&self) -> Vec<&str> {
        let one = &self.field_of(ONE)["enum"];
        let many = &self.field_of(MANY)["items"]["enum"];
        let all = [one, many].into_iter().filter_map(Value::as_array).flatten();
        all.filter_map(Value::as_str).collect()
    }

    fn field_of(&self, name: &str) -> &Value {
        self.fields.get(name).unwrap_or(&Value::Null)
    }

    /// What --set may name.
    fn settings(&self) -> Vec<&str> {
        let chosen = |name: &str| name == ONE || name == MANY || self.names.iter().any(|one| one == name);
        self.fields
            .keys()
            .map(String::as_str)
            .filter(|name| !chosen(name))
            .collect()
    }
}

/// Reads KIND/NAME.
///
/// # Errors
/// When there is no such kind, or its name has other parts.
pub fn named(text: &str) -> Result<Named, String> {
    let (word, rest) = text.split_once('/').unwrap_or((text, ""));
    let plain = |text: &str| text.replace(['-', '_'], "").to_ascii_lowercase();
    let found = KINDS.iter().find(|kind| plain(&kind.field) == plain(word));
    let kind = found.ok_or_else(|| {
        let forms: Vec<String> = KINDS.iter().map(Kind::form).collect();
        format!("{word} is no kind of target: write one of {}", forms.join(", "))
    })?;
    let parts: Vec<String> = rest.split('/').map(str::to_owned).collect();
    match parts.len() == kind.names.len() && parts.iter().all(|part| !part.is_empty()) {
        true => Ok(Named { kind, parts }),
        false => Err(format!("write {}, and no ARN", kind.form())),
    }
}

impl Named {
    /// The field of spec.target with everything in it.
    ///
    /// # Errors
    /// When a method or a setting is missing or unknown: the message names the flag and the choices.
    pub fn spec(&self, methods: &[String], settings: &[(String, String)]) -> Result<Value, String> {
        let names = self.kind.names.iter().cloned();
        let mut fields: Map<String, Value> = names.zip(self.parts.iter().cloned().map(Value::from)).collect();
        fields.extend(self.chosen(methods)?);
        for (name, value) in settings {
            fields.insert(name.clone(), self.setting(name, value)?);
        }
        Ok(json!({self.kind.field.as_str(): fields}))
    }

    fn chosen(&self, methods: &[String]) -> Result<Option<(String, Value)>, String> {
        let (kind, known) = (self.kind, self.kind.methods());
        let choices = known.join(", ");
        let methods: Vec<&str> = methods.iter().map(|method| spelled(method, &known)).collect();
        if let Some(unknown) = methods.iter().find(|method| !known.contains(method)) {
            return Err(match known.is_empty() {
                true => format!("--method: {} has no choice of methods; leave it out", kind.field),
                false => format!(
                    "--method: {unknown} is no method of {}; there are {choices}",
                    kind.field
                ),
            });
        }
        match (methods.as_slice(), kind.must_choose) {
            ([], false) => Ok(None),
            ([one], true) => Ok(Some((ONE.to_owned(), (*one).into()))),
            (_, true) => Err(format!("--method: {} needs exactly one of {choices}", kind.field)),
            (many, false) => Ok(Some((MANY.to_owned(), json!(many)))),
        }
    }

    fn setting(&self, name: &str, value: &str) -> Result<Value, String> {
        let known = self.kind.settings();
        if !known.contains(&name) {
            let field = &self.kind.field;
            return Err(match known.is_empty() {
                true => format!("--set: {field} has no other fields; leave it out"),
                false => format!("--set: {field} has no field {name}; there are {}", known.join(", ")),
            });
        }
        match self.kind.field_of(name)["type"].as_str() {
            Some("boolean") => match value.parse::<bool>() {
                Ok(value) => Ok(value.into()),
                Err(_) => Err(format!("--set {name}: {value} is neither true nor false")),
            },
            _ => Ok(value.into()),
        }
    }
}

/// The word as the CRD spells it, whatever its case.
fn spelled<'a>(word: &'a str, known: &[&'a str]) -> &'a str {
    known
        .iter()
        .find(|one| one.eq_ignore_ascii_case(word))
        .copied()
        .unwrap_or(word)
}

/// Reads FIELD=VALUE.
///
/// # Errors
/// When there is no sign of equality.
pub fn setting(text: &str) -> Result<(String, String), String> {
    let parts = text.split_once('=').filter(|(name, _)| !name.is_empty());
    parts
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .ok_or_else(|| format!("{text}: write FIELD=VALUE, such as isolationSecurityGroupId=sg-0123456789abcdef0"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(text: &str, methods: &[&str], settings: &[(&str, &str)]) -> Result<Value, String> {
        let methods: Vec<String> = methods.iter().map(ToString::to_string).collect();
        let settings: Vec<(String, String)> = settings
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()))
            .collect();
        named(text)?.spec(&methods, &settings)
    }

    #[test]
    fn every_target_of_the_crd_has_a_form_and_can_be_asked_for() {
        assert!(!KINDS.is_empty());
        for kind in KINDS.iter() {
            assert!(!kind.names.is_empty(), "{}", kind.field);
            let written = format!("{}{}", kind.field, "/x".repeat(kind.names.len()));
            let methods: Vec<&str> = kind.methods().into_iter().take(1).collect();
            let spec = spec(&written, &methods, &[]).unwrap();
            let target: firebreak_crds::Target = serde_json::from_value(spec).unwrap();
            assert!(
                serde_json::to_value(target).unwrap()[&kind.field].is_object(),
                "{written}"
            );
        }
    }

    #[test]
    fn the_documentation_has_every_form() {
        let page = include_str!("../../../docs/targets.md");
        for kind in KINDS.iter() {
            assert!(page.contains(&format!("`{}`", kind.form())), "{}", kind.form());
        }
    }

    #[test]
    fn kinds_are_read_in_any_case_and_names_by_their_parts() {
        for text in [
            "iamRole/payments-task",
            "iamrole/payments-task",
            "iam-role/payments-task",
        ] {
            assert_eq!(
                spec(text, &[], &[]).unwrap(),
                json!({"iamRole": {"roleName": "payments-task"}})
            );
        }
        let service = spec("ecsService/prod/api", &["isolate"], &[]).unwrap();
        assert_eq!(
            service,
            json!({"ecsService": {"cluster": "prod", "service": "api", "method": "Isolate"}})
        );
        let bucket = spec("s3Bucket/logs", &["DenyAll", "blockpublicaccess"], &[]).unwrap();
        assert_eq!(bucket["s3Bucket"]["methods"], json!(["DenyAll", "BlockPublicAccess"]));
    }

    #[test]
    fn other_fields_have_the_type_of_the_crd() {
        let settings = [
            ("isolationSecurityGroupId", "sg-0123456789abcdef0"),
            ("snapshots", "false"),
        ];
        let spec = spec("ec2Instance/i-0123456789abcdef0", &["Isolate"], &settings).unwrap();
        let fields = &spec["ec2Instance"];
        assert_eq!(fields["isolationSecurityGroupId"], "sg-0123456789abcdef0");
        assert_eq!(fields["snapshots"], false);
    }

    #[test]
    fn what_is_missing_or_unknown_is_named_with_the_choices() {
        for (text, methods, settings, says) in [
            (
                "pod/x",
                &[][..],
                &[][..],
                "pod is no kind of target: write one of ec2Instance/INSTANCEID",
            ),
            ("iamRole", &[], &[], "write iamRole/ROLENAME"),
            ("ecsService/api", &[], &[], "write ecsService/CLUSTER/SERVICE"),
            ("iamRole/arn:aws:iam::1:role/x", &[], &[], "and no ARN"),
            (
                "ecsService/prod/api",
                &[],
                &[],
                "--method: ecsService needs exactly one of Isolate, SwapSecurityGroups",
            ),
            ("ecsService/prod/api", &["Isolate", "ScaleToZero"], &[], "exactly one"),
            (
                "iamRole/x",
                &["Isolate"],
                &[],
                "--method: Isolate is no method of iamRole; there are DenyAll",
            ),
            ("lambdaFunction/x", &["DenyAll"], &[], "no choice of methods"),
            ("lambdaFunction/x", &[], &[("a", "b")], "no other fields"),
            (
                "iamRole/x",
                &[],
                &[("roleName", "y")],
                "--set: iamRole has no field roleName; there are denyPolicy",
            ),
            (
                "ec2Instance/i-1",
                &["Stop"],
                &[("snapshots", "no")],
                "neither true nor false",
            ),
        ] {
            let why = spec(text, methods, settings).unwrap_err();
            assert!(why.contains(says), "{why}");
        }
        assert!(setting("a").unwrap_err().contains("FIELD=VALUE"));
    }
}

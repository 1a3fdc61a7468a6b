//! Reads one object from a YAML or JSON text, and checks it with the rules of its CRD.

use crate::schema;
use anyhow::{Context, Result, anyhow, bail};
use kube::{
    CustomResourceExt, Resource,
    core::cel::{self, ErrorKind},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::{io::Read, path::Path};

/// The text of a file; `-` is standard input.
///
/// # Errors
/// When it cannot be read.
pub fn read(path: &Path) -> Result<String> {
    if path.as_os_str() != "-" {
        return std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()));
    }
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .context("standard input cannot be read")?;
    Ok(text)
}

/// The one object of that kind that the text holds, valid by its CRD's schema and rules.
///
/// # Errors
/// Naming the document or the field, and what would be right.
pub fn parse<K>(text: &str, source: &str) -> Result<K>
where
    K: Resource<DynamicType = ()> + CustomResourceExt + Serialize + DeserializeOwned,
{
    object(only(several(text, source)?, source, &K::kind(&()))?, source)
}

/// Every document of a text.
///
/// # Errors
/// When it is not YAML.
pub fn several(text: &str, source: &str) -> Result<Vec<Value>> {
    documents(text).with_context(|| format!("{source} is not YAML"))
}

/// A document as an object of that kind, valid by its CRD's schema and rules.
///
/// # Errors
/// As [`parse`].
pub fn object<K>(document: Value, source: &str) -> Result<K>
where
    K: Resource<DynamicType = ()> + CustomResourceExt + Serialize + DeserializeOwned,
{
    is_kind::<K>(&document, source)?;
    checked(document, source)
}

/// An object that was put together here, valid by its CRD's schema and rules.
///
/// # Errors
/// As [`parse`].
pub fn checked<K>(document: Value, source: &str) -> Result<K>
where
    K: Resource<DynamicType = ()> + CustomResourceExt + Serialize + DeserializeOwned,
{
    let complaints = schema::complaints(&own_schema::<K>(), &plain(&document), "");
    if !complaints.is_empty() {
        bail!(
            "{source} is not a valid {}:\n  {}",
            K::kind(&()),
            complaints.join("\n  ")
        );
    }
    let object: K =
        serde_json::from_value(document).with_context(|| format!("{source} is not a valid {}", K::kind(&())))?;
    follow_rules(&object, source)?;
    Ok(object)
}

fn documents(text: &str) -> Result<Vec<Value>> {
    let all = serde_yaml::Deserializer::from_str(text).map(Value::deserialize);
    let all: Vec<Value> = all.collect::<Result<_, _>>()?;
    Ok(all.into_iter().filter(|document| !document.is_null()).collect())
}

fn only(mut documents: Vec<Value>, source: &str, kind: &str) -> Result<Value> {
    match documents.len() {
        0 => bail!("{source} is empty: it must hold one {kind}"),
        1 => Ok(documents.remove(0)),
        n => {
            let kinds: Vec<&str> = documents.iter().map(|d| d["kind"].as_str().unwrap_or("?")).collect();
            bail!(
                "{source} holds {n} documents ({}): put one {kind} into a file of its own",
                kinds.join(", ")
            )
        }
    }
}

fn is_kind<K: Resource<DynamicType = ()>>(document: &Value, source: &str) -> Result<()> {
    for (field, wanted) in [("apiVersion", K::api_version(&())), ("kind", K::kind(&()))] {
        match document[field].as_str() {
            Some(found) if found == wanted => {}
            Some(found) => bail!("{source}: {field} is {found}, and must be {wanted}"),
            None => bail!("{source}: {field} is missing, and must be {wanted}"),
        }
    }
    match document["metadata"]["name"].as_str() {
        Some(name) if !name.is_empty() => Ok(()),
        _ => bail!("{source}: metadata.name is missing"),
    }
}

/// The schema of the CRD with the fields that every object has.
pub fn own_schema<K: CustomResourceExt>() -> Value {
    let crd = K::crd();
    let schema = crd.spec.versions.first().and_then(|version| version.schema.as_ref());
    let mut schema = schema
        .and_then(|s| serde_json::to_value(&s.open_api_v3_schema).ok())
        .unwrap_or_default();
    for field in ["apiVersion", "kind", "metadata"] {
        schema["properties"][field] = Value::Object(serde_json::Map::new());
    }
    schema
}

/// The document without its status, which nobody applies.
fn plain(document: &Value) -> Value {
    let mut plain = document.clone();
    if let Some(fields) = plain.as_object_mut() {
        fields.remove("status");
    }
    plain
}

/// The rules of the CRD. A rule that cannot be evaluated here is left to the API server.
fn follow_rules<K: CustomResourceExt + Serialize>(object: &K, source: &str) -> Result<()> {
    let Err(errors) = cel::validate_cel(object) else {
        return Ok(());
    };
    let broken: Vec<String> = errors
        .as_slice()
        .iter()
        .filter(|error| error.kind == ErrorKind::ValidationFailure)
        .map(|error| sentence(&error.field_path, &error.message))
        .collect();
    match broken.is_empty() {
        true => Ok(()),
        false => Err(anyhow!(
            "{source} breaks a rule of {}:\n  {}",
            K::crd_name(),
            broken.join("\n  ")
        )),
    }
}

fn sentence(field: &str, message: &str) -> String {
    match field.is_empty() {
        true => message.to_owned(),
        false => format!("{field}: {message}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use firebreak_crds::{AwsAccount, IamRoleMethod, Quarantine};

    const GOOD: &str = "
apiVersion: firebreak.dev/v1alpha1
kind: Quarantine
metadata: {name: payments, namespace: incident}
spec:
  accountRef: {name: production}
  region: us-east-1
  target: {iamRole: {roleName: payments}}
";

    fn refusal(text: &str) -> String {
        format!("{:#}", parse::<Quarantine>(text, "q.yaml").unwrap_err())
    }

    #[test]
    fn a_manifest_is_read_with_its_defaults() {
        let object: Quarantine = parse(GOOD, "q.yaml").unwrap();
        let methods = object.spec.target.iam_role.unwrap().methods;
        assert_eq!(methods, [IamRoleMethod::DenyAll, IamRoleMethod::RevokeSessions]);
        assert!(parse::<Quarantine>(&format!("---{GOOD}---\n"), "q.yaml").is_ok());
    }

    #[test]
    fn what_is_not_one_quarantine_is_named() {
        let account = "apiVersion: firebreak.dev/v1alpha1\nkind: AwsAccount\nmetadata: {name: a}\n";
        for (text, why) in [
            (String::new(), "q.yaml is empty: it must hold one Quarantine"),
            (
                format!("{GOOD}---\n{account}"),
                "q.yaml holds 2 documents (Quarantine, AwsAccount): put one Quarantine into a file of its own",
            ),
            (account.to_owned(), "q.yaml: kind is AwsAccount, and must be Quarantine"),
            (
                GOOD.replace("v1alpha1", "v1"),
                "q.yaml: apiVersion is firebreak.dev/v1, and must be firebreak.dev/v1alpha1",
            ),
            (GOOD.replace("name: payments, ", ""), "q.yaml: metadata.name is missing"),
        ] {
            assert_eq!(refusal(&text), why);
        }
        assert!(refusal("a: [").starts_with("q.yaml is not YAML: "));
    }

    #[test]
    fn a_field_that_does_not_exist_is_named() {
        let text = GOOD.replace("region:", "regions:");
        let why =
            "q.yaml is not a valid Quarantine:\n  spec.region: is missing\n  spec.regions: there is no such field";
        assert_eq!(refusal(&text), why);
    }

    #[test]
    fn rules_of_the_crd_are_evaluated_without_a_cluster() {
        for (from, to, field, message) in [
            ("us-east-1", "virginia", "spec.region", "region looks like us-east-1"),
            (
                "{iamRole: {roleName: payments}}",
                "{}",
                "spec.target",
                "names exactly one target",
            ),
            (
                "roleName: payments",
                "roleName: 'arn:aws:iam::1:role/x'",
                "spec.target.iamRole.roleName",
                "not its ARN",
            ),
            (
                "region: us",
                "expiry: {after: 5s}\n  region: us",
                "spec.expiry.after",
                "between 1m and 8760h",
            ),
            (
                "region: us",
                "expiry: {after: 5h, then: Release}\n  region: us",
                "spec",
                "Release is refused for identities",
            ),
        ] {
            let why = refusal(&GOOD.replace(from, to));
            assert!(
                why.contains(&format!("\n  {field}: ")) && why.contains(message),
                "{why}"
            );
        }
    }

    #[test]
    fn an_account_file_is_checked_alike() {
        let text = "
apiVersion: firebreak.dev/v1alpha1
kind: AwsAccount
metadata: {name: production}
spec:
  accountId: '123456789012'
  environment: Production
  regions: [us-east-1]
  roles: {read: 'arn:aws:iam::210987654321:role/r', contain: 'arn:aws:iam::123456789012:role/c'}
";
        let why = format!("{:#}", parse::<AwsAccount>(text, "account.yaml").unwrap_err());
        assert!(why.contains("spec: spec.roles belong to the account"), "{why}");
    }
}

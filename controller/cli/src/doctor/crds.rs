//! Are the kinds those of this version? Compared by meaning: what the API server fills in does not count.

use super::{Evidence, Finding, evidence::Shipped, or_well};
use firebreak_core::installation::deviation;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use serde_json::{Value, json};

const CHECK: &str = "crds";

/// Installed, established and equal.
pub fn check(seen: &Evidence) -> Vec<Finding> {
    let wrong: Vec<Finding> = seen.crds.iter().filter_map(|crd| judge(crd, seen)).collect();
    or_well(
        CHECK,
        wrong,
        format!("{} kinds, as version {} ships them", seen.crds.len(), seen.version),
    )
}

fn judge(crd: &Shipped<CustomResourceDefinition>, seen: &Evidence) -> Option<Finding> {
    let name = crd.ours.metadata.name.clone().unwrap_or_default();
    let fix = format!(
        "helm upgrade --install firebreak-crds charts/firebreak-crds -n {} with the charts of version {}",
        seen.identity.namespace, seen.version
    );
    let live = match &crd.live {
        Ok(Some(live)) => live,
        Ok(None) => return Some(Finding::failure(CHECK, format!("{name} is not installed"), fix)),
        Err(why) => {
            let fix = "ask somebody who may get customresourcedefinitions";
            return Some(Finding::unknown(CHECK, format!("{name}: {why}"), fix));
        }
    };
    if !is_established(live) {
        let fix = format!("kubectl describe crd {name} says what stands in the way");
        return Some(Finding::failure(CHECK, format!("{name} is not established"), fix));
    }
    let deviation = deviation::first(&meaning(&crd.ours), &meaning(live), "spec")?;
    Some(Finding::failure(
        CHECK,
        format!("{name} is another one: {deviation}"),
        fix,
    ))
}

fn is_established(crd: &CustomResourceDefinition) -> bool {
    let conditions = crd.status.iter().flat_map(|status| status.conditions.iter().flatten());
    conditions
        .into_iter()
        .any(|condition| condition.type_ == "Established" && condition.status == "True")
}

/// What a kind means: all but what the server fills in (list kind, singular, conversion).
fn meaning(crd: &CustomResourceDefinition) -> Value {
    let (spec, names) = (&crd.spec, &crd.spec.names);
    json!({
        "group": spec.group, "scope": spec.scope, "versions": spec.versions,
        "names": {
            "kind": names.kind, "plural": names.plural, "shortNames": names.short_names.clone().unwrap_or_default(),
            "categories": names.categories.clone().unwrap_or_default(),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Outcome, testing},
        *,
    };

    fn found(change: impl FnOnce(&mut Shipped<CustomResourceDefinition>)) -> Vec<Finding> {
        let mut seen = testing::healthy();
        change(&mut seen.crds[0]);
        check(&seen)
    }

    #[test]
    fn each_way_to_be_wrong_is_told() {
        let none = found(|crd| crd.live = Ok(None));
        assert_eq!(none[0].outcome, Outcome::Failure);
        assert_eq!(none[0].message, "awsaccounts.firebreak.dev is not installed");
        let unseen = found(|crd| crd.live = Err("you may not".into()));
        assert_eq!(unseen[0].outcome, Outcome::Unknown);
        let new = found(|crd| crd.live.as_mut().unwrap().as_mut().unwrap().status = None);
        assert!(new[0].message.ends_with("is not established"));
    }

    #[test]
    fn a_field_that_is_missing_is_named() {
        let found = found(|crd| {
            let live = crd.live.as_mut().unwrap().as_mut().unwrap();
            let schema = live.spec.versions[0]
                .schema
                .as_mut()
                .unwrap()
                .open_api_v3_schema
                .as_mut()
                .unwrap();
            let spec = schema.properties.as_mut().unwrap().get_mut("spec").unwrap();
            spec.properties.as_mut().unwrap().remove("grants");
        });
        assert_eq!(found[0].outcome, Outcome::Failure);
        assert!(
            found[0]
                .message
                .contains("properties.spec.properties.grants is missing"),
            "{}",
            found[0].message
        );
        assert!(found[0].fix.as_ref().unwrap().starts_with("helm upgrade"));
    }

    #[test]
    fn what_the_server_fills_in_does_not_count() {
        let found = found(|crd| {
            let live = crd.live.as_mut().unwrap().as_mut().unwrap();
            live.spec.names.list_kind = Some("AwsAccountList".into());
            live.spec.names.singular = Some("awsaccount".into());
            live.spec.preserve_unknown_fields = Some(false);
        });
        assert_eq!(found[0].outcome, Outcome::Ok, "{found:?}");
    }
}

//! What stands against removing the operator: custody, which nobody else enforces or ends. The chart asks before Helm
//! deletes anything.

use crate::runtime::{Clients, WatchLiveness};
use anyhow::Context;
use firebreak_core::run::{Run, custody};
use firebreak_crds::{Hold, HoldState, OwnerRef, readable::Item};
use firebreak_executor::records::{RecordError, Records};
use kube::{Config, ResourceExt};

/// Every Hold and every run that was begun in a line, with what ends it, in name order; none when nothing is in custody or
/// about to be.
///
/// # Errors
/// When the cluster cannot be asked: then nobody knows, and nothing may go.
pub async fn holds(home: &str) -> anyhow::Result<Vec<String>> {
    let config = Config::infer().await.context("no cluster to talk to")?;
    let records = Records::new(Clients::new(config, &WatchLiveness::default())?.request, home);
    let holds = match records.holds().await {
        // Where the kind is gone, so are its objects.
        Err(RecordError::Api(error)) if is_not_found(&error) => Vec::new(),
        listed => listed.context("the Holds cannot be listed")?,
    };
    let told = |hold: &Item<Hold>| match hold {
        Ok(hold) => line(hold, home),
        Err(bad) => unknown(&format!("{}: {bad}", bad.name)),
    };
    let mut lines: Vec<String> = holds.iter().map(told).collect();
    lines.sort();
    lines.extend(runs(&records).await?);
    Ok(lines)
}

fn unknown(what: &str) -> String {
    format!("{what}; install the version that wrote it and release it with that")
}

/// The runs that were begun and are not done: they may have written what no Hold keeps yet.
async fn runs(records: &Records) -> anyhow::Result<Vec<String>> {
    let mut lines = Vec::new();
    let show = |run: Result<&Run, &str>| lines.push(run.map_or_else(unknown, of_run));
    match records.each_run(show).await {
        Err(RecordError::Api(error)) if is_not_found(&error) => Ok(Vec::new()),
        listed => {
            listed.context("the runs cannot be listed")?;
            lines.sort();
            Ok(lines)
        }
    }
}

fn of_run(run: &Run) -> String {
    let Run {
        reference, plan, spec, ..
    } = run;
    let end = word("release", "", &spec.owner);
    format!(
        "{}: a run of {} has begun and is not done; {end}",
        reference.name, plan.title
    )
}

fn is_not_found(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Api(status) if status.code == 404)
}

fn line(hold: &Hold, home: &str) -> String {
    let (name, key) = (hold.name_any(), &hold.spec.key);
    let (state, fix) = (hold.spec.state, fix(hold, home));
    format!("{name}: {} of {} is {state:?}; {fix}", key.field, key.resource)
}

/// What ends it: a word about each object that holds it, or about the Hold itself when it is an orphan.
fn fix(hold: &Hold, home: &str) -> String {
    let (verb, options) = match hold.spec.state {
        HoldState::Held => ("release", String::new()),
        HoldState::Withheld => ("release", custody::restore(&hold.spec)),
        HoldState::Conflict => ("abandon", " --reason ...".to_owned()),
        HoldState::Orphaned => return of_orphan(hold, home),
    };
    let commands: Vec<String> = hold
        .spec
        .holders
        .iter()
        .map(|holder| word(verb, &options, &holder.owner))
        .collect();
    match commands.is_empty() {
        true => of_orphan(hold, home),
        false => commands.join(" and "),
    }
}

fn word(verb: &str, options: &str, owner: &OwnerRef) -> String {
    let (name, namespace) = (custody::spoken(owner), &owner.namespace);
    format!("kubectl firebreak {verb} {name} -n {namespace}{options}")
}

fn of_orphan(hold: &Hold, home: &str) -> String {
    let name = hold.name_any();
    let release = custody::release_command(&hold.spec, &name, home);
    format!("{release} or {} --reason ...", custody::command("abandon", &name, home))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn hold(state: &str) -> Hold {
        let role = "arn:aws:iam::222222222222:role";
        serde_json::from_value(json!({
            "apiVersion": "firebreak.dev/v1alpha1", "kind": "Hold", "metadata": {"name": "hold-1"},
            "spec": {
                "key": {"accountId": "222222222222", "region": "global", "resource": format!("{role}/payments"), "field": "TrustPolicy"},
                "state": state,
                "account": {
                    "accountId": "222222222222", "environment": "Production", "regions": ["us-east-1"],
                    "roles": {"read": format!("{role}/read"), "contain": format!("{role}/contain")},
                },
                "accountName": "production", "region": "us-east-1", "reopens": "TrustPolicy", "cell": {"version": 1}, "order": 0,
                "holders": [{"plan": "p", "owner": {"kind": "Quarantine", "namespace": "payments", "name": "task", "uid": "u"}}],
            },
        }))
        .unwrap()
    }

    #[test]
    fn each_hold_says_what_it_is_and_what_ends_it() {
        let role = "arn:aws:iam::222222222222:role/payments";
        let said = |state| line(&hold(state), "firebreak-system");
        assert_eq!(
            said("Held"),
            format!("hold-1: TrustPolicy of {role} is Held; kubectl firebreak release task -n payments")
        );
        assert!(said("Withheld").ends_with("release task -n payments --restore TrustPolicy"));
        assert!(said("Conflict").ends_with("abandon task -n payments --reason ..."));
        assert!(said("Orphaned").ends_with(
            "kubectl firebreak release hold/hold-1 --restore TrustPolicy or kubectl firebreak abandon hold/hold-1 --reason ..."
        ));
    }

    #[test]
    fn begun_run_says_what_ends_it() {
        let plan = json!({"version": 2, "action": "Contain", "accountId": "1", "accountName": "production",
            "environment": "Production", "region": "us-east-1", "kind": "iamRole", "arn": "arn:aws:iam::1:role/r",
            "title": "IAM role r: DenyAll", "steps": []});
        let digest = serde_json::from_value::<firebreak_core::run::plan::Plan>(plan.clone())
            .unwrap()
            .digest();
        let record = json!({"apiVersion": "firebreak.dev/v1alpha1", "kind": "ResponsePlan", "metadata": {"name": "task-run-1"},
            "spec": {"owner": {"kind": "Quarantine", "namespace": "payments", "name": "task", "uid": "u"},
                "ownerGeneration": 1, "run": 1, "action": "Contain", "digest": digest, "payload": plan}});
        let run = Run::of(&serde_json::from_value(record).unwrap()).unwrap();
        let expected = "task-run-1: a run of IAM role r: DenyAll has begun and is not done; kubectl firebreak release task -n payments";
        assert_eq!(of_run(&run), expected);
    }

    #[test]
    fn a_hold_without_a_holder_is_ended_as_an_orphan() {
        let mut hold = hold("Held");
        hold.spec.holders.clear();
        let command = "kubectl firebreak release hold/hold-1 --operator-namespace ops --restore TrustPolicy";
        assert!(line(&hold, "ops").contains(command));
    }
}

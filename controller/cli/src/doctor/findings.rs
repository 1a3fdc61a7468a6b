//! Do findings open Incidents? A source that cannot read, a playbook that is refused, and a source without one open nothing.

use super::{Evidence, Finding, or_well, readiness};
use firebreak_crds::{FindingSource, Playbook, text::counted};
use kube::ResourceExt;

const CHECK: &str = "findings";
const OPERATOR: &str = "the operator";

/// Every FindingSource and every Playbook.
pub fn check(seen: &Evidence) -> Vec<Finding> {
    let (sources, playbooks) = match (&seen.sources, &seen.playbooks) {
        (Ok(sources), Ok(playbooks)) => (sources, playbooks),
        (Err(why), _) | (_, Err(why)) => {
            let fix = "bind firebreak-auditor to the person who asks, in the whole cluster";
            return vec![Finding::unknown(CHECK, why, fix)];
        }
    };
    let read = sources.iter().filter_map(|source| {
        let status = source.status.as_ref();
        let conditions = status.map(|status| status.conditions.as_slice()).unwrap_or_default();
        let observed = status.and_then(|status| status.observed_generation);
        readiness::judge(CHECK, source, observed, conditions, OPERATOR)
    });
    let played = playbooks.iter().filter_map(|playbook| {
        let status = playbook.status.as_ref();
        let conditions = status.map(|status| status.conditions.as_slice()).unwrap_or_default();
        let observed = status.and_then(|status| status.observed_generation);
        readiness::judge(CHECK, playbook, observed, conditions, OPERATOR)
    });
    let wrong = read.chain(played).chain(unanswered(sources, playbooks)).collect();
    or_well(CHECK, wrong, well(sources, playbooks))
}

fn well(sources: &[FindingSource], playbooks: &[Playbook]) -> String {
    match (sources.len() as u64, playbooks.len() as u64) {
        (0, _) => "there is no FindingSource: people declare Incidents".into(),
        (sources, playbooks) => format!(
            "{} for {}",
            counted(playbooks, "Playbook"),
            counted(sources, "FindingSource")
        ),
    }
}

/// The sources whose findings nobody speaks of.
fn unanswered<'a>(sources: &'a [FindingSource], playbooks: &'a [Playbook]) -> impl Iterator<Item = Finding> + use<'a> {
    let alone = sources.iter().filter(|source| {
        playbooks
            .iter()
            .all(|playbook| playbook.namespace() != source.namespace())
    });
    alone.map(|source| {
        let namespace = source.namespace().unwrap_or_default();
        let message = format!(
            "FindingSource {namespace}/{}: there is no Playbook in {namespace}, so its findings open nothing",
            source.name_any()
        );
        Finding::warning(CHECK, message, "kubectl apply a Playbook, as in examples/playbooks")
    })
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Outcome, testing},
        *,
    };
    use serde_json::{Value, json};

    fn object<K: serde::de::DeserializeOwned>(kind: &str, spec: &Value, status: &Value) -> K {
        testing::typed(
            json!({"apiVersion": "firebreak.dev/v1alpha1", "kind": kind, "spec": spec, "status": status,
            "metadata": {"name": "n", "namespace": "payments", "generation": 2}}),
        )
    }

    fn status(is: &str, generation: i64) -> Value {
        json!({"observedGeneration": generation, "conditions": [{"type": "Ready", "status": is, "reason": "R",
            "message": "m", "lastTransitionTime": "2026-01-01T00:00:00Z"}]})
    }

    fn source(is: &str, generation: i64) -> FindingSource {
        let spec = json!({"guardDuty": {"accounts": [{"name": "production"}]}});
        object("FindingSource", &spec, &status(is, generation))
    }

    fn playbook(is: &str) -> Playbook {
        object("Playbook", &json!({}), &status(is, 2))
    }

    #[test]
    fn what_cannot_read_or_answer_findings_is_told() {
        for (sources, playbooks, outcome, says) in [
            (vec![], vec![], Outcome::Ok, "there is no FindingSource"),
            (
                vec![source("True", 2)],
                vec![playbook("True")],
                Outcome::Ok,
                "1 Playbook for 1 FindingSource",
            ),
            (
                vec![source("False", 2)],
                vec![playbook("True")],
                Outcome::Warning,
                "FindingSource payments/n: R: m",
            ),
            (
                vec![source("True", 1)],
                vec![playbook("True")],
                Outcome::Unknown,
                "not looked at it as it is now",
            ),
            (
                vec![source("True", 2)],
                vec![playbook("False")],
                Outcome::Warning,
                "Playbook payments/n: R: m",
            ),
            (
                vec![source("True", 2)],
                vec![],
                Outcome::Warning,
                "no Playbook in payments",
            ),
        ] {
            let mut seen = testing::healthy();
            (seen.sources, seen.playbooks) = (Ok(sources), Ok(playbooks));
            let found = check(&seen);
            assert_eq!((found.len(), found[0].outcome), (1, outcome), "{found:?}");
            assert!(found[0].message.contains(says), "{found:?}");
        }
    }
}

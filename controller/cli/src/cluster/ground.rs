//! What a Playbook is tested with.

use super::{Cluster, permitted};
use crate::{exit, playbook::ground::Ground};
use anyhow::Result;
use firebreak_crds::Incident;

/// What of it is read.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// The namespace's Playbooks.
    pub playbooks: bool,
    /// Incidents.
    pub incidents: bool,
}

impl Cluster {
    /// Playbooks of the namespace, AwsAccounts, Guardrails and Incidents.
    ///
    /// # Errors
    /// When something cannot be read. What belongs to the cluster and may not be read is left out, with a note.
    pub async fn ground(&self, wanted: Wanted) -> Result<Ground> {
        let mut notes = Vec::new();
        let accounts = permitted(self.all().await, "AwsAccounts", &mut notes)?;
        let guardrails = permitted(self.all().await, "Guardrails", &mut notes)?;
        let playbooks = match wanted.playbooks {
            true => self.list(Some(&self.namespace)).await?,
            false => Vec::new(),
        };
        let incidents = match wanted.incidents {
            true => self.every_incident(&mut notes).await?,
            false => Vec::new(),
        };
        notes.extend(self.noted());
        Ok(Ground {
            namespace: self.namespace.clone(),
            playbooks,
            accounts,
            guardrails,
            incidents,
            notes,
            ..Ground::default()
        })
    }

    /// Those of all namespaces, or else those of this one.
    async fn every_incident(&self, notes: &mut Vec<String>) -> Result<Vec<Incident>> {
        match self.incidents(true).await {
            Err(error) if exit::api_code(&error) == Some(403) => {
                notes.push("you may not list Incidents of other namespaces: what began there is not counted".into());
                self.incidents(false).await
            }
            found => found,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{cluster::script::Script, fixtures};
    use serde_json::{Value, json};

    fn list(items: &[Value]) -> (u16, Value) {
        (200, json!({"metadata": {}, "items": items}))
    }

    fn forbidden() -> (u16, Value) {
        (
            403,
            json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 403, "message": "no", "reason": "Forbidden"}),
        )
    }

    #[tokio::test]
    async fn what_may_not_be_listed_is_noted_and_the_own_namespace_is_enough() {
        let incident = json!(fixtures::incident());
        let script = Script::of([
            list(&[json!(fixtures::account())]),
            forbidden(),
            list(&[]),
            forbidden(),
            list(&[incident]),
        ]);
        let wanted = Wanted {
            playbooks: true,
            incidents: true,
        };
        let ground = script.cluster().ground(wanted).await.unwrap();
        assert_eq!(
            (ground.accounts.len(), ground.incidents.len(), ground.notes.len()),
            (1, 1, 2)
        );
        let asked: Vec<String> = script.requests().into_iter().map(|(line, _)| line).collect();
        assert!(asked[2].contains("/namespaces/incident/playbooks"), "{asked:?}");
        assert!(asked[4].contains("/namespaces/incident/incidents"), "{asked:?}");
        assert!(asked.iter().all(|line| line.starts_with("GET ")), "{asked:?}");
    }

    #[tokio::test]
    async fn what_is_not_wanted_is_not_asked_for() {
        let script = Script::of([list(&[]), list(&[])]);
        let wanted = Wanted {
            playbooks: false,
            incidents: false,
        };
        script.cluster().ground(wanted).await.unwrap();
        assert_eq!(script.requests().len(), 2);
    }
}

//! What a test stands on: everything with which a FindingSource of the namespace would decide.

use super::files::Files;
use firebreak_core::coordinate::{
    finding::Finding,
    playbook::Known,
    source::{self, Account, Seen, Subject, World, begun_elsewhere},
};
use firebreak_crds::{
    AccountRef, AwsAccount, FindingSourceSpec, FindingSourceStatus, Guardrail, Incident, OwnerRef, Playbook,
    finding_source::{GuardDutySource, Samples},
};
use jiff::{SignedDuration, Timestamp};
use kube::ResourceExt;
use std::collections::{BTreeMap, BTreeSet};

/// The name of the FindingSource that a test imagines.
const NAME: &str = "playbook-test";

/// The ground.
#[derive(Clone, Debug, Default)]
pub struct Ground {
    /// The namespace.
    pub namespace: String,
    /// Its Playbooks.
    pub playbooks: Vec<Playbook>,
    /// The AwsAccounts.
    pub accounts: Vec<AwsAccount>,
    /// The Guardrails.
    pub guardrails: Vec<Guardrail>,
    /// The Incidents of all namespaces.
    pub incidents: Vec<Incident>,
    /// Whether samples open drills.
    pub samples: Samples,
    /// What people should know about it.
    pub notes: Vec<String>,
}

impl Ground {
    /// A namespace of which nothing is known.
    pub fn of(namespace: &str) -> Self {
        Self {
            namespace: namespace.to_owned(),
            ..Self::default()
        }
    }

    /// The same with what files hold: their Playbooks instead of those of the namespace, and each AwsAccount and Guardrail
    /// instead of the one with its name.
    pub fn with(mut self, files: Files) -> Self {
        if !files.playbooks.is_empty() {
            self.playbooks = files.playbooks;
        }
        replace(&mut self.accounts, files.accounts);
        replace(&mut self.guardrails, files.guardrails);
        self
    }

    /// The world in which it is decided.
    pub fn world(&self, now: Timestamp) -> World {
        let here = |incident: &&Incident| incident.namespace().as_deref() == Some(self.namespace.as_str());
        let elsewhere: Vec<Seen> = self.incidents.iter().filter(|one| !here(one)).map(Seen::of).collect();
        let known = self.playbooks.iter().map(Known::of);
        let account = |one: &AwsAccount| (one.name_any(), Account::Known(Box::new(one.spec.clone())));
        World {
            subject: self.subject(None, now),
            playbooks: known.filter(Known::is_usable).collect(),
            accounts: self.accounts.iter().map(account).collect(),
            polled: BTreeMap::new(),
            post: None,
            unread: BTreeMap::new(),
            incidents: self
                .incidents
                .iter()
                .filter(here)
                .map(|one| (one.name_any(), Seen::of(one)))
                .collect(),
            begun: begun_elsewhere(&elsewhere, now),
            guardrails: self.guardrails.iter().map(|one| one.spec.clone()).collect(),
            refused: BTreeMap::new(),
        }
    }

    /// A FindingSource of the namespace that reads what it is told to, or of every AwsAccount.
    pub fn subject(&self, asked: Option<&Asked>, now: Timestamp) -> Subject {
        let all = || self.accounts.iter().map(ResourceExt::name_any).collect();
        let names: Vec<String> = asked.map_or_else(all, |asked| vec![asked.account.clone()]);
        let guard_duty = GuardDutySource {
            accounts: names.into_iter().map(|name| AccountRef { name }).collect(),
            regions: asked.map(|asked| asked.regions.clone()).unwrap_or_default(),
            lookback: asked.map(|asked| format!("{}s", asked.since.as_secs())),
            ..GuardDutySource::default()
        };
        Subject {
            owner: OwnerRef {
                kind: "FindingSource".into(),
                namespace: self.namespace.clone(),
                name: NAME.into(),
                uid: String::new(),
            },
            generation: 1,
            created_at: Some(now),
            spec: FindingSourceSpec {
                guard_duty: Some(guard_duty),
                samples: self.samples,
                ..FindingSourceSpec::default()
            },
            status: FindingSourceStatus::default(),
        }
    }

    /// What is missing for findings to come at all: Playbooks, and the right to read findings where these were found.
    pub fn gaps<'a>(&self, findings: impl IntoIterator<Item = &'a Finding>, now: Timestamp) -> Vec<String> {
        let namespace = &self.namespace;
        let none = self
            .playbooks
            .is_empty()
            .then(|| format!("there is no Playbook in namespace {namespace}"));
        let unusable = self.playbooks.iter().map(Known::of).filter_map(|known| {
            let why = known.problem()?;
            Some(format!("the Playbook {} is not used: {why}", known.name))
        });
        let found: BTreeSet<(&str, &str)> = findings
            .into_iter()
            .map(|finding| (finding.account_id.as_str(), finding.region.as_str()))
            .collect();
        let unread = found.into_iter().flat_map(|(id, region)| self.unread(id, region, now));
        none.into_iter().chain(unusable).chain(unread).collect()
    }

    /// Why no FindingSource of the namespace would read findings of that region.
    fn unread(&self, account_id: &str, region: &str, now: Timestamp) -> Vec<String> {
        let Some(account) = self.accounts.iter().find(|one| one.spec.account_id == account_id) else {
            return Vec::new();
        };
        let asked = Asked {
            account: account.name_any(),
            regions: vec![region.to_owned()],
            since: SignedDuration::ZERO,
        };
        let accounts = [(account.name_any(), Account::Known(Box::new(account.spec.clone())))];
        let (_, problems) = source::asks(&self.subject(Some(&asked), now), &accounts.into());
        let told = problems
            .into_values()
            .map(|problem| format!("a FindingSource would not read these findings: {}", problem.message));
        told.collect()
    }
}

/// What GuardDuty is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// Name of the AwsAccount.
    pub account: String,
    /// The regions; all of the account where there is none.
    pub regions: Vec<String>,
    /// How long ago the oldest was updated.
    pub since: SignedDuration,
}

fn replace<K: ResourceExt>(all: &mut Vec<K>, new: Vec<K>) {
    all.retain(|one| new.iter().all(|other| other.name_any() != one.name_any()));
    all.extend(new);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{fixtures, playbook::testing};
    use firebreak_core::coordinate::finding;

    #[test]
    fn what_files_hold_takes_the_place_of_what_has_its_name() {
        let mut ground = testing::ground();
        let mut other = ground.clone();
        other.accounts[0].spec.account_id = "999999999999".into();
        let mut second = other.guardrails[0].clone();
        second.metadata.name = Some("second".into());
        let files = Files {
            accounts: other.accounts,
            guardrails: vec![second],
            ..Files::default()
        };
        ground = ground.with(files);
        assert_eq!(
            (ground.playbooks.len(), ground.accounts.len(), ground.guardrails.len()),
            (1, 1, 2)
        );
        assert_eq!(ground.accounts[0].spec.account_id, "999999999999");
    }

    #[test]
    fn incidents_of_other_namespaces_count_only_by_what_began_there() {
        let record = r#"{"confirmed":true,"responses":{"r":{"at":"2026-01-01T11:59:00Z","accountId":"123456789012","proposed":false}}}"#;
        let mut incident = fixtures::incident();
        let annotations = [(firebreak_crds::FINDINGS_ANNOTATION.to_owned(), record.to_owned())];
        incident.metadata.annotations = Some(annotations.into());
        let mut ground = testing::ground();
        ground.incidents = vec![incident];
        let world = ground.world(fixtures::now());
        assert_eq!((world.incidents.len(), world.begun.get("123456789012")), (0, Some(&1)));
        ground.namespace = "incident".into();
        let world = ground.world(fixtures::now());
        assert_eq!((world.incidents.len(), world.begun.len()), (1, 0));
    }

    #[test]
    fn what_is_missing_for_findings_to_come_is_told_once() {
        let finding = finding::read(&testing::finding("iam_user_key")).unwrap();
        let gaps = |ground: &Ground| ground.gaps([&finding, &finding], fixtures::now());
        let mut ground = testing::ground();
        assert!(gaps(&ground).is_empty());
        ground.accounts[0].spec.grants.clear();
        let told = gaps(&ground);
        assert!(
            told.len() == 1 && told[0].contains("grants namespace payments no findings"),
            "{told:?}"
        );
        ground.accounts[0].spec.regions = vec!["eu-west-1".into()];
        assert!(gaps(&ground)[0].contains("does not list us-east-1"));
        ground.playbooks.clear();
        assert_eq!(gaps(&ground)[0], "there is no Playbook in namespace payments");
    }
}

//! What a decision about a FindingSource depends on, read live.

use super::Pass;
use crate::{
    bounded::{LIST_DEADLINE, late},
    executor::{Executor, ReconcileError},
    records::RecordError,
};
use firebreak_core::{
    aws::failure::{Failure, FailureClass},
    coordinate::{
        playbook::Known,
        source::{self, Account, Ask, Problem, Seen, Site, Subject, World},
    },
};
use firebreak_crds::{FindingSource, Reason, text};
use futures::{StreamExt, future::try_join_all, stream};
use jiff::Timestamp;
use kube::ResourceExt;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use tokio::time::timeout;

/// Sites that are asked at the same time.
const TOGETHER: usize = 8;

pub(super) type Answers = BTreeMap<Site, Result<Vec<Value>, Problem>>;

impl Executor {
    /// Asks the products first: what is read of the cluster is younger than their answers, so that nothing is opened twice.
    pub(super) async fn gather_source(&self, object: FindingSource) -> Result<Pass, ReconcileError> {
        let subject = Subject::of(&object);
        let accounts = self.accounts_of(&subject).await?;
        let queue = self.queue_of(&subject).await?;
        if queue.is_some() {
            self.lead()?;
        }
        let (polled, (post, unread)) =
            futures::join!(self.poll(&subject, &accounts), self.hear(&subject, &accounts, queue));
        let namespace = subject.owner.namespace.clone();
        let is_silent = !matches!(&post, Some(Ok(mail)) if !mail.letters.is_empty());
        let is_quiet = is_silent && polled.values().flatten().all(Vec::is_empty);
        let (playbooks, guardrails) = futures::join!(self.playbooks(&namespace), self.records.guardrails());
        let (incidents, begun) = match is_quiet {
            true => (BTreeMap::new(), BTreeMap::new()),
            false => self.incidents(&namespace, self.clock.now()).await?,
        };
        let world = World {
            playbooks: playbooks?,
            accounts,
            polled,
            post,
            unread,
            incidents,
            begun,
            guardrails: guardrails?.to_vec(),
            refused: BTreeMap::new(),
            subject,
        };
        Ok(Pass { object, world })
    }

    async fn accounts_of(&self, subject: &Subject) -> Result<BTreeMap<String, Account>, ReconcileError> {
        let polled = subject.spec.guard_duty.iter().flat_map(|polled| &polled.accounts);
        let told_of = subject.spec.sqs.iter().flat_map(|sqs| &sqs.accounts);
        let names: BTreeSet<&str> = polled.chain(told_of).map(|one| one.name.as_str()).collect();
        let named = names.into_iter().map(|name| async {
            let account = self.account_named(name).await?;
            Ok::<_, ReconcileError>((name.to_owned(), account))
        });
        Ok(try_join_all(named).await?.into_iter().collect())
    }

    /// The AwsAccount of that name, as far as it can be read.
    pub(super) async fn account_named(&self, name: &str) -> Result<Account, ReconcileError> {
        match self.records.account(name).await {
            Ok(Some(account)) => Ok(Account::Known(Box::new(account.spec))),
            Ok(None) => Ok(Account::Absent),
            Err(RecordError::Unreadable(bad)) => Ok(Account::Unreadable(bad.to_string())),
            Err(other) => Err(other.into()),
        }
    }

    /// Asks each site that is due. Of the others stands what they answered, without a finding.
    async fn poll(&self, subject: &Subject, accounts: &BTreeMap<String, Account>) -> Answers {
        let (asks, problems) = source::asks(subject, accounts);
        let (known, due) = self.looks.known(subject, asks, self.clock.now());
        let answers = stream::iter(due).map(|ask| self.asked(ask)).buffer_unordered(TOGETHER);
        let mut all: Answers = answers.collect().await;
        self.looks.note(subject, &all, self.clock.now());
        all.extend(known);
        all.extend(problems.into_iter().map(|(site, problem)| (site, Err(problem))));
        all
    }

    async fn asked(&self, ask: Ask) -> (Site, Result<Vec<Value>, Problem>) {
        let work = self.cloud.findings(&ask.access, &ask.asked);
        let answer = timeout(LIST_DEADLINE, work).await;
        let answer = answer.unwrap_or_else(|_| Err(late("guardduty:ListFindings", LIST_DEADLINE)));
        let answer = answer.map_err(|failure| problem(&ask.site, &failure));
        (ask.site, answer)
    }

    /// The Playbooks of a namespace that can be read and used.
    async fn playbooks(&self, namespace: &str) -> Result<Vec<Known>, ReconcileError> {
        let all = self.records.playbooks(namespace).await?;
        let known = all.into_iter().flatten().map(|object| Known::of(&object));
        Ok(known.filter(Known::is_usable).collect())
    }

    /// The Incidents of the namespace, and what began by itself in the others. What cannot be read was opened by no finding, as far
    /// as anybody can tell: the next of its name is used.
    async fn incidents(
        &self,
        namespace: &str,
        now: Timestamp,
    ) -> Result<(BTreeMap<String, Seen>, BTreeMap<String, u32>), ReconcileError> {
        let (mut here, mut begun) = (BTreeMap::new(), BTreeMap::new());
        let show = |item| {
            let Ok(object) = item else { return };
            let seen = Seen::of(&object);
            if object.namespace().as_deref() == Some(namespace) {
                here.insert(object.name_any(), seen);
                return;
            }
            for (account, many) in source::begun_elsewhere([&seen], now) {
                *begun.entry(account).or_insert(0) += many;
            }
        };
        self.records.each_incident(show).await?;
        Ok((here, begun))
    }
}

pub(super) fn problem(site: &Site, failure: &Failure) -> Problem {
    problem_of(&format!("{} in {}", site.account, site.region), failure)
}

/// Why something does not answer.
pub(super) fn problem_of(what: &str, failure: &Failure) -> Problem {
    let reason = match failure.class {
        FailureClass::Denied => Reason::AccessDenied,
        FailureClass::Throttled => Reason::Throttled,
        _ => Reason::PollFailed,
    };
    Problem {
        reason,
        message: text::message(&format!("{what}: {failure}")),
    }
}

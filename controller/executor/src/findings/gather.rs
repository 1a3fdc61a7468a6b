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
use std::collections::BTreeMap;
use tokio::time::timeout;

/// Sites that are asked at the same time.
const TOGETHER: usize = 8;

type Answers = BTreeMap<Site, Result<Vec<Value>, Problem>>;

impl Executor {
    /// Asks the products first: what is read of the cluster is younger than their answers, so that nothing is opened twice.
    pub(super) async fn gather_source(&self, object: FindingSource) -> Result<Pass, ReconcileError> {
        let subject = Subject::of(&object);
        let accounts = self.accounts_of(&subject).await?;
        let polled = self.poll(&subject, &accounts).await;
        let namespace = subject.owner.namespace.clone();
        let is_quiet = polled.values().flatten().all(Vec::is_empty);
        let (playbooks, guardrails) = futures::join!(self.playbooks(&namespace), self.records.guardrails());
        let (incidents, begun) = match is_quiet {
            true => (BTreeMap::new(), BTreeMap::new()),
            false => self.incidents(&namespace, self.clock.now()).await?,
        };
        let world = World {
            playbooks: playbooks?,
            accounts,
            polled,
            incidents,
            begun,
            guardrails: guardrails?.to_vec(),
            refused: BTreeMap::new(),
            subject,
        };
        Ok(Pass { object, world })
    }

    async fn accounts_of(&self, subject: &Subject) -> Result<BTreeMap<String, Account>, ReconcileError> {
        let named = subject.spec.guard_duty.accounts.iter().map(|one| async {
            let account = match self.records.account(&one.name).await {
                Ok(Some(account)) => Account::Known(Box::new(account.spec)),
                Ok(None) => Account::Absent,
                Err(RecordError::Unreadable(bad)) => Account::Unreadable(bad.to_string()),
                Err(other) => return Err(ReconcileError::from(other)),
            };
            Ok((one.name.clone(), account))
        });
        Ok(try_join_all(named).await?.into_iter().collect())
    }

    async fn poll(&self, subject: &Subject, accounts: &BTreeMap<String, Account>) -> Answers {
        let (asks, problems) = source::asks(subject, accounts);
        let answers = stream::iter(asks).map(|ask| self.asked(ask)).buffer_unordered(TOGETHER);
        let mut all: Answers = answers.collect().await;
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

fn problem(site: &Site, failure: &Failure) -> Problem {
    let reason = match failure.class {
        FailureClass::Denied => Reason::AccessDenied,
        FailureClass::Throttled => Reason::Throttled,
        _ => Reason::PollFailed,
    };
    let message = format!("{} in {}: {failure}", site.account, site.region);
    Problem {
        reason,
        message: text::message(&message),
    }
}

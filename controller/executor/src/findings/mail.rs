//! The queue of a source: receives its messages, reads the findings back that they name, and deletes or rejects what was handled.

use super::{
    Pass,
    gather::{problem, problem_of},
};
use crate::{
    bounded::{LIST_DEADLINE, late},
    executor::{Executor, ReconcileError},
};
use firebreak_core::{
    aws::{
        failure::{Failure, FailureClass},
        sqs::{DELETE, RECEIVE, SEND},
    },
    coordinate::source::{
        Account, Problem, Site, Subject,
        queue::{self, How, Letter, Mail, Post, QueueAsk, ReadBack, Settle},
    },
};
use futures::future::join_all;
use serde_json::Value;
use std::collections::BTreeMap;
use tokio::time::timeout;

type Accounts = BTreeMap<String, Account>;
type Queue = Option<Result<QueueAsk, Problem>>;

impl Executor {
    /// The queue that a source names, where its account lets it be read.
    pub(super) async fn queue_of(&self, subject: &Subject) -> Result<Queue, ReconcileError> {
        let Some(sqs) = &subject.spec.sqs else { return Ok(None) };
        let account = self.account_named(&sqs.account_ref.name).await?;
        Ok(queue::place(subject, &account))
    }

    /// Receives messages, with what their findings' products say of them; and why findings of some accounts and regions cannot be read.
    pub(super) async fn hear(
        &self,
        subject: &Subject,
        accounts: &Accounts,
        queue: Queue,
    ) -> (Option<Post>, BTreeMap<Site, Problem>) {
        let ask = match queue {
            None => return (None, BTreeMap::new()),
            Some(Err(problem)) => return (Some(Err(problem)), queue::account_problems(subject, accounts)),
            Some(Ok(ask)) => ask,
        };
        let post = self.received(subject, accounts, ask).await;
        let Ok(mut mail) = post else {
            return (Some(post), queue::account_problems(subject, accounts));
        };
        let mut unread = self.read_back(subject, accounts, &mut mail.letters).await;
        unread.extend(queue::account_problems(subject, accounts));
        (Some(Ok(mail)), unread)
    }

    async fn received(&self, subject: &Subject, accounts: &Accounts, ask: QueueAsk) -> Post {
        let work = self.cloud.receive(&ask.access, &ask.queue);
        let received = timeout(LIST_DEADLINE, work).await;
        let received = received.unwrap_or_else(|_| Err(late(RECEIVE, LIST_DEADLINE)));
        let received = received.map_err(|failure| problem_of(&ask.queue.to_string(), &failure))?;
        Ok(Mail {
            letters: queue::sorted(subject, accounts, received.messages),
            dead_letters: received.dead_letters,
            access: ask.access,
            queue: ask.queue,
        })
    }

    async fn read_back(
        &self,
        subject: &Subject,
        accounts: &Accounts,
        letters: &mut [Letter],
    ) -> BTreeMap<Site, Problem> {
        let asks = queue::read_backs(subject, accounts, letters);
        let answers = join_all(asks.into_iter().map(|ask| self.asked_back(ask))).await;
        let mut asked = Vec::new();
        for (site, answer) in answers {
            queue::answered(letters, &site, &answer);
            asked.push((site, answer.err()));
        }
        self.looks.unread(subject, asked, self.clock.now())
    }

    async fn asked_back(&self, ask: ReadBack) -> (Site, Result<Vec<Value>, Problem>) {
        let work = self.cloud.named_findings(&ask.access, &ask.ids);
        let answer = timeout(LIST_DEADLINE, work).await;
        let answer = answer.unwrap_or_else(|_| Err(late("guardduty:GetFindings", LIST_DEADLINE)));
        let answer = match answer {
            // Where there is no detector there is no finding: an attacker may have switched it off.
            Err(failure) if failure.class == FailureClass::Gone => Ok(Vec::new()),
            answer => answer.map_err(|failure| problem(&ask.site, &failure)),
        };
        (ask.site, answer)
    }

    /// Deletes and rejects messages. What fails is told, and comes again.
    pub(super) async fn settle(&self, pass: &mut Pass, settles: Vec<Settle>) -> Result<(), ReconcileError> {
        self.lead()?;
        let Some(Ok(mail)) = &mut pass.world.post else {
            return Ok(());
        };
        let (deletes, rejects): (Vec<Settle>, Vec<Settle>) =
            settles.into_iter().partition(|settle| settle.how == How::Delete);
        let receipts = deletes.iter().filter_map(|settle| receipt(mail, settle)).collect();
        let deleted = self.deleted(mail, receipts).await;
        for settle in &deletes {
            note(mail, settle, deleted.clone());
        }
        for settle in &rejects {
            let rejected = self.rejected(mail, settle).await;
            note(mail, settle, rejected);
        }
        Ok(())
    }

    async fn deleted(&self, mail: &Mail, receipts: Vec<String>) -> Result<(), Problem> {
        if receipts.is_empty() {
            return Ok(());
        }
        let work = self.cloud.acknowledge(&mail.access, &mail.queue, &receipts);
        ended(mail, DELETE, timeout(LIST_DEADLINE, work).await.ok())
    }

    async fn rejected(&self, mail: &Mail, settle: &Settle) -> Result<(), Problem> {
        let (How::Reject { to, why }, Some(letter)) = (&settle.how, mail.letters.get(settle.letter)) else {
            return Ok(());
        };
        let work = self.cloud.reject(&mail.access, &mail.queue, to, &letter.message, why);
        ended(mail, SEND, timeout(LIST_DEADLINE, work).await.ok())
    }
}

fn receipt(mail: &Mail, settle: &Settle) -> Option<String> {
    let letter = mail.letters.get(settle.letter)?;
    Some(letter.message.receipt.clone())
}

fn note(mail: &mut Mail, settle: &Settle, result: Result<(), Problem>) {
    if let Some(letter) = mail.letters.get_mut(settle.letter) {
        letter.settled = Some(result);
    }
}

fn ended(mail: &Mail, call: &str, result: Option<Result<(), Failure>>) -> Result<(), Problem> {
    let result = result.unwrap_or_else(|| Err(late(call, LIST_DEADLINE)));
    result.map_err(|failure| problem_of(&mail.queue.to_string(), &failure))
}

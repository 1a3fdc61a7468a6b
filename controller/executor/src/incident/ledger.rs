//! The ledger of an Incident: where it is, and what is put there. Each object is put once, inside the lease; one that is there
//! already is read back.

use super::Pass;
use crate::{
    bounded::late,
    executor::{Executor, ReconcileError},
    records::RecordError,
};
use firebreak_core::{
    aws::{access::Access, failure::Failure},
    coordinate::{
        incident::{
            self, Found, Subject, World,
            ledger::{Answer, Entry, Ledger, Offer, Place},
            report::{Change, changes},
        },
        source::Account,
    },
    digest,
    run::{Run, archive::Document},
};
use serde_json::Value;
use std::{collections::BTreeMap, time::Duration};

/// The longest that an object may take on its way into the bucket: the responses of the Incident wait for it.
const PUT_DEADLINE: Duration = Duration::from_secs(5);

impl Executor {
    /// Where the ledger is, and whether anything holds it back.
    pub(super) async fn ledger_of(
        &self,
        subject: &Subject,
        objects: &BTreeMap<String, Found>,
    ) -> Result<Ledger, ReconcileError> {
        let place = match incident::ledger::account(subject, objects) {
            None => Place::Nowhere,
            Some(name) => incident::ledger::place(subject, &name, &self.named_account(&name).await?),
        };
        let stop = match place {
            Place::At(_) => self.records.stop().await?,
            Place::Nowhere | Place::Barred(_) => None,
        };
        Ok(Ledger::at(place, stop, self.clock.now()))
    }

    pub(super) async fn named_account(&self, name: &str) -> Result<Account, ReconcileError> {
        match self.records.account(name).await {
            Ok(Some(account)) => Ok(Account::Known(Box::new(account.spec))),
            Ok(None) => Ok(Account::Absent),
            Err(RecordError::Unreadable(bad)) => Ok(Account::Unreadable(bad.to_string())),
            Err(other) => Err(other.into()),
        }
    }

    /// Puts one entry.
    pub(super) async fn record(&self, pass: &mut Pass, entry: &Entry) -> Result<(), ReconcileError> {
        self.lead()?;
        let Place::At(site) = &pass.world.ledger.place else {
            return Err(ReconcileError::Changed);
        };
        let answer = self.put(&site.access, &entry.document()).await;
        pass.world.ledger.took(entry, answer, self.clock.now());
        Ok(())
    }

    /// Puts the report, once its hashes are in the status.
    pub(super) async fn put_report(&self, pass: &mut Pass, offer: &Offer) -> Result<(), ReconcileError> {
        let files = offer.files(self.changes(&pass.world).await?);
        self.remember(pass, offer.status(&files)).await?;
        for file in &files {
            self.lead()?;
            let answer = self.put(&offer.site.access, &file.document).await;
            let (ledger, written) = (&mut pass.world.ledger, &pass.world.subject.status);
            if !offer.took(written, ledger, file, answer, self.clock.now()) {
                break;
            }
        }
        Ok(())
    }

    async fn put(&self, access: &Access, document: &Document) -> Answer {
        let put = tokio::time::timeout(PUT_DEADLINE, self.offered(access, document));
        let put = put.await.unwrap_or_else(|_| Err(late("s3:PutObject", PUT_DEADLINE)));
        put.unwrap_or_else(Answer::Failed)
    }

    async fn offered(&self, access: &Access, document: &Document) -> Result<Answer, Failure> {
        let stored = self.cloud.archive(access, document).await?;
        match stored.sha256 == digest::of_bytes(document.body.as_bytes()) {
            true => Ok(Answer::Stored(stored.sha256)),
            false => self.cloud.retrieve(access, &document.key).await.map(Answer::Taken),
        }
    }

    /// What each response changed in AWS, by its name.
    async fn changes(&self, world: &World) -> Result<BTreeMap<String, Vec<Change>>, ReconcileError> {
        let subject = &world.subject;
        let names = incident::objects(&subject.owner.name, &subject.spec.responses);
        let mut all = BTreeMap::new();
        for (response, object) in subject.spec.responses.iter().zip(names) {
            let Some(Found::Object(child)) = world.objects.get(&object) else {
                continue;
            };
            let plans = self
                .records
                .runs_of(&subject.owner.namespace, &child.uid, child.is_being_deleted);
            let (plans, holds) = futures::join!(plans, self.records.holds_of(&child.uid));
            let held: BTreeMap<String, Value> = holds?
                .into_iter()
                .flatten()
                .filter_map(|hold| Some((hold.metadata.name?, hold.spec.before)))
                .collect();
            // A record that cannot be read is left out, as in every report.
            let plans = match plans {
                Err(RecordError::Unreadable(_)) => Vec::new(),
                plans => plans?,
            };
            let runs = plans.iter().filter_map(|plan| Run::of(plan).ok());
            all.insert(
                response.name.clone(),
                runs.flat_map(|run| changes(&run, &held)).collect(),
            );
        }
        Ok(all)
    }
}

//! The port to AWS: through it everything reads and writes. Without the SDK, so that laws and scenarios link none of it: they use
//! the in-memory AWS.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod courier;
pub mod ledger;
pub mod memory;
pub mod mirror;

use async_trait::async_trait;
use firebreak_core::{
    aws::{
        Answer, Query, Survey, Write,
        access::{Access, Service},
        failure::{Failure, Receipt},
        guardduty::{CloseOut, ClosedOut, FindingsAsked},
        s3::{Place, Stored},
        sqs::{Message, Queue, Received},
    },
    run::{
        act::{Deed, Probe},
        archive::{Archived, Document},
    },
};
use serde_json::Value;

/// AWS, as Firebreak sees it.
///
/// # Guarantees
/// Every call ends within the adapter's operation time-out. A call for one account never waits for the budget of
/// another. A read never fails: not knowing is an answer.
#[async_trait]
pub trait Cloud: Send + Sync + 'static {
    /// Answers a query, with the account's read role.
    async fn observe(&self, access: &Access, query: &Query) -> Answer;

    /// Answers many queries with few calls of one of AWS's batch reads: at most [`Survey::calls`], with the account's read
    /// role. What it does not answer must be observed.
    ///
    /// # Errors
    /// A classified [`Failure`]; then nothing is known.
    async fn survey(&self, access: &Access, survey: Survey, queries: &[Query])
    -> Result<Vec<(Query, Answer)>, Failure>;

    /// Makes one write, with the role that the write asks for.
    ///
    /// # Errors
    /// A classified [`Failure`]. After `Transient` it is unknown whether the write had an effect. A call that AWS refuses
    /// because it was done already (`Duplicate`, `NoSuchEntity` on a delete) is a success.
    async fn write(&self, access: &Access, write: &Write) -> Result<Receipt, Failure>;

    /// Puts a document into the account's evidence bucket, with the role for evidence. A key that exists is left as it is, and
    /// what it holds is told.
    ///
    /// # Errors
    /// A classified [`Failure`]; `Invalid` when the account names no evidence bucket.
    async fn archive(&self, access: &Access, document: &Document) -> Result<Archived, Failure>;

    /// Puts a document into the account's evidence bucket in the place of what is there. Only a person may wish that: the
    /// operator replaces nothing.
    ///
    /// # Errors
    /// As [`Cloud::archive`].
    async fn replace(&self, access: &Access, document: &Document) -> Result<(), Failure>;

    /// The keys in the account's evidence bucket that begin with a prefix.
    ///
    /// # Errors
    /// As [`Cloud::archive`].
    async fn archived_keys(&self, access: &Access, prefix: &str) -> Result<Vec<String>, Failure>;

    /// A document of the account's evidence bucket.
    ///
    /// # Errors
    /// As [`Cloud::archive`]; `Gone` when there is none.
    async fn retrieve(&self, access: &Access, key: &str) -> Result<String, Failure>;

    /// Answers a question of a run whose steps run side by side: with the account's read role; an HTTP probe with none.
    async fn look(&self, access: &Access, probe: &Probe) -> Answer;

    /// Makes the calls of one step of such a run, in their order, with the account's role for failovers. The answer is the ids
    /// of the requests.
    ///
    /// # Errors
    /// A classified [`Failure`] of the first call that fails; those before it had their effect. After `Transient` it is
    /// unknown whether that call had an effect. `Invalid` when a write takes identity power, and `Denied` when the account
    /// names no role for failovers: then nothing is called.
    async fn perform(&self, access: &Access, deed: &Deed) -> Result<Vec<String>, Failure>;

    /// An object of a run store, with the role for failovers; none where there is none.
    ///
    /// # Errors
    /// A classified [`Failure`]; `Invalid` when it is longer than [`firebreak_core::aws::s3::LONGEST_OBJECT`], `Gone` when
    /// there is no such bucket, `Denied` when the account names no role for failovers.
    async fn stored(&self, access: &Access, at: &Place) -> Result<Option<Stored>, Failure>;

    /// Puts an object into a run store where it is still the one that was read: `over` is its entity tag; none: there is none.
    ///
    /// # Errors
    /// As [`Cloud::perform`], and `Invalid` also when the body is too long; `Conflict` when somebody else wrote or deleted it since, or does so at the moment: then nothing
    /// was put.
    async fn store(&self, access: &Access, at: &Place, body: &str, over: Option<&str>) -> Result<Stored, Failure>;

    /// Findings of Amazon GuardDuty in the region of `access`, the earliest update first, at most `most`, none that are archived, with
    /// the account's read role: each in the form in which EventBridge delivers it (the `detail` of an event: lowerCamelCase). Where
    /// there are more, what is left out was updated later than what is told.
    ///
    /// # Errors
    /// A classified [`Failure`]; `Gone` where GuardDuty has no detector in the region: then nothing can be told.
    async fn findings(&self, access: &Access, asked: &FindingsAsked) -> Result<Vec<Value>, Failure>;

    /// Archives findings of Amazon GuardDuty in the region of `access` and marks them, at most
    /// [`firebreak_core::aws::guardduty::MOST_AT_ONCE`], with the account's contain role. One that is as it is to be already is left
    /// as it is, so that doing it twice is doing it once; those that there are not any more are told.
    ///
    /// # Errors
    /// A classified [`Failure`]; then some may be archived or marked. `Gone` where GuardDuty has no detector in the region, and
    /// none of them is left.
    async fn close_out(&self, access: &Access, asked: &CloseOut) -> Result<ClosedOut, Failure>;

    /// Those of these findings that GuardDuty has in the region of `access`, in any order, archived ones too, with the account's read
    /// role and in the form of [`Cloud::findings`].
    ///
    /// # Errors
    /// As [`Cloud::findings`]: then nothing is known of any of them. An id that GuardDuty does not take is one that it does not have.
    async fn named_findings(&self, access: &Access, ids: &[String]) -> Result<Vec<Value>, Failure>;

    /// Receives messages of a queue, with the account's role for queues, at most [`firebreak_core::aws::sqs::MOST`]: waits a moment
    /// where there is none. A queue may give a message twice, and gives it again where it is not acknowledged in time.
    ///
    /// # Errors
    /// A classified [`Failure`]; `Gone` where there is no such queue, `Denied` also where the account names no role for queues.
    async fn receive(&self, access: &Access, queue: &Queue) -> Result<Received, Failure>;

    /// Deletes messages by their receipts, at most [`firebreak_core::aws::sqs::MOST`], with the account's role for queues.
    ///
    /// # Errors
    /// As [`Cloud::receive`], also where one of them could not be deleted: that one comes again.
    async fn acknowledge(&self, access: &Access, queue: &Queue, receipts: &[String]) -> Result<(), Failure>;

    /// Puts a message on a dead-letter queue, with the attribute `reason`, and then deletes it, with the account's role for queues. Where
    /// the second call fails it is there, and comes again.
    ///
    /// # Errors
    /// As [`Cloud::receive`].
    async fn reject(
        &self,
        access: &Access,
        queue: &Queue,
        to: &Queue,
        message: &Message,
        why: &str,
    ) -> Result<(), Failure>;
}

/// Told about every AWS call, for metrics.
pub trait CallObserver: Send + Sync {
    /// A call such as `iam:GetRole` ended. The outcome is `ok` or AWS's error code.
    fn called(&self, service: Service, call: &'static str, outcome: &str, seconds: f64);
}

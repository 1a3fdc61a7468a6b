//! The log of the calls that were made, so that a test can say "no AWS write".

use super::{findings::FindingsWrite, run_store};
use firebreak_core::{
    aws::{
        Query, Survey, Write,
        access::{Access, RoleKind},
        failure::FailureClass,
        guardduty::{self, FindingsAsked},
        s3::Place,
        sqs::{self, Queue},
    },
    run::act::{Deed, Probe},
};
use jiff::Timestamp;

/// What was asked of AWS.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// A read.
    Read(Query),
    /// A batch read.
    Survey(Survey),
    /// A write.
    Write(Write),
    /// A document in the evidence bucket is put, listed or read, by this IAM action.
    Evidence(&'static str),
    /// A question of a run whose steps run side by side.
    Look(Probe),
    /// One call of a step of such a run.
    Deed(Deed),
    /// An object of a run store is read.
    Stored(Place),
    /// An object of a run store is put.
    Store(Place),
    /// Findings of GuardDuty are read.
    Findings(FindingsAsked),
    /// Findings of GuardDuty are marked or archived.
    CloseOut(FindingsWrite),
    /// Findings of GuardDuty are read by their ids.
    NamedFindings(Vec<String>),
    /// Messages of a queue are received.
    Receive(Queue),
    /// Messages of a queue are deleted.
    Acknowledge(Queue),
    /// A message is put on a dead-letter queue.
    Reject(Queue),
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// No answer came back: the caller was cut off by a crash.
    Cut,
    /// It was answered; for a read, also by `NotFound`.
    Done,
    /// It failed. After an injected error the effect may be there all the same.
    Failed(FailureClass),
}

/// One call.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// Its number, from 1.
    pub number: u64,
    /// When it was made, by the virtual clock.
    pub at: Timestamp,
    /// The account that was meant.
    pub account: String,
    /// The region that was asked.
    pub region: String,
    /// The role that was assumed.
    pub role_arn: String,
    /// The IAM action; of a read that needs several, the first.
    pub permission: &'static str,
    /// UID of the object on whose behalf it was made.
    pub uid: String,
    /// What was asked.
    pub request: Request,
    /// How it ended.
    pub outcome: Outcome,
}

impl Request {
    pub(super) fn permissions(&self) -> Vec<&'static str> {
        match self {
            Self::Read(query) => query.actions(),
            Self::Survey(survey) => vec![survey.action()],
            Self::Write(write) => vec![write.call().action],
            Self::Evidence(permission) => vec![permission],
            Self::Look(probe) => probe.actions(),
            Self::Deed(deed) => deed.calls().iter().map(|call| call.action).collect(),
            Self::Stored(_) => vec![run_store::GET],
            Self::Store(_) => vec![run_store::PUT],
            Self::Findings(_) => guardduty::ACTIONS.to_vec(),
            Self::CloseOut(write) => vec![write.action()],
            Self::NamedFindings(_) => vec!["guardduty:GetFindings", "guardduty:ListDetectors"],
            Self::Receive(_) => vec![sqs::RECEIVE, "sqs:GetQueueAttributes", "sqs:GetQueueUrl"],
            Self::Acknowledge(_) => vec![sqs::DELETE],
            Self::Reject(_) => vec![sqs::SEND],
        }
    }

    pub(super) fn role(&self) -> RoleKind {
        match self {
            Self::Read(_) | Self::Survey(_) | Self::Look(_) | Self::Findings(_) | Self::NamedFindings(_) => {
                RoleKind::Read
            }
            Self::Receive(_) | Self::Acknowledge(_) | Self::Reject(_) => RoleKind::Queue,
            Self::Write(write) => write.call().power.role(),
            Self::Evidence(_) => RoleKind::Evidence,
            Self::CloseOut(_) => RoleKind::Contain,
            Self::Deed(_) | Self::Stored(_) | Self::Store(_) => RoleKind::Failover,
        }
    }
}

impl Call {
    pub(super) fn new(number: u64, at: Timestamp, access: &Access, request: &Request) -> Self {
        Self {
            number,
            at,
            account: access.account.account_id.clone(),
            region: access.region.clone(),
            role_arn: access.role_arn(request.role()).to_owned(),
            permission: request.permissions().first().copied().unwrap_or_default(),
            uid: access.uid.clone(),
            request: request.clone(),
            outcome: Outcome::Cut,
        }
    }

    /// Whether it is a write: of a cell, of a failover's step, or of findings. What only keeps records is none.
    pub fn is_write(&self) -> bool {
        matches!(
            self.request,
            Request::Write(_) | Request::Deed(_) | Request::CloseOut(_)
        )
    }

    /// The write of a cell, if it is one.
    pub fn write(&self) -> Option<&Write> {
        match &self.request {
            Request::Write(write) => Some(write),
            Request::Deed(Deed::Write(writes)) => writes.first(),
            Request::Read(_)
            | Request::Survey(_)
            | Request::Evidence(_)
            | Request::Look(_)
            | Request::Deed(_)
            | Request::Stored(_)
            | Request::Store(_)
            | Request::Findings(_)
            | Request::CloseOut(_)
            | Request::NamedFindings(_)
            | Request::Receive(_)
            | Request::Acknowledge(_)
            | Request::Reject(_) => None,
        }
    }
}

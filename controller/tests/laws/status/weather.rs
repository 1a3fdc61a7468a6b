//! How AWS behaves.

use crate::support::Bench;
use firebreak_cloud::memory::{Call, Fault, Request};
use firebreak_core::aws::failure::{Failure, FailureClass};
use std::time::Duration;

#[derive(Clone, Copy, Debug)]
pub enum Weather {
    Answers,
    Refuses,
    Throttles,
    /// No read is ever answered.
    Hangs,
    /// Some of the reads are never answered.
    HangsInPart,
    /// Nothing is ever answered; writes have their effect.
    LosesAnswers,
    /// Every answer takes some seconds.
    Late,
}

pub const WEATHERS: [Weather; 7] = [
    Weather::Answers,
    Weather::Refuses,
    Weather::Throttles,
    Weather::Hangs,
    Weather::HangsInPart,
    Weather::LosesAnswers,
    Weather::Late,
];

impl Weather {
    pub fn begin(self, bench: &Bench) {
        bench.aws.fault_each(move |call| self.fault(call));
    }

    fn fault(self, call: &Call) -> Option<Fault> {
        let reads = !call.is_write();
        match self {
            Self::Answers => None,
            Self::Refuses => reads.then(|| failed(FailureClass::Denied, "AccessDenied")),
            Self::Throttles => reads.then(|| failed(FailureClass::Throttled, "ThrottlingException")),
            Self::Hangs => reads.then_some(Fault::Hang),
            Self::HangsInPart => (reads && seed(call).is_multiple_of(2)).then_some(Fault::Hang),
            Self::LosesAnswers => Some(Fault::HangAfterEffect),
            Self::Late => Some(Fault::Late(Duration::from_millis(500 + (call.number * 2_909) % 7_000))),
        }
    }
}

fn failed(class: FailureClass, code: &str) -> Fault {
    Fault::Error(Failure {
        class,
        call: "test".into(),
        code: code.into(),
        message: "injected".into(),
    })
}

/// The same for every call that asks the same.
fn seed(call: &Call) -> usize {
    match &call.request {
        Request::Read(query) => format!("{query:?}").bytes().map(usize::from).sum(),
        Request::Look(probe) => format!("{probe:?}").bytes().map(usize::from).sum(),
        Request::Survey(_)
        | Request::Write(_)
        | Request::Evidence(_)
        | Request::Deed(_)
        | Request::Stored(_)
        | Request::Store(_)
        | Request::Findings(_)
        | Request::CloseOut(_)
        | Request::NamedFindings(_)
        | Request::Receive(_)
        | Request::Acknowledge(_)
        | Request::Reject(_) => 1,
    }
}

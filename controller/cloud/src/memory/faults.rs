//! What can be made to go wrong, and when. Everything is counted, nothing is random.

use super::{calls::Call, refusal::Refusal};
use firebreak_core::aws::failure::{Failure, FailureClass};
use std::{collections::BTreeSet, fmt, sync::Arc, time::Duration};

/// What happens to one call.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// It fails and has no effect. A read answers what the failure means.
    Error(Failure),
    /// It has its effect, and then fails, as a gateway time-out does.
    ErrorAfterEffect(Failure),
    /// The caller dies before the call has an effect: the call never ends. See [`super::MemoryAws::until_crash`].
    Crash,
    /// The call has its effect, and the caller dies before it hears of it.
    CrashAfterEffect,
    /// The call never reaches AWS, and no answer ever comes. Unlike after a crash, the caller lives on and waits.
    Hang,
    /// The call has its effect, and its answer is lost: none ever comes.
    HangAfterEffect,
    /// The answer is of the time of the call, and comes so much later, by tokio's clock.
    Late(Duration),
}

/// Says of any call what happens to it.
type Rule = dyn Fn(&Call) -> Option<Fault> + Send + Sync;

/// The fault of each call, until it is taken away.
#[derive(Clone)]
pub(super) struct Lasting(pub(super) Arc<Rule>);

impl fmt::Debug for Lasting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lasting")
    }
}

/// Which call a fault waits for.
#[derive(Clone, Debug, PartialEq)]
enum Aim {
    Any,
    Write,
    Permission(String),
}

impl Aim {
    fn fits(&self, call: &Call) -> bool {
        match self {
            Self::Any => true,
            Self::Write => call.is_write(),
            Self::Permission(permission) => call.permission == permission,
        }
    }
}

#[derive(Debug)]
struct Planned {
    aim: Aim,
    calls_left: u64,
    fault: Fault,
}

/// The faults that wait, and the conditions that last.
#[derive(Debug, Default)]
pub(super) struct Faults {
    planned: Vec<Planned>,
    pub(super) lasting: Option<Lasting>,
    pub(super) throttled: BTreeSet<String>,
    pub(super) cut_off: BTreeSet<String>,
    pub(super) denied: BTreeSet<String>,
}

impl Faults {
    pub(super) fn on_call(&mut self, n: u64, fault: Fault) {
        self.planned.push(Planned {
            aim: Aim::Any,
            calls_left: n.max(1),
            fault,
        });
    }

    pub(super) fn on_write(&mut self, n: u64, fault: Fault) {
        self.planned.push(Planned {
            aim: Aim::Write,
            calls_left: n.max(1),
            fault,
        });
    }

    pub(super) fn on_permission(&mut self, permission: &str, fault: Fault) {
        self.planned.push(Planned {
            aim: Aim::Permission(permission.into()),
            calls_left: 1,
            fault,
        });
    }

    /// Counts the call, and gives the fault that was waiting for it, or else the one that lasts.
    pub(super) fn take(&mut self, call: &Call) -> Option<Fault> {
        self.take_planned(call).or_else(|| (self.lasting.as_ref()?.0)(call))
    }

    /// Of two faults for one call, the second waits on.
    fn take_planned(&mut self, call: &Call) -> Option<Fault> {
        for planned in self.planned.iter_mut().filter(|planned| planned.aim.fits(call)) {
            planned.calls_left = planned.calls_left.saturating_sub(1);
        }
        let due = self.planned.iter().position(|planned| planned.calls_left == 0)?;
        let fault = self.planned.remove(due).fault;
        self.planned
            .iter_mut()
            .for_each(|planned| planned.calls_left = planned.calls_left.max(1));
        Some(fault)
    }

    /// What lasts and stands in the way of a call.
    pub(super) fn refuse(&self, account: &str, region: &str, permissions: &[&str]) -> Result<(), Refusal> {
        if self.throttled.contains(account) {
            return Err(Refusal::new(
                FailureClass::Throttled,
                "ThrottlingException",
                "Rate exceeded",
            ));
        }
        if self.cut_off.contains(region) {
            return Err(Refusal::new(
                FailureClass::Transient,
                "TimeoutError",
                format!("{region} does not answer"),
            ));
        }
        match permissions.iter().find(|permission| self.denied.contains(**permission)) {
            None => Ok(()),
            Some(permission) => Err(Refusal::new(
                FailureClass::Denied,
                "AccessDenied",
                format!("not authorized to perform: {permission}"),
            )),
        }
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

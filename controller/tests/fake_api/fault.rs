//! What a test lets go wrong, and on which call.

use super::{
    FakeApi,
    request::{Call, Verb},
};
use serde_json::Value;

/// Which calls are meant. `Match::any()` is every call but watches; `nth` counts from 1, among those that match from now on.
#[derive(Clone, Debug)]
pub struct Match {
    verb: Option<Verb>,
    resource: Option<String>,
    name: Option<String>,
    subresource: Option<String>,
    without: Vec<String>,
    writes: bool,
    main_only: bool,
    pub skip: usize,
    pub times: usize,
}

impl Match {
    /// Every call but watches.
    pub fn any() -> Self {
        Self {
            verb: None,
            resource: None,
            name: None,
            subresource: None,
            without: Vec::new(),
            writes: false,
            main_only: false,
            skip: 0,
            times: 1,
        }
    }

    /// Every call that may change something, leases and events left out.
    pub fn writes() -> Self {
        Self {
            writes: true,
            ..Self::any()
        }
        .but("leases")
        .but("events")
    }

    /// This verb on this resource, whatever the name and subresource.
    pub fn verb(verb: Verb, resource: &str) -> Self {
        Self {
            verb: Some(verb),
            ..Self::any()
        }
        .resource(resource)
    }

    pub fn resource(mut self, resource: &str) -> Self {
        self.resource = Some(resource.to_owned());
        self
    }

    pub fn name(mut self, name: &str) -> Self {
        self.name = Some(name.to_owned());
        self
    }

    pub fn subresource(mut self, subresource: &str) -> Self {
        self.subresource = Some(subresource.to_owned());
        self
    }

    /// Only the object itself, no subresource.
    pub fn main_only(mut self) -> Self {
        self.main_only = true;
        self
    }

    /// Leaves a resource out.
    pub fn but(mut self, resource: &str) -> Self {
        self.without.push(resource.to_owned());
        self
    }

    /// Only from the n-th such call on, counted from 1.
    pub fn nth(mut self, n: usize) -> Self {
        self.skip = n.saturating_sub(1);
        self
    }

    /// So many times in a row instead of once.
    pub fn times(mut self, times: usize) -> Self {
        self.times = times;
        self
    }

    /// From then on for ever.
    pub fn always(self) -> Self {
        self.times(usize::MAX)
    }

    pub fn matches(&self, call: &Call) -> bool {
        let verb = self.verb.map_or(call.verb != Verb::Watch, |verb| verb == call.verb);
        verb && (!self.writes || call.verb.writes())
            && self.resource.as_ref().is_none_or(|resource| *resource == call.resource)
            && self.name.is_none_or_eq(&call.name)
            && self.subresource.is_none_or_eq(&call.subresource)
            && !(self.main_only && call.subresource.is_some())
            && !self.without.contains(&call.resource)
    }
}

trait NoneOrEq {
    fn is_none_or_eq(&self, other: &Self) -> bool;
}

impl NoneOrEq for Option<String> {
    fn is_none_or_eq(&self, other: &Self) -> bool {
        self.is_none() || self == other
    }
}

/// What goes wrong.
pub enum Effect {
    /// Refused with this HTTP status; nothing happened.
    Refuse(u16),
    /// It happened, but the client is told this HTTP status.
    RefuseAfter(u16),
    /// This answer instead; nothing happened.
    Reply(u16, Value),
    /// The connection breaks; nothing happened.
    Break,
    /// It happened, and the connection breaks before the answer.
    BreakAfter,
    /// No answer ever; nothing happened.
    Hang,
    /// It happened, and no answer ever comes.
    HangAfter,
    /// The client's process dies before the call has an effect: this and every later call of its hangs.
    Crash,
    /// The client's process dies after the effect: it never sees the answer.
    CrashAfter,
    /// Somebody else does this first; then the call goes on as usual.
    First(Box<dyn FnMut(&FakeApi) + Send>),
}

/// A fault that waits for its call.
pub struct Fault {
    pub on: Match,
    pub effect: Effect,
}

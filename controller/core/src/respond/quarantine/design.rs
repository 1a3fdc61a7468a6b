//! The contract between a target and the engine: a target says what to set and what hangs on it, from facts alone.

use crate::{
    approval::Distinctness,
    aws::{Cell, partition},
    blocked::Stop,
    facts::Facts,
    installation::DEFAULT_NAMESPACE,
    run::step::{Dependent, Touched, Undo},
};
use firebreak_crds::{AwsAccountSpec, Reopens, Target as TargetSpec};
use serde_json::Value;

/// One kind of AWS resource that can be quarantined.
///
/// # Guarantees
/// `design` and `proof` are pure: the same facts give the same result. They ask for what they need (`facts.need`,
/// `facts.ask`), in at most five rounds. A resource that does not exist is `Blocked(TargetNotFound)`, one that AWS lets nobody
/// change is `Blocked(Unmodifiable)`.
pub trait Target: Sync {
    /// The field of `spec.target` that names it.
    fn kind(&self) -> &'static str;

    /// Whether the spec names this kind.
    fn named_by(&self, target: &TargetSpec) -> bool;

    /// The resource and the method in one line, for people.
    fn title(&self, target: &TargetSpec) -> String;

    /// What to set, and what hangs on it.
    ///
    /// # Errors
    /// [`Stop`] while facts are missing or something stands in the way.
    fn design(&self, context: &Context<'_>, facts: &Facts) -> Result<Design, Stop>;

    /// Whether the resource is cut off beyond what its cells show, such as tasks that must have stopped.
    ///
    /// # Errors
    /// [`Stop`] while facts are missing or something stands in the way.
    fn proof(&self, _context: &Context<'_>, _facts: &Facts) -> Result<Proof, Stop> {
        Ok(Proof::default())
    }
}

/// What a target may know besides facts.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The account.
    pub account: &'a AwsAccountSpec,
    /// The target's region.
    pub region: &'a str,
    /// What the object names.
    pub target: &'a TargetSpec,
    /// The operator's settings.
    pub settings: &'a Settings,
    /// UID of the object.
    pub uid: &'a str,
    /// Number of the run that is planned or held.
    pub run: u32,
}

impl Context<'_> {
    /// Tells this run from every other, of this object and of others: what is made for one run is marked with it.
    pub fn run_key(&self) -> String {
        format!("{}-{}", self.uid, self.run)
    }

    /// The partition of the account, such as `aws`.
    pub fn partition(&self) -> &str {
        partition::of_arn(&self.account.roles.read)
    }
}

/// What the operator was started with, as far as decisions depend on it.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Seconds after an IAM write at which it is read again; `Contained` comes after the second one.
    pub iam_settling: [u32; 3],
    /// Seconds after a write to a bucket's configuration at which it is read again; `Contained` comes after the second one.
    pub s3_settling: [u32; 3],
    /// Seconds between two looks at a contained resource, before jitter.
    pub resync_seconds: u32,
    /// What makes two names two people.
    pub people: Distinctness,
    /// Patterns (`*` for any characters) of usernames that are machines, besides `system:` users.
    pub machines: Vec<String>,
    /// The operator's namespace: Decisions about custody without an object lie there.
    pub home: String,
}

/// AWS says that IAM changes take effect within "a few minutes"; 3 to 4 s were observed (docs/targets.md). Of the configuration
/// of buckets it says that it is eventually consistent, without a time (S3 user guide, "Amazon S3 data consistency model"); so
/// they are read again at the same times.
impl Default for Settings {
    fn default() -> Self {
        Self {
            iam_settling: [15, 60, 300],
            s3_settling: [15, 60, 300],
            resync_seconds: 300,
            people: Distinctness::default(),
            machines: Vec::new(),
            home: DEFAULT_NAMESPACE.to_owned(),
        }
    }
}

/// What a target wants.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Design {
    /// ARN of the target.
    pub arn: String,
    /// What to set, in order.
    pub drafts: Vec<Draft>,
    /// Every resource that a step changes or that the target is, with its tags: guards look at these.
    pub touches: Vec<Touched>,
    /// What stops working with it.
    pub dependents: Vec<Dependent>,
    /// Target groups that would be left without a healthy target.
    pub empties: Vec<String>,
    /// What people should know: what it cannot stop, what it breaks.
    pub notes: Vec<String>,
}

/// One cell to set.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// Names the step within the plan, such as `deny-all`; unique in a design.
    pub id: String,
    /// What is set.
    pub cell: Cell,
    /// To what; late-bound parts stand as templates.
    pub after: Value,
    /// How it can be undone.
    pub undo: Undo,
    /// Steps with the same section are not parted.
    pub section: Option<&'static str>,
    /// Whether putting the old value back would reopen the compromise.
    pub reopens: Option<Reopens>,
    /// Seconds after which putting it back reopens nothing any more.
    pub reopens_for_seconds: Option<u32>,
    /// Seconds after the write at which it is read again; empty where AWS is consistent at once.
    pub settling: Vec<u32>,
    /// Whether the late-bound value is written again at the second and third re-read.
    pub renew: bool,
}

impl Draft {
    /// A reversible step on a cell that AWS shows consistently at once.
    pub fn new(id: impl Into<String>, cell: Cell, after: Value) -> Self {
        Self {
            id: id.into(),
            cell,
            after,
            undo: Undo::Reversible,
            section: None,
            reopens: None,
            reopens_for_seconds: None,
            settling: Vec::new(),
            renew: false,
        }
    }
}

/// What a look beyond the cells says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proof {
    /// What must still happen before the target counts as contained.
    pub waiting_for: Option<String>,
    /// Why the target is not cut off although AWS shows all that was written: a person must act.
    pub bypassed: Option<String>,
    /// Which evidence is not complete yet, such as snapshots that are pending.
    pub unsealed: Option<String>,
    /// What people should know now, in the place of what the plan said when it was made; empty where that still stands.
    pub notes: Vec<String>,
}

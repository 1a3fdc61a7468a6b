//! What a response wants of AWS: cells to set, what hangs on them, and what proves that it is done.

use crate::{
    aws::{Cell, Query, Site},
    facts::Ask,
    run::step::{Dependent, Touched, Undo},
};
use firebreak_crds::Reopens;
use serde_json::Value;

/// What a response wants.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Design {
    /// ARN of the resource that it is about.
    pub arn: String,
    /// What to set, in order.
    pub drafts: Vec<Draft>,
    /// Every resource that a step changes or that it is about, with its tags: guards look at these.
    pub touches: Vec<Touched>,
    /// What stops working with it.
    pub dependents: Vec<Dependent>,
    /// Target groups that would be left without a healthy target.
    pub empties: Vec<String>,
    /// What people should know: what it cannot stop, what it breaks.
    pub notes: Vec<String>,
}

impl Design {
    /// The same, all of it at one site.
    pub fn at(mut self, site: &Site) -> Self {
        let drafts = self.drafts.iter_mut();
        drafts.for_each(|draft| draft.site.clone_from(site));
        self
    }
}

/// One cell to set.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// Names the step within the plan, such as `deny-all`; unique in a design.
    pub id: String,
    /// Where.
    pub site: Site,
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
    /// The question how its cell stands.
    pub fn read(&self) -> Ask {
        Ask {
            site: self.site.clone(),
            query: Query::Cell(self.cell.clone()),
        }
    }

    /// A reversible step on a cell that AWS shows consistently at once; [`Design::at`] says where.
    pub fn new(id: impl Into<String>, cell: Cell, after: Value) -> Self {
        Self {
            id: id.into(),
            site: Site::default(),
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
    /// What must still happen before it counts as done.
    pub waiting_for: Option<String>,
    /// Why it is not done although AWS shows all that was written: a person must act.
    pub bypassed: Option<String>,
    /// Which evidence is not complete yet, such as snapshots that are pending.
    pub unsealed: Option<String>,
    /// What people should know now, in the place of what the plan said when it was made; empty where that still stands.
    pub notes: Vec<String>,
}

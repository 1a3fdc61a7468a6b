//! The queue of a source: which one it is and whether it may be read, and what becomes of its messages. A message is a hint: what
//! counts is what its product says of the finding that it names.

mod hint;
mod letter;
mod place;
mod settling;
mod sorting;

pub use hint::Hint;
pub use letter::{Answered, Letter, Told};
pub use place::{QueueAsk, place};
pub use settling::{How, Settle};
pub use sorting::{ReadBack, account_problems, answered, read_backs, sorted};

pub(super) use letter::{LetterFate, fate};
pub(super) use settling::next;

use super::asking::Problem;
use crate::aws::{access::Access, sqs::Queue};

/// The queue of a source, and what it gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Mail {
    /// As whom it is read.
    pub access: Access,
    /// The queue.
    pub queue: Queue,
    /// Its dead-letter queue, where it has one.
    pub dead_letters: Option<Queue>,
    /// The messages that it gave in this pass.
    pub letters: Vec<Letter>,
}

/// A queue, or why nothing can be received of it.
pub type Post = Result<Mail, Problem>;

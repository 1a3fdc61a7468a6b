//! What a value refers to that is a resource of its own: while nothing uses it, somebody may delete it, and then AWS refuses
//! every write that names it (`InvalidGroup.NotFound`), also for the parts that could come back.

use serde_json::Value;

/// Resources that a value refers to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct References {
    /// Ids of security groups.
    pub groups: Vec<String>,
    /// Ids of prefix lists.
    pub prefix_lists: Vec<String>,
}

/// What of a recorded value can still be written.
#[derive(Clone, Debug, PartialEq)]
pub struct Remaining {
    /// The value without what names something missing.
    pub value: Value,
    /// What is left out, for people.
    pub lost: Vec<String>,
    /// Whether nothing is left that AWS would take: it wants at least one.
    pub nothing: bool,
}

impl Remaining {
    /// Everything.
    pub fn whole(value: &Value) -> Self {
        Self {
            value: value.clone(),
            lost: Vec::new(),
            nothing: false,
        }
    }

    /// What is left out because AWS refuses it, in a sentence.
    pub fn refusal(&self) -> String {
        format!(
            "NOT put back, because AWS does not find the group of another account that it names: {}; if that is still needed, add it by hand once the group is there again",
            self.lost.join(", ")
        )
    }

    /// What is left out, in a sentence.
    pub fn sentence(&self) -> Option<String> {
        (!self.lost.is_empty()).then(|| format!("NOT put back, because it was deleted since: {}", self.lost.join(", ")))
    }
}

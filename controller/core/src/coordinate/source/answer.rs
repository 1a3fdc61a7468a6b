//! What becomes of findings and of the responses to them, and why: the decision says it itself, so that nobody is told anything else.

use crate::coordinate::{
    finding::Rejected,
    playbook::{Draft, Left},
};
use firebreak_crds::{playbook::PlaybookMode, text};
use std::fmt;

/// Why a finding is not looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Skipped {
    /// It is no valid finding.
    Invalid(Rejected),
    /// Somebody asked the product for it to try something out.
    Sample,
    /// It was archived in its product.
    Archived,
    /// It is of another region than the one that was asked.
    Elsewhere,
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Invalid(rejected) => &rejected.why,
            Self::Sample => "it is a sample, and counts only where a FindingSource says samples: Drill",
            Self::Archived => "it is archived",
            Self::Elsewhere => "it is of another region than the one that was asked",
        })
    }
}

/// Why a response waits for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waits {
    /// Its product does not know the finding.
    Unconfirmed,
    /// Its playbook does not say Act.
    Mode(PlaybookMode),
    /// It is in the Incident for what is too much within an hour.
    Storm,
    /// A Guardrail names it.
    NeverAuto,
    /// So many have begun by themselves in the account within the last hour, and no more may.
    Budget(u32),
    /// The Guardrails ask for so many people. A run says so, and not yet the decision about a finding.
    Approvals(u64),
}

impl fmt::Display for Waits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unconfirmed => f.write_str("its product does not know the finding: only a message tells of it"),
            Self::Mode(mode) => write!(f, "the Playbook is in mode {mode:?}"),
            Self::Storm => f.write_str("more findings came than may open Incidents of their own within an hour"),
            Self::NeverAuto => f.write_str("a Guardrail's automation.neverAuto names it"),
            Self::Budget(most) => write!(
                f,
                "no more than {} may begin by themselves in the account within an hour",
                text::counted(*most, "response")
            ),
            Self::Approvals(people) => write!(f, "the Guardrails ask for {}", text::counted(*people, "approval")),
        }
    }
}

/// What becomes of a response that a playbook asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Becomes {
    /// It begins by itself, as far as the Guardrails let it.
    Acts,
    /// It is created, and waits for people.
    Waits(Waits),
    /// It was added before. A person may have taken it out.
    Known,
    /// It may destroy something, and there are no two independent findings.
    Unwitnessed,
    /// It may destroy something, and the Incident is the one for what is too much within an hour.
    Withheld,
    /// The Incident has as many responses as it can have.
    Full,
}

impl Becomes {
    /// Whether it is created now, and then whether it waits for people.
    pub(super) fn proposed(&self) -> Option<bool> {
        match self {
            Self::Acts => Some(false),
            Self::Waits(_) => Some(true),
            Self::Known | Self::Unwitnessed | Self::Withheld | Self::Full => None,
        }
    }

    /// Why it does not act; none where it does.
    pub fn why(&self) -> Option<String> {
        let why = match self {
            Self::Acts => return None,
            Self::Waits(waits) => return Some(waits.to_string()),
            Self::Known => "it was added to the Incident before",
            Self::Unwitnessed => {
                "it may destroy something, which takes a second finding that is independent of the first"
            }
            Self::Withheld => "it may destroy something, and more findings came than may open Incidents of their own",
            Self::Full => "the Incident has as many responses as it can have",
        };
        Some(why.to_owned())
    }
}

/// A response that a playbook asks for, and what becomes of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The response.
    pub draft: Draft,
    /// What becomes of it.
    pub becomes: Becomes,
}

/// What becomes of everything that a playbook asks for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answers {
    /// The responses for what the finding names.
    pub each: Vec<Answer>,
    /// What cannot be asked for.
    pub left: Vec<Left>,
}

impl Answers {
    /// What people do by hand.
    pub(super) fn by_hand(&self) -> Vec<Left> {
        let full = self.each.iter().filter(|one| one.becomes == Becomes::Full);
        let by_hand = full.map(|Answer { draft, .. }| Left {
            name: draft.response.name.clone(),
            why: format!(
                "the Incident has as many responses as it can have: quarantine {} by hand",
                draft.arn
            ),
        });
        self.left.iter().cloned().chain(by_hand).collect()
    }
}

//! A severity on the command line.

use clap::{ValueEnum, builder::PossibleValue};
use firebreak_crds::Severity;

/// A severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level(pub Severity);

static LEVELS: [Level; Severity::ALL.len()] = {
    let [low, medium, high, critical] = Severity::ALL;
    [Level(low), Level(medium), Level(high), Level(critical)]
};

impl ValueEnum for Level {
    fn value_variants<'a>() -> &'a [Self] {
        &LEVELS
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let (word, help) = match self.0 {
            Severity::Low => ("Low", "Can wait for the working day"),
            Severity::Medium => ("Medium", "Between Low and High"),
            Severity::High => ("High", "Needs hands now"),
            Severity::Critical => ("Critical", "Active damage"),
        };
        Some(PossibleValue::new(word).help(help))
    }
}

/// The words that there are, for people.
pub fn words() -> String {
    let words: Vec<String> = Severity::ALL.iter().map(|level| format!("{level:?}")).collect();
    words.join(", ")
}

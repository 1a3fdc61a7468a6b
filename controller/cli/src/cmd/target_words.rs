//! KIND/NAME on the command line: read by the table of targets, and offered to the shell.

use crate::target::{self, Named};
use clap::{
    Arg, Command, Error,
    builder::{PossibleValue, StringValueParser, TypedValueParser},
};
use std::{ffi::OsStr, sync::LazyLock};

/// The beginnings of what can be written.
static KINDS: LazyLock<Vec<String>> =
    LazyLock::new(|| target::KINDS.iter().map(|kind| format!("{}/", kind.field)).collect());

/// Reads KIND/NAME.
#[derive(Clone, Debug)]
pub struct Words;

impl TypedValueParser for Words {
    type Value = Named;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<Named, Error> {
        StringValueParser::new()
            .try_map(|text| target::named(&text))
            .parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(KINDS.iter().map(|kind| PossibleValue::new(kind.as_str()))))
    }
}

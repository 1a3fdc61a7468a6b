//! What is printed and asked: the only place that touches the terminal.

use crate::{exit::refused, render::harmless};
use anyhow::Result;
use std::io::{BufRead, IsTerminal, Write, stderr, stdin, stdout};

/// Prints an answer. A reader that went away (`| head`) is no fault.
///
/// # Errors
/// When standard output cannot be written.
pub fn say(text: &str) -> Result<()> {
    let newline = if text.ends_with('\n') { "" } else { "\n" };
    match stdout().write_all(format!("{}{newline}", harmless::page(text)).as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Prints what people should see beside the answer.
pub fn remark(text: &str) {
    // Where not even this can be written, there is nobody to tell.
    let _ = writeln!(stderr(), "{}", harmless::page(text));
}

/// Prints an error.
pub fn complain(text: &str) {
    remark(&format!("error: {text}"));
}

/// Whether colour is wanted: on a terminal, unless NO_COLOR is set.
pub fn colour() -> bool {
    stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Prints a part of an answer that has no end; whether somebody still reads it.
///
/// # Errors
/// When standard output cannot be written.
pub fn still_read(text: &str) -> Result<bool> {
    let written = stdout()
        .write_all(harmless::page(text).as_bytes())
        .and_then(|()| stdout().flush());
    match written {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(false),
        written => Ok(written.map(|()| true)?),
    }
}

/// Whether a person can be asked.
pub fn can_ask() -> bool {
    stdin().is_terminal()
}

/// Asks for a line of text; none at the end of input.
///
/// # Errors
/// When the terminal cannot be used.
pub fn ask(question: &str) -> Result<Option<String>> {
    write!(stderr(), "{}: ", harmless::line(question))?;
    let mut answer = String::new();
    match stdin().lock().read_line(&mut answer)? {
        0 => Ok(None),
        _ => Ok(Some(answer.trim().to_owned())),
    }
}

/// Asks for a word on the terminal; `yes` has given it already.
///
/// # Errors
/// Refused without a terminal, or when the answer is anything but yes.
pub fn confirm(question: &str, yes: bool) -> Result<()> {
    if yes {
        return Ok(());
    }
    if !can_ask() {
        return Err(refused(
            "there is no terminal to ask you on: read the plan, then add --yes",
        ));
    }
    write!(stderr(), "{} [yes/no] ", harmless::line(question))?;
    let mut answer = String::new();
    stdin().lock().read_line(&mut answer)?;
    agreed(&answer)
}

fn agreed(answer: &str) -> Result<()> {
    match answer.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(refused("you did not say yes: nothing was created")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_yes_is_yes() {
        for (answer, agrees) in [
            ("yes\n", true),
            ("Y\n", true),
            ("\n", false),
            ("no\n", false),
            ("yep\n", false),
        ] {
            assert_eq!(agreed(answer).is_ok(), agrees, "{answer:?}");
        }
    }
}

//! Writes the reference of every kind, field and rule, as Markdown, into the file named by the first argument.

mod kind;
mod page;
mod words;

#[cfg(test)]
mod tests;

use std::{fs, process::ExitCode};

fn main() -> ExitCode {
    let Some(file) = std::env::args().nth(1) else {
        eprintln!("usage: crddoc FILE");
        return ExitCode::from(2);
    };
    match fs::write(&file, page::page(&firebreak_crds::all())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("crddoc: {file}: {error}");
            ExitCode::FAILURE
        }
    }
}

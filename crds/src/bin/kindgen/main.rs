//! Fills in the lists of kinds in the files named by the arguments: those on the line after a comment `# kinds: SET`.

mod filling;

use filling::filled;
use std::{error::Error, fs, process::ExitCode};

fn main() -> ExitCode {
    let files: Vec<String> = std::env::args().skip(1).collect();
    if files.is_empty() {
        eprintln!("usage: kindgen FILE...");
        return ExitCode::from(2);
    }
    for file in files {
        if let Err(error) = fill(&file) {
            eprintln!("kindgen: {file}: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn fill(file: &str) -> Result<(), Box<dyn Error>> {
    let before = fs::read_to_string(file)?;
    let after = filled(&before)?;
    if after != before {
        fs::write(file, after)?;
    }
    Ok(())
}

//! What kubectl asks when somebody presses Tab after `kubectl firebreak`: it runs `kubectl_complete-firebreak` with the
//! words so far, and reads one candidate a line, then a directive, as its own completion (cobra) has it.

use crate::{args, terminal};
use anyhow::Result;
use clap::{Arg, Args, Command, CommandFactory};

/// Cobra's ShellCompDirectiveDefault: without candidates the shell offers file names.
const FILES: u8 = 0;
/// Cobra's ShellCompDirectiveNoFileComp.
const NO_FILES: u8 = 4;

/// What `__complete` is told.
#[derive(Args, Debug)]
pub struct Complete {
    /// The words after `kubectl firebreak`; the last one is not finished
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub words: Vec<String>,
}

impl Complete {
    /// Prints candidates and directive.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn run(self) -> Result<()> {
        let mut command = args::Args::command();
        command.build();
        let (mut lines, directive) = answer(&command, &self.words);
        lines.push(format!(":{directive}"));
        terminal::say(&lines.join("\n"))
    }
}

fn answer(root: &Command, words: &[String]) -> (Vec<String>, u8) {
    let (last, done) = words
        .split_last()
        .map_or(("", &[][..]), |(last, done)| (last.as_str(), done));
    let command = done
        .iter()
        .fold(root, |command, word| command.find_subcommand(word).unwrap_or(command));
    let valued = done
        .last()
        .and_then(|word| option(command, word))
        .filter(|arg| arg.get_action().takes_values());
    let (candidates, directive) = match valued {
        Some(arg) => (values(arg), if values(arg).is_empty() { FILES } else { NO_FILES }),
        None => (words_of(command), NO_FILES),
    };
    (
        candidates.into_iter().filter(|word| word.starts_with(last)).collect(),
        directive,
    )
}

/// The option that a finished word is.
fn option<'a>(command: &'a Command, word: &str) -> Option<&'a Arg> {
    command.get_arguments().find(|arg| {
        let long = arg.get_long().map(|long| format!("--{long}"));
        let short = arg.get_short().map(|short| format!("-{short}"));
        [long, short].into_iter().flatten().any(|name| name == word)
    })
}

fn values(arg: &Arg) -> Vec<String> {
    arg.get_possible_values()
        .iter()
        .map(|value| value.get_name().to_owned())
        .collect()
}

/// Verbs, choices of positional arguments, and options.
fn words_of(command: &Command) -> Vec<String> {
    let verbs = command
        .get_subcommands()
        .filter(|verb| !verb.is_hide_set())
        .map(|verb| verb.get_name().to_owned());
    let choices = command.get_positionals().flat_map(values);
    let options = command
        .get_arguments()
        .filter_map(|arg| arg.get_long())
        .map(|long| format!("--{long}"));
    verbs.chain(choices).chain(options).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(words: &[&str]) -> (Vec<String>, u8) {
        let mut command = args::Args::command();
        command.build();
        answer(
            &command,
            &words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>(),
        )
    }

    #[test]
    fn kubectl_is_told_what_may_follow() {
        for (words, candidates) in [
            (&["ap"][..], &["approve"][..]),
            (&["doctor", "--no"], &["--no-aws"]),
            (&["-n", "incident", "break"], &["break-glass"]),
            (&["status", "-o", ""], &["json", "yaml"]),
            (&["completion", "z"], &["zsh"]),
            (&["__"], &[]),
        ] {
            assert_eq!(
                asked(words),
                (candidates.iter().map(ToString::to_string).collect(), NO_FILES),
                "{words:?}"
            );
        }
    }

    #[test]
    fn where_a_file_is_asked_for_the_shell_offers_files() {
        assert_eq!(asked(&["plan", "-f", ""]), (Vec::new(), FILES));
    }

    #[test]
    fn without_a_word_every_verb_is_offered() {
        let (words, _) = asked(&[]);
        assert!(words.contains(&"doctor".to_owned()) && words.contains(&"--context".to_owned()));
        assert!(!words.contains(&"__complete".to_owned()));
    }
}

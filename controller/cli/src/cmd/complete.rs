//! What kubectl asks when somebody presses Tab after `kubectl firebreak`: it runs `kubectl_complete-firebreak` with the
//! words so far, and reads one candidate a line, then a directive, as its own completion (cobra) has it.

use crate::{
    args::{self, Connection},
    cluster::Cluster,
    terminal,
};
use anyhow::Result;
use clap::{Arg, Args, Command, CommandFactory};
use kube::ResourceExt;
use std::time::Duration;

/// Cobra's ShellCompDirectiveDefault: without candidates the shell offers file names.
const FILES: u8 = 0;
/// Cobra's ShellCompDirectiveNoSpace: the word goes on after a candidate.
const NO_SPACE: u8 = 2;
/// Cobra's ShellCompDirectiveNoFileComp.
const NO_FILES: u8 = 4;
/// What stands in the help where an Incident is named.
const INCIDENT: &str = "INCIDENT";
/// Who presses Tab does not wait longer.
const PATIENCE: Duration = Duration::from_secs(3);

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
    pub async fn run(self) -> Result<()> {
        let mut command = args::Args::command();
        command.build();
        let (mut lines, directive) = answer(&command, &self.words);
        if names_an_incident(&command, &self.words) {
            let last = self.words.last().map_or("", String::as_str);
            let names = incidents(&connection(&command, &self.words)).await;
            lines.extend(names.into_iter().filter(|name| name.starts_with(last)));
        }
        lines.push(format!(":{directive}"));
        terminal::say(&lines.join("\n"))
    }
}

/// The names of the Incidents; none where they cannot be read: there is nobody to tell.
async fn incidents(connection: &Connection) -> Vec<String> {
    let read = async { Cluster::connect(connection).await?.incidents(false).await };
    match tokio::time::timeout(PATIENCE, read).await {
        Ok(Ok(all)) => all.iter().map(ResourceExt::name_any).collect(),
        Ok(Err(_)) | Err(_) => Vec::new(),
    }
}

/// The words that are finished, and the one that is not.
fn parted(words: &[String]) -> (&str, &[String]) {
    words
        .split_last()
        .map_or(("", &[][..]), |(last, done)| (last.as_str(), done))
}

fn answer(root: &Command, words: &[String]) -> (Vec<String>, u8) {
    let (last, done) = parted(words);
    let command = verb(root, done);
    let (candidates, directive) = match valued(command, done) {
        Some(arg) if is_incident(arg) => (Vec::new(), NO_FILES),
        Some(arg) => (values(arg), if values(arg).is_empty() { FILES } else { NO_FILES }),
        None => (words_of(command), NO_FILES),
    };
    let candidates: Vec<String> = candidates.into_iter().filter(|word| word.starts_with(last)).collect();
    let goes_on = !candidates.is_empty() && candidates.iter().all(|word| word.ends_with('/'));
    (candidates, if goes_on { directive | NO_SPACE } else { directive })
}

fn verb<'a>(root: &'a Command, done: &[String]) -> &'a Command {
    done.iter()
        .fold(root, |command, word| command.find_subcommand(word).unwrap_or(command))
}

/// The option whose value comes next.
fn valued<'a>(command: &'a Command, done: &[String]) -> Option<&'a Arg> {
    let arg = option(command, done.last()?)?;
    Some(arg).filter(|arg| arg.get_action().takes_values())
}

fn is_incident(arg: &Arg) -> bool {
    arg.get_value_names().is_some_and(|names| names == [INCIDENT])
}

/// Whether the word that is not finished is the name of an Incident.
fn names_an_incident(root: &Command, words: &[String]) -> bool {
    let (last, done) = parted(words);
    let command = verb(root, done);
    match valued(command, done) {
        Some(arg) => is_incident(arg),
        None if last.starts_with('-') => false,
        None => command
            .get_positionals()
            .nth(given(root, done))
            .is_some_and(is_incident),
    }
}

/// How many positional arguments were given after the verb.
fn given(root: &Command, done: &[String]) -> usize {
    let command = verb(root, done);
    let is_value = |at: usize| at > 0 && valued(command, &done[..at]).is_some();
    let plain = done
        .iter()
        .enumerate()
        .filter(|(at, word)| !word.starts_with('-') && !is_value(*at));
    plain.count().saturating_sub(1)
}

/// How the cluster is reached, by the flags that are there already.
fn connection(root: &Command, words: &[String]) -> Connection {
    let (_, done) = parted(words);
    let command = verb(root, done);
    let all = |id: &str| -> Vec<String> {
        let named = |word: &str| option(command, word).is_some_and(|arg| arg.get_id() == id);
        let next = done
            .windows(2)
            .filter(|pair| named(&pair[0]))
            .map(|pair| pair[1].clone());
        let joined = done.iter().filter_map(|word| word.split_once('='));
        let joined = joined
            .filter(|(word, _)| named(word))
            .map(|(_, value)| value.to_owned());
        next.chain(joined).collect()
    };
    Connection {
        kubeconfig: all("kubeconfig").pop().map(Into::into),
        context: all("context").pop(),
        namespace: all("namespace").pop(),
        as_user: all("as_user").pop(),
        as_groups: all("as_groups"),
    }
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
    fn kinds_of_targets_are_offered_and_the_word_goes_on() {
        let (kinds, directive) = asked(&["quarantine", "iam"]);
        assert_eq!(
            (kinds, directive),
            (vec!["iamRole/".into(), "iamUser/".into()], NO_FILES | NO_SPACE)
        );
    }

    #[test]
    fn incidents_are_offered_where_one_is_named() {
        let mut command = args::Args::command();
        command.build();
        for (line, is_one) in [
            ("ack ", true),
            ("timeline -n payments ", true),
            ("-n payments report sto", true),
            ("merge stolen-role --into ", true),
            ("quarantine iamRole/x --incident ", true),
            ("note stolen-role ", false),
            ("merge stolen-role ", false),
            ("ack --", false),
            ("ack -n ", false),
            ("status ", false),
            ("", false),
        ] {
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            assert_eq!(names_an_incident(&command, &words), is_one, "{line}");
        }
        assert_eq!(asked(&["merge", "stolen-role", "--into", ""]), (Vec::new(), NO_FILES));
    }

    #[test]
    fn the_cluster_is_the_one_that_the_words_name() {
        let mut command = args::Args::command();
        command.build();
        let words = [
            "--context",
            "prod",
            "ack",
            "-n",
            "payments",
            "--as=ann",
            "--as-group",
            "a",
            "--as-group=b",
            "",
        ];
        let connection = connection(&command, &words.map(str::to_owned));
        assert_eq!(connection.context.as_deref(), Some("prod"));
        assert_eq!(connection.namespace.as_deref(), Some("payments"));
        assert_eq!(connection.as_user.as_deref(), Some("ann"));
        assert_eq!(connection.as_groups, ["a", "b"]);
        assert_eq!(connection.kubeconfig, None);
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

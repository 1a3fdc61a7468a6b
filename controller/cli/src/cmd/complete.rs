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
/// What the cluster is asked for where a word is completed, and what stands for it in the help.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Offered {
    /// The name of an Incident.
    Incident,
    /// The name of a FailoverPlan.
    FailoverPlan,
    /// The name of a step of the FailoverPlan before it.
    Step,
    /// A region of the FailoverPlan before it.
    Region,
    /// The name of an AwsAccount.
    AwsAccount,
}

const OFFERED: [(&str, Offered); 5] = [
    ("INCIDENT", Offered::Incident),
    ("FAILOVERPLAN", Offered::FailoverPlan),
    ("STEP", Offered::Step),
    ("REGION", Offered::Region),
    ("AWSACCOUNT", Offered::AwsAccount),
];
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
        if let Some(offered) = offered(&command, &self.words) {
            let (last, done) = parted(&self.words);
            let plan = positionals(&command, done).first().map_or("", |plan| plan.as_str());
            let names = names(offered, &connection(&command, &self.words), plan).await;
            lines.extend(names.into_iter().filter(|name| name.starts_with(last)));
        }
        lines.push(format!(":{directive}"));
        terminal::say(&lines.join("\n"))
    }
}

/// The names that the cluster knows; none where they cannot be read: there is nobody to tell.
async fn names(offered: Offered, connection: &Connection, plan: &str) -> Vec<String> {
    let read = async {
        let cluster = Cluster::connect(connection).await?;
        read(&cluster, offered, plan).await
    };
    match tokio::time::timeout(PATIENCE, read).await {
        Ok(Ok(names)) => names,
        Ok(Err(_)) | Err(_) => Vec::new(),
    }
}

async fn read(cluster: &Cluster, offered: Offered, plan: &str) -> Result<Vec<String>> {
    let plan = super::failover_name(plan).unwrap_or_default();
    Ok(match offered {
        Offered::Incident => cluster
            .incidents(false)
            .await?
            .iter()
            .map(ResourceExt::name_any)
            .collect(),
        Offered::FailoverPlan => {
            let all = cluster.failover_plans(false).await?;
            all.iter().map(ResourceExt::name_any).collect()
        }
        Offered::Step => {
            let steps = cluster.failover_plan(&plan).await?.spec.steps;
            steps.into_iter().map(|step| step.name).collect()
        }
        Offered::Region => {
            let regions = cluster.failover_plan(&plan).await?.spec.regions;
            vec![regions.primary, regions.standby]
        }
        Offered::AwsAccount => {
            let all = cluster.accounts().await?;
            all.iter().map(ResourceExt::name_any).collect()
        }
    })
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
        Some(arg) if of_cluster(arg).is_some() => (Vec::new(), NO_FILES),
        Some(arg) => (values(arg), if values(arg).is_empty() { FILES } else { NO_FILES }),
        None if last.starts_with('-') || !is_file(root, done) => (words_of(command), NO_FILES),
        None => (Vec::new(), FILES),
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

/// Whether the next positional argument is a file.
fn is_file(root: &Command, done: &[String]) -> bool {
    let all: Vec<&Arg> = verb(root, done).get_positionals().collect();
    let given = positionals(root, done).len();
    let repeated = all.last().filter(|last| is_repeated(last));
    all.get(given)
        .or(repeated)
        .and_then(|next| next.get_value_names())
        .is_some_and(|names| names == ["FILE"])
}

fn is_repeated(arg: &Arg) -> bool {
    matches!(arg.get_action(), clap::ArgAction::Append)
}

/// What the cluster is asked for where that argument is completed.
fn of_cluster(arg: &Arg) -> Option<Offered> {
    let names = arg.get_value_names()?;
    let (_, offered) = OFFERED.iter().find(|(name, _)| names == [*name])?;
    Some(*offered)
}

/// What the cluster is asked for where the word that is not finished stands.
fn offered(root: &Command, words: &[String]) -> Option<Offered> {
    let (last, done) = parted(words);
    let command = verb(root, done);
    match valued(command, done) {
        Some(arg) => of_cluster(arg),
        None if last.starts_with('-') => None,
        None => of_cluster(command.get_positionals().nth(positionals(root, done).len())?),
    }
}

/// The positional arguments that were given after the verb.
fn positionals<'a>(root: &Command, done: &'a [String]) -> Vec<&'a String> {
    let command = verb(root, done);
    let is_value = |at: usize| at > 0 && valued(command, &done[..at]).is_some();
    let plain = done
        .iter()
        .enumerate()
        .filter(|(at, word)| !word.starts_with('-') && !is_value(*at));
    plain.map(|(_, word)| word).skip(depth(root, done)).collect()
}

/// How many words it takes to name the verb: one, or two where a verb has verbs of its own.
fn depth(root: &Command, done: &[String]) -> usize {
    done.iter()
        .fold((root, 0), |(command, depth), word| {
            match command.find_subcommand(word) {
                Some(found) => (found, depth + 1),
                None => (command, depth),
            }
        })
        .1
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
    use crate::{cluster::script::Script, failover::testing};
    use serde_json::json;

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
    fn names_are_offered_where_one_is_written() {
        let mut command = args::Args::command();
        command.build();
        for (line, wanted) in [
            ("ack ", Some(Offered::Incident)),
            ("timeline -n payments ", Some(Offered::Incident)),
            ("-n payments report sto", Some(Offered::Incident)),
            ("merge stolen-role --into ", Some(Offered::Incident)),
            ("quarantine iamRole/x --incident ", Some(Offered::Incident)),
            ("note stolen-role ", None),
            ("merge stolen-role ", None),
            ("ack --", None),
            ("ack -n ", None),
            ("status ", None),
            ("", None),
            ("failover ", None),
            ("failover watch ", Some(Offered::FailoverPlan)),
            ("failover start ord", Some(Offered::FailoverPlan)),
            ("failover start orders ", None),
            ("failover start orders --to ", Some(Offered::Region)),
            ("-n payments failover skip orders ", Some(Offered::Step)),
            (
                "failover retry --approver-role security orders pro",
                Some(Offered::Step),
            ),
            ("failover approve orders --step ", Some(Offered::Step)),
            ("failover approve orders --step promote ", None),
            ("playbook test --since 7d --account ", Some(Offered::AwsAccount)),
            ("playbook test finding", None),
            ("ledger verify sto", Some(Offered::Incident)),
        ] {
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            assert_eq!(offered(&command, &words), wanted, "{line}");
        }
        assert_eq!(asked(&["merge", "stolen-role", "--into", ""]), (Vec::new(), NO_FILES));
    }

    #[test]
    fn verbs_of_a_verb_are_offered() {
        assert_eq!(asked(&["failover", "pa"]), (vec!["pause".into()], NO_FILES));
        let extents = asked(&["failover", "start", "orders", "--acknowledge-data-loss", ""]);
        assert_eq!(extents, (vec!["WithinObjective".into(), "Unbounded".into()], NO_FILES));
    }

    #[tokio::test]
    async fn steps_and_regions_are_those_of_the_plan() {
        let answers = [(200, json!(testing::object())), (200, json!(testing::object()))];
        let script = Script::of(answers);
        let cluster = script.cluster();
        let steps = read(&cluster, Offered::Step, "failoverplan/orders").await.unwrap();
        assert_eq!(steps, ["switch", "scale", "promote", "healthy"]);
        let regions = read(&cluster, Offered::Region, "orders").await.unwrap();
        assert_eq!(regions, ["us-east-1", "us-west-2"]);
        assert!(
            script
                .requests()
                .iter()
                .all(|(line, _)| line.ends_with("/failoverplans/orders"))
        );
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
        for words in [
            &["playbook", "test", ""][..],
            &["playbook", "test", "-f", ""],
            &["playbook", "test", "-f", "p.yaml", "one.json", "tw"],
        ] {
            assert_eq!(asked(words), (Vec::new(), FILES), "{words:?}");
        }
        assert_eq!(
            asked(&["playbook", "test", "--no-c"]),
            (vec!["--no-cluster".into()], NO_FILES)
        );
        assert_eq!(asked(&["playbook", "te"]), (vec!["test".into()], NO_FILES));
    }

    #[test]
    fn without_a_word_every_verb_is_offered() {
        let (words, _) = asked(&[]);
        assert!(words.contains(&"doctor".to_owned()) && words.contains(&"--context".to_owned()));
        assert!(!words.contains(&"__complete".to_owned()));
    }
}

//! The command line: kubectl's own flags, and one verb.

use crate::{
    cmd::{self, Output},
    exit,
};
use clap::{Parser, Subcommand};
use std::path::PathBuf;

/// Preview, approve, release and inspect Firebreak's responses.
#[derive(Parser, Debug)]
#[command(name = "kubectl-firebreak", bin_name = "kubectl firebreak", version, after_help = exit::help())]
pub struct Args {
    /// How the cluster is reached.
    #[command(flatten)]
    pub connection: Connection,
    /// How the answer is printed: json or yaml instead of text
    #[arg(short = 'o', long, global = true, value_parser = cmd::one_of(cmd::FOR_MACHINES))]
    pub output: Option<Output>,
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// kubectl's flags about the cluster.
#[derive(clap::Args, Debug, Default, Clone)]
pub struct Connection {
    /// Path of the kubeconfig file
    #[arg(long, global = true, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// Name of the kubeconfig context
    #[arg(long, global = true, value_name = "NAME")]
    pub context: Option<String>,
    /// Namespace of the object; default: the context's
    #[arg(short = 'n', long, global = true)]
    pub namespace: Option<String>,
    /// User to impersonate
    #[arg(long = "as", global = true, value_name = "USER")]
    pub as_user: Option<String>,
    /// Group to impersonate; may be given several times, and needs --as
    #[arg(long = "as-group", global = true, value_name = "GROUP")]
    pub as_groups: Vec<String>,
}

/// What can be done.
#[derive(Subcommand, Debug)]
pub enum Verb {
    /// Show what would be done (-f FILE), or the recorded plan of the current run (NAME). Writes nothing.
    #[command(after_help = exit::help())]
    Plan(cmd::plan::Plan),
    /// Approve exactly the plan of the current run.
    #[command(after_help = exit::help())]
    Approve(cmd::approve::Approve),
    /// Reject the plan of the current run; the object stays stalled until its spec changes.
    #[command(after_help = exit::help())]
    Reject(cmd::reject::Reject),
    /// Undo the containment, whatever the spec says, until the spec changes.
    #[command(after_help = exit::help())]
    Release(cmd::release::Release),
    /// Give custody up: leave AWS as it is, and forget what was there before.
    #[command(after_help = exit::help())]
    Abandon(cmd::abandon::Abandon),
    /// Rebuild custody from the evidence bucket after the cluster was lost.
    #[command(after_help = exit::help())]
    Adopt(cmd::adopt::Adopt),
    /// Run the plan without the other approvals. It is named, expires, and is reported to everyone.
    #[command(after_help = exit::help())]
    BreakGlass(cmd::break_glass::BreakGlass),
    /// Show the object with its conditions, run, steps, custody and decisions.
    #[command(after_help = exit::help())]
    Status(cmd::status::Status),
    /// Declare an Incident: title and severity are enough, and are asked for where they are missing.
    #[command(after_help = exit::help())]
    Declare(Box<cmd::declare::Declare>),
    /// Cut one AWS resource off: creates a Quarantine, or adds it to an Incident's responses.
    #[command(after_help = exit::help())]
    Quarantine(Box<cmd::quarantine::Quarantine>),
    /// Say that you have an Incident: the clock of the response time stops.
    #[command(after_help = exit::help())]
    Ack(cmd::incident::Plainly),
    /// Keep a sentence in an Incident's timeline.
    #[command(after_help = exit::help())]
    Note(cmd::incident::Saying),
    /// Say that an Incident is over; with --reason also while a response fails or waits.
    #[command(after_help = exit::help())]
    Resolve(cmd::incident::Resolve),
    /// Say that an Incident is not over, and why.
    #[command(after_help = exit::help())]
    Reopen(cmd::incident::Saying),
    /// Say that an Incident was reviewed.
    #[command(after_help = exit::help())]
    Review(cmd::incident::Plainly),
    /// End an Incident that goes on in another one.
    #[command(after_help = exit::help())]
    Merge(cmd::merge::Merge),
    /// Show what happened in an Incident, the oldest first.
    #[command(after_help = exit::help())]
    Timeline(cmd::timeline::Timeline),
    /// Write the report of an Incident: Markdown, or one HTML file. Works while the operator is down.
    #[command(after_help = exit::help())]
    Report(cmd::report::Report),
    /// Read the ledger of an Incident in the evidence bucket, and say whether it is whole.
    Ledger(cmd::ledger::Ledger),
    /// List the Incidents with how far they are and what they wait for.
    #[command(after_help = exit::help())]
    Incidents(cmd::incident::Incidents),
    /// Begin, watch and steer the runs of a FailoverPlan.
    #[command(after_help = exit::help())]
    Failover(Box<cmd::failover::Failover>),
    /// Prepare web ACLs of AWS WAF for TrafficPolicies. Writes nothing.
    #[command(after_help = exit::help())]
    Traffic(cmd::traffic::Traffic),
    /// Try Playbooks on findings, before they are relied on. Writes nothing.
    Playbook(cmd::playbook::Playbook),
    /// Look whether everything is in place for a response: cluster, policies, rights, operator, AWS. Changes nothing.
    #[command(after_help = exit::help())]
    Doctor(cmd::doctor::Doctor),
    /// Print the completion script of a shell.
    Completion(cmd::completion::Completion),
    /// Answers kubectl, which completes a plugin's words through kubectl_complete-firebreak.
    #[command(name = "__complete", hide = true)]
    Complete(cmd::complete::Complete),
    /// Show the version of this plugin and of what it reads.
    Version,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{CommandFactory, error::ErrorKind};

    #[test]
    fn the_command_line_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn what_cannot_be_understood_is_a_usage_error() {
        for line in [
            "firebreak",
            "firebreak plan",
            "firebreak plan name -f file",
            "firebreak plan name --account-file x",
            "firebreak reject name",
            "firebreak break-glass name --reason fire",
            "firebreak release name --restore Everything",
            "firebreak approve name --expires-after soon",
            "firebreak status name -A",
            "firebreak completion tcsh",
            "firebreak doctor --operator-account production",
            "firebreak failover",
            "firebreak failover start orders",
            "firebreak failover start orders --to us-west-2 --acknowledge-data-loss some",
            "firebreak failover start quarantine/orders --to us-west-2",
            "firebreak failover skip orders --reason x",
            "firebreak failover watch orders --timeout soon",
            "firebreak traffic prepare shop",
            "firebreak traffic prepare shop --id 1 --region us-east-1",
            "firebreak ledger",
            "firebreak ledger verify",
            "firebreak ledger verify quarantine/role",
            "firebreak playbook",
            "firebreak playbook test",
            "firebreak playbook test finding.json --since 7d --account production",
            "firebreak playbook test --since 7d",
            "firebreak playbook test --since soon --account production",
            "firebreak playbook test --since 91d --account production",
            "firebreak playbook test --since 0d --account production",
            "firebreak playbook test finding.json --region us-east-1",
        ] {
            let error = Args::try_parse_from(line.split(' ')).unwrap_err();
            assert_eq!(error.exit_code(), 2, "{line}");
        }
    }

    #[test]
    fn kubectls_flags_stand_before_and_after_the_verb() {
        for line in [
            "firebreak -n incident --as ann --as-group sec status quarantine/role",
            "firebreak status quarantine/role -n incident --as ann --as-group sec",
        ] {
            let args = Args::try_parse_from(line.split(' ')).unwrap();
            assert_eq!(args.connection.namespace.as_deref(), Some("incident"));
            assert_eq!(args.connection.as_user.as_deref(), Some("ann"));
            assert_eq!(args.connection.as_groups, ["sec"]);
        }
    }

    #[test]
    fn help_documents_the_exit_codes() {
        let error = Args::try_parse_from(["firebreak", "approve", "--help"]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::DisplayHelp);
        assert!(error.to_string().contains("3  blocked or refused"));
    }
}

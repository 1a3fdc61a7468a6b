//! The command line. Every flag can also be given by environment variable, for the chart.

use crate::runtime::logs;
use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use firebreak_core::{
    approval::Distinctness,
    installation::{DEFAULT_NAMESPACE, DEFAULT_SERVICE_ACCOUNT, Identity, NOTIFIER},
};
use std::{net::SocketAddr, time::Duration};

/// The Firebreak operator.
#[derive(Parser, Debug)]
#[command(name = "firebreak-controller", version, about)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Run the operator.
    Run(Box<Run>),
    /// Run the notifier, which tells people of Incidents.
    Notify(Box<Notify>),
    /// Print CRDs, roles and admission policies for `kubectl apply --server-side -f -`.
    Manifests(Who),
    /// Fail, and name each Hold, while there are any: nobody may uninstall the operator then. The chart asks it.
    CheckHolds(Who),
}

/// Who the operator is in the cluster.
#[derive(ClapArgs, Debug, Clone)]
pub struct Who {
    /// The operator's namespace.
    #[arg(long, env = "FIREBREAK_NAMESPACE", default_value = DEFAULT_NAMESPACE)]
    pub namespace: String,
    /// The operator's service account.
    #[arg(long, env = "FIREBREAK_SERVICE_ACCOUNT", default_value = DEFAULT_SERVICE_ACCOUNT)]
    pub service_account: String,
    /// Pattern (`*` for any characters) of usernames that are machines though they are no service accounts, such as
    /// arn:aws:sts::111111111111:assumed-role/github-ci/*; may be given several times. Their word counts nowhere, and what they ask
    /// for costs one more approver. The admission policies carry the same patterns.
    #[arg(long = "machine-user", env = "FIREBREAK_MACHINE_USERS", value_delimiter = ',', value_parser = machine_user)]
    pub machine_users: Vec<String>,
}

impl Who {
    /// Who the operator is, as the shipped files have it filled in.
    pub fn identity(&self) -> Identity {
        Identity {
            namespace: self.namespace.clone(),
            service_account: self.service_account.clone(),
            machine_users: self.machine_users.clone(),
        }
    }
}

/// A pattern goes into an expression of the admission policies: what could end it there is refused.
fn machine_user(text: &str) -> Result<String, String> {
    let strange = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '\'' | '"' | ',' | '\\');
    match text.is_empty() || text.contains(strange) || text.chars().all(|c| c == '*') {
        true => {
            Err("a pattern of usernames has no white space, quotes, commas or backslashes, and is not * alone".into())
        }
        false => Ok(text.to_owned()),
    }
}

/// How to run.
#[derive(ClapArgs, Debug)]
pub struct Run {
    /// Who the operator is.
    #[command(flatten)]
    pub who: Who,
    /// Name of this pod: tells replicas apart.
    #[arg(long, env = "POD_NAME", default_value = "firebreak-controller")]
    pub pod_name: String,
    /// Where /livez, /readyz and /metrics are served. In a pod the kubelet needs 0.0.0.0:8080.
    #[arg(long, env = "FIREBREAK_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Allow AWS_ENDPOINT_URL and the like. Never in production: anyone who sets it receives every request.
    #[arg(long, env = "FIREBREAK_ALLOW_ENDPOINT_OVERRIDES")]
    pub allow_endpoint_overrides: bool,
    /// ARN pattern (`*` for any characters) that the operator, its evidence or its approvers depend on, and that is therefore
    /// never touched; may be given several times.
    #[arg(long = "own-dependency", env = "FIREBREAK_OWN_DEPENDENCIES", value_delimiter = ',')]
    pub own_dependencies: Vec<String>,
    /// What makes two approvers two people: every username, or the role behind it. On EKS the default username of a role
    /// ends in the session's name, which anyone who assumes the role chooses.
    #[arg(long, env = "FIREBREAK_PEOPLE", value_enum, default_value_t = People::Username)]
    pub people: People,
    /// Seconds after an IAM write at which it is read again; Contained comes after the second. AWS needs up to a few minutes:
    /// lower it only against an emulator.
    #[arg(long, env = "FIREBREAK_IAM_SETTLING", value_delimiter = ',', num_args = 1..=3, default_values_t = [15, 60, 300])]
    pub iam_settling: Vec<u32>,
    /// Seconds after a write to a bucket's configuration at which it is read again; Contained comes after the second. S3 names
    /// no time within which it is consistent: lower it only against an emulator.
    #[arg(long, env = "FIREBREAK_S3_SETTLING", value_delimiter = ',', num_args = 1..=3, default_values_t = [15, 60, 300])]
    pub s3_settling: Vec<u32>,
    /// Seconds after a write to an IP set of AWS WAF at which it is read again; Enforced comes after the second. AWS needs up to a few
    /// minutes: lower it only against an emulator.
    #[arg(long, env = "FIREBREAK_WAF_SETTLING", value_delimiter = ',', num_args = 1..=3, default_values_t = [15, 60, 300])]
    pub waf_settling: Vec<u32>,
    /// Seconds between two looks at something contained, ± 20 %.
    #[arg(long, env = "FIREBREAK_RESYNC", default_value_t = 300)]
    pub resync: u32,
    /// How many objects are worked on at once.
    #[arg(long, env = "FIREBREAK_CONCURRENCY", default_value_t = 64)]
    pub concurrency: usize,
    /// How to write logs.
    #[arg(long, env = "FIREBREAK_LOG_FORMAT", value_enum, default_value_t = LogFormat::Json)]
    pub log_format: LogFormat,
    /// What to log, as tracing-subscriber's filter.
    #[arg(
        long,
        env = "FIREBREAK_LOG",
        default_value = "info,aws_config=warn,kube=warn,tower=warn,hyper=warn"
    )]
    pub log: String,
    /// Act at once when there is no Lease at all, instead of waiting a lease out. For single-replica installations and tests.
    #[arg(long, env = "FIREBREAK_TRUST_ABSENT_LEASE")]
    pub trust_absent_lease: bool,
}

/// How to run the notifier.
#[derive(ClapArgs, Debug)]
pub struct Notify {
    /// The namespace of the operator and the notifier.
    #[arg(long, env = "FIREBREAK_NAMESPACE", default_value = DEFAULT_NAMESPACE)]
    pub namespace: String,
    /// Name of this pod: tells replicas apart.
    #[arg(long, env = "POD_NAME", default_value = NOTIFIER)]
    pub pod_name: String,
    /// Where /livez, /readyz and /metrics are served. In a pod the kubelet needs 0.0.0.0:8080.
    #[arg(long, env = "FIREBREAK_LISTEN", default_value = "127.0.0.1:8081")]
    pub listen: SocketAddr,
    /// Let channels lead to addresses that are not public, such as those of a chat server of your own. Then everybody who may write
    /// a NotificationChannel can have the notifier send requests into the cluster's network.
    #[arg(long, env = "FIREBREAK_ALLOW_PRIVATE_ADDRESSES")]
    pub allow_private_addresses: bool,
    /// Slack's Web API; GovSlack has another.
    #[arg(long, env = "FIREBREAK_SLACK_API", default_value = "https://slack.com/api")]
    pub slack_api: String,
    /// PagerDuty's Events API, in the place of that of the account's region.
    #[arg(long, env = "FIREBREAK_PAGERDUTY_API")]
    pub pagerduty_api: Option<String>,
    /// How to write logs.
    #[arg(long, env = "FIREBREAK_LOG_FORMAT", value_enum, default_value_t = LogFormat::Json)]
    pub log_format: LogFormat,
    /// What to log, as tracing-subscriber's filter.
    #[arg(long, env = "FIREBREAK_LOG", default_value = "info,kube=warn,tower=warn,hyper=warn")]
    pub log: String,
    /// Act at once when there is no Lease at all, instead of waiting a lease out. For single-replica installations and tests.
    #[arg(long, env = "FIREBREAK_TRUST_ABSENT_LEASE")]
    pub trust_absent_lease: bool,
}

/// What makes two approvers two people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum People {
    /// Every username is a person of its own.
    Username,
    /// Sessions of one assumed role are one person.
    AssumedRole,
}

impl From<People> for Distinctness {
    fn from(people: People) -> Self {
        match people {
            People::Username => Self::Username,
            People::AssumedRole => Self::AssumedRole,
        }
    }
}

/// How logs are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}

impl From<LogFormat> for logs::Format {
    fn from(format: LogFormat) -> Self {
        match format {
            LogFormat::Json => Self::Json,
            LogFormat::Text => Self::Text,
        }
    }
}

impl Run {
    /// The times of the IAM re-reads.
    pub fn settling(&self) -> [u32; 3] {
        three(&self.iam_settling)
    }

    /// The times of the re-reads of buckets.
    pub fn bucket_settling(&self) -> [u32; 3] {
        three(&self.s3_settling)
    }

    /// The times of the re-reads of IP sets.
    pub fn address_settling(&self) -> [u32; 3] {
        three(&self.waf_settling)
    }

    /// The resync.
    pub fn resync(&self) -> Duration {
        Duration::from_secs(u64::from(self.resync))
    }
}

fn three(seconds: &[u32]) -> [u32; 3] {
    let at = |index: usize| seconds.get(index).copied().unwrap_or_default();
    [at(0), at(1), at(2)]
}

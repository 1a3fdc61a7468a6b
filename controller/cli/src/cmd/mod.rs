//! The verbs, one file each.

pub mod abandon;
pub mod adopt;
mod after;
pub mod approve;
pub mod break_glass;
pub mod complete;
pub mod completion;
pub mod custody;
pub mod decide;
pub mod declare;
pub mod doctor;
pub mod failover;
mod follow;
pub mod incident;
pub mod ledger;
pub mod merge;
pub mod plan;
pub mod playbook;
pub mod quarantine;
pub mod reject;
pub mod release;
pub mod report;
pub mod severity;
pub mod status;
pub mod target_words;
pub mod timeline;
pub mod traffic;
mod version;

use crate::{
    args::{Args, Connection, Verb},
    render::{Paint, harmless},
    terminal,
};
use anyhow::{Result, bail};
use clap::{
    ValueEnum,
    builder::{PossibleValuesParser, TypedValueParser},
};
use firebreak_core::{respond::Respondent, run::custody as holds};
use firebreak_crds::{Kind, OwnerRef, table::called, text};
use serde_json::Value;

/// How an answer is printed, where it is not text.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq)]
pub enum Output {
    /// JSON
    Json,
    /// YAML
    Yaml,
    /// Markdown: of a report
    Md,
    /// One HTML file: of a report
    Html,
}

/// What every command prints for machines.
pub const FOR_MACHINES: &[Output] = &[Output::Json, Output::Yaml];

/// Reads one of these words, and offers no other.
pub fn one_of<T: ValueEnum + Send + Sync + 'static>(choices: &'static [T]) -> impl TypedValueParser<Value = T> {
    let words = choices.iter().filter_map(ValueEnum::to_possible_value);
    PossibleValuesParser::new(words).try_map(|word| T::from_str(&word, false))
}

/// What every verb is told.
pub struct Setting {
    /// How the cluster is reached.
    pub connection: Connection,
    /// How the answer is printed.
    pub output: Option<Output>,
}

impl Setting {
    /// Prints an answer in the form that was asked for.
    ///
    /// # Errors
    /// When it cannot be printed.
    pub fn answer(&self, machines: impl FnOnce() -> Value, people: impl FnOnce(Paint) -> String) -> Result<()> {
        terminal::say(&match self.output {
            Some(output) => formatted(output, &machines())?,
            None => people(Paint(terminal::colour())),
        })
    }

    /// Prints a manifest: YAML, unless JSON is asked for.
    ///
    /// # Errors
    /// When it cannot be printed.
    pub fn manifest(&self, manifest: &Value) -> Result<()> {
        terminal::say(&formatted(self.output.unwrap_or(Output::Yaml), manifest)?)
    }
}

fn formatted(output: Output, value: &Value) -> Result<String> {
    Ok(match output {
        Output::Json => text::json(&serde_json::to_string_pretty(value)?),
        Output::Yaml => yaml(value)?,
        Output::Md | Output::Html => bail!("only a report is Markdown or HTML: -o json or -o yaml"),
    })
}

/// One of several documents.
fn document(output: Output, value: &Value) -> Result<String> {
    let text = formatted(output, value)?;
    Ok(match output {
        Output::Yaml => format!("---\n{}\n", text.trim_end()),
        Output::Json | Output::Md | Output::Html => format!("{}\n", text.trim_end()),
    })
}

/// YAML; what it would print as it is although a terminal acts on it is printed as JSON, which is YAML too.
fn yaml(value: &Value) -> Result<String> {
    let text = serde_yaml::to_string(value)?;
    match harmless::page(&text) == text {
        true => Ok(text),
        false => formatted(Output::Json, value),
    }
}

/// Does what the command line says.
///
/// # Errors
/// What could not be done, or who refused it.
pub async fn run(args: Args) -> Result<()> {
    let setting = Setting {
        connection: args.connection,
        output: args.output,
    };
    match args.verb {
        Verb::Plan(verb) => verb.run(&setting).await,
        Verb::Approve(verb) => verb.run(&setting).await,
        Verb::Reject(verb) => verb.run(&setting).await,
        Verb::Release(verb) => verb.run(&setting).await,
        Verb::Abandon(verb) => verb.run(&setting).await,
        Verb::Adopt(verb) => verb.run(&setting).await,
        Verb::BreakGlass(verb) => verb.run(&setting).await,
        Verb::Status(verb) => verb.run(&setting).await,
        Verb::Ack(verb) => verb.run(&setting, firebreak_crds::Verb::Acknowledge).await,
        Verb::Note(verb) => verb.run(&setting, firebreak_crds::Verb::Note).await,
        Verb::Resolve(verb) => verb.run(&setting).await,
        Verb::Reopen(verb) => verb.run(&setting, firebreak_crds::Verb::Reopen).await,
        Verb::Review(verb) => verb.run(&setting, firebreak_crds::Verb::Review).await,
        Verb::Timeline(verb) => verb.run(&setting).await,
        Verb::Declare(verb) => verb.run(&setting).await,
        Verb::Quarantine(verb) => Box::pin(verb.run(&setting)).await,
        Verb::Merge(verb) => verb.run(&setting).await,
        Verb::Report(verb) => Box::pin(verb.run(&setting)).await,
        Verb::Ledger(verb) => Box::pin(verb.run(&setting)).await,
        Verb::Incidents(verb) => verb.run(&setting).await,
        Verb::Failover(verb) => Box::pin(verb.run(&setting)).await,
        Verb::Traffic(verb) => verb.run(),
        Verb::Playbook(verb) => Box::pin(verb.run(&setting)).await,
        Verb::Doctor(verb) => Box::pin(verb.run(&setting)).await,
        Verb::Completion(verb) => verb.run(),
        Verb::Complete(verb) => verb.run().await,
        Verb::Version => version::run(&setting),
    }
}

/// The name of a Quarantine, with or without its kind as kubectl writes it.
///
/// # Errors
/// When it names another kind.
pub fn object_name(text: &str) -> Result<String, String> {
    name_of("Quarantine", text)
}

/// The name of a FailoverPlan, with or without its kind as kubectl writes it.
///
/// # Errors
/// When it names another kind.
pub fn failover_name(text: &str) -> Result<String, String> {
    name_of("FailoverPlan", text)
}

/// An object about whose runs people decide.
#[derive(Clone, Debug, PartialEq)]
pub enum Response {
    /// A Quarantine of that name.
    Quarantine(String),
    /// A TrafficPolicy of that name.
    TrafficPolicy(String),
    /// A FailoverPlan of that name.
    FailoverPlan(String),
}

impl Response {
    /// One whose runs hold what they wrote: its kind and its name.
    pub fn held(&self) -> Option<(Respondent, &str)> {
        match self {
            Self::Quarantine(name) => Some((Respondent::Quarantine, name)),
            Self::TrafficPolicy(name) => Some((Respondent::TrafficPolicy, name)),
            Self::FailoverPlan(_) => None,
        }
    }
}

/// The name of a Quarantine, or of another response with its kind.
///
/// # Errors
/// When it names another kind.
pub fn response_name(text: &str) -> Result<Response, String> {
    let kind = text.split_once('/').and_then(|(kind, _)| called(kind)).map(Kind::kind);
    match kind.as_deref() {
        Some("FailoverPlan") => failover_name(text).map(Response::FailoverPlan),
        Some("TrafficPolicy") => name_of("TrafficPolicy", text).map(Response::TrafficPolicy),
        _ => object_name(text)
            .map(Response::Quarantine)
            .map_err(|_| "write NAME, quarantine/NAME, trafficpolicy/NAME or failoverplan/NAME".into()),
    }
}

/// What an object is called on the command line of verbs that take several kinds.
pub fn spoken(owner: &OwnerRef) -> String {
    holds::spoken(owner)
}

/// The name of an Incident, with or without its kind as kubectl writes it.
///
/// # Errors
/// When it names another kind.
pub fn incident_name(text: &str) -> Result<String, String> {
    name_of("Incident", text)
}

fn name_of(wanted: &str, text: &str) -> Result<String, String> {
    let fix = format!("write NAME or {}/NAME", wanted.to_lowercase());
    let name = match text.split_once('/') {
        None => text,
        Some((kind, name)) => match called(kind).map(Kind::kind) {
            Some(kind) if kind == wanted => name,
            _ => return Err(format!("{kind} is not of kind {wanted}: {fix}")),
        },
    };
    match name.is_empty() || name.contains('/') {
        true => Err(fix),
        false => Ok(name.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_are_read_as_kubectl_writes_them() {
        for text in [
            "role",
            "quarantine/role",
            "quarantines/role",
            "quar/role",
            "quarantine.firebreak.dev/role",
        ] {
            assert_eq!(object_name(text).as_deref(), Ok("role"), "{text}");
        }
        for text in ["", "quarantine/", "pod/role", "quarantine/a/b"] {
            assert!(object_name(text).is_err(), "{text}");
        }
        for text in ["role", "incident/role", "inc/role", "incidents.firebreak.dev/role"] {
            assert_eq!(incident_name(text).as_deref(), Ok("role"), "{text}");
        }
        for text in [
            "failoverplan/orders",
            "fop/orders",
            "failoverplans.firebreak.dev/orders",
        ] {
            assert_eq!(
                response_name(text),
                Ok(Response::FailoverPlan("orders".into())),
                "{text}"
            );
            assert_eq!(failover_name(text).as_deref(), Ok("orders"), "{text}");
        }
        for text in [
            "trafficpolicy/scanner",
            "tp/scanner",
            "trafficpolicies.firebreak.dev/scanner",
        ] {
            assert_eq!(
                response_name(text),
                Ok(Response::TrafficPolicy("scanner".into())),
                "{text}"
            );
        }
        for text in ["role", "quar/role"] {
            assert_eq!(response_name(text), Ok(Response::Quarantine("role".into())), "{text}");
        }
        for text in ["", "pod/role", "failoverplan/", "incident/role"] {
            assert!(response_name(text).is_err(), "{text}");
        }
        let other = incident_name("quarantine/role").unwrap_err();
        assert_eq!(other, "quarantine is not of kind Incident: write NAME or incident/NAME");
    }

    #[test]
    fn machines_get_json_or_yaml() {
        assert_eq!(formatted(Output::Yaml, &json!({"a": 1})).unwrap(), "a: 1\n");
        assert_eq!(formatted(Output::Json, &json!({"a": 1})).unwrap(), "{\n  \"a\": 1\n}");
        for output in [Output::Json, Output::Yaml] {
            let hostile = json!({"by": "bob\u{202e}\u{1b}[2K\n"});
            let printed = formatted(output, &hostile).unwrap();
            assert_eq!(harmless::page(&printed), printed);
            assert_eq!(serde_yaml::from_str::<Value>(&printed).unwrap(), hostile);
        }
    }
}

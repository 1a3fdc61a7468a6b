//! `quarantine`: one Quarantine from a line, by itself or as a response of an Incident.

use super::{Setting, severity::Level};
use crate::{
    cluster::Cluster,
    decision::duration,
    exit::{self, refused, usage},
    incident::{
        refusal::Attempt,
        responding::{self, Place, Wish},
    },
    target::{self, Named},
    terminal,
};
use anyhow::Result;
use clap::Args;
use firebreak_core::coordinate::incident::child_name;
use firebreak_crds::{AwsAccountSpec, Incident, Quarantine as Object};
use jiff::SignedDuration;
use kube::ResourceExt;
use serde_json::{Value, json};

/// What `quarantine` is told.
#[derive(Args, Debug)]
pub struct Quarantine {
    /// What is cut off, as spec.target has it: KIND/NAME, such as iamRole/payments-task or ecsService/prod/api
    #[arg(value_name = "KIND/NAME", value_parser = super::target_words::Words)]
    pub target: Named,
    /// Name of the AwsAccount
    #[arg(long)]
    pub account: String,
    /// Why, in a sentence: shown to approvers
    #[arg(long)]
    pub reason: String,
    /// The target's region; default: the account's, where it has one
    #[arg(long)]
    pub region: Option<String>,
    /// How bad it is; a response has its Incident's
    #[arg(long, value_enum, ignore_case = true, conflicts_with = "incident")]
    pub severity: Option<Level>,
    /// How it is cut off; may be given several times where methods can be combined
    #[arg(long = "method", value_name = "METHOD")]
    pub methods: Vec<String>,
    /// Another field of the target, such as isolationSecurityGroupId=sg-0123456789abcdef0; may be given several times
    #[arg(long = "set", value_name = "FIELD=VALUE", value_parser = target::setting)]
    pub settings: Vec<(String, String)>,
    /// How long it is meant to last, such as 4h; then people are told, and it stays contained
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub expires_after: Option<SignedDuration>,
    /// The Incident that responds with it
    #[arg(long, value_name = "INCIDENT", value_parser = super::incident_name)]
    pub incident: Option<String>,
    /// Name of the Quarantine, or of the response; default: from kind and name
    #[arg(long)]
    pub name: Option<String>,
    /// Plan and report only: nothing is written to AWS
    #[arg(long)]
    pub observe: bool,
    /// Print the manifest, or with --incident what the API server would store, and store nothing
    #[arg(long)]
    pub dry_run: bool,
}

impl Quarantine {
    /// Creates the object, or adds the response.
    ///
    /// # Errors
    /// When the line breaks a rule, the Incident takes no response, or the API server refuses.
    pub async fn run(self, setting: &Setting) -> Result<()> {
        let fields = self.target.spec(&self.methods, &self.settings).map_err(usage)?;
        match (&self.incident, &self.region) {
            (None, Some(region)) if self.dry_run => {
                let wish = self.wish(fields, region.clone());
                setting.manifest(&wish.manifest(setting.connection.namespace.as_deref())?)
            }
            (incident, _) => {
                let cluster = Cluster::connect(&setting.connection).await?;
                let wish = self.wish(fields, self.region(&cluster).await?);
                match incident {
                    None => self.object(setting, &cluster, &wish).await,
                    Some(incident) => self.response(setting, &cluster, incident, &wish).await,
                }
            }
        }
    }

    fn wish(&self, fields: Value, region: String) -> Wish {
        Wish {
            name: self.name.clone(),
            target: self.target.clone(),
            fields,
            account: self.account.clone(),
            region,
            reason: self.reason.clone(),
            severity: self.severity.map(|level| level.0),
            expires_after: self.expires_after,
            observe: self.observe,
        }
    }

    async fn region(&self, cluster: &Cluster) -> Result<String> {
        if let Some(region) = &self.region {
            return Ok(region.clone());
        }
        match cluster.account(&self.account).await {
            Ok(account) => only_region(&self.account, &account.spec).map_err(usage),
            Err(error) if exit::api_code(&error) == Some(403) => Err(usage(format!(
                "--region is needed: you may not read the AwsAccount {}",
                self.account
            ))),
            Err(error) => Err(error),
        }
    }

    async fn object(&self, setting: &Setting, cluster: &Cluster, wish: &Wish) -> Result<()> {
        if self.dry_run {
            return setting.manifest(&wish.manifest(setting.connection.namespace.as_deref())?);
        }
        let manifest = wish.manifest(Some(&cluster.namespace))?;
        let name = manifest["metadata"]["name"].as_str().unwrap_or_default();
        let attempt = attempt("Quarantine", "quarantines", name, cluster, "create");
        let created = cluster.add::<Object>(&manifest).await;
        let created = created.map_err(|error| attempt.refused(error))?;
        let (name, namespace) = (created.name_any(), &cluster.namespace);
        setting.answer(
            || json!(created),
            |paint| {
                let done = paint.good(&format!("created: quarantine/{name}"));
                format!("{done}\nnext: kubectl firebreak plan {name} -n {namespace}\n")
            },
        )
    }

    async fn response(&self, setting: &Setting, cluster: &Cluster, incident: &str, wish: &Wish) -> Result<()> {
        let response = wish.response()?;
        let (changed, place) = self.add(cluster, incident, &response).await?;
        if self.dry_run {
            return setting.manifest(&json!(changed));
        }
        if changed.spec.drill {
            terminal::remark("note: it is a drill: the response only observes");
        }
        let name = response["name"].as_str().unwrap_or_default();
        setting.answer(
            || json!(changed),
            |paint| {
                let first = match place {
                    Place::Free => paint.good(&format!("added: response {name} of incident/{incident}")),
                    Place::Taken => paint.wait(&format!("there already: response {name} of incident/{incident}")),
                };
                first + &next(incident, name, &cluster.namespace)
            },
        )
    }

    /// Adds it to the version of the Incident that was read.
    async fn add(&self, cluster: &Cluster, name: &str, response: &Value) -> Result<(Incident, Place)> {
        let attempt = attempt("Incident", "incidents", name, cluster, "patch");
        let patch = |incident: &Incident| match responding::place(incident, response).map_err(refused)? {
            Place::Taken => Ok(None),
            Place::Free => Ok(Some(responding::patch(incident, response))),
        };
        let changed = cluster.change_incident(name, self.dry_run, patch).await;
        let (incident, is_new) = changed.map_err(|error| attempt.refused(error))?;
        Ok((incident, if is_new { Place::Free } else { Place::Taken }))
    }
}

fn attempt<'a>(kind: &'a str, plural: &'a str, name: &'a str, cluster: &'a Cluster, verb: &'a str) -> Attempt<'a> {
    Attempt {
        kind,
        plural,
        name,
        namespace: &cluster.namespace,
        verb,
    }
}

/// The region of an account that has one.
fn only_region(name: &str, account: &AwsAccountSpec) -> Result<String, String> {
    match account.regions.as_slice() {
        [only] => Ok(only.clone()),
        many => Err(format!(
            "--region: the AwsAccount {name} has {}; name the target's (for IAM, any of them)",
            many.join(", ")
        )),
    }
}

fn next(incident: &str, response: &str, namespace: &str) -> String {
    let object = child_name(incident, response);
    format!(
        "\nnext:\n  kubectl firebreak plan {object} -n {namespace}\n  kubectl firebreak timeline {incident} -n {namespace} -w\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{args, fixtures};
    use clap::Parser;

    fn parsed(line: &str) -> Result<Quarantine, clap::Error> {
        match args::Args::try_parse_from(line.split(' '))?.verb {
            args::Verb::Quarantine(quarantine) => Ok(*quarantine),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_line_is_read() {
        let line = "firebreak quarantine iamRole/payments-task --account production --reason used --severity critical \
                    --method DenyAll --method RevokeSessions --expires-after 4h --observe --dry-run -o yaml";
        let said = parsed(line).unwrap();
        assert_eq!(
            (said.target.kind.field.as_str(), said.target.parts.as_slice()),
            ("iamRole", &["payments-task".to_owned()][..])
        );
        assert_eq!(said.methods, ["DenyAll", "RevokeSessions"]);
        assert_eq!(said.expires_after, Some(SignedDuration::from_hours(4)));
        assert!(said.observe && said.dry_run);
    }

    #[test]
    fn what_cannot_be_followed_is_refused_by_name() {
        let rest = "--account production --reason used";
        for (line, says) in [
            (format!("pod/x {rest}"), "pod is no kind of target"),
            ("iamRole/x --account production".into(), "--reason"),
            ("iamRole/x --reason used".into(), "--account"),
            (
                format!("iamRole/x {rest} --incident quarantine/y"),
                "not of kind Incident",
            ),
            (
                format!("iamRole/x {rest} --incident y --severity High"),
                "cannot be used with",
            ),
            (format!("iamRole/x {rest} --expires-after soon"), "not a duration"),
            (format!("iamRole/x {rest} --set denyPolicy"), "FIELD=VALUE"),
        ] {
            let error = parsed(&format!("firebreak quarantine {line}")).unwrap_err();
            assert_eq!(error.exit_code(), 2);
            assert!(error.to_string().contains(says), "{error}");
        }
    }

    #[test]
    fn the_region_of_an_account_with_one_is_taken() {
        let mut account = fixtures::account().spec;
        assert_eq!(only_region("production", &account).as_deref(), Ok("us-east-1"));
        account.regions.push("eu-west-1".into());
        let why = only_region("production", &account).unwrap_err();
        assert!(
            why.starts_with("--region: the AwsAccount production has us-east-1, eu-west-1"),
            "{why}"
        );
    }

    #[test]
    fn the_plan_of_a_response_is_that_of_the_object_that_will_be_created() {
        let next = next("stolen-role", "deny-role", "payments");
        assert!(next.contains(&child_name("stolen-role", "deny-role")), "{next}");
    }
}

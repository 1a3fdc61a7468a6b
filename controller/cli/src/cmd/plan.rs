//! `plan`: what would be done, or what is recorded. Writes nothing.

use super::{
    Response, Setting,
    decide::{current_run, plan_view, warnings},
    failover, spoken,
};
use crate::{
    cloud,
    cluster::Cluster,
    exit::{self, refused},
    manifest,
    records::Records,
    render::next::{self, Reader},
};
use anyhow::{Context, Result, bail};
use clap::Args;
use firebreak_aws::Aws;
use firebreak_core::{
    blocked::Blocked,
    engine::{Standing, World},
    respond::{Object, Respondent},
    run::{Run, plan as core_plan},
};
use firebreak_crds::{AwsAccount, Quarantine, Reason, ResponsePlanSpec, ResponsePlanStatus, TrafficPolicy};
use firebreak_executor::preview;
use jiff::Timestamp;
use kube::ResourceExt;
use serde_json::json;
use std::path::PathBuf;

/// What `plan` is told.
#[derive(Args, Debug)]
pub struct Plan {
    /// The object whose recorded plan is shown: NAME or quarantine/NAME, trafficpolicy/NAME, or failoverplan/NAME
    #[arg(value_parser = super::response_name, required_unless_present = "filename", conflicts_with = "filename")]
    pub name: Option<Response>,
    /// A manifest of a Quarantine or TrafficPolicy to preview against live AWS; - is standard input
    #[arg(short = 'f', long, alias = "file", value_name = "FILE")]
    pub filename: Option<PathBuf>,
    /// Preview without a cluster, with the AwsAccount in this file; - is standard input
    #[arg(long, value_name = "FILE", conflicts_with = "name")]
    pub account_file: Option<PathBuf>,
    /// Let the environment redirect AWS endpoints (AWS_ENDPOINT_URL and the like): for tests
    #[arg(long, conflicts_with = "name")]
    pub allow_endpoint_overrides: bool,
}

/// The call by which a role is assumed.
const ASSUME_ROLE: &str = "sts:AssumeRole";

/// What a preview is made from.
struct Wish {
    object: Object,
    records: Records,
}

impl Plan {
    /// Shows the recorded plan, or makes a preview.
    ///
    /// # Errors
    /// When the file is not valid, something cannot be read, or the plan is blocked.
    pub async fn run(self, setting: &Setting) -> Result<()> {
        match (&self.name, &self.filename) {
            (Some(Response::Quarantine(name)), _) => recorded(setting, Respondent::Quarantine, name).await,
            (Some(Response::TrafficPolicy(name)), _) => recorded(setting, Respondent::TrafficPolicy, name).await,
            (Some(Response::FailoverPlan(name)), _) => {
                failover::recorded(setting, &Cluster::connect(&setting.connection).await?, name).await
            }
            (None, Some(file)) => {
                let wish = self.wish(setting, file).await?;
                self.preview(setting, wish, file).await
            }
            (None, None) => bail!("name a Quarantine or TrafficPolicy, or give a manifest with -f FILE"),
        }
    }

    async fn wish(&self, setting: &Setting, file: &PathBuf) -> Result<Wish> {
        if self.account_file.as_ref() == Some(file) {
            bail!("-f and --account-file name the same file: give one of them a file of its own");
        }
        let object = parsed(&manifest::read(file)?, &file.display().to_string())?;
        match &self.account_file {
            Some(path) => {
                let account = manifest::parse(&manifest::read(path)?, &path.display().to_string())?;
                offline(object, account, setting.connection.namespace.as_deref())
            }
            None => online(object, &Cluster::connect(&setting.connection).await?).await,
        }
    }

    async fn preview(&self, setting: &Setting, wish: Wish, file: &std::path::Path) -> Result<()> {
        let now = Timestamp::now();
        let mut world = wish.records.world(&wish.object, now);
        let aws = cloud::aws(self.allow_endpoint_overrides).await?;
        let (made, notes) = as_somebody(aws, &mut world).await;
        let plan = match made {
            Ok(plan) => plan,
            Err(blocked) => return stopped(setting, &with_remedy(blocked, &world)),
        };
        let run = imagined(&world, plan);
        let standing = Standing::of(&world, &run, now);
        let (name, namespace) = (spoken(&world.subject.owner), wish.object.namespace());
        let mut view = plan_view(&wish.object, &run, &standing, &Reader::default());
        view.run = None;
        view.warnings = preview::hindrances(&world, &run.plan, now);
        view.warnings.extend(wish.records.notes.into_iter().chain(notes));
        view.next = vec![
            format!("kubectl apply -n {namespace} -f {}", file.display()),
            format!("kubectl firebreak plan {name} -n {namespace}"),
        ];
        setting.answer(|| view.json(), |paint| view.text(paint))
    }
}

/// The plan as the account's read role sees AWS; where that role does not let the person in, with their own credentials.
async fn as_somebody(aws: Aws, world: &mut World) -> (Result<core_plan::Plan, Blocked>, Option<String>) {
    let made = preview::plan(&aws, world).await;
    match made {
        Err(blocked) if is_shut_out(&blocked) => {
            let note = "spec.roles.read does not let you in: AWS was read with your own credentials".to_owned();
            (preview::plan(&aws.with_own_credentials(), world).await, Some(note))
        }
        made => (made, None),
    }
}

fn is_shut_out(blocked: &Blocked) -> bool {
    blocked.reason == Reason::AccessDenied && blocked.message.contains(ASSUME_ROLE)
}

/// What the person can do about their own credentials.
fn with_remedy(blocked: Blocked, world: &World) -> Blocked {
    let account = world
        .account()
        .map(|account| account.account_id.clone())
        .unwrap_or_default();
    let remedy = format!(
        "AWS is asked with your own credentials: choose some that may read account {account}, for example with AWS_PROFILE=NAME, or sign in again"
    );
    match blocked.reason {
        Reason::AccessDenied | Reason::Unreachable => {
            Blocked::new(blocked.reason, format!("{}; {remedy}", blocked.message))
        }
        Reason::WrongAccount => Blocked::new(
            blocked.reason,
            format!("neither spec.roles.read nor your own credentials lead to account {account}; {remedy}"),
        ),
        _ => blocked,
    }
}

/// Without a cluster there is only the account; the rest is unknown, and the strictest rule is shown.
fn offline(mut object: Object, account: AwsAccount, namespace: Option<&str>) -> Result<Wish> {
    let subject = object.subject();
    let wanted = subject.terms().account;
    if wanted != account.name_any() {
        bail!(
            "spec.accountRef.name is {wanted}, and --account-file holds {}",
            account.name_any()
        );
    }
    let own = object.metadata().namespace.clone();
    if let (Some(own), Some(flag)) = (&own, namespace)
        && own != flag
    {
        bail!("metadata.namespace is {own}, and --namespace is {flag}: leave one of them out");
    }
    object.metadata_mut().namespace = own.or(namespace.map(str::to_owned)).or(Some("default".into()));
    let note =
        "no cluster was asked: Guardrails, Holds and EmergencyStops are unknown, and the strictest rule is shown";
    let records = Records {
        accounts: vec![account],
        notes: vec![note.into()],
        ..Records::default()
    };
    Ok(Wish { object, records })
}

async fn online(mut object: Object, cluster: &Cluster) -> Result<Wish> {
    let namespace = cluster.namespace_for(object.metadata().namespace.as_deref())?;
    object.metadata_mut().namespace = Some(namespace.clone());
    let mut records = cluster.records(Some(&namespace)).await?;
    match stored(cluster, &object).await {
        Ok(stored) => object = stored,
        Err(error) if exit::api_code(&error) == Some(403) => {
            let why = exit::message(&error);
            records.notes.push(format!(
                "the API server would refuse it from you ({why}): only local rules were checked"
            ));
        }
        Err(error) => return Err(error).context("the API server would refuse the manifest"),
    }
    Ok(Wish { object, records })
}

/// The object that a manifest holds: a Quarantine, unless it says that it is a TrafficPolicy.
fn parsed(text: &str, source: &str) -> Result<Object> {
    let is_policy = |document: &serde_json::Value| document["kind"] == "TrafficPolicy";
    match manifest::several(text, source)?.first().is_some_and(is_policy) {
        true => Ok(manifest::parse::<TrafficPolicy>(text, source)?.into()),
        false => Ok(manifest::parse::<Quarantine>(text, source)?.into()),
    }
}

async fn stored(cluster: &Cluster, object: &Object) -> Result<Object> {
    Ok(match object {
        Object::Quarantine(object) => cluster.dry_run(&**object).await?.into(),
        Object::TrafficPolicy(object) => cluster.dry_run(&**object).await?.into(),
    })
}

/// The run that would be recorded: approvals are asked of it, and it is forgotten.
fn imagined(world: &World, plan: core_plan::Plan) -> Run {
    let requested_by = world.subject.requested_by.clone();
    Run {
        reference: Default::default(),
        spec: ResponsePlanSpec {
            owner: world.subject.owner.clone(),
            owner_generation: world.subject.generation,
            run: 1,
            action: plan.action,
            digest: plan.digest(),
            requested_by,
            asked: Default::default(),
            payload: serde_json::Value::Null,
        },
        plan,
        status: ResponsePlanStatus::default(),
    }
}

fn stopped(setting: &Setting, blocked: &Blocked) -> Result<()> {
    let reason = blocked.reason.as_str();
    if setting.output.is_some() {
        setting.answer(
            || json!({"blocked": {"reason": reason, "message": blocked.message, "passes": blocked.passes()}}),
            |_| String::new(),
        )?;
    }
    Err(refused(format!("blocked ({reason}): {}", blocked.message)))
}

async fn recorded(setting: &Setting, kind: Respondent, name: &str) -> Result<()> {
    let cluster = Cluster::connect(&setting.connection).await?;
    let object = cluster.respondent(kind, name).await?;
    let records = cluster.records(Some(&cluster.namespace)).await?;
    let spoken = spoken(&object.subject().owner);
    let run = current_run(&records, object.uid(), &spoken, &cluster.namespace)?;
    let (now, world) = (Timestamp::now(), records.world(&object, Timestamp::now()));
    let standing = Standing::of(&world, &run, now);
    let reader = cluster.reader(&cluster.namespace, &next::roles(&standing)).await;
    let mut view = plan_view(&object, &run, &standing, &reader);
    view.warnings = over(&run);
    view.warnings.extend(warnings(&world, &run, &records.notes, now));
    setting.answer(|| view.json(), |paint| view.text(paint))
}

/// What must be known of a run that will not be carried out any more.
fn over(run: &Run) -> Vec<String> {
    let outcome = run.status.outcome.filter(|_| !run.is_open());
    let message = run.status.message.clone().unwrap_or_default();
    outcome
        .map(|outcome| format!("this run is over ({outcome:?}): {message}"))
        .into_iter()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures;

    fn told(reason: Reason, message: &str) -> String {
        let world = fixtures::records().world(&fixtures::quarantine(), fixtures::now());
        with_remedy(Blocked::new(reason, message), &world).message
    }

    #[test]
    fn who_is_shut_out_of_aws_hears_what_to_do_about_it() {
        let denied = Blocked::new(Reason::AccessDenied, "sts:AssumeRole: AccessDenied: no");
        assert!(is_shut_out(&denied) && !is_shut_out(&Blocked::new(Reason::AccessDenied, "iam:GetRole: no")));
        for reason in [Reason::AccessDenied, Reason::Unreachable, Reason::WrongAccount] {
            let told = told(reason, "no");
            assert!(
                told.contains("account 123456789012, for example with AWS_PROFILE=NAME"),
                "{told}"
            );
        }
        assert_eq!(told(Reason::TargetNotFound, "no such role"), "no such role");
    }
}

//! `doctor`: whether everything is in place for a response. Changes nothing.

use super::Setting;
use crate::{
    cloud,
    cluster::Cluster,
    doctor::{self, Finding, Outcome},
    exit::{self, Diagnosis, UNSEEN, UNWELL},
    render,
};
use anyhow::Result;
use clap::Args;
use firebreak_core::installation::{DEFAULT_NAMESPACE, DEFAULT_SERVICE_ACCOUNT, Identity};
use firebreak_crds::text;
use serde_json::json;

/// What `doctor` is told.
#[derive(Args, Debug)]
pub struct Doctor {
    /// The operator's namespace
    #[arg(long, value_name = "NAME", default_value = DEFAULT_NAMESPACE)]
    pub operator_namespace: String,
    /// The operator's service account
    #[arg(long, value_name = "NAME", default_value = DEFAULT_SERVICE_ACCOUNT)]
    pub service_account: String,
    /// The 12-digit AWS account of the operator's role; default: that of the role in the service account's annotation
    #[arg(long, value_name = "ID", value_parser = account_id)]
    pub operator_account: Option<String>,
    /// Leave AWS out: no call is made, and no line says anything about it
    #[arg(long)]
    pub no_aws: bool,
    /// Let the environment redirect AWS endpoints (AWS_ENDPOINT_URL and the like): for tests
    #[arg(long)]
    pub allow_endpoint_overrides: bool,
}

impl Doctor {
    /// Looks, tells, and ends as it found things.
    ///
    /// # Errors
    /// [`Diagnosis`] when something is wrong or could not be looked at.
    pub async fn run(self, setting: &Setting) -> Result<()> {
        let cluster = Cluster::connect(&setting.connection).await?;
        let identity = Identity {
            namespace: self.operator_namespace.clone(),
            service_account: self.service_account.clone(),
            machine_users: Vec::new(),
        };
        let mut seen = doctor::survey(&cluster, identity).await?;
        seen.operator_account = self.operator_account;
        if !self.no_aws {
            let accounts = seen.accounts.as_deref().unwrap_or_default();
            seen.aws = Some(match cloud::aws(self.allow_endpoint_overrides).await {
                Ok(aws) => Box::pin(doctor::survey_aws(&aws, accounts)).await,
                Err(error) => doctor::refused(exit::message(&error)),
            });
        }
        let findings = doctor::examine(&seen);
        setting.answer(|| json!(findings), |paint| render::doctor::text(&findings, paint))?;
        diagnosis(&findings)
    }
}

fn account_id(text: &str) -> Result<String, String> {
    match text.len() == 12 && text.chars().all(|c| c.is_ascii_digit()) {
        true => Ok(text.to_owned()),
        false => Err("an account id has 12 digits".into()),
    }
}

fn diagnosis(findings: &[Finding]) -> Result<()> {
    let count = |outcome| findings.iter().filter(|finding| finding.outcome == outcome).count();
    let said = |code, what: String| Err(Diagnosis(code, what).into());
    match (count(Outcome::Failure), count(Outcome::Unknown)) {
        (0, 0) => Ok(()),
        (0, unknown) => said(
            UNSEEN,
            format!(
                "{} could not be made; see the fix under each",
                text::counted(unknown, "check")
            ),
        ),
        (failures, _) => said(
            UNWELL,
            format!("{} failed; see the fix under each", text::counted(failures, "check")),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(outcomes: &[Outcome]) -> u8 {
        let finding = |outcome: &Outcome| Finding {
            check: "check",
            outcome: *outcome,
            message: String::new(),
            fix: None,
        };
        let findings: Vec<Finding> = outcomes.iter().map(finding).collect();
        diagnosis(&findings).map_or_else(|error| exit::code(&error), |()| 0)
    }

    #[test]
    fn it_ends_as_it_found_things() {
        use Outcome::{Failure, Ok, Unknown, Warning};
        for (outcomes, code) in [
            (vec![Ok, Warning], 0),
            (vec![Ok, Unknown], 5),
            (vec![Unknown, Failure], 4),
            (vec![Warning, Failure], 4),
        ] {
            assert_eq!(ends(&outcomes), code, "{outcomes:?}");
        }
    }
}

//! IAM's policy simulator: what a role's policies allow, without trying it. It knows the identity's own policies, its
//! permissions boundary and the organization's; it does not know the policies of resources (IAM API reference,
//! SimulatePrincipalPolicy).

use crate::caller::{Caller, pages};
use aws_sdk_iam::types::{ContextEntry, ContextKeyTypeEnum, EvaluationResult, PolicyEvaluationDecisionType};
use firebreak_core::{
    aws::{access::Service, failure::Failure},
    simulation::{Decision, Trial, Verdict},
};

const SIMULATE: &str = "iam:SimulatePrincipalPolicy";

/// What the simulator says of each of the trial's actions for the role.
pub(crate) async fn simulate(caller: &Caller<'_>, role_arn: &str, trial: &Trial) -> Result<Vec<Verdict>, Failure> {
    let results = pages(SIMULATE, |marker| async move {
        let client = caller.session.iam();
        let request = client
            .simulate_principal_policy()
            .policy_source_arn(role_arn)
            .set_action_names(Some(trial.actions.clone()))
            .resource_arns(&trial.resource)
            .set_context_entries(context(trial))
            .set_marker(marker)
            .send();
        let page = caller.read(Service::Iam, SIMULATE, request).await?;
        Ok((page.evaluation_results, page.marker))
    });
    let results = results.await?;
    Ok(results
        .into_iter()
        .map(|result| verdict(result, &trial.resource))
        .collect())
}

fn context(trial: &Trial) -> Option<Vec<ContextEntry>> {
    let entry = |(key, value): &(String, String)| {
        ContextEntry::builder()
            .context_key_name(key)
            .context_key_values(value)
            .context_key_type(ContextKeyTypeEnum::String)
            .build()
    };
    (!trial.context.is_empty()).then(|| trial.context.iter().map(entry).collect())
}

fn verdict(result: EvaluationResult, resource: &str) -> Verdict {
    let missing = result.missing_context_values.unwrap_or_default();
    let decision = match result.eval_decision {
        PolicyEvaluationDecisionType::Allowed => Decision::Allowed,
        PolicyEvaluationDecisionType::ExplicitDeny => Decision::Forbidden,
        _ if missing.is_empty() => Decision::NotAllowed,
        _ => Decision::Depends(missing),
    };
    Verdict {
        action: result.eval_action_name,
        resource: resource.to_owned(),
        decision,
    }
}

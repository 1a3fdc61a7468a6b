//! `lambdaFunction`: provisioned concurrency removed, event sources off and concurrency 0, as one section; then no URL is open
//! to everybody. In this order, because AWS refuses concurrency 0 while concurrency is provisioned, and a queue whose
//! function is throttled counts each attempt against its messages. Environment variables are never read: they may hold secrets.

mod notes;
#[cfg(test)]
mod tests;

use super::sessions;
use crate::{
    aws::{
        Cell, Query,
        lambda::{EVERY_URL, EventSource, Function, LambdaCell, LambdaRead, SIGNED},
    },
    blocked::{Blocked, Stop},
    facts::SiteFacts,
    respond::{
        Design, Draft, Named, Proof,
        quarantine::{Context, Target},
    },
    run::step::{Dependent, Touched},
};
use firebreak_crds::{LambdaFunctionTarget, Reason, Reopens, Target as TargetSpec};
use serde_json::{Value, json};

const SECTION: &str = "freeze";
/// Seconds after which the first re-read comes; the second comes when the longest invocation has ended.
const FIRST_REREAD: u32 = 15;

/// An AWS Lambda function.
pub struct LambdaFunction;

impl Target for LambdaFunction {
    fn kind(&self) -> &'static str {
        "lambdaFunction"
    }

    fn named_by(&self, target: &TargetSpec) -> bool {
        target.lambda_function.is_some()
    }

    fn title(&self, target: &TargetSpec) -> String {
        target
            .lambda_function
            .as_ref()
            .map(|spec| format!("Lambda function {} (Freeze)", spec.function_name))
            .unwrap_or_default()
    }

    fn named(&self, context: &Context<'_>) -> Option<Named> {
        let spec = context.target.lambda_function.as_ref()?;
        Some(context.regional("lambda", &format!("function:{}", spec.function_name)))
    }

    fn design(&self, context: &Context<'_>, facts: &SiteFacts<'_>) -> Result<Design, Stop> {
        let spec = spec(context)?;
        facts.ask([function_query(spec), sources_query(spec)])?;
        let function = function(context, spec, facts)?;
        let sources: Vec<EventSource> = facts.need(sources_query(spec))?.unwrap_or_default();
        let revocations = notes::roles(&function).flat_map(|role| sessions::revocations(context, role));
        facts.ask(revocations.map(Query::Cell))?;
        Ok(Design {
            arn: function.arn.clone(),
            drafts: drafts(spec, &function),
            touches: vec![Touched {
                arn: function.arn.clone(),
                tags: function.tags.clone(),
            }],
            dependents: dependents(&sources),
            notes: notes::of(context, &function, facts)?,
            ..Design::default()
        })
    }

    /// A mapping that is still being disabled polls on, and one that is being updated may come back enabled.
    fn proof(&self, context: &Context<'_>, facts: &SiteFacts<'_>) -> Result<Proof, Stop> {
        let sources: Vec<EventSource> = facts.need(sources_query(spec(context)?))?.unwrap_or_default();
        let moving: Vec<String> = sources
            .iter()
            .filter(|source| source.is_moving())
            .map(|source| format!("{} ({})", source.uuid, source.state))
            .collect();
        Ok(Proof {
            waiting_for: (!moving.is_empty()).then(|| format!("event source mapping {}", moving.join(", "))),
            ..Proof::default()
        })
    }
}

fn spec<'a>(context: &'a Context<'_>) -> Result<&'a LambdaFunctionTarget, Stop> {
    let unset = || Blocked::new(Reason::InvalidTarget, "spec.target.lambdaFunction is not set").into();
    context.target.lambda_function.as_ref().ok_or_else(unset)
}

fn function_query(spec: &LambdaFunctionTarget) -> Query {
    Query::Lambda(LambdaRead::Function {
        function: spec.function_name.clone(),
    })
}

fn sources_query(spec: &LambdaFunctionTarget) -> Query {
    Query::Lambda(LambdaRead::EventSourcesOfFunction {
        function: spec.function_name.clone(),
    })
}

/// A function on a capacity provider is scaled by that, and not by reserved concurrency (Lambda API reference,
/// PutFunctionScalingConfig).
fn function(context: &Context<'_>, spec: &LambdaFunctionTarget, facts: &SiteFacts<'_>) -> Result<Function, Stop> {
    let (name, region) = (&spec.function_name, context.region);
    let function: Function = facts.need(function_query(spec))?.ok_or_else(|| {
        let message = format!("spec.target.lambdaFunction.functionName: there is no function {name} in {region}");
        Blocked::new(Reason::TargetNotFound, message)
    })?;
    if function.capacity_provider {
        let message = format!(
            "spec.target.lambdaFunction.functionName: {name} runs on a capacity provider, which reserved concurrency does not throttle: set its scaling configuration to 0, and quarantine its role with iamRole"
        );
        return Err(Blocked::new(Reason::InvalidTarget, message).into());
    }
    Ok(function)
}

fn drafts(spec: &LambdaFunctionTarget, of: &Function) -> Vec<Draft> {
    let name = || spec.function_name.clone();
    let freeze = [
        draft(
            "remove-provisioned",
            Cell::Lambda(LambdaCell::FunctionProvisionedConcurrency { function: name() }),
            json!({}),
        ),
        draft(
            "disable-event-sources",
            Cell::Lambda(LambdaCell::FunctionEventSources { function: name() }),
            json!({"enabled": []}),
        ),
        Draft {
            settling: vec![FIRST_REREAD.min(of.timeout_seconds), of.timeout_seconds],
            ..draft(
                "throttle",
                Cell::Lambda(LambdaCell::FunctionConcurrency { function: name() }),
                json!(0),
            )
        },
    ];
    let urls = Draft {
        reopens: Some(Reopens::FunctionUrl),
        ..Draft::new(
            "close-urls",
            Cell::Lambda(LambdaCell::FunctionUrls { function: name() }),
            json!({EVERY_URL: SIGNED}),
        )
    };
    freeze.into_iter().chain([urls]).collect()
}

fn draft(id: &str, cell: Cell, after: Value) -> Draft {
    Draft {
        section: Some(SECTION),
        ..Draft::new(id, cell, after)
    }
}

/// What no longer is worked on. Who else invokes the function is known to nobody.
fn dependents(sources: &[EventSource]) -> Vec<Dependent> {
    let on = sources.iter().filter(|source| source.state != "Disabled");
    let mut found: Vec<Dependent> = on
        .map(|source| Dependent {
            kind: match &source.qualifier {
                Some(qualifier) => format!("event source of {qualifier}"),
                None => "event source".into(),
            },
            name: source.source.clone(),
        })
        .collect();
    found.sort();
    found
}

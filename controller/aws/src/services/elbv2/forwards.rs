//! Listeners and rules, and the weights of the target groups to which they forward. AWS takes the actions of one only as a whole, so
//! all of them are read just before and sent back as they were, but for the weights. It has no condition for that: a change of another
//! one in between is overwritten.

use crate::{
    caller::{Caller, receipt},
    error::failure,
};
use aws_sdk_elasticloadbalancingv2::types::{Action, ActionTypeEnum, TargetGroupTuple};
use firebreak_core::aws::{
    access::Service,
    failure::{Failure, FailureClass, Receipt},
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const LISTENERS: &str = "elasticloadbalancing:DescribeListeners";
const RULES: &str = "elasticloadbalancing:DescribeRules";
const MODIFY_LISTENER: &str = "elasticloadbalancing:ModifyListener";
const MODIFY_RULE: &str = "elasticloadbalancing:ModifyRule";

/// The weights of these target groups; null where no forward action has all of them.
pub(crate) async fn weights(caller: &Caller<'_>, forwards: &str, groups: &[String]) -> Result<Value, Failure> {
    let actions = match forwards.contains(":listener-rule/") {
        true => rule(caller, forwards).await?,
        false => listener(caller, forwards).await?,
    };
    let all: BTreeMap<&str, i32> = tuples(&actions, groups)
        .iter()
        .filter_map(|tuple| Some((tuple.target_group_arn.as_deref()?, tuple.weight?)))
        .collect();
    let wanted = groups.iter().map(|group| Some((group, *all.get(group.as_str())?)));
    Ok(json!(wanted.collect::<Option<BTreeMap<_, _>>>()))
}

/// Sets weights in the default action of a listener.
pub(crate) async fn modify_listener(
    writer: &Caller<'_>,
    reader: &Caller<'_>,
    arn: &str,
    weights: &BTreeMap<String, i32>,
) -> Result<Receipt, Failure> {
    let actions = weighed(listener(reader, arn).await?, weights, MODIFY_LISTENER)?;
    let client = writer.session.elbv2();
    let request = client
        .modify_listener()
        .listener_arn(arn)
        .set_default_actions(Some(actions));
    Ok(receipt(
        &writer.write(Service::Elbv2, MODIFY_LISTENER, request.send()).await?,
    ))
}

/// Sets weights in the action of a rule.
pub(crate) async fn modify_rule(
    writer: &Caller<'_>,
    reader: &Caller<'_>,
    arn: &str,
    weights: &BTreeMap<String, i32>,
) -> Result<Receipt, Failure> {
    let actions = weighed(rule(reader, arn).await?, weights, MODIFY_RULE)?;
    let client = writer.session.elbv2();
    let request = client.modify_rule().rule_arn(arn).set_actions(Some(actions));
    Ok(receipt(
        &writer.write(Service::Elbv2, MODIFY_RULE, request.send()).await?,
    ))
}

/// The actions of a listener's default rule.
async fn listener(caller: &Caller<'_>, arn: &str) -> Result<Vec<Action>, Failure> {
    let client = caller.session.elbv2();
    let request = client.describe_listeners().listener_arns(arn).send();
    let found = caller.read(Service::Elbv2, LISTENERS, request).await?.listeners;
    let one = found
        .into_iter()
        .flatten()
        .find(|one| one.listener_arn.as_deref() == Some(arn));
    let one = one.ok_or_else(|| {
        failure(
            FailureClass::Gone,
            LISTENERS,
            "ListenerNotFound",
            format!("there is no {arn}"),
        )
    })?;
    Ok(one.default_actions.unwrap_or_default())
}

/// The actions of a rule; none of a default rule, which AWS lets nobody change but through its listener.
async fn rule(caller: &Caller<'_>, arn: &str) -> Result<Vec<Action>, Failure> {
    let client = caller.session.elbv2();
    let request = client.describe_rules().rule_arns(arn).send();
    let found = caller.read(Service::Elbv2, RULES, request).await?.rules;
    let one = found
        .into_iter()
        .flatten()
        .find(|one| one.rule_arn.as_deref() == Some(arn));
    let one = one.ok_or_else(|| failure(FailureClass::Gone, RULES, "RuleNotFound", format!("there is no {arn}")))?;
    Ok(match one.is_default {
        Some(true) => Vec::new(),
        Some(false) | None => one.actions.unwrap_or_default(),
    })
}

/// The target groups of the forward action that has all of these.
fn tuples<'a>(actions: &'a [Action], groups: &[String]) -> &'a [TargetGroupTuple] {
    let found = actions.iter().find(|action| has_all(action, groups));
    found
        .and_then(|action| action.forward_config.as_ref())
        .map_or(&[], |config| config.target_groups())
}

fn has_all(action: &Action, groups: &[String]) -> bool {
    let tuples = action
        .forward_config
        .as_ref()
        .map_or(&[][..], |config| config.target_groups());
    let has = |group: &String| {
        tuples
            .iter()
            .any(|tuple| tuple.target_group_arn.as_ref() == Some(group))
    };
    action.r#type == Some(ActionTypeEnum::Forward) && groups.iter().all(has)
}

/// The same actions with these weights. What this version does not know could not be sent back as it was.
fn weighed(mut actions: Vec<Action>, weights: &BTreeMap<String, i32>, call: &str) -> Result<Vec<Action>, Failure> {
    if let Some(other) = actions.iter().find_map(unknown) {
        let why = format!("not called: it has an action of type {other}, which Firebreak does not know");
        return Err(failure(FailureClass::Invalid, call, "UnknownAction", why));
    }
    let groups: Vec<String> = weights.keys().cloned().collect();
    actions.iter_mut().for_each(keep_secret);
    let Some(action) = actions.iter_mut().find(|action| has_all(action, &groups)) else {
        let why = format!("not called: no forward action has {}", groups.join(" and "));
        return Err(failure(FailureClass::Invalid, call, "NoForwardAction", why));
    };
    // Beside several groups AWS takes no single one (API reference, Action).
    action.target_group_arn = None;
    let tuples = action
        .forward_config
        .as_mut()
        .and_then(|config| config.target_groups.as_mut());
    for tuple in tuples.into_iter().flatten() {
        let weight = tuple.target_group_arn.as_ref().and_then(|group| weights.get(group));
        tuple.weight = weight.copied().or(tuple.weight);
    }
    Ok(actions)
}

fn unknown(action: &Action) -> Option<&str> {
    let known = ActionTypeEnum::values();
    let kind = action.r#type.as_ref()?.as_str();
    (!known.contains(&kind)).then_some(kind)
}

/// AWS never tells a client's secret: without this word it would have to be sent again (API reference, AuthenticateOidcActionConfig).
fn keep_secret(action: &mut Action) {
    if let Some(oidc) = &mut action.authenticate_oidc_config {
        oidc.use_existing_client_secret = Some(true);
    }
}

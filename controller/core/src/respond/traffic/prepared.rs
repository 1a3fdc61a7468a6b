//! The rules that were prepared in a web ACL, and what stands before them.

use crate::{
    aws::wafv2::{IpSetId, IpVersion, RuleAction, WebAcl, prepared_name},
    blocked::Blocked,
    respond::Scope,
};
use firebreak_crds::{Reason, TrafficPolicySpec};

/// A rule that blocks what is in a set that was prepared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Prepared {
    /// The set.
    pub(super) ip_set: IpSetId,
    /// The rule before it that may let a request in, so that ours is never asked.
    pub(super) undercut_by: Option<String>,
}

impl Prepared {
    /// What was prepared for a family of addresses.
    pub(super) fn find(
        acl: &WebAcl,
        version: IpVersion,
        spec: &TrafficPolicySpec,
        scope: &Scope<'_>,
    ) -> Result<Self, Blocked> {
        let name = prepared_name(version, &spec.web_acl.id);
        let ours = |arn: &String| own_set(arn, spec, scope).filter(|set| set.name == name);
        let asks = |rule: &crate::aws::wafv2::Rule| rule.ip_set.as_ref().and_then(ours);
        let found = acl
            .rules
            .iter()
            .enumerate()
            .filter_map(|(at, rule)| Some((at, rule, asks(rule)?)));
        let all: Vec<_> = found.collect();
        let blocking = all.iter().find(|(_, rule, _)| rule.action == RuleAction::Block);
        let Some((at, _, ip_set)) = blocking else {
            return Err(missing(spec, &name, all.first().map(|(_, rule, _)| rule.name.as_str())));
        };
        let before = acl.rules.iter().take(*at).find(|rule| rule.action.may_let_in());
        Ok(Self {
            ip_set: ip_set.clone(),
            undercut_by: before.map(|rule| rule.name.clone()),
        })
    }

    /// That a rule before ours may let requests in, for people.
    pub(super) fn undercut(&self, spec: &TrafficPolicySpec) -> Option<String> {
        let rule = self.undercut_by.as_ref()?;
        Some(format!(
            "rule {rule} of web ACL {} is asked before the one that blocks what is in {}, and may let a request in: give ours the lower priority",
            spec.web_acl.name, self.ip_set.name
        ))
    }
}

/// The set that an ARN names, where it is one of this account, region and scope.
fn own_set(arn: &str, spec: &TrafficPolicySpec, scope: &Scope<'_>) -> Option<IpSetId> {
    let set = IpSetId::of_arn(arn).filter(|set| set.scope == spec.scope)?;
    (set.arn(scope.partition(), &scope.account.account_id, &spec.region) == arn).then_some(set)
}

fn missing(spec: &TrafficPolicySpec, set: &str, rule: Option<&str>) -> Blocked {
    let acl = &spec.web_acl.name;
    let text = match rule {
        Some(rule) => format!(
            "spec.webAcl: rule {rule} of web ACL {acl} asks IP set {set} and does not block what is in it: set its action to Block"
        ),
        None => format!(
            "spec.webAcl: no rule of web ACL {acl} blocks what is in IP set {set}: prepare it once, with what this prints: {}",
            command(spec)
        ),
    };
    Blocked::new(Reason::NotPrepared, text)
}

/// The command that prints what must be made, as it is typed.
fn command(spec: &TrafficPolicySpec) -> String {
    let scope = match spec.scope {
        firebreak_crds::WafScope::Regional => "",
        firebreak_crds::WafScope::CloudFront => " --scope CLOUDFRONT",
    };
    format!(
        "kubectl firebreak traffic prepare {} --id {} --region {}{scope}",
        spec.web_acl.name, spec.web_acl.id, spec.region
    )
}

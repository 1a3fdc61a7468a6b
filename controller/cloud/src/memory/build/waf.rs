//! Web ACLs that were prepared, and one that was not.

use super::super::world::{IpSet, Region, WebAcl};
use firebreak_core::{
    aws::wafv2::{self, IpSetId, IpVersion, Rule, RuleAction, prepared_name},
    respond::traffic::rule_name,
};
use firebreak_crds::WafScope;

impl Region {
    /// Adds a web ACL that lets in what its rules do not block, and has none of ours.
    #[must_use]
    pub fn with_web_acl(mut self, scope: WafScope, name: &str, id: &str, rules: Vec<Rule>) -> Self {
        let acl = WebAcl {
            id: id.into(),
            scope,
            facts: wafv2::WebAcl { rules },
        };
        self.web_acls.insert(name.into(), acl);
        self
    }

    /// Prepares it: two sets, with what others have put in, and two rules before all others.
    #[must_use]
    pub fn prepared(mut self, name: &str, foreign: &[&str]) -> Self {
        let Some(acl) = self.web_acls.get(name).cloned() else {
            return self;
        };
        let mut rules = Vec::new();
        for (version, sign) in [(IpVersion::Ipv4, '.'), (IpVersion::Ipv6, ':')] {
            let set = IpSetId {
                scope: acl.scope,
                name: prepared_name(version, &acl.id),
                id: format!("{}-of-{name}", version.word()),
            };
            rules.push(Rule {
                name: rule_name(version).into(),
                action: RuleAction::Block,
                ip_set: Some(set.arn("aws", &self.account, &self.name)),
            });
            let addresses = foreign.iter().filter(|one| one.contains(sign));
            let facts = wafv2::IpSet {
                version,
                addresses: addresses.map(|one| (*one).to_owned()).collect(),
            };
            let made = IpSet {
                id: set.id,
                scope: acl.scope,
                facts,
                rivals: Vec::new(),
            };
            self.ip_sets.insert(set.name, made);
        }
        if let Some(acl) = self.web_acls.get_mut(name) {
            acl.facts.rules.splice(0..0, rules);
        }
        self
    }
}

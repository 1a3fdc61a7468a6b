//! What a TrafficPolicy sets: one range after the other, each a step of its own.

use super::prepared::Prepared;
use crate::{
    aws::{
        Cell, Query,
        wafv2::{IpSet, IpVersion, MOST_ADDRESSES, Range, Wafv2Cell, Wafv2Read, WebAcl, has},
    },
    blocked::{Blocked, Stop},
    facts::SiteFacts,
    respond::{Design, Draft, Proof, Scope},
    run::step::Touched,
};
use firebreak_crds::{Reason, TrafficPolicySpec, text};
use serde_json::json;
use std::collections::BTreeMap;

/// The most characters of a reason that stands in a note.
const REASON: usize = 80;

/// What was read, and what is to be blocked.
pub(super) struct Seen<'a> {
    spec: &'a TrafficPolicySpec,
    scope: &'a Scope<'a>,
    ranges: Vec<Range>,
    prepared: BTreeMap<IpVersion, Prepared>,
}

impl<'a> Seen<'a> {
    /// The web ACL, where it is prepared for every family that is asked for.
    pub(super) fn read(spec: &'a TrafficPolicySpec, scope: &'a Scope<'a>, facts: &SiteFacts<'_>) -> Result<Self, Stop> {
        let ranges = spec
            .block
            .iter()
            .filter_map(|one| Range::canonical(&one.cidr))
            .collect::<Vec<_>>();
        let Some(acl) = facts.need::<WebAcl>(query(spec))? else {
            let text = format!(
                "spec.webAcl: there is no web ACL {} with the id {} in {}",
                spec.web_acl.name, spec.web_acl.id, spec.region
            );
            return Err(Blocked::new(Reason::TargetNotFound, text).into());
        };
        let mut prepared = BTreeMap::new();
        for version in ranges.iter().map(version) {
            prepared.insert(version, Prepared::find(&acl, version, spec, scope)?);
        }
        Ok(Self {
            spec,
            scope,
            ranges,
            prepared,
        })
    }

    pub(super) fn design(&self, facts: &SiteFacts<'_>) -> Result<Design, Stop> {
        self.refuse_full(facts)?;
        let arn = web_acl_arn(self.spec, self.scope);
        let touched = |arn: String| Touched {
            arn,
            ..Touched::default()
        };
        Ok(Design {
            drafts: self.drafts(),
            touches: std::iter::once(arn.clone())
                .chain(self.set_arns())
                .map(touched)
                .collect(),
            notes: self.notes(),
            arn,
            ..Design::default()
        })
    }

    /// Nothing is blocked where another rule lets the request in first.
    pub(super) fn proof(&self) -> Proof {
        Proof {
            bypassed: self.prepared.values().find_map(|one| one.undercut(self.spec)),
            ..Proof::default()
        }
    }

    fn drafts(&self) -> Vec<Draft> {
        let settling = self.scope.settings.waf_settling.to_vec();
        let draft = |(range, set): (&Range, &Prepared)| Draft {
            settling: settling.clone(),
            ..Draft::new(step_id(range), cell(range, set), json!(true))
        };
        self.placed().map(draft).collect()
    }

    /// Each range with what was prepared for its family.
    fn placed(&self) -> impl Iterator<Item = (&Range, &Prepared)> {
        let with = |range| Some((range, self.prepared.get(&version(range))?));
        self.ranges.iter().filter_map(with)
    }

    /// AWS WAF would refuse the whole list.
    fn refuse_full(&self, facts: &SiteFacts<'_>) -> Result<(), Stop> {
        let sets = self.prepared.values().map(set_query);
        facts.ask(sets)?;
        for (version, one) in &self.prepared {
            let name = &one.ip_set.name;
            let Some(set) = facts.need::<IpSet>(set_query(one))? else {
                let text = format!("spec.webAcl: IP set {name} does not exist any more: prepare the web ACL again");
                return Err(Blocked::new(Reason::NotPrepared, text).into());
            };
            if set.version != *version {
                let text = format!(
                    "spec.webAcl: IP set {name} takes no {} addresses: make it again",
                    version.word()
                );
                return Err(Blocked::new(Reason::NotPrepared, text).into());
            }
            let missing = self.ranges.iter().filter(|it| self::version(it) == *version);
            let missing = missing.filter(|it| !has(&set.addresses, &it.to_string())).count();
            if missing > 0 && set.addresses.len() + missing > MOST_ADDRESSES {
                let text = format!(
                    "spec.block: IP set {name} has {} ranges, and AWS WAF takes {MOST_ADDRESSES}: release other TrafficPolicies first",
                    set.addresses.len()
                );
                return Err(Blocked::new(Reason::LimitExceeded, text).into());
            }
        }
        Ok(())
    }

    fn set_arns(&self) -> impl Iterator<Item = String> {
        let (partition, id) = (self.scope.partition(), &self.scope.account.account_id);
        let region = &self.spec.region;
        self.prepared
            .values()
            .map(move |one| one.ip_set.arn(partition, id, region))
    }

    fn notes(&self) -> Vec<String> {
        let said = self.spec.block.iter().filter_map(|one| {
            let why = text::bounded(one.reason.as_ref()?, REASON);
            Some(format!("{}: {why}", one.cidr))
        });
        let undercut = self.prepared.values().filter_map(|one| one.undercut(self.spec));
        let sees = "AWS WAF judges a request by the address that reaches it: behind a proxy or CDN that is the proxy's, unless the rule reads a header";
        undercut.chain([sees.to_owned()]).chain(said).collect()
    }
}

pub(super) fn web_acl_arn(spec: &TrafficPolicySpec, scope: &Scope<'_>) -> String {
    let (partition, id) = (scope.partition(), &scope.account.account_id);
    let (word, acl) = (crate::aws::wafv2::scope_word(spec.scope), &spec.web_acl);
    format!(
        "arn:{partition}:wafv2:{}:{id}:{word}/webacl/{}/{}",
        spec.region, acl.name, acl.id
    )
}

fn query(spec: &TrafficPolicySpec) -> Query {
    Query::Wafv2(Wafv2Read::WebAcl {
        scope: spec.scope,
        name: spec.web_acl.name.clone(),
        id: spec.web_acl.id.clone(),
    })
}

fn set_query(of: &Prepared) -> Query {
    let ip_set = of.ip_set.clone();
    Query::Wafv2(Wafv2Read::IpSet { ip_set })
}

fn cell(range: &Range, of: &Prepared) -> Cell {
    Cell::Wafv2(Wafv2Cell::IpSetRange {
        ip_set: of.ip_set.clone(),
        cidr: range.to_string(),
    })
}

fn version(range: &Range) -> IpVersion {
    match range.is_ipv4() {
        true => IpVersion::Ipv4,
        false => IpVersion::Ipv6,
    }
}

/// `block-198-51-100-7-32`: two ranges differ in it, because each sign that is replaced stands at its own place.
fn step_id(range: &Range) -> String {
    let text = range.to_string();
    let letters = text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' });
    std::iter::once("block-".to_owned())
        .chain(letters.map(String::from))
        .collect()
}

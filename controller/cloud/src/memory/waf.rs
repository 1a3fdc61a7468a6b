//! AWS WAF: IP sets are replaced as a whole under a lock token, take only ranges of their family in CIDR notation, and tell IPv6 in
//! full; what stands in front of CloudFront is known in one region only.

use super::{
    reads::found,
    refusal::Refusal,
    world::{IpSet, Region},
};
use core::net::Ipv6Addr;
use firebreak_core::aws::{
    Answer, Meaning,
    failure::FailureClass,
    wafv2::{ATTEMPTS, IpSetId, IpVersion, MOST_ADDRESSES, Range, Wafv2Cell, Wafv2Read, Wafv2Write, changed},
};
use firebreak_crds::WafScope;
use serde_json::Value;

/// The region in which AWS WAF keeps what is in front of CloudFront (WAFV2 API reference, `Scope`).
const FRONT: &str = "us-east-1";

/// Answers a question about AWS WAF.
pub(super) fn answer(region: &Region, read: &Wafv2Read) -> Answer {
    match read {
        Wafv2Read::IpSet { ip_set } => found(set(region, ip_set).map(|set| &set.facts)),
        Wafv2Read::WebAcl { scope, name, id } => {
            let acl = region.web_acls.get(name);
            let acl = acl.filter(|acl| acl.id == *id && acl.scope == *scope && is_served(region, *scope));
            found(acl.map(|acl| &acl.facts))
        }
    }
}

/// Answers what a cell of an IP set holds.
pub(super) fn cell(region: &Region, cell: &Wafv2Cell) -> Option<Value> {
    let Wafv2Cell::IpSetRange { ip_set, .. } = cell;
    let whole = serde_json::to_value(&set(region, ip_set)?.facts).ok()?;
    Some(cell.within_answer(&whole))
}

/// Makes a write of AWS WAF: reads the list and its lock token, and sends the whole list back, which is refused where somebody else has
/// written meanwhile.
pub(super) fn write(region: &mut Region, write: &Wafv2Write) -> Result<(), Refusal> {
    let Wafv2Write::UpdateIpSet { ip_set, add, remove } = write;
    if !is_served(region, ip_set.scope) {
        let message = "The scope is not valid., field: SCOPE_VALUE, parameter: CLOUDFRONT";
        return Err(Refusal::invalid("WAFInvalidParameterException", message));
    }
    for _attempt in 0..ATTEMPTS {
        let set = set_mut(region, ip_set)?;
        let read = set.facts.addresses.clone();
        if let Some(rival) = set.rivals.pop() {
            set.facts.addresses.push(rival);
        }
        if set.facts.addresses == read {
            set.facts.addresses = replaced(set.facts.version, changed(&read, add, remove))?;
            return Ok(());
        }
    }
    let message =
        "AWS WAF couldn't save your changes because someone changed the resource after you started to edit it.";
    Err(Refusal::new(
        FailureClass::Conflict,
        "WAFOptimisticLockException",
        message,
    ))
}

fn is_served(region: &Region, scope: WafScope) -> bool {
    scope == WafScope::Regional || region.name == FRONT
}

fn set<'a>(region: &'a Region, asked: &IpSetId) -> Option<&'a IpSet> {
    let set = region.ip_sets.get(&asked.name);
    set.filter(|set| set.id == asked.id && set.scope == asked.scope && is_served(region, asked.scope))
}

fn set_mut<'a>(region: &'a mut Region, asked: &IpSetId) -> Result<&'a mut IpSet, Refusal> {
    let set = region.ip_sets.get_mut(&asked.name);
    let set = set.filter(|set| set.id == asked.id && set.scope == asked.scope);
    let message = "AWS WAF couldn't perform the operation because your resource doesn't exist.";
    set.ok_or_else(|| Refusal::gone("WAFNonexistentItemException", message))
}

fn replaced(version: IpVersion, addresses: Vec<String>) -> Result<Vec<String>, Refusal> {
    if addresses.len() > MOST_ADDRESSES {
        let message = "AWS WAF couldn't perform the operation because you exceeded your resource limit.";
        return Err(Refusal::limit("WAFLimitsExceededException", message));
    }
    addresses.into_iter().map(|one| told(version, &one)).collect()
}

/// A range as AWS WAF tells it.
fn told(version: IpVersion, text: &str) -> Result<String, Refusal> {
    let range = Range::parse(text).filter(|range| range.bits() > 0 && range.is_ipv4() == (version == IpVersion::Ipv4));
    let message = format!("The parameter contains formatting that is not valid., field: IP_ADDRESS, parameter: {text}");
    let range = range.ok_or_else(|| Refusal::invalid("WAFInvalidParameterException", message))?;
    let written = range.to_string();
    Ok(written
        .split_once('/')
        .map_or(written.clone(), |(address, bits)| match address.parse::<Ipv6Addr>() {
            Ok(address) => format!("{}/{bits}", in_full(address)),
            Err(_) => written.clone(),
        }))
}

fn in_full(address: Ipv6Addr) -> String {
    address.segments().map(|one| format!("{one:04x}")).join(":")
}

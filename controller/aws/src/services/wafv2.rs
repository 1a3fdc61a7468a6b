//! IP sets and web ACLs of AWS WAF. Only IP sets are written.

mod rules;

use crate::{
    caller::{Caller, receipt},
    error::failure,
};
use aws_sdk_wafv2::types::{IpAddressVersion, IpSet as Told, Scope};
use firebreak_core::aws::{
    Answer, Meaning,
    access::Service,
    failure::{Failure, FailureClass, Receipt},
    wafv2::{ATTEMPTS, IpSet, IpSetId, IpVersion, MOST_ADDRESSES, Wafv2Cell, Wafv2Read, Wafv2Write, WebAcl, changed},
};
use firebreak_crds::WafScope;

const SET: &str = "wafv2:GetIPSet";
const UPDATE: &str = "wafv2:UpdateIPSet";
const ACL: &str = "wafv2:GetWebACL";

/// Answers a question about AWS WAF.
pub(crate) async fn read(caller: &Caller<'_>, read: &Wafv2Read) -> Result<Answer, Failure> {
    match read {
        Wafv2Read::IpSet { ip_set } => Ok(Answer::found(&addresses(caller, ip_set).await?)),
        Wafv2Read::WebAcl { scope, name, id } => Ok(Answer::found(&web_acl(caller, *scope, name, id).await?)),
    }
}

/// Answers what a cell of an IP set holds.
pub(crate) async fn read_cell(caller: &Caller<'_>, cell: &Wafv2Cell) -> Result<Answer, Failure> {
    let Wafv2Cell::IpSetRange { ip_set, .. } = cell;
    let Answer::Found(whole) = Answer::found(&addresses(caller, ip_set).await?) else {
        return Err(empty(SET));
    };
    Ok(Answer::Found(cell.within_answer(&whole)))
}

/// Makes a write to an IP set.
pub(crate) async fn make(writer: &Caller<'_>, reader: &Caller<'_>, write: &Wafv2Write) -> Result<Receipt, Failure> {
    let Wafv2Write::UpdateIpSet { ip_set, add, remove } = write;
    let mut refused = None;
    for _attempt in 0..ATTEMPTS {
        match attempt(writer, reader, ip_set, (add, remove)).await {
            Err(conflict) if conflict.class == FailureClass::Conflict => refused = Some(conflict),
            result => return result,
        }
    }
    Err(refused.unwrap_or_else(|| empty(UPDATE)))
}

/// Reads the list and sends it back with only that changed, under the lock token that came with it. The description is sent back too:
/// what is left out is cleared.
async fn attempt(
    writer: &Caller<'_>,
    reader: &Caller<'_>,
    ip_set: &IpSetId,
    (add, remove): (&[String], &[String]),
) -> Result<Receipt, Failure> {
    let (told, token) = get(reader, ip_set).await?;
    let list = changed(&told.addresses, add, remove);
    if list == told.addresses {
        return Ok(Receipt::default());
    }
    if list.len() > MOST_ADDRESSES {
        let message = format!("nothing was written: AWS WAF takes {MOST_ADDRESSES} ranges in an IP set");
        return Err(failure(
            FailureClass::Limit,
            UPDATE,
            "WAFLimitsExceededException",
            message,
        ));
    }
    let request = writer
        .session
        .wafv2()
        .update_ip_set()
        .scope(scope(ip_set.scope))
        .name(&ip_set.name)
        .id(&ip_set.id)
        .set_description(told.description)
        .set_addresses(Some(list))
        .lock_token(token)
        .send();
    let output = writer.write(Service::Wafv2, UPDATE, request).await?;
    Ok(receipt(&output))
}

async fn addresses(caller: &Caller<'_>, ip_set: &IpSetId) -> Result<IpSet, Failure> {
    let (told, _) = get(caller, ip_set).await?;
    let version = match told.ip_address_version {
        IpAddressVersion::Ipv4 => IpVersion::Ipv4,
        IpAddressVersion::Ipv6 => IpVersion::Ipv6,
        other => {
            let message = format!(
                "IP set {} has addresses of {other}, which this version does not know",
                ip_set.name
            );
            return Err(failure(FailureClass::Transient, SET, "UnreadableDocument", message));
        }
    };
    Ok(IpSet {
        version,
        addresses: told.addresses,
    })
}

/// A set with its lock token.
async fn get(caller: &Caller<'_>, ip_set: &IpSetId) -> Result<(Told, String), Failure> {
    let request = caller
        .session
        .wafv2()
        .get_ip_set()
        .scope(scope(ip_set.scope))
        .name(&ip_set.name)
        .id(&ip_set.id)
        .send();
    let output = caller.read(Service::Wafv2, SET, request).await?;
    output.ip_set.zip(output.lock_token).ok_or_else(|| empty(SET))
}

async fn web_acl(caller: &Caller<'_>, of: WafScope, name: &str, id: &str) -> Result<WebAcl, Failure> {
    let request = caller
        .session
        .wafv2()
        .get_web_acl()
        .scope(scope(of))
        .name(name)
        .id(id)
        .send();
    let output = caller.read(Service::Wafv2, ACL, request).await?;
    let acl = output.web_acl.ok_or_else(|| empty(ACL))?;
    Ok(WebAcl {
        rules: rules::in_order(acl),
    })
}

fn scope(of: WafScope) -> Scope {
    match of {
        WafScope::Regional => Scope::Regional,
        WafScope::CloudFront => Scope::Cloudfront,
    }
}

fn empty(call: &str) -> Failure {
    failure(FailureClass::Transient, call, "EmptyAnswer", "AWS WAF answered nothing")
}

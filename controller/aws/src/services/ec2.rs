//! Security groups, their rules, and what uses them; instances and what belongs to them have files of their own.

pub(crate) mod instances;
pub(crate) mod interfaces;
pub(crate) mod profiles;
pub(crate) mod references;
pub(crate) mod requests;
pub(crate) mod snapshots;
pub(crate) mod surveys;

use self::references::{about_its_group, names_something_missing};
use crate::{
    caller::{Caller, pages, receipt},
    error::failure,
};
use aws_sdk_ec2::types::{
    Filter, IpPermission, IpRange, Ipv6Range, PrefixListId, ResourceType, SecurityGroupRule as SdkRule, Tag,
    TagSpecification, UserIdGroupPair,
};
use firebreak_core::aws::{
    access::Service,
    ec2::{IdentifiedRule, SecurityGroup, SecurityGroupRule, SecurityGroupUser},
    failure::{Failure, FailureClass, Receipt},
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const GROUPS: &str = "ec2:DescribeSecurityGroups";
const INTERFACES: &str = "ec2:DescribeNetworkInterfaces";
const RULES: &str = "ec2:DescribeSecurityGroupRules";
/// What a revocation is told of a rule that somebody else has revoked meanwhile, by what it lets through or by its id.
const RULE_IS_GONE: [&str; 2] = ["InvalidPermission.NotFound", "InvalidSecurityGroupRuleId.NotFound"];

/// A security group with the number of its rules.
pub(crate) async fn security_group(caller: &Caller<'_>, group_id: &str) -> Result<SecurityGroup, Failure> {
    let group = group(caller, group_id).await?;
    let rules = sdk_rules(caller, group_id).await?.len();
    Ok(SecurityGroup {
        vpc_id: group.vpc_id.unwrap_or_default(),
        name: group.group_name.unwrap_or_default(),
        owner: group.owner_id.unwrap_or_default(),
        rules: u32::try_from(rules).unwrap_or(u32::MAX),
        tags: tags(group.tags),
    })
}

/// What has the group on a network interface; nothing when there is no such group.
pub(crate) async fn security_group_users(
    caller: &Caller<'_>,
    group_id: &str,
) -> Result<Vec<SecurityGroupUser>, Failure> {
    let all = pages(INTERFACES, |token| async move {
        let client = caller.session.ec2();
        let request = client
            .describe_network_interfaces()
            .filters(by_group(group_id))
            .set_next_token(token)
            .send();
        let page = caller.read(Service::Ec2, INTERFACES, request).await?;
        Ok((page.network_interfaces, page.next_token))
    });
    let user = |interface: aws_sdk_ec2::types::NetworkInterface| SecurityGroupUser {
        network_interface: interface.network_interface_id.unwrap_or_default(),
        description: interface.description.unwrap_or_default(),
        instance: interface.attachment.and_then(|attachment| attachment.instance_id),
        interface_type: interface
            .interface_type
            .map(|kind| kind.as_str().to_owned())
            .unwrap_or_default(),
    };
    Ok(all.await?.into_iter().map(user).collect())
}

/// All rules of a group, both ways.
pub(crate) async fn rules(caller: &Caller<'_>, group_id: &str) -> Result<Value, Failure> {
    group(caller, group_id).await?;
    let (egress, ingress): (Vec<_>, Vec<_>) = sdk_rules(caller, group_id).await?.into_iter().partition(is_egress);
    Ok(json!({"ingress": facts(ingress, caller.account), "egress": facts(egress, caller.account)}))
}

/// All rules of a group with their ids, both ways.
pub(crate) async fn identified_rules(caller: &Caller<'_>, group_id: &str) -> Result<Vec<IdentifiedRule>, Failure> {
    group(caller, group_id).await?;
    let rules = sdk_rules(caller, group_id).await?;
    let identified = |rule: &SdkRule| IdentifiedRule {
        id: rule.security_group_rule_id.clone().unwrap_or_default(),
        egress: is_egress(rule),
        rule: fact(rule, caller.account),
    };
    Ok(rules.iter().map(identified).collect())
}

/// Adds rules that are not there yet. AWS refuses a whole call for one rule that is there, and gives all rules of a call
/// the same tags: so each set of tags has a call of its own. One that names a group that is gone stands in no other's way.
pub(crate) async fn authorize(
    caller: &Caller<'_>,
    reader: &Caller<'_>,
    group_id: &str,
    egress: bool,
    rules: &[SecurityGroupRule],
) -> Result<Receipt, Failure> {
    let there = facts(one_way(reader, group_id, egress).await?, caller.account);
    let mut by_tags: BTreeMap<_, Vec<&SecurityGroupRule>> = BTreeMap::new();
    for rule in rules.iter().filter(|rule| !there.contains(rule)) {
        by_tags.entry(&rule.tags).or_default().push(rule);
    }
    let mut last = Ok(Receipt::default());
    for rules in by_tags.into_values() {
        match authorize_alike(caller, group_id, egress, &rules).await {
            Err(failure) if is_of_a_peer(&failure, group_id) => last = Err(failure),
            Err(failure) => return Err(failure),
            Ok(receipt) => last = last.map(|_| receipt),
        }
    }
    last
}

/// Adds rules with the same tags in one call; one by one when somebody else adds some of them at the same time, or when one of
/// them names a group that is gone, for which AWS refuses them all.
async fn authorize_alike(
    caller: &Caller<'_>,
    group_id: &str,
    egress: bool,
    rules: &[&SecurityGroupRule],
) -> Result<Receipt, Failure> {
    match authorize_once(caller, group_id, egress, rules).await {
        Err(failure) if is_there(&failure) => {}
        Err(failure) if is_of_a_peer(&failure, group_id) && rules.len() > 1 => {}
        Err(failure) if is_of_a_peer(&failure, group_id) => return Err(about_its_group(failure)),
        result => return result,
    }
    let mut last = Ok(Receipt::default());
    for rule in rules.iter().filter(|_| rules.len() > 1) {
        match authorize_once(caller, group_id, egress, &[rule]).await {
            Err(failure) if is_there(&failure) => {}
            Err(failure) if is_of_a_peer(&failure, group_id) => last = Err(about_its_group(failure)),
            Err(failure) => return Err(failure),
            Ok(receipt) => last = last.map(|_| receipt),
        }
    }
    last
}

fn is_there(failure: &Failure) -> bool {
    failure.code == "InvalidPermission.Duplicate"
}

/// AWS names the group that it does not find: the one that is changed, or one that a rule names.
fn is_of_a_peer(failure: &Failure, group_id: &str) -> bool {
    names_something_missing(failure) && !failure.message.contains(group_id)
}

fn group_not_found(failure: &Failure) -> bool {
    failure.code == "InvalidGroup.NotFound" || failure.code == "InvalidGroupId.NotFound"
}

async fn authorize_once(
    caller: &Caller<'_>,
    group_id: &str,
    egress: bool,
    rules: &[&SecurityGroupRule],
) -> Result<Receipt, Failure> {
    let client = caller.session.ec2();
    let permissions = Some(rules.iter().map(|rule| permission(rule)).collect());
    let tags = rules
        .first()
        .and_then(|rule| tag_specification(&rule.tags))
        .map(|tags| vec![tags]);
    if egress {
        let request = client.authorize_security_group_egress().group_id(group_id);
        let request = request
            .set_ip_permissions(permissions)
            .set_tag_specifications(tags)
            .send();
        Ok(receipt(
            &caller
                .write(Service::Ec2, "ec2:AuthorizeSecurityGroupEgress", request)
                .await?,
        ))
    } else {
        let request = client.authorize_security_group_ingress().group_id(group_id);
        let request = request
            .set_ip_permissions(permissions)
            .set_tag_specifications(tags)
            .send();
        Ok(receipt(
            &caller
                .write(Service::Ec2, "ec2:AuthorizeSecurityGroupIngress", request)
                .await?,
        ))
    }
}

/// Takes rules away by their ids, which hit exactly those; rules that are gone are done already.
pub(crate) async fn revoke(
    caller: &Caller<'_>,
    reader: &Caller<'_>,
    group_id: &str,
    egress: bool,
    rules: &[SecurityGroupRule],
) -> Result<Receipt, Failure> {
    let there = one_way(reader, group_id, egress).await?;
    let meant = there
        .into_iter()
        .filter(|rule| rules.contains(&fact(rule, caller.account)));
    let ids: Vec<String> = meant.filter_map(|rule| rule.security_group_rule_id).collect();
    if ids.is_empty() {
        return Ok(Receipt::default());
    }
    match revoke_ids(caller, group_id, egress, ids).await {
        Err(failure) if RULE_IS_GONE.contains(&failure.code.as_str()) => Ok(Receipt::default()),
        result => result,
    }
}

async fn revoke_ids(caller: &Caller<'_>, group_id: &str, egress: bool, ids: Vec<String>) -> Result<Receipt, Failure> {
    let client = caller.session.ec2();
    if egress {
        let request = client.revoke_security_group_egress().group_id(group_id);
        let request = request.set_security_group_rule_ids(Some(ids)).send();
        Ok(receipt(
            &caller
                .write(Service::Ec2, "ec2:RevokeSecurityGroupEgress", request)
                .await?,
        ))
    } else {
        let request = client.revoke_security_group_ingress().group_id(group_id);
        let request = request.set_security_group_rule_ids(Some(ids)).send();
        Ok(receipt(
            &caller
                .write(Service::Ec2, "ec2:RevokeSecurityGroupIngress", request)
                .await?,
        ))
    }
}

async fn group(caller: &Caller<'_>, group_id: &str) -> Result<aws_sdk_ec2::types::SecurityGroup, Failure> {
    let request = caller
        .session
        .ec2()
        .describe_security_groups()
        .group_ids(group_id)
        .send();
    let found = caller.read(Service::Ec2, GROUPS, request).await?.security_groups;
    let gone = || failure(FailureClass::Gone, GROUPS, "InvalidGroup.NotFound", group_id);
    found.unwrap_or_default().into_iter().next().ok_or_else(gone)
}

async fn sdk_rules(caller: &Caller<'_>, group_id: &str) -> Result<Vec<SdkRule>, Failure> {
    let all = pages(RULES, |token| async move {
        let client = caller.session.ec2();
        let request = client
            .describe_security_group_rules()
            .filters(by_group(group_id))
            .set_next_token(token)
            .send();
        let page = caller.read(Service::Ec2, RULES, request).await?;
        Ok((page.security_group_rules, page.next_token))
    });
    all.await
}

async fn one_way(caller: &Caller<'_>, group_id: &str, egress: bool) -> Result<Vec<SdkRule>, Failure> {
    let all = sdk_rules(caller, group_id).await?;
    Ok(all.into_iter().filter(|rule| is_egress(rule) == egress).collect())
}

fn by_group(group_id: &str) -> Filter {
    Filter::builder().name("group-id").values(group_id).build()
}

fn is_egress(rule: &SdkRule) -> bool {
    rule.is_egress == Some(true)
}

fn facts(rules: Vec<SdkRule>, account: &str) -> Vec<SecurityGroupRule> {
    let mut facts: Vec<_> = rules.iter().map(|rule| fact(rule, account)).collect();
    facts.sort();
    facts
}

/// A peer group of the same account goes without its owner: the group's, or else the account that was asked.
fn fact(rule: &SdkRule, account: &str) -> SecurityGroupRule {
    let peer = rule.referenced_group_info.as_ref();
    let own = rule.group_owner_id.as_deref().unwrap_or(account);
    let owner = peer.and_then(|peer| peer.user_id.clone());
    SecurityGroupRule {
        protocol: rule.ip_protocol.clone().unwrap_or_default(),
        from_port: rule.from_port,
        to_port: rule.to_port,
        cidr_ipv4: rule.cidr_ipv4.clone(),
        cidr_ipv6: rule.cidr_ipv6.clone(),
        prefix_list: rule.prefix_list_id.clone(),
        group: peer.and_then(|peer| peer.group_id.clone()),
        group_owner: owner.filter(|owner| owner != own),
        description: rule.description.clone(),
        tags: tags(rule.tags.clone()),
    }
}

/// Tags that begin with `aws:` are AWS's own: nobody can write them, so they are not kept.
fn tags(tags: Option<Vec<Tag>>) -> BTreeMap<String, String> {
    let pairs = tags
        .into_iter()
        .flatten()
        .filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default())));
    pairs.filter(|(key, _)| !key.starts_with("aws:")).collect()
}

fn tag_specification(tags: &BTreeMap<String, String>) -> Option<TagSpecification> {
    let tags: Vec<Tag> = tags
        .iter()
        .map(|(key, value)| Tag::builder().key(key).value(value).build())
        .collect();
    let specification = TagSpecification::builder().resource_type(ResourceType::SecurityGroupRule);
    (!tags.is_empty()).then(|| specification.set_tags(Some(tags)).build())
}

fn permission(rule: &SecurityGroupRule) -> IpPermission {
    let description = || rule.description.clone();
    let ipv4 = |cidr| IpRange::builder().cidr_ip(cidr).set_description(description()).build();
    let ipv6 = |cidr| {
        Ipv6Range::builder()
            .cidr_ipv6(cidr)
            .set_description(description())
            .build()
    };
    let list = |id| {
        PrefixListId::builder()
            .prefix_list_id(id)
            .set_description(description())
            .build()
    };
    let group = |id| {
        let pair = UserIdGroupPair::builder()
            .group_id(id)
            .set_user_id(rule.group_owner.clone());
        pair.set_description(description()).build()
    };
    IpPermission::builder()
        .ip_protocol(&rule.protocol)
        .set_from_port(rule.from_port)
        .set_to_port(rule.to_port)
        .set_ip_ranges(rule.cidr_ipv4.as_ref().map(|cidr| vec![ipv4(cidr)]))
        .set_ipv6_ranges(rule.cidr_ipv6.as_ref().map(|cidr| vec![ipv6(cidr)]))
        .set_prefix_list_ids(rule.prefix_list.as_ref().map(|id| vec![list(id)]))
        .set_user_id_group_pairs(rule.group.as_ref().map(|id| vec![group(id)]))
        .build()
}

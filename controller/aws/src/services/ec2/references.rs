//! Security groups and prefix lists that something refers to: which of them exist, and what AWS's refusals say about them.

use super::{GROUPS, group_not_found};
use crate::caller::{Caller, pages};
use aws_sdk_ec2::types::Filter;
use firebreak_core::aws::{
    access::Service,
    failure::{Failure, FailureClass},
};

const LISTS: &str = "ec2:DescribeManagedPrefixLists";
/// A filter takes so many values (EC2 API reference, Filter).
const VALUES: usize = 200;

/// Those that do not exist. They are named in filters: unlike a list of ids, a filter does not fail for what is gone.
pub(crate) async fn missing(
    caller: &Caller<'_>,
    groups: &[String],
    prefix_lists: &[String],
) -> Result<Vec<String>, Failure> {
    let mut there = Vec::new();
    for ids in groups.chunks(VALUES) {
        there.extend(existing_groups(caller, ids).await?);
    }
    for ids in prefix_lists.chunks(VALUES) {
        there.extend(existing_lists(caller, ids).await?);
    }
    let asked = groups.iter().chain(prefix_lists);
    Ok(asked.filter(|id| !there.contains(id)).cloned().collect())
}

async fn existing_groups(caller: &Caller<'_>, ids: &[String]) -> Result<Vec<String>, Failure> {
    let by_id = &filter("group-id", ids);
    let all = pages(GROUPS, |token| async move {
        let client = caller.session.ec2();
        let request = client
            .describe_security_groups()
            .filters(by_id.clone())
            .set_next_token(token)
            .send();
        let page = caller.read(Service::Ec2, GROUPS, request).await?;
        Ok((page.security_groups, page.next_token))
    });
    Ok(all.await?.into_iter().filter_map(|group| group.group_id).collect())
}

async fn existing_lists(caller: &Caller<'_>, ids: &[String]) -> Result<Vec<String>, Failure> {
    let by_id = &filter("prefix-list-id", ids);
    let all = pages(LISTS, |token| async move {
        let client = caller.session.ec2();
        let request = client
            .describe_managed_prefix_lists()
            .filters(by_id.clone())
            .set_next_token(token)
            .send();
        let page = caller.read(Service::Ec2, LISTS, request).await?;
        Ok((page.prefix_lists, page.next_token))
    });
    Ok(all.await?.into_iter().filter_map(|list| list.prefix_list_id).collect())
}

fn filter(name: &str, ids: &[String]) -> Filter {
    Filter::builder().name(name).set_values(Some(ids.to_vec())).build()
}

/// Whether AWS refused a call because something that it names, and that it does not change, does not exist.
pub(super) fn names_something_missing(failure: &Failure) -> bool {
    group_not_found(failure) || failure.code.starts_with("InvalidPrefixListI")
}

/// A group that was to be used is missing, not the resource that was to be changed: the call as it is will never be taken.
pub(super) fn about_its_group(failure: Failure) -> Failure {
    match names_something_missing(&failure) {
        true => Failure {
            class: FailureClass::Invalid,
            ..failure
        },
        false => failure,
    }
}

//! An account's roles and users with their policies, and its managed policies, at once. Pages hold up to 1,000 of them (API reference).

use super::document;
use crate::caller::Caller;
use aws_sdk_iam::{
    operation::get_account_authorization_details::GetAccountAuthorizationDetailsOutput,
    types::{AttachedPolicy, EntityType, ManagedPolicyDetail, PolicyDetail, RoleDetail, UserDetail},
};
use firebreak_core::aws::{
    Answer, Cell, Query, Survey,
    access::Service,
    failure::Failure,
    iam::{IamCell, IamRead, ManagedPolicy},
};
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};

const DETAILS: &str = "iam:GetAccountAuthorizationDetails";
const PAGE: i32 = 1000;

/// Answers about the roles and users that are found within as many pages as so many questions are worth.
pub(crate) async fn answers(caller: &Caller<'_>, queries: &[Query]) -> Result<Vec<(Query, Answer)>, Failure> {
    let mut found = Vec::new();
    let mut marker = None;
    for _ in 0..Survey::calls(queries.len()) {
        let page = page(caller, kinds(queries), marker).await?;
        let named = Named::of(&page);
        found.extend(
            queries
                .iter()
                .filter_map(|query| Some((query.clone(), named.answer(query)?))),
        );
        marker = page.marker.filter(|next| !next.is_empty());
        if marker.is_none() {
            break;
        }
    }
    Ok(found)
}

async fn page(
    caller: &Caller<'_>,
    kinds: Vec<EntityType>,
    marker: Option<String>,
) -> Result<GetAccountAuthorizationDetailsOutput, Failure> {
    let client = caller.session.iam();
    let request = client
        .get_account_authorization_details()
        .set_filter(Some(kinds))
        .max_items(PAGE)
        .set_marker(marker)
        .send();
    caller.read(Service::Iam, DETAILS, request).await
}

/// Only what is asked about is listed.
fn kinds(queries: &[Query]) -> Vec<EntityType> {
    let kinds: BTreeSet<EntityType> = queries.iter().map(kind).collect();
    kinds.into_iter().collect()
}

fn kind(query: &Query) -> EntityType {
    match query {
        Query::Iam(IamRead::ManagedPolicy { .. }) => EntityType::LocalManagedPolicy,
        Query::Cell(Cell::Iam(IamCell::UserInlinePolicy { .. }) | Cell::Iam(IamCell::UserPolicyAttachment { .. })) => {
            EntityType::User
        }
        _ => EntityType::Role,
    }
}

/// A page by the names on it.
struct Named<'a> {
    roles: HashMap<&'a str, &'a RoleDetail>,
    users: HashMap<&'a str, &'a UserDetail>,
    policies: HashMap<&'a str, &'a ManagedPolicyDetail>,
}

impl<'a> Named<'a> {
    fn of(page: &'a GetAccountAuthorizationDetailsOutput) -> Self {
        let (roles, users, policies) = (page.role_detail_list(), page.user_detail_list(), page.policies());
        Self {
            roles: roles.iter().filter_map(|it| Some((it.role_name()?, it))).collect(),
            users: users.iter().filter_map(|it| Some((it.user_name()?, it))).collect(),
            policies: policies.iter().filter_map(|it| Some((it.arn()?, it))).collect(),
        }
    }

    /// What it says. None where the thing is not on the page, or a document cannot be read.
    fn answer(&self, query: &Query) -> Option<Answer> {
        match query {
            Query::Cell(cell) => self.cell(cell).map(Answer::Found),
            Query::Iam(IamRead::ManagedPolicy { arn }) => self.policy(arn).map(|policy| Answer::found(&policy)),
            _ => None,
        }
    }

    /// AWS shows several versions; the default one is in force.
    fn policy(&self, arn: &str) -> Option<ManagedPolicy> {
        let versions = self.policies.get(arn)?.policy_version_list();
        let default = versions.iter().find(|version| version.is_default_version())?;
        let document = document(DETAILS, default.document()?).ok()?;
        Some(ManagedPolicy {
            arn: arn.to_owned(),
            document,
        })
    }

    fn cell(&self, cell: &Cell) -> Option<Value> {
        let role = |name: &str| self.roles.get(name);
        let user = |name: &str| self.users.get(name);
        match cell {
            Cell::Iam(IamCell::RolePolicyAttachment { role: name, policy_arn }) => {
                Some(is_attached(role(name)?.attached_managed_policies(), policy_arn))
            }
            Cell::Iam(IamCell::RoleInlinePolicy {
                role: name,
                policy_name,
            }) => inline(role(name)?.role_policy_list(), policy_name),
            Cell::Iam(IamCell::RoleTrustPolicy { role: name }) => {
                document(DETAILS, role(name)?.assume_role_policy_document()?).ok()
            }
            Cell::Iam(IamCell::UserPolicyAttachment { user: name, policy_arn }) => {
                Some(is_attached(user(name)?.attached_managed_policies(), policy_arn))
            }
            Cell::Iam(IamCell::UserInlinePolicy {
                user: name,
                policy_name,
            }) => inline(user(name)?.user_policy_list(), policy_name),
            _ => None,
        }
    }
}

fn is_attached(attached: &[AttachedPolicy], arn: &str) -> Value {
    attached.iter().any(|policy| policy.policy_arn() == Some(arn)).into()
}

fn inline(policies: &[PolicyDetail], name: &str) -> Option<Value> {
    match policies.iter().find(|policy| policy.policy_name() == Some(name)) {
        Some(policy) => document(DETAILS, policy.policy_document()?).ok(),
        None => Some(Value::Null),
    }
}

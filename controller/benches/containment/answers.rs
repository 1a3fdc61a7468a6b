//! What AWS says, in the shapes of its protocols. No role runs anything, every role exists, and one managed policy denies
//! everything: what is there in full is what a containment of an `iamRole` by `DenyAll` asks for.

use crate::{
    asked::{Asked, access_key},
    objects::deny_policy_arn,
};
use axum::http::StatusCode;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::collections::BTreeMap;

/// Whether the policy is attached, by the role's name.
pub type Roles = BTreeMap<String, bool>;

const DENY_ALL: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}"#;
const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
/// What iam:GetAccountAuthorizationDetails gives a page, unless it is told.
const PAGE: usize = 100;

/// The answer to a request, given and changing the roles of its account.
pub fn answer(asked: &Asked, roles: &mut Roles) -> (StatusCode, String) {
    let role = asked.field("RoleName");
    let inner = match asked.action.as_str() {
        "ecs:ListClusters" => return (StatusCode::OK, r#"{"clusterArns":[]}"#.into()),
        "lambda:ListFunctions" => return (StatusCode::OK, r#"{"Functions":[]}"#.into()),
        "sts:AssumeRole" => assumed(asked),
        "sts:GetCallerIdentity" => caller(&asked.account),
        "iam:GetRole" => format!("<Role>{}</Role>", role_xml(&asked.account, role)),
        "iam:GetPolicy" => format!("<Policy>{}</Policy>", policy_xml(&asked.account)),
        "iam:GetPolicyVersion" => format!("<PolicyVersion>{}</PolicyVersion>", version_xml()),
        "iam:ListAttachedRolePolicies" => attachments(&asked.account, is_attached(roles, role), "AttachedPolicies"),
        "iam:ListInstanceProfilesForRole" => "<InstanceProfiles/><IsTruncated>false</IsTruncated>".into(),
        "iam:GetAccountAuthorizationDetails" => details(asked, roles),
        "iam:AttachRolePolicy" => set(roles, role, true),
        "iam:DetachRolePolicy" => set(roles, role, false),
        "iam:GetRolePolicy" => return refused(StatusCode::NOT_FOUND, "NoSuchEntity"),
        unknown => {
            eprintln!("bench: AWS was asked for {unknown}, which this AWS does not know");
            return refused(StatusCode::BAD_REQUEST, "InvalidAction");
        }
    };
    let action = asked.action.rsplit(':').next().unwrap_or_default();
    let body = format!(
        "<{action}Response><{action}Result>{inner}</{action}Result><ResponseMetadata><RequestId>request-1</RequestId>\
         </ResponseMetadata></{action}Response>"
    );
    (StatusCode::OK, body)
}

fn is_attached(roles: &Roles, role: &str) -> bool {
    roles.get(role).copied().unwrap_or_default()
}

fn set(roles: &mut Roles, role: &str, attached: bool) -> String {
    roles.insert(role.to_owned(), attached);
    String::new()
}

fn refused(status: StatusCode, code: &str) -> (StatusCode, String) {
    let body = format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>bench</Message></Error>\
         <RequestId>request-1</RequestId></ErrorResponse>"
    );
    (status, body)
}

/// The account is the role's, and the access key carries it.
fn assumed(asked: &Asked) -> String {
    let account = asked.concerns();
    format!(
        "<AssumedRoleUser><AssumedRoleId>AROA:bench</AssumedRoleId><Arn>arn:aws:sts::{account}:assumed-role/bench/bench</Arn>\
         </AssumedRoleUser><Credentials><AccessKeyId>{}</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>\
         <SessionToken>token</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>",
        access_key(account)
    )
}

fn caller(account: &str) -> String {
    format!(
        "<Arn>arn:aws:sts::{account}:assumed-role/firebreak-operator/bench</Arn><UserId>AROA:bench</UserId>\
         <Account>{account}</Account>"
    )
}

fn role_xml(account: &str, role: &str) -> String {
    format!(
        "<Path>/</Path><RoleName>{role}</RoleName><RoleId>AROA{role}</RoleId><Arn>arn:aws:iam::{account}:role/{role}</Arn>\
         <CreateDate>2026-01-02T03:04:05Z</CreateDate><AssumeRolePolicyDocument>{}</AssumeRolePolicyDocument>\
         <MaxSessionDuration>3600</MaxSessionDuration><RoleLastUsed/><Tags/>",
        encoded(TRUST)
    )
}

fn policy_xml(account: &str) -> String {
    format!(
        "<PolicyName>FirebreakDenyAll</PolicyName><PolicyId>ANPABENCH</PolicyId><Arn>{}</Arn><Path>/</Path>\
         <DefaultVersionId>v1</DefaultVersionId><AttachmentCount>0</AttachmentCount><IsAttachable>true</IsAttachable>",
        deny_policy_arn(account)
    )
}

fn version_xml() -> String {
    format!(
        "<Document>{}</Document><VersionId>v1</VersionId><IsDefaultVersion>true</IsDefaultVersion>",
        encoded(DENY_ALL)
    )
}

fn attachments(account: &str, attached: bool, list: &str) -> String {
    let arn = deny_policy_arn(account);
    let member = format!("<member><PolicyName>FirebreakDenyAll</PolicyName><PolicyArn>{arn}</PolicyArn></member>");
    let members = if attached { member } else { String::new() };
    format!("<{list}>{members}</{list}><IsTruncated>false</IsTruncated>")
}

/// The account's roles, and its managed policies where they are asked for, a page at a time.
fn details(asked: &Asked, roles: &Roles) -> String {
    let size = asked.field("MaxItems").parse().unwrap_or(PAGE);
    let begin: usize = asked.field("Marker").parse().unwrap_or_default();
    let wants = |what: &str| {
        asked
            .fields
            .iter()
            .any(|(name, value)| name.starts_with("Filter") && value == what)
    };
    let member = |(role, attached): (&String, &bool)| {
        format!(
            "<member>{}<InstanceProfileList/><RolePolicyList/>{}</member>",
            role_xml(&asked.account, role),
            attachments(&asked.account, *attached, "AttachedManagedPolicies")
                .replace("<IsTruncated>false</IsTruncated>", "")
        )
    };
    let page: String = roles.iter().skip(begin).take(size).map(member).collect();
    let more = begin + size < roles.len();
    let marker = if more {
        format!("<Marker>{}</Marker>", begin + size)
    } else {
        String::new()
    };
    let policy = format!(
        "<member>{}<PolicyVersionList><member>{}</member></PolicyVersionList></member>",
        policy_xml(&asked.account),
        version_xml()
    );
    let policies = if wants("LocalManagedPolicy") && begin == 0 {
        policy
    } else {
        String::new()
    };
    format!(
        "<UserDetailList/><GroupDetailList/><RoleDetailList>{page}</RoleDetailList><Policies>{policies}</Policies>\
         <IsTruncated>{more}</IsTruncated>{marker}"
    )
}

fn encoded(document: &str) -> String {
    utf8_percent_encode(document, NON_ALPHANUMERIC).to_string()
}

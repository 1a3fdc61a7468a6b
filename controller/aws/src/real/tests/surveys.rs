//! Batch reads: the same answers as single reads give, in few calls.

use super::*;
use crate::testing::{access, query_error};
use firebreak_core::survey::{QUESTIONS_A_CALL, Survey};
use serde_json::{Value, json};

const DENY: &str = "arn:aws:iam::123456789012:policy/FirebreakDenyAll";
const DOCUMENT: &str = "%7B%22Statement%22%3A%5B%5D%7D";

fn attached(role: &str) -> Query {
    Query::Cell(Cell::RolePolicyAttachment {
        role: role.into(),
        policy_arn: DENY.into(),
    })
}

fn inline(role: &str, policy: &str) -> Query {
    Query::Cell(Cell::RoleInlinePolicy {
        role: role.into(),
        policy_name: policy.into(),
    })
}

fn of_user(user: &str) -> [Query; 2] {
    let (user, policy_arn) = (user.to_owned(), DENY.to_owned());
    let policy_name = "Revoke".to_owned();
    [
        Query::Cell(Cell::UserPolicyAttachment {
            user: user.clone(),
            policy_arn,
        }),
        Query::Cell(Cell::UserInlinePolicy { user, policy_name }),
    ]
}

fn role(name: &str) -> String {
    format!(
        "<member><RoleName>{name}</RoleName><AssumeRolePolicyDocument>{DOCUMENT}</AssumeRolePolicyDocument>\
         <RolePolicyList><member><PolicyName>Revoke</PolicyName><PolicyDocument>{DOCUMENT}</PolicyDocument></member>\
         </RolePolicyList><AttachedManagedPolicies><member><PolicyName>FirebreakDenyAll</PolicyName>\
         <PolicyArn>{DENY}</PolicyArn></member></AttachedManagedPolicies></member>"
    )
}

fn page(roles: &str, rest: &str, marker: Option<&str>) -> String {
    let marker = marker.map_or_else(
        || "<IsTruncated>false</IsTruncated>".into(),
        |marker| format!("<IsTruncated>true</IsTruncated><Marker>{marker}</Marker>"),
    );
    format!(
        "<GetAccountAuthorizationDetailsResponse><GetAccountAuthorizationDetailsResult>\
         <RoleDetailList>{roles}</RoleDetailList>{rest}{marker}\
         </GetAccountAuthorizationDetailsResult></GetAccountAuthorizationDetailsResponse>"
    )
}

/// Questions about roles that no page names, so that some pages may be read.
fn worth(pages: usize) -> Vec<Query> {
    (0..pages * QUESTIONS_A_CALL)
        .map(|number| attached(&format!("absent-{number}")))
        .collect()
}

async fn survey(wire: &Wire, queries: &[Query]) -> Vec<(Query, Answer)> {
    let answers = aws(wire)
        .await
        .survey(&access("leak"), Survey::Identities, queries)
        .await;
    answers.unwrap()
}

#[tokio::test]
async fn roles_are_answered_as_single_reads_would_answer() {
    let asked = [
        attached("api"),
        inline("api", "Revoke"),
        inline("api", "Other"),
        Query::Cell(Cell::RoleTrustPolicy { role: "api".into() }),
    ];
    let wire = Wire::default().then(200, page(&role("api"), "", None));
    let answers = survey(&wire, &[worth(1), asked.to_vec()].concat()).await;
    let document = json!({"Statement": []});
    let expected = [json!(true), document.clone(), Value::Null, document];
    let expected: Vec<_> = asked.into_iter().zip(expected.map(Answer::Found)).collect();
    assert_eq!(answers, expected);
    let sent = wire.only().body;
    assert!(
        sent.contains("Filter.member.1=Role") && !sent.contains("Filter.member.2"),
        "{sent}"
    );
    assert!(sent.contains("MaxItems=1000"), "{sent}");
}

#[tokio::test]
async fn users_and_the_accounts_own_policies_are_answered_too() {
    let policy = Query::ManagedPolicy { arn: DENY.into() };
    let user = "<UserDetailList><member><UserName>eve</UserName></member></UserDetailList>";
    let versions = format!(
        "<Policies><member><Arn>{DENY}</Arn><PolicyVersionList><member><VersionId>v1</VersionId>\
         <IsDefaultVersion>false</IsDefaultVersion><Document>%7B%7D</Document></member><member><VersionId>v2</VersionId>\
         <IsDefaultVersion>true</IsDefaultVersion><Document>{DOCUMENT}</Document></member></PolicyVersionList></member></Policies>"
    );
    let wire = Wire::default().then(200, page("", &format!("{user}{versions}"), None));
    let [attachment, inline] = of_user("eve");
    let asked = [worth(1), vec![attachment.clone(), inline.clone(), policy.clone()]].concat();
    let expected = [
        (attachment, Answer::Found(json!(false))),
        (inline, Answer::Found(Value::Null)),
        (policy, Answer::Found(json!({"document": {"Statement": []}}))),
    ];
    assert_eq!(survey(&wire, &asked).await, expected);
}

#[tokio::test]
async fn no_more_pages_are_read_than_the_questions_are_worth() {
    let pages = |wire: Wire| {
        wire.then(200, page(&role("api"), "", Some("2")))
            .then(200, page(&role("web"), "", Some("3")))
    };
    let asked = |worthy: usize| [worth(worthy), vec![attached("api"), attached("web")]].concat();
    let wire = pages(Wire::default());
    assert_eq!(survey(&wire, &asked(1)).await.len(), 1);
    assert_eq!(wire.sent().len(), 1);
    let wire = pages(Wire::default());
    assert_eq!(survey(&wire, &asked(2)).await.len(), 2);
    assert!(wire.sent()[1].body.contains("Marker=2"));
    assert!(survey(&Wire::default(), &[attached("api")]).await.is_empty());
}

#[tokio::test]
async fn what_cannot_be_read_is_left_to_single_reads() {
    let role = role("api").replace(DOCUMENT, "%7B");
    let wire = Wire::default().then(200, page(&role, "", None));
    let asked = [worth(1), vec![inline("api", "Revoke"), attached("api")]].concat();
    assert_eq!(
        survey(&wire, &asked).await,
        [(attached("api"), Answer::Found(json!(true)))]
    );
    let wire = Wire::default().then(403, query_error("AccessDenied"));
    let refused = aws(&wire)
        .await
        .survey(&access("leak"), Survey::Identities, &worth(1))
        .await;
    assert_eq!(refused.unwrap_err().class, FailureClass::Denied);
}

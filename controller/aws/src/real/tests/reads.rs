//! What the adapter makes of AWS's answers.

mod groups;
mod services;

use super::*;
use crate::{
    testing::{Silence, access, client, config, ec2_error, json_error, query_error},
    transport::READ_TIMEOUT,
};
use firebreak_core::aws::{
    Cell,
    ec2::Ec2Read,
    ecs::EcsWrite,
    iam::{IamCell, IamRead},
    lambda::LambdaRead,
};
use serde_json::{Value, json};

const TARGET_GROUP: &str = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/0123";
const API_ROLE: &str = "arn:aws:iam::123456789012:role/api";

async fn ask(wire: &Wire, query: Query) -> Answer {
    let answer = aws(wire).await.observe(&access("leak"), &query).await;
    assert_eq!(wire.left(), 0, "an answer was not asked for: {answer:?}");
    answer
}

async fn found(wire: &Wire, query: Query) -> Value {
    match ask(wire, query).await {
        Answer::Found(value) => value,
        other => panic!("{other:?}"),
    }
}

fn of_service(make: fn(String, String) -> Cell) -> Query {
    Query::Cell(make("prod".into(), "api".into()))
}

pub(super) fn role_xml() -> String {
    "<GetRoleResponse><GetRoleResult><Role><Path>/team/</Path><RoleName>api</RoleName><RoleId>AROA</RoleId>\
     <Arn>arn:aws:iam::123456789012:role/team/api</Arn><CreateDate>2026-01-02T03:04:05Z</CreateDate>\
     <AssumeRolePolicyDocument>%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%5D%7D\
     </AssumeRolePolicyDocument><MaxSessionDuration>7200</MaxSessionDuration>\
     <RoleLastUsed><LastUsedDate>2026-02-03T04:05:06Z</LastUsedDate></RoleLastUsed>\
     <Tags><member><Key>team</Key><Value>a</Value></member></Tags></Role></GetRoleResult></GetRoleResponse>"
        .to_owned()
}

fn inline_policy() -> Query {
    Query::Cell(Cell::Iam(IamCell::RoleInlinePolicy {
        role: "api".into(),
        policy_name: "Deny".into(),
    }))
}

#[tokio::test]
async fn a_role_comes_with_its_trust_policy_decoded() {
    let role = found(
        &Wire::default().then(200, role_xml()),
        Query::Iam(IamRead::Role { role: "api".into() }),
    )
    .await;
    let expected = json!({
        "arn": "arn:aws:iam::123456789012:role/team/api",
        "path": "/team/",
        "trust": {"Version": "2012-10-17", "Statement": []},
        "maxSessionSeconds": 7200,
        "lastUsed": "2026-02-03T04:05:06Z",
        "tags": {"team": "a"},
    });
    assert_eq!(role, expected);
}

#[tokio::test]
async fn a_role_without_the_inline_policy_is_not_a_missing_role() {
    let gone = || query_error("NoSuchEntity");
    let wire = Wire::default().then(404, gone()).then(200, role_xml());
    assert_eq!(ask(&wire, inline_policy()).await, Answer::Found(Value::Null));
    let wire = Wire::default().then(404, gone()).then(404, gone());
    assert_eq!(ask(&wire, inline_policy()).await, Answer::NotFound);
}

#[tokio::test]
async fn an_inline_policy_is_decoded() {
    let body = "<GetRolePolicyResponse><GetRolePolicyResult><RoleName>api</RoleName><PolicyName>Deny</PolicyName>\
                <PolicyDocument>%7B%22Statement%22%3A%22a%20b%22%7D</PolicyDocument></GetRolePolicyResult>\
                </GetRolePolicyResponse>";
    assert_eq!(
        found(&Wire::default().then(200, body), inline_policy()).await,
        json!({"Statement": "a b"})
    );
}

fn attached_xml(policy: &str, marker: &str) -> String {
    format!(
        "<ListAttachedRolePoliciesResponse><ListAttachedRolePoliciesResult><AttachedPolicies><member>\
         <PolicyName>p</PolicyName><PolicyArn>{policy}</PolicyArn></member></AttachedPolicies>{marker}\
         </ListAttachedRolePoliciesResult></ListAttachedRolePoliciesResponse>"
    )
}

#[tokio::test]
async fn an_attachment_on_a_later_page_is_found() {
    let cell = Cell::Iam(IamCell::RolePolicyAttachment {
        role: "api".into(),
        policy_arn: "arn:deny".into(),
    });
    let more = "<IsTruncated>true</IsTruncated><Marker>next</Marker>";
    let wire = Wire::default()
        .then(200, attached_xml("arn:other", more))
        .then(200, attached_xml("arn:deny", ""));
    assert_eq!(found(&wire, Query::Cell(cell)).await, json!(true));
    assert!(wire.sent()[1].body.contains("Marker=next"), "{:?}", wire.sent()[1]);
}

#[tokio::test]
async fn a_page_token_that_repeats_does_not_go_on_for_ever() {
    let cell = Cell::Iam(IamCell::RolePolicyAttachment {
        role: "api".into(),
        policy_arn: "arn:deny".into(),
    });
    let page = || attached_xml("arn:other", "<Marker>next</Marker>");
    let wire = Wire::default().then(200, page()).then(200, page());
    assert!(matches!(ask(&wire, Query::Cell(cell)).await, Answer::Unreachable(why) if why.contains("RepeatedPage")));
}

#[tokio::test]
async fn an_attachment_of_a_missing_role_is_not_found() {
    let cell = Cell::Iam(IamCell::RolePolicyAttachment {
        role: "api".into(),
        policy_arn: "arn:deny".into(),
    });
    assert_eq!(
        ask(
            &Wire::default().then(404, query_error("NoSuchEntity")),
            Query::Cell(cell)
        )
        .await,
        Answer::NotFound
    );
}

#[tokio::test]
async fn functions_of_a_role_are_named_and_nothing_else_of_them_is_kept() {
    let page = |name: &str, role: &str, next: Value| {
        json!({"Functions": [{"FunctionName": name, "Role": role, "Environment": {"Variables": {"K": "s3cr3t"}}}],
            "NextMarker": next})
        .to_string()
    };
    let wire = Wire::default()
        .then(200, page("one", API_ROLE, json!("next")))
        .then(200, page("two", "arn:aws:iam::123456789012:role/other", Value::Null));
    let query = Query::Lambda(LambdaRead::FunctionsOfRole {
        region: "eu-west-1".into(),
        role_arn: API_ROLE.into(),
    });
    assert_eq!(found(&wire, query).await, json!({"names": ["one"], "unread": null}));
    assert!(
        wire.sent().iter().all(|sent| sent.uri.contains("FunctionVersion=ALL")),
        "{:?}",
        wire.sent()
    );
    assert!(
        wire.sent().iter().all(|sent| sent.uri.contains("lambda.eu-west-1")),
        "{:?}",
        wire.sent()
    );
}

#[tokio::test]
async fn a_denied_read_names_the_call() {
    let wire = Wire::default().then(403, query_error("AccessDenied"));
    let answer = ask(&wire, Query::Iam(IamRead::Role { role: "api".into() })).await;
    assert_eq!(answer, Answer::Denied("iam:GetRole: AccessDenied: why".into()));
}

#[tokio::test(start_paused = true)]
async fn a_throttled_account_is_not_asked_again_during_the_pause_and_another_one_is() {
    let throttled = || query_error("Throttling");
    let wire = Wire::default()
        .then(400, throttled())
        .then(400, throttled())
        .then(400, throttled());
    let wire = wire.then(200, role_xml());
    let aws = aws(&wire).await;
    let (query, mut other) = (Query::Iam(IamRead::Role { role: "api".into() }), access("leak"));
    assert_eq!(aws.observe(&access("leak"), &query).await, Answer::Throttled);
    assert_eq!(aws.observe(&access("leak"), &query).await, Answer::Throttled);
    assert_eq!(wire.sent().len(), 3, "the pause was not kept");
    other.account.account_id = "999999999999".into();
    assert!(matches!(aws.observe(&other, &query).await, Answer::Found(_)));
}

#[tokio::test(start_paused = true)]
async fn a_page_that_aws_did_not_write_is_no_knowledge() {
    let html = "<html><body>not implemented</body></html>";
    let wire = Wire::default().then(404, html);
    let answer = ask(
        &wire,
        Query::Lambda(LambdaRead::FunctionsOfRole {
            region: "us-east-1".into(),
            role_arn: API_ROLE.into(),
        }),
    )
    .await;
    assert!(
        matches!(&answer, Answer::Unreachable(why) if why.contains("404")),
        "{answer:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn aws_that_never_answers_is_unreachable_within_the_time_out() {
    let aws = Aws::with_config(config(client(Silence)).await);
    let started = tokio::time::Instant::now();
    let answer = aws
        .observe(&access("leak"), &Query::Iam(IamRead::Role { role: "api".into() }))
        .await;
    assert!(matches!(answer, Answer::Unreachable(_)), "{answer:?}");
    assert!(started.elapsed() <= READ_TIMEOUT, "{:?}", started.elapsed());
}

#[tokio::test(start_paused = true)]
async fn what_never_answers_is_not_asked_by_everybody() {
    let aws = Aws::with_config(config(client(Silence)).await);
    let role = Query::Iam(IamRead::Role { role: "api".into() });
    for _ in 0..3 {
        aws.observe(&access("leak"), &role).await;
    }
    let started = tokio::time::Instant::now();
    let answer = aws.observe(&access("leak"), &role).await;
    assert!(
        matches!(&answer, Answer::Unreachable(why) if why.contains("does not answer")),
        "{answer:?}"
    );
    assert_eq!(started.elapsed().as_secs(), 0);
    let group = Query::Ec2(Ec2Read::SecurityGroup {
        group_id: "sg-1".into(),
    });
    aws.observe(&access("leak"), &group).await;
    assert!(started.elapsed().as_secs() > 0, "another service is asked");
}

#[tokio::test(start_paused = true)]
async fn a_write_that_is_never_answered_is_transient_within_the_time_out() {
    let aws = Aws::with_config(config(client(Silence)).await);
    let started = tokio::time::Instant::now();
    let write = Write::Ecs(EcsWrite::StopTask {
        cluster: "prod".into(),
        task: "task-1".into(),
    });
    let failure = aws.write(&access("leak"), &write).await.unwrap_err();
    assert_eq!(failure.class, FailureClass::Transient, "{failure}");
    let own = aws.own_identity().await.unwrap_err();
    assert_eq!(
        (own.class, own.code.as_str()),
        (FailureClass::Transient, "TimeoutError")
    );
    assert!(started.elapsed() <= 2 * OPERATION_TIMEOUT, "{:?}", started.elapsed());
}

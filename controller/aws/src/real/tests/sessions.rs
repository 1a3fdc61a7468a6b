//! As whom the adapter calls, and when it refuses to.

use super::*;
use crate::testing::{access, query_error};
use firebreak_core::aws::{
    Cell,
    access::Service,
    ecs::EcsWrite,
    iam::{IamCell, IamRead, IamWrite},
    sts::StsRead,
};
use std::sync::Mutex;

fn role_query() -> Query {
    Query::Iam(IamRead::Role { role: "api".into() })
}

fn stop() -> Write {
    Write::Ecs(EcsWrite::StopTask {
        cluster: "prod".into(),
        task: "task-1".into(),
    })
}

fn put() -> Write {
    Write::Iam(IamWrite::PutRolePolicy {
        role: "api".into(),
        policy_name: "Deny".into(),
        document: serde_json::json!({}),
    })
}

fn role_xml() -> String {
    super::reads::role_xml()
}

#[tokio::test]
async fn all_objects_of_an_account_read_with_one_session() {
    let wire = Wire::default().then(200, role_xml()).then(200, role_xml());
    let aws = aws(&wire).await;
    aws.observe(&access("one"), &role_query()).await;
    aws.observe(&access("other"), &role_query()).await;
    let asked = wire.sts();
    assert_eq!(asked.len(), 1, "{asked:#?}");
    let expected = "Action=AssumeRole&Version=2011-06-15&RoleArn=arn:aws:iam::123456789012:role/firebreak-read\
                    &RoleSessionName=firebreak-read&DurationSeconds=3600&ExternalId=external-1";
    assert_eq!(asked[0].body, expected);
    assert_eq!(asked[0].uri, "https://sts.us-east-1.amazonaws.com/");
}

/// In a region that the operator's account has not enabled, STS takes none of its credentials.
#[tokio::test]
async fn a_role_is_assumed_in_the_home_region_of_the_operator() {
    let wire = Wire::default().then(200, "{}");
    let far = Access {
        region: "ap-east-1".into(),
        ..access("leak")
    };
    aws(&wire).await.write(&far, &stop()).await.unwrap();
    let assumed = wire.sts()[0].clone();
    assert!(assumed.body.starts_with("Action=AssumeRole"), "{assumed:?}");
    assert_eq!(assumed.uri, "https://sts.us-east-1.amazonaws.com/");
    assert!(wire.only().uri.contains("ecs.ap-east-1"), "{:?}", wire.only());
}

#[tokio::test]
async fn where_the_home_region_does_not_help_the_own_region_is_asked() {
    let hosts = |wire: &Wire| -> Vec<String> { wire.sts().iter().map(|sent| sent.uri.clone()).collect() };
    let far = || Access {
        region: "eu-west-1".into(),
        ..access("leak")
    };
    let (home, own) = (
        "https://sts.us-east-1.amazonaws.com/",
        "https://sts.eu-west-1.amazonaws.com/",
    );
    let disabled = query_error("RegionDisabledException");
    let wire = Wire::default().refusing_a_role(403, disabled).then(200, role_xml());
    assert!(matches!(
        aws(&wire).await.observe(&far(), &role_query()).await,
        Answer::Found(_)
    ));
    assert_eq!(hosts(&wire), [home, own]);
    let wire = Wire::default().refusing_a_role(403, query_error("AccessDenied"));
    assert!(matches!(
        aws(&wire).await.observe(&far(), &role_query()).await,
        Answer::Denied(_)
    ));
    assert_eq!(hosts(&wire), [home], "every region would refuse");
}

#[tokio::test]
async fn a_write_says_for_which_object_it_is() {
    let wire = Wire::default().then(200, "{}");
    aws(&wire).await.write(&access("leak"), &stop()).await.unwrap();
    let expected = "Action=AssumeRole&Version=2011-06-15&RoleArn=arn:aws:iam::123456789012:role/firebreak-contain\
                    &RoleSessionName=firebreak-team-a-leak&DurationSeconds=900\
                    &Tags.member.1.Key=firebreak:namespace&Tags.member.1.Value=team-a\
                    &Tags.member.2.Key=firebreak:name&Tags.member.2.Value=leak\
                    &Tags.member.3.Key=firebreak:uid&Tags.member.3.Value=uid-1&ExternalId=external-1";
    assert_eq!(wire.sts()[0].body, expected);
}

#[tokio::test]
async fn a_write_of_a_policy_is_made_by_the_identity_role_pinned_to_its_target() {
    let wire = Wire::default().then(200, "<PutRolePolicyResponse/>");
    aws(&wire).await.write(&access("leak"), &put()).await.unwrap();
    let asked = wire.sts()[0].body.clone();
    assert!(
        asked.contains("RoleArn=arn:aws:iam::123456789012:role/firebreak-contain-identity&"),
        "{asked}"
    );
    assert!(asked.contains(r#""arn:aws:iam::123456789012:role/api""#), "{asked}");
}

#[tokio::test]
async fn nothing_is_written_in_another_account() {
    let wire = Wire::default().in_account("999999999999");
    let failure = aws(&wire).await.write(&access("leak"), &stop()).await.unwrap_err();
    assert_eq!(
        (failure.class, failure.code.as_str()),
        (FailureClass::Denied, "WrongAccount")
    );
    assert!(wire.sent().is_empty());
}

#[tokio::test]
async fn the_account_is_checked_once_per_session() {
    let wire = Wire::default().then(200, "{}").then(200, "{}");
    let aws = aws(&wire).await;
    aws.write(&access("leak"), &stop()).await.unwrap();
    aws.write(&access("leak"), &stop()).await.unwrap();
    let checks = wire
        .sts()
        .iter()
        .filter(|sent| sent.body.starts_with("Action=GetCallerIdentity"))
        .count();
    assert_eq!(checks, 1);
}

#[tokio::test]
async fn a_role_that_may_not_be_assumed_is_denied_and_says_so() {
    let wire = Wire::default().refusing_a_role(403, query_error("AccessDenied"));
    let answer = aws(&wire).await.observe(&access("leak"), &role_query()).await;
    assert_eq!(answer, Answer::Denied("sts:AssumeRole: AccessDenied: why".into()));
}

#[tokio::test]
async fn credentials_that_aws_no_longer_takes_are_renewed_once() {
    let expired = || query_error("ExpiredToken");
    let wire = Wire::default().then(403, expired()).then(200, role_xml());
    assert!(matches!(
        aws(&wire).await.observe(&access("leak"), &role_query()).await,
        Answer::Found(_)
    ));
    assert_eq!(wire.sts().len(), 2);
    let wire = Wire::default().then(403, expired()).then(403, expired());
    assert!(matches!(
        aws(&wire).await.observe(&access("leak"), &role_query()).await,
        Answer::Denied(_)
    ));
    assert_eq!(wire.left(), 0);
}

#[tokio::test]
async fn the_operator_knows_itself_without_a_role() {
    let wire = Wire::default();
    let identity = aws(&wire).await.own_identity().await.unwrap();
    assert_eq!(identity.account, "123456789012");
    assert_eq!(wire.sts().len(), 1);
}

#[tokio::test]
async fn the_caller_identity_is_that_of_the_read_role() {
    let wire = Wire::default();
    let answer = aws(&wire)
        .await
        .observe(&access("leak"), &Query::Sts(StsRead::CallerIdentity))
        .await;
    assert!(matches!(answer, Answer::Found(_)));
    assert!(wire.sts()[0].body.contains("RoleSessionName=firebreak-read"));
}

#[derive(Default)]
struct Calls(Mutex<Vec<String>>);

impl CallObserver for Calls {
    fn called(&self, service: Service, call: &'static str, outcome: &str, seconds: f64) {
        assert!(seconds >= 0.0);
        self.0.lock().unwrap().push(format!("{service:?} {call} {outcome}"));
    }
}

#[tokio::test]
async fn every_call_is_reported_with_its_outcome() {
    let wire = Wire::default()
        .then(404, query_error("NoSuchEntity"))
        .then(200, role_xml());
    let calls = Arc::new(Calls::default());
    let aws = aws(&wire).await.observed_by(calls.clone());
    let cell = Cell::Iam(IamCell::RoleInlinePolicy {
        role: "api".into(),
        policy_name: "Deny".into(),
    });
    aws.observe(&access("leak"), &Query::Cell(cell)).await;
    assert_eq!(
        *calls.0.lock().unwrap(),
        ["Iam iam:GetRolePolicy NoSuchEntity", "Iam iam:GetRole ok"]
    );
}

#[test]
fn endpoint_overrides_are_refused_by_name() {
    let error = refuse_overrides(vec!["AWS_ENDPOINT_URL".into()], None).unwrap_err();
    assert!(error.to_string().contains("AWS_ENDPOINT_URL"));
    assert!(refuse_overrides(Vec::new(), Some("http://x")).is_err());
    assert!(refuse_overrides(Vec::new(), None).is_ok());
}

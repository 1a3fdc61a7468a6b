//! S3 at the wire: what is asked of a bucket, how a policy is changed, and what each refusal means.

use super::*;
use crate::testing::{ACCOUNT, Sent, access, s3_error};
use firebreak_core::aws::{
    Cell,
    s3::{PublicAccessBlock, S3Cell, S3Read, S3Write},
};
use serde_json::{Value, json};

const HOST: &str = "https://exports.s3.us-east-1.amazonaws.com";

async fn ask(wire: &Wire, query: Query) -> Answer {
    let answer = aws(wire).await.observe(&access("leak"), &query).await;
    assert_eq!(wire.left(), 0, "an answer was not asked for: {answer:?}");
    answer
}

async fn make(wire: &Wire, write: Write) -> Result<Receipt, Failure> {
    let result = aws(wire).await.write(&access("leak"), &write).await;
    assert_eq!(wire.left(), 0, "an answer was not asked for: {result:?}");
    result
}

fn query() -> Query {
    Query::S3(S3Read::Bucket {
        bucket: "exports".into(),
    })
}

fn block_cell() -> Query {
    Query::Cell(Cell::S3(S3Cell::BucketPublicAccessBlock {
        bucket: "exports".into(),
    }))
}

fn statement_cell() -> Query {
    Query::Cell(Cell::S3(S3Cell::BucketPolicyStatement {
        bucket: "exports".into(),
        sid: "Ours".into(),
    }))
}

fn ours() -> Value {
    json!({"Sid": "Ours", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::exports"})
}

fn theirs() -> Value {
    json!({"Sid": "Theirs", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:role/api"}, "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::exports/*"})
}

fn policy(statements: &[Value]) -> String {
    json!({"Version": "2012-10-17", "Id": "theirs", "Statement": statements}).to_string()
}

fn put() -> Write {
    Write::S3(S3Write::PutBucketPolicyStatement {
        bucket: "exports".into(),
        sid: "Ours".into(),
        statement: ours(),
    })
}

fn take() -> Write {
    Write::S3(S3Write::DeleteBucketPolicyStatement {
        bucket: "exports".into(),
        sid: "Ours".into(),
    })
}

/// Method and path of each request; every one must name the owner.
fn requests(wire: &Wire) -> Vec<String> {
    let line = |sent: &Sent| {
        assert_eq!(sent.bucket_owner, ACCOUNT, "{sent:?}");
        let path = sent.uri.strip_prefix(HOST).unwrap_or_else(|| panic!("{}", sent.uri));
        let path = path.split("&x-id=").next().unwrap_or(path);
        format!("{} {}", sent.method, path.split("?x-id=").next().unwrap_or(path))
    };
    wire.sent().iter().map(line).collect()
}

fn location(region: &str) -> String {
    format!("<LocationConstraint xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{region}</LocationConstraint>")
}

#[tokio::test]
async fn everything_about_a_bucket_is_asked_of_its_owner_only() {
    let acl = "<AccessControlPolicy><Owner><ID>owner</ID></Owner><AccessControlList>\
               <Grant><Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"CanonicalUser\"><ID>owner</ID></Grantee><Permission>FULL_CONTROL</Permission></Grant>\
               <Grant><Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"Group\"><URI>http://acs.amazonaws.com/groups/global/AllUsers</URI></Grantee><Permission>READ</Permission></Grant>\
               </AccessControlList></AccessControlPolicy>";
    let tags = "<Tagging><TagSet><Tag><Key>team</Key><Value>payments</Value></Tag></TagSet></Tagging>";
    let wire = Wire::default()
        .then(200, location(""))
        .then(200, policy(&[theirs()]))
        .then(200, "<PolicyStatus><IsPublic>true</IsPublic></PolicyStatus>")
        .then(200, acl)
        .then(200, tags);
    let expected = json!({
        "region": "us-east-1",
        "policy": serde_json::from_str::<Value>(&policy(&[theirs()])).unwrap(),
        "policyIsPublic": true,
        "grantees": ["http://acs.amazonaws.com/groups/global/AllUsers"],
        "tags": {"team": "payments"},
    });
    assert_eq!(ask(&wire, query()).await, Answer::Found(expected));
    assert_eq!(
        requests(&wire),
        [
            "GET /?location",
            "GET /?policy",
            "GET /?policyStatus",
            "GET /?acl",
            "GET /?tagging"
        ]
    );
}

#[tokio::test]
async fn a_bucket_without_policy_and_tags_is_a_bucket() {
    let acl = "<AccessControlPolicy><Owner><ID>owner</ID></Owner><AccessControlList/></AccessControlPolicy>";
    let wire = Wire::default()
        .then(200, location("us-east-1"))
        .then(404, s3_error("NoSuchBucketPolicy"))
        .then(200, acl)
        .then(404, s3_error("NoSuchTagSet"));
    let expected = json!({"region": "us-east-1", "policy": null, "policyIsPublic": false, "grantees": [], "tags": {}});
    assert_eq!(ask(&wire, query()).await, Answer::Found(expected));
}

#[tokio::test]
async fn a_bucket_of_another_region_is_named_with_it_however_s3_says_so() {
    let elsewhere = json!({"region": "eu-west-1", "policy": null, "policyIsPublic": false, "grantees": [], "tags": {}});
    for wire in [
        Wire::default().then(200, location("EU")),
        Wire::default()
            .naming_region("eu-west-1")
            .then(301, s3_error("PermanentRedirect")),
        Wire::default()
            .naming_region("eu-west-1")
            .then(400, s3_error("AuthorizationHeaderMalformed")),
    ] {
        assert_eq!(ask(&wire, query()).await, Answer::Found(elsewhere.clone()));
    }
}

#[tokio::test]
async fn a_bucket_that_does_not_exist_is_not_found() {
    for query in [query(), block_cell(), statement_cell()] {
        let wire = Wire::default()
            .naming_region("us-east-1")
            .then(404, s3_error("NoSuchBucket"));
        assert_eq!(ask(&wire, query).await, Answer::NotFound);
    }
}

#[tokio::test]
async fn a_bucket_of_another_account_is_denied_and_it_is_said_that_it_may_be_that() {
    for query in [query(), block_cell(), statement_cell()] {
        let wire = Wire::default().then(403, s3_error("AccessDenied"));
        let Answer::Denied(why) = ask(&wire, query).await else {
            panic!()
        };
        assert!(why.contains("belongs to another account than 123456789012"), "{why}");
    }
}

#[tokio::test]
async fn a_bucket_without_a_public_access_block_has_none_and_flags_that_are_left_out_are_false() {
    let wire = Wire::default().then(404, s3_error("NoSuchPublicAccessBlockConfiguration"));
    assert_eq!(ask(&wire, block_cell()).await, Answer::Found(Value::Null));
    let some =
        "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls></PublicAccessBlockConfiguration>";
    let wire = Wire::default().then(200, some);
    let expected = json!({"blockPublicAcls": true, "ignorePublicAcls": false, "blockPublicPolicy": false, "restrictPublicBuckets": false});
    assert_eq!(ask(&wire, block_cell()).await, Answer::Found(expected));
    assert_eq!(requests(&wire), ["GET /?publicAccessBlock"]);
}

#[tokio::test]
async fn our_statement_is_found_by_its_sid() {
    let wire = Wire::default().then(200, policy(&[theirs(), ours()]));
    assert_eq!(ask(&wire, statement_cell()).await, Answer::Found(ours()));
    let wire = Wire::default().then(200, policy(&[theirs()]));
    assert_eq!(ask(&wire, statement_cell()).await, Answer::Found(Value::Null));
    let wire = Wire::default().then(404, s3_error("NoSuchBucketPolicy"));
    assert_eq!(ask(&wire, statement_cell()).await, Answer::Found(Value::Null));
}

#[tokio::test]
async fn a_policy_that_cannot_be_read_is_not_taken_for_none() {
    for text in ["{", "[]", "\"\""] {
        let wire = Wire::default().then(200, text);
        assert!(
            matches!(ask(&wire, statement_cell()).await, Answer::Unreachable(_)),
            "{text}"
        );
        let failure = make(&Wire::default().then(200, text), put()).await.unwrap_err();
        assert_eq!(
            (failure.class, failure.code.as_str()),
            (FailureClass::Transient, "UnreadableDocument")
        );
    }
}

#[tokio::test]
async fn the_statement_is_put_behind_the_others_of_the_policy_as_it_is_at_that_moment() {
    let wire = Wire::default().then(200, policy(&[theirs()])).then(204, "");
    assert_eq!(
        make(&wire, put()).await.unwrap().request_id.as_deref(),
        Some("request-1")
    );
    assert_eq!(requests(&wire), ["GET /?policy", "PUT /?policy"]);
    let sent: Value = serde_json::from_str(&wire.sent()[1].body).unwrap();
    assert_eq!(
        sent,
        json!({"Version": "2012-10-17", "Id": "theirs", "Statement": [theirs(), ours()]})
    );
}

#[tokio::test]
async fn a_bucket_without_a_policy_gets_one_with_the_statement_alone() {
    let wire = Wire::default().then(404, s3_error("NoSuchBucketPolicy")).then(204, "");
    make(&wire, put()).await.unwrap();
    let sent: Value = serde_json::from_str(&wire.sent()[1].body).unwrap();
    assert_eq!(sent, json!({"Version": "2012-10-17", "Statement": [ours()]}));
}

#[tokio::test]
async fn a_policy_that_could_not_be_read_is_not_written_over() {
    for (status, code) in [(403, "AccessDenied"), (404, "NoSuchBucket"), (400, "Strange")] {
        let wire = Wire::default().then(status, s3_error(code));
        assert_eq!(make(&wire, put()).await.unwrap_err().code, code);
        let wire = Wire::default().then(status, s3_error(code));
        assert_eq!(make(&wire, take()).await.unwrap_err().code, code);
    }
}

#[tokio::test]
async fn a_statement_that_is_there_already_is_not_written_again() {
    let wire = Wire::default().then(200, policy(&[ours(), theirs()]));
    make(&wire, put()).await.unwrap();
    let wire = Wire::default().then(200, policy(&[theirs()]));
    make(&wire, take()).await.unwrap();
    let wire = Wire::default().then(404, s3_error("NoSuchBucketPolicy"));
    make(&wire, take()).await.unwrap();
}

#[tokio::test]
async fn taking_the_statement_out_leaves_the_others_and_deletes_a_policy_that_is_empty_then() {
    let wire = Wire::default().then(200, policy(&[theirs(), ours()])).then(204, "");
    make(&wire, take()).await.unwrap();
    let sent: Value = serde_json::from_str(&wire.sent()[1].body).unwrap();
    assert_eq!(
        sent,
        json!({"Version": "2012-10-17", "Id": "theirs", "Statement": [theirs()]})
    );
    let wire = Wire::default().then(200, policy(&[ours()])).then(204, "");
    make(&wire, take()).await.unwrap();
    assert_eq!(requests(&wire), ["GET /?policy", "DELETE /?policy"]);
}

#[tokio::test]
async fn a_policy_that_names_the_dead_is_not_sent_and_they_are_named() {
    let mut dead = theirs();
    dead["Principal"]["AWS"] = json!("AROAEXAMPLEROLEID1234");
    for write in [put(), take()] {
        let wire = Wire::default().then(200, policy(&[dead.clone(), json!({"Sid": "Ours"})]));
        let failure = make(&wire, write).await.unwrap_err();
        assert_eq!(
            (failure.class, failure.code.as_str()),
            (FailureClass::Invalid, "DeadPrincipals")
        );
        assert!(failure.message.contains("AROAEXAMPLEROLEID1234"), "{failure}");
        assert_eq!(requests(&wire), ["GET /?policy"]);
    }
}

#[tokio::test]
async fn the_public_access_block_is_sent_with_all_four_flags() {
    let block = PublicAccessBlock {
        block_public_policy: true,
        ..PublicAccessBlock::default()
    };
    let wire = Wire::default().then(200, "");
    let write = Write::S3(S3Write::PutPublicAccessBlock {
        bucket: "exports".into(),
        block,
    });
    make(&wire, write).await.unwrap();
    assert_eq!(requests(&wire), ["PUT /?publicAccessBlock"]);
    let flags = "<BlockPublicAcls>false</BlockPublicAcls><IgnorePublicAcls>false</IgnorePublicAcls>\
                 <BlockPublicPolicy>true</BlockPublicPolicy><RestrictPublicBuckets>false</RestrictPublicBuckets>";
    assert!(wire.only().body.contains(flags), "{}", wire.only().body);
}

#[tokio::test]
async fn a_public_access_block_that_was_none_is_deleted() {
    let wire = Wire::default().then(204, "");
    let write = Write::S3(S3Write::DeletePublicAccessBlock {
        bucket: "exports".into(),
    });
    make(&wire, write).await.unwrap();
    assert_eq!(requests(&wire), ["DELETE /?publicAccessBlock"]);
}

#[tokio::test]
async fn policies_are_written_by_the_identity_role_pinned_to_the_bucket_and_read_by_the_read_role() {
    let wire = Wire::default().then(200, policy(&[theirs()])).then(204, "");
    make(&wire, put()).await.unwrap();
    let asked: Vec<String> = wire.sts().iter().map(|sent| sent.body.clone()).collect();
    let of = |role: &str| {
        asked
            .iter()
            .find(|body| body.contains(&format!("role/{role}&")))
            .unwrap()
    };
    assert!(
        of("firebreak-contain-identity").contains(r#""arn:aws:s3:::exports""#),
        "{asked:#?}"
    );
    assert!(!of("firebreak-read").contains("Policy="), "{asked:#?}");
}

#[tokio::test]
async fn a_conflicting_operation_is_a_conflict_and_a_refused_public_policy_says_why() {
    let wire = Wire::default()
        .then(200, policy(&[theirs()]))
        .then(409, s3_error("OperationAborted"));
    assert_eq!(make(&wire, put()).await.unwrap_err().class, FailureClass::Conflict);
    let wire = Wire::default()
        .then(200, policy(&[theirs()]))
        .then(403, s3_error("AccessDenied"));
    let failure = make(&wire, put()).await.unwrap_err();
    assert_eq!(failure.class, FailureClass::Denied);
    assert!(failure.message.starts_with("why ("), "{failure}");
}

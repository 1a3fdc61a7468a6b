//! IAM users at the wire: the serialized requests, what is made of the answers, and that nothing secret is kept.

use super::*;
use crate::testing::{access, query_error};
use firebreak_core::aws::{
    Cell,
    iam::{IamCell, IamRead, IamWrite},
};
use serde_json::{Value, json};

const DENY: &str = "arn:aws:iam::123456789012:policy/DenyAll";

async fn make(wire: &Wire, write: Write) -> Result<Receipt, Failure> {
    let result = aws(wire).await.write(&access("leak"), &write).await;
    assert_eq!(wire.left(), 0, "an answer was not asked for: {result:?}");
    result
}

async fn sent(action: &str, write: Write) -> String {
    let answer = format!("<{action}Response/>");
    let wire = Wire::default().then(200, answer);
    make(&wire, write).await.unwrap();
    wire.only().body
}

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

fn user() -> String {
    "ci".into()
}

fn key(active: bool) -> Write {
    Write::Iam(IamWrite::UpdateAccessKey {
        user: user(),
        access_key_id: "AKIAONE".into(),
        active,
    })
}

fn list(action: &str, items: &str, members: &str) -> String {
    format!("<{action}Response><{action}Result><{items}>{members}</{items}></{action}Result></{action}Response>")
}

fn user_xml() -> String {
    "<GetUserResponse><GetUserResult><User><Path>/robots/</Path><UserName>ci</UserName><UserId>AIDA</UserId>\
     <Arn>arn:aws:iam::123456789012:user/robots/ci</Arn><CreateDate>2026-01-02T03:04:05Z</CreateDate>\
     <PasswordLastUsed>2026-02-03T04:05:06Z</PasswordLastUsed>\
     <Tags><member><Key>team</Key><Value>a</Value></member></Tags></User></GetUserResult></GetUserResponse>"
        .into()
}

fn key_xml(id: &str, status: &str) -> String {
    format!(
        "<member><UserName>ci</UserName><AccessKeyId>{id}</AccessKeyId><Status>{status}</Status>\
         <CreateDate>2026-01-02T03:04:05Z</CreateDate></member>"
    )
}

#[tokio::test]
async fn the_policies_of_a_user_are_written_by_name() {
    let (policy_arn, policy_name) = (DENY.to_owned(), "Deny".to_owned());
    let document = json!({"Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]});
    let put = Write::Iam(IamWrite::PutUserPolicy {
        user: user(),
        policy_name: policy_name.clone(),
        document: document.clone(),
    });
    let attach = Write::Iam(IamWrite::AttachUserPolicy {
        user: user(),
        policy_arn: policy_arn.clone(),
    });
    let detach = Write::Iam(IamWrite::DetachUserPolicy {
        user: user(),
        policy_arn,
    });
    let delete = Write::Iam(IamWrite::DeleteUserPolicy {
        user: user(),
        policy_name,
    });
    let starts = |action: &str| format!("Action={action}&Version=2010-05-08&UserName=ci");
    assert_eq!(
        sent("AttachUserPolicy", attach).await,
        format!("{}&PolicyArn={DENY}", starts("AttachUserPolicy"))
    );
    assert_eq!(
        sent("DetachUserPolicy", detach).await,
        format!("{}&PolicyArn={DENY}", starts("DetachUserPolicy"))
    );
    assert_eq!(
        sent("PutUserPolicy", put).await,
        format!("{}&PolicyName=Deny&PolicyDocument={document}", starts("PutUserPolicy"))
    );
    assert_eq!(
        sent("DeleteUserPolicy", delete).await,
        format!("{}&PolicyName=Deny", starts("DeleteUserPolicy"))
    );
}

#[tokio::test]
async fn a_key_is_switched_with_the_name_of_its_user() {
    let start = "Action=UpdateAccessKey&Version=2010-05-08&UserName=ci&AccessKeyId=AKIAONE&Status=";
    assert_eq!(sent("UpdateAccessKey", key(false)).await, format!("{start}Inactive"));
    assert_eq!(sent("UpdateAccessKey", key(true)).await, format!("{start}Active"));
}

#[tokio::test]
async fn a_key_is_switched_by_the_identity_role_pinned_to_its_user() {
    let wire = Wire::default().then(200, "<UpdateAccessKeyResponse/>");
    make(&wire, key(false)).await.unwrap();
    let asked = wire.sts()[0].body.clone();
    assert!(
        asked.contains("RoleArn=arn:aws:iam::123456789012:role/firebreak-contain-identity&"),
        "{asked}"
    );
    assert!(asked.contains(r#""arn:aws:iam::123456789012:user/ci""#), "{asked}");
    assert!(!asked.contains("PutRolePolicy"), "{asked}");
}

#[tokio::test]
async fn what_is_gone_is_done_as_long_as_the_user_exists() {
    let gone = || query_error("NoSuchEntity");
    let (policy_arn, policy_name) = (DENY.to_owned(), "Deny".to_owned());
    let detach = Write::Iam(IamWrite::DetachUserPolicy {
        user: user(),
        policy_arn,
    });
    let delete = Write::Iam(IamWrite::DeleteUserPolicy {
        user: user(),
        policy_name,
    });
    for write in [detach, delete, key(false), key(true)] {
        let wire = Wire::default().then(404, gone()).then(200, user_xml());
        assert_eq!(make(&wire, write.clone()).await, Ok(Receipt::default()));
        let wire = Wire::default().then(404, gone()).then(404, gone());
        assert_eq!(make(&wire, write).await.unwrap_err().class, FailureClass::Gone);
    }
}

#[tokio::test]
async fn a_user_is_read_with_its_path_and_tags() {
    let query = Query::Iam(IamRead::User { user: user() });
    let expected = json!({
        "name": "ci",
        "arn": "arn:aws:iam::123456789012:user/robots/ci",
        "passwordLastUsed": "2026-02-03T04:05:06Z",
        "tags": {"team": "a"},
    });
    assert_eq!(
        found(&Wire::default().then(200, user_xml()), query.clone()).await,
        expected
    );
    let gone = Wire::default().then(404, query_error("NoSuchEntity"));
    assert_eq!(ask(&gone, query).await, Answer::NotFound);
}

#[tokio::test]
async fn the_keys_of_a_user_are_sorted_by_status() {
    let members = [
        key_xml("AKIAONE", "Active"),
        key_xml("AKIATWO", "Inactive"),
        key_xml("AKIAOLD", "Expired"),
    ]
    .concat();
    let wire = Wire::default().then(200, list("ListAccessKeys", "AccessKeyMetadata", &members));
    let cell = Query::Cell(Cell::Iam(IamCell::UserAccessKeys { user: user() }));
    let expected = json!({"active": ["AKIAONE"], "inactive": ["AKIATWO"], "expired": ["AKIAOLD"]});
    assert_eq!(found(&wire, cell).await, expected);
    assert_eq!(wire.only().body, "Action=ListAccessKeys&Version=2010-05-08&UserName=ci");
}

#[tokio::test]
async fn a_key_comes_with_its_last_use_and_one_that_was_never_used_without() {
    let members = [key_xml("AKIAONE", "Active"), key_xml("AKIATWO", "Inactive")].concat();
    let used = |date: &str, service: &str, region: &str| {
        format!(
            "<GetAccessKeyLastUsedResponse><GetAccessKeyLastUsedResult><UserName>ci</UserName><AccessKeyLastUsed>{date}\
             <ServiceName>{service}</ServiceName><Region>{region}</Region></AccessKeyLastUsed>\
             </GetAccessKeyLastUsedResult></GetAccessKeyLastUsedResponse>"
        )
    };
    let date = "<LastUsedDate>2026-02-03T04:05:06Z</LastUsedDate>";
    let wire = Wire::default()
        .then(200, list("ListAccessKeys", "AccessKeyMetadata", &members))
        .then(200, used(date, "s3", "us-east-1"))
        .then(200, used("", "N/A", "N/A"));
    let expected = json!([
        {"id": "AKIAONE", "status": "Active", "lastUsed": "2026-02-03T04:05:06Z", "lastService": "s3",
         "lastRegion": "us-east-1"},
        {"id": "AKIATWO", "status": "Inactive", "lastUsed": null, "lastService": null, "lastRegion": null},
    ]);
    assert_eq!(
        found(&wire, Query::Iam(IamRead::AccessKeysOfUser { user: user() })).await,
        expected
    );
}

#[tokio::test]
async fn a_user_without_a_password_is_no_missing_user() {
    let query = || Query::Iam(IamRead::UserAccess { user: user() });
    let devices = list("ListMFADevices", "MFADevices", "");
    let group = "<member><Path>/</Path><GroupName>deployers</GroupName><GroupId>AGPA</GroupId><Arn>arn</Arn>\
                 <CreateDate>2026-01-02T03:04:05Z</CreateDate></member>";
    let wire = Wire::default()
        .then(404, query_error("NoSuchEntity"))
        .then(200, devices)
        .then(200, list("ListGroupsForUser", "Groups", group));
    let expected = json!({"password": false, "mfaDevices": 0, "groups": ["deployers"]});
    assert_eq!(found(&wire, query()).await, expected);
    let gone = || query_error("NoSuchEntity");
    let wire = Wire::default().then(404, gone()).then(404, gone());
    assert_eq!(ask(&wire, query()).await, Answer::NotFound);
}

#[tokio::test]
async fn of_other_credentials_only_ids_and_statuses_are_kept() {
    let certificate = "<member><UserName>ci</UserName><CertificateId>CERT1</CertificateId>\
                       <CertificateBody>-----BEGIN s3cr3t</CertificateBody><Status>Active</Status></member>";
    let specific = "<member><UserName>ci</UserName><Status>Active</Status><ServiceUserName>ci-at-1</ServiceUserName>\
                    <CreateDate>2026-01-02T03:04:05Z</CreateDate><ServiceSpecificCredentialId>ACCA1\
                    </ServiceSpecificCredentialId><ServiceName>codecommit.amazonaws.com</ServiceName></member>";
    let ssh = "<member><UserName>ci</UserName><SSHPublicKeyId>APKA1</SSHPublicKeyId><Status>Inactive</Status>\
               <UploadDate>2026-01-02T03:04:05Z</UploadDate></member>";
    let wire = Wire::default()
        .then(200, list("ListSigningCertificates", "Certificates", certificate))
        .then(
            200,
            list("ListServiceSpecificCredentials", "ServiceSpecificCredentials", specific),
        )
        .then(200, list("ListSSHPublicKeys", "SSHPublicKeys", ssh));
    let credentials = found(&wire, Query::Iam(IamRead::OtherCredentialsOfUser { user: user() })).await;
    let expected = json!([
        {"kind": "signing certificate", "id": "CERT1", "status": "Active"},
        {"kind": "service-specific credential for codecommit.amazonaws.com", "id": "ACCA1", "status": "Active"},
        {"kind": "SSH public key", "id": "APKA1", "status": "Inactive"},
    ]);
    assert_eq!(credentials, expected);
    assert!(!credentials.to_string().contains("s3cr3t"));
}

#[tokio::test]
async fn an_inline_policy_of_a_user_is_decoded_and_none_is_null() {
    let cell = || {
        Query::Cell(Cell::Iam(IamCell::UserInlinePolicy {
            user: user(),
            policy_name: "Deny".into(),
        }))
    };
    let body = "<GetUserPolicyResponse><GetUserPolicyResult><UserName>ci</UserName><PolicyName>Deny</PolicyName>\
                <PolicyDocument>%7B%22Statement%22%3A%22a%20b%22%7D</PolicyDocument></GetUserPolicyResult>\
                </GetUserPolicyResponse>";
    assert_eq!(
        found(&Wire::default().then(200, body), cell()).await,
        json!({"Statement": "a b"})
    );
    let gone = || query_error("NoSuchEntity");
    let wire = Wire::default().then(404, gone()).then(200, user_xml());
    assert_eq!(ask(&wire, cell()).await, Answer::Found(Value::Null));
    let wire = Wire::default().then(404, gone()).then(404, gone());
    assert_eq!(ask(&wire, cell()).await, Answer::NotFound);
}

#[tokio::test]
async fn an_attachment_to_a_user_is_found() {
    let member = format!("<member><PolicyName>p</PolicyName><PolicyArn>{DENY}</PolicyArn></member>");
    let wire = Wire::default().then(200, list("ListAttachedUserPolicies", "AttachedPolicies", &member));
    let cell = Cell::Iam(IamCell::UserPolicyAttachment {
        user: user(),
        policy_arn: DENY.into(),
    });
    assert_eq!(found(&wire, Query::Cell(cell)).await, json!(true));
}

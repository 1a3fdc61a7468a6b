//! The others' statements are never touched, whatever they look like; and what they say about the bucket.

use super::*;
use proptest::{collection::vec, option, prelude::*};

fn ours() -> Value {
    deny_all(
        "arn:aws:s3:::exports",
        &["arn:aws:iam::123456789012:role/firebreak-read".into()],
    )
}

fn allow(principal: Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": principal, "Action": "s3:PutObject", "Resource": "*"}]})
}

/// Policies of others, in the forms that S3 takes; some have a statement of our Sid.
fn policies() -> impl Strategy<Value = Value> {
    let statement = (option::of(prop_oneof!["[A-Z]{1,3}", Just(SID.to_owned())]), "[a-z]{1,4}").prop_map(|(sid, action)| {
        let mut made = json!({"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": format!("s3:{action}"), "Resource": "*"});
        if let Some(sid) = sid {
            made["Sid"] = json!(sid);
        }
        made
    });
    (vec(statement, 1..5), any::<bool>(), any::<bool>()).prop_map(|(mut all, named, single)| {
        let mut seen = BTreeSet::new();
        all.retain(|statement| statement["Sid"].as_str().is_none_or(|sid| seen.insert(sid.to_owned())));
        let statements = if single && all.len() == 1 {
            all.remove(0)
        } else {
            Value::Array(all)
        };
        let mut policy = json!({"Version": "2008-10-17", "Statement": statements});
        if named {
            policy["Id"] = json!("theirs");
        }
        policy
    })
}

fn others(policy: &Value) -> Vec<Value> {
    let mut all = statements(Some(policy));
    all.retain(|statement| !has_sid(statement, SID));
    all
}

proptest! {
    #[test]
    fn the_others_stay_as_they_are_and_in_their_order(policy in policies()) {
        let with = with_statement(Some(&policy), SID, &ours());
        prop_assert_eq!(others(&with), others(&policy));
        prop_assert_eq!(statement(Some(&with), SID), ours());
        prop_assert_eq!(&with["Id"], &policy["Id"]);
        prop_assert_eq!(&with["Version"], &policy["Version"]);
    }

    #[test]
    fn putting_it_twice_is_putting_it_once(policy in policies()) {
        let once = with_statement(Some(&policy), SID, &ours());
        prop_assert_eq!(&with_statement(Some(&once), SID, &ours()), &once);
    }

    #[test]
    fn taken_out_or_put_back_everything_means_what_it_meant(policy in policies()) {
        let before = statement(Some(&policy), SID);
        let with = with_statement(Some(&policy), SID, &ours());
        let back = match before {
            Value::Null => without_statement(&with, SID),
            theirs => Some(with_statement(Some(&with), SID, &theirs)),
        };
        prop_assert_eq!(policy_document::canonical(&back.unwrap()), policy_document::canonical(&policy));
    }
}

#[test]
fn a_bucket_without_a_policy_gets_one_and_has_none_again() {
    let with = with_statement(None, SID, &ours());
    assert_eq!(with, json!({"Version": "2012-10-17", "Statement": [ours()]}));
    assert_eq!(without_statement(&with, SID), None);
    assert_eq!(
        (statement(None, SID), statement(Some(&with), "Other")),
        (Value::Null, Value::Null)
    );
}

#[test]
fn a_policy_without_our_statement_is_left_as_it_is() {
    let theirs = allow(json!("*"));
    assert_eq!(without_statement(&theirs, SID), Some(theirs));
}

#[test]
fn everybody_is_denied_but_services_and_the_exempt() {
    let statement = ours();
    assert_eq!(
        (&statement["Effect"], &statement["Principal"], &statement["Action"]),
        (&json!("Deny"), &json!("*"), &json!("s3:*"))
    );
    assert_eq!(
        statement["Resource"],
        json!(["arn:aws:s3:::exports", "arn:aws:s3:::exports/*"])
    );
    let condition = json!({"ArnNotLike": {"aws:PrincipalArn": ["arn:aws:iam::123456789012:role/firebreak-read"]},
        "StringNotLike": {"aws:PrincipalServiceName": spared_services("arn:aws:s3:::exports")}});
    assert_eq!(statement["Condition"], condition);
}

#[test]
fn only_services_that_deliver_to_a_bucket_are_spared() {
    let spared = spared_services("arn:aws:s3:::exports");
    for service in [
        "cloudtrail.amazonaws.com",
        "logging.s3.amazonaws.com",
        "s3.amazonaws.com",
    ] {
        assert!(spared.iter().any(|name| name == service), "{service}");
    }
    let spares = |service: &str| spared.iter().any(|name| crate::pattern::matches(name, service));
    assert!(spares("logs.eu-west-1.amazonaws.com"));
    for service in [
        "cloudfront.amazonaws.com",
        "serverlessrepo.amazonaws.com",
        "mediastore.amazonaws.com",
        "apidestinations.events.amazonaws.com",
    ] {
        assert!(!spares(service), "{service}");
    }
}

#[test]
fn services_that_deliver_are_spared_by_the_names_of_the_partition() {
    let spared = spared_services("arn:aws-cn:s3:::exports");
    for service in ["cloudtrail.amazonaws.com", "cloudtrail.amazonaws.com.cn"] {
        assert!(spared.iter().any(|name| name == service), "{service}");
    }
    assert!(!spared_services("arn:aws:s3:::exports").contains(&"cloudtrail.amazonaws.com.cn".to_owned()));
}

#[test]
fn a_statement_as_aws_gives_it_back_is_the_same() {
    let mut back = ours();
    back["Principal"] = json!({"AWS": "*"});
    back["Action"] = json!(["s3:*"]);
    back["Resource"] = json!(["arn:aws:s3:::exports/*", "arn:aws:s3:::exports"]);
    back["Condition"]["ArnNotLike"]["aws:PrincipalArn"] = json!("arn:aws:iam::123456789012:role/firebreak-read");
    assert_eq!(canonical_statement(&back), canonical_statement(&ours()));
    assert_eq!(canonical_statement(&Value::Null), Value::Null);
}

#[test]
fn only_unique_ids_of_users_and_roles_are_dead() {
    let living = json!({"AWS": ["arn:aws:iam::123456789012:role/AROA", "123456789012", "*", "AROA"], "CanonicalUser": "79a59df900b949e5"});
    assert_eq!(dead_principals(&allow(living)), [""; 0]);
    let dead = json!({"AWS": ["AROAEXAMPLEROLEID1234", "AIDAEXAMPLEUSERID1234", "AROAEXAMPLEROLEID1234"]});
    assert_eq!(
        dead_principals(&allow(dead)),
        ["AIDAEXAMPLEUSERID1234", "AROAEXAMPLEROLEID1234"]
    );
    let spared = json!({"Statement": {"Effect": "Deny", "NotPrincipal": {"AWS": "AROAEXAMPLEROLEID1234"}, "Action": "s3:*", "Resource": "*"}});
    assert_eq!(dead_principals(&spared), ["AROAEXAMPLEROLEID1234"]);
}

#[test]
fn who_delivers_logs_is_known_by_service_or_by_account() {
    for (principal, who) in [
        (
            json!({"Service": "cloudtrail.amazonaws.com"}),
            "cloudtrail.amazonaws.com",
        ),
        (
            json!({"Service": ["ec2.amazonaws.com", "delivery.logs.amazonaws.com"]}),
            "delivery.logs.amazonaws.com",
        ),
        (
            json!({"Service": "logging.s3.amazonaws.com"}),
            "logging.s3.amazonaws.com",
        ),
        (
            json!({"Service": "logs.eu-west-1.amazonaws.com"}),
            "logs.eu-west-1.amazonaws.com",
        ),
        (json!({"Service": "cloudtrail.c2s.ic.gov"}), "cloudtrail.c2s.ic.gov"),
        (
            json!({"Service": "logs.cn-north-1.amazonaws.com.cn"}),
            "logs.cn-north-1.amazonaws.com.cn",
        ),
        (
            json!({"AWS": "arn:aws:iam::127311923021:root"}),
            "arn:aws:iam::127311923021:root",
        ),
        (json!({"AWS": "156460612806"}), "156460612806"),
    ] {
        assert_eq!(log_deliverers(&allow(principal)), [who]);
    }
    for principal in [
        json!("*"),
        json!({"Service": "cloudfront.amazonaws.com"}),
        json!({"AWS": "arn:aws:iam::123456789012:root"}),
    ] {
        assert_eq!(log_deliverers(&allow(principal)), [""; 0]);
    }
    let denied = json!({"Statement": {"Effect": "Deny", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "s3:*", "Resource": "*"}});
    assert_eq!(log_deliverers(&denied), [""; 0]);
}

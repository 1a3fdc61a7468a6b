//! GuardDuty's samples, and what is no finding.

use super::{samples::sample, *};
use serde_json::{Value, json};

fn found(name: &str) -> Finding {
    read(&sample(name)).unwrap()
}

#[test]
fn each_sample_names_what_it_is_about() {
    let cases = [
        (
            "iam_exfiltration",
            FindingResource::AccessKey,
            Severity::High,
            "arn:aws:iam::123456789012:role/payments-task",
        ),
        (
            "iam_user_key",
            FindingResource::AccessKey,
            Severity::Medium,
            "arn:aws:iam::123456789012:user/ci-deploy",
        ),
        (
            "ec2_mining",
            FindingResource::Instance,
            Severity::High,
            "arn:aws:ec2:us-east-1:123456789012:instance/i-0a1b2c3d4e5f60718",
        ),
        (
            "s3_public",
            FindingResource::Bucket,
            Severity::High,
            "arn:aws:s3:::payments-exports",
        ),
        (
            "s3_exfiltration",
            FindingResource::Bucket,
            Severity::High,
            "arn:aws:s3:::payments-exports",
        ),
        (
            "ecs_runtime",
            FindingResource::EcsTask,
            Severity::Medium,
            "arn:aws:ecs:us-east-1:123456789012:service/shop/checkout",
        ),
        (
            "lambda_network",
            FindingResource::Function,
            Severity::High,
            "arn:aws:lambda:us-east-1:123456789012:function:payments-refund",
        ),
        (
            "attack_sequence",
            FindingResource::AttackSequence,
            Severity::Critical,
            "arn:aws:iam::123456789012:role/payments-task",
        ),
    ];
    for (name, resource, severity, arn) in cases {
        let finding = found(name);
        assert_eq!((finding.resource, finding.severity), (resource, severity), "{name}");
        assert_eq!(finding.arn(&finding.about()), arn, "{name}");
        assert!(!finding.is_sample && !finding.is_archived, "{name}");
    }
}

#[test]
fn what_has_no_quarantine_is_about_its_arn() {
    assert_eq!(found("eks_audit").resource, FindingResource::EksCluster);
    assert_eq!(found("rds_login").resource, FindingResource::Database);
    assert!(matches!(found("eks_audit").about(), Subject::Other(arn) if arn.contains(":eks:")));
    assert!(matches!(found("rds_login").about(), Subject::Other(arn) if arn.contains(":rds:")));
}

#[test]
fn the_owner_of_credentials_is_beside_the_bucket_that_they_were_used_on() {
    let finding = found("s3_exfiltration");
    assert_eq!(finding.owners, [Subject::Role("payments-task".into())]);
    assert!(matches!(finding.about(), Subject::Bucket(_)));
}

#[test]
fn an_instance_is_told_with_its_vpc_and_tags() {
    let finding = found("ec2_mining");
    assert!(matches!(
        finding.about(),
        Subject::Instance(Instance { vpc: Some(_), .. })
    ));
    let (key, _) = finding.tags[0].clone();
    assert!(finding.has_tag(&TagMatch {
        key: key.clone(),
        value: None
    }));
    assert!(!finding.has_tag(&TagMatch {
        key,
        value: Some("another".into())
    }));
}

#[test]
fn a_sequence_names_the_resources_of_its_signals() {
    let finding = found("attack_sequence");
    assert!(finding.is_sequence());
    assert!(finding.others.contains(&Subject::Bucket("payments-exports".into())));
}

#[test]
fn an_instance_of_a_sequence_is_in_the_vpc_of_its_interface() {
    let mut sequence = sample("attack_sequence");
    let resources = &mut sequence["service"]["detection"]["sequence"]["resources"];
    let all = resources.as_array_mut().unwrap();
    all.push(json!({
        "uid": "i", "name": "i-0a1b2c3d4e5f60718", "resourceType": "EC2_INSTANCE",
        "data": {"ec2Instance": {"ec2NetworkInterfaceUids": ["eni"]}},
    }));
    all.push(json!({
        "uid": "eni", "resourceType": "EC2_NETWORK_INTERFACE",
        "data": {"ec2NetworkInterface": {"vpcId": "vpc-0123456789abcdef0"}},
    }));
    let instance = Subject::instance("i-0a1b2c3d4e5f60718", Some("vpc-0123456789abcdef0")).unwrap();
    assert!(read(&sequence).unwrap().others.contains(&instance));
}

#[test]
fn samples_are_known_by_their_title_or_by_what_they_say() {
    assert!(found("sample").is_sample);
    let mut said = sample("iam_user_key");
    said["service"]["additionalInfo"] = json!({"type": "default", "value": "{\"sample\":true}"});
    assert!(read(&said).unwrap().is_sample);
}

#[test]
fn the_aws_cli_prints_the_same_finding_with_capital_letters() {
    fn upper(value: &Value) -> Value {
        match value {
            Value::Object(fields) => fields
                .iter()
                .map(|(name, value)| (name[..1].to_uppercase() + &name[1..], upper(value)))
                .collect(),
            Value::Array(items) => items.iter().map(upper).collect(),
            other => other.clone(),
        }
    }
    for name in ["iam_exfiltration", "ec2_mining", "ecs_runtime"] {
        assert_eq!(read(&upper(&sample(name))), read(&sample(name)), "{name}");
    }
}

#[test]
fn what_is_no_finding_is_rejected_by_its_field() {
    let changed = |name: &str, value: Value| {
        let mut finding = sample("iam_user_key");
        finding[name] = value;
        read(&finding).unwrap_err().why
    };
    for (name, value) in [
        ("type", json!(null)),
        ("type", json!("x".repeat(300))),
        ("severity", json!("high")),
        ("severity", json!(11)),
        ("accountId", json!("12")),
        ("region", json!("us east")),
        ("createdAt", json!("yesterday")),
        ("updatedAt", json!(17)),
    ] {
        assert!(changed(name, value.clone()).starts_with(name), "{name} {value}");
    }
    for nothing in [json!(null), json!([]), json!("x"), json!({}), json!({"id": "a b"})] {
        assert_eq!(read(&nothing).unwrap_err().id, None, "{nothing}");
    }
}

#[test]
fn a_name_that_aws_would_not_give_is_left_out() {
    let hostile = ["../admin", "a b", "role\n", "*", "", "x\u{202e}", "${aws:username}"];
    for name in hostile {
        let mut finding = sample("iam_exfiltration");
        finding["resource"]["accessKeyDetails"]["userName"] = json!(name);
        assert_eq!(read(&finding).unwrap().owners, [], "{name}");
        assert_eq!(
            Subject::bucket(name)
                .or(Subject::function(name))
                .or(Subject::service(name, "a")),
            None,
            "{name}"
        );
    }
}

#[test]
fn a_hostile_title_forges_nothing() {
    let mut finding = sample("iam_user_key");
    finding["title"] = json!(format!("\u{1b}[2K{}", "ä\n".repeat(4000)));
    let title = read(&finding).unwrap().title;
    assert!(
        title.starts_with("\\u{1b}") && title.chars().count() == TITLE,
        "{title}"
    );
}

#[test]
fn data_sources_are_told_apart() {
    let cases = [
        ("CryptoCurrency:EC2/BitcoinTool.B!DNS", "EC2!DNS"),
        ("UnauthorizedAccess:EC2/SSHBruteForce", "EC2"),
        ("Execution:Runtime/NewBinaryExecuted", "Runtime"),
        ("nothing", "nothing"),
    ];
    for (type_, source) in cases {
        assert_eq!(data_source(type_), source);
    }
}

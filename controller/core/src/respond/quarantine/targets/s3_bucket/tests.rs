//! Every refusal, the steps and their order, what reopens the bucket, and what people are told.

use super::*;
use crate::{
    aws::{
        Answer,
        s3::{S3Cell, S3Read},
    },
    respond::quarantine::targets::testing::World,
    run::step::Undo,
};

const ARN: &str = "arn:aws:s3:::payments-exports";
const BOTH: [S3BucketMethod; 2] = [S3BucketMethod::BlockPublicAccess, S3BucketMethod::DenyAll];

fn spec(methods: &[S3BucketMethod]) -> TargetSpec {
    TargetSpec {
        s3_bucket: Some(S3BucketTarget {
            bucket: "payments-exports".into(),
            methods: methods.to_vec(),
        }),
        ..TargetSpec::default()
    }
}

fn query() -> Query {
    Query::S3(S3Read::Bucket {
        bucket: "payments-exports".into(),
    })
}

fn block() -> Query {
    Query::Cell(Cell::S3(S3Cell::BucketPublicAccessBlock {
        bucket: "payments-exports".into(),
    }))
}

fn statement() -> Query {
    Query::Cell(Cell::S3(S3Cell::BucketPolicyStatement {
        bucket: "payments-exports".into(),
        sid: SID.into(),
    }))
}

fn allowing(principal: Value) -> Option<Value> {
    Some(json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": principal, "Action": "s3:PutObject", "Resource": "arn:aws:s3:::payments-exports/*"}]}))
}

fn bucket() -> Bucket {
    Bucket {
        region: "us-east-1".into(),
        policy: allowing(json!({"AWS": "arn:aws:iam::123456789012:role/payments-task"})),
        tags: [("team".to_owned(), "payments".to_owned())].into(),
        ..Bucket::default()
    }
}

fn public() -> Bucket {
    Bucket {
        policy: allowing(json!("*")),
        policy_is_public: true,
        ..bucket()
    }
}

fn world(bucket: &Bucket) -> World {
    World::default()
        .with(query(), bucket)
        .with(block(), &Value::Null)
        .with(statement(), &Value::Null)
}

fn design(world: &World, methods: &[S3BucketMethod]) -> Design {
    world.design(&S3Bucket, &spec(methods)).unwrap()
}

#[track_caller]
fn refused(world: &World, methods: &[S3BucketMethod], reason: Reason, says: &str) {
    let blocked = world.design(&S3Bucket, &spec(methods)).unwrap_err();
    assert_eq!(blocked.reason, reason, "{}", blocked.message);
    assert!(blocked.message.contains(says), "{says} is not in: {}", blocked.message);
    assert!(blocked.message.starts_with("spec."), "{}", blocked.message);
}

#[test]
fn a_bucket_that_does_not_exist_is_named_by_its_field() {
    let world = World::default().answering(query(), Answer::NotFound);
    refused(&world, &BOTH, Reason::TargetNotFound, "spec.target.s3Bucket.bucket");
}

#[test]
fn a_bucket_of_another_region_is_refused_before_anything_else_is_asked() {
    let elsewhere = Bucket {
        region: "eu-west-1".into(),
        ..Bucket::default()
    };
    let world = World::default().with(query(), &elsewhere);
    refused(
        &world,
        &BOTH,
        Reason::InvalidTarget,
        "is in eu-west-1, not in us-east-1",
    );
}

#[test]
fn what_aws_does_not_tell_blocks() {
    let denied = "s3:GetBucketLocation: AccessDenied: belongs to another account";
    let world = World::default().answering(query(), Answer::Denied(denied.into()));
    let blocked = world.design(&S3Bucket, &spec(&BOTH)).unwrap_err();
    assert_eq!(
        (blocked.reason, blocked.message.as_str()),
        (Reason::AccessDenied, denied)
    );
    let world = self::world(&bucket()).answering(block(), Answer::Throttled);
    assert_eq!(
        world.design(&S3Bucket, &spec(&BOTH)).unwrap_err().reason,
        Reason::Throttled
    );
}

#[test]
fn the_denial_goes_first_whatever_the_order_in_the_spec() {
    for methods in [BOTH, [S3BucketMethod::DenyAll, S3BucketMethod::BlockPublicAccess]] {
        let drafts = design(&world(&bucket()), &methods).drafts;
        let ids: Vec<_> = drafts.iter().map(|d| d.id.as_str()).collect();
        assert_eq!(ids, ["deny-all", "block-public-access"]);
        assert!(
            drafts
                .iter()
                .all(|d| d.undo == Undo::Reversible && d.settling == [15, 60, 300])
        );
    }
}

#[test]
fn each_method_alone_is_one_step_and_blocking_looks_at_no_policy() {
    assert_eq!(design(&world(&bucket()), &[S3BucketMethod::DenyAll]).drafts.len(), 1);
    let asked_little = World::default().with(query(), &bucket());
    let drafts = design(&asked_little, &[S3BucketMethod::BlockPublicAccess]).drafts;
    assert_eq!(drafts.len(), 1);
    assert_eq!(
        drafts[0].after,
        json!({"blockPublicAcls": true, "ignorePublicAcls": true, "blockPublicPolicy": true, "restrictPublicBuckets": true})
    );
}

#[test]
fn the_denial_spares_firebreak_and_the_break_glass_principals_of_the_account() {
    let drafts = design(&world(&bucket()), &[S3BucketMethod::DenyAll]).drafts;
    let spared = &drafts[0].after["Condition"]["ArnNotLike"]["aws:PrincipalArn"];
    let expected = ["break-glass-*", "firebreak-contain", "firebreak-read"]
        .map(|name| format!("arn:aws:iam::123456789012:role/{name}"));
    assert_eq!(spared, &json!(expected));
    assert_eq!(drafts[0].after["Resource"], json!([ARN, format!("{ARN}/*")]));
}

#[test]
fn public_access_reopens_the_compromise_and_so_does_a_denial_of_a_public_bucket() {
    let open = Some(Reopens::PublicAccess);
    let reopens = |bucket: &Bucket| {
        design(&world(bucket), &BOTH)
            .drafts
            .iter()
            .map(|d| d.reopens)
            .collect::<Vec<_>>()
    };
    assert_eq!(reopens(&bucket()), [None, open]);
    assert_eq!(reopens(&public()), [open, open]);
    let by_acl = Bucket {
        grantees: vec![EVERYBODY[0].into()],
        ..bucket()
    };
    assert_eq!(reopens(&by_acl), [open, open]);
}

#[test]
fn a_bucket_that_receives_logs_is_not_denied_but_may_be_blocked() {
    let by_policy = Bucket {
        policy: allowing(json!({"Service": "cloudtrail.amazonaws.com"})),
        ..bucket()
    };
    let by_acl = Bucket {
        grantees: vec![LOG_GRANTEES[0].into()],
        ..bucket()
    };
    refused(&world(&by_policy), &BOTH, Reason::LogBucket, "cloudtrail.amazonaws.com");
    refused(&world(&by_acl), &BOTH, Reason::LogBucket, "LogDelivery");
    assert_eq!(
        design(&world(&by_policy), &[S3BucketMethod::BlockPublicAccess])
            .drafts
            .len(),
        1
    );
}

#[test]
fn a_policy_that_names_the_dead_is_not_touched_and_they_are_named() {
    let dead = Bucket {
        policy: allowing(json!({"AWS": ["AROAEXAMPLEROLEID1234", "AIDAEXAMPLEUSERID1234"]})),
        ..bucket()
    };
    refused(
        &world(&dead),
        &BOTH,
        Reason::Unmodifiable,
        "AIDAEXAMPLEUSERID1234, AROAEXAMPLEROLEID1234",
    );
    assert_eq!(
        design(&world(&dead), &[S3BucketMethod::BlockPublicAccess]).drafts.len(),
        1
    );
}

#[test]
fn a_public_policy_that_s3_would_refuse_is_not_written() {
    let blocked = world(&public()).with(block(), &PublicAccessBlock::ALL);
    refused(&blocked, &BOTH, Reason::Unmodifiable, "is public");
    let harmless = world(&bucket()).with(block(), &PublicAccessBlock::ALL);
    assert_eq!(design(&harmless, &BOTH).drafts.len(), 2);
}

#[test]
fn a_policy_that_has_no_room_is_not_written() {
    let long = Bucket {
        policy: allowing(json!({"AWS": "x".repeat(MAX_BYTES - 500)})),
        ..bucket()
    };
    refused(&world(&long), &BOTH, Reason::LimitExceeded, "bytes");
}

#[test]
fn where_the_denial_stands_already_nothing_of_the_policy_matters() {
    let after = design(&world(&bucket()), &BOTH).drafts[0].after.clone();
    let dead = Bucket {
        policy: allowing(json!({"AWS": "AROAEXAMPLEROLEID1234"})),
        policy_is_public: true,
        ..bucket()
    };
    let world = world(&dead)
        .with(statement(), &after)
        .with(block(), &PublicAccessBlock::ALL);
    assert_eq!(design(&world, &BOTH).drafts.len(), 2);
}

#[test]
fn the_bucket_is_touched_with_its_tags() {
    let design = design(&world(&bucket()), &BOTH);
    assert_eq!((design.arn.as_str(), design.touches[0].arn.as_str()), (ARN, ARN));
    assert_eq!(design.touches[0].tags["team"], "payments");
}

#[test]
fn who_keeps_access_and_what_is_left_open_is_said() {
    let says = |bucket: &Bucket, methods: &[S3BucketMethod], word: &str| {
        design(&world(bucket), methods)
            .notes
            .iter()
            .any(|note| note.contains(word))
    };
    assert!(says(&bucket(), &BOTH, "payments-task"));
    assert!(says(
        &bucket(),
        &BOTH,
        "Keep access: services of AWS that deliver logs, and arn:aws:iam::123456789012:role/break-glass-*"
    ));
    assert!(says(&bucket(), &BOTH, "presigned URLs"));
    assert!(says(&public(), &BOTH, "Its policy is public"));
    assert!(says(&bucket(), &[S3BucketMethod::BlockPublicAccess], "add DenyAll"));
    assert!(says(&public(), &[S3BucketMethod::DenyAll], "add BlockPublicAccess"));
    assert!(!says(&bucket(), &[S3BucketMethod::DenyAll], "add BlockPublicAccess"));
}

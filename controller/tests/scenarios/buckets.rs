//! A bucket's policy belongs to many: what others write into it meanwhile, and what S3 refuses.

use crate::support::{
    Bench,
    words::{self, guardrail_contain},
    worlds::{self, EXPORTS, denial, exports, half_blocked, stated},
};
use firebreak_cloud::memory::{ACCOUNT, Asker, REGION, World, sample, world::Bucket};
use firebreak_core::aws::s3::{PublicAccessBlock, bucket_policy::SID};
use firebreak_crds::{DesiredState, HoldState, Reopens};
use serde_json::{Value, json};

const BOTH: [&str; 2] = ["BlockPublicAccess", "DenyAll"];

fn theirs(sid: &str, principal: Value) -> Value {
    json!({"Sid": sid, "Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::payments-exports/*"})
}

fn by_orders() -> Value {
    json!({"AWS": format!("arn:aws:iam::{ACCOUNT}:role/orders-task")})
}

fn sids(bench: &Bench) -> Vec<String> {
    let policy = bench.aws.change(|world| exports(world).policy.clone());
    let statements = policy.map(|policy| policy["Statement"].as_array().unwrap().clone());
    let sid = |statement: Value| statement["Sid"].as_str().unwrap().to_owned();
    statements.into_iter().flatten().map(sid).collect()
}

async fn contained(change: impl FnOnce(&mut World)) -> Bench {
    let bench = Bench::of(worlds::changed(change));
    bench.api.seed(&words::account());
    bench.api.seed(&words::guardrail_free());
    bench.quarantined("q", words::bucket(&BOTH));
    assert_eq!(bench.settle("q").await, "Contained");
    bench.keep("q", 400).await;
    bench.aws.clear_calls();
    bench
}

fn make_public(world: &mut World) {
    stated(world, &theirs("Everybody", json!("*")));
}

async fn refused(change: impl FnOnce(&mut World), target: Value, reason: &str, says: &str) -> Bench {
    let bench = Bench::of(worlds::changed(change));
    bench.api.seed(&words::account());
    bench.api.seed(&words::guardrail_free());
    bench.quarantined("q", target);
    assert_eq!(bench.settle("q").await, reason);
    let message = bench.message("q", "Ready");
    assert!(message.contains(says), "{says} is not in: {message}");
    assert_eq!((bench.wrote(), bench.holds()), (vec![], vec![]));
    bench
}

#[tokio::test]
async fn a_statement_that_others_add_meanwhile_is_no_drift_and_survives_the_release() {
    let bench = contained(|_| {}).await;
    bench
        .aws
        .change(|world| stated(world, &theirs("Newcomer", by_orders())));
    bench.keep("q", 700).await;
    assert_eq!(
        (bench.wrote(), bench.says("q", "InSync")),
        (vec![], "True/InSync".into())
    );
    bench.let_go_of_everything("q");
    assert_eq!(bench.settle("q").await, "Released");
    assert_eq!(sids(&bench), ["Tls", "Owner", "Newcomer"]);
    let expected = worlds::changed(|world| stated(world, &theirs("Newcomer", by_orders())));
    assert_eq!(bench.aws.world(), expected);
}

/// CloudFront reads by its own name, and hands what it reads to the internet.
#[tokio::test]
async fn a_contained_bucket_is_no_longer_served_by_cloudfront() {
    let cloudfront = Asker::Service("cloudfront.amazonaws.com");
    let served = |world: &mut World| {
        let mut statement = theirs("Served", json!({"Service": "cloudfront.amazonaws.com"}));
        let distribution = format!("arn:aws:cloudfront::{ACCOUNT}:distribution/EXAMPLE");
        statement["Condition"] = json!({"StringEquals": {"AWS:SourceArn": distribution}});
        stated(world, &statement);
    };
    assert!(exports(&mut worlds::changed(served)).lets_in(cloudfront));
    let bench = contained(served).await;
    let lets_in = |asker: Asker<'_>| bench.aws.change(|world| exports(world).lets_in(asker));
    assert!(!lets_in(cloudfront));
    assert!(!lets_in(Asker::Anonymous));
    assert!(!lets_in(Asker::Role(&format!(
        "arn:aws:iam::{ACCOUNT}:role/orders-task"
    ))));
    bench.let_go_of_everything("q");
    assert_eq!(bench.settle("q").await, "Released");
    assert!(lets_in(cloudfront));
}

#[tokio::test]
async fn a_statement_that_others_add_or_edit_while_people_are_waited_for_survives_and_voids_no_approval() {
    let bench = Bench::of(sample());
    bench.api.seed(&words::account());
    bench.api.seed(&guardrail_contain(1));
    bench.quarantined("q", words::bucket(&BOTH));
    assert_eq!(bench.settle("q").await, "AwaitingApproval");
    let plan = bench.plan("q").metadata.name;
    bench.approve("q", "ann@example.com");
    let edited = theirs("Owner", by_orders());
    bench.aws.change(|world| {
        stated(world, &theirs("Newcomer", by_orders()));
        stated(world, &edited);
    });
    assert_eq!(bench.settle("q").await, "Contained");
    assert_eq!((bench.plan("q").metadata.name, bench.plans("q").len()), (plan, 1));
    assert_eq!(sids(&bench), ["Tls", "Owner", "Newcomer", SID]);
    let policy = bench.aws.change(|world| exports(world).policy.clone()).unwrap();
    assert_eq!(policy["Statement"][1], edited);
}

#[tokio::test]
async fn our_statement_edited_or_taken_out_is_drift_and_is_put_right_beside_the_others() {
    let edited = {
        let mut edited = denial();
        edited["Action"] = json!("s3:PutObject");
        edited
    };
    for undo in [Some(edited), None] {
        let bench = contained(|_| {}).await;
        bench.aws.change(|world| {
            stated(world, &theirs("Newcomer", by_orders()));
            match &undo {
                Some(edited) => stated(world, edited),
                None => {
                    let statements = exports(world).policy.as_mut().unwrap()["Statement"]
                        .as_array_mut()
                        .unwrap();
                    statements.retain(|statement| statement["Sid"] != SID);
                }
            }
        });
        bench.keep("q", 400).await;
        assert_eq!(bench.wrote(), ["s3:PutBucketPolicy"]);
        assert_eq!(bench.says("q", "InSync"), "True/DriftReasserted");
        let mut all = sids(&bench);
        all.sort();
        assert_eq!(all, [SID, "Newcomer", "Owner", "Tls"]);
    }
}

#[tokio::test]
async fn a_policy_that_is_deleted_altogether_is_drift_and_is_gone_again_after_the_release() {
    let bench = contained(|world| exports(world).policy = None).await;
    bench.aws.change(|world| exports(world).policy = None);
    bench.keep("q", 400).await;
    assert_eq!(
        (bench.wrote(), sids(&bench)),
        (vec!["s3:PutBucketPolicy"], vec![SID.to_owned()])
    );
    bench.let_go_of_everything("q");
    assert_eq!(bench.settle("q").await, "Released");
    assert_eq!(bench.aws.change(|world| exports(world).policy.clone()), None);
}

#[tokio::test]
async fn principals_that_are_dead_already_are_named_before_the_first_write() {
    let dead = |world: &mut World| stated(world, &theirs("Old", json!({"AWS": "AROAEXAMPLEROLEID1234"})));
    let bench = refused(dead, words::bucket(&BOTH), "Unmodifiable", "AROAEXAMPLEROLEID1234").await;
    assert_eq!(bench.says("q", "Stalled"), "True/Unmodifiable");
    bench.aws.change(|world| stated(world, &theirs("Old", by_orders())));
    bench.keep("q", 120).await;
    assert_eq!(bench.settle("q").await, "Contained", "mended, it goes on by itself");
}

#[tokio::test]
async fn a_principal_that_dies_while_it_is_contained_holds_the_release_up_and_says_so() {
    let bench = contained(|world| stated(world, &theirs("Partner", by_orders()))).await;
    bench.aws.change(|world| {
        world.accounts.get_mut(ACCOUNT).unwrap().roles.remove("orders-task");
        stated(world, &theirs("Partner", json!({"AWS": "AROAEXAMPLEROLEID1234"})));
    });
    bench.let_go_of_everything("q");
    assert_eq!(bench.settle("q").await, "WriteRefused");
    assert!(
        bench.message("q", "Ready").contains("principal"),
        "{}",
        bench.message("q", "Ready")
    );
    assert_eq!(sids(&bench).last().map(String::as_str), Some(SID), "nothing is dropped");
    bench.aws.change(|world| {
        let statements = exports(world).policy.as_mut().unwrap()["Statement"]
            .as_array_mut()
            .unwrap();
        statements.retain(|statement| statement["Sid"] != "Partner");
    });
    bench.keep("q", 120).await;
    assert_eq!(bench.settle("q").await, "Released");
    assert_eq!(sids(&bench), ["Tls", "Owner"]);
}

#[tokio::test]
async fn a_public_bucket_stays_shut_without_an_explicit_word_and_opens_with_it() {
    let open = |world: &mut World| {
        make_public(world);
        exports(world).public_access_block = Some(half_blocked());
    };
    let bench = contained(open).await;
    assert_eq!(sids(&bench), ["Tls", "Owner", "Everybody", SID]);
    bench.let_go("q");
    assert_eq!(bench.settle("q").await, "RestoreWithheld");
    assert_eq!(bench.wrote(), [""; 0]);
    let states: Vec<_> = bench.holds().into_iter().map(|hold| hold.spec.state).collect();
    assert_eq!(states, [HoldState::Withheld, HoldState::Withheld]);
    bench.change("q", |q| q.spec.restore_on_release = vec![Reopens::PublicAccess]);
    assert_eq!(bench.settle("q").await, "Released");
    assert_eq!(
        bench.wrote(),
        ["s3:PutBucketPublicAccessBlock", "s3:PutBucketPolicy"],
        "the other way round S3 would refuse"
    );
    assert_eq!(bench.aws.world(), worlds::changed(open));
}

#[tokio::test]
async fn a_bucket_that_was_not_public_loses_its_denial_and_keeps_its_block_without_a_word() {
    let bench = contained(|_| {}).await;
    bench.let_go("q");
    assert_eq!(bench.settle("q").await, "RestoreWithheld");
    assert_eq!(sids(&bench), ["Tls", "Owner"]);
    let block = bench.aws.change(|world| exports(world).public_access_block);
    assert_eq!(block, Some(PublicAccessBlock::ALL));
    bench.change("q", |q| {
        q.spec.state = DesiredState::Released;
        q.spec.restore_on_release = vec![Reopens::PublicAccess];
    });
    assert_eq!(bench.settle("q").await, "Released");
    assert_eq!(bench.aws.world(), sample());
}

#[tokio::test]
async fn a_bucket_that_was_blocked_before_needs_no_word() {
    let bench = contained(|world| exports(world).public_access_block = Some(PublicAccessBlock::ALL)).await;
    bench.let_go("q");
    assert_eq!(bench.settle("q").await, "Released");
    assert_eq!(bench.wrote(), ["s3:PutBucketPolicy"]);
}

#[tokio::test]
async fn somebody_who_opens_the_bucket_and_takes_the_denial_out_is_overruled_in_the_right_order() {
    let bench = contained(make_public).await;
    bench.aws.change(|world| {
        exports(world).public_access_block = None;
        let statements = exports(world).policy.as_mut().unwrap()["Statement"]
            .as_array_mut()
            .unwrap();
        statements.retain(|statement| statement["Sid"] != SID);
    });
    bench.keep("q", 400).await;
    assert_eq!(bench.wrote(), ["s3:PutBucketPolicy", "s3:PutBucketPublicAccessBlock"]);
    assert_eq!(bench.ready_reason("q"), "Contained");
}

#[tokio::test]
async fn buckets_that_may_not_be_cut_off_are_refused_and_the_message_says_why() {
    let named = |name: &str| json!({"s3Bucket": {"bucket": name, "methods": BOTH}});
    refused(|_| {}, named("audit-trail"), "LogBucket", "cloudtrail.amazonaws.com").await;
    let evidence = |world: &mut World| {
        worlds::region(world)
            .buckets
            .insert("firebreak-evidence".into(), Bucket::default());
    };
    refused(
        evidence,
        named("firebreak-evidence"),
        "OwnDependency",
        "arn:aws:s3:::firebreak-evidence",
    )
    .await;
    let foreign = |world: &mut World| {
        *world = std::mem::take(world).with_account("999999999999", |account| {
            account.with_region(REGION, |region| region.with_bucket("theirs", Bucket::default()))
        });
    };
    refused(foreign, named("theirs"), "AccessDenied", "another account").await;
    let abroad = |world: &mut World| {
        *world = std::mem::take(world).with_account(ACCOUNT, |account| {
            account.with_region("eu-west-1", |region| region.with_bucket("abroad", Bucket::default()))
        });
    };
    refused(abroad, named("abroad"), "InvalidTarget", "is in eu-west-1").await;
    let unwritable = |world: &mut World| {
        make_public(world);
        exports(world).public_access_block = Some(PublicAccessBlock::ALL);
    };
    refused(unwritable, named(EXPORTS), "Unmodifiable", "is public").await;
}

#[tokio::test]
async fn a_bucket_that_receives_logs_may_be_shut_to_the_public() {
    let bench = Bench::free();
    bench.quarantined(
        "q",
        json!({"s3Bucket": {"bucket": "audit-trail", "methods": ["BlockPublicAccess"]}}),
    );
    assert_eq!(bench.settle("q").await, "Contained");
    assert_eq!(bench.wrote(), ["s3:PutBucketPublicAccessBlock"]);
}

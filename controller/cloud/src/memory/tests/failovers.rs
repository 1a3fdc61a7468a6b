//! What failovers ask and do: promotions, switches, run stores, and whose role does it.

use super::*;
use crate::memory::{
    Fault, Outcome, PROMOTES_IN, Request, World,
    world::{Alias, Bucket, DbInstance, Function, FunctionVersion, Promotes},
};
use firebreak_core::{
    aws::{
        Cell,
        access::Access,
        cloudwatch::{AlarmState, Datapoint},
        ecs::{EcsCell, EcsService, EcsWrite},
        elbv2::Elbv2Cell,
        iam::IamWrite,
        lambda::LambdaCell,
        rds::{DbInstance as Instance, RdsCell, RdsWrite, RebootSight},
        s3::{LONGEST_OBJECT, Place, Stored},
    },
    run::act::{Deed, LagSight, Metric, Probe},
};
use firebreak_crds::failover_plan::MetricDimension;
use serde_json::json;

const WEST: &str = "us-west-2";

fn world() -> World {
    World::new()
        .with_account(ACCOUNT, |account| {
            account
                .with_region(REGION, |region| {
                    region
                        .with_database("orders", DbInstance::default())
                        .with_bucket("east", Bucket::default())
                })
                .with_region(WEST, |region| {
                    region
                        .with_database(
                            "orders",
                            DbInstance::default().replica_of(ACCOUNT, REGION, "orders").lag(4.0),
                        )
                        .with_bucket("west", Bucket::default().object("on/there", ""))
                        .with_forward("listener", &[("one", 100), ("other", 0), ("third", 3)])
                        .with_function("orders", "orders")
                        .with_function_like("orders", published)
                        .with_alarm("slow", AlarmState::InsufficientData)
                        .with_metric(errors(["a", "b"]), 0.5)
                })
        })
        .with_website("https://shop.example/health", 200, [203, 0, 114, 9].into())
        .with_silent_website("https://silent.example/")
}

fn published(function: &mut Function) {
    function.versions.insert("7".into(), FunctionVersion::default());
    let alias = Alias {
        version: "6".into(),
        ..Alias::default()
    };
    function.aliases.insert("live".into(), alias);
}

fn errors(dimensions: [&str; 2]) -> Metric {
    let named = |name: &str| MetricDimension {
        name: name.into(),
        value: "v".into(),
    };
    Metric {
        namespace: "Shop".into(),
        name: "Errors".into(),
        dimensions: dimensions.map(named).into(),
        period_seconds: 60,
        ..Metric::default()
    }
}

fn aws() -> MemoryAws {
    MemoryAws::new(world())
}

async fn look(aws: &MemoryAws, region: &str, probe: Probe) -> Answer {
    Cloud::look(aws, &access(ACCOUNT, region), &probe).await
}

async fn seen<T: DeserializeOwned>(aws: &MemoryAws, probe: Probe) -> T {
    match look(aws, WEST, probe).await {
        Answer::Found(value) => serde_json::from_value(value).unwrap(),
        other => panic!("{other:?}"),
    }
}

fn orders() -> Probe {
    Probe::DbInstance {
        instance: "orders".into(),
    }
}

fn promote() -> Deed {
    Deed::PromoteReadReplica {
        instance: "orders".into(),
        backup_retention_days: 14,
    }
}

async fn perform(aws: &MemoryAws, deed: Deed) -> Result<Vec<String>, Failure> {
    aws.perform(&access(ACCOUNT, WEST), &deed).await
}

async fn refusal(aws: &MemoryAws, deed: Deed) -> (FailureClass, String) {
    let before = aws.world();
    let failure = perform(aws, deed).await.unwrap_err();
    assert_eq!(aws.world(), before, "a refused deed has no effect");
    (failure.class, failure.code)
}

fn promoting(aws: &MemoryAws, promotes: Promotes) {
    aws.change(|world| {
        let region = world.region_mut(ACCOUNT, WEST).unwrap();
        region.database_mut("orders").unwrap().promotes = promotes;
    });
}

#[tokio::test]
async fn a_promotion_takes_its_time_and_makes_a_writer_of_the_same_instance() {
    let aws = aws();
    let before: Instance = seen(&aws, orders()).await;
    assert!(before.follows(ACCOUNT, REGION, "orders"));
    perform(&aws, promote()).await.unwrap();
    aws.advance(u32::try_from(PROMOTES_IN).unwrap() - 1);
    let during: Instance = seen(&aws, orders()).await;
    assert_eq!((during.status.as_str(), during.source), ("modifying", before.source));
    aws.advance(1);
    let after: Instance = seen(&aws, orders()).await;
    let writer = (after.status.as_str(), after.source, after.backup_retention_days);
    assert_eq!(writer, ("available", None, 14));
    assert_eq!(after.resource_id, before.resource_id);
    let lag = Probe::ReplicaLag {
        instance: "orders".into(),
    };
    assert_eq!(look(&aws, WEST, lag).await, Answer::NotFound);
}

#[tokio::test]
async fn a_second_promotion_is_refused_while_the_first_goes_on_and_after_it() {
    let aws = aws();
    let state = (FailureClass::NotYet, "InvalidDBInstanceState".to_owned());
    perform(&aws, promote()).await.unwrap();
    assert_eq!(refusal(&aws, promote()).await, state);
    aws.advance(3600);
    assert_eq!(refusal(&aws, promote()).await, state);
}

#[tokio::test]
async fn what_cannot_be_promoted_is_refused() {
    let aws = aws();
    let of = |instance: &str, backup_retention_days| Deed::PromoteReadReplica {
        instance: instance.into(),
        backup_retention_days,
    };
    let gone = (FailureClass::Gone, "DBInstanceNotFound".to_owned());
    assert_eq!(refusal(&aws, of("none", 7)).await, gone);
    let invalid = (FailureClass::Invalid, "InvalidParameterValue".to_owned());
    assert_eq!(refusal(&aws, of("orders", 36)).await, invalid);
    let east = aws.perform(&access(ACCOUNT, REGION), &of("orders", 7)).await;
    assert_eq!(
        east.unwrap_err().code,
        "InvalidDBInstanceState",
        "a writer follows nothing"
    );
}

#[tokio::test]
async fn a_promotion_is_lost_or_fails_where_the_world_says_so() {
    let aws = aws();
    promoting(&aws, Promotes::Lost);
    perform(&aws, promote()).await.unwrap();
    aws.advance(3600);
    let lost: Instance = seen(&aws, orders()).await;
    assert!(lost.is_available() && lost.source.is_some());
    let status = "incompatible-parameters".to_owned();
    promoting(&aws, Promotes::Failing { seconds: 5, status });
    perform(&aws, promote()).await.unwrap();
    aws.advance(5);
    let failed: Instance = seen(&aws, orders()).await;
    assert!(failed.has_failed() && failed.source.is_some());
}

#[tokio::test]
async fn a_switch_is_an_object_that_is_there_or_not() {
    let aws = aws();
    let switch = |bucket: &str, key: &str| Probe::SwitchObject {
        bucket: bucket.into(),
        key: key.into(),
    };
    let object = || ("west".to_owned(), "on/here".to_owned());
    assert!(seen::<bool>(&aws, switch("west", "on/there")).await);
    assert!(
        !seen::<bool>(&aws, switch("west", "on/the")).await,
        "a prefix is no key"
    );
    let (bucket, key) = object();
    perform(&aws, Deed::PutObject { bucket, key }).await.unwrap();
    assert!(seen::<bool>(&aws, switch("west", "on/here")).await);
    for _ in 0..2 {
        let (bucket, key) = object();
        perform(&aws, Deed::DeleteObject { bucket, key }).await.unwrap();
        assert!(!seen::<bool>(&aws, switch("west", "on/here")).await);
    }
    assert_eq!(aws.world(), world());
    assert_eq!(look(&aws, WEST, switch("nowhere", "k")).await, Answer::NotFound);
    assert!(matches!(
        look(&aws, WEST, switch("east", "k")).await,
        Answer::Unreachable(why) if why.contains("PermanentRedirect")
    ));
}

#[tokio::test]
async fn lags_alarms_and_metrics_are_told_and_what_is_not_there_is_not_found() {
    let aws = aws();
    let lag = |instance: &str| Probe::ReplicaLag {
        instance: instance.into(),
    };
    let alarm = |name: &str| Probe::Alarm { name: name.into() };
    assert_eq!(seen::<LagSight>(&aws, lag("orders")).await.seconds, 4.0);
    assert_eq!(
        seen::<AlarmState>(&aws, alarm("slow")).await,
        AlarmState::InsufficientData
    );
    let datapoint: Datapoint = seen(&aws, Probe::Metric(errors(["b", "a"]))).await;
    assert_eq!(datapoint.value, 0.5, "the order of dimensions does not count");
    for probe in [lag("none"), alarm("none"), Probe::Metric(errors(["a", "c"]))] {
        assert_eq!(look(&aws, WEST, probe).await, Answer::NotFound);
    }
}

#[tokio::test]
async fn a_website_answers_whatever_becomes_of_the_region() {
    let aws = aws();
    aws.cut_off(WEST, true);
    aws.throttle(ACCOUNT, true);
    let http = |url: &str| Probe::Http { url: url.into() };
    let answered = look(&aws, WEST, http("https://shop.example/health")).await;
    assert_eq!(
        answered,
        Answer::Found(json!({"status": 200, "address": "203.0.114.9"}))
    );
    for url in ["https://silent.example/", "https://nobody.example/"] {
        assert!(matches!(look(&aws, WEST, http(url)).await, Answer::Unreachable(_)));
    }
    assert_eq!(look(&aws, WEST, orders()).await, Answer::Throttled);
}

fn record() -> Place {
    Place {
        bucket: "west".into(),
        key: "runs/one".into(),
    }
}

async fn store(aws: &MemoryAws, body: &str, over: Option<&Stored>) -> Result<Stored, Failure> {
    let over = over.map(|stored| stored.etag.as_str());
    aws.store(&access(ACCOUNT, WEST), &record(), body, over).await
}

#[tokio::test]
async fn an_object_is_put_only_over_what_was_read() {
    let (aws, here) = (aws(), access(ACCOUNT, WEST));
    assert_eq!(aws.stored(&here, &record()).await, Ok(None));
    let first = store(&aws, "1", None).await.unwrap();
    assert_eq!(aws.stored(&here, &record()).await, Ok(Some(first.clone())));
    let second = store(&aws, "2", Some(&first)).await.unwrap();
    assert_ne!(first.etag, second.etag);
    for over in [None, Some(&first)] {
        assert_eq!(store(&aws, "3", over).await.unwrap_err().class, FailureClass::Conflict);
    }
    let elsewhere = Place {
        key: "runs/none".into(),
        ..record()
    };
    let gone = aws.store(&here, &elsewhere, "3", Some(&first.etag)).await;
    assert_eq!(gone.unwrap_err().class, FailureClass::Conflict);
    assert_eq!(aws.stored(&here, &record()).await, Ok(Some(second)));
}

#[tokio::test]
async fn what_is_too_long_or_in_no_bucket_is_refused() {
    let (aws, here) = (aws(), access(ACCOUNT, WEST));
    let long = "x".repeat(LONGEST_OBJECT + 1);
    assert_eq!(store(&aws, &long, None).await.unwrap_err().class, FailureClass::Invalid);
    aws.change(|world| {
        let west = world
            .region_mut(ACCOUNT, WEST)
            .unwrap()
            .buckets
            .get_mut("west")
            .unwrap();
        west.objects.insert(record().key, long);
    });
    let read = aws.stored(&here, &record()).await.unwrap_err();
    assert_eq!(read.class, FailureClass::Invalid);
    let nowhere = Place {
        bucket: "nowhere".into(),
        key: "k".into(),
    };
    let gone = aws.stored(&here, &nowhere).await.unwrap_err();
    assert_eq!((gone.class, gone.code.as_str()), (FailureClass::Gone, "NoSuchBucket"));
}

#[tokio::test]
async fn a_deed_of_several_writes_stops_at_the_one_that_fails() {
    let aws = MemoryAws::sample();
    let count = |desired_count| {
        Write::Ecs(EcsWrite::UpdateServiceDesiredCount {
            cluster: "prod".into(),
            service: "api".into(),
            desired_count,
        })
    };
    aws.fail_nth_write(2, Fault::Crash);
    let here = access(ACCOUNT, REGION);
    let cut = aws
        .until_crash(aws.perform(&here, &Deed::Write(vec![count(3), count(4)])))
        .await;
    assert_eq!(cut, None);
    let (cluster, service) = api();
    let cell = Probe::Cell(Cell::Ecs(EcsCell::ServiceDesiredCount { cluster, service }));
    assert_eq!(look(&aws, REGION, cell).await, Answer::Found(json!(3)));
    let (cluster, service) = api();
    let Answer::Found(known) = look(&aws, REGION, Probe::EcsService { cluster, service }).await else {
        panic!("the service is not there");
    };
    let known: EcsService = serde_json::from_value(known).unwrap();
    assert_eq!(known.desired_count, 3);
    let outcomes: Vec<_> = aws
        .writes()
        .iter()
        .map(|call| (call.role_arn.clone(), call.outcome))
        .collect();
    let role = format!("arn:aws:iam::{ACCOUNT}:role/firebreak-failover");
    assert_eq!(outcomes, [(role.clone(), Outcome::Done), (role, Outcome::Cut)]);
}

#[tokio::test]
async fn identity_power_is_refused_before_any_call() {
    let aws = MemoryAws::sample();
    let write = Write::Iam(IamWrite::DeleteRolePolicy {
        role: "payments-task".into(),
        policy_name: "inline".into(),
    });
    let refused = aws.perform(&access(ACCOUNT, REGION), &Deed::Write(vec![write])).await;
    assert_eq!(refused.unwrap_err().class, FailureClass::Invalid);
    assert_eq!(aws.calls(), []);
}

#[tokio::test]
async fn without_a_role_for_failovers_nothing_is_done_with_another() {
    let aws = aws();
    let mut here: Access = access(ACCOUNT, WEST);
    here.account.roles.failover = None;
    let denied = [
        aws.perform(&here, &promote()).await.unwrap_err(),
        aws.stored(&here, &record()).await.unwrap_err(),
        aws.store(&here, &record(), "1", None).await.unwrap_err(),
    ];
    for failure in denied {
        assert_eq!(failure.class, FailureClass::Denied);
        assert!(failure.message.contains("spec.roles.failover"), "{failure}");
    }
    assert_eq!(aws.calls(), []);
    let answer = Cloud::look(&aws, &here, &orders()).await;
    assert!(matches!(answer, Answer::Found(_)), "it is read with the read role");
    assert!(matches!(aws.calls()[0].request, Request::Look(_)));
}

fn weights(groups: [&str; 2]) -> Cell {
    Cell::Elbv2(Elbv2Cell::ForwardWeights {
        forwards: "listener".into(),
        groups: groups.map(str::to_owned),
    })
}

#[tokio::test]
async fn weights_of_groups_that_are_there_change_and_no_others() {
    let aws = aws();
    let both = || Probe::Cell(weights(["one", "other"]));
    assert_eq!(
        look(&aws, WEST, both()).await,
        Answer::Found(json!({"one": 100, "other": 0}))
    );
    let set = |cell: Cell, to: Value| Deed::Write(cell.writes(&Value::Null, &to));
    perform(&aws, set(weights(["one", "other"]), json!({"one": 0, "other": 100})))
        .await
        .unwrap();
    assert_eq!(
        look(&aws, WEST, both()).await,
        Answer::Found(json!({"one": 0, "other": 100}))
    );
    let third = Probe::Cell(weights(["one", "third"]));
    assert_eq!(
        look(&aws, WEST, third).await,
        Answer::Found(json!({"one": 0, "third": 3}))
    );
    let stranger = Probe::Cell(weights(["one", "stranger"]));
    assert_eq!(look(&aws, WEST, stranger).await, Answer::Found(Value::Null));
    for wrong in [json!({"one": 1000}), json!({"stranger": 1})] {
        let refused = refusal(&aws, set(weights(["one", "other"]), wrong)).await;
        assert_eq!(refused, (FailureClass::Invalid, "ValidationError".into()));
    }
}

#[tokio::test]
async fn alias_moves_under_its_revision_to_a_version_that_exists() {
    let aws = aws();
    let alias = || {
        Cell::Lambda(LambdaCell::AliasVersion {
            function: "orders".into(),
            alias: "live".into(),
        })
    };
    let read = json!({"version": "6", "revision": "0", "shares": false});
    assert_eq!(
        look(&aws, WEST, Probe::Cell(alias())).await,
        Answer::Found(read.clone())
    );
    let to = |version: &str| Deed::Write(alias().writes(&read, &json!({"version": version})));
    assert_eq!(
        refusal(&aws, to("8")).await,
        (FailureClass::Gone, "ResourceNotFoundException".into())
    );
    perform(&aws, to("7")).await.unwrap();
    assert_eq!(
        refusal(&aws, to("7")).await,
        (FailureClass::Conflict, "PreconditionFailedException".into())
    );
    let moved = json!({"version": "7", "revision": "1", "shares": false});
    assert_eq!(look(&aws, WEST, Probe::Cell(alias())).await, Answer::Found(moved));
}
fn fence(groups: &[&str]) -> Deed {
    let groups = groups.iter().map(|group| (*group).to_owned()).collect();
    let instance = "orders".to_owned();
    Deed::Write(vec![RdsWrite::ModifyDbInstance { instance, groups }.into()])
}

fn fenced() -> MemoryAws {
    let aws = aws();
    aws.change(|world| {
        let region = world.region_mut(ACCOUNT, WEST).unwrap();
        *region = std::mem::take(region)
            .with_security_group("sg-fence", "vpc-1", [], [])
            .with_security_group("sg-elsewhere", "vpc-2", [], []);
    });
    aws
}

fn connections() -> Probe {
    Probe::Metric(Metric::connections("orders".into()))
}

#[tokio::test]
async fn connections_outlive_a_change_of_groups_and_end_with_a_reboot() {
    let aws = fenced();
    let groups = Probe::Cell(Cell::Rds(RdsCell::InstanceSecurityGroups {
        instance: "orders".into(),
    }));
    perform(&aws, fence(&["sg-fence"])).await.unwrap();
    let during = look(&aws, WEST, groups.clone()).await;
    assert_eq!(
        during,
        Answer::Found(json!({"sg-api": "removing", "sg-fence": "adding"}))
    );
    aws.advance(300);
    assert_eq!(
        look(&aws, WEST, groups).await,
        Answer::Found(json!({"sg-fence": "active"}))
    );
    let open: Datapoint = seen(&aws, connections()).await;
    assert!(open.value > 0.0, "they stay open");
    let reboot = || Deed::RebootDbInstance {
        instance: "orders".into(),
    };
    perform(&aws, reboot()).await.unwrap();
    assert_eq!(refusal(&aws, reboot()).await.1, "InvalidDBInstanceState");
    aws.advance(300);
    let cut: Datapoint = seen(&aws, connections()).await;
    assert_eq!(cut.value, 0.0);
    let probe = Probe::DbRestart {
        instance: "orders".into(),
    };
    let told: RebootSight = seen(&aws, probe).await;
    assert!(told.restarted_at.is_some() && told.restarted_at < cut.began);
}

#[tokio::test]
async fn groups_of_another_vpc_and_none_are_refused() {
    let aws = fenced();
    for groups in [vec!["sg-elsewhere"], vec!["sg-none"], vec![]] {
        assert_eq!(
            refusal(&aws, fence(&groups)).await.1,
            "InvalidVPCNetworkStateFault",
            "{groups:?}"
        );
    }
}

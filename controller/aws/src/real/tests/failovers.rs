//! Runs whose steps run side by side at the wire: which role asks and acts, what is sent, and what the answers mean.

mod forwards;
mod functions;

use super::*;
use crate::testing::{Sent, Silence, access, cbor, client, config, json_error, query_error, s3_error};
use firebreak_core::{
    aws::{
        Cell,
        application_autoscaling::ApplicationAutoScalingWrite,
        ecs::EcsWrite,
        rds::{RdsCell, RdsWrite},
    },
    run::act::Metric,
};
use firebreak_crds::failover_plan::{MetricDimension, Statistic};
use serde_json::{Value, json};

const WEST: &str = "us-west-2";

fn west() -> Access {
    Access {
        region: WEST.into(),
        ..access("shop")
    }
}

async fn look(wire: &Wire, probe: Probe) -> Answer {
    let answer = aws(wire).await.look(&west(), &probe).await;
    assert_eq!(wire.left(), 0, "an answer was not asked for: {answer:?}");
    for assumed in wire.sts().iter().filter(|sent| sent.body.contains("RoleArn")) {
        assert!(assumed.body.contains("role/firebreak-read"), "{}", assumed.body);
    }
    answer
}

fn acted_as_failover(wire: &Wire) {
    let assumed: Vec<Sent> = wire.sts();
    let roles: Vec<&Sent> = assumed.iter().filter(|sent| sent.body.contains("RoleArn")).collect();
    assert_eq!(roles.len(), 1, "{roles:?}");
    assert!(roles[0].body.contains("role/firebreak-failover"), "{}", roles[0].body);
    assert!(roles[0].body.contains("firebreak:uid"), "{}", roles[0].body);
}

async fn perform(wire: &Wire, deed: Deed) -> Result<Vec<String>, Failure> {
    let done = aws(wire).await.perform(&west(), &deed).await;
    assert_eq!(wire.left(), 0, "an answer was not asked for: {done:?}");
    done
}

fn orders() -> Probe {
    Probe::DbInstance {
        instance: "orders".into(),
    }
}

fn instances(fields: &str) -> String {
    format!(
        "<DescribeDBInstancesResponse><DescribeDBInstancesResult><DBInstances><DBInstance>{fields}</DBInstance></DBInstances>\
         </DescribeDBInstancesResult></DescribeDBInstancesResponse>"
    )
}

#[tokio::test]
async fn an_instance_is_read_where_it_is() {
    let source = "arn:aws:rds:us-east-1:123456789012:db:orders";
    let wire = Wire::default().then(
        200,
        instances(&format!(
            "<DBInstanceIdentifier>orders</DBInstanceIdentifier><DbiResourceId>db-W</DbiResourceId>\
             <DBInstanceStatus>available</DBInstanceStatus><BackupRetentionPeriod>7</BackupRetentionPeriod>\
             <ReadReplicaSourceDBInstanceIdentifier>{source}</ReadReplicaSourceDBInstanceIdentifier>"
        )),
    );
    let seen = json!({"resourceId": "db-W", "status": "available", "source": source, "backupRetentionDays": 7});
    assert_eq!(look(&wire, orders()).await, Answer::Found(seen));
    let sent = wire.only();
    assert!(
        sent.uri.starts_with("https://rds.us-west-2.amazonaws.com"),
        "{}",
        sent.uri
    );
    assert!(sent.body.contains("DBInstanceIdentifier=orders"), "{}", sent.body);
}

#[tokio::test]
async fn a_writer_follows_nothing_and_what_is_not_there_is_not_found() {
    let writer = instances("<DbiResourceId>db-W</DbiResourceId><DBInstanceStatus>modifying</DBInstanceStatus>");
    let seen = json!({"resourceId": "db-W", "status": "modifying", "source": null, "backupRetentionDays": 0});
    assert_eq!(
        look(&Wire::default().then(200, writer), orders()).await,
        Answer::Found(seen)
    );
    let gone = Wire::default().then(404, query_error("DBInstanceNotFound"));
    assert_eq!(look(&gone, orders()).await, Answer::NotFound);
    let denied = Wire::default().then(403, query_error("AccessDenied"));
    assert!(matches!(look(&denied, orders()).await, Answer::Denied(why) if why.contains("rds:DescribeDBInstances")));
}

#[tokio::test]
async fn an_alarm_is_asked_for_among_both_kinds() {
    let probe = || Probe::Alarm { name: "slow".into() };
    let answered = |key: &str, state: &str| cbor(&json!({key: [{"AlarmName": "slow", "StateValue": state}]}));
    for (key, state) in [
        ("MetricAlarms", "ALARM"),
        ("CompositeAlarms", "INSUFFICIENT_DATA"),
        ("MetricAlarms", "OK"),
    ] {
        let wire = Wire::default().then(200, answered(key, state));
        assert_eq!(look(&wire, probe()).await, Answer::Found(json!(state)));
        let sent = wire.only().body;
        for part in ["slow", "MetricAlarm", "CompositeAlarm"] {
            assert!(sent.contains(part), "{sent}");
        }
    }
    let none = Wire::default().then(200, cbor(&json!({"MetricAlarms": [], "CompositeAlarms": []})));
    assert_eq!(look(&none, probe()).await, Answer::NotFound);
    let other = Wire::default().then(200, answered("MetricAlarms", "SOMETHING"));
    assert!(matches!(look(&other, probe()).await, Answer::Unreachable(why) if why.contains("SOMETHING")));
    let refused = cbor(&json!({"__type": "com.amazonaws.cloudwatch#AccessDenied", "message": "why"}));
    assert!(matches!(
        look(&Wire::default().then(403, refused), probe()).await,
        Answer::Denied(_)
    ));
}

fn metric() -> Metric {
    Metric {
        namespace: "AWS/ApplicationELB".into(),
        name: "HTTPCode_Target_5XX_Count".into(),
        dimensions: vec![MetricDimension {
            name: "TargetGroup".into(),
            value: "targetgroup/shop/1".into(),
        }],
        statistic: Statistic::Sum,
        period_seconds: 300,
    }
}

fn data(result: &Value) -> Vec<u8> {
    cbor(&json!({"MetricDataResults": [result]}))
}

#[tokio::test]
async fn the_latest_datapoint_of_a_metric_counts() {
    let wire = Wire::default().then(200, data(&json!({"Values": [3.5, 7.0], "StatusCode": "Complete"})));
    assert_eq!(
        look(&wire, Probe::Metric(metric())).await,
        Answer::Found(json!({"value": 3.5}))
    );
    let sent = wire.only().body;
    for part in [
        "AWS/ApplicationELB",
        "HTTPCode_Target_5XX_Count",
        "targetgroup/shop/1",
        "Sum",
        "TimestampDescending",
    ] {
        assert!(sent.contains(part), "{sent}");
    }
    for nothing in [data(&json!({"Values": [], "StatusCode": "Complete"})), cbor(&json!({}))] {
        assert_eq!(
            look(&Wire::default().then(200, nothing), Probe::Metric(metric())).await,
            Answer::NotFound
        );
    }
    let failed = Wire::default().then(200, data(&json!({"Values": [], "StatusCode": "InternalError"})));
    assert!(matches!(
        look(&failed, Probe::Metric(metric())).await,
        Answer::Unreachable(_)
    ));
}

#[tokio::test]
async fn the_lag_of_a_replica_is_a_metric_of_rds() {
    let wire = Wire::default().then(200, data(&json!({"Values": [-1.0], "StatusCode": "Complete"})));
    let probe = Probe::ReplicaLag {
        instance: "orders".into(),
    };
    assert_eq!(look(&wire, probe).await, Answer::Found(json!({"seconds": -1.0})));
    let sent = wire.only().body;
    for part in ["AWS/RDS", "ReplicaLag", "DBInstanceIdentifier", "orders"] {
        assert!(sent.contains(part), "{sent}");
    }
}

fn listed(key: &str) -> String {
    format!("<ListBucketResult><Contents><Key>{key}</Key></Contents></ListBucketResult>")
}

fn switch() -> (String, String) {
    ("switches".into(), "shop/on".into())
}

#[tokio::test]
async fn a_switch_is_there_where_its_very_key_is_listed() {
    let probe = || {
        let (bucket, key) = switch();
        Probe::SwitchObject { bucket, key }
    };
    let answers = [
        (listed("shop/on"), true),
        (listed("shop/on-duty"), false),
        ("<ListBucketResult/>".into(), false),
    ];
    for (answer, there) in answers {
        let wire = Wire::default().then(200, answer);
        assert_eq!(look(&wire, probe()).await, Answer::Found(json!(there)));
        let sent = wire.only();
        let asked = sent.uri.contains("prefix=shop%2Fon") && sent.uri.contains("max-keys=1");
        assert!(asked && sent.bucket_owner == "123456789012", "{sent:?}");
    }
    let denied = Wire::default().then(403, s3_error("AccessDenied"));
    assert!(matches!(look(&denied, probe()).await, Answer::Denied(why) if why.contains("another account")));
}

#[tokio::test]
async fn of_a_task_definition_only_names_are_read() {
    let definition = json!({"taskDefinition": {"containerDefinitions": [{
        "name": "web",
        "image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/shop:7",
        "environment": [
            {"name": "PASSWORD", "value": "s3cr3t"},
            {"name": "DATABASE", "value": "postgres://shop:s3cr3t@orders.abc.us-east-1.rds.amazonaws.com:5432/shop"},
        ],
        "secrets": [{"name": "TOKEN", "valueFrom": "arn:aws:ssm:us-east-1:123456789012:parameter/token"}],
        "environmentFiles": [{"type": "s3", "value": "arn:aws:s3:::shop-us-east-1/web.env"}],
        "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-region": "us-east-1"}},
    }]}});
    let wire = Wire::default().then(200, definition.to_string());
    let task_definition = "arn:aws:ecs:us-west-2:123456789012:task-definition/shop:7".to_owned();
    let seen = json!([
        {"what": "the image of web", "at": "123456789012.dkr.ecr.us-east-1.amazonaws.com/shop:7"},
        {"what": "secret TOKEN of web", "at": "arn:aws:ssm:us-east-1:123456789012:parameter/token"},
        {"what": "variable DATABASE of web", "at": "orders.abc.us-east-1.rds.amazonaws.com"},
        {"what": "an environment file of web", "at": "arn:aws:s3:::shop-us-east-1/web.env"},
        {"what": "the log group of web", "at": "us-east-1"},
    ]);
    assert_eq!(
        look(&wire, Probe::TaskReferences { task_definition }).await,
        Answer::Found(seen)
    );
    let unknown = Wire::default().then(
        400,
        json_error("ClientException", "Unable to describe task definition."),
    );
    let task_definition = "shop:8".to_owned();
    assert_eq!(
        look(&unknown, Probe::TaskReferences { task_definition }).await,
        Answer::NotFound
    );
}

#[tokio::test]
async fn cells_services_and_targets_are_asked_for_as_ever() {
    let healthy = "<DescribeTargetHealthResponse><DescribeTargetHealthResult><TargetHealthDescriptions><member><Target>\
                   <Id>10.0.0.1</Id><Port>80</Port></Target><TargetHealth><State>healthy</State></TargetHealth></member>\
                   </TargetHealthDescriptions></DescribeTargetHealthResult></DescribeTargetHealthResponse>";
    let wire = Wire::default().then(200, healthy);
    let target_group = "arn:aws:elasticloadbalancing:us-west-2:123456789012:targetgroup/shop/1".to_owned();
    let seen = json!([{"id": "10.0.0.1", "port": 80, "state": "healthy"}]);
    assert_eq!(
        look(&wire, Probe::TargetHealth { target_group }).await,
        Answer::Found(seen)
    );
    let missing = Wire::default().then(
        200,
        json!({"services": [], "failures": [{"reason": "MISSING"}]}).to_string(),
    );
    let probe = Probe::EcsService {
        cluster: "prod".into(),
        service: "api".into(),
    };
    assert_eq!(look(&missing, probe).await, Answer::NotFound);
    let cell = Cell::Ecs(firebreak_core::aws::ecs::EcsCell::ServiceDesiredCount {
        cluster: "prod".into(),
        service: "api".into(),
    });
    let missing = Wire::default().then(
        200,
        json!({"services": [], "failures": [{"reason": "MISSING"}]}).to_string(),
    );
    assert_eq!(look(&missing, Probe::Cell(cell)).await, Answer::NotFound);
}

fn restarts(events: &[(&str, &str)]) -> String {
    let event =
        |(date, message): &(&str, &str)| format!("<Event><Date>{date}</Date><Message>{message}</Message></Event>");
    let events: String = events.iter().map(event).collect();
    format!(
        "<DescribeEventsResponse><DescribeEventsResult><Events>{events}</Events></DescribeEventsResult></DescribeEventsResponse>"
    )
}

#[tokio::test]
async fn last_restart_of_an_instance_is_an_event_of_rds() {
    let events = restarts(&[
        ("2026-11-29T10:00:00Z", "DB instance restarted"),
        ("2026-11-29T10:05:00Z", "DB instance restarted"),
        ("2026-11-29T10:07:00Z", "DB instance shutdown"),
    ]);
    let described = instances("<DbiResourceId>db-W</DbiResourceId><DBInstanceStatus>rebooting</DBInstanceStatus>");
    let wire = Wire::default().then(200, events).then(200, described);
    let probe = Probe::DbRestart {
        instance: "orders".into(),
    };
    let seen = json!({"resourceId": "db-W", "status": "rebooting", "restartedAt": "2026-11-29T10:05:00Z"});
    assert_eq!(look(&wire, probe).await, Answer::Found(seen));
    let sent: Vec<Sent> = wire
        .sent()
        .into_iter()
        .filter(|sent| sent.body.contains("DescribeEvents"))
        .collect();
    let body = &sent[0].body;
    for part in [
        "SourceType=db-instance",
        "SourceIdentifier=orders",
        "Duration=1440",
        "availability",
    ] {
        assert!(body.contains(part), "{body}");
    }
}

#[tokio::test]
async fn security_groups_of_an_instance_are_read_with_their_states() {
    let wire = Wire::default().then(
        200,
        instances(
            "<VpcSecurityGroups><VpcSecurityGroupMembership><VpcSecurityGroupId>sg-0</VpcSecurityGroupId><Status>adding</Status>\
             </VpcSecurityGroupMembership></VpcSecurityGroups>",
        ),
    );
    let cell = Cell::Rds(RdsCell::InstanceSecurityGroups {
        instance: "orders".into(),
    });
    assert_eq!(
        look(&wire, Probe::Cell(cell)).await,
        Answer::Found(json!({"sg-0": "adding"}))
    );
}

#[tokio::test]
async fn fence_modifies_the_groups_at_once_and_nothing_else_and_reboots() {
    let groups = RdsWrite::ModifyDbInstance {
        instance: "orders".into(),
        groups: vec!["sg-0".into()],
    };
    let reboot = Deed::RebootDbInstance {
        instance: "orders".into(),
    };
    let answer = |name: &str| format!("<{name}Response><{name}Result><DBInstance/></{name}Result></{name}Response>");
    let cases = [
        (
            Deed::Write(vec![groups.into()]),
            "ModifyDBInstance",
            vec!["sg-0", "ApplyImmediately=true"],
        ),
        (reboot, "RebootDBInstance", vec![]),
    ];
    for (deed, name, parts) in cases {
        let wire = Wire::default().then(200, answer(name));
        perform(&wire, deed).await.unwrap();
        let sent = wire.only().body;
        assert!(
            sent.contains(&format!("Action={name}&")) && sent.contains("DBInstanceIdentifier=orders"),
            "{sent}"
        );
        for part in parts {
            assert!(sent.contains(part), "{sent}");
        }
        for other in ["ForceFailover", "MasterUserPassword", "PubliclyAccessible"] {
            assert!(!sent.contains(other), "{sent}");
        }
        acted_as_failover(&wire);
    }
}

fn promote() -> Deed {
    Deed::PromoteReadReplica {
        instance: "orders".into(),
        backup_retention_days: 7,
    }
}

#[tokio::test]
async fn a_promotion_is_asked_for_with_its_retention_and_the_role_for_failovers() {
    let answer = "<PromoteReadReplicaResponse><PromoteReadReplicaResult><DBInstance/></PromoteReadReplicaResult>\
                  </PromoteReadReplicaResponse>";
    let wire = Wire::default().then(200, answer);
    assert_eq!(perform(&wire, promote()).await.unwrap(), ["request-1"]);
    let sent = wire.only().body;
    assert!(sent.contains("Action=PromoteReadReplica&"), "{sent}");
    assert!(
        sent.contains("DBInstanceIdentifier=orders") && sent.contains("BackupRetentionPeriod=7"),
        "{sent}"
    );
    acted_as_failover(&wire);
}

#[tokio::test]
async fn refusals_of_a_promotion_say_what_they_ask_for() {
    for (status, code, class) in [
        (400, "InvalidDBInstanceState", FailureClass::NotYet),
        (404, "DBInstanceNotFound", FailureClass::Gone),
        (403, "AccessDenied", FailureClass::Denied),
        (400, "InvalidParameterValue", FailureClass::Invalid),
    ] {
        let wire = Wire::default().then(status, query_error(code));
        let failure = perform(&wire, promote()).await.unwrap_err();
        assert_eq!(
            (failure.class, failure.call.as_str()),
            (class, "rds:PromoteReadReplica"),
            "{code}"
        );
    }
}

#[tokio::test]
async fn a_switch_is_an_empty_object_of_the_accounts_own_bucket() {
    let deeds = [
        ("PUT", {
            let (bucket, key) = switch();
            Deed::PutObject { bucket, key }
        }),
        ("DELETE", {
            let (bucket, key) = switch();
            Deed::DeleteObject { bucket, key }
        }),
    ];
    for (method, deed) in deeds {
        let wire = Wire::default().then(200, "");
        perform(&wire, deed).await.unwrap();
        let sent = wire.only();
        let url = "https://switches.s3.us-west-2.amazonaws.com/shop/on";
        assert!(sent.method == method && sent.uri.starts_with(url), "{sent:?}");
        assert_eq!(sent.bucket_owner, "123456789012");
        acted_as_failover(&wire);
    }
}

#[tokio::test]
async fn the_writes_of_a_deed_are_made_in_order_until_one_fails() {
    let (cluster, service) = ("prod".to_owned(), "api".to_owned());
    let count = Write::Ecs(EcsWrite::UpdateServiceDesiredCount {
        cluster: cluster.clone(),
        service: service.clone(),
        desired_count: 3,
    });
    let floor = Write::ApplicationAutoScaling(ApplicationAutoScalingWrite::RegisterScalableTarget {
        cluster,
        service,
        min: Some(3),
        suspended: None,
    });
    let wire = Wire::default().then(200, "{}").then(200, "{}");
    let done = perform(&wire, Deed::Write(vec![count.clone(), floor.clone()])).await;
    assert_eq!(done.unwrap(), ["request-1", "request-1"]);
    let operations: Vec<String> = wire.sent().into_iter().map(|sent| sent.operation).collect();
    assert_eq!(operations, ["UpdateService", "RegisterScalableTarget"]);
    acted_as_failover(&wire);
    let refused = crate::testing::json_error("ServiceNotFoundException", "why");
    let wire = Wire::default().then(400, refused);
    let failure = perform(&wire, Deed::Write(vec![count, floor])).await.unwrap_err();
    assert_eq!(failure.class, FailureClass::Gone);
}

#[tokio::test]
async fn nothing_is_called_without_the_role_or_with_identity_power() {
    let wire = Wire::default();
    let aws = aws(&wire).await;
    let mut nobody = west();
    nobody.account.roles.failover = None;
    let denied = [
        aws.perform(&nobody, &promote()).await.unwrap_err(),
        aws.stored(&nobody, &record()).await.unwrap_err(),
        aws.store(&nobody, &record(), "{}", None).await.unwrap_err(),
    ];
    for failure in denied {
        assert_eq!(failure.class, FailureClass::Denied);
        assert!(failure.message.contains("spec.roles.failover"), "{failure}");
    }
    let identity = Write::Iam(IamWrite::DeleteRolePolicy {
        role: "admin".into(),
        policy_name: "inline".into(),
    });
    let refused = aws.perform(&west(), &Deed::Write(vec![identity])).await.unwrap_err();
    assert_eq!(refused.class, FailureClass::Invalid);
    assert!(wire.sts().is_empty() && wire.sent().is_empty());
}

#[tokio::test]
async fn nothing_is_done_in_another_account() {
    let wire = Wire::default().in_account("999999999999");
    let refused = perform(&wire, promote()).await.unwrap_err();
    assert_eq!(
        (refused.class, refused.code.as_str()),
        (FailureClass::Denied, "WrongAccount")
    );
}

#[tokio::test]
async fn credentials_that_are_no_longer_taken_are_renewed_once() {
    let wire = Wire::default()
        .then(403, query_error("ExpiredToken"))
        .then(403, query_error("ExpiredToken"));
    assert_eq!(perform(&wire, promote()).await.unwrap_err().code, "ExpiredToken");
    let roles = wire
        .sts()
        .into_iter()
        .filter(|sent| sent.body.contains("RoleArn"))
        .count();
    assert_eq!((roles, wire.sent().len()), (2, 2));
}

fn record() -> Place {
    Place {
        bucket: "runs".into(),
        key: "shop/serial".into(),
    }
}

async fn stored(wire: &Wire) -> Result<Option<Stored>, Failure> {
    aws(wire).await.stored(&west(), &record()).await
}

async fn store(wire: &Wire, over: Option<&str>) -> Result<Stored, Failure> {
    let done = aws(wire).await.store(&west(), &record(), "{}", over).await;
    assert_eq!(wire.left(), 0, "an answer was not asked for: {done:?}");
    done
}

#[tokio::test]
async fn a_record_is_read_with_its_tag_by_the_role_for_failovers() {
    let wire = Wire::default().tagged("\"1\"").then(200, "{}");
    let found = stored(&wire).await.unwrap().unwrap();
    assert_eq!((found.body.as_str(), found.etag.as_str()), ("{}", "\"1\""));
    let sent = wire.only();
    assert!(
        sent.uri
            .starts_with("https://runs.s3.us-west-2.amazonaws.com/shop/serial"),
        "{sent:?}"
    );
    assert_eq!(sent.bucket_owner, "123456789012");
    acted_as_failover(&wire);
    let none = Wire::default().then(404, s3_error("NoSuchKey"));
    assert_eq!(stored(&none).await, Ok(None));
    let gone = Wire::default().then(404, s3_error("NoSuchBucket"));
    assert_eq!(stored(&gone).await.unwrap_err().class, FailureClass::Gone);
}

#[tokio::test]
async fn a_record_that_is_too_long_is_invalid() {
    use firebreak_core::aws::s3::LONGEST_OBJECT;
    let long = "x".repeat(LONGEST_OBJECT + 1);
    let wire = Wire::default().tagged("\"1\"").then(200, long.clone());
    assert_eq!(stored(&wire).await.unwrap_err().class, FailureClass::Invalid);
    let fits = Wire::default().tagged("\"1\"").then(200, "x".repeat(LONGEST_OBJECT));
    assert!(stored(&fits).await.is_ok());
    let wire = Wire::default();
    let refused = aws(&wire)
        .await
        .store(&west(), &record(), &long, None)
        .await
        .unwrap_err();
    assert_eq!((refused.class, wire.sent().len()), (FailureClass::Invalid, 0));
}

#[tokio::test]
async fn a_record_is_put_only_over_what_was_read() {
    let wire = Wire::default().tagged("\"2\"").then(200, "");
    assert_eq!(store(&wire, Some("\"1\"")).await.unwrap().etag, "\"2\"");
    let sent = wire.only();
    assert_eq!((sent.if_match.as_str(), sent.guards[0].as_str()), ("\"1\"", ""));
    assert_eq!(
        (sent.method.as_str(), sent.bucket_owner.as_str()),
        ("PUT", "123456789012")
    );
    let first = Wire::default().tagged("\"1\"").then(200, "");
    assert_eq!(store(&first, None).await.unwrap().body, "{}");
    let sent = first.only();
    assert_eq!((sent.if_match.as_str(), sent.guards[0].as_str()), ("", "*"));
    acted_as_failover(&first);
}

#[tokio::test]
async fn what_somebody_else_put_first_is_a_conflict() {
    for (status, code, over, class) in [
        (412, "PreconditionFailed", None, FailureClass::Conflict),
        (412, "PreconditionFailed", Some("\"1\""), FailureClass::Conflict),
        (409, "ConditionalRequestConflict", None, FailureClass::Conflict),
        (404, "NoSuchKey", Some("\"1\""), FailureClass::Conflict),
        (404, "NoSuchBucket", Some("\"1\""), FailureClass::Gone),
        (403, "AccessDenied", None, FailureClass::Denied),
    ] {
        let wire = Wire::default().then(status, s3_error(code));
        assert_eq!(store(&wire, over).await.unwrap_err().class, class, "{code}");
    }
}

/// After a lost answer a second attempt would be refused because of the first, and pass for somebody else's.
#[tokio::test]
async fn a_conditional_put_is_never_sent_twice() {
    let wire = Wire::default().then(500, s3_error("InternalError"));
    assert_eq!(store(&wire, None).await.unwrap_err().class, FailureClass::Transient);
    assert_eq!(wire.sent().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_region_that_is_silent_is_unreachable_in_bounded_time() {
    let aws = Aws::with_config(config(client(Silence)).await);
    let begun = tokio::time::Instant::now();
    assert!(matches!(aws.look(&west(), &orders()).await, Answer::Unreachable(_)));
    let failure = aws.stored(&west(), &record()).await.unwrap_err();
    assert_eq!(failure.class, FailureClass::Transient);
    assert!(begun.elapsed() <= 2 * OPERATION_TIMEOUT, "{:?}", begun.elapsed());
}

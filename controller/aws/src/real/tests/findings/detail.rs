//! The form in which EventBridge delivers a finding: of what the API says, the fields that Firebreak reads, under the same names.

use super::*;

async fn converted(said: Value) -> Value {
    let wire = wire().then(200, listed(&["a".into()], "")).then(200, told(&[said]));
    ask(&wire, 10).await.unwrap().remove(0)
}

/// What is said beside what is read.
fn with(value: &Value, more: Value) -> Value {
    let mut all = value.clone();
    all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    all
}

fn head() -> Value {
    json!({
        "id": "a", "arn": "arn:aws:guardduty:us-east-1:123456789012:detector/d/finding/a",
        "accountId": "123456789012", "region": "us-east-1", "partition": "aws",
        "type": "UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom", "severity": 5.5,
        "title": "API GeneratedFindingAPIName was invoked", "createdAt": EARLY, "updatedAt": LATE,
    })
}

#[tokio::test]
async fn what_is_read_of_a_finding_is_told_and_nothing_else() {
    let more = json!({"description": "long", "schemaVersion": "2.0", "confidence": 1.0});
    assert_eq!(converted(with(&head(), more)).await, head());
}

#[tokio::test]
async fn each_kind_of_resource_keeps_what_names_it() {
    let tags = json!([{"key": "team", "value": "payments"}, {"key": "empty"}]);
    let resources = [
        (
            "accessKeyDetails",
            json!({"accessKeyId": "ASIA1", "principalId": "AROA1:x", "userName": "api", "userType": "AssumedRole"}),
            json!({}),
        ),
        (
            "instanceDetails",
            json!({"instanceId": "i-1", "iamInstanceProfile": {"arn": "arn:profile", "id": "AIPA1"}, "networkInterfaces": [{"vpcId": "vpc-1"}], "tags": tags}),
            json!({"imageId": "ami-1", "launchTime": EARLY}),
        ),
        (
            "ecsClusterDetails",
            json!({"arn": "arn:cluster", "name": "prod", "tags": tags, "taskDetails": {"arn": "arn:task", "group": "service:api", "definitionArn": "arn:definition", "startedBy": "ecs-svc/1"}}),
            json!({"status": "ACTIVE"}),
        ),
        (
            "lambdaDetails",
            json!({"functionArn": "arn:function", "functionName": "nightly", "role": "arn:role", "tags": tags}),
            json!({"revisionId": "1"}),
        ),
        (
            "eksClusterDetails",
            json!({"name": "k", "arn": "arn:eks", "tags": tags}),
            json!({"vpcId": "vpc-1", "createdAt": 1_767_225_600}),
        ),
        (
            "rdsDbInstanceDetails",
            json!({"dbInstanceIdentifier": "orders", "dbInstanceArn": "arn:db", "tags": tags}),
            json!({"engine": "postgres"}),
        ),
    ];
    for (name, told, more) in resources {
        let said =
            json!({"id": "a", "resource": {"resourceType": "It", name: with(&told, more), "kubernetesDetails": {}}});
        let expected = json!({"id": "a", "resource": {"resourceType": "It", name: told}});
        assert_eq!(converted(said).await, expected, "{name}");
    }
}

#[tokio::test]
async fn each_bucket_keeps_what_names_it() {
    let bucket = json!({"arn": "arn:aws:s3:::exports", "name": "exports", "type": "Destination", "tags": [{"key": "team", "value": "payments"}]});
    let more = with(&bucket, json!({"createdAt": 1_767_225_600, "owner": {"id": "1"}}));
    let said =
        json!({"id": "a", "resource": {"resourceType": "S3Bucket", "s3BucketDetails": [more, {"name": "other"}]}});
    let expected =
        json!({"id": "a", "resource": {"resourceType": "S3Bucket", "s3BucketDetails": [bucket, {"name": "other"}]}});
    assert_eq!(converted(said).await, expected);
}

#[tokio::test]
async fn the_service_says_when_how_often_and_whether_it_is_a_sample() {
    let service = json!({
        "archived": false, "count": 3, "eventFirstSeen": EARLY, "eventLastSeen": LATE,
        "additionalInfo": {"type": "default", "value": "{\"sample\":true}"},
    });
    let more = with(
        &service,
        json!({"action": {"actionType": "AWS_API_CALL"}, "detectorId": DETECTOR, "detection": {"anomaly": {}}}),
    );
    let said = json!({"id": "a", "service": more});
    assert_eq!(converted(said).await, json!({"id": "a", "service": service}));
}

#[tokio::test]
async fn an_attack_sequence_keeps_its_resources_and_its_signals() {
    let resource = |type_: &str, data: &Value| json!({"uid": "u", "name": "n", "accountId": "123456789012", "resourceType": type_, "region": "us-east-1", "data": data});
    let datas = [
        (
            "ACCESS_KEY",
            json!({"accessKey": {"principalId": "AIDA1", "userName": "ci", "userType": "IAMUser"}}),
            "accessKey",
        ),
        (
            "EC2_NETWORK_INTERFACE",
            json!({"ec2NetworkInterface": {"vpcId": "vpc-1"}}),
            "ec2NetworkInterface",
        ),
        ("S3_BUCKET", json!({"s3Bucket": {"s3ObjectUids": ["o"]}}), "s3Bucket"),
        ("S3_OBJECT", json!({"s3Object": {"key": "k"}}), "s3Object"),
        (
            "ECS_TASK",
            json!({"ecsTask": {"taskDefinitionArn": "arn:definition"}}),
            "ecsTask",
        ),
        (
            "EKS_CLUSTER",
            json!({"eksCluster": {"arn": "arn:eks", "vpcId": "vpc-1", "ec2InstanceUids": ["u"]}}),
            "eksCluster",
        ),
        ("SOMETHING_NEW", json!({}), "unheardOf"),
    ];
    let signal = json!({
        "uid": "s", "type": "FINDING", "name": "Recon:IAMUser/X", "severity": 5.0, "resourceUids": ["u"],
        "createdAt": 1_767_225_601, "updatedAt": 1_767_225_602.5, "firstSeenAt": 1_767_225_601, "lastSeenAt": 1_767_225_602.5,
    });
    let said: Vec<Value> = datas.iter().map(|(type_, data, _)| resource(type_, data)).collect();
    let sequence = |resources: Vec<Value>, signal: Value| {
        let sequence = json!({"uid": "q", "description": "d", "resources": resources, "signals": [signal]});
        json!({"id": "a", "service": {"detection": {"sequence": sequence}}})
    };
    let times = json!({"createdAt": "2026-01-01T00:00:01Z", "updatedAt": "2026-01-01T00:00:02.5Z", "firstSeenAt": "2026-01-01T00:00:01Z", "lastSeenAt": "2026-01-01T00:00:02.5Z"});
    let expected = sequence(said.clone(), with(&signal, times));
    let mut more = sequence(said, with(&signal, json!({"count": 3, "actorIds": ["x"]})));
    more["service"]["detection"]["sequence"]["actors"] = json!([{"id": "x"}]);
    for (at, (_, _, name)) in datas.iter().enumerate() {
        let data = &mut more["service"]["detection"]["sequence"]["resources"][at]["data"][*name];
        *data = with(
            &json!(data.as_object().cloned().unwrap_or_default()),
            json!({"beside": "what is read"}),
        );
    }
    assert_eq!(converted(more).await, expected);
}

/// The API alone writes this field with a capital letter.
#[tokio::test]
async fn an_instance_of_a_sequence_keeps_its_profile_and_its_interfaces() {
    let instance =
        |profile: &str| json!({profile: {"arn": "arn:profile", "id": "AIPA1"}, "ec2NetworkInterfaceUids": ["e"]});
    let of = |instance: Value| {
        let resources = json!([{"uid": "u", "resourceType": "EC2_INSTANCE", "data": {"ec2Instance": instance}}]);
        json!({"id": "a", "service": {"detection": {"sequence": {"uid": "q", "resources": resources}}}})
    };
    let found = converted(of(instance("IamInstanceProfile"))).await;
    assert_eq!(found, of(instance("iamInstanceProfile")));
}

//! Lambda functions at the wire: the serialized requests, what is made of the answers, and that nothing secret is kept.

use super::*;
use crate::testing::{access, json_error};
use firebreak_core::aws::{
    Cell,
    lambda::{LambdaCell, LambdaRead, LambdaWrite},
};
use serde_json::{Value, json};

const ARN: &str = "arn:aws:lambda:us-east-1:123456789012:function:refund";

async fn make(wire: &Wire, write: Write) -> Result<Receipt, Failure> {
    let result = aws(wire).await.write(&access("leak"), &write).await;
    assert_eq!(wire.left(), 0, "an answer was not asked for: {result:?}");
    result
}

/// Method and path, and the body as it was sent.
async fn sent(write: Write, status: u16) -> (String, String) {
    let wire = Wire::default().then(status, if status == 204 { "" } else { "{}" });
    make(&wire, write).await.unwrap();
    let sent = wire.only();
    let path = sent.uri.trim_start_matches("https://lambda.us-east-1.amazonaws.com");
    (format!("{} {path}", sent.operation), sent.body)
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

fn refund() -> String {
    "refund".into()
}

fn gone() -> String {
    json_error("ResourceNotFoundException", "Function not found")
}

fn configuration() -> String {
    json!({
        "FunctionName": "refund", "FunctionArn": ARN, "Role": "arn:aws:iam::123456789012:role/refund", "Timeout": 120,
        "Environment": {"Variables": {"DB_PASSWORD": "s3cr3t"}},
    })
    .to_string()
}

fn mapping(uuid: &str, function: &str, state: &str) -> Value {
    json!({"UUID": uuid, "FunctionArn": function, "State": state,
        "EventSourceArn": format!("arn:aws:sqs:us-east-1:123456789012:{uuid}")})
}

fn mappings(all: &[Value], marker: Option<&str>) -> String {
    json!({"EventSourceMappings": all, "NextMarker": marker}).to_string()
}

fn sources_cell() -> Query {
    Query::Cell(Cell::Lambda(LambdaCell::FunctionEventSources { function: refund() }))
}

#[tokio::test]
async fn concurrency_is_reserved_and_given_back() {
    let function = refund();
    let path = "/2017-10-31/functions/refund/concurrency";
    let (request, body) = sent(
        Write::Lambda(LambdaWrite::PutFunctionConcurrency { function, reserved: 0 }),
        200,
    )
    .await;
    assert_eq!(request, format!("PUT {path}"));
    assert_eq!(body, r#"{"ReservedConcurrentExecutions":0}"#);
    let (request, body) = sent(
        Write::Lambda(LambdaWrite::DeleteFunctionConcurrency { function: refund() }),
        204,
    )
    .await;
    assert_eq!(
        (request.as_str(), body.as_str()),
        (format!("DELETE {path}").as_str(), "")
    );
}

#[tokio::test]
async fn provisioned_concurrency_is_asked_for_and_removed_by_qualifier() {
    let path = "/2019-09-30/functions/refund/provisioned-concurrency?Qualifier=live";
    let (function, qualifier) = (refund(), "live".to_owned());
    let put = Write::Lambda(LambdaWrite::PutProvisionedConcurrencyConfig {
        function: function.clone(),
        qualifier: qualifier.clone(),
        executions: 5,
    });
    let (request, body) = sent(put, 202).await;
    assert_eq!(request, format!("PUT {path}"));
    assert_eq!(body, r#"{"ProvisionedConcurrentExecutions":5}"#);
    let (request, _) = sent(
        Write::Lambda(LambdaWrite::DeleteProvisionedConcurrencyConfig { function, qualifier }),
        204,
    )
    .await;
    assert_eq!(request, format!("DELETE {path}"));
}

#[tokio::test]
async fn of_a_mapping_only_whether_it_is_enabled_is_sent() {
    let uuid = "11111111-0000-4000-8000-000000000001".to_owned();
    let (request, body) = sent(
        Write::Lambda(LambdaWrite::UpdateEventSourceMapping { uuid, enabled: false }),
        202,
    )
    .await;
    assert_eq!(
        request,
        "PUT /2015-03-31/event-source-mappings/11111111-0000-4000-8000-000000000001"
    );
    assert_eq!(body, r#"{"Enabled":false}"#);
}

#[tokio::test]
async fn of_a_url_only_its_authentication_is_sent() {
    let url = |qualifier: Option<&str>, auth_type: &str| {
        Write::Lambda(LambdaWrite::UpdateFunctionUrlConfig {
            function: refund(),
            qualifier: qualifier.map(str::to_owned),
            auth_type: auth_type.into(),
        })
    };
    let answer = || {
        json!({"FunctionUrl": "https://x", "FunctionArn": ARN, "AuthType": "NONE", "CreationTime": "x",
            "LastModifiedTime": "x"})
        .to_string()
    };
    for (write, path, auth) in [
        (url(None, "AWS_IAM"), "/2021-10-31/functions/refund/url", "AWS_IAM"),
        (
            url(Some("live"), "NONE"),
            "/2021-10-31/functions/refund/url?Qualifier=live",
            "NONE",
        ),
    ] {
        let wire = Wire::default().then(200, answer());
        make(&wire, write).await.unwrap();
        assert!(wire.only().uri.ends_with(path), "{:?}", wire.only());
        assert_eq!(wire.only().operation, "PUT");
        assert_eq!(wire.only().body, format!(r#"{{"AuthType":"{auth}"}}"#));
    }
}

#[tokio::test]
async fn an_account_with_too_little_left_has_reached_a_limit() {
    let why = "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution \
               below its minimum value of [100].";
    let refused = |why: &str| Wire::default().then(400, json_error("InvalidParameterValueException", why));
    let function = refund();
    let put = Write::Lambda(LambdaWrite::PutFunctionConcurrency { function, reserved: 9 });
    let failure = make(&refused(why), put.clone()).await.unwrap_err();
    assert_eq!(failure.class, FailureClass::Limit);
    let failure = make(&refused("too large"), put).await.unwrap_err();
    assert_eq!(failure.class, FailureClass::Invalid);
}

#[tokio::test]
async fn a_mapping_that_aws_is_changing_is_not_yet() {
    let uuid = "one".to_owned();
    let wire = Wire::default().then(400, json_error("ResourceInUseException", "in use"));
    let failure = make(
        &wire,
        Write::Lambda(LambdaWrite::UpdateEventSourceMapping { uuid, enabled: false }),
    )
    .await
    .unwrap_err();
    assert_eq!(failure.class, FailureClass::NotYet);
}

#[tokio::test]
async fn what_is_gone_is_done_as_long_as_the_function_exists() {
    let (function, qualifier) = (refund(), "live".to_owned());
    let remove = Write::Lambda(LambdaWrite::DeleteProvisionedConcurrencyConfig { function, qualifier });
    let close = Write::Lambda(LambdaWrite::UpdateFunctionUrlConfig {
        function: refund(),
        qualifier: None,
        auth_type: "AWS_IAM".into(),
    });
    for write in [remove, close] {
        let wire = Wire::default().then(404, gone()).then(200, configuration());
        assert_eq!(make(&wire, write.clone()).await, Ok(Receipt::default()));
        let wire = Wire::default().then(404, gone()).then(404, gone());
        assert_eq!(make(&wire, write).await.unwrap_err().class, FailureClass::Gone);
    }
    let uuid = "one".to_owned();
    let off = Write::Lambda(LambdaWrite::UpdateEventSourceMapping { uuid, enabled: false });
    assert_eq!(
        make(&Wire::default().then(404, gone()), off).await,
        Ok(Receipt::default())
    );
}

#[tokio::test]
async fn a_function_is_read_without_its_environment() {
    let query = || Query::Lambda(LambdaRead::Function { function: refund() });
    let tags = json!({"Tags": {"team": "a"}}).to_string();
    let wire = Wire::default()
        .then(200, configuration())
        .then(200, versions(&[], None))
        .then(200, tags);
    let function = found(&wire, query()).await;
    let expected = json!({
        "arn": ARN,
        "role": "arn:aws:iam::123456789012:role/refund",
        "otherRoles": [],
        "timeoutSeconds": 120,
        "unreadVersions": null,
        "capacityProvider": false,
        "tags": {"team": "a"},
    });
    assert_eq!(function, expected);
    assert_eq!(ask(&Wire::default().then(404, gone()), query()).await, Answer::NotFound);
}

#[tokio::test]
async fn mappings_of_aliases_and_versions_are_found_and_those_of_others_are_not() {
    let wire = Wire::default()
        .then(
            200,
            mappings(
                &[
                    mapping("one", ARN, "Enabled"),
                    mapping("other", &format!("{ARN}s"), "Enabled"),
                ],
                Some("next"),
            ),
        )
        .then(
            200,
            mappings(&[mapping("two", &format!("{ARN}:live"), "Disabled")], None),
        );
    let sources = found(
        &wire,
        Query::Lambda(LambdaRead::EventSourcesOfFunction { function: refund() }),
    )
    .await;
    let queue = |name: &str| format!("arn:aws:sqs:us-east-1:123456789012:{name}");
    let expected = json!([
        {"uuid": "one", "source": queue("one"), "qualifier": null, "state": "Enabled"},
        {"uuid": "two", "source": queue("two"), "qualifier": "live", "state": "Disabled"},
    ]);
    assert_eq!(sources, expected);
    let asked = wire.sent();
    assert!(!asked[0].uri.contains("FunctionName"), "{asked:?}");
    assert!(asked[1].uri.ends_with("Marker=next"), "{asked:?}");
}

#[tokio::test]
async fn a_mapping_counts_as_what_it_becomes_and_one_that_is_updated_is_unknown() {
    let all = [
        mapping("a", ARN, "Enabled"),
        mapping("b", ARN, "Enabling"),
        mapping("c", ARN, "Disabling"),
        mapping("d", ARN, "Disabled"),
        mapping("e", ARN, "Deleting"),
    ];
    let wire = |all: &[Value]| {
        Wire::default()
            .then(200, configuration())
            .then(200, mappings(all, None))
    };
    let expected = json!({"enabled": ["a", "b"], "disabled": ["c", "d"]});
    assert_eq!(found(&wire(&all), sources_cell()).await, expected);
    for state in ["Creating", "Updating"] {
        let answer = ask(&wire(&[mapping("f", ARN, state)]), sources_cell()).await;
        assert!(
            matches!(&answer, Answer::Unreachable(why) if why.contains(state)),
            "{answer:?}"
        );
    }
    let missing = Wire::default().then(404, gone());
    assert_eq!(ask(&missing, sources_cell()).await, Answer::NotFound);
}

#[tokio::test]
async fn concurrency_that_is_0_is_not_none() {
    let query = || Query::Cell(Cell::Lambda(LambdaCell::FunctionConcurrency { function: refund() }));
    let zero = Wire::default().then(200, r#"{"ReservedConcurrentExecutions":0}"#);
    assert_eq!(found(&zero, query()).await, json!(0));
    assert_eq!(found(&Wire::default().then(200, "{}"), query()).await, Value::Null);
}

#[tokio::test]
async fn provisioned_concurrency_and_urls_are_read_by_qualifier() {
    let configs = json!({"ProvisionedConcurrencyConfigs": [
        {"FunctionArn": format!("{ARN}:live"), "RequestedProvisionedConcurrentExecutions": 5, "Status": "IN_PROGRESS"}]});
    let cell = Cell::Lambda(LambdaCell::FunctionProvisionedConcurrency { function: refund() });
    let value = found(&Wire::default().then(200, configs.to_string()), Query::Cell(cell)).await;
    assert_eq!(value, json!({"live": 5}));
    let url = |arn: &str, auth: &str| {
        json!({"FunctionUrl": "https://x", "FunctionArn": arn, "AuthType": auth, "CreationTime": "x",
            "LastModifiedTime": "x"})
    };
    let urls = json!({"FunctionUrlConfigs": [url(ARN, "NONE"), url(&format!("{ARN}:live"), "AWS_IAM")]});
    let cell = Cell::Lambda(LambdaCell::FunctionUrls { function: refund() });
    let value = found(&Wire::default().then(200, urls.to_string()), Query::Cell(cell)).await;
    assert_eq!(value, json!({"$LATEST": "NONE", "live": "AWS_IAM"}));
}

fn version(number: &str, role: &str, timeout: u32) -> Value {
    json!({"FunctionName": "refund", "FunctionArn": format!("{ARN}:{number}"), "Version": number,
        "Role": format!("arn:aws:iam::123456789012:role/{role}"), "Timeout": timeout})
}

fn versions(all: &[Value], marker: Option<&str>) -> String {
    json!({"Versions": all, "NextMarker": marker}).to_string()
}

fn tags() -> String {
    json!({"Tags": {"team": "web"}}).to_string()
}

/// An alias to a version of 900 s outlives a function of 120 s, and runs with the role of back then.
#[tokio::test]
async fn a_function_is_read_with_what_its_versions_keep() {
    let query = || Query::Lambda(LambdaRead::Function { function: refund() });
    let wire = Wire::default()
        .then(200, configuration())
        .then(
            200,
            versions(
                &[version("$LATEST", "refund", 120), version("1", "old", 900)],
                Some("next"),
            ),
        )
        .then(200, versions(&[version("2", "old", 3)], None))
        .then(200, tags());
    let function = found(&wire, query()).await;
    assert_eq!(function["timeoutSeconds"], 900);
    assert_eq!(function["otherRoles"], json!(["arn:aws:iam::123456789012:role/old"]));
    assert_eq!(
        (&function["unreadVersions"], &function["tags"]["team"]),
        (&Value::Null, &json!("web"))
    );
    assert!(
        wire.sent()[1].uri.contains("/functions/refund/versions"),
        "{:?}",
        wire.sent()
    );
    let denied = Wire::default()
        .then(200, configuration())
        .then(403, json_error("AccessDeniedException", "no"))
        .then(200, tags());
    let function = found(&denied, query()).await;
    assert_eq!(function["timeoutSeconds"], 900, "as long as AWS lets any run");
    let why = function["unreadVersions"].as_str().unwrap();
    assert!(
        why.starts_with("lambda:ListVersionsByFunction: AccessDeniedException"),
        "{why}"
    );
}

#[tokio::test]
async fn a_version_that_runs_with_a_role_is_named_where_the_function_does_not() {
    let role = "arn:aws:iam::123456789012:role/old";
    let named = |name: &str, version: &str, role: &str| json!({"FunctionName": name, "Version": version, "Role": role});
    let all = json!({"Functions": [
        named("refund", "$LATEST", "other"), named("refund", "3", role), named("refund", "4", role),
        named("bill", "$LATEST", role), named("bill", "1", role)]});
    let wire = Wire::default().then(200, all.to_string());
    let query = Query::Lambda(LambdaRead::FunctionsOfRole {
        region: "us-east-1".into(),
        role_arn: role.into(),
    });
    let users = found(&wire, query).await;
    assert_eq!(
        users,
        json!({"names": ["bill", "refund:3", "refund:4"], "unread": null})
    );
}

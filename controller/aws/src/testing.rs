//! AWS at the wire, for tests: answers from a script, keeps what was sent, and plays STS.

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::{
    http::{HttpClient, HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn},
    orchestrator::{HttpRequest, HttpResponse},
};
use aws_smithy_types::body::SdkBody;
use firebreak_core::aws::access::Access;
use firebreak_crds::{AwsAccountSpec, Environment, Roles};
use percent_encoding::percent_decode_str;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

pub(crate) const ACCOUNT: &str = "123456789012";

/// One request as it was sent.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    /// GET, PUT and the like.
    pub(crate) method: String,
    /// Host and path.
    pub(crate) uri: String,
    /// The account that must own the bucket, in requests of S3.
    pub(crate) bucket_owner: String,
    /// `If-None-Match` and `x-amz-checksum-sha256`, in requests that put an object.
    pub(crate) guards: [String; 2],
    /// `If-Match`, in requests that put an object.
    pub(crate) if_match: String,
    /// The operation, in protocols that name it in a header; else the HTTP method.
    pub(crate) operation: String,
    /// The body, percent-decoded where it is a form.
    pub(crate) body: String,
}

/// A script of answers and a record of requests.
#[derive(Clone, Debug)]
pub(crate) struct Wire(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    script: VecDeque<(u16, Vec<u8>)>,
    region_header: Option<String>,
    entity_tag: Option<String>,
    sent: Vec<Sent>,
    sts: Vec<Sent>,
    account: String,
    refused_roles: VecDeque<(u16, String)>,
}

impl Default for Wire {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(State {
            script: VecDeque::new(),
            region_header: None,
            entity_tag: None,
            sent: Vec::new(),
            sts: Vec::new(),
            account: ACCOUNT.into(),
            refused_roles: VecDeque::new(),
        })))
    }
}

impl Wire {
    /// Adds the next answer.
    pub(crate) fn then(self, status: u16, body: impl Into<Vec<u8>>) -> Self {
        self.0.lock().unwrap().script.push_back((status, body.into()));
        self
    }

    /// Says with every answer that the bucket is in this region.
    pub(crate) fn naming_region(self, region: &str) -> Self {
        self.0.lock().unwrap().region_header = Some(region.into());
        self
    }

    /// Gives every answer this entity tag.
    pub(crate) fn tagged(self, tag: &str) -> Self {
        self.0.lock().unwrap().entity_tag = Some(tag.into());
        self
    }

    /// Says that every session is in this account.
    pub(crate) fn in_account(self, account: &str) -> Self {
        self.0.lock().unwrap().account = account.into();
        self
    }

    /// Refuses to let the next session be made.
    pub(crate) fn refusing_a_role(self, status: u16, body: impl Into<String>) -> Self {
        self.0.lock().unwrap().refused_roles.push_back((status, body.into()));
        self
    }

    /// What was sent to services other than STS.
    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.0.lock().unwrap().sent.clone()
    }

    /// The one request that was sent.
    pub(crate) fn only(&self) -> Sent {
        let sent = self.sent();
        assert_eq!(sent.len(), 1, "{sent:#?}");
        sent[0].clone()
    }

    /// What was sent to STS.
    pub(crate) fn sts(&self) -> Vec<Sent> {
        self.0.lock().unwrap().sts.clone()
    }

    /// How many answers are left in the script.
    pub(crate) fn left(&self) -> usize {
        self.0.lock().unwrap().script.len()
    }

    pub(crate) async fn config(&self) -> SdkConfig {
        config(client(self.clone())).await
    }

    fn answer(&self, request: &HttpRequest) -> HttpResponse {
        let sent = sent(request);
        let mut state = self.0.lock().unwrap();
        let (status, body) = if sent.body.starts_with("Action=AssumeRole") {
            state.sts.push(sent);
            let (status, body) = state.refused_roles.pop_front().unwrap_or_else(|| (200, assumed_role()));
            (status, body.into_bytes())
        } else if sent.body.starts_with("Action=GetCallerIdentity") {
            state.sts.push(sent);
            (200, caller_identity(&state.account).into_bytes())
        } else {
            state.sent.push(sent);
            let asked = state.sent.last().cloned();
            state
                .script
                .pop_front()
                .unwrap_or_else(|| panic!("nothing was expected, but came {asked:?}"))
        };
        let mut answer = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body));
        answer.headers_mut().insert("x-amzn-requestid", "request-1");
        if let Some(tag) = &state.entity_tag {
            answer.headers_mut().insert("etag", tag.clone());
        }
        if let Some(region) = &state.region_header {
            answer.headers_mut().insert("x-amz-bucket-region", region.clone());
        }
        answer
    }
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::ready(Ok(self.answer(&request)))
    }
}

/// Takes every request and never answers.
#[derive(Debug)]
pub(crate) struct Silence;

impl HttpConnector for Silence {
    fn call(&self, _request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::new(std::future::pending())
    }
}

/// The SDK's client in front of a connector.
pub(crate) fn client(connector: impl HttpConnector + 'static) -> impl HttpClient {
    let connector = SharedHttpConnector::new(connector);
    http_client_fn(move |_, _| connector.clone())
}

/// A configuration with fixed credentials and the product's own time-outs and retries.
pub(crate) async fn config(client: impl HttpClient + 'static) -> SdkConfig {
    aws_config::defaults(BehaviorVersion::v2026_01_12())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("AKIDOPERATOR", "secret", None, None, "test"))
        .http_client(client)
        .retry_config(crate::transport::retries())
        .timeout_config(crate::transport::timeouts())
        .load()
        .await
}

/// Access to production on behalf of an object in namespace `team-a`.
pub(crate) fn access(name: &str) -> Access {
    let role = |name: &str| format!("arn:aws:iam::{ACCOUNT}:role/{name}");
    Access {
        account: AwsAccountSpec {
            account_id: ACCOUNT.into(),
            roles: Roles {
                read: role("firebreak-read"),
                contain: role("firebreak-contain"),
                contain_identity: Some(role("firebreak-contain-identity")),
                failover: Some(role("firebreak-failover")),
                queue: Some(role("firebreak-queue")),
            },
            external_id: Some("external-1".into()),
            regions: vec!["us-east-1".into()],
            data_residency: Vec::new(),
            environment: Environment::Production,
            deny_policy_arn: None,
            evidence: None,
            isolation_groups: Vec::new(),
            never_block: Vec::new(),
            break_glass: Vec::new(),
            grants: Vec::new(),
        },
        region: "us-east-1".into(),
        namespace: "team-a".into(),
        name: name.into(),
        uid: "uid-1".into(),
    }
}

/// An error in the XML of the query protocols of IAM, STS and ELB.
pub(crate) fn query_error(code: &str) -> String {
    format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>why</Message></Error>\
         <RequestId>request-1</RequestId></ErrorResponse>"
    )
}

/// An error in the XML of EC2.
pub(crate) fn ec2_error(code: &str) -> String {
    format!(
        "<Response><Errors><Error><Code>{code}</Code><Message>why</Message></Error></Errors>\
         <RequestID>request-1</RequestID></Response>"
    )
}

/// An error in the XML of S3.
pub(crate) fn s3_error(code: &str) -> String {
    format!("<Error><Code>{code}</Code><Message>why</Message><RequestId>request-1</RequestId></Error>")
}

/// An error in JSON.
pub(crate) fn json_error(code: &str, message: &str) -> String {
    serde_json::json!({"__type": code, "message": message}).to_string()
}

/// JSON in the binary form of CloudWatch's protocol: texts, numbers, lists and maps, each shorter than 24 or with a length of four
/// bytes.
pub(crate) fn cbor(value: &serde_json::Value) -> Vec<u8> {
    use serde_json::Value;
    let head = |major: u8, length: usize| match u8::try_from(length) {
        Ok(short) if short < 24 => vec![major << 5 | short],
        _ => [
            vec![major << 5 | 26],
            u32::try_from(length).unwrap().to_be_bytes().to_vec(),
        ]
        .concat(),
    };
    let words = |text: &str| [head(3, text.len()), text.as_bytes().to_vec()].concat();
    match value {
        Value::Null => vec![0xf6],
        Value::Bool(on) => vec![0xf4 + u8::from(*on)],
        Value::Number(number) => [vec![0xfb], number.as_f64().unwrap().to_be_bytes().to_vec()].concat(),
        Value::String(text) => words(text),
        Value::Array(items) => [vec![head(4, items.len())], items.iter().map(cbor).collect()]
            .concat()
            .concat(),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(key, value)| [words(key), cbor(value)].concat());
            [vec![head(5, fields.len())], fields.collect()].concat().concat()
        }
    }
}

fn sent(request: &HttpRequest) -> Sent {
    let header = |name: &str| request.headers().get(name).unwrap_or_default();
    let operation = match header("x-amz-target").rsplit('.').next() {
        Some(named) if !named.is_empty() => named.to_owned(),
        _ => request.method().to_string(),
    };
    let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
    let is_form = header("content-type") == "application/x-www-form-urlencoded";
    Sent {
        method: request.method().to_string(),
        uri: request.uri().to_string(),
        bucket_owner: header("x-amz-expected-bucket-owner").to_owned(),
        if_match: header("if-match").to_owned(),
        guards: ["if-none-match", "x-amz-checksum-sha256"].map(|name| header(name).to_owned()),
        operation,
        body: if is_form {
            percent_decode_str(&body).decode_utf8_lossy().into_owned()
        } else {
            body
        },
    }
}

fn assumed_role() -> String {
    format!(
        "<AssumeRoleResponse><AssumeRoleResult><AssumedRoleUser><AssumedRoleId>AROA:x</AssumedRoleId>\
         <Arn>arn:aws:sts::{ACCOUNT}:assumed-role/x/y</Arn></AssumedRoleUser><Credentials>\
         <AccessKeyId>ASIASESSION</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>\
         <SessionToken>token</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>\
         </AssumeRoleResult></AssumeRoleResponse>"
    )
}

fn caller_identity(account: &str) -> String {
    format!(
        "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:sts::{account}:assumed-role/x/y</Arn>\
         <UserId>AROA:x</UserId><Account>{account}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
    )
}

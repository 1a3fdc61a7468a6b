//! Objects of every kind, spoiled in a few places each: what a client could write, and what no server would accept.

use super::words::{self, TEAM};
use crate::fake_api::bare;
use firebreak_crds::{
    AwsAccount, Decision, EmergencyStop, FailoverPlan, FindingSource, Guardrail, Hold, Incident, NotificationChannel,
    OWNER_UID_LABEL, Playbook, Quarantine, ResponsePlan, TrafficPolicy, readable,
};
use serde_json::{Map, Value, json};

/// Of each hundred objects so many are of a kind: those that people write most often come most often.
const KINDS: [(&str, &str, usize); 13] = [
    ("Quarantine", "quarantines", 21),
    ("TrafficPolicy", "trafficpolicies", 4),
    ("Decision", "decisions", 23),
    ("FailoverPlan", "failoverplans", 5),
    ("FindingSource", "findingsources", 2),
    ("Incident", "incidents", 5),
    ("NotificationChannel", "notificationchannels", 2),
    ("Playbook", "playbooks", 3),
    ("ResponsePlan", "responseplans", 15),
    ("Hold", "holds", 5),
    ("AwsAccount", "awsaccounts", 5),
    ("Guardrail", "guardrails", 5),
    ("EmergencyStop", "emergencystops", 5),
];
/// One of so many is served without its metadata.
const BARE: usize = 100;
/// The longest name that the API server accepts.
const LONGEST_NAME: usize = 253;

/// A spoiled object.
pub struct Mutant {
    pub resource: &'static str,
    pub namespace: Option<String>,
    pub name: String,
    pub object: Value,
    /// Whether it is served without its metadata.
    pub bare: bool,
}

impl Mutant {
    /// What a client gets of it.
    pub fn served(&self) -> Value {
        bare::served(self.object.clone())
    }

    /// Whether this version of the operator can read it.
    pub fn is_readable(&self) -> bool {
        let text = self.served().to_string();
        match self.resource {
            "quarantines" => readable::without_status::<Quarantine>(&text).is_ok(),
            "trafficpolicies" => readable::without_status::<TrafficPolicy>(&text).is_ok(),
            "decisions" => readable::object::<Decision>(&text).is_ok(),
            "failoverplans" => readable::without_status::<FailoverPlan>(&text).is_ok(),
            "findingsources" => readable::without_status::<FindingSource>(&text).is_ok(),
            "notificationchannels" => readable::without_status::<NotificationChannel>(&text).is_ok(),
            "playbooks" => readable::without_status::<Playbook>(&text).is_ok(),
            "incidents" => readable::without_status::<Incident>(&text).is_ok(),
            "responseplans" => readable::object::<ResponsePlan>(&text).is_ok(),
            "holds" => readable::object::<Hold>(&text).is_ok(),
            "awsaccounts" => readable::without_status::<AwsAccount>(&text).is_ok(),
            "guardrails" => readable::object::<Guardrail>(&text).is_ok(),
            "emergencystops" => readable::object::<EmergencyStop>(&text).is_ok(),
            other => unreachable!("{other}"),
        }
    }
}

/// A spoiled object, in a namespace where it has one; it speaks of an object with this name and UID where it speaks of one.
/// The same number gives the same object.
pub fn mutant(number: usize, namespace: &str, about: (&str, &str)) -> Mutant {
    let mut dice = Dice::new(number);
    let (kind, resource) = kind(dice.roll(100));
    let mut object = sample(kind, number, about);
    for _ in 0..=dice.roll(3) {
        spoil(&mut object, &mut dice);
    }
    let mut name = format!("mutant-{number}");
    if dice.roll(50) == 0 {
        name += &"-".repeat(LONGEST_NAME - 1 - name.len());
        name.push('x');
    }
    let of_cluster = ["AwsAccount", "EmergencyStop", "Guardrail", "Hold"];
    let namespace = (!of_cluster.contains(&kind)).then(|| namespace.to_owned());
    object["metadata"]["name"] = json!(name);
    if let Some(namespace) = &namespace {
        object["metadata"]["namespace"] = json!(namespace);
    }
    // One EmergencyStop is enough for the operator: it must be one that can be named.
    let bare = number % BARE == BARE / 2 && resource != "emergencystops";
    if bare {
        object = bare::marked(object);
    }
    Mutant {
        resource,
        namespace,
        name,
        object,
        bare,
    }
}

fn kind(mut left: usize) -> (&'static str, &'static str) {
    for (kind, resource, share) in KINDS {
        if left < share {
            return (kind, resource);
        }
        left -= share;
    }
    unreachable!("the shares make a hundred")
}

/// A small generator of numbers: the same seed gives the same ones.
struct Dice(u64);

impl Dice {
    fn new(seed: usize) -> Self {
        let seed = u64::try_from(seed).unwrap() + 1;
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A number below `sides`.
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        // The low bits of such a generator are its worst.
        usize::try_from((self.0 >> 16) % u64::try_from(sides).unwrap()).unwrap()
    }
}

fn sample(kind: &str, number: usize, about: (&str, &str)) -> Value {
    let mut object = match kind {
        "Quarantine" => serde_json::to_value(words::quarantine("x", words::role("nobody"))).unwrap(),
        _ => json!({"metadata": {}, "spec": spec(kind, number, about)}),
    };
    object["apiVersion"] = json!("firebreak.dev/v1alpha1");
    object["kind"] = json!(kind);
    if kind == "ResponsePlan" {
        object["metadata"]["labels"] = json!({OWNER_UID_LABEL: "nobodys"});
    }
    object
}

fn traffic_policy() -> Value {
    json!({
        "accountRef": {"name": "production"}, "region": "us-east-1", "expiry": {"after": "6h", "then": "Release"},
        "webAcl": {"name": "shop", "id": "a1b2c3d4-5678-90ab-cdef-0123456789ab"},
        "block": [{"cidr": "198.51.100.7/32", "reason": "scans"}, {"cidr": "2001:db8:17::/64"}],
    })
}

fn spec(kind: &str, number: usize, (name, uid): (&str, &str)) -> Value {
    let digest = format!("sha256:{}", "0".repeat(64));
    match kind {
        "Decision" => {
            let plan = json!({"name": "p", "uid": "u", "digest": digest});
            let target = json!({"kind": "Quarantine", "name": name, "uid": uid, "generation": 1});
            json!({"by": "eve@example.com", "verb": "Approve", "approverRole": "security", "target": target, "plan": plan})
        }
        "FailoverPlan" => json!({
            "accountRef": {"name": "production"}, "regions": {"primary": "us-east-1", "standby": "us-west-2"},
            "activation": {"region": "us-west-2", "serial": 3, "acknowledgeSplitBrain": {"serial": 3}},
            "runStore": {"primary": {"bucket": "runs-east"}, "standby": {"bucket": "runs-west"}},
            "steps": [
                {"name": "promote", "rdsPromoteReplica": {"primary": "orders", "standby": "orders-west"}},
                {"name": "traffic", "dependsOn": ["promote"], "healthCheckSwitch": {"bucket": "switches", "key": "west"}},
            ],
        }),
        "FindingSource" => {
            let sqs = json!({"accountRef": {"name": "production"}, "accounts": [{"name": "production"}],
                "queueArn": "arn:aws:sqs:us-east-1:123456789012:findings"});
            let polled = json!({"accounts": [{"name": "production"}], "regions": ["us-east-1"], "interval": "1m"});
            json!({"guardDuty": polled, "sqs": sqs, "onResolve": "Archive", "samples": "Drill"})
        }
        "NotificationChannel" => json!({
            "slack": {"secretRef": {"name": "slack"}, "channel": "C1"}, "severities": ["High"], "remindEvery": "15m",
            "escalation": {"after": "15m", "to": ["pager"]}, "quietHours": {"from": "22:00", "until": "06:00"},
        }),
        "TrafficPolicy" => traffic_policy(),
        "Playbook" => json!({
            "mode": "Act", "match": {"types": ["*"], "severity": {"atLeast": "High"}, "resources": ["AccessKey"]},
            "responses": [{"name": "deny", "from": "AccessKeyOwner", "iamRole": {"methods": ["DenyAll"]}}],
        }),
        "Incident" => {
            let quarantine =
                json!({"accountRef": {"name": "production"}, "region": "us-east-1", "target": words::role("nobody")});
            let finding = json!({"id": "f", "product": "GuardDuty", "firstSeen": "2026-01-01T00:00:00Z"});
            json!({
                "severity": "High", "title": "odd", "findings": [finding], "regulations": [{"name": "GDPR"}],
                "responses": [{"name": "a", "quarantine": quarantine}, {"name": "b", "quarantineRef": {"name": name}}],
            })
        }
        "ResponsePlan" => json!({
            "owner": {"kind": "Quarantine", "namespace": TEAM, "name": "x", "uid": "nobodys"}, "ownerGeneration": 1, "run": 1,
            "action": "Contain", "digest": digest, "payload": {"version": 2, "steps": []},
        }),
        "Hold" => hold(number),
        "AwsAccount" => {
            let mut spec = serde_json::to_value(words::account().spec).unwrap();
            spec["accountId"] = json!(format!("{:012}", 900_000_000_000_usize + number));
            spec
        }
        "Guardrail" => serde_json::to_value(words::guardrail_all(1).spec).unwrap(),
        "EmergencyStop" => json!({"reason": "drill"}),
        other => unreachable!("{other}"),
    }
}

fn hold(number: usize) -> Value {
    json!({
        "key": {"accountId": "999999999999", "region": "global", "resource": format!("arn:{number}"), "field": "TrustPolicy"},
        "state": "Orphaned", "account": words::account().spec, "accountName": "elsewhere", "region": "us-east-1",
        "cell": {"version": 1}, "before": 1, "after": 2, "order": 0, "holders": [],
        "orphaned": {
            "from": {"kind": "Quarantine", "namespace": TEAM, "name": "x", "uid": "x"},
            "at": "2026-01-01T00:00:00Z", "mode": "Enforce",
        },
    })
}

fn spoil(object: &mut Value, dice: &mut Dice) {
    match dice.roll(3) {
        0 => {
            let fields = [
                "managedFields",
                "labels",
                "annotations",
                "finalizers",
                "ownerReferences",
                "selfLink",
                "generateName",
            ];
            let field = fields[dice.roll(fields.len())];
            object["metadata"][field] = oddity(field, dice);
        }
        1 => object["status"] = oddity("status", dice),
        _ => spoil_within(&mut object["spec"], dice),
    }
}

/// Replaces, removes or adds something at a random place.
fn spoil_within(value: &mut Value, dice: &mut Dice) {
    match value {
        Value::Object(map) if !map.is_empty() && dice.roll(4) > 0 => {
            let key = map.keys().nth(dice.roll(map.len())).unwrap().clone();
            match dice.roll(6) {
                0 => drop(map.remove(&key)),
                1 => drop(map.insert(format!("{key}s"), odd(dice))),
                _ => spoil_within(&mut map[&key], dice),
            }
        }
        Value::Array(list) if !list.is_empty() && dice.roll(4) > 0 => {
            let at = dice.roll(list.len());
            spoil_within(&mut list[at], dice);
        }
        other => *other = odd(dice),
    }
}

/// A value that hardly anything expects.
fn odd(dice: &mut Dice) -> Value {
    match dice.roll(15) {
        0 => Value::Null,
        1 => json!(-1),
        2 => json!(u64::MAX),
        3 => json!(1e300),
        4 => json!(true),
        5 => json!(""),
        6 => json!("Unheard"),
        7 => json!("\u{0}\u{1b}[2K\u{202e}\u{feff}"),
        8 => json!("ä".repeat(5000)),
        9 => json!("9999-12-31T23:59:59Z"),
        10 => json!([]),
        11 => json!([null, {}]),
        12 => json!({}),
        13 => json!({"a": {"b": []}}),
        // Deeper than the decoder of a typed object goes.
        _ => (0..150).fold(json!(1), |inner, _| json!([inner])),
    }
}

/// A value that hardly anything expects of this field of the metadata, or of the status.
fn oddity(field: &str, dice: &mut Dice) -> Value {
    match (field, dice.roll(4)) {
        ("managedFields", 0) => json!([{"manager": "m", "operation": "Update", "time": "9999-12-31T23:59:59Z"}]),
        ("managedFields", 1) => json!([{"manager": "m", "fieldsV1": odd(dice), "time": 7}]),
        ("managedFields", 2) => json!([{"manager": "m", "time": "+292277026596-12-04T15:30:07Z"}]),
        ("labels" | "annotations", 0) => Value::Object(many("k")),
        ("labels" | "annotations", 1) => Value::Object(many("firebreak.dev/k")),
        ("annotations", 2) => json!({"firebreak.dev/a": "x".repeat(60_000), "b": "\u{2028}\u{7}".repeat(1_000)}),
        ("finalizers", 0 | 1) => json!(["example.com/stuck"]),
        ("finalizers", 2) => json!((0..500).map(|n| format!("example.com/f{n}")).collect::<Vec<_>>()),
        ("ownerReferences", 0) => {
            json!([{"apiVersion": "v1", "kind": "Gone", "name": "g", "uid": "g", "blockOwnerDeletion": true}])
        }
        ("status", 0) => json!({"observedGeneration": odd(dice), "conditions": [odd(dice)]}),
        _ => odd(dice),
    }
}

fn many(key: &str) -> Map<String, Value> {
    (0..500).map(|n| (format!("{key}{n}"), json!("v"))).collect()
}

//! AWS WAF at the wire: whole lists that go back under their lock token, and web ACLs in the order of their rules.

use super::*;
use crate::testing::{access, json_error};
use firebreak_core::aws::{
    Cell,
    wafv2::{IpSetId, IpVersion, Rule, RuleAction, Wafv2Cell, Wafv2Read, Wafv2Write, WebAcl, prepared_name},
};
use firebreak_crds::WafScope;
use serde_json::{Value, json};

const ID: &str = "a1b2c3d4-5678-90ab-cdef-0123456789ab";
const LOST: &str = "WAFOptimisticLockException";

fn set() -> IpSetId {
    IpSetId {
        scope: WafScope::Regional,
        name: prepared_name(IpVersion::Ipv4, ID),
        id: "id-1".into(),
    }
}

fn told(addresses: &[&str], token: &str) -> String {
    let set = json!({"Name": set().name, "Id": "id-1", "ARN": "arn:aws:wafv2:x", "Description": "blocked by Firebreak",
        "IPAddressVersion": "IPV4", "Addresses": addresses});
    json!({"IPSet": set, "LockToken": token}).to_string()
}

fn update(add: &[&str], remove: &[&str]) -> Write {
    let texts = |of: &[&str]| of.iter().map(|one| (*one).to_owned()).collect();
    Write::Wafv2(Wafv2Write::UpdateIpSet {
        ip_set: set(),
        add: texts(add),
        remove: texts(remove),
    })
}

fn done() -> String {
    json!({"NextLockToken": "next"}).to_string()
}

async fn make(wire: &Wire, write: Write) -> Result<Receipt, Failure> {
    let result = aws(wire).await.write(&access("scanner"), &write).await;
    assert_eq!(wire.left(), 0, "an answer was not asked for: {result:?}");
    result
}

fn sent(wire: &Wire) -> Vec<(String, Value)> {
    let each = wire.sent().into_iter();
    each.map(|sent| {
        let operation = sent.operation.rsplit('.').next().unwrap().to_owned();
        (operation, serde_json::from_str(&sent.body).unwrap())
    })
    .collect()
}

#[tokio::test]
async fn whole_list_goes_back_under_its_token_with_one_range_more() {
    let wire = Wire::default()
        .then(200, told(&["192.0.2.0/24", "odd but theirs"], "t-1"))
        .then(200, done());
    let receipt = make(&wire, update(&["198.51.100.7/32"], &[])).await.unwrap();
    assert_eq!(receipt.request_id.as_deref(), Some("request-1"));
    let [(get, asked), (put, body)] = &sent(&wire)[..] else {
        panic!("two calls: {:?}", sent(&wire));
    };
    assert_eq!((get.as_str(), put.as_str()), ("GetIPSet", "UpdateIPSet"));
    assert_eq!(*asked, json!({"Name": set().name, "Scope": "REGIONAL", "Id": "id-1"}));
    assert_eq!(
        *body,
        json!({"Name": set().name, "Scope": "REGIONAL", "Id": "id-1", "Description": "blocked by Firebreak",
            "Addresses": ["192.0.2.0/24", "odd but theirs", "198.51.100.7/32"], "LockToken": "t-1"})
    );
}

#[tokio::test]
async fn the_range_that_goes_is_found_by_meaning_and_an_empty_list_is_sent() {
    let in_full = "2001:0db8:0000:0000:0000:0000:0000:0007/128";
    let wire = Wire::default().then(200, told(&[in_full], "t-1")).then(200, done());
    make(&wire, update(&[], &["2001:db8::7/128"])).await.unwrap();
    assert_eq!(sent(&wire)[1].1["Addresses"], json!([]));
}

#[tokio::test]
async fn what_is_so_already_is_not_written() {
    for write in [update(&["192.0.2.0/24"], &[]), update(&[], &["198.51.100.7/32"])] {
        let wire = Wire::default().then(200, told(&["192.0.2.0/24"], "t-1"));
        assert_eq!(make(&wire, write).await.unwrap(), Receipt::default());
        assert_eq!(sent(&wire).len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn list_is_read_again_where_somebody_else_was_faster() {
    let wire = Wire::default()
        .then(200, told(&["192.0.2.0/24"], "t-1"))
        .then(400, json_error(LOST, "no"))
        .then(200, told(&["192.0.2.0/24", "203.0.113.9/32"], "t-2"))
        .then(200, done());
    make(&wire, update(&["198.51.100.7/32"], &[])).await.unwrap();
    let body = &sent(&wire)[3].1;
    assert_eq!(body["LockToken"], "t-2");
    assert_eq!(
        body["Addresses"],
        json!(["192.0.2.0/24", "203.0.113.9/32", "198.51.100.7/32"])
    );
}

#[tokio::test(start_paused = true)]
async fn five_times_slower_than_others_is_a_conflict() {
    let wire = (0..5).fold(Wire::default(), |wire, _| {
        wire.then(200, told(&[], "t")).then(400, json_error(LOST, "no"))
    });
    let failure = make(&wire, update(&["198.51.100.7/32"], &[])).await.unwrap_err();
    assert_eq!((failure.class, failure.code.as_str()), (FailureClass::Conflict, LOST));
}

#[tokio::test]
async fn other_refusals_are_told_at_once() {
    for (code, class) in [
        ("WAFNonexistentItemException", FailureClass::Gone),
        ("WAFLimitsExceededException", FailureClass::Limit),
        ("WAFInvalidParameterException", FailureClass::Invalid),
    ] {
        let wire = Wire::default()
            .then(200, told(&[], "t"))
            .then(400, json_error(code, "no"));
        assert_eq!(
            make(&wire, update(&["198.51.100.7/32"], &[])).await.unwrap_err().class,
            class
        );
    }
}

#[tokio::test]
async fn range_is_told_from_the_list_and_a_set_that_is_gone_is_not_there() {
    let asked = |cidr: &str| {
        Query::Cell(Cell::Wafv2(Wafv2Cell::IpSetRange {
            ip_set: set(),
            cidr: cidr.into(),
        }))
    };
    for (cidr, there) in [("192.0.2.0/24", true), ("192.0.2.0/25", false)] {
        let wire = Wire::default().then(200, told(&["192.0.2.0/24"], "t"));
        assert_eq!(
            aws(&wire).await.observe(&access("a"), &asked(cidr)).await,
            Answer::Found(json!(there))
        );
    }
    let wire = Wire::default().then(400, json_error("WAFNonexistentItemException", "no"));
    assert_eq!(
        aws(&wire).await.observe(&access("a"), &asked("192.0.2.0/24")).await,
        Answer::NotFound
    );
}

fn named(name: &str, action: RuleAction) -> Rule {
    Rule {
        name: name.into(),
        action,
        ip_set: None,
    }
}

fn visible() -> Value {
    json!({"SampledRequestsEnabled": true, "CloudWatchMetricsEnabled": true, "MetricName": "m"})
}

fn rule(name: &str, priority: i32, more: Value) -> Value {
    let mut rule = json!({"Name": name, "Priority": priority, "VisibilityConfig": visible()});
    rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    rule
}

/// A rule group that Firewall Manager puts into the web ACL.
fn manager(name: &str) -> Value {
    let statement = json!({"RuleGroupReferenceStatement": {"ARN": "arn:aws:wafv2:group"}});
    json!([{"Name": name, "Priority": 0, "VisibilityConfig": visible(), "OverrideAction": {"None": {}}, "FirewallManagerStatement": statement}])
}

#[tokio::test]
async fn rules_come_in_the_order_in_which_they_are_asked() {
    let geo = json!({"GeoMatchStatement": {"CountryCodes": ["US"]}});
    let group = |vendor: &str| json!({"ManagedRuleGroupStatement": {"VendorName": vendor, "Name": "g"}});
    let mut overridden = group("AWS");
    overridden["ManagedRuleGroupStatement"]["RuleActionOverrides"] =
        json!([{"Name": "r", "ActionToUse": {"Allow": {}}}]);
    let acl = json!({"WebACL": {
        "Name": "shop", "Id": ID, "ARN": "arn:aws:wafv2:acl", "DefaultAction": {"Allow": {}}, "VisibilityConfig": visible(), "Capacity": 9,
        "PreProcessFirewallManagerRuleGroups": manager("first"), "PostProcessFirewallManagerRuleGroups": manager("last"),
        "Rules": [
            rule("override", 7, json!({"Statement": overridden, "OverrideAction": {"None": {}}})),
            rule("market", 6, json!({"Statement": group("F5"), "OverrideAction": {"None": {}}})),
            rule("counted", 5, json!({"Statement": group("F5"), "OverrideAction": {"Count": {}}})),
            rule("common", 4, json!({"Statement": group("AWS"), "OverrideAction": {"None": {}}})),
            rule("challenge", 3, json!({"Statement": geo, "Action": {"Challenge": {}}})),
            rule("count", 2, json!({"Statement": geo, "Action": {"Count": {}}})),
            rule("allow", 1, json!({"Statement": geo, "Action": {"Allow": {}}})),
            rule("ours", 0, json!({"Statement": {"IPSetReferenceStatement": {"ARN": "arn:aws:wafv2:set"}}, "Action": {"Block": {}}})),
        ],
    }});
    let wire = Wire::default().then(200, acl.to_string());
    let query = Query::Wafv2(Wafv2Read::WebAcl {
        scope: WafScope::CloudFront,
        name: "shop".into(),
        id: ID.into(),
    });
    let Answer::Found(found) = aws(&wire).await.observe(&access("a"), &query).await else {
        panic!("found");
    };
    let ours = Rule {
        ip_set: Some("arn:aws:wafv2:set".into()),
        ..named("ours", RuleAction::Block)
    };
    let expected = [
        named("first", RuleAction::Other),
        ours,
        named("allow", RuleAction::Allow),
        named("count", RuleAction::Count),
        named("challenge", RuleAction::Challenge),
        named("common", RuleAction::AwsGroup),
        named("counted", RuleAction::Count),
        named("market", RuleAction::Other),
        named("override", RuleAction::Allow),
        named("last", RuleAction::Other),
    ];
    assert_eq!(serde_json::from_value::<WebAcl>(found).unwrap().rules, expected);
    assert_eq!(
        sent(&wire)[0].1,
        json!({"Name": "shop", "Scope": "CLOUDFRONT", "Id": ID})
    );
}

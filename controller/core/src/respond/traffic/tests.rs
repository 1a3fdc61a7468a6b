//! What a TrafficPolicy wants, on a hand-made AWS that answers round after round as the engine asks.

use crate::{
    aws::{
        Answer, Cell, Query, Site,
        wafv2::{
            IpSet, IpSetId, IpVersion, MOST_ADDRESSES, Rule, RuleAction, Wafv2Cell, Wafv2Read, WebAcl, prepared_name,
        },
    },
    blocked::{Blocked, Stop},
    facts::Facts,
    respond::{Design, Proof, Response, Scope},
    settings::Settings,
};
use firebreak_crds::{AwsAccountSpec, Reason, TrafficPolicySpec, WafScope};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const ID: &str = "a1b2c3d4-5678-90ab-cdef-0123456789ab";
const ACL_ARN: &str = "arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/shop/a1b2c3d4-5678-90ab-cdef-0123456789ab";

pub(super) fn account() -> AwsAccountSpec {
    serde_json::from_value(json!({
        "accountId": "123456789012", "environment": "Production", "regions": ["eu-west-1"], "grants": [],
        "roles": {"read": "arn:aws:iam::123456789012:role/r", "contain": "arn:aws:iam::123456789012:role/c"},
    }))
    .unwrap()
}

fn policy(block: &[&str]) -> TrafficPolicySpec {
    let block: Vec<Value> = block.iter().map(|cidr| json!({"cidr": cidr})).collect();
    serde_json::from_value(json!({
        "accountRef": {"name": "production"}, "region": "eu-west-1", "webAcl": {"name": "shop", "id": ID}, "block": block,
    }))
    .unwrap()
}

fn set(version: IpVersion) -> IpSetId {
    IpSetId {
        scope: WafScope::Regional,
        name: prepared_name(version, ID),
        id: format!("id-of-{}", version.word()),
    }
}

fn ours(version: IpVersion, action: RuleAction) -> Rule {
    Rule {
        name: super::rule_name(version).into(),
        action,
        ip_set: Some(set(version).arn("aws", "123456789012", "eu-west-1")),
    }
}

fn other(name: &str, action: RuleAction) -> Rule {
    Rule {
        name: name.into(),
        action,
        ip_set: None,
    }
}

/// An AWS with answers; a question that has none is about what does not exist.
#[derive(Clone, Default)]
struct World(BTreeMap<Query, Answer>);

impl World {
    /// A web ACL with these rules, and both sets with what is in them.
    fn of(rules: Vec<Rule>, addresses: &[&str]) -> Self {
        let acl = Wafv2Read::WebAcl {
            scope: WafScope::Regional,
            name: "shop".into(),
            id: ID.into(),
        };
        let mut world = Self::default();
        world.tell(acl, &WebAcl { rules });
        for (version, sign) in [(IpVersion::Ipv4, '.'), (IpVersion::Ipv6, ':')] {
            let mine = addresses.iter().filter(|one| one.contains(sign));
            let addresses = mine.map(|one| (*one).to_owned()).collect();
            let ip_set = set(version);
            world.tell(Wafv2Read::IpSet { ip_set }, &IpSet { version, addresses });
        }
        world
    }

    fn tell(&mut self, read: Wafv2Read, fact: &impl Serialize) {
        self.0.insert(Query::Wafv2(read), Answer::found(fact));
    }

    fn ask<T>(
        &self,
        decide: impl Fn(&Scope<'_>, &Facts) -> Result<T, Stop>,
        account: &AwsAccountSpec,
    ) -> Result<T, Blocked> {
        let (settings, holds, mut facts) = (Settings::default(), BTreeMap::new(), Facts::default());
        let scope = Scope {
            account,
            settings: &settings,
            uid: "uid-1",
            run: 1,
            earlier: &[],
            holds: &holds,
        };
        for _round in 0..5 {
            match decide(&scope, &facts) {
                Ok(made) => return Ok(made),
                Err(Stop::Blocked(blocked)) => return Err(blocked),
                Err(Stop::Fetch(names)) => panic!("it needs no Hold: {names:?}"),
                Err(Stop::Ask(asked)) => {
                    for ask in asked {
                        assert_eq!(ask.site, Site::new("123456789012", "eu-west-1"));
                        assert!(facts.answer(&ask).is_none(), "asked twice: {ask:?}");
                        let answer = self.0.get(&ask.query).cloned().unwrap_or(Answer::NotFound);
                        facts.insert(ask, answer);
                    }
                }
            }
        }
        panic!("not decided after five rounds")
    }

    fn design(&self, spec: &TrafficPolicySpec) -> Result<Design, Blocked> {
        self.ask(|scope, facts| spec.design(scope, facts), &account())
    }

    fn proof(&self, spec: &TrafficPolicySpec) -> Result<Proof, Blocked> {
        self.ask(|scope, facts| spec.proof(scope, facts), &account())
    }
}

fn both() -> Vec<Rule> {
    [IpVersion::Ipv4, IpVersion::Ipv6]
        .map(|version| ours(version, RuleAction::Block))
        .to_vec()
}

fn refused(world: &World, spec: &TrafficPolicySpec) -> (Reason, String) {
    let blocked = world.design(spec).unwrap_err();
    (blocked.reason, blocked.message)
}

#[test]
fn each_range_is_a_step_in_the_set_of_its_family() {
    let spec = policy(&["198.51.100.7/32", "2001:db8:17::/64"]);
    let design = World::of(both(), &["203.0.113.9/32"]).design(&spec).unwrap();
    let steps: Vec<(&str, &Cell)> = design.drafts.iter().map(|it| (it.id.as_str(), &it.cell)).collect();
    let cell = |version, cidr: &str| {
        Cell::Wafv2(Wafv2Cell::IpSetRange {
            ip_set: set(version),
            cidr: cidr.into(),
        })
    };
    assert_eq!(
        steps,
        [
            ("block-198-51-100-7-32", &cell(IpVersion::Ipv4, "198.51.100.7/32")),
            ("block-2001-db8-17---64", &cell(IpVersion::Ipv6, "2001:db8:17::/64")),
        ]
    );
    assert!(
        design
            .drafts
            .iter()
            .all(|draft| draft.after == json!(true) && draft.settling == [15, 60, 300])
    );
    assert_eq!(design.arn, ACL_ARN);
    assert_eq!(design.touches.len(), 3);
    assert_eq!(
        spec.title().unwrap(),
        "Web ACL shop (REGIONAL): block 2 ranges, 198.51.100.7/32 and others"
    );
}

#[test]
fn reads_are_bounded_whatever_number_of_ranges_there_is() {
    let all: Vec<String> = (0..32).map(|last| format!("198.51.100.{last}/32")).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let design = World::of(both(), &[]).design(&policy(&all)).unwrap();
    let through: std::collections::BTreeSet<_> = design.drafts.iter().map(|it| it.cell.part_of()).collect();
    assert_eq!((design.drafts.len(), through.len()), (32, 1));
    let ids: std::collections::BTreeSet<_> = design.drafts.iter().map(|it| &it.id).collect();
    assert_eq!(ids.len(), 32);
}

#[test]
fn web_acl_without_our_rules_is_not_prepared_and_the_remedy_is_said() {
    let spec = policy(&["198.51.100.7/32"]);
    let (reason, said) = refused(&World::of(vec![other("common", RuleAction::AwsGroup)], &[]), &spec);
    assert_eq!(reason, Reason::NotPrepared);
    let command = format!("kubectl firebreak traffic prepare shop --id {ID} --region eu-west-1");
    assert!(
        said.contains(&format!("IP set firebreak-ipv4-{ID}")) && said.ends_with(&command),
        "{said}"
    );
    let counting = World::of(vec![ours(IpVersion::Ipv4, RuleAction::Count)], &[]);
    let (reason, said) = refused(&counting, &spec);
    assert!(
        reason == Reason::NotPrepared && said.ends_with("set its action to Block"),
        "{said}"
    );
}

#[test]
fn only_the_family_that_is_asked_for_must_be_prepared() {
    let world = World::of(vec![ours(IpVersion::Ipv4, RuleAction::Block)], &[]);
    assert!(world.design(&policy(&["198.51.100.7/32"])).is_ok());
    assert_eq!(refused(&world, &policy(&["2001:db8:17::/64"])).0, Reason::NotPrepared);
}

#[test]
fn sets_of_other_accounts_scopes_and_names_are_not_ours() {
    let name = prepared_name(IpVersion::Ipv4, ID);
    for arn in [
        format!("arn:aws:wafv2:eu-west-1:999999999999:regional/ipset/{name}/x"),
        format!("arn:aws:wafv2:us-east-1:123456789012:global/ipset/{name}/x"),
        "arn:aws:wafv2:eu-west-1:123456789012:regional/ipset/firebreak-ipv4-other/x".to_owned(),
        "not an arn".to_owned(),
    ] {
        let rule = Rule {
            ip_set: Some(arn.clone()),
            ..ours(IpVersion::Ipv4, RuleAction::Block)
        };
        let (reason, _) = refused(&World::of(vec![rule], &[]), &policy(&["198.51.100.7/32"]));
        assert_eq!(reason, Reason::NotPrepared, "{arn}");
    }
}

#[test]
fn what_does_not_exist_is_named() {
    let spec = policy(&["198.51.100.7/32"]);
    assert_eq!(refused(&World::default(), &spec).0, Reason::TargetNotFound);
    let mut gone = World::of(both(), &[]);
    let ip_set = set(IpVersion::Ipv4);
    gone.0.remove(&Query::Wafv2(Wafv2Read::IpSet { ip_set }));
    assert_eq!(refused(&gone, &spec).0, Reason::NotPrepared);
    let mut wrong = World::of(both(), &[]);
    let ip_set = set(IpVersion::Ipv4);
    let six = IpSet {
        version: IpVersion::Ipv6,
        addresses: Vec::new(),
    };
    wrong.tell(Wafv2Read::IpSet { ip_set }, &six);
    assert_eq!(refused(&wrong, &spec).0, Reason::NotPrepared);
}

#[test]
fn full_set_is_refused_before_aws_refuses_it() {
    let full: Vec<String> = (0..MOST_ADDRESSES)
        .map(|n| format!("203.{}.{}.1/32", n / 250, n % 250))
        .collect();
    let texts: Vec<&str> = full.iter().map(String::as_str).collect();
    let world = World::of(both(), &texts);
    assert_eq!(refused(&world, &policy(&["198.51.100.7/32"])).0, Reason::LimitExceeded);
    assert!(
        world.design(&policy(&["203.0.7.1/32"])).is_ok(),
        "it is in the set already"
    );
    assert!(
        World::of(both(), &texts[1..])
            .design(&policy(&["198.51.100.7/32"]))
            .is_ok()
    );
}

#[test]
fn rule_before_ours_that_may_let_requests_in_undercuts_it() {
    let spec = policy(&["198.51.100.7/32"]);
    for (action, undercuts) in [
        (RuleAction::Allow, true),
        (RuleAction::Other, true),
        (RuleAction::AwsGroup, false),
        (RuleAction::Block, false),
        (RuleAction::Challenge, false),
        (RuleAction::Count, false),
    ] {
        let before = World::of([vec![other("first", action)], both()].concat(), &[]);
        let proof = before.proof(&spec).unwrap();
        assert_eq!(proof.bypassed.is_some(), undercuts, "{action:?}");
        let noted = before
            .design(&spec)
            .unwrap()
            .notes
            .iter()
            .any(|note| note.contains("rule first"));
        assert_eq!(noted, undercuts, "approvers read it too");
        let behind = World::of([both(), vec![other("last", action)]].concat(), &[]);
        assert_eq!(behind.proof(&spec).unwrap(), Proof::default(), "{action:?}");
    }
}

#[test]
fn rule_that_was_taken_out_since_is_told() {
    let spec = policy(&["198.51.100.7/32"]);
    for rules in [Vec::new(), vec![ours(IpVersion::Ipv4, RuleAction::Count)]] {
        let said = World::of(rules, &["198.51.100.7/32"]).proof(&spec).unwrap().bypassed;
        assert!(said.is_some_and(|said| said.contains("web ACL shop")));
    }
    assert!(
        World::default().proof(&spec).unwrap().bypassed.is_some(),
        "the web ACL is gone"
    );
}

#[test]
fn what_is_never_blocked_is_refused_before_aws_is_asked() {
    for cidr in ["10.0.0.1/32", "0.0.0.0/0", "198.51.100.7/24"] {
        let nothing = World::default();
        assert_ne!(refused(&nothing, &policy(&[cidr])).0, Reason::TargetNotFound, "{cidr}");
    }
}

#[test]
fn what_the_account_names_later_does_not_hide_what_is_enforced() {
    let never = AwsAccountSpec {
        never_block: serde_json::from_value(json!([{"cidr": "198.51.100.0/24", "what": "an office"}])).unwrap(),
        ..account()
    };
    let spec = policy(&["198.51.100.7/32"]);
    let world = World::of(both(), &["198.51.100.7/32"]);
    assert_eq!(
        world
            .ask(|scope, facts| spec.design(scope, facts), &never)
            .unwrap_err()
            .reason,
        Reason::NeverBlocked
    );
    assert_eq!(
        world.ask(|scope, facts| spec.proof(scope, facts), &never).unwrap(),
        Proof::default()
    );
}

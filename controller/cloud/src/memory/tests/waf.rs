//! AWS WAF: whole lists, lock tokens, families, limits, scopes and regions.

use super::*;
use crate::memory::{World, world::Region};
use firebreak_core::aws::wafv2::{
    IpSetId, IpVersion, MOST_ADDRESSES, Wafv2Cell, Wafv2Read, Wafv2Write, WebAcl, prepared_name,
};
use firebreak_crds::WafScope;
use serde_json::json;

const ACL: &str = "a1b2c3d4-5678-90ab-cdef-0123456789ab";
const FOREIGN: [&str; 3] = [
    "192.0.2.0/24",
    "203.0.113.5/32",
    "2001:0db8:0000:0000:0000:0000:0000:0001/128",
];

fn aws() -> MemoryAws {
    aws_in(REGION, WafScope::Regional)
}

fn aws_in(region: &str, scope: WafScope) -> MemoryAws {
    let made = |region: Region| {
        region
            .with_web_acl(scope, "shop", ACL, Vec::new())
            .prepared("shop", &FOREIGN)
    };
    MemoryAws::new(World::new().with_account(ACCOUNT, |account| account.with_region(region, made)))
}

fn set(version: IpVersion) -> IpSetId {
    IpSetId {
        scope: WafScope::Regional,
        name: prepared_name(version, ACL),
        id: format!("{}-of-shop", version.word()),
    }
}

fn update(ip_set: IpSetId, add: &[&str], remove: &[&str]) -> Write {
    let texts = |of: &[&str]| of.iter().map(|one| (*one).to_owned()).collect();
    Write::Wafv2(Wafv2Write::UpdateIpSet {
        ip_set,
        add: texts(add),
        remove: texts(remove),
    })
}

fn addresses(aws: &MemoryAws, version: IpVersion) -> Vec<String> {
    let set = set(version).name;
    aws.look(|world| {
        world.region(ACCOUNT, REGION).unwrap().ip_sets[&set]
            .facts
            .addresses
            .clone()
    })
}

async fn has(aws: &MemoryAws, version: IpVersion, cidr: &str) -> Value {
    let asked = Cell::Wafv2(Wafv2Cell::IpSetRange {
        ip_set: set(version),
        cidr: cidr.into(),
    });
    cell(aws, asked).await
}

#[tokio::test]
async fn a_range_goes_in_and_out_again_and_the_others_stay() {
    let aws = aws();
    let before = aws.world();
    for (version, cidr) in [
        (IpVersion::Ipv4, "198.51.100.7/32"),
        (IpVersion::Ipv6, "2001:db8:17::/64"),
    ] {
        assert_eq!(has(&aws, version, cidr).await, json!(false));
        write(&aws, update(set(version), &[cidr], &[])).await.unwrap();
        assert_eq!(has(&aws, version, cidr).await, json!(true));
        write(&aws, update(set(version), &[cidr], &[])).await.unwrap();
        write(&aws, update(set(version), &[], &[cidr])).await.unwrap();
    }
    assert_eq!(aws.world(), before);
}

#[tokio::test]
async fn what_others_write_meanwhile_is_not_lost() {
    let aws = aws();
    let name = set(IpVersion::Ipv4).name;
    let rivals = |count: usize| {
        let many = (0..count).map(|last| format!("192.0.2.{last}/32")).collect();
        aws.change(|world| {
            world
                .region_mut(ACCOUNT, REGION)
                .unwrap()
                .ip_sets
                .get_mut(&name)
                .unwrap()
                .rivals = many
        });
    };
    rivals(4);
    let ours = || update(set(IpVersion::Ipv4), &["198.51.100.7/32"], &[]);
    write(&aws, ours()).await.unwrap();
    let all = addresses(&aws, IpVersion::Ipv4);
    assert_eq!(all.len(), 2 + 4 + 1, "{all:?}");
    rivals(5);
    let failure = write(&aws, update(set(IpVersion::Ipv4), &[], &["198.51.100.7/32"]))
        .await
        .unwrap_err();
    assert_eq!(
        (failure.class, failure.code.as_str()),
        (FailureClass::Conflict, "WAFOptimisticLockException")
    );
    assert_eq!(
        addresses(&aws, IpVersion::Ipv4).len(),
        2 + 4 + 1 + 5,
        "nothing of ours was written"
    );
}

#[tokio::test]
async fn sets_take_ranges_of_their_family_only_and_never_everything() {
    let aws = aws();
    let invalid = (FailureClass::Invalid, "WAFInvalidParameterException".to_owned());
    for (version, cidr) in [
        (IpVersion::Ipv4, "2001:db8::/64"),
        (IpVersion::Ipv6, "198.51.100.7/32"),
        (IpVersion::Ipv4, "0.0.0.0/0"),
        (IpVersion::Ipv4, "198.51.100.7"),
        (IpVersion::Ipv4, "198.51.100.7/33"),
    ] {
        assert_eq!(
            refused(&aws, update(set(version), &[cidr], &[])).await,
            invalid,
            "{cidr}"
        );
    }
    let many: Vec<String> = (0..MOST_ADDRESSES)
        .map(|n| format!("198.{}.{}.7/32", n / 250, n % 250))
        .collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let limit = (FailureClass::Limit, "WAFLimitsExceededException".to_owned());
    assert_eq!(refused(&aws, update(set(IpVersion::Ipv4), &many, &[])).await, limit);
}

#[tokio::test]
async fn name_id_and_scope_must_all_be_right() {
    let aws = aws();
    let gone = (FailureClass::Gone, "WAFNonexistentItemException".to_owned());
    let right = set(IpVersion::Ipv4);
    let others = [
        IpSetId {
            name: "other".into(),
            ..right.clone()
        },
        IpSetId {
            id: "other".into(),
            ..right.clone()
        },
        IpSetId {
            scope: WafScope::CloudFront,
            ..right
        },
    ];
    for other in others {
        assert_eq!(
            refused(&aws, update(other.clone(), &["198.51.100.7/32"], &[])).await,
            gone
        );
        assert_eq!(
            ask(&aws, Query::Wafv2(Wafv2Read::IpSet { ip_set: other })).await,
            Answer::NotFound
        );
    }
}

#[tokio::test]
async fn what_is_in_front_of_cloudfront_is_known_in_one_region_only() {
    let read = || {
        Query::Wafv2(Wafv2Read::WebAcl {
            scope: WafScope::CloudFront,
            name: "shop".into(),
            id: ACL.into(),
        })
    };
    let front: WebAcl = fact(&aws_in(REGION, WafScope::CloudFront), read()).await;
    assert_eq!(front.rules.len(), 2);
    let elsewhere = aws_in("eu-west-1", WafScope::CloudFront);
    let there = access(ACCOUNT, "eu-west-1");
    assert_eq!(elsewhere.observe(&there, &read()).await, Answer::NotFound);
    let ip_set = IpSetId {
        scope: WafScope::CloudFront,
        ..set(IpVersion::Ipv4)
    };
    let failure = elsewhere
        .write(&there, &update(ip_set, &["198.51.100.7/32"], &[]))
        .await
        .unwrap_err();
    assert_eq!(failure.code, "WAFInvalidParameterException");
}

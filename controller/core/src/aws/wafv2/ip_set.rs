//! IP sets: how they are named, and what a change of some ranges leaves as it is. AWS WAF takes only the whole list (WAFV2 API
//! reference, UpdateIPSet), so that what is not sent back is lost.

use super::{IpVersion, Range};
use firebreak_crds::WafScope;
use serde::{Deserialize, Serialize};

/// The most ranges of one IP set (AWS WAF developer guide, "AWS WAF quotas").
pub const MOST_ADDRESSES: usize = 10_000;

/// How often a list is read and sent back where somebody else was faster each time.
pub const ATTEMPTS: usize = 5;

/// An IP set, as AWS WAF is asked for it.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "camelCase")]
pub struct IpSetId {
    /// In front of what it can be used.
    pub scope: WafScope,
    /// Its name.
    pub name: String,
    /// The id that AWS gave it.
    pub id: String,
}

impl IpSetId {
    /// The set with this ARN; none where it is no ARN of an IP set.
    pub fn of_arn(arn: &str) -> Option<Self> {
        let (_, resource) = arn.strip_prefix("arn:")?.rsplit_once(':')?;
        let [scope, "ipset", name, id] = resource.split('/').collect::<Vec<_>>()[..] else {
            return None;
        };
        Some(Self {
            scope: scope_called(scope)?,
            name: name.to_owned(),
            id: id.to_owned(),
        })
    }

    /// Its ARN.
    pub fn arn(&self, partition: &str, account_id: &str, region: &str) -> String {
        let scope = word(self.scope);
        format!(
            "arn:{partition}:wafv2:{region}:{account_id}:{scope}/ipset/{}/{}",
            self.name, self.id
        )
    }
}

/// The word of a scope in ARNs.
pub(crate) fn word(scope: WafScope) -> &'static str {
    match scope {
        WafScope::Regional => "regional",
        WafScope::CloudFront => "global",
    }
}

fn scope_called(word: &str) -> Option<WafScope> {
    match word {
        "regional" => Some(WafScope::Regional),
        "global" => Some(WafScope::CloudFront),
        _ => None,
    }
}

/// The name of the set that is prepared for a web ACL: there is one for each family, and the id tells two web ACLs apart that had
/// one name.
pub fn prepared_name(version: IpVersion, web_acl_id: &str) -> String {
    format!("firebreak-{}-{web_acl_id}", version.word())
}

/// Whether a set has a range, however it is written there.
pub fn has(addresses: &[String], cidr: &str) -> bool {
    match Range::parse(cidr) {
        Some(range) => addresses.iter().any(|one| Range::parse(one) == Some(range)),
        None => addresses.iter().any(|one| one == cidr),
    }
}

/// The list with some ranges more and some less. Every other one stays as it is written, and where it is.
pub fn changed(addresses: &[String], add: &[String], remove: &[String]) -> Vec<String> {
    let stays = |one: &&String| !has(remove, one);
    let mut list: Vec<String> = addresses.iter().filter(stays).cloned().collect();
    for one in add {
        if !has(&list, one) {
            list.push(one.clone());
        }
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(of: &[&str]) -> Vec<String> {
        of.iter().map(|one| (*one).to_owned()).collect()
    }

    #[test]
    fn arn_leads_to_the_set_and_back() {
        for (arn, scope) in [
            (
                "arn:aws:wafv2:eu-west-1:123456789012:regional/ipset/firebreak-ipv4-x/id-1",
                WafScope::Regional,
            ),
            (
                "arn:aws:wafv2:us-east-1:123456789012:global/ipset/firebreak-ipv4-x/id-1",
                WafScope::CloudFront,
            ),
        ] {
            let set = IpSetId::of_arn(arn).unwrap();
            assert_eq!(
                (set.scope, set.name.as_str(), set.id.as_str()),
                (scope, "firebreak-ipv4-x", "id-1")
            );
            assert_eq!(set.arn("aws", "123456789012", arn.split(':').nth(3).unwrap()), arn);
        }
        for other in [
            "",
            "arn:aws:wafv2:a:1:regional/webacl/n/i",
            "arn:aws:wafv2:a:1:regional/ipset/n",
            "regional/ipset/n/i",
        ] {
            assert_eq!(IpSetId::of_arn(other), None, "{other}");
        }
    }

    #[test]
    fn ranges_are_found_by_meaning_and_others_stay_as_they_are_written() {
        let set = texts(&[
            "198.51.100.0/24",
            "2001:0db8:0000:0000:0000:0000:0000:0007/128",
            "what WAF will never say",
        ]);
        assert!(has(&set, "2001:db8::7/128") && !has(&set, "198.51.100.0/25"));
        let less = changed(&set, &[], &texts(&["2001:db8::7/128"]));
        assert_eq!(less, texts(&["198.51.100.0/24", "what WAF will never say"]));
        let more = changed(&set, &texts(&["2001:db8::7/128", "192.0.2.1/32", "192.0.2.1/32"]), &[]);
        assert_eq!(more[..3], set[..]);
        assert_eq!(more[3..], texts(&["192.0.2.1/32"]));
    }

    fn range() -> impl Strategy<Value = String> {
        (0_u8..6).prop_map(|last| format!("198.51.100.{last}/32"))
    }

    proptest! {
        #[test]
        fn foreign_ranges_are_the_same_bytes_after_any_history(
            foreign in proptest::collection::vec("[a-z0-9:./]{0,12}", 0..8),
            history in proptest::collection::vec((any::<bool>(), range()), 0..24),
        ) {
            let foreign: Vec<String> = foreign.into_iter().filter(|one| !one.starts_with("198.51.100.")).collect();
            let mut set = foreign.clone();
            for (adds, one) in &history {
                let one = [one.clone()];
                set = if *adds { changed(&set, &one, &[]) } else { changed(&set, &[], &one) };
                prop_assert_eq!(has(&set, &one[0]), *adds);
                prop_assert_eq!(&changed(&set, if *adds { &one } else { &[] }, if *adds { &[] } else { &one }), &set);
            }
            let ours = |one: &&String| one.starts_with("198.51.100.");
            let (left, others): (Vec<&String>, Vec<&String>) = set.iter().partition(ours);
            prop_assert_eq!(others, foreign.iter().collect::<Vec<_>>());
            for one in &left {
                prop_assert_eq!(left.iter().filter(|other| other == &one).count(), 1);
            }
        }

        #[test]
        fn changes_of_two_writers_do_not_depend_on_their_order(
            set in proptest::collection::vec(range(), 0..6), one in range(), other in range(), adds: bool, adds_other: bool,
        ) {
            prop_assume!(one != other);
            let step = |set: &[String], adds: bool, one: &String| {
                let one = [one.clone()];
                if adds { changed(set, &one, &[]) } else { changed(set, &[], &one) }
            };
            let (mut here, mut there) = (step(&step(&set, adds, &one), adds_other, &other), step(&step(&set, adds_other, &other), adds, &one));
            here.sort();
            there.sort();
            prop_assert_eq!(here, there);
        }
    }
}

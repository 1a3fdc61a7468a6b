//! The ranges of IP sets, as cells: each range is one, so that each has its own custody, its own holders and its own way back.

use super::{IpSet, IpSetId, Wafv2Read, Wafv2Write, ip_set, resources::IP_SETS};
use crate::aws::{Grant, Meaning, Query, table::table};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use strum::EnumIter;

/// One piece of the state of AWS WAF.
#[derive(EnumIter, Serialize, Deserialize, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Wafv2Cell {
    /// Whether an IP set has a range of addresses: true or false. Its other ranges are not part of it: they are read again for every
    /// write, and stay as they are.
    IpSetRange {
        /// The set.
        ip_set: IpSetId,
        /// The range.
        cidr: String,
    },
}

table! {
    /// The IAM actions that reading it needs, the one that is called first in front.
    grants, CELLS: Wafv2Cell => &'static [Grant] {
        Self::IpSetRange { .. } => &[IP_SETS.allows(&["wafv2:GetIPSet"])],
    }
}

impl Meaning for Wafv2Cell {
    fn resource(&self, partition: &str, account_id: &str, region: &str) -> String {
        let Self::IpSetRange { ip_set, .. } = self;
        ip_set.arn(partition, account_id, region)
    }

    fn field(&self) -> String {
        let Self::IpSetRange { cidr, .. } = self;
        format!("Range/{cidr}")
    }

    fn grants(&self) -> &'static [Grant] {
        self.grants()
    }

    fn sentence(&self, to: &Value) -> String {
        let Self::IpSetRange { ip_set, cidr } = self;
        match is_in(to) {
            true => format!("Put {cidr} into IP set {}, beside the others", ip_set.name),
            false => format!("Take {cidr} out of IP set {}", ip_set.name),
        }
    }

    fn canonical(&self, value: &Value) -> Value {
        json!(is_in(value))
    }

    fn part_of(&self) -> Option<Query> {
        let Self::IpSetRange { ip_set, .. } = self;
        let ip_set = ip_set.clone();
        Some(Query::Wafv2(Wafv2Read::IpSet { ip_set }))
    }

    fn within_answer(&self, whole: &Value) -> Value {
        let Self::IpSetRange { cidr, .. } = self;
        let set = IpSet::deserialize(whole).unwrap_or_default();
        json!(ip_set::has(&set.addresses, cidr))
    }
}

impl Wafv2Cell {
    pub(in crate::aws) fn writes(&self, to: &Value) -> Vec<Wafv2Write> {
        let Self::IpSetRange { ip_set, cidr } = self;
        let (set, one) = (ip_set.clone(), vec![cidr.clone()]);
        let (add, remove) = if is_in(to) {
            (one, Vec::new())
        } else {
            (Vec::new(), one)
        };
        vec![Wafv2Write::UpdateIpSet {
            ip_set: set,
            add,
            remove,
        }]
    }
}

fn is_in(value: &Value) -> bool {
    *value == Value::Bool(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(cidr: &str) -> Wafv2Cell {
        let name = "firebreak-ipv4-x".to_owned();
        Wafv2Cell::IpSetRange {
            ip_set: IpSetId {
                name,
                id: "id-1".into(),
                ..IpSetId::default()
            },
            cidr: cidr.into(),
        }
    }

    #[test]
    fn each_range_of_a_set_has_custody_of_its_own() {
        let (one, other) = (cell("198.51.100.7/32"), cell("198.51.100.8/32"));
        let arn = |cell: &Wafv2Cell| cell.resource("aws", "123456789012", "eu-west-1");
        assert_eq!(
            arn(&one),
            "arn:aws:wafv2:eu-west-1:123456789012:regional/ipset/firebreak-ipv4-x/id-1"
        );
        assert_eq!(arn(&one), arn(&other));
        assert_ne!(one.field(), other.field());
    }

    #[test]
    fn a_range_is_told_by_the_set_that_has_it() {
        let whole = json!(IpSet {
            addresses: vec!["198.51.100.7/32".into()],
            ..IpSet::default()
        });
        assert_eq!(cell("198.51.100.7/32").within_answer(&whole), json!(true));
        assert_eq!(cell("198.51.100.8/32").within_answer(&whole), json!(false));
        assert_eq!(cell("198.51.100.7/32").part_of(), cell("198.51.100.8/32").part_of());
    }

    #[test]
    fn one_write_changes_one_range() {
        let said = |value: Value| {
            let [Wafv2Write::UpdateIpSet { add, remove, .. }] = &cell("198.51.100.7/32").writes(&value)[..] else {
                panic!("one write");
            };
            (add.len(), remove.len(), cell("198.51.100.7/32").sentence(&value))
        };
        assert_eq!(
            said(json!(true)),
            (
                1,
                0,
                "Put 198.51.100.7/32 into IP set firebreak-ipv4-x, beside the others".into()
            )
        );
        assert_eq!(
            said(json!(false)),
            (0, 1, "Take 198.51.100.7/32 out of IP set firebreak-ipv4-x".into())
        );
    }
}

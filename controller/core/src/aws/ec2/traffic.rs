//! What a rule lets through: in words, and whether one rule lets through all that another does.

use super::{SecurityGroupRule, Traffic};
use std::{
    fmt,
    net::{IpAddr, Ipv4Addr},
};

/// The protocols that AWS calls by their names, by their numbers.
const PROTOCOLS: [(&str, &str); 4] = [("1", "icmp"), ("6", "tcp"), ("17", "udp"), ("58", "icmpv6")];
/// Every protocol.
const ALL: &str = "-1";
/// The widest ranges of private addresses are 10.0.0.0/8 and fc00::/7: a wider range reaches the internet.
const PRIVATE_BITS: (u32, u32) = (8, 7);

impl Traffic {
    /// What a rule lets through in one direction.
    pub fn of(rule: &SecurityGroupRule, egress: bool) -> Self {
        let rule = rule.clone();
        Self {
            egress,
            protocol: rule.protocol,
            from_port: rule.from_port,
            to_port: rule.to_port,
            cidr_ipv4: rule.cidr_ipv4,
            cidr_ipv6: rule.cidr_ipv6,
            prefix_list: rule.prefix_list,
            group: rule.group,
            group_owner: rule.group_owner,
        }
    }

    /// `ingress` or `egress`.
    pub fn side(&self) -> &'static str {
        if self.egress { "egress" } else { "ingress" }
    }

    /// Whether it lets the whole internet in, or half of it: a range that is wider than any private one.
    pub fn is_public(&self) -> bool {
        let ranges = self.cidr_ipv4.iter().chain(&self.cidr_ipv6);
        let wide = |(address, bits): (IpAddr, u32)| match address {
            IpAddr::V4(_) => bits < PRIVATE_BITS.0,
            IpAddr::V6(_) => bits < PRIVATE_BITS.1,
        };
        !self.egress && ranges.filter_map(|range| parse(range)).any(wide)
    }

    /// Whether all that the other lets through is let through by this too. What is not known, such as what a prefix list
    /// holds, is not.
    pub fn covers(&self, other: &Self) -> bool {
        self.egress == other.egress && self.covers_ports(other) && self.covers_peer(other)
    }

    fn covers_ports(&self, other: &Self) -> bool {
        if self.protocol == ALL {
            return true;
        }
        let (first, last) = (self.from_port, self.to_port);
        let any = matches!((first, last), (None | Some(-1), None | Some(-1)));
        let within = || match (first, last, other.from_port, other.to_port) {
            (Some(first), Some(last), Some(from), Some(to)) if !is_icmp(&self.protocol) => first <= from && to <= last,
            _ => (first, last) == (other.from_port, other.to_port),
        };
        name(&self.protocol) == name(&other.protocol) && (any || within())
    }

    fn covers_peer(&self, other: &Self) -> bool {
        let range = |mine: &Option<String>, theirs: &Option<String>| match (mine, theirs) {
            (Some(mine), Some(theirs)) => contains(mine, theirs),
            _ => false,
        };
        let same = |mine: &Option<String>, theirs: &Option<String>| mine.is_some() && mine == theirs;
        range(&self.cidr_ipv4, &other.cidr_ipv4)
            || range(&self.cidr_ipv6, &other.cidr_ipv6)
            || same(&self.prefix_list, &other.prefix_list)
            || (same(&self.group, &other.group) && self.group_owner == other.group_owner)
    }

    fn peer(&self) -> String {
        let ranges = self.cidr_ipv4.as_ref().or(self.cidr_ipv6.as_ref());
        let peer = ranges.or(self.prefix_list.as_ref()).or(self.group.as_ref());
        let peer = peer.cloned().unwrap_or_default();
        match &self.group_owner {
            Some(owner) => format!("{peer} of account {owner}"),
            None => peer,
        }
    }
}

/// Such as `tcp 22 from 0.0.0.0/0`.
impl fmt::Display for Traffic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let protocol = match name(&self.protocol) {
            ALL => "all traffic",
            name => name,
        };
        write!(f, "{protocol}{}", ports(self.from_port, self.to_port))?;
        let way = if self.egress { "to" } else { "from" };
        write!(f, " {way} {}", self.peer())
    }
}

fn ports(first: Option<i32>, last: Option<i32>) -> String {
    match (first, last) {
        (None | Some(-1), None | Some(-1)) => String::new(),
        (Some(first), Some(last)) if first == last => format!(" {first}"),
        (first, last) => {
            let text = |port: Option<i32>| port.map(|port| port.to_string()).unwrap_or_default();
            format!(" {}-{}", text(first), text(last))
        }
    }
}

fn name(protocol: &str) -> &str {
    let known = PROTOCOLS.iter().find(|(number, _)| *number == protocol);
    known.map_or(protocol, |(_, name)| name)
}

fn is_icmp(protocol: &str) -> bool {
    name(protocol).starts_with("icmp")
}

fn parse(range: &str) -> Option<(IpAddr, u32)> {
    let (address, bits) = range.split_once('/')?;
    Some((address.parse().ok()?, bits.parse().ok()?))
}

fn contains(wide: &str, narrow: &str) -> bool {
    let (Some((wide, bits)), Some((narrow, more))) = (parse(wide), parse(narrow)) else {
        return wide == narrow;
    };
    let head = |address: IpAddr| {
        number(address)
            .checked_shr(128_u32.saturating_sub(bits))
            .unwrap_or_default()
    };
    wide.is_ipv4() == narrow.is_ipv4() && bits <= more && head(wide) == head(narrow)
}

/// The address as a number whose first bits are those that a prefix counts.
fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(u32::from(Ipv4Addr::from(address.octets()))) << 96,
        IpAddr::V6(address) => address.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tcp(first: i32, last: i32, range: &str) -> Traffic {
        Traffic {
            protocol: "tcp".into(),
            from_port: Some(first),
            to_port: Some(last),
            cidr_ipv4: range.contains('.').then(|| range.to_owned()),
            cidr_ipv6: range.contains(':').then(|| range.to_owned()),
            ..Traffic::default()
        }
    }

    #[test]
    fn a_rule_reads_as_people_say_it() {
        let all = Traffic {
            egress: true,
            protocol: "-1".into(),
            from_port: Some(-1),
            to_port: Some(-1),
            group: Some("sg-peer".into()),
            group_owner: Some("999999999999".into()),
            ..Traffic::default()
        };
        let ping = Traffic {
            protocol: "1".into(),
            from_port: Some(8),
            to_port: Some(-1),
            prefix_list: Some("pl-1".into()),
            ..Traffic::default()
        };
        for (traffic, text) in [
            (tcp(22, 22, "0.0.0.0/0"), "tcp 22 from 0.0.0.0/0"),
            (tcp(0, 1024, "::/0"), "tcp 0-1024 from ::/0"),
            (all, "all traffic to sg-peer of account 999999999999"),
            (ping, "icmp 8--1 from pl-1"),
        ] {
            assert_eq!(traffic.to_string(), text);
        }
    }

    #[test]
    fn a_range_wider_than_any_private_one_is_public() {
        for (range, public) in [
            ("0.0.0.0/0", true),
            ("128.0.0.0/1", true),
            ("::/0", true),
            ("2000::/3", true),
            ("10.0.0.0/8", false),
            ("203.0.113.7/32", false),
            ("fc00::/7", false),
        ] {
            assert_eq!(tcp(22, 22, range).is_public(), public, "{range}");
        }
        let out = Traffic {
            egress: true,
            ..tcp(443, 443, "0.0.0.0/0")
        };
        assert!(!out.is_public(), "it lets nobody in");
    }

    #[test]
    fn a_wider_rule_covers_a_narrower_one_and_not_the_other_way() {
        let wide = [
            tcp(0, 65535, "0.0.0.0/0"),
            tcp(20, 30, "203.0.0.0/16"),
            tcp(22, 22, "203.0.113.0/24"),
            Traffic {
                protocol: "-1".into(),
                ..tcp(-1, -1, "203.0.113.0/25")
            },
            Traffic {
                protocol: "6".into(),
                ..tcp(22, 22, "203.0.113.0/24")
            },
        ];
        let narrow = tcp(22, 22, "203.0.113.0/26");
        for rule in wide {
            assert!(rule.covers(&narrow), "{rule}");
            assert!(!narrow.covers(&rule), "{rule}");
        }
    }

    #[test]
    fn another_port_protocol_direction_family_or_peer_covers_nothing() {
        let rule = tcp(22, 22, "203.0.113.0/24");
        let others = [
            tcp(23, 80, "0.0.0.0/0"),
            tcp(22, 22, "203.0.114.0/24"),
            tcp(22, 22, "::/0"),
            Traffic {
                protocol: "udp".into(),
                ..rule.clone()
            },
            Traffic {
                egress: true,
                ..rule.clone()
            },
            Traffic {
                cidr_ipv4: None,
                prefix_list: Some("pl-1".into()),
                ..rule.clone()
            },
            Traffic {
                cidr_ipv4: None,
                group: Some("sg-1".into()),
                ..rule.clone()
            },
        ];
        for other in others {
            assert!(!other.covers(&rule), "{other}");
        }
    }

    #[test]
    fn groups_of_two_accounts_are_two_peers() {
        let of = |owner: Option<&str>| Traffic {
            cidr_ipv4: None,
            group: Some("sg-1".into()),
            group_owner: owner.map(str::to_owned),
            ..tcp(22, 22, "")
        };
        assert!(of(None).covers(&of(None)));
        assert!(!of(Some("999999999999")).covers(&of(None)));
    }

    #[test]
    fn types_of_icmp_are_no_range() {
        let icmp = |kind: i32, code: i32| Traffic {
            protocol: "icmp".into(),
            ..tcp(kind, code, "0.0.0.0/0")
        };
        assert!(icmp(-1, -1).covers(&icmp(8, 0)));
        assert!(icmp(8, 0).covers(&icmp(8, 0)));
        assert!(!icmp(3, 13).covers(&icmp(8, 0)));
    }
}

//! What is never blocked, whatever people ask for and approve: too much at once, what is no address of the internet, and what the
//! AwsAccount names.

use crate::{aws::wafv2::Range, blocked::Blocked};
use firebreak_crds::{AwsAccountSpec, BlockedRange, Reason};

/// The widest range of each family: 65,536 addresses of IPv4, and what one provider is commonly given of IPv6.
const WIDEST: (u8, u8) = (16, 32);

/// What no client on the internet has as its address (RFC 6890 and the IANA registries of special-purpose addresses, 2026). Ranges for
/// documentation are left out: blocking them harms nobody. Of IPv6 only 2000::/3 is given to anybody.
const RESERVED: [(&str, &str); 16] = [
    ("0.0.0.0/8", "this network"),
    ("10.0.0.0/8", "private"),
    ("100.64.0.0/10", "shared by carriers, and pods of EKS"),
    ("127.0.0.0/8", "loopback"),
    ("169.254.0.0/16", "link-local"),
    ("172.16.0.0/12", "private"),
    ("192.0.0.0/24", "protocol assignments"),
    ("192.168.0.0/16", "private"),
    ("198.18.0.0/15", "benchmarks"),
    ("224.0.0.0/4", "multicast"),
    ("240.0.0.0/4", "reserved"),
    ("::/3", "loopback, mapped and reserved"),
    ("4000::/2", "reserved"),
    ("8000::/1", "reserved, private, link-local and multicast"),
    ("2001::/32", "Teredo tunnels"),
    ("2002::/16", "6to4 tunnels"),
];

/// Whether each of the ranges may be blocked.
///
/// # Errors
/// `NeverBlocked`, and `InvalidTarget` for what is no range.
pub(super) fn check(asked: &[BlockedRange], account: &AwsAccountSpec) -> Result<(), Blocked> {
    asked.iter().try_for_each(|one| may_be(one, account))
}

fn may_be(asked: &BlockedRange, account: &AwsAccountSpec) -> Result<(), Blocked> {
    let cidr = &asked.cidr;
    let range = Range::canonical(cidr).ok_or_else(|| {
        let text = format!("spec.block: {cidr} is no range in its canonical form, such as 198.51.100.7/32");
        Blocked::new(Reason::InvalidTarget, text)
    })?;
    let widest = if range.is_ipv4() { WIDEST.0 } else { WIDEST.1 };
    if range.bits() < widest {
        let text = format!("{cidr} is too wide: at least /{widest}; block what attacks, and nothing beside it");
        return Err(never(&text));
    }
    if let Some((known, what)) = RESERVED.iter().find(|(known, _)| meets(known, &range)) {
        let text = format!("{cidr} meets {known} ({what}), which no client on the internet has");
        return Err(never(&text));
    }
    match account.never_block.iter().find(|known| meets(&known.cidr, &range)) {
        Some(known) => Err(never(&format!(
            "{cidr} meets {} ({}), which spec.neverBlock of the AwsAccount names: block something narrower beside it, or its owner takes that out",
            known.cidr, known.what
        ))),
        None => Ok(()),
    }
}

/// An entry that is no range is taken for one that holds everything: nobody knows what it was to protect.
fn meets(known: &str, range: &Range) -> bool {
    Range::parse(known).is_none_or(|known| known.meets(range))
}

fn never(why: &str) -> Blocked {
    Blocked::new(Reason::NeverBlocked, format!("spec.block: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::respond::traffic::tests::account;
    use firebreak_crds::NeverBlock;

    fn refused(cidr: &str, never: &[(&str, &str)]) -> Option<String> {
        let never = never.iter().map(|(cidr, what)| NeverBlock {
            cidr: (*cidr).into(),
            what: (*what).into(),
        });
        let account = AwsAccountSpec {
            never_block: never.collect(),
            ..account()
        };
        let asked = [BlockedRange {
            cidr: cidr.into(),
            reason: None,
        }];
        check(&asked, &account).err().map(|blocked| blocked.message)
    }

    #[test]
    fn addresses_of_the_internet_can_be_blocked() {
        for cidr in [
            "198.51.100.7/32",
            "203.0.113.0/24",
            "8.8.0.0/16",
            "2001:db8:17::/64",
            "2600:1f00::/32",
        ] {
            assert_eq!(refused(cidr, &[]), None, "{cidr}");
        }
    }

    #[test]
    fn what_is_no_address_of_a_client_is_never_blocked() {
        for cidr in [
            "0.0.0.0/0",
            "8.0.0.0/8",
            "10.1.2.3/32",
            "100.64.0.1/32",
            "127.0.0.1/32",
            "169.254.169.254/32",
            "172.20.0.0/16",
            "192.168.1.0/24",
            "198.19.0.0/16",
            "224.0.0.1/32",
            "255.255.255.255/32",
            "::/0",
            "::1/128",
            "::ffff:8.8.8.8/128",
            "64:ff9b::/96",
            "fc00::/32",
            "fe80::/64",
            "ff02::1/128",
            "2000::/3",
            "2001::1/128",
            "2002:a00:1::/48",
            "198.51.100.7/24",
            "office",
        ] {
            assert!(refused(cidr, &[]).is_some(), "{cidr}");
        }
    }

    #[test]
    fn what_the_account_names_is_spared_whichever_of_the_two_is_wider() {
        let vpn = ("203.0.113.64/26", "VPN of the offices");
        for (cidr, refuses) in [
            ("203.0.113.0/24", true),
            ("203.0.113.65/32", true),
            ("203.0.113.64/26", true),
            ("203.0.113.0/26", false),
            ("2001:db8::/64", false),
        ] {
            let said = refused(cidr, &[vpn]);
            assert_eq!(said.is_some(), refuses, "{cidr}");
            assert!(
                said.is_none_or(|said| said.contains("meets 203.0.113.64/26 (VPN of the offices)")),
                "{cidr}"
            );
        }
    }

    #[test]
    fn an_entry_that_nobody_can_read_spares_everything() {
        assert!(refused("198.51.100.7/32", &[("the office", "?")]).is_some());
    }
}

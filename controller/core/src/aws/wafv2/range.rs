//! Ranges of addresses, compared by what they hold and not by how they are written.

use core::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

/// A range of addresses: those that begin with the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Range {
    first: IpAddr,
    bits: u8,
}

impl Range {
    /// The range that a text names, however it is written; bits behind the prefix do not count.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, bits) = text.split_once('/')?;
        let is_number = !bits.is_empty() && bits.len() <= 3 && bits.bytes().all(|byte| byte.is_ascii_digit());
        let (address, bits) = (address.parse::<IpAddr>().ok()?, bits.parse::<u8>().ok()?);
        let first = masked(address, bits)?;
        is_number.then_some(Self { first, bits })
    }

    /// The range, where the text is the one way in which it is written here.
    pub fn canonical(text: &str) -> Option<Self> {
        Self::parse(text).filter(|range| range.to_string() == text)
    }

    /// How many bits its addresses have in common.
    pub fn bits(&self) -> u8 {
        self.bits
    }

    /// Whether its addresses are of IPv4.
    pub fn is_ipv4(&self) -> bool {
        self.first.is_ipv4()
    }

    /// Whether every address of the other one is in it.
    pub fn holds(&self, other: &Self) -> bool {
        self.bits <= other.bits
            && masked(other.first, self.bits) == Some(self.first)
            && self.is_ipv4() == other.is_ipv4()
    }

    /// Whether some address is in both: of two ranges, one holds the other then.
    pub fn meets(&self, other: &Self) -> bool {
        self.holds(other) || other.holds(self)
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.bits)
    }
}

/// The first address with the same bits; none where the family has not so many.
fn masked(address: IpAddr, bits: u8) -> Option<IpAddr> {
    match address {
        IpAddr::V4(address) => {
            let off = 32_u32.checked_sub(u32::from(bits))?;
            let mask = u32::MAX.checked_shl(off).unwrap_or(0);
            Some(Ipv4Addr::from(u32::from(address) & mask).into())
        }
        IpAddr::V6(address) => {
            let off = 128_u32.checked_sub(u32::from(bits))?;
            let mask = u128::MAX.checked_shl(off).unwrap_or(0);
            Some(Ipv6Addr::from(u128::from(address) & mask).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn range(text: &str) -> Range {
        Range::parse(text).unwrap()
    }

    #[test]
    fn ranges_are_the_same_however_they_are_written() {
        for (one, other) in [
            ("198.51.100.7/24", "198.51.100.0/24"),
            ("2001:0DB8:0000:0000:0000:0000:0000:0007/128", "2001:db8::7/128"),
            ("0.0.0.0/0", "9.9.9.9/0"),
        ] {
            assert_eq!(range(one), range(other));
        }
        assert!(Range::canonical("198.51.100.7/24").is_none() && Range::canonical("198.51.100.0/24").is_some());
        assert!(Range::canonical("2001:DB8::/64").is_none() && Range::canonical("2001:db8::/64").is_some());
    }

    #[test]
    fn what_is_no_range_is_none() {
        for text in [
            "",
            "1.2.3.4",
            "1.2.3.4/33",
            "::/129",
            "1.2.3.4/+8",
            "1.2.3/24",
            "::/",
            "1.2.3.4/8/8",
            "a/b",
            "1.2.3.4/-1",
        ] {
            assert_eq!(Range::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_range_holds_what_is_narrower_and_of_its_family() {
        for (wide, narrow, holds) in [
            ("10.0.0.0/8", "10.9.0.0/16", true),
            ("10.9.0.0/16", "10.0.0.0/8", false),
            ("0.0.0.0/0", "255.255.255.255/32", true),
            ("0.0.0.0/0", "::/0", false),
            ("::/0", "0.0.0.0/0", false),
            ("2001:db8::/32", "2001:db8:1::/48", true),
            ("198.51.100.0/25", "198.51.100.128/25", false),
        ] {
            assert_eq!(range(wide).holds(&range(narrow)), holds, "{wide} {narrow}");
            assert_eq!(range(narrow).meets(&range(wide)), range(wide).meets(&range(narrow)));
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_as_the_same(address: u128, bits in 0_u8..=128) {
            let six = range(&format!("{}/{bits}", Ipv6Addr::from(address)));
            prop_assert_eq!(Range::canonical(&six.to_string()), Some(six));
            let four = range(&format!("{}/{}", Ipv4Addr::from(address as u32), bits / 4));
            prop_assert_eq!(Range::canonical(&four.to_string()), Some(four));
            prop_assert!(six.holds(&six) && !six.meets(&four));
        }
    }
}

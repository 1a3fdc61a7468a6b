//! What is told of IP sets and web ACLs.

use serde::{Deserialize, Serialize};

/// An IP set.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub struct IpSet {
    /// The family of all of its addresses.
    pub version: IpVersion,
    /// Its ranges, as AWS WAF tells them.
    pub addresses: Vec<String>,
}

/// A family of addresses.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum IpVersion {
    /// IPv4.
    #[default]
    Ipv4,
    /// IPv6.
    Ipv6,
}

impl IpVersion {
    /// Its word in names, such as `ipv4`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ipv4 => "ipv4",
            Self::Ipv6 => "ipv6",
        }
    }
}

/// A web ACL.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub struct WebAcl {
    /// Its rules in the order in which they are asked: those that AWS Firewall Manager puts first, its own by their priority, and those
    /// that Firewall Manager puts last.
    pub rules: Vec<Rule>,
}

/// A rule of a web ACL.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub struct Rule {
    /// Its name.
    pub name: String,
    /// What becomes of a request that matches.
    pub action: RuleAction,
    /// The ARN of the IP set, where it matches what is in that and nothing else.
    pub ip_set: Option<String>,
}

/// What a rule does with a request that matches.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum RuleAction {
    /// Lets it in, and asks no other rule. So may a rule of a managed rule group do that was overridden to Allow.
    Allow,
    /// Keeps it out.
    Block,
    /// Asks the client for a puzzle or a silent challenge. A client that has passed it goes on to the next rule.
    Challenge,
    /// Counts it, and goes on to the next rule; also of a whole group.
    Count,
    /// Asks the rules of a rule group of AWS's own. None of them lets anything in.
    AwsGroup,
    /// Asks the rules of another rule group. They may do anything.
    #[default]
    Other,
}

impl RuleAction {
    /// Whether a request that matches may be let in, so that no later rule is asked.
    pub fn may_let_in(self) -> bool {
        match self {
            Self::Allow | Self::Other => true,
            Self::Block | Self::Challenge | Self::Count | Self::AwsGroup => false,
        }
    }
}

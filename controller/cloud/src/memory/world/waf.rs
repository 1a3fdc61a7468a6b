//! What AWS WAF holds.

use firebreak_core::aws::wafv2;
use firebreak_crds::WafScope;
use serde::Serialize;

/// An IP set.
#[derive(Serialize, Clone, Debug, Default, PartialEq)]
pub struct IpSet {
    /// The id that AWS gave it.
    pub id: String,
    /// In front of what it can be used.
    pub scope: WafScope,
    /// What wafv2:GetIPSet tells.
    pub facts: wafv2::IpSet,
    /// What others put in between a read of Firebreak's and its write, each before one attempt.
    pub rivals: Vec<String>,
}

/// A web ACL.
#[derive(Serialize, Clone, Debug, Default, PartialEq)]
pub struct WebAcl {
    /// The id that AWS gave it.
    pub id: String,
    /// In front of what it stands.
    pub scope: WafScope,
    /// What wafv2:GetWebACL tells.
    pub facts: wafv2::WebAcl,
}

//! What is read of AWS WAF.

use super::{
    IpSetId,
    resources::{IP_SETS, WEB_ACLS},
};
use crate::aws::{Grant, Question, table::table};
use firebreak_crds::WafScope;
use serde::{Deserialize, Serialize};
use strum::EnumIter;

/// One question to AWS WAF.
#[derive(EnumIter, Serialize, Deserialize, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wafv2Read {
    /// wafv2:GetIPSet → [`crate::aws::wafv2::IpSet`].
    IpSet {
        /// The set.
        ip_set: IpSetId,
    },
    /// wafv2:GetWebACL → [`crate::aws::wafv2::WebAcl`].
    WebAcl {
        /// In front of what it stands.
        scope: WafScope,
        /// Its name.
        name: String,
        /// Its id.
        id: String,
    },
}

table! {
    /// The IAM actions that it needs, the one that is called first in front.
    grants, READS: Wafv2Read => &'static [Grant] {
        Self::IpSet { .. } => &[IP_SETS.allows(&["wafv2:GetIPSet"])],
        Self::WebAcl { .. } => &[WEB_ACLS.allows(&["wafv2:GetWebACL"])],
    }
}

impl Question for Wafv2Read {
    fn grants(&self) -> &'static [Grant] {
        self.grants()
    }

    fn subject(&self) -> String {
        match self {
            Self::IpSet { ip_set } => format!("IP set {}", ip_set.name),
            Self::WebAcl { name, .. } => format!("web ACL {name}"),
        }
    }
}

//! On what AWS WAF's actions are allowed.

use crate::aws::Scope;

/// The sets that were prepared, of both scopes: no other one can be written.
pub(crate) const IP_SETS: Scope = Scope::on("IpSets", &["arn:${Partition}:wafv2:*:${Account}:*/ipset/firebreak-*"]);
pub(crate) const WEB_ACLS: Scope = Scope::on("WebAcls", &["arn:${Partition}:wafv2:*:${Account}:*/webacl/*"]);

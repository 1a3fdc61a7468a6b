//! AWS WAF: IP sets, into which addresses are put, and the web ACLs whose rules block what is in them.

mod cells;
mod facts;
mod ip_set;
mod range;
mod reads;
pub(crate) mod resources;
mod writes;

pub(super) use cells::CELLS;
pub use cells::Wafv2Cell;
pub use facts::{IpSet, IpVersion, Rule, RuleAction, WebAcl};
pub(crate) use ip_set::word as scope_word;
pub use ip_set::{ATTEMPTS, IpSetId, MOST_ADDRESSES, changed, has, prepared_name};
pub use range::Range;
pub(super) use reads::READS;
pub use reads::Wafv2Read;
pub(super) use writes::CALLS;
pub use writes::Wafv2Write;

/// The word in spec.grants[].kinds of an AwsAccount whose web ACLs are used.
pub const GRANTED_AS: &str = "webAcl";

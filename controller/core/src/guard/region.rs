//! Only in regions that the account lists.

use super::Scene;
use crate::blocked::Blocked;
use firebreak_crds::{AwsAccountSpec, Reason};

pub(super) fn check(scene: &Scene<'_>) -> Option<Blocked> {
    listed(&scene.plan.region, scene.account)
}

pub(super) fn listed(region: &str, account: &AwsAccountSpec) -> Option<Blocked> {
    let known = account.regions.iter().any(|listed| listed == region);
    (!known).then(|| {
        Blocked::new(
            Reason::RegionNotListed,
            format!(
                "spec.region: {region} is not one of the AwsAccount's regions ({})",
                account.regions.join(", ")
            ),
        )
    })
}

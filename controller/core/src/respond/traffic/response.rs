//! A TrafficPolicy as a response.

use super::{
    design::{Seen, web_acl_arn},
    never_block,
};
use crate::{
    aws::{Site, wafv2::GRANTED_AS},
    blocked::{Blocked, Stop},
    facts::Facts,
    respond::{Design, Done, Intent, Named, Proof, Response, Scope, Terms},
};
use firebreak_crds::{ConditionType, Evidence, Reason, TrafficPolicySpec, TrafficWish, WafScope, text};

pub(super) const ENFORCED: Done = Done {
    condition: ConditionType::Enforced,
    reason: Reason::Enforced,
    not_yet: Reason::NotEnforced,
    proven: "the ranges are in the IP sets, and no rule that could let a request in stands before those that block it; a read after the settling time still shows it",
    held: "blocked, and held so",
};

impl Response for TrafficPolicySpec {
    fn kind(&self) -> &'static str {
        "TrafficPolicy"
    }

    fn granted_as(&self) -> Result<&'static str, Blocked> {
        Ok(GRANTED_AS)
    }

    fn title(&self) -> Result<String, Blocked> {
        let scope = match self.scope {
            WafScope::Regional => "REGIONAL",
            WafScope::CloudFront => "CLOUDFRONT",
        };
        let ranges = text::counted(self.block.len() as u64, "range");
        let first = self.block.first().map_or("", |one| one.cidr.as_str());
        let which = if self.block.len() == 1 {
            first.to_owned()
        } else {
            format!("{ranges}, {first} and others")
        };
        Ok(format!("Web ACL {} ({scope}): block {which}", self.web_acl.name))
    }

    fn terms(&self) -> Terms<'_> {
        Terms {
            account: &self.account_ref.name,
            region: &self.region,
            mode: self.mode,
            severity: self.severity,
            reason: self.reason.as_deref(),
            expiry: self.expiry.as_ref(),
            evidence: Evidence::default(),
            restore: &[],
        }
    }

    fn intent(&self) -> Intent {
        match self.state {
            TrafficWish::Active => Intent::Do,
            TrafficWish::Released => Intent::Undo,
        }
    }

    fn done(&self) -> &'static Done {
        &ENFORCED
    }

    fn named(&self, scope: &Scope<'_>) -> Vec<Named> {
        vec![Named::only(web_acl_arn(self, scope))]
    }

    fn real_arn(&self, named: &Named, _scope: &Scope<'_>, _facts: &Facts) -> Result<Option<String>, Stop> {
        Ok(Some(named.arn.clone()))
    }

    fn design(&self, scope: &Scope<'_>, facts: &Facts) -> Result<Design, Stop> {
        never_block::check(&self.block, scope.account)?;
        let site = site(self, scope);
        let facts = facts.at(&site);
        Ok(Seen::read(self, scope, &facts)?.design(&facts)?.at(&site))
    }

    fn proof(&self, scope: &Scope<'_>, facts: &Facts) -> Result<Proof, Stop> {
        let site = site(self, scope);
        match Seen::read(self, scope, &facts.at(&site)) {
            Ok(seen) => Ok(seen.proof()),
            // What was written is in the sets, and nothing blocks it any more.
            Err(Stop::Blocked(blocked)) if is_unprepared(&blocked) => Ok(Proof {
                bypassed: Some(blocked.message),
                ..Proof::default()
            }),
            Err(stop) => Err(stop),
        }
    }
}

fn is_unprepared(blocked: &Blocked) -> bool {
    matches!(blocked.reason, Reason::NotPrepared | Reason::TargetNotFound)
}

fn site(spec: &TrafficPolicySpec, scope: &Scope<'_>) -> Site {
    Site::new(&scope.account.account_id, &spec.region)
}

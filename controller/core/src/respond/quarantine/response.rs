//! A Quarantine as a response: what its target says, under the terms of its spec.

use super::{Context, Target, targets};
use crate::{
    aws::Site,
    blocked::{Blocked, Stop},
    facts::Facts,
    respond::{Design, Done, Intent, Named, Proof, Response, Scope, Terms},
};
use firebreak_crds::{ConditionType, DesiredState, QuarantineSpec, Reason};

pub(super) const CONTAINED: Done = Done {
    condition: ConditionType::Contained,
    reason: Reason::Contained,
    not_yet: Reason::NotContained,
    proven: "cut off; a read after the settling time still shows it",
    held: "contained, and held so",
};

impl Response for QuarantineSpec {
    fn kind(&self) -> &'static str {
        "Quarantine"
    }

    fn granted_as(&self) -> Result<&'static str, Blocked> {
        Ok(target(self)?.kind())
    }

    fn title(&self) -> Result<String, Blocked> {
        Ok(target(self)?.title(&self.target))
    }

    fn terms(&self) -> Terms<'_> {
        Terms {
            account: &self.account_ref.name,
            region: &self.region,
            mode: self.mode,
            severity: self.severity,
            reason: self.reason.as_deref(),
            expiry: self.expiry.as_ref(),
            evidence: self.evidence.unwrap_or_default(),
            restore: &self.restore_on_release,
        }
    }

    fn intent(&self) -> Intent {
        match self.state {
            DesiredState::Contained => Intent::Do,
            DesiredState::Released => Intent::Undo,
        }
    }

    fn done(&self) -> &'static Done {
        &CONTAINED
    }

    fn named(&self, scope: &Scope<'_>) -> Vec<Named> {
        let target = targets::of(&self.target);
        target
            .and_then(|target| target.named(&context(self, scope)))
            .into_iter()
            .collect()
    }

    fn real_arn(&self, _named: &Named, scope: &Scope<'_>, facts: &Facts) -> Result<Option<String>, Stop> {
        let site = site(self, scope);
        target(self)?.real_arn(&context(self, scope), &facts.at(&site))
    }

    fn design(&self, scope: &Scope<'_>, facts: &Facts) -> Result<Design, Stop> {
        let site = site(self, scope);
        let design = target(self)?.design(&context(self, scope), &facts.at(&site))?;
        Ok(design.at(&site))
    }

    fn proof(&self, scope: &Scope<'_>, facts: &Facts) -> Result<Proof, Stop> {
        let site = site(self, scope);
        target(self)?.proof(&context(self, scope), &facts.at(&site))
    }
}

fn context<'a>(spec: &'a QuarantineSpec, scope: &Scope<'a>) -> Context<'a> {
    Context {
        scope: *scope,
        region: &spec.region,
        target: &spec.target,
    }
}

fn site(spec: &QuarantineSpec, scope: &Scope<'_>) -> Site {
    Site::new(&scope.account.account_id, &spec.region)
}

fn target(spec: &QuarantineSpec) -> Result<&'static dyn Target, Blocked> {
    targets::of(&spec.target).ok_or_else(|| {
        Blocked::new(
            Reason::InvalidTarget,
            "spec.target names no target that this version knows",
        )
    })
}

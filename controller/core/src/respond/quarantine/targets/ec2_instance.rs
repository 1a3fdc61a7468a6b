//! `ec2Instance`: snapshots first, out of its Auto Scaling group alive, then every network interface into a group without
//! rules (Isolate), or stopped (Stop). Reads no user data: it may hold secrets.

mod impact;
mod notes;
mod refusals;
mod seen;
mod steps;
#[cfg(test)]
mod tests;

use crate::{
    blocked::{Blocked, Stop},
    facts::SiteFacts,
    respond::{
        Design, Named, Proof,
        quarantine::{Context, Target},
    },
};
use firebreak_crds::{Reason, Target as TargetSpec};
use seen::Seen;

/// An Amazon EC2 instance.
pub struct Ec2Instance;

impl Target for Ec2Instance {
    fn kind(&self) -> &'static str {
        "ec2Instance"
    }

    fn named_by(&self, target: &TargetSpec) -> bool {
        target.ec2_instance.is_some()
    }

    fn title(&self, target: &TargetSpec) -> String {
        let Some(spec) = &target.ec2_instance else {
            return String::new();
        };
        format!("EC2 instance {} ({:?})", spec.instance_id, spec.method)
    }

    fn named(&self, context: &Context<'_>) -> Option<Named> {
        let spec = context.target.ec2_instance.as_ref()?;
        Some(context.regional("ec2", &format!("instance/{}", spec.instance_id)))
    }

    fn design(&self, context: &Context<'_>, facts: &SiteFacts<'_>) -> Result<Design, Stop> {
        let seen = Seen::read(context, facts)?;
        seen.ask_surroundings()?;
        seen.refuse()?;
        Ok(Design {
            arn: seen.arn(),
            drafts: seen.drafts()?,
            touches: seen.touches()?,
            dependents: seen.dependents(),
            empties: seen.empties()?,
            notes: seen.notes()?,
        })
    }

    fn proof(&self, context: &Context<'_>, facts: &SiteFacts<'_>) -> Result<Proof, Stop> {
        let seen = Seen::read(context, facts)?;
        Ok(Proof {
            waiting_for: seen.waiting_for(),
            bypassed: seen.opened()?,
            unsealed: seen.unsealed()?,
            notes: seen.snapshot_notes()?,
        })
    }
}

fn blocked<T>(reason: Reason, message: String) -> Result<T, Stop> {
    Err(Blocked::new(reason, message).into())
}

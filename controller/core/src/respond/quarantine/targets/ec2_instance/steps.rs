//! What each method sets, in order.

use super::seen::Seen;
use crate::{
    aws::{
        Cell,
        autoscaling::AutoScalingCell,
        ec2::{
            Ec2Cell,
            InstanceAttribute::{self, DisableApiStop, DisableApiTermination, InstanceInitiatedShutdownBehavior},
            Through,
        },
    },
    blocked::Stop,
    respond::Draft,
    run::step::Undo,
};
use firebreak_crds::Reopens;
use serde_json::{Value, json};

impl Seen<'_> {
    /// Evidence first: its point in time, then what keeps it from being destroyed on the way (termination, and Auto Scaling,
    /// which replaces what fails its health checks). Anyone who asks for Stop wants it stopped before the rest.
    pub(super) fn drafts(&self) -> Result<Vec<Draft>, Stop> {
        let mut drafts: Vec<Draft> = self.snapshot().into_iter().collect();
        drafts.extend(self.protect());
        drafts.extend(self.stand_by());
        if self.stops() {
            drafts.extend(self.stop());
        }
        drafts.extend(self.isolate());
        drafts.extend(self.detach_profile());
        drafts.extend(self.disable_metadata());
        Ok(drafts)
    }

    fn snapshot(&self) -> Option<Draft> {
        let wanted = self.spec.snapshots && !self.instance.volumes.is_empty();
        let cell = Cell::Ec2(Ec2Cell::InstanceSnapshots {
            instance_id: self.id(),
            run: self.context.run_key(),
        });
        wanted.then(|| Draft {
            undo: Undo::Addition,
            ..Draft::new("snapshot", cell, json!([]))
        })
    }

    /// Termination protection does not stand in the way of a shutdown from inside that terminates, and stop protection is not
    /// for Spot Instances and instance-store roots (EC2 user guide, "Enable termination protection", "Enable stop protection").
    fn protect(&self) -> Vec<Draft> {
        if !self.spec.protect_termination {
            return Vec::new();
        }
        let shutdown = self.attribute("keep-on-shutdown", InstanceInitiatedShutdownBehavior, json!("stop"));
        let terminate = self.attribute("protect-termination", DisableApiTermination, json!(true));
        let stop = self.attribute("protect-stop", DisableApiStop, json!(true));
        let (spot, rooted) = (self.instance.spot, self.instance.instance_store_root);
        [
            (!spot).then_some(terminate),
            (!spot && !rooted && !self.stops()).then_some(stop),
            (!spot && !rooted).then_some(shutdown),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn attribute(&self, id: &str, attribute: InstanceAttribute, after: Value) -> Draft {
        let instance_id = self.id();
        Draft::new(
            id,
            Cell::Ec2(Ec2Cell::InstanceAttribute { instance_id, attribute }),
            after,
        )
    }

    fn stand_by(&self) -> Option<Draft> {
        let membership = self.membership.as_ref()?;
        let cell = Cell::AutoScaling(AutoScalingCell::InstanceStandby {
            instance_id: self.id(),
            group: membership.group.clone(),
        });
        Some(Draft::new("standby", cell, json!({"standby": true})))
    }

    /// A stop protection that somebody switched on would refuse the stop: it goes first, and comes back with a release.
    fn stop(&self) -> [Draft; 2] {
        let state = Cell::Ec2(Ec2Cell::InstanceState { instance_id: self.id() });
        let unprotect = self.attribute("allow-stop", DisableApiStop, json!(false));
        let stop = Draft {
            undo: Undo::Destructive,
            ..Draft::new("stop", state, json!("stopped"))
        };
        [in_section("stop", unprotect), in_section("stop", stop)]
    }

    /// All interfaces are one section: an instance with one open interface is not isolated, and none may be left in the
    /// group that lets everything through.
    fn isolate(&self) -> Vec<Draft> {
        let Some(quarantine) = &self.spec.isolation_security_group_id else {
            return Vec::new();
        };
        let through = self.spec.untrack_security_group_id.clone().map(|untrack| Through {
            untrack,
            quarantine: quarantine.clone(),
        });
        let changeable = self.interfaces.iter().filter(|interface| self.may_change(interface));
        changeable
            .map(|interface| {
                let cell = Cell::Ec2(Ec2Cell::NetworkInterfaceGroups {
                    network_interface: interface.id.clone(),
                    through: through.clone(),
                });
                in_section(
                    "network",
                    Draft::new(format!("isolate-{}", interface.id), cell, json!([quarantine])),
                )
            })
            .collect()
    }

    /// An instance without a profile gets none by it: anyone who associates one later is found out.
    fn detach_profile(&self) -> Option<Draft> {
        let cell = Cell::Ec2(Ec2Cell::InstanceProfile { instance_id: self.id() });
        self.spec.detach_instance_profile.then(|| Draft {
            reopens: Some(Reopens::InstanceProfile),
            ..Draft::new("detach-profile", cell, json!([]))
        })
    }

    fn disable_metadata(&self) -> Option<Draft> {
        let cell = Cell::Ec2(Ec2Cell::InstanceMetadata { instance_id: self.id() });
        let off = json!({"httpEndpoint": "disabled"});
        self.spec
            .disable_metadata
            .then(|| Draft::new("disable-metadata", cell, off))
    }
}

fn in_section(section: &'static str, draft: Draft) -> Draft {
    Draft {
        section: Some(section),
        ..draft
    }
}

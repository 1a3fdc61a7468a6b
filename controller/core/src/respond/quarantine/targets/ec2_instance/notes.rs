//! What people should know: what a method cannot stop, what it breaks, and who else holds the instance's credentials.

use super::{refusals::named, seen::Seen};
use crate::{
    aws::{
        Query,
        autoscaling::GroupMembership,
        ec2::{Ec2Read, Snapshot},
    },
    blocked::Stop,
    respond::quarantine::targets::sessions::{self, lenient},
};

impl Seen<'_> {
    pub(super) fn notes(&self) -> Result<Vec<String>, Stop> {
        let mut notes = self.of_the_method();
        notes.extend(self.of_the_credentials()?);
        notes.extend(self.of_the_protection());
        notes.extend(self.membership.as_ref().map(|group| self.of_the_group(group)));
        notes.extend(self.of_kubernetes());
        let others = self.interfaces.iter().filter(|interface| !self.may_change(interface));
        notes.extend(others.map(|i| {
            format!(
                "NOT changed: network interface {}, which AWS or another account manages",
                named(i)
            )
        }));
        notes.extend(self.unread_branches.iter().map(|why| {
            format!("NOT known: branch network interfaces of the instance, which are not cut off with it: {why}")
        }));
        Ok(notes)
    }

    fn of_the_method(&self) -> Vec<String> {
        let mut notes: Vec<String> = Vec::new();
        if self.stops() {
            notes.push("Destroys: the instance's memory, and what is on instance store".into());
            notes.push("Changes: its public IPv4 address, unless it is an Elastic IP".into());
        } else if let Some(untrack) = &self.spec.untrack_security_group_id {
            notes.push(format!("Opens for a moment: {untrack} lets every address reach the instance, as far as routes and network ACLs let it"));
            notes.push("Cannot stop: open connections through NAT and transit gateways and Network Load Balancers, which stay tracked".into());
        } else {
            notes.push("Cannot stop: connections that are open and tracked; one lasts until it was idle for 5 days (350 s on Nitro v6). untrackSecurityGroupId ends them".into());
        }
        if !self.stops() {
            notes.push("Cannot stop: DNS through the VPC's resolver, which security groups do not filter".into());
            notes.push("Breaks: what the instance serves and calls, Systems Manager and its logs to CloudWatch included; target groups that it was registered in by hand find it unhealthy".into());
        }
        if self.spec.snapshots && self.instance.volumes.is_empty() {
            notes.push("Not captured: no EBS volume is attached".into());
        }
        notes
    }

    fn of_the_credentials(&self) -> Result<Vec<String>, Stop> {
        let (roles, unknown) = self.roles()?;
        let mut notes: Vec<String> = unknown.into_iter().collect();
        let revoked = roles.iter().flat_map(|role| sessions::revocations(self.context, role));
        self.facts.ask(revoked.map(Query::Cell))?;
        for role in &roles {
            notes.push(sessions::note(
                self.context,
                self.facts,
                role,
                "instance role",
                "the instance (up to 6 hours)",
            )?);
        }
        Ok(notes)
    }

    fn of_the_protection(&self) -> Option<String> {
        (self.spec.protect_termination && self.instance.spot)
            .then(|| "Not protected from termination: AWS does not protect Spot Instances, and may interrupt this one at any time".into())
    }

    fn of_the_group(&self, group: &GroupMembership) -> String {
        let GroupMembership {
            group: name,
            lifecycle,
            min,
            max,
            desired,
            ..
        } = group;
        if lifecycle != "InService" {
            return format!("Auto Scaling group {name}: it is {lifecycle} already");
        }
        let spare = desired > min;
        let how = match spare {
            true => "the group then wants one less",
            false => "the group cannot spare one and launches a replacement, from the same image",
        };
        let back = match spare || desired < max {
            true => "a release makes it want one more",
            false => "a release needs a larger maximum first, because it makes the group want one more",
        };
        format!(
            "Auto Scaling group {name} ({min} to {max}, wants {desired}): {how}; {back}. Decided again at the write. An instance refresh may terminate instances on standby"
        )
    }

    /// Tags by which the clouds' tools know a node (Amazon EKS user guide; Karpenter).
    fn of_kubernetes(&self) -> Option<String> {
        let tags = &self.instance.tags;
        let by_key = tags.keys().find_map(|key| key.strip_prefix("kubernetes.io/cluster/"));
        let cluster = by_key.or_else(|| tags.get("eks:cluster-name").map(String::as_str))?;
        Some(format!(
            "It is a node of Kubernetes cluster {cluster}: its pods are cut off with it and start elsewhere, the compromised one too; cordon the node and look at them"
        ))
    }

    /// Snapshots that failed, and that are not completed: their point in time is fixed all the same (EC2 API reference,
    /// CreateSnapshots).
    pub(super) fn snapshot_notes(&self) -> Result<Vec<String>, Stop> {
        let taken = match self.snapshots()? {
            Ok(taken) => taken,
            Err(why) => return Ok(vec![format!("The snapshots are unknown: {why}")]),
        };
        let told = taken.iter().map(|snapshot| match snapshot.state.as_str() {
            "error" => format!(
                "Snapshot {} of {} FAILED: take another by hand",
                snapshot.id, snapshot.volume
            ),
            "completed" => format!("Snapshot {} of {} is completed", snapshot.id, snapshot.volume),
            _ => format!(
                "Snapshot {} of {} is pending; its point in time is fixed",
                snapshot.id, snapshot.volume
            ),
        });
        Ok(told.collect())
    }

    /// Snapshots that are still being copied; those that failed will never be whole.
    pub(super) fn unsealed(&self) -> Result<Option<String>, Stop> {
        let taken = match self.snapshots()? {
            Ok(taken) => taken,
            Err(why) => return Ok(Some(format!("the snapshots are unknown: {why}"))),
        };
        let pending = taken.iter().filter(|snapshot| snapshot.state == "pending");
        let names: Vec<&str> = pending.map(|snapshot| snapshot.id.as_str()).collect();
        Ok((!names.is_empty()).then(|| format!("snapshots are pending: {}", names.join(", "))))
    }

    /// Those of this run, or why they are not known.
    fn snapshots(&self) -> Result<Result<Vec<Snapshot>, String>, Stop> {
        if !self.spec.snapshots {
            return Ok(Ok(Vec::new()));
        }
        let query = Query::Ec2(Ec2Read::InstanceSnapshots {
            instance_id: self.id(),
            run: self.context.run_key(),
        });
        Ok(lenient(self.facts, query)?.map(Option::unwrap_or_default))
    }
}

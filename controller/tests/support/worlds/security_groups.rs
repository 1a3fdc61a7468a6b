//! Security groups.

use super::*;
use firebreak_cloud::memory::world::{Group, RuleIds};
use firebreak_core::aws::ec2::{SecurityGroupRule, Traffic};

const BASTION: &str = "sg-bastion";

pub(super) fn specs() -> Vec<Spec> {
    vec![revoke()]
}

fn revoke() -> Spec {
    Spec {
        name: "securityGroupRule/Revoke",
        target: || security_group_rule(BASTION, &first_id(BASTION, &office())),
        owns: &["security_groups/sg-bastion/ingress"],
        // A rule that is not there has no id by which it could be named.
        already: |_| {},
        foreign: Some((
            |world| {
                let theirs = SecurityGroupRule {
                    description: Some("theirs".into()),
                    ..office()
                };
                group(world, BASTION).ingress.insert(theirs);
            },
            "Rule sgr-414f5f54675651e92",
        )),
        missing: |world| group(world, BASTION).ingress.clear(),
        replaces_tasks: false,
    }
}

/// The rule of the sample's bastions.
fn office() -> SecurityGroupRule {
    cidr_rule("tcp", 22, "203.0.113.0/24")
}

/// The id that a rule for traffic in has as long as nobody has taken it away.
pub fn first_id(group_id: &str, rule: &SecurityGroupRule) -> String {
    RuleIds::default().of(group_id, &Traffic::of(rule, false))
}

pub fn group<'a>(world: &'a mut World, id: &str) -> &'a mut Group {
    region(world).security_groups.get_mut(id).unwrap()
}

//! What AWS would refuse or leave alive: managed instances, connections by IPv6, metadata options of a stopped instance.

use super::*;
use crate::aws::ec2::Ec2Read;

#[test]
fn managed_instance_is_refused_first_and_the_way_out_is_named() {
    let managed = seen(|instance| instance.operator = Some("eks.amazonaws.com".into()));
    for method in [Ec2InstanceMethod::Isolate, Ec2InstanceMethod::Stop] {
        let blocked = design(&managed, &spec(method, |_| {})).unwrap_err();
        assert_eq!(blocked.reason, Reason::Unmodifiable);
        for part in ["eks.amazonaws.com", "ecsService", "iamRole", "NodeClaim"] {
            assert!(blocked.message.contains(part), "{part}: {}", blocked.message);
        }
    }
    let interface = with_interface(|interface| interface.operator = Some("ecs.amazonaws.com".into()));
    assert_eq!(design(&interface, &isolate()).unwrap_err().reason, Reason::Unmodifiable);
}

fn untracked() -> TargetSpec {
    spec(Ec2InstanceMethod::Isolate, |spec| {
        spec.untrack_security_group_id = Some("sg-open".into())
    })
}

fn both_families() -> Value {
    let mut rules = everything();
    for side in ["ingress", "egress"] {
        let ipv6 = SecurityGroupRule {
            protocol: "-1".into(),
            cidr_ipv6: Some("::/0".into()),
            ..SecurityGroupRule::default()
        };
        rules[side].as_array_mut().unwrap().push(json!(ipv6));
    }
    rules
}

#[test]
fn untrack_group_must_open_ipv6_where_an_interface_has_it() {
    assert!(design(&world(), &untracked()).is_ok(), "no interface has IPv6");
    let dual = || with_interface(|interface| interface.ipv6 = true);
    let blocked = design(&dual(), &untracked()).unwrap_err();
    assert_eq!(blocked.reason, Reason::InvalidTarget);
    for part in [
        "untrackSecurityGroupId",
        "ingress rule for all protocols and ::/0",
        "egress rule",
    ] {
        assert!(blocked.message.contains(part), "{part}: {}", blocked.message);
    }
    assert!(design(&dual().with(rules("sg-open"), &both_families()), &untracked()).is_ok());
    let mut one_way = both_families();
    one_way["egress"] = everything()["egress"].clone();
    assert!(design(&dual().with(rules("sg-open"), &one_way), &untracked()).is_err());
}

#[test]
fn metadata_options_of_a_stopped_instance_are_not_waited_for() {
    let pending = |state: &str| {
        let mut other = instance();
        (other.state, other.metadata_applied) = (state.into(), false);
        contained().with(
            about(|instance_id| Query::Ec2(Ec2Read::Instance { instance_id })),
            &other,
        )
    };
    let stop = spec(Ec2InstanceMethod::Stop, |_| {});
    assert_eq!(waits(&pending("stopped"), &stop), None);
    assert_eq!(waits(&pending("stopped"), &isolate()), None);
    assert!(
        waits(&pending("running"), &isolate())
            .unwrap()
            .contains("metadata options")
    );
}

//! Rules of security groups.

use super::*;

#[test]
fn a_rule_that_only_changes_its_description_is_revoked_before_it_is_made_again() {
    let with =
        |text: &str| json!({"ingress": [{"protocol": "tcp", "fromPort": 443, "description": text}], "egress": []});
    let writes = rules().writes(&with("old"), &with("new"));
    let [
        Write::Ec2(Ec2Write::RevokeSecurityGroupRules { .. }),
        Write::Ec2(Ec2Write::AuthorizeSecurityGroupRules { .. }),
    ] = writes.as_slice()
    else {
        panic!("{writes:?}")
    };
}

#[test]
fn other_traffic_is_allowed_before_the_old_is_taken_away() {
    let with = |port: i32| json!({"ingress": [{"protocol": "tcp", "fromPort": port}], "egress": []});
    let writes = rules().writes(&with(80), &with(443));
    let [
        Write::Ec2(Ec2Write::AuthorizeSecurityGroupRules { .. }),
        Write::Ec2(Ec2Write::RevokeSecurityGroupRules { .. }),
    ] = writes.as_slice()
    else {
        panic!("{writes:?}")
    };
}

/// Both directions with a rule for a group of another account and one for a range of addresses.
fn peered() -> Value {
    let peer =
        json!({"protocol": "tcp", "fromPort": 443, "toPort": 443, "group": "sg-peer", "groupOwner": "999988887777"});
    let own = json!({"protocol": "tcp", "fromPort": 80, "cidrIpv4": "10.0.0.0/8"});
    json!({"ingress": [peer, own], "egress": [peer, own]})
}

fn not_found(call: &str, class: FailureClass) -> Failure {
    Failure {
        class,
        call: call.into(),
        code: "InvalidGroup.NotFound".into(),
        message: String::new(),
    }
}

#[test]
fn only_the_direction_that_aws_refuses_goes_without_its_lost_rules() {
    let refused = [not_found("ec2:AuthorizeSecurityGroupIngress", FailureClass::Invalid)];
    let without = rules().without_elsewhere(&peered(), &Value::Null, &refused).unwrap();
    assert_eq!(without.lost, ["ingress rule tcp 443 for sg-peer"]);
    assert_eq!(without.value["ingress"].as_array().unwrap().len(), 1);
    assert!(rules().same(
        &json!({"ingress": [], "egress": without.value["egress"]}),
        &json!({"ingress": [], "egress": peered()["egress"]})
    ));
}

#[test]
fn rule_of_another_account_that_aws_shows_is_not_lost() {
    let refused = [not_found("ec2:AuthorizeSecurityGroupIngress", FailureClass::Invalid)];
    assert_eq!(rules().without_elsewhere(&peered(), &peered(), &refused), None);
}

#[test]
fn refusal_of_another_kind_loses_no_rule() {
    let call = "ec2:AuthorizeSecurityGroupIngress";
    let denied = Failure {
        code: "UnauthorizedOperation".into(),
        ..not_found(call, FailureClass::Denied)
    };
    let of_the_group = not_found(call, FailureClass::Gone);
    let of_a_revocation = not_found("ec2:RevokeSecurityGroupIngress", FailureClass::Invalid);
    for refused in [vec![denied], vec![of_the_group], vec![of_a_revocation], vec![]] {
        let without = rules().without_elsewhere(&peered(), &Value::Null, &refused);
        assert_eq!(without, None, "{refused:?}");
    }
}

#[test]
fn a_rule_recorded_without_the_newer_fields_is_the_same() {
    let old = json!({"ingress": [{"protocol": "tcp", "fromPort": 443}], "egress": []});
    let new = json!({"ingress": [{"protocol": "tcp", "fromPort": 443, "toPort": null, "tags": {}}], "egress": []});
    assert!(rules().same(&old, &new));
}

#[test]
fn a_rule_that_cannot_be_read_is_not_taken_for_none() {
    let strange = json!({"ingress": [{"protocol": 6}], "egress": []});
    assert!(!rules().same(&strange, &json!({"ingress": [], "egress": []})));
}

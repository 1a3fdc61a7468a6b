//! The rules of security groups.

use super::*;
use firebreak_core::aws::ec2::Ec2Write;

fn https() -> SecurityGroupRule {
    SecurityGroupRule {
        protocol: "tcp".into(),
        from_port: Some(443),
        to_port: Some(443),
        cidr_ipv4: Some("0.0.0.0/0".into()),
        description: Some("customers".into()),
        tags: [("team".to_owned(), "web".to_owned())].into(),
        ..SecurityGroupRule::default()
    }
}

fn from_peer() -> SecurityGroupRule {
    SecurityGroupRule {
        protocol: "-1".into(),
        from_port: Some(-1),
        to_port: Some(-1),
        group: Some("sg-peer".into()),
        group_owner: Some("999999999999".into()),
        ..SecurityGroupRule::default()
    }
}

fn rules_xml(items: &str) -> String {
    format!(
        "<DescribeSecurityGroupRulesResponse><securityGroupRuleSet>{items}</securityGroupRuleSet>\
         </DescribeSecurityGroupRulesResponse>"
    )
}

fn https_xml(id: &str, is_egress: bool) -> String {
    format!(
        "<item><securityGroupRuleId>{id}</securityGroupRuleId><groupId>sg-1</groupId>\
         <groupOwnerId>123456789012</groupOwnerId><isEgress>{is_egress}</isEgress><ipProtocol>tcp</ipProtocol>\
         <fromPort>443</fromPort><toPort>443</toPort><cidrIpv4>0.0.0.0/0</cidrIpv4>\
         <description>customers</description><tagSet><item><key>team</key><value>web</value></item></tagSet></item>"
    )
}

fn authorize(egress: bool, rules: Vec<SecurityGroupRule>) -> Write {
    Write::Ec2(Ec2Write::AuthorizeSecurityGroupRules {
        group_id: "sg-1".into(),
        egress,
        rules,
    })
}

fn revoke(egress: bool) -> Write {
    Write::Ec2(Ec2Write::RevokeSecurityGroupRules {
        group_id: "sg-1".into(),
        egress,
        rules: vec![https()],
    })
}

fn ec2_ok(action: &str) -> String {
    format!("<{action}Response><requestId>request-1</requestId><return>true</return></{action}Response>")
}

fn bodies(wire: &Wire) -> Vec<String> {
    wire.sent().into_iter().map(|sent| sent.body).collect()
}

#[tokio::test]
async fn authorize_keeps_descriptions_peers_and_tags() {
    let ok = ec2_ok("AuthorizeSecurityGroupIngress");
    let wire = Wire::default()
        .then(200, rules_xml(""))
        .then(200, ok.clone())
        .then(200, ok);
    make(&wire, authorize(false, vec![https(), from_peer()])).await.unwrap();
    let start = "Action=AuthorizeSecurityGroupIngress&Version=2016-11-15&GroupId=sg-1";
    let peer = "&IpPermissions.1.IpProtocol=-1&IpPermissions.1.FromPort=-1&IpPermissions.1.ToPort=-1\
                &IpPermissions.1.Groups.1.UserId=999999999999&IpPermissions.1.Groups.1.GroupId=sg-peer";
    let https = "&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=443&IpPermissions.1.ToPort=443\
                 &IpPermissions.1.IpRanges.1.Description=customers&IpPermissions.1.IpRanges.1.CidrIp=0.0.0.0/0\
                 &TagSpecification.1.ResourceType=security-group-rule\
                 &TagSpecification.1.Tag.1.Key=team&TagSpecification.1.Tag.1.Value=web";
    assert_eq!(
        bodies(&wire)[1..],
        [format!("{start}{peer}"), format!("{start}{https}")]
    );
}

#[tokio::test]
async fn authorize_of_egress_is_another_call() {
    let wire = Wire::default()
        .then(200, rules_xml(""))
        .then(200, ec2_ok("AuthorizeSecurityGroupEgress"));
    let rule = SecurityGroupRule {
        protocol: "-1".into(),
        cidr_ipv6: Some("::/0".into()),
        ..SecurityGroupRule::default()
    };
    make(&wire, authorize(true, vec![rule])).await.unwrap();
    let expected = "Action=AuthorizeSecurityGroupEgress&Version=2016-11-15&GroupId=sg-1\
                    &IpPermissions.1.IpProtocol=-1&IpPermissions.1.Ipv6Ranges.1.CidrIpv6=::/0";
    assert_eq!(bodies(&wire)[1], expected);
}

#[tokio::test]
async fn a_rule_that_is_there_is_not_authorized_again() {
    let wire = Wire::default().then(200, rules_xml(&https_xml("sgr-1", false)));
    assert_eq!(
        make(&wire, authorize(false, vec![https()])).await,
        Ok(Receipt::default())
    );
    assert_eq!(wire.sent().len(), 1);
}

#[tokio::test]
async fn a_rule_that_somebody_else_made_meanwhile_is_authorized() {
    let duplicate = ec2_error("InvalidPermission.Duplicate");
    let wire = Wire::default().then(200, rules_xml("")).then(400, duplicate);
    assert_eq!(
        make(&wire, authorize(false, vec![https()])).await,
        Ok(Receipt::default())
    );
}

#[tokio::test]
async fn one_duplicate_does_not_keep_the_other_rules_from_being_authorized() {
    let duplicate = || ec2_error("InvalidPermission.Duplicate");
    let other = SecurityGroupRule {
        from_port: Some(80),
        to_port: Some(80),
        ..https()
    };
    let wire = Wire::default()
        .then(200, rules_xml(""))
        .then(400, duplicate())
        .then(400, duplicate())
        .then(200, ec2_ok("AuthorizeSecurityGroupIngress"));
    let receipt = make(&wire, authorize(false, vec![https(), other])).await.unwrap();
    assert_eq!(receipt.request_id.as_deref(), Some("request-1"));
    assert!(bodies(&wire)[3].contains("FromPort=80"), "{:#?}", bodies(&wire));
}

#[tokio::test]
async fn revoke_takes_away_exactly_the_rules_that_were_meant() {
    let others = https_xml("sgr-out", true) + &https_xml("sgr-in", false).replace("customers", "others");
    let wire = Wire::default()
        .then(200, rules_xml(&(https_xml("sgr-1", false) + &others)))
        .then(200, ec2_ok("RevokeSecurityGroupIngress"));
    make(&wire, revoke(false)).await.unwrap();
    let expected = "Action=RevokeSecurityGroupIngress&Version=2016-11-15&GroupId=sg-1&SecurityGroupRuleId.1=sgr-1";
    assert_eq!(bodies(&wire)[1], expected);
}

#[tokio::test]
async fn revoke_of_egress_is_another_call() {
    let wire = Wire::default()
        .then(200, rules_xml(&https_xml("sgr-2", true)))
        .then(200, ec2_ok("RevokeSecurityGroupEgress"));
    make(&wire, revoke(true)).await.unwrap();
    let expected = "Action=RevokeSecurityGroupEgress&Version=2016-11-15&SecurityGroupRuleId.1=sgr-2&GroupId=sg-1";
    assert_eq!(bodies(&wire)[1], expected);
}

#[tokio::test]
async fn a_rule_that_is_gone_is_revoked() {
    assert!(
        make(&Wire::default().then(200, rules_xml("")), revoke(false))
            .await
            .is_ok()
    );
    let wire = Wire::default()
        .then(200, rules_xml(&https_xml("sgr-1", false)))
        .then(400, ec2_error("InvalidPermission.NotFound"));
    assert!(make(&wire, revoke(false)).await.is_ok());
    let wire = Wire::default()
        .then(200, rules_xml(&https_xml("sgr-1", false)))
        .then(400, ec2_error("InvalidSecurityGroupRuleId.NotFound"));
    assert!(make(&wire, revoke(false)).await.is_ok());
}

fn gone(what: &str) -> String {
    ec2_error("InvalidGroup.NotFound").replace("why", &format!("The security group '{what}' does not exist"))
}

fn from_own_peer(id: &str) -> SecurityGroupRule {
    SecurityGroupRule {
        protocol: "tcp".into(),
        group: Some(id.into()),
        ..SecurityGroupRule::default()
    }
}

#[tokio::test]
async fn rules_beside_one_whose_group_is_gone_come_back_and_it_is_named() {
    let ok = ec2_ok("AuthorizeSecurityGroupIngress");
    let wire = Wire::default()
        .then(200, rules_xml(""))
        .then(400, gone("sg-lost"))
        .then(400, gone("sg-lost"))
        .then(200, ok);
    let rules = vec![from_own_peer("sg-lost"), from_own_peer("sg-there")];
    let failure = make(&wire, authorize(false, rules)).await.unwrap_err();
    assert_eq!(failure.class, FailureClass::Invalid, "the group itself is not gone");
    assert!(failure.message.contains("sg-lost"), "{failure}");
    assert!(bodies(&wire)[3].contains("GroupId=sg-there"), "{:?}", bodies(&wire));
}

#[tokio::test]
async fn rules_with_other_tags_come_back_beside_one_whose_group_is_gone() {
    let wire = Wire::default()
        .then(200, rules_xml(""))
        .then(400, gone("sg-lost"))
        .then(200, ec2_ok("AuthorizeSecurityGroupIngress"));
    let rules = vec![from_own_peer("sg-lost"), https()];
    let failure = make(&wire, authorize(false, rules)).await.unwrap_err();
    assert!(failure.message.contains("sg-lost"), "{failure}");
    assert!(bodies(&wire)[2].contains("CidrIp=0.0.0.0/0"), "{:?}", bodies(&wire));
}

#[tokio::test]
async fn group_that_is_changed_and_gone_is_gone() {
    let wire = Wire::default().then(200, rules_xml("")).then(400, gone("sg-1"));
    let failure = make(&wire, authorize(false, vec![from_own_peer("sg-there")]))
        .await
        .unwrap_err();
    assert_eq!(failure.class, FailureClass::Gone, "{failure}");
}

#[tokio::test]
async fn interface_is_not_gone_when_a_group_that_it_was_to_get_is() {
    let wire = Wire::default().then(400, gone("sg-lost"));
    let write = Write::Ec2(Ec2Write::ModifyNetworkInterfaceGroups {
        network_interface: "eni-1".into(),
        groups: vec!["sg-lost".into()],
        rehearse: None,
    });
    assert_eq!(make(&wire, write).await.unwrap_err().class, FailureClass::Invalid);
}

//! Security groups.

use super::*;
use firebreak_core::aws::{Cell, ec2::Ec2Cell};

const GROUP: &str = "<DescribeSecurityGroupsResponse><securityGroupInfo><item><groupId>sg-1</groupId>\
    <vpcId>vpc-1</vpcId></item></securityGroupInfo></DescribeSecurityGroupsResponse>";

#[tokio::test]
async fn rules_are_read_with_peers_descriptions_and_tags_from_every_page() {
    let page = |rule: &str, next: &str| {
        format!(
            "<DescribeSecurityGroupRulesResponse><securityGroupRuleSet><item><groupId>sg-1</groupId>\
             <groupOwnerId>123456789012</groupOwnerId>{rule}</item></securityGroupRuleSet>{next}\
             </DescribeSecurityGroupRulesResponse>"
        )
    };
    let own = "<isEgress>false</isEgress><ipProtocol>-1</ipProtocol><fromPort>-1</fromPort><toPort>-1</toPort>\
        <referencedGroupInfo><groupId>sg-1</groupId><userId>123456789012</userId></referencedGroupInfo>\
        <tagSet><item><key>aws:cloudformation:stack-name</key><value>s</value></item></tagSet>";
    let peer = "<isEgress>true</isEgress><ipProtocol>tcp</ipProtocol><fromPort>5432</fromPort><toPort>5432</toPort>\
        <referencedGroupInfo><groupId>sg-2</groupId><userId>999999999999</userId></referencedGroupInfo>\
        <description>database</description><tagSet><item><key>team</key><value>a</value></item></tagSet>";
    let wire = Wire::default()
        .then(200, GROUP)
        .then(200, page(own, "<nextToken>next</nextToken>"))
        .then(200, page(peer, ""));
    let value = found(
        &wire,
        Query::Cell(Cell::Ec2(Ec2Cell::SecurityGroupRules {
            group_id: "sg-1".into(),
        })),
    )
    .await;
    let rule = |fields: Value| {
        let mut rule = json!(firebreak_core::aws::ec2::SecurityGroupRule::default());
        rule.as_object_mut()
            .unwrap()
            .extend(fields.as_object().unwrap().clone());
        rule
    };
    let ingress = rule(json!({"protocol": "-1", "fromPort": -1, "toPort": -1, "group": "sg-1"}));
    let egress = rule(
        json!({"protocol": "tcp", "fromPort": 5432, "toPort": 5432, "group": "sg-2",
        "groupOwner": "999999999999", "description": "database", "tags": {"team": "a"}}),
    );
    assert_eq!(value, json!({"ingress": [ingress], "egress": [egress]}));
    assert!(wire.sent()[2].body.contains("NextToken=next"));
}

#[tokio::test]
async fn a_rule_without_an_owner_belongs_to_the_account_that_was_asked() {
    let rule = "<DescribeSecurityGroupRulesResponse><securityGroupRuleSet><item><isEgress>false</isEgress>\
        <ipProtocol>-1</ipProtocol><referencedGroupInfo><groupId>sg-2</groupId><userId>123456789012</userId>\
        </referencedGroupInfo></item></securityGroupRuleSet></DescribeSecurityGroupRulesResponse>";
    let wire = Wire::default().then(200, GROUP).then(200, rule);
    let query = Query::Cell(Cell::Ec2(Ec2Cell::SecurityGroupRules {
        group_id: "sg-1".into(),
    }));
    assert_eq!(found(&wire, query).await["ingress"][0]["groupOwner"], Value::Null);
}

#[tokio::test]
async fn the_rules_of_a_missing_group_are_not_found_rather_than_none() {
    let wire = Wire::default().then(400, ec2_error("InvalidGroup.NotFound"));
    let query = Query::Cell(Cell::Ec2(Ec2Cell::SecurityGroupRules {
        group_id: "sg-1".into(),
    }));
    assert_eq!(ask(&wire, query).await, Answer::NotFound);
}

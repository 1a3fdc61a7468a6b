//! Security groups.

use super::*;
use firebreak_core::aws::{
    Cell,
    ec2::{Ec2Cell, IdentifiedRule, Traffic},
};

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

fn two_rules() -> String {
    let rule = |id: &str, egress: bool| {
        format!(
            "<item><securityGroupRuleId>{id}</securityGroupRuleId><groupId>sg-1</groupId>\
             <groupOwnerId>123456789012</groupOwnerId><isEgress>{egress}</isEgress><ipProtocol>tcp</ipProtocol>\
             <fromPort>22</fromPort><toPort>22</toPort><cidrIpv4>0.0.0.0/0</cidrIpv4>\
             <description>for a moment</description></item>"
        )
    };
    let rules = rule("sgr-out", true) + &rule("sgr-in", false);
    format!(
        "<DescribeSecurityGroupRulesResponse><securityGroupRuleSet>{rules}</securityGroupRuleSet>\
         </DescribeSecurityGroupRulesResponse>"
    )
}

fn one_rule(port: i32) -> Query {
    Query::Cell(Cell::Ec2(Ec2Cell::SecurityGroupRule {
        group_id: "sg-1".into(),
        rule_id: "sgr-was".into(),
        traffic: Traffic {
            protocol: "tcp".into(),
            from_port: Some(port),
            to_port: Some(port),
            cidr_ipv4: Some("0.0.0.0/0".into()),
            ..Traffic::default()
        },
    }))
}

#[tokio::test]
async fn rules_are_read_with_their_ids_and_directions() {
    let wire = Wire::default().then(200, GROUP).then(200, two_rules());
    let query = Query::Ec2(Ec2Read::SecurityGroupRules {
        group_id: "sg-1".into(),
    });
    let rules: Vec<IdentifiedRule> = serde_json::from_value(found(&wire, query).await).unwrap();
    let ids: Vec<_> = rules.iter().map(|rule| (rule.id.as_str(), rule.egress)).collect();
    assert_eq!(ids, [("sgr-out", true), ("sgr-in", false)]);
    assert_eq!(rules[1].rule.description.as_deref(), Some("for a moment"));
    assert!(
        wire.sent()[1]
            .body
            .contains("Filter.1.Name=group-id&Filter.1.Value.1=sg-1")
    );
}

#[tokio::test]
async fn one_rule_is_found_by_what_it_lets_through_in_its_direction() {
    let wire = Wire::default().then(200, GROUP).then(200, two_rules());
    assert_eq!(found(&wire, one_rule(22)).await[0]["id"], json!("sgr-in"));
    let wire = Wire::default().then(200, GROUP).then(200, two_rules());
    assert_eq!(found(&wire, one_rule(23)).await, json!([]));
    let wire = Wire::default().then(400, ec2_error("InvalidGroup.NotFound"));
    assert_eq!(ask(&wire, one_rule(22)).await, Answer::NotFound);
}

#[tokio::test]
async fn what_uses_a_group_is_told_with_the_instance_and_the_type() {
    let interfaces = "<DescribeNetworkInterfacesResponse><networkInterfaceSet>\
        <item><networkInterfaceId>eni-1</networkInterfaceId><description/><interfaceType>interface</interfaceType>\
        <attachment><instanceId>i-1</instanceId></attachment></item>\
        <item><networkInterfaceId>eni-2</networkInterfaceId><description>AWS Lambda VPC ENI-refund</description>\
        <interfaceType>lambda</interfaceType></item></networkInterfaceSet></DescribeNetworkInterfacesResponse>";
    let wire = Wire::default().then(200, interfaces);
    let query = Query::Ec2(Ec2Read::SecurityGroupUsers {
        group_id: "sg-1".into(),
    });
    let users = found(&wire, query).await;
    assert_eq!(
        (&users[0]["instance"], &users[0]["interfaceType"]),
        (&json!("i-1"), &json!("interface"))
    );
    assert_eq!(
        (&users[1]["instance"], &users[1]["interfaceType"]),
        (&Value::Null, &json!("lambda"))
    );
}

#[tokio::test]
async fn a_group_is_read_with_its_name_and_its_owner() {
    let group = GROUP.replace(
        "<vpcId>",
        "<groupName>default</groupName><ownerId>999988887777</ownerId><vpcId>",
    );
    let none = "<DescribeSecurityGroupRulesResponse><securityGroupRuleSet/></DescribeSecurityGroupRulesResponse>";
    let wire = Wire::default().then(200, group).then(200, none);
    let query = Query::Ec2(Ec2Read::SecurityGroup {
        group_id: "sg-1".into(),
    });
    let read = found(&wire, query).await;
    assert_eq!(
        (&read["name"], &read["owner"]),
        (&json!("default"), &json!("999988887777"))
    );
}

//! Network interfaces and what refers to groups, at the wire.

use super::*;
use crate::testing::{access, ec2_error};
use firebreak_core::aws::ec2::Ec2Read;
use serde_json::{Value, json};

async fn ask(wire: &Wire, query: Query) -> Answer {
    let answer = aws(wire).await.observe(&access("leak"), &query).await;
    assert_eq!(wire.left(), 0, "an answer was not asked for: {answer:?}");
    answer
}

async fn found(wire: &Wire, query: Query) -> Value {
    match ask(wire, query).await {
        Answer::Found(value) => value,
        other => panic!("{other:?}"),
    }
}

fn interfaces(items: &str) -> String {
    format!(
        "<DescribeNetworkInterfacesResponse><networkInterfaceSet>{items}</networkInterfaceSet>\
         </DescribeNetworkInterfacesResponse>"
    )
}

fn interface(id: &str, more: &str) -> String {
    format!("<item><networkInterfaceId>{id}</networkInterfaceId><ownerId>123456789012</ownerId>{more}</item>")
}

fn associations(pairs: &[(&str, &str)]) -> String {
    let item = |(trunk, branch): &(&str, &str)| {
        format!(
            "<item><trunkInterfaceId>{trunk}</trunkInterfaceId><branchInterfaceId>{branch}</branchInterfaceId></item>"
        )
    };
    let items: String = pairs.iter().map(item).collect();
    format!(
        "<DescribeTrunkInterfaceAssociationsResponse><interfaceAssociationSet>{items}</interfaceAssociationSet>\
         </DescribeTrunkInterfaceAssociationsResponse>"
    )
}

fn branches() -> Query {
    Query::Ec2(Ec2Read::BranchInterfaces {
        trunks: vec!["eni-trunk".into()],
    })
}

#[tokio::test]
async fn an_interface_says_whether_it_is_a_trunk_has_ipv6_and_is_operated() {
    let more = "<interfaceType>trunk</interfaceType><ipv6AddressesSet><item><ipv6Address>2001:db8::1</ipv6Address>\
                </item></ipv6AddressesSet><operator><managed>true</managed><principal>eks.amazonaws.com</principal></operator>";
    let wire = Wire::default().then(200, interfaces(&(interface("eni-1", more) + &interface("eni-2", ""))));
    let instance_id = "i-0123456789abcdef0".into();
    let value = found(&wire, Query::Ec2(Ec2Read::InstanceInterfaces { instance_id })).await;
    let told = |at: usize| json!([value[at]["trunk"], value[at]["ipv6"], value[at]["operator"]]);
    assert_eq!(told(0), json!([true, true, "eks.amazonaws.com"]));
    assert_eq!(told(1), json!([false, false, null]));
}

#[tokio::test]
async fn branches_are_found_by_tag_and_by_association() {
    let wire = Wire::default()
        .then(
            200,
            associations(&[("eni-trunk", "eni-task"), ("eni-other", "eni-theirs")]),
        )
        .then(200, interfaces(&interface("eni-pod", "")))
        .then(200, interfaces(&interface("eni-task", "")));
    let value = found(&wire, branches()).await;
    let ids: Vec<&Value> = value["interfaces"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["id"])
        .collect();
    assert_eq!(ids, ["eni-pod", "eni-task"]);
    assert_eq!(value["unread"], Value::Null);
    let bodies: Vec<String> = wire.sent().into_iter().map(|sent| sent.body).collect();
    assert!(
        bodies[1].contains("tag:vpcresources.k8s.aws/trunk-eni-id"),
        "{bodies:?}"
    );
    assert!(
        bodies[2].contains("eni-task") && !bodies[2].contains("eni-theirs"),
        "{bodies:?}"
    );
}

#[tokio::test]
async fn associations_that_aws_refuses_are_said_and_tags_still_count() {
    for code in ["UnauthorizedOperation", "UnsupportedOperation"] {
        let wire = Wire::default()
            .then(403, ec2_error(code))
            .then(200, interfaces(&interface("eni-pod", "")));
        let value = found(&wire, branches()).await;
        assert_eq!(value["interfaces"][0]["id"], "eni-pod");
        assert!(value["unread"].as_str().unwrap().contains(code), "{value}");
    }
}

#[tokio::test]
async fn references_that_do_not_exist_are_named() {
    let groups = "<DescribeSecurityGroupsResponse><securityGroupInfo><item><groupId>sg-1</groupId></item></securityGroupInfo>\
                  </DescribeSecurityGroupsResponse>";
    let lists =
        "<DescribeManagedPrefixListsResponse><prefixListSet></prefixListSet></DescribeManagedPrefixListsResponse>";
    let wire = Wire::default().then(200, groups).then(200, lists);
    let query = Query::Ec2(Ec2Read::MissingReferences {
        groups: vec!["sg-1".into(), "sg-2".into()],
        prefix_lists: vec!["pl-1".into()],
    });
    assert_eq!(found(&wire, query).await, json!(["sg-2", "pl-1"]));
    assert!(
        wire.sent()[0].body.contains("Filter.1.Name=group-id"),
        "a list of ids would fail for one that is gone"
    );
}

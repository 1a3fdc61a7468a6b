//! Batch reads: the same answers as single reads give, in few calls.

use super::*;
use crate::testing::{Sent, access, query_error};
use firebreak_core::aws::{
    Cell, QUESTIONS_A_CALL, Survey,
    ec2::{Ec2Cell, Ec2Read},
    ecs::{EcsCell, EcsRead},
    iam::{IamCell, IamRead},
};
use serde_json::{Value, json};

const DENY: &str = "arn:aws:iam::123456789012:policy/FirebreakDenyAll";
const DOCUMENT: &str = "%7B%22Statement%22%3A%5B%5D%7D";

fn attached(role: &str) -> Query {
    Query::Cell(Cell::Iam(IamCell::RolePolicyAttachment {
        role: role.into(),
        policy_arn: DENY.into(),
    }))
}

fn inline(role: &str, policy: &str) -> Query {
    Query::Cell(Cell::Iam(IamCell::RoleInlinePolicy {
        role: role.into(),
        policy_name: policy.into(),
    }))
}

fn of_user(user: &str) -> [Query; 2] {
    let (user, policy_arn) = (user.to_owned(), DENY.to_owned());
    let policy_name = "Revoke".to_owned();
    [
        Query::Cell(Cell::Iam(IamCell::UserPolicyAttachment {
            user: user.clone(),
            policy_arn,
        })),
        Query::Cell(Cell::Iam(IamCell::UserInlinePolicy { user, policy_name })),
    ]
}

fn role(name: &str) -> String {
    format!(
        "<member><RoleName>{name}</RoleName><AssumeRolePolicyDocument>{DOCUMENT}</AssumeRolePolicyDocument>\
         <RolePolicyList><member><PolicyName>Revoke</PolicyName><PolicyDocument>{DOCUMENT}</PolicyDocument></member>\
         </RolePolicyList><AttachedManagedPolicies><member><PolicyName>FirebreakDenyAll</PolicyName>\
         <PolicyArn>{DENY}</PolicyArn></member></AttachedManagedPolicies></member>"
    )
}

fn page(roles: &str, rest: &str, marker: Option<&str>) -> String {
    let marker = marker.map_or_else(
        || "<IsTruncated>false</IsTruncated>".into(),
        |marker| format!("<IsTruncated>true</IsTruncated><Marker>{marker}</Marker>"),
    );
    format!(
        "<GetAccountAuthorizationDetailsResponse><GetAccountAuthorizationDetailsResult>\
         <RoleDetailList>{roles}</RoleDetailList>{rest}{marker}\
         </GetAccountAuthorizationDetailsResult></GetAccountAuthorizationDetailsResponse>"
    )
}

/// Questions about roles that no page names, so that some pages may be read.
fn worth(pages: usize) -> Vec<Query> {
    (0..pages * QUESTIONS_A_CALL)
        .map(|number| attached(&format!("absent-{number}")))
        .collect()
}

async fn survey(wire: &Wire, queries: &[Query]) -> Vec<(Query, Answer)> {
    survey_of(wire, Survey::Identities, queries).await
}

async fn survey_of(wire: &Wire, survey: Survey, queries: &[Query]) -> Vec<(Query, Answer)> {
    aws(wire).await.survey(&access("leak"), survey, queries).await.unwrap()
}

/// What a single read makes of the page.
async fn alone(page: &str, query: &Query) -> Answer {
    let wire = Wire::default().then(200, page);
    aws(&wire).await.observe(&access("leak"), query).await
}

/// Whether a survey makes the same of the page, and says nothing of what is not on it.
async fn answers_as_alone(survey: Survey, page: &str, on_it: &[Query], not_on_it: &[Query]) -> Sent {
    let wire = Wire::default().then(200, page);
    let answers = survey_of(
        &wire,
        survey,
        &[[not_on_it; QUESTIONS_A_CALL].concat(), on_it.to_vec()].concat(),
    )
    .await;
    let asked: Vec<Query> = answers.iter().map(|(query, _)| query.clone()).collect();
    assert_eq!(asked, on_it);
    for (query, answer) in answers {
        assert_eq!(answer, alone(page, &query).await, "{query:?}");
    }
    wire.only()
}

#[tokio::test]
async fn roles_are_answered_as_single_reads_would_answer() {
    let asked = [
        attached("api"),
        inline("api", "Revoke"),
        inline("api", "Other"),
        Query::Cell(Cell::Iam(IamCell::RoleTrustPolicy { role: "api".into() })),
    ];
    let wire = Wire::default().then(200, page(&role("api"), "", None));
    let answers = survey(&wire, &[worth(1), asked.to_vec()].concat()).await;
    let document = json!({"Statement": []});
    let expected = [json!(true), document.clone(), Value::Null, document];
    let expected: Vec<_> = asked.into_iter().zip(expected.map(Answer::Found)).collect();
    assert_eq!(answers, expected);
    let sent = wire.only().body;
    assert!(
        sent.contains("Filter.member.1=Role") && !sent.contains("Filter.member.2"),
        "{sent}"
    );
    assert!(sent.contains("MaxItems=1000"), "{sent}");
}

#[tokio::test]
async fn users_and_the_accounts_own_policies_are_answered_too() {
    let policy = Query::Iam(IamRead::ManagedPolicy { arn: DENY.into() });
    let user = "<UserDetailList><member><UserName>eve</UserName></member></UserDetailList>";
    let versions = format!(
        "<Policies><member><Arn>{DENY}</Arn><PolicyVersionList><member><VersionId>v1</VersionId>\
         <IsDefaultVersion>false</IsDefaultVersion><Document>%7B%7D</Document></member><member><VersionId>v2</VersionId>\
         <IsDefaultVersion>true</IsDefaultVersion><Document>{DOCUMENT}</Document></member></PolicyVersionList></member></Policies>"
    );
    let wire = Wire::default().then(200, page("", &format!("{user}{versions}"), None));
    let [attachment, inline] = of_user("eve");
    let asked = [worth(1), vec![attachment.clone(), inline.clone(), policy.clone()]].concat();
    let expected = [
        (attachment, Answer::Found(json!(false))),
        (inline, Answer::Found(Value::Null)),
        (
            policy,
            Answer::Found(json!({"arn": DENY, "document": {"Statement": []}})),
        ),
    ];
    assert_eq!(survey(&wire, &asked).await, expected);
}

#[tokio::test]
async fn no_more_pages_are_read_than_the_questions_are_worth() {
    let pages = |wire: Wire| {
        wire.then(200, page(&role("api"), "", Some("2")))
            .then(200, page(&role("web"), "", Some("3")))
    };
    let asked = |worthy: usize| [worth(worthy), vec![attached("api"), attached("web")]].concat();
    let wire = pages(Wire::default());
    assert_eq!(survey(&wire, &asked(1)).await.len(), 1);
    assert_eq!(wire.sent().len(), 1);
    let wire = pages(Wire::default());
    assert_eq!(survey(&wire, &asked(2)).await.len(), 2);
    assert!(wire.sent()[1].body.contains("Marker=2"));
    assert!(survey(&Wire::default(), &[attached("api")]).await.is_empty());
}

#[tokio::test]
async fn what_cannot_be_read_is_left_to_single_reads() {
    let role = role("api").replace(DOCUMENT, "%7B");
    let wire = Wire::default().then(200, page(&role, "", None));
    let asked = [worth(1), vec![inline("api", "Revoke"), attached("api")]].concat();
    assert_eq!(
        survey(&wire, &asked).await,
        [(attached("api"), Answer::Found(json!(true)))]
    );
    let wire = Wire::default().then(403, query_error("AccessDenied"));
    let refused = aws(&wire)
        .await
        .survey(&access("leak"), Survey::Identities, &worth(1))
        .await;
    assert_eq!(refused.unwrap_err().class, FailureClass::Denied);
}

fn of_instance(id: &str) -> [Query; 3] {
    let instance_id = || id.to_owned();
    [
        Query::Ec2(Ec2Read::Instance {
            instance_id: instance_id(),
        }),
        Query::Cell(Cell::Ec2(Ec2Cell::InstanceMetadata {
            instance_id: instance_id(),
        })),
        Query::Cell(Cell::Ec2(Ec2Cell::InstanceState {
            instance_id: instance_id(),
        })),
    ]
}

fn instances(state: &str) -> String {
    format!(
        "<DescribeInstancesResponse><reservationSet><item><instancesSet><item><instanceId>i-1</instanceId>\
         <instanceState><name>{state}</name></instanceState><instanceType>m5.large</instanceType><metadataOptions>\
         <httpEndpoint>disabled</httpEndpoint><httpTokens>required</httpTokens></metadataOptions></item></instancesSet></item>\
         </reservationSet></DescribeInstancesResponse>"
    )
}

#[tokio::test]
async fn instances_are_answered_as_single_reads_would_answer() {
    let sent = answers_as_alone(
        Survey::Instances,
        &instances("running"),
        &of_instance("i-1"),
        &of_instance("i-2"),
    )
    .await;
    assert!(
        sent.body
            .contains("Filter.1.Name=instance-id&Filter.1.Value.1=i-1&Filter.1.Value.2=i-2"),
        "{sent:?}"
    );
}

#[tokio::test]
async fn of_an_instance_that_is_being_terminated_only_that_is_told() {
    let [instance, metadata, state] = of_instance("i-1");
    answers_as_alone(
        Survey::Instances,
        &instances("terminated"),
        &[instance],
        &[metadata, state],
    )
    .await;
}

fn of_interfaces(instance: &str, interface: &str) -> [Query; 2] {
    let cell = Cell::Ec2(Ec2Cell::NetworkInterfaceGroups {
        network_interface: interface.into(),
        through: None,
    });
    [
        Query::Ec2(Ec2Read::InstanceInterfaces {
            instance_id: instance.into(),
        }),
        Query::Cell(cell),
    ]
}

#[tokio::test]
async fn interfaces_are_answered_as_single_reads_would_answer() {
    let page = "<DescribeNetworkInterfacesResponse><networkInterfaceSet><item><networkInterfaceId>eni-1</networkInterfaceId>\
        <vpcId>vpc-1</vpcId><ownerId>123456789012</ownerId><attachment><instanceId>i-1</instanceId></attachment>\
        <groupSet><item><groupId>sg-b</groupId></item><item><groupId>sg-a</groupId></item></groupSet></item>\
        </networkInterfaceSet></DescribeNetworkInterfacesResponse>";
    let [of_instance, groups] = of_interfaces("i-1", "eni-1");
    let [other_instance, other_groups] = of_interfaces("i-2", "eni-2");
    let sent = answers_as_alone(Survey::Interfaces, page, &[of_instance], &[other_instance]).await;
    assert!(sent.body.contains("Filter.1.Name=attachment.instance-id"), "{sent:?}");
    let sent = answers_as_alone(Survey::Interfaces, page, &[groups], &[other_groups]).await;
    assert!(sent.body.contains("Filter.1.Name=network-interface-id"), "{sent:?}");
}

fn of_service(cluster: &str, service: &str) -> [Query; 3] {
    let (cluster, service) = (|| cluster.to_owned(), || service.to_owned());
    [
        Query::Ecs(EcsRead::Service {
            cluster: cluster(),
            service: service(),
        }),
        Query::Cell(Cell::Ecs(EcsCell::ServiceDeployment {
            cluster: cluster(),
            service: service(),
        })),
        Query::Cell(Cell::Ecs(EcsCell::ServiceDesiredCount {
            cluster: cluster(),
            service: service(),
        })),
    ]
}

#[tokio::test]
async fn services_are_answered_as_single_reads_would_answer() {
    let service = |name: &str, status: &str| {
        json!({"serviceName": name, "status": status, "desiredCount": 3, "runningCount": 3,
            "serviceArn": format!("arn:aws:ecs:us-east-1:123456789012:service/prod/{name}"),
            "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"], "securityGroups": ["sg-1"]}}})
    };
    let page = json!({"services": [service("api", "ACTIVE"), service("old", "INACTIVE")], "failures": []}).to_string();
    let others = [
        of_service("prod", "old"),
        of_service("prod", "gone"),
        of_service("prod", "gone"),
    ]
    .concat();
    let sent = answers_as_alone(Survey::Services, &page, &of_service("prod", "api"), &others).await;
    let body: Value = serde_json::from_str(&sent.body).unwrap();
    assert_eq!(
        (&body["cluster"], &body["services"]),
        (&json!("prod"), &json!(["api", "gone", "old"]))
    );
}

#[tokio::test]
async fn services_of_more_clusters_than_the_questions_are_worth_are_left_to_single_reads() {
    let of = |number: usize| of_service(&format!("cluster-{number}"), "api");
    let queries: Vec<Query> = (0..10).flat_map(of).collect();
    let wire = (0..3).fold(Wire::default(), |wire, _| {
        wire.then(200, r#"{"services": [], "failures": []}"#)
    });
    assert!(survey_of(&wire, Survey::Services, &queries).await.is_empty());
    assert_eq!(wire.sent().len(), 3);
}

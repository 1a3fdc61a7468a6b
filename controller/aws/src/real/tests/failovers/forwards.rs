//! Weights of target groups at the wire: what is read whole is sent back whole.

use super::*;
use firebreak_core::aws::elbv2::Elbv2Cell;

const LISTENER: &str = "arn:aws:elasticloadbalancing:us-west-2:123456789012:listener/app/shop/1/2";
const RULE: &str = "arn:aws:elasticloadbalancing:us-west-2:123456789012:listener-rule/app/shop/1/2/3";
const EAST: &str = "arn:aws:elasticloadbalancing:us-west-2:123456789012:targetgroup/to-east/1";
const HERE: &str = "arn:aws:elasticloadbalancing:us-west-2:123456789012:targetgroup/to-west/2";
const CANARY: &str = "arn:aws:elasticloadbalancing:us-west-2:123456789012:targetgroup/canary/3";

fn cell(forwards: &str) -> Cell {
    Cell::Elbv2(Elbv2Cell::ForwardWeights {
        forwards: forwards.into(),
        groups: [EAST.into(), HERE.into()],
    })
}

fn tuple(group: &str, weight: i32) -> String {
    format!("<member><TargetGroupArn>{group}</TargetGroupArn><Weight>{weight}</Weight></member>")
}

/// A login, and a forward action with these groups and with stickiness.
fn actions(tuples: &[String]) -> String {
    format!(
        "<member><Type>authenticate-oidc</Type><Order>1</Order><AuthenticateOidcConfig><Issuer>https://id.example.com</Issuer>\
         <AuthorizationEndpoint>https://id.example.com/a</AuthorizationEndpoint><TokenEndpoint>https://id.example.com/t</TokenEndpoint>\
         <UserInfoEndpoint>https://id.example.com/u</UserInfoEndpoint><ClientId>shop</ClientId><SessionTimeout>3600</SessionTimeout>\
         </AuthenticateOidcConfig></member>\
         <member><Type>forward</Type><Order>2</Order><ForwardConfig><TargetGroups>{}</TargetGroups>\
         <TargetGroupStickinessConfig><Enabled>true</Enabled><DurationSeconds>300</DurationSeconds></TargetGroupStickinessConfig>\
         </ForwardConfig></member>",
        tuples.concat()
    )
}

fn listeners(actions: &str) -> String {
    format!(
        "<DescribeListenersResponse><DescribeListenersResult><Listeners><member><ListenerArn>{LISTENER}</ListenerArn>\
         <DefaultActions>{actions}</DefaultActions></member></Listeners></DescribeListenersResult></DescribeListenersResponse>"
    )
}

fn rules(actions: &str, is_default: bool) -> String {
    format!(
        "<DescribeRulesResponse><DescribeRulesResult><Rules><member><RuleArn>{RULE}</RuleArn><IsDefault>{is_default}</IsDefault>\
         <Actions>{actions}</Actions></member></Rules></DescribeRulesResult></DescribeRulesResponse>"
    )
}

fn ok(action: &str) -> String {
    format!(
        "<{action}Response><{action}Result></{action}Result><ResponseMetadata><RequestId>request-1</RequestId></ResponseMetadata>\
         </{action}Response>"
    )
}

fn three() -> String {
    actions(&[tuple(EAST, 100), tuple(HERE, 0), tuple(CANARY, 7)])
}

fn swap(forwards: &str) -> Deed {
    Deed::Write(cell(forwards).writes(&json!({EAST: 100, HERE: 0}), &json!({EAST: 0, HERE: 100})))
}

#[tokio::test]
async fn weights_of_both_groups_are_read_and_no_others() {
    let found = Answer::Found(json!({EAST: 100, HERE: 0}));
    let wire = Wire::default().then(200, listeners(&three()));
    assert_eq!(look(&wire, Probe::Cell(cell(LISTENER))).await, found);
    assert!(
        wire.only().body.contains("ListenerArns.member.1="),
        "{}",
        wire.only().body
    );
    let wire = Wire::default().then(200, rules(&three(), false));
    assert_eq!(look(&wire, Probe::Cell(cell(RULE))).await, found);
    assert!(wire.only().body.contains("RuleArns.member.1="), "{}", wire.only().body);
}

#[tokio::test]
async fn action_without_both_groups_is_null_and_a_missing_listener_is_not_found() {
    let one = actions(&[tuple(EAST, 100), tuple(CANARY, 0)]);
    let redirect = "<member><Type>redirect</Type></member>".to_owned();
    for actions in [one, redirect, String::new()] {
        let wire = Wire::default().then(200, listeners(&actions));
        assert_eq!(
            look(&wire, Probe::Cell(cell(LISTENER))).await,
            Answer::Found(Value::Null)
        );
    }
    let default_rule = Wire::default().then(200, rules(&three(), true));
    assert_eq!(
        look(&default_rule, Probe::Cell(cell(RULE))).await,
        Answer::Found(Value::Null)
    );
    for (arn, code) in [(LISTENER, "ListenerNotFound"), (RULE, "RuleNotFound")] {
        let gone = Wire::default().then(400, query_error(code));
        assert_eq!(look(&gone, Probe::Cell(cell(arn))).await, Answer::NotFound);
    }
}

/// Everything but the two weights is sent as it was read, and the secret that AWS never tells is kept.
#[tokio::test]
async fn only_the_two_weights_differ_from_what_was_read() {
    for (arn, read, action, list) in [
        (LISTENER, listeners(&three()), "ModifyListener", "DefaultActions"),
        (RULE, rules(&three(), false), "ModifyRule", "Actions"),
    ] {
        let wire = Wire::default().then(200, read).then(200, ok(action));
        assert_eq!(perform(&wire, swap(arn)).await.unwrap(), ["request-1"]);
        let sent = wire.sent().pop().unwrap().body;
        let named = if action == "ModifyRule" {
            "RuleArn"
        } else {
            "ListenerArn"
        };
        assert!(
            sent.starts_with(&format!("Action={action}&Version=2015-12-01&{named}={arn}&")),
            "{sent}"
        );
        for part in [
            "1.Type=authenticate-oidc",
            "1.Order=1",
            "1.AuthenticateOidcConfig.ClientId=shop",
            "1.AuthenticateOidcConfig.SessionTimeout=3600",
            "1.AuthenticateOidcConfig.UseExistingClientSecret=true",
            "2.Type=forward",
            "2.Order=2",
            &format!("2.ForwardConfig.TargetGroups.member.1.TargetGroupArn={EAST}"),
            "2.ForwardConfig.TargetGroups.member.1.Weight=0",
            &format!("2.ForwardConfig.TargetGroups.member.2.TargetGroupArn={HERE}"),
            "2.ForwardConfig.TargetGroups.member.2.Weight=100",
            &format!("2.ForwardConfig.TargetGroups.member.3.TargetGroupArn={CANARY}"),
            "2.ForwardConfig.TargetGroups.member.3.Weight=7",
            "2.ForwardConfig.TargetGroupStickinessConfig.Enabled=true",
            "2.ForwardConfig.TargetGroupStickinessConfig.DurationSeconds=300",
        ] {
            let part = format!("&{list}.member.{part}");
            assert!(
                format!("{sent}&").contains(&format!("{part}&")),
                "{part} is not in {sent}"
            );
        }
        assert_eq!(sent.matches('&').count(), 2 + 9 + 10, "and nothing else: {sent}");
    }
}

#[tokio::test]
async fn what_cannot_be_sent_back_as_it_was_is_not_called() {
    let one = actions(&[tuple(EAST, 100), tuple(CANARY, 0)]);
    let newer = format!("{}<member><Type>teleport</Type></member>", three());
    for (actions, code) in [(one, "NoForwardAction"), (newer, "UnknownAction")] {
        let wire = Wire::default().then(200, listeners(&actions));
        let refused = perform(&wire, swap(LISTENER)).await.unwrap_err();
        assert_eq!(refused.code, code);
        assert!(
            refused.class.is_for_good() && refused.message.starts_with("not called"),
            "{refused:?}"
        );
    }
}

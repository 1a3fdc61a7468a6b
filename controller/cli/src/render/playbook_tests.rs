//! What is said about findings.

use super::*;
use crate::{
    fixtures,
    playbook::testing::{finding, ground},
};
use firebreak_core::coordinate::source::rehearse;

fn tested(values: &[Value]) -> (Vec<Rehearsed>, Vec<Given>) {
    let given = values.iter().enumerate().map(|(at, value)| Given {
        source: format!("f.json[{at}]"),
        value: value.clone(),
    });
    let mut world = ground().world(fixtures::now());
    (rehearse(&mut world, values, fixtures::now()), given.collect())
}

fn page(values: &[Value]) -> String {
    let (all, given) = tested(values);
    text(&all, &given, Paint(false))
}

fn machines(values: &[Value]) -> Value {
    let (all, given) = tested(values);
    json(&all, &given)
}

#[test]
fn a_finding_is_shown_with_what_it_opens_and_each_response() {
    let page = page(&[finding("iam_user_key")]);
    let name = machines(&[finding("iam_user_key")])[0]["responses"][0]["name"]
        .as_str()
        .unwrap()
        .to_owned();
    let incident = machines(&[finding("iam_user_key")])[0]["incident"]
        .as_str()
        .unwrap()
        .to_owned();
    let value = firebreak_core::coordinate::finding::read(&finding("iam_user_key")).unwrap();
    let arn = about(&value);
    let expected = format!(
        "{}  {:?}  {arn}\n\
         └─ opens Incident {incident}, by Playbook stolen\n\
        \u{20}  ├─ {name}  iamUser {arn}  Enforce  acts\n\
        \u{20}  └─ stop  left out: the finding names nothing that EcsService could be\n\n\
         1 finding: 1 opened\n",
        value.type_, value.severity
    );
    assert_eq!(page, expected);
}

#[test]
fn each_outcome_has_its_words() {
    let mut archived = finding("iam_exfiltration");
    archived["service"]["archived"] = json!(true);
    let mut foreign = finding("s3_public");
    foreign["accountId"] = json!("999999999999");
    let mut wrong = finding("lambda_network");
    wrong["severity"] = json!("bad");
    let page = page(&[
        finding("iam_user_key"),
        finding("iam_user_key"),
        finding("ec2_mining"),
        finding("ecs_runtime"),
        archived,
        foreign,
        wrong,
    ]);
    for says in [
        "is in Incident ",
        "suppressed by pentest of Playbook stolen until 2026-01-08T00:00:00Z: announced",
        "needs a second signal: it may destroy something",
        "left out: it is archived",
        "left out: there is no AwsAccount with the id 999999999999",
        "f.json[6]  arn:aws:guardduty:",
        "left out: severity is no number from 0 to 10",
        "7 findings: 2 opened, 1 there already, 1 suppressed, 2 left out, 1 not valid",
    ] {
        assert!(page.contains(says), "{says}: {page}");
    }
}

#[test]
fn what_a_finding_says_forges_no_line_and_steers_no_terminal() {
    let mut hostile = finding("iam_user_key");
    hostile["title"] = json!("x\n└─ acts\u{1b}[32m");
    hostile["id"] = json!("a\u{1b}[32m\n");
    let mut none = hostile.clone();
    none["arn"] = json!("arn\u{1b}[31m");
    none["type"] = json!("\u{1b}[2J");
    let (all, given) = tested(&[hostile.clone(), none]);
    let mut quiet = ground();
    quiet.playbooks[0].spec.suppressions[0].reason = "why\n\u{1b}[32mgood\u{202e}".into();
    let mut world = quiet.world(fixtures::now());
    let suppressed = rehearse(&mut world, &[finding("ec2_mining")], fixtures::now());
    let pages = [
        text(&all, &given, Paint(false)),
        text(&suppressed, &given, Paint(false)),
    ];
    for page in pages {
        assert!(!page.contains('\u{1b}') && !page.contains('\u{202e}'), "{page}");
        assert!(!page.contains("\n└─ acts"), "{page}");
    }
}

#[test]
fn machines_get_the_fields_that_the_documentation_promises() {
    let answer = machines(&[finding("ec2_mining"), finding("ecs_runtime")]);
    assert_eq!(fixtures::fields(&answer[0]), fixtures::promised("playbook test"));
    let suppressed = answer
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["outcome"] == "Suppressed")
        .unwrap();
    assert_eq!(
        (&suppressed["suppression"]["name"], &suppressed["incident"]),
        (&json!("pentest"), &Value::Null)
    );
    let opened = answer
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["outcome"] == "Opens")
        .unwrap();
    let stop = opened["responses"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["becomes"] == "NeedsSecondSignal")
        .unwrap();
    assert_eq!(
        (&stop["kind"], &stop["mode"]),
        (&json!("ecsService"), &json!("Enforce"))
    );
}

#[test]
fn colour_says_nothing_more() {
    let (all, given) = tested(&[finding("iam_user_key")]);
    let painted = text(&all, &given, Paint(true));
    assert!(painted.contains("\u{1b}[32macts\u{1b}[0m"), "{painted}");
}

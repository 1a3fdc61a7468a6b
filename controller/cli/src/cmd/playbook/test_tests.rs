//! From words and files to what is known, and how the command ends.

use super::*;
use crate::{
    args,
    cluster::script::Script,
    fixtures,
    playbook::testing::{ACCOUNT, GUARDRAIL, PLAYBOOK, finding, ground},
};
use clap::Parser;
use serde_json::json;

fn told(words: &[&str]) -> Test {
    let words = ["firebreak", "playbook", "test"].iter().chain(words);
    match args::Args::try_parse_from(words).unwrap().verb {
        args::Verb::Playbook(playbook) => match playbook.verb {
            crate::cmd::playbook::Of::Test(test) => *test,
        },
        other => panic!("{other:?}"),
    }
}

fn files(texts: &[&str]) -> Files {
    let mut files = Files::default();
    texts.iter().for_each(|text| files.add(text, "f.yaml").unwrap());
    files
}

/// A kubeconfig, in a file that is removed afterwards, of a cluster at whose address nobody answers.
struct Nowhere(PathBuf);

impl Nowhere {
    fn new() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let text = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "c",
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": {"server": format!("http://127.0.0.1:{port}")}}],
            "users": [{"name": "u", "user": {}}],
        });
        let path = std::env::temp_dir().join(format!("firebreak-{}-{port}.json", std::process::id()));
        std::fs::write(&path, text.to_string()).unwrap();
        Self(path)
    }

    fn connection(&self) -> Connection {
        Connection {
            kubeconfig: Some(self.0.clone()),
            ..Connection::default()
        }
    }
}

impl Drop for Nowhere {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[tokio::test]
async fn where_no_cluster_answers_the_files_are_enough_and_it_is_said() {
    let nowhere = Nowhere::new();
    let connection = nowhere.connection();
    let test = told(&["finding.json"]);
    let ground = test.ground(&connection, files(&[PLAYBOOK, ACCOUNT])).await.unwrap();
    assert_eq!(
        (ground.namespace.as_str(), ground.playbooks.len(), ground.accounts.len()),
        ("payments", 1, 1)
    );
    assert!(
        ground.notes[0].starts_with("no cluster answers ("),
        "{:?}",
        ground.notes
    );
    let error = test.ground(&connection, files(&[PLAYBOOK])).await.unwrap_err();
    assert_eq!(exit::code(&error), exit::ERROR);
    let message = exit::message(&error);
    assert!(
        message.starts_with("no cluster answers: ") && message.contains("\nfix: give the Playbooks"),
        "{message}"
    );
}

#[tokio::test]
async fn on_word_no_cluster_is_asked() {
    let test = told(&["-f", "p.yaml", "--no-cluster", "finding.json"]);
    let connection = Connection {
        kubeconfig: Some("/nowhere".into()),
        ..Connection::default()
    };
    let ground = test
        .ground(&connection, files(&[PLAYBOOK, ACCOUNT, GUARDRAIL]))
        .await
        .unwrap();
    assert!(ground.notes.is_empty() && ground.guardrails.len() == 1);
    let error = test.ground(&connection, files(&[PLAYBOOK])).await.unwrap_err();
    assert!(error.to_string().contains("AwsAccount"), "{error}");
    let other = Connection {
        namespace: Some("orders".into()),
        ..connection
    };
    let error = test.ground(&other, files(&[PLAYBOOK, ACCOUNT])).await.unwrap_err();
    assert!(error.to_string().contains("--namespace is orders"), "{error}");
}

#[tokio::test]
async fn the_api_server_is_asked_about_a_playbook_and_stores_nothing() {
    let playbook = &files(&[PLAYBOOK]).playbooks[0];
    let refusal = |code: u16, message: &str| {
        (
            code,
            json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "message": message, "reason": "x"}),
        )
    };
    let script = Script::of([
        (200, json!(playbook)),
        refusal(403, "you may not"),
        refusal(422, "spec.mode: no"),
    ]);
    let cluster = script.cluster();
    assert_eq!(accepted(&cluster, playbook).await.unwrap(), None);
    let note = accepted(&cluster, playbook).await.unwrap().unwrap();
    assert!(note.contains("stolen from you (you may not)"), "{note}");
    let error = accepted(&cluster, playbook).await.unwrap_err();
    assert_eq!(
        (exit::code(&error), exit::message(&error).as_str()),
        (
            exit::ERROR,
            "the API server would refuse the Playbook stolen: spec.mode: no"
        )
    );
    assert!(script.requests().iter().all(|(line, _)| line.contains("dryRun=All")));
}

#[test]
fn a_finding_that_is_none_ends_it_with_an_error_that_names_field_and_place() {
    let mut world = ground().world(fixtures::now());
    let given = |source: &str, value: Value| Given {
        source: source.into(),
        value,
    };
    let mut wrong = finding("iam_user_key");
    wrong["severity"] = json!("bad");
    let findings = [given("f.json[0]", wrong), given("f.json[1]", finding("iam_user_key"))];
    let values: Vec<Value> = findings.iter().map(|given| given.value.clone()).collect();
    let all = rehearse(&mut world, &values, fixtures::now());
    let error = valid(&all, &findings).unwrap_err();
    assert_eq!(exit::code(&error), exit::ERROR);
    assert_eq!(
        error.to_string(),
        "not valid: 1 of 2 findings; the first: f.json[0]: severity is no number from 0 to 10"
    );
    valid(&all[..1], &findings).unwrap();
}

#[test]
fn days_and_hours_are_read_as_far_back_as_guardduty_keeps_findings() {
    assert_eq!(since("7d"), Ok(SignedDuration::from_hours(168)));
    assert_eq!(since("1h30m"), Ok(SignedDuration::from_mins(90)));
    for (text, says) in [
        ("0d", "longer than nothing"),
        ("91d", "at most 90d"),
        ("-1h", "such as 12h or 7d"),
        ("d", "such as"),
    ] {
        assert!(since(text).unwrap_err().contains(says), "{text}");
    }
}

#[test]
fn standard_input_is_read_once() {
    told(&["-f", "-", "finding.json"]).reads_standard_input_once().unwrap();
    let error = told(&["-f", "-", "-"]).reads_standard_input_once().unwrap_err();
    assert_eq!(exit::code(&error), exit::USAGE);
}

#[test]
fn samples_open_drills_where_that_is_asked_for() {
    let sample = json!({"title": "[SAMPLE] x"});
    let mut value = finding("iam_exfiltration");
    value
        .as_object_mut()
        .unwrap()
        .extend(sample.as_object().unwrap().clone());
    for (samples, many) in [(Samples::Ignore, 0), (Samples::Drill, 1)] {
        let mut ground = ground();
        ground.samples = samples;
        let mut world = ground.world(fixtures::now());
        rehearse(&mut world, &[value.clone()], fixtures::now());
        let drills = world.incidents.values().filter(|seen| seen.spec.drill).count();
        assert_eq!((drills, world.incidents.len()), (many, many));
    }
    assert!(told(&["--samples", "finding.json"]).samples);
}

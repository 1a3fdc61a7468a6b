//! A rehearsal tells what the decision does, and why.

use super::*;
use crate::coordinate::playbook::unnamed;

fn rehearsed(mut stage: Stage, findings: &[Value]) -> Vec<Rehearsed> {
    rehearse(&mut stage.world, findings, now())
}

fn placed(outcome: &Outcome) -> &Placed {
    match outcome {
        Outcome::Placed(placed) => placed,
        other => panic!("{other:?}"),
    }
}

/// What became of each response, by its name in the playbook.
fn became(outcome: &Outcome) -> Vec<(String, Becomes)> {
    let each = placed(outcome).answers.each.iter();
    each.map(|one| (short(&one.draft.response.name), one.becomes.clone()))
        .collect()
}

/// What became of the response to one finding.
fn response(stage: Stage, finding: &str) -> Becomes {
    let all = rehearsed(stage, &[sample(finding)]);
    became(&all[0].outcome)[0].1.clone()
}

/// A Guardrail that asks for nobody, so that only the decision itself makes something wait.
fn open_handed(mut stage: Stage) -> Stage {
    let free = json!({"approvals": [{"required": 0}]});
    stage.world.guardrails.push(serde_json::from_value(free).unwrap());
    stage
}

#[test]
fn it_ends_where_earnest_ends() {
    let names = [
        "attack_sequence",
        "iam_exfiltration",
        "ecs_runtime",
        "ecs_second_type",
        "ec2_mining",
    ];
    let findings: Vec<Value> = names.iter().map(|name| sample(name)).collect();
    let earnest = Stage::new(&findings).settled();
    let mut stage = Stage::new(&[]);
    rehearse(&mut stage.world, &findings, now());
    assert_eq!(stage.outcome(), earnest.outcome());
}

#[test]
fn the_first_of_two_opens_and_the_second_joins_and_none_is_placed_twice() {
    let twice = [
        another("iam_exfiltration", 1),
        another("iam_exfiltration", 2),
        another("iam_exfiltration", 1),
    ];
    let all = rehearsed(Stage::new(&[]), &twice);
    let how: Vec<(usize, How)> = all.iter().map(|one| (one.index, placed(&one.outcome).how)).collect();
    assert_eq!(how, [(0, How::Opens), (1, How::Joins), (2, How::Stays)]);
    let mut update = another("iam_exfiltration", 1);
    update["severity"] = json!(9.5);
    let all = rehearsed(Stage::new(&[]), &[another("iam_exfiltration", 1), update]);
    assert_eq!(placed(&all[1].outcome).how, How::Updates);
    assert!(
        became(&all[1].outcome)
            .iter()
            .all(|(_, becomes)| *becomes == Becomes::Known)
    );
}

#[test]
fn each_reason_to_wait_is_named() {
    let acting = || open_handed(Stage::new(&[]));
    let played = |mode: &str| acting().played(vec![playbook(mode)]);
    let guarded = |automation: Value| open_handed(Stage::new(&[]).guarded(automation));
    assert_eq!(response(acting(), "iam_user_key"), Becomes::Acts);
    for (stage, waits, says) in [
        (
            played("Propose"),
            Waits::Mode(firebreak_crds::playbook::PlaybookMode::Propose),
            "mode Propose",
        ),
        (
            played("Observe"),
            Waits::Mode(firebreak_crds::playbook::PlaybookMode::Observe),
            "mode Observe",
        ),
        (
            guarded(json!({"neverAuto": {"kinds": ["iamUser"]}})),
            Waits::NeverAuto,
            "neverAuto",
        ),
        (
            guarded(json!({"maxResponsesPerHour": 0})),
            Waits::Budget(0),
            "no more than 0 responses",
        ),
        (Stage::new(&[]), Waits::Approvals(3), "ask for 3 approvals"),
    ] {
        let becomes = response(stage, "iam_user_key");
        assert_eq!(becomes, Becomes::Waits(waits));
        assert!(becomes.why().unwrap().contains(says), "{becomes:?}");
    }
}

#[test]
fn what_contain_now_names_asks_nobody_first() {
    let mut stage = Stage::new(&[]);
    let now = json!({"containNow": ["Medium", "High", "Critical"], "approvals": [{"required": 2}]});
    stage.world.guardrails.push(serde_json::from_value(now).unwrap());
    assert_eq!(response(stage, "iam_user_key"), Becomes::Acts);
}

#[test]
fn what_destroys_says_that_a_second_signal_is_missing() {
    let stage = || open_handed(Stage::new(&[]));
    let all = rehearsed(stage(), &[sample("ecs_runtime"), another("ecs_second_type", 1)]);
    assert!(became(&all[0].outcome).contains(&("stop".into(), Becomes::Unwitnessed)));
    assert!(became(&all[1].outcome).contains(&("stop".into(), Becomes::Acts)));
    let storm = open_handed(Stage::new(&[]).guarded(json!({"maxOpenPerHour": 1})));
    let mut second = sample("ecs_runtime");
    second["updatedAt"] = about_role(1)["updatedAt"].clone();
    let all = rehearsed(storm, &[about_role(1), second]);
    let of_storm = became(&all[1].outcome);
    assert!(
        of_storm.contains(&("service".into(), Becomes::Waits(Waits::Storm))),
        "{of_storm:?}"
    );
    assert!(of_storm.contains(&("stop".into(), Becomes::Withheld)), "{of_storm:?}");
}

#[test]
fn what_is_left_out_says_why() {
    let all = rehearsed(Stage::new(&[]), &[sample("ec2_mining")]);
    let left = &placed(&all[0].outcome).answers.left;
    assert!(
        left.iter()
            .any(|one| one.name == "instance" && one.why.contains("spec.isolationGroups"))
    );
    assert!(
        left.iter()
            .any(|one| one.name == "bucket" && one.why.contains("names nothing that Bucket"))
    );
    let finding = finding::read(&sample("ec2_mining")).unwrap();
    assert!(
        unnamed(&playbook("Act"), &finding)
            .iter()
            .all(|one| one.name != "instance")
    );
}

#[test]
fn what_opens_nothing_says_why() {
    let mut archived = sample("iam_user_key");
    archived["service"]["archived"] = json!(true);
    let mut foreign = another("iam_user_key", 7);
    foreign["accountId"] = json!("999999999999");
    let mut invalid = sample("iam_user_key");
    invalid["severity"] = json!("bad");
    let outcome = |value: Value| rehearsed(Stage::new(&[]), &[value])[0].outcome.clone();
    assert_eq!(outcome(sample("sample")), Outcome::LeftOut(Skipped::Sample));
    assert_eq!(outcome(archived), Outcome::LeftOut(Skipped::Archived));
    assert_eq!(outcome(foreign), Outcome::Undeclared("999999999999".into()));
    match outcome(invalid) {
        Outcome::LeftOut(Skipped::Invalid(rejected)) => assert!(rejected.why.starts_with("severity is")),
        other => panic!("{other:?}"),
    }
    let none = rehearsed(Stage::new(&[]).played(Vec::new()), &[sample("iam_user_key")]);
    assert_eq!(none[0].outcome, Outcome::Unmatched);
}

#[test]
fn a_suppression_is_told_with_its_reason() {
    let quiet = known(
        "quiet",
        json!({"suppressions": [{"name": "pentest", "reason": "announced", "from": "2026-11-28T00:00:00Z", "until": "2026-11-30T00:00:00Z"}]}),
    );
    let all = rehearsed(Stage::new(&[]).played(vec![quiet]), &[sample("iam_user_key")]);
    match &all[0].outcome {
        Outcome::Suppressed { playbook, by } => assert_eq!((playbook.as_str(), by.name.as_str()), ("quiet", "pentest")),
        other => panic!("{other:?}"),
    }
}

#[test]
fn hours_pass_between_findings_as_they_did() {
    let at = |number: usize, hour: usize| {
        let mut finding = about_role(number);
        finding["updatedAt"] = json!(format!("2026-11-20T{hour:02}:30:00Z"));
        finding
    };
    let names = |findings: &[Value]| {
        let stage = Stage::new(&[]).guarded(json!({"maxOpenPerHour": 1}));
        let all = rehearsed(stage, findings);
        let names = all.iter().map(|one| placed(&one.outcome).incident.clone());
        names.filter(|name| name.starts_with("storm-")).count()
    };
    assert_eq!(names(&[at(3, 9), at(1, 1), at(2, 5)]), 0);
    assert_eq!(names(&[at(1, 1), at(2, 1), at(3, 1)]), 2);
}

#[test]
fn later_activity_opens_an_incident_again_and_says_so() {
    let mut stage = Stage::new(&[sample("iam_exfiltration")]).settled();
    resolved(&mut stage, "2026-11-28T23:00:00Z");
    let findings = [
        with_activity("2026-11-28T22:00:00Z"),
        with_activity("2026-11-28T23:30:00Z"),
    ];
    let all = rehearsed(stage, &findings);
    let reopens: Vec<bool> = all.iter().map(|one| placed(&one.outcome).reopens).collect();
    assert_eq!(reopens, [false, true]);
}

#[test]
fn the_api_server_refuses_a_second_one_of_a_name_and_a_change_of_another_version() {
    let mut stage = Stage::new(&[sample("iam_exfiltration")]);
    let open = decide(&stage.world, now());
    apply(&mut stage.world, &open, now()).unwrap();
    assert!(apply(&mut stage.world, &open, now()).unwrap_err().contains("already"));
    stage.world.polled = [(site(), Ok(vec![another("iam_exfiltration", 2)]))].into();
    let change = decide(&stage.world, now());
    apply(&mut stage.world, &change, now()).unwrap();
    assert!(
        apply(&mut stage.world, &change, now())
            .unwrap_err()
            .contains("was changed")
    );
}

#[test]
fn what_began_by_itself_counts_once_also_in_the_moment_in_which_its_incident_is_changed() {
    let mut second = another("iam_exfiltration", 2);
    second["resource"]["s3BucketDetails"] = json!([{"name": "payments-exports"}]);
    let mut stage = Stage::new(&[sample("iam_exfiltration"), second]).guarded(json!({"maxResponsesPerHour": 2}));
    stage.run(10).unwrap();
    let acting = stage.responses().into_iter().filter(|(_, proposed)| !proposed).count();
    assert_eq!((acting, stage.responses().len()), (2, 2));
}

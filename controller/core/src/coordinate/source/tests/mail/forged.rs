//! What only a message tells of: it is asked for twice, acts on nothing, and is apart from what is real.

use super::*;

/// A message may come before its finding can be read.
#[test]
fn a_finding_that_guardduty_does_not_have_is_asked_for_twice() {
    let forged = sample("iam_exfiltration");
    let mut stage = heard(&[of(&forged)], &[]);
    assert!(matches!(
        letters(&stage)[..],
        [Told::Finding {
            answered: Answered::Missing,
            ..
        }]
    ));
    assert!(stage.run(1).is_some() && stage.world.incidents.is_empty());
    give(&mut stage, &[of(&forged)], &[], 2);
    let stage = stage.settled();
    assert!(!stage.record().confirmed);
    assert!(
        stage
            .world
            .incidents
            .keys()
            .all(|name| name.starts_with("unconfirmed-role-payments-task-") && name.len() <= 63)
    );
}

/// What only a message tells of, received often enough.
fn forged(findings: &[Value], stage: &mut Stage) {
    let bodies: Vec<String> = findings.iter().map(of).collect();
    give(stage, &bodies, &[], 2);
    assert!(stage.run(5000).is_some());
}

#[test]
fn what_only_a_message_tells_of_acts_on_nothing() {
    let mut stage = heard(&[], &[]);
    let mut critical = sample("iam_exfiltration");
    critical["severity"] = json!(9.9);
    forged(
        &[critical, sample("ecs_runtime"), sample("ecs_second_type")],
        &mut stage,
    );
    assert!(!stage.world.incidents.is_empty());
    for seen in stage.world.incidents.values() {
        let record = seen.record.as_ref().unwrap();
        assert!(!seen.spec.responses.is_empty() && !record.confirmed);
        for response in &seen.spec.responses {
            let template = response.quarantine.as_ref().unwrap();
            assert_eq!(template.mode, firebreak_crds::Mode::Observe, "{}", response.name);
            assert!(record.is_proposed(&response.name));
        }
    }
}

#[test]
fn what_only_a_message_tells_of_touches_no_other_incident() {
    let finding = sample("iam_exfiltration");
    let mut stage = Stage::new(std::slice::from_ref(&finding)).settled();
    resolved(&mut stage, "2026-11-28T23:00:00Z");
    let before = stage.world.incidents.clone();
    let mut told = heard(&[], &[]);
    told.world.incidents = before.clone();
    let mut later = with_activity("2026-11-28T23:59:59Z");
    later["severity"] = json!(9.9);
    forged(&[later], &mut told);
    assert_eq!(told.world.incidents.len(), 2);
    for (name, seen) in before {
        assert_eq!(told.world.incidents[&name], seen, "{name}");
    }
}

/// What the API server refuses of a forgery is no reason to leave the finding out that it copies.
#[test]
fn a_forgery_that_is_refused_leaves_what_it_copies() {
    let finding = sample("iam_exfiltration");
    let mut stage = heard(&[], &[]);
    give(&mut stage, &[of(&finding)], &[], 2);
    let Effect::Open(forgery) = decide(&stage.world, stage.now) else {
        panic!()
    };
    stage.world.refused.insert(forgery.finding, "no".into());
    stage.world.polled.insert(site(), Ok(vec![finding]));
    let stage = stage.settled();
    assert!(stage.record().confirmed);
    let status = &stage.world.subject.status;
    assert_eq!((status.counts.opened, status.queue.as_ref().unwrap().handled), (1, 0));
}

/// However many are forged: what was read from its product has the room that a Guardrail gives it.
#[test]
fn forgeries_take_no_room_from_what_is_real() {
    let mut stage = heard(&[], &[]).guarded(json!({"maxOpenPerHour": 2}));
    let mut many: Vec<Value> = (0..9).map(about_role).collect();
    many.iter_mut().for_each(|one| one["severity"] = json!(9.9));
    forged(&many, &mut stage);
    let storms = |stage: &Stage| {
        let names = stage.world.incidents.keys();
        names.filter(|name| name.contains("storm-of-findings-")).count()
    };
    assert_eq!(
        (stage.world.incidents.len(), storms(&stage)),
        (3, 1),
        "not even Critical ones open more"
    );
    let real = about_role(77);
    give(&mut stage, &[of(&real)], &[real], 1);
    let stage = stage.settled();
    assert_eq!((stage.world.incidents.len(), storms(&stage)), (4, 1));
}

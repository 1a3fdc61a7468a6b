//! Drills: when they are made, and what is said of them.

use super::bench::{Bench, WEST};
use firebreak_crds::FailoverPlanStatus;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// A plan with a drill that was created on a Sunday at 08:00.
fn drilled(drill: Value) -> Bench {
    let mut bench = Bench::new();
    bench.world.subject.created = Some(bench.now);
    edit(&mut bench, drill);
    bench.settle();
    bench
}

fn edit(bench: &mut Bench, drill: Value) {
    bench.world.subject.spec.drill = Some(serde_json::from_value(drill).unwrap());
    bench.world.subject.generation += 1;
}

fn status(bench: &Bench) -> &FailoverPlanStatus {
    &bench.world.subject.status
}

fn says(bench: &Bench) -> String {
    let said = status(bench)
        .conditions
        .iter()
        .find(|one| one.type_ == "DrillFresh")
        .unwrap();
    format!("{} {}", said.status, said.reason)
}

#[test]
fn drill_is_made_when_the_schedule_says_and_not_before() {
    let mut bench = drilled(json!({"schedule": "0 9 * * *", "maxAge": "25h"}));
    assert_eq!(
        (status(&bench).drills.len(), says(&bench)),
        (0, "False DrillStale".into())
    );
    bench.pass(3600);
    let record = status(&bench).drills[0].clone();
    assert_eq!((record.region.as_str(), record.steps, record.ready), (WEST, 2, 2));
    assert_eq!(
        record.at.parse::<Timestamp>().unwrap(),
        "2026-03-01T09:00:00Z".parse().unwrap()
    );
    assert_eq!(says(&bench), "True DrillFresh");
    bench.pass(3600 * 12);
    assert_eq!(status(&bench).drills, [record], "once a day");
    assert!(bench.calls.is_empty(), "a drill writes nothing");
}

#[test]
fn drill_that_finds_something_counts_for_nothing_and_says_what() {
    let mut bench = drilled(json!({"now": 1}));
    assert_eq!(
        (says(&bench), status(&bench).drilled),
        ("True DrillFresh".into(), Some(1))
    );
    bench.lag = Some(1000.0);
    bench.pass(120);
    edit(&mut bench, json!({"now": 2, "maxAge": "1h"}));
    bench.settle();
    let newest = &status(&bench).drills[0];
    assert_eq!((newest.steps, newest.ready, status(&bench).drills.len()), (2, 1, 2));
    assert!(newest.findings[0].starts_with("database: "), "{newest:?}");
    assert_eq!(says(&bench), "True DrillFresh", "the good one is recent enough");
    bench.pass(3700);
    assert_eq!(says(&bench), "False DrillStale");
}

#[test]
fn drill_waits_for_the_end_of_a_window_unless_somebody_asks() {
    let window = json!([{"name": "sale", "from": "2026-03-01T08:30:00Z", "until": "2026-03-01T10:00:00Z"}]);
    let mut bench = drilled(json!({"schedule": "0 9 * * *", "blackout": window}));
    bench.pass(2 * 3600 - 120);
    assert!(status(&bench).drills.is_empty());
    bench.pass(240);
    assert_eq!(status(&bench).drills.len(), 1);
    let mut asked = drilled(json!({"blackout": [{"name": "ever", "from": "never", "until": "never"}], "now": 5}));
    assert_eq!((status(&asked).drills.len(), status(&asked).drilled), (1, Some(5)));
    asked.now += SignedDuration::from_secs(60);
    edit(&mut asked, json!({"now": 4}));
    asked.settle();
    assert_eq!(status(&asked).drills.len(), 1, "a lower number asks for nothing");
}

#[test]
fn nothing_is_drilled_while_a_run_goes_on() {
    let mut bench = Bench::new();
    bench.lag = Some(40.0);
    bench.ask(WEST, 1);
    bench.settle();
    bench.say("bob", "Approve", json!({}));
    bench.settle();
    edit(&mut bench, json!({"now": 1}));
    bench.settle();
    assert!(bench.run().unwrap().is_running() && status(&bench).drills.is_empty());
    bench.lag = Some(0.0);
    bench.pass(600);
    assert_eq!(status(&bench).drilled, Some(1), "it is made after the run");
}

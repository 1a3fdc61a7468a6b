//! What stands in the way of a run before anybody asks for one.

use super::*;
use crate::{aws::ecs::Reference, respond::failover::readiness};
use firebreak_crds::failover_plan::{Certainty, ReadinessFinding};

const DEFINITION: &str = "arn:aws:ecs:us-west-2:222222222222:task-definition/api:7";

/// A plan of each kind of step, in two regions in which nothing is amiss.
fn ready() -> Case {
    let gate = json!({"name": "well", "gate": {"alarm": {"primary": "east-errors", "standby": "west-errors"}}});
    let here = EcsService {
        task_definition: DEFINITION.into(),
        ..EcsService::default()
    };
    case(json!([promote(), scale(json!(5)), gate, switch()]))
        .with(|case| case.leads.mode = FailoverMode::Ungraceful)
        .with(|case| case.leads.data_loss = Some(DataLossExtent::Unbounded))
        .answer(WEST, service("api"), Answer::found(&here))
        .answer(WEST, references(), Answer::Found(json!([])))
        .answer(
            WEST,
            json!({"alarm": {"name": "west-errors"}}),
            Answer::Found(json!("OK")),
        )
}

fn references() -> Value {
    json!({"taskReferences": {"taskDefinition": DEFINITION}})
}

fn findings(case: &Case) -> Vec<ReadinessFinding> {
    case.with_course(|course| readiness::findings(course, &case.sightings()))
        .unwrap()
}

#[test]
fn nothing_stands_in_the_way_of_what_is_prepared() {
    assert_eq!(findings(&ready()), []);
}

#[test]
fn everything_that_is_not_known_is_asked_for() {
    let mut case = ready();
    case.answers.retain(|(region, ..)| *region != WEST);
    let asked = case.with_course(|course| readiness::findings(course, &case.sightings()));
    assert_eq!(asked.unwrap_err().len(), 5);
}

#[test]
fn each_thing_that_is_missing_names_its_step_and_a_remedy() {
    let tied = [
        Reference::new("the image of web", "222222222222.dkr.ecr.us-east-1.amazonaws.com/api:7"),
        Reference::new(
            "secret DB of web",
            "arn:aws:secretsmanager:us-west-2:222222222222:secret:db",
        ),
    ];
    let stopping = DbInstance {
        status: "stopping".into(),
        ..replica(Some("orders"))
    };
    let bucket = json!({"switchObject": {"bucket": "switches", "key": "west"}});
    for (probe, answer, step, says) in [
        (
            references(),
            Answer::found(&tied),
            "scale",
            "relies on us-east-1, which would be left: the image of web (222222222222.dkr.ecr.us-east-1.amazonaws.com/api:7); register",
        ),
        (references(), Answer::NotFound, "scale", "does not exist"),
        (count("api"), Answer::NotFound, "scale", "there is no service web/api"),
        (
            json!({"alarm": {"name": "west-errors"}}),
            Answer::NotFound,
            "well",
            "alarm west-errors in us-west-2 shows nothing",
        ),
        (
            database("orders-west"),
            Answer::found(&stopping),
            "promote",
            "is stopping",
        ),
        (
            database("orders-west"),
            Answer::found(&replica(None)),
            "promote",
            "make it a read replica",
        ),
        (
            bucket,
            Answer::NotFound,
            "traffic",
            "bucket switches in us-west-2 does not exist",
        ),
    ] {
        let found = findings(&ready().answer(WEST, probe.clone(), answer));
        let [one] = found.as_slice() else {
            panic!("{probe}: {found:?}")
        };
        assert_eq!(
            (one.step.as_deref(), one.certainty),
            (Some(step), Certainty::Known),
            "{one:?}"
        );
        assert!(one.message.contains(says), "{}", one.message);
    }
}

#[test]
fn what_aws_does_not_tell_is_not_said_to_be_amiss() {
    for answer in [silent(), Answer::Throttled, Answer::Denied("not allowed".into())] {
        let found = findings(&ready().answer(WEST, references(), answer));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].certainty, Certainty::Unknown, "{found:?}");
    }
}

#[test]
fn region_that_would_be_left_may_be_silent() {
    let lost = ready()
        .answer(EAST, service("api"), silent())
        .answer(EAST, database("orders"), silent());
    assert_eq!(findings(&lost), []);
}

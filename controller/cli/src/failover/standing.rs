//! Who must agree to a run of a FailoverPlan, or to one of its steps, and who has: as far as the cluster shows it to a person.

use crate::records::{Records, admission};
use firebreak_core::{
    approval::{Requirement, Voices},
    engine::{Standing, once::agreed},
    respond::failover::conduct::{Subject, World, hearing, requesters, required},
    run::{Run, act::Sightings},
    settings::Settings,
};
use firebreak_crds::{FailoverPlan, Verb};
use jiff::Timestamp;
use kube::ResourceExt;
use std::collections::BTreeSet;

/// How people stand about the run.
pub fn of_run(records: &Records, object: &FailoverPlan, run: &Run, now: Timestamp) -> Standing {
    let (world, requesters) = (world(records, object), requesters(run));
    let mut voices = Voices::of(&world.decisions, &hearing(&world, run, &requesters, now));
    let was_approved = run.status.approved_at.is_some();
    if was_approved {
        run.status.decisions.iter().cloned().for_each(|one| voices.hear(one));
    }
    let requirement = required(&world, run);
    let all = voices.rejected.is_none() && (was_approved || voices.satisfy(&requirement));
    standing(requirement, voices, all)
}

/// How people stand about one step that needs approvals of its own.
pub fn of_step(records: &Records, object: &FailoverPlan, run: &Run, step: &str, now: Timestamp) -> Standing {
    let (world, requesters) = (world(records, object), requesters(run));
    let hearing = hearing(&world, run, &requesters, now);
    let voices = Voices::of_step(&world.decisions, &hearing, Verb::Approve, step);
    let requirement = required(&world, run);
    let all = !voices.people().is_empty() && voices.satisfy(&requirement);
    standing(requirement, voices, all)
}

/// Whether enough people have said that the run goes on without a step.
pub fn is_skipped(records: &Records, object: &FailoverPlan, run: &Run, step: &str, now: Timestamp) -> bool {
    let (world, requesters) = (world(records, object), requesters(run));
    let hearing = hearing(&world, run, &requesters, now);
    agreed(
        &run.plan,
        Verb::Skip,
        &world.decisions,
        &hearing,
        &required(&world, run),
    )
    .contains(step)
}

/// The world as far as people's words depend on it. What is read of AWS and of the run store, and the operator's own settings, are
/// known to it alone.
fn world(records: &Records, object: &FailoverPlan) -> World {
    let named = World::named_accounts(&object.spec).into_iter();
    let accounts = named.filter_map(|name| {
        let account = records.account(&name)?.spec.clone();
        Some((name, account))
    });
    World {
        subject: Subject::of(object),
        unusable: None,
        accounts: accounts.collect(),
        guardrails: records.guardrails.iter().map(|one| one.spec.clone()).collect(),
        stop: records.stops.first().map(|stop| stop.spec.reason.clone()),
        decisions: records.decisions_about(&object.uid().unwrap_or_default()),
        incidents: Vec::new(),
        admission: admission(object),
        runs: Vec::new(),
        records: None,
        claims: Vec::new(),
        own: Vec::new(),
        own_is_known: false,
        sightings: Sightings::default(),
        in_flight: BTreeSet::new(),
        uncalled: BTreeSet::new(),
        settings: Settings::default(),
    }
}

fn standing(requirement: Requirement, voices: Voices, all: bool) -> Standing {
    Standing {
        requirement,
        voices,
        reversible: all,
        all,
        contain_now: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failover::{run::current, testing};

    #[test]
    fn run_waits_for_two_people_without_who_asked() {
        let mut records = testing::records();
        let object = testing::running();
        records.decisions = vec![
            testing::said("d-1", Verb::Approve, "ann", None),
            testing::said("d-2", Verb::Approve, "bob", None),
        ];
        let run = current(&records, &object).unwrap();
        let standing = of_run(&records, &object, &run, testing::now());
        assert!(!standing.all);
        let told = standing.sentence();
        assert!(told.starts_with("1 of 2 approvals; one must still come from `security`; approved by bob (approver); not counted: d-1 by ann"), "{told}");
        assert_eq!(requesters(&run), ["ann"]);
    }

    #[test]
    fn approval_of_a_step_is_none_of_the_run() {
        let mut records = testing::records();
        let object = testing::running();
        records.decisions = vec![testing::said("d-1", Verb::Approve, "bob", Some("promote"))];
        let run = current(&records, &object).unwrap();
        let now = testing::now();
        assert!(of_run(&records, &object, &run, now).voices.approvals.is_empty());
        assert_eq!(
            of_step(&records, &object, &run, "promote", now).voices.approvals.len(),
            1
        );
        assert!(
            of_step(&records, &object, &run, "scale", now)
                .voices
                .approvals
                .is_empty()
        );
    }

    #[test]
    fn one_person_skips_a_step_that_sets_a_value_and_no_promotion() {
        let mut records = testing::records();
        let object = testing::running();
        records.decisions = ["promote", "switch"]
            .map(|step| testing::said(step, Verb::Skip, "bob", Some(step)))
            .into();
        let run = current(&records, &object).unwrap();
        assert!(is_skipped(&records, &object, &run, "switch", testing::now()));
        assert!(!is_skipped(&records, &object, &run, "promote", testing::now()));
    }
}

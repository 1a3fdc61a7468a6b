//! Laws: whatever happens, in whatever order, cut wherever.

use super::*;
use proptest::prelude::*;

/// What may happen to an incident.
#[derive(Clone, Debug)]
enum Event {
    Edit(u8, u8),
    Turn(u8, u8),
    Person(u8, u8),
    Stamped(bool),
    Bound(bool),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let one = prop_oneof![
        (0_u8..7, 0_u8..4).prop_map(|(what, who)| Event::Edit(what, who)),
        (0_u8..3, 0_u8..6).prop_map(|(which, how)| Event::Turn(which, how)),
        (0_u8..6, 0_u8..4).prop_map(|(verb, who)| Event::Person(verb, who)),
        any::<bool>().prop_map(Event::Stamped),
        any::<bool>().prop_map(Event::Bound),
    ];
    proptest::collection::vec(one, 0..14)
}

fn who(number: u8) -> &'static str {
    ["ann", "bob", "ci-7", "eve"][usize::from(number)]
}

fn happen(world: &mut World, event: &Event, now: Timestamp) {
    match event {
        Event::Edit(what, by) => edit(world, Some(who(*by)), &change(*what)),
        Event::Turn(which, how) => turn(world, ["a", "b", "c"][usize::from(*which)], *how, now),
        Event::Person(verb, by) => {
            let name = format!("d-{}", world.decisions.len());
            say(world, &name, who(*by), now, &word(*verb));
        }
        Event::Stamped(stamped) => world.admission.requester_stamped = *stamped,
        Event::Bound(bound) => world.admission.decisions_bound_since = bound.then(|| at(-600)),
    }
}

fn change(what: u8) -> Value {
    match what {
        0 => json!({"severity": "Low"}),
        1 => json!({"severity": "Critical"}),
        2 => json!({"state": "Resolved", "outcome": "Benign"}),
        3 => json!({"state": "Open"}),
        4 => json!({"onResolve": "Release"}),
        5 => json!({"title": "Another title"}),
        _ => json!({"tasks": [{"name": "t", "done": true}]}),
    }
}

fn word(verb: u8) -> Value {
    match verb {
        0 => json!({"verb": "Acknowledge"}),
        1 => json!({"verb": "Note", "reason": "n"}),
        2 => json!({"verb": "Resolve", "outcome": "Benign"}),
        3 => json!({"verb": "Resolve", "reason": "enough"}),
        4 => json!({"verb": "Reopen", "reason": "no"}),
        _ => json!({"verb": "Review"}),
    }
}

fn turn(world: &mut World, response: &str, how: u8, now: Timestamp) {
    if world.child(&child_name("inc", response)).is_none() {
        return;
    }
    match how {
        0 | 1 => contain(world, response, now),
        2 => says(world, response, &[("Contained", "Unknown", "Throttled")], now),
        3 => says(
            world,
            response,
            &[
                ("Ready", "False", "AwaitingApproval"),
                ("Contained", "False", "NotContained"),
            ],
            now,
        ),
        4 => release(world, response, now),
        _ => says(
            world,
            response,
            &[
                ("Stalled", "True", "AccessDenied"),
                ("Contained", "False", "NotContained"),
            ],
            now,
        ),
    }
}

fn start() -> World {
    world(&json!({"severity": "Medium", "responses": [response("a", &[]), response("b", &["a"]), response("c", &[])]}))
}

/// What an attacker could be after: the authority of a response.
fn authority(world: &World) -> Vec<(String, Value)> {
    let each = world.objects.iter().filter_map(|(name, found)| match found {
        Found::Object(child) => Some((
            name.clone(),
            json!([
                child.spec.severity,
                child.spec.mode,
                child.spec.target,
                child.spec.reason
            ]),
        )),
        _ => None,
    });
    each.collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn deciding_twice_is_equal_and_resting_is_stable(events in events()) {
        let mut world = start();
        for (n, event) in (0_i64..).zip(&events) {
            happen(&mut world, event, at(n));
            prop_assert_eq!(decide(&world, at(n)), decide(&world, at(n)));
            let rest = settle(&mut world, at(n));
            prop_assert_eq!(decide(&world, at(n)), Effect::Rest(Box::new(rest)));
        }
    }

    #[test]
    fn a_crash_after_any_effect_reaches_the_same_end(events in events(), cut in 0_usize..12) {
        let (mut whole, mut broken) = (start(), start());
        for (n, event) in (0_i64..).zip(&events) {
            happen(&mut whole, event, at(n));
            settle(&mut whole, at(n));
            happen(&mut broken, event, at(n));
            // Some effects, of which the last one's answer is lost; then another operator begins.
            for _ in 0..cut % 4 {
                let effect = decide(&broken, at(n));
                perform(&mut broken, &effect, at(n));
            }
            settle(&mut broken, at(n));
            prop_assert_eq!(&whole, &broken);
        }
    }

    #[test]
    fn the_order_in_which_objects_are_listed_does_not_matter(events in events(), seed in 1_usize..50) {
        let mut world = start();
        for (n, event) in (0_i64..).zip(&events) {
            happen(&mut world, event, at(n));
            let mut other = world.clone();
            let turn = seed % other.decisions.len().max(1);
            other.decisions.rotate_left(turn);
            other.subject.spec.findings.reverse();
            prop_assert_eq!(decide(&world, at(n)), decide(&other, at(n)));
            settle(&mut world, at(n));
        }
    }

    #[test]
    fn nothing_forgets_a_requester_nor_changes_the_authority_of_what_exists(events in events()) {
        let mut world = start();
        for (n, event) in (0_i64..).zip(&events) {
            let (before, known) = (world.subject.status.asked.clone(), authority(&world));
            happen(&mut world, event, at(n));
            settle(&mut world, at(n));
            let asked = &world.subject.status.asked;
            prop_assert!(before.by.iter().all(|name| asked.by.contains(name)) && asked.unattributed >= before.unattributed);
            prop_assert!(!asked.by.contains(&"ci-7".to_owned()));
            let now = authority(&world);
            prop_assert!(known.iter().all(|one| now.contains(one)), "{known:?} {now:?}");
            for found in world.objects.values() {
                if let Found::Object(child) = found {
                    let carried = child.carried.clone().unwrap();
                    prop_assert_eq!(&carried.by, &asked.by);
                    prop_assert_eq!(carried.unattributed, asked.unattributed);
                }
            }
        }
    }

    #[test]
    fn contained_is_never_said_of_what_is_not(events in events()) {
        let mut world = start();
        for (n, event) in (0_i64..).zip(&events) {
            happen(&mut world, event, at(n));
            settle(&mut world, at(n));
            let proven = |name: &str| world.child(&child_name("inc", name)).is_some_and(|child| {
                let mut all = child.status.conditions.iter();
                all.any(|one| one.type_ == "Contained" && one.status == "True" && one.observed_generation == Some(child.generation))
            });
            let all = ["a", "b", "c"].into_iter().all(proven);
            prop_assert_eq!(condition(&world, "Contained").starts_with("True"), all);
        }
    }
}

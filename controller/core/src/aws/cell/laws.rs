//! Laws that hold for every cell, on generated values; and the way there and back on a strict model of AWS.

mod cells;
mod model;
mod values;

use super::Cell;
use crate::aws::{
    APPLY_TIME,
    application_autoscaling::ApplicationAutoScalingCell,
    ec2::{Ec2Cell, SecurityGroupRule},
    ecs::EcsCell,
    elbv2::Elbv2Cell,
    iam::IamCell,
    lambda::LambdaCell,
};
use cells::*;
use jiff::Timestamp;
use model::*;
use proptest::prelude::*;
use serde_json::{Value, json};
use values::*;

/// A cell with two of its values.
fn pairs() -> impl Strategy<Value = (Cell, Value, Value)> {
    proptest::sample::select(cells()).prop_flat_map(|cell| {
        let (one, other) = (values(&cell), values(&cell));
        (Just(cell), one, other)
    })
}

/// A planned value, with late-bound parts where the cell has them, and a current one.
fn planned() -> impl Strategy<Value = (Cell, Value, Value)> {
    proptest::sample::select(cells()).prop_flat_map(|cell| {
        let plan = match cell {
            Cell::Iam(IamCell::RoleInlinePolicy { .. }) | Cell::Iam(IamCell::UserInlinePolicy { .. }) => {
                documents(json!(APPLY_TIME)).boxed()
            }
            _ => values(&cell),
        };
        let current = values(&cell);
        (Just(cell), plan, current)
    })
}

/// What AWS tells rules apart by.
fn traffic(rule: &SecurityGroupRule) -> SecurityGroupRule {
    SecurityGroupRule {
        description: None,
        tags: Default::default(),
        ..rule.clone()
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// Lambda cells whose planned value is bound to what exists.
fn is_bound(cell: &Cell) -> bool {
    matches!(
        cell,
        Cell::Lambda(LambdaCell::FunctionEventSources { .. }) | Cell::Lambda(LambdaCell::FunctionUrls { .. })
    )
}

proptest! {
    #[test]
    fn an_interface_is_never_left_in_the_open_group_unless_it_was_there(from in values(&interface()), to in values(&interface())) {
        let states = steps(&interface(), &from, &to);
        prop_assert_eq!(states.last().unwrap() == &json!(["sg-1"]), interface().same(states.last().unwrap(), &json!(["sg-1"])));
        prop_assert!(interface().same(states.last().unwrap(), &to));
        let passes = states.len() == 3;
        prop_assert_eq!(passes, to == json!(["sg-0"]) && from != json!(["sg-0"]) && from != json!(["sg-1"]));
    }

    #[test]
    fn the_same_value_needs_no_write((cell, a, _) in pairs()) {
        prop_assert_eq!(cell.writes(&a, &a), vec![]);
        prop_assert_eq!(cell.writes(&a, &cell.canonical(&a)), vec![]);
    }

    #[test]
    fn a_canonical_value_is_its_own_canonical_and_means_the_same((cell, a, _) in pairs()) {
        let canonical = cell.canonical(&a);
        prop_assert_eq!(&cell.canonical(&canonical), &canonical);
        prop_assert!(cell.same(&a, &canonical));
        prop_assert_eq!(cell.material(&a), cell.material(&canonical));
    }

    #[test]
    fn different_values_need_a_write_where_there_is_one((cell, a, b) in pairs()) {
        let list = matches!(
            cell,
            Cell::Ecs(EcsCell::TaskProtection { .. }) | Cell::Ecs(EcsCell::ServiceTasks { .. }) | Cell::Ec2(Ec2Cell::InstanceSnapshots { .. })
        );
        let no_way = list
            || (matches!(cell, Cell::ApplicationAutoScaling(ApplicationAutoScalingCell::ScalingMinimum { .. }) | Cell::ApplicationAutoScaling(ApplicationAutoScalingCell::ScalingSuspension { .. })) && b.is_null());
        prop_assert!(no_way || cell.same(&a, &b) || !cell.writes(&a, &b).is_empty());
    }

    #[test]
    fn every_write_reaches_a_service_with_a_permission_of_it((cell, a, b) in pairs()) {
        for write in cell.writes(&a, &b) {
            prop_assert!(write.call().action.contains(':'));
            prop_assert!(!cell.sentence(&b).is_empty());
        }
    }

    #[test]
    fn what_binding_makes_fits_the_plan((cell, plan, current) in planned(), second in 0_i64..4_000_000_000) {
        let bound = cell.bind(&plan, &current, at(second));
        prop_assert!(cell.fits(&plan, &bound), "{} does not fit {}", bound, plan);
        prop_assert!(!bound.to_string().contains(APPLY_TIME));
        prop_assert_eq!(&cell.bind(&bound, &current, at(second + 60)), &bound);
    }

    #[test]
    fn a_value_fits_itself_and_another_meaning_does_not((cell, a, b) in pairs()) {
        prop_assert!(cell.fits(&a, &a));
        if !matches!(cell, Cell::Elbv2(Elbv2Cell::TargetRegistrations { .. }) | Cell::Iam(IamCell::UserAccessKeys { .. })) && !is_bound(&cell) {
            prop_assert_eq!(cell.fits(&a, &b), cell.same(&a, &b));
        }
    }

    #[test]
    fn a_plan_to_register_nobody_fits_only_where_nobody_is_registered(value in registered()) {
        let nobody = json!({"registered": [], "running": []});
        let empty = value["registered"].as_array().unwrap().is_empty();
        prop_assert_eq!(registrations().fits(&nobody, &value), empty);
    }

    #[test]
    fn both_ends_are_on_the_way((cell, a, b) in modelled()) {
        let (a, b) = ends(&cell, a, b);
        prop_assert!(cell.between(&a, &b, &a));
        prop_assert!(cell.between(&a, &b, &b));
    }

    #[test]
    fn a_cell_of_one_call_has_nothing_between((cell, a, b) in pairs()) {
        let several = matches!(
            cell,
            Cell::Elbv2(Elbv2Cell::TargetRegistrations { .. })
                | Cell::Ec2(Ec2Cell::SecurityGroupRules { .. })
                | Cell::Ec2(Ec2Cell::NetworkInterfaceGroups { .. })
                | Cell::Iam(IamCell::UserAccessKeys { .. })
        ) || is_bound(&cell)
            || cell == provisioned();
        prop_assert!(several || !cell.between(&a, &b, &a));
    }

    #[test]
    fn what_neither_end_has_is_not_on_the_way(a in values(&rules()), b in values(&rules())) {
        let mut stranger = a.clone();
        stranger["egress"] = json!([{"protocol": "icmp"}]);
        prop_assert!(!rules().between(&a, &b, &stranger));
    }

    #[test]
    fn only_registrations_take_newcomers_into_what_was_before((cell, a, b) in pairs()) {
        let merged = cell.merge_before(&a, &b);
        if cell == sources() || cell == provisioned() {
            let again = cell.merge_before(&merged, &b);
            prop_assert!(cell.same(&again, &merged));
            return Ok(());
        }
        if cell == keys() {
            prop_assert_eq!(&merged["active"], &a["active"], "a key that comes later is never activated");
            return Ok(());
        }
        let Cell::Elbv2(Elbv2Cell::TargetRegistrations { .. }) = cell else {
            prop_assert_eq!(merged, a);
            return Ok(());
        };
        let all = merged["registered"].as_array().unwrap();
        for value in [&a, &b] {
            prop_assert!(value["registered"].as_array().unwrap().iter().all(|target| all.contains(target)));
        }
        prop_assert!(cell.same(&cell.merge_before(&merged, &b), &merged));
    }

    #[test]
    fn the_writes_lead_there_and_every_cut_is_on_the_way((cell, from, to) in modelled()) {
        let (from, to) = ends(&cell, from, to);
        let states = steps(&cell, &from, &to);
        prop_assert!(cell.same(states.last().unwrap(), &to));
        for state in &states {
            prop_assert!(cell.between(&from, &to, state), "{} is not between {} and {}", state, from, to);
            prop_assert!(cell.same(steps(&cell, state, &to).last().unwrap(), &to));
        }
    }

    #[test]
    fn release_puts_back_every_rule_that_containment_took(before in values(&rules())) {
        let stripped = steps(&rules(), &before, &json!({"ingress": [], "egress": []})).pop().unwrap();
        prop_assert!(stripped["ingress"] == json!([]) && stripped["egress"] == json!([]));
        prop_assert!(rules().same(steps(&rules(), &stripped, &before).last().unwrap(), &before));
    }

    #[test]
    fn release_registers_again_what_still_runs(before in registered(), later in some_of(6, "10.0.0")) {
        let cell = registrations();
        let mut contained = steps(&cell, &before, &json!({"registered": [], "running": []})).pop().unwrap();
        contained["running"] = json!(later);
        let bound = cell.bind(&before, &contained, at(1));
        let released = steps(&cell, &contained, &bound).pop().unwrap();
        prop_assert!(cell.fits(&before, &released));
        for target in before["registered"].as_array().unwrap() {
            let runs = later.iter().any(|id| target["id"] == **id);
            prop_assert_eq!(released["registered"].as_array().unwrap().contains(target), runs);
        }
    }

    #[test]
    fn release_activates_again_whatever_key_still_exists(before in access_keys(), deleted in some_of(4, "AKIA")) {
        let cell = keys();
        let mut contained = steps(&cell, &before, &json!({"active": []})).pop().unwrap();
        let none = json!({"active": []});
        prop_assert!(cell.fits(&none, &contained));
        contained["inactive"].as_array_mut().unwrap().retain(|key| !deleted.iter().any(|gone| key == gone));
        let bound = cell.bind(&before, &contained, at(1));
        let released = steps(&cell, &contained, &bound).pop().unwrap();
        prop_assert!(cell.fits(&before, &released));
        for key in before["active"].as_array().unwrap() {
            let exists = !deleted.iter().any(|gone| key == gone);
            prop_assert_eq!(released["active"].as_array().unwrap().contains(key), exists);
        }
    }

    #[test]
    fn a_key_that_appears_is_deactivated_remembered_and_never_activated(before in access_keys()) {
        let cell = keys();
        let mut now = steps(&cell, &before, &json!({"active": []})).pop().unwrap();
        now["active"] = json!(["AKIA-NEW"]);
        let none = json!({"active": []});
        prop_assert!(!cell.fits(&none, &now), "it is drift");
        let before = cell.merge_before(&before, &now);
        prop_assert_eq!(&before["appeared"], &json!(["AKIA-NEW"]));
        let contained = steps(&cell, &now, &cell.bind(&none, &now, at(1))).pop().unwrap();
        let released = cell.bind(&before, &contained, at(2));
        prop_assert!(!released["active"].as_array().unwrap().contains(&json!("AKIA-NEW")));
        prop_assert!(cell.sentence(&before).contains("AKIA-NEW appeared"));
    }
}

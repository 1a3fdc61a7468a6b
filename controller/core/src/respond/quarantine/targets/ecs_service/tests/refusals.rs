//! What is refused, by which reason and in which words.

use super::*;

#[test]
fn a_service_that_does_not_exist_is_named_by_its_field() {
    let world = world()
        .answering(service_query(), Answer::NotFound)
        .answering(tasks_query(), Answer::NotFound)
        .answering(Query::Cell(scaling()), Answer::NotFound);
    for method in METHODS {
        let says = ["spec.target.ecsService.service", "api", "prod", "us-east-1"];
        refused(&world, method, Reason::TargetNotFound, &says);
    }
}

#[test]
fn a_service_that_is_being_deleted_is_refused() {
    let world = changed(|s| s.status = "DRAINING".into());
    for method in METHODS {
        refused(&world, method, Reason::Unmodifiable, &["DRAINING"]);
    }
}

#[test]
fn another_deployment_controller_is_refused_with_the_method_that_works() {
    for controller in ["CODE_DEPLOY", "EXTERNAL"] {
        let world = changed(|s| s.deployment_controller = controller.into());
        for method in [EcsMethod::Isolate, EcsMethod::SwapSecurityGroups] {
            refused(
                &world,
                method,
                Reason::Unmodifiable,
                &[controller, "use ScaleToZero", "iamRole"],
            );
        }
        assert!(!design(&world, EcsMethod::ScaleToZero).drafts.is_empty());
    }
}

#[test]
fn tasks_without_a_network_of_their_own_are_refused_where_the_network_matters() {
    let world = changed(|s| s.network = None);
    for method in [EcsMethod::Isolate, EcsMethod::SwapSecurityGroups] {
        refused(&world, method, Reason::InvalidTarget, &["awsvpc", "use ScaleToZero"]);
    }
    assert!(!design(&world, EcsMethod::ScaleToZero).drafts.is_empty());
}

#[test]
fn a_daemon_service_is_not_scaled_and_says_what_to_do_instead() {
    let world = changed(|s| s.daemon = true);
    let says = ["spec.target.ecsService.method", "DAEMON", "use Isolate", "iamRole"];
    refused(&world, EcsMethod::ScaleToZero, Reason::Unmodifiable, &says);
    assert!(!design(&world, EcsMethod::Isolate).drafts.is_empty());
    let on_hosts = changed(|s| (s.daemon, s.network) = (true, None));
    for method in METHODS {
        let error = on_hosts.design(&EcsService, &spec(method)).unwrap_err();
        assert!(error.message.contains("ec2Instance"), "{}", error.message);
        assert!(!error.message.contains("use ScaleToZero"), "{}", error.message);
    }
}

#[test]
fn a_service_in_the_default_group_is_not_isolated_in_name_only() {
    let world = changed(|s| s.network.as_mut().unwrap().security_groups.clear());
    refused(&world, EcsMethod::Isolate, Reason::InvalidTarget, &["default group"]);
}

#[test]
fn only_a_rolling_deployment_swaps_groups() {
    for strategy in ["BLUE_GREEN", "LINEAR", "CANARY"] {
        let world = changed(|s| s.strategy = strategy.into());
        refused(
            &world,
            EcsMethod::SwapSecurityGroups,
            Reason::InvalidTarget,
            &[strategy, "ROLLING"],
        );
        assert!(!design(&world, EcsMethod::Isolate).drafts.is_empty());
    }
}

#[test]
fn a_quarantine_group_that_is_missing_has_rules_or_is_elsewhere_is_refused() {
    let field = "spec.target.ecsService.securityGroupId";
    let quarantine = |answer| world().answering(group("sg-0000000f"), answer);
    let cases = [
        (Answer::NotFound, "does not exist"),
        (Answer::found(&security_group(2, "vpc-1")), "has 2 rules"),
        (Answer::found(&security_group(0, "vpc-2")), "is in vpc-2"),
    ];
    for (answer, says) in cases {
        let world = quarantine(answer);
        refused(
            &world,
            EcsMethod::SwapSecurityGroups,
            Reason::InvalidTarget,
            &[field, says],
        );
    }
}

#[test]
fn a_group_that_others_use_is_not_stripped_and_the_others_are_named() {
    let everybody = [
        user("eni-1", "task"),
        user("eni-9", "ELB app/web"),
        user("eni-8", "RDS"),
    ];
    let world = world().with(users("sg-0000000a"), &everybody);
    let says = ["eni-9 (ELB app/web) in sg-0000000a", "eni-8 (RDS)"];
    refused(&world, EcsMethod::Isolate, Reason::SharedSecurityGroup, &says);
    let blocked = world.design(&EcsService, &spec(EcsMethod::Isolate)).unwrap_err();
    assert!(!blocked.message.contains("eni-1 "), "{}", blocked.message);
}

#[test]
fn a_long_list_of_others_is_cut_with_their_number() {
    let many: Vec<_> = (10..35).map(|n| user(&format!("eni-{n}"), "lambda")).collect();
    let world = world().with(users("sg-0000000a"), &many);
    refused(
        &world,
        EcsMethod::Isolate,
        Reason::SharedSecurityGroup,
        &["and 15 more"],
    );
}

/// A load balancer's API that is down keeps nobody from stopping a service.
#[test]
fn unknown_health_of_targets_counts_as_emptied_and_blocks_no_stop() {
    let silent = world().answering(health(), Answer::Unreachable("no result in time".into()));
    for method in [EcsMethod::SwapSecurityGroups, EcsMethod::ScaleToZero] {
        let design = design(&silent, method);
        assert_eq!(design.empties.len(), 1, "{method:?}");
        assert!(
            design.notes.iter().any(|note| note.contains("no result in time")),
            "{:?}",
            design.notes
        );
    }
}

#[test]
fn what_aws_does_not_tell_about_the_target_blocks_instead_of_passing() {
    let cases = [
        (users("sg-0000000a"), Answer::Throttled, Reason::Throttled),
        (
            tasks_query(),
            Answer::Denied("ecs:ListTasks".into()),
            Reason::AccessDenied,
        ),
        (health(), Answer::Unreachable("timeout".into()), Reason::Unreachable),
    ];
    for (query, answer, reason) in cases {
        refused(&world().answering(query, answer), EcsMethod::Isolate, reason, &[]);
    }
}

"""An ECS service is cut off and put back, end to end: real API server, real operator, the emulator as AWS."""

import pytest
import stories
from control import eventually

pytest_plugins = ["story_fixtures"]


def tasks(story, service: str) -> list[str]:
    asked = {"cluster": story.world["cluster"], "serviceName": service}
    return story.aws("ecs").list_tasks(**asked)["taskArns"]


def isolated(world) -> dict:
    return stories.service(world, "Isolate")


def swapped(world) -> dict:
    return stories.service(world, "SwapSecurityGroups", securityGroupId=world["quarantineSecurityGroup"])


def stopped(world) -> dict:
    return stories.service(world, "ScaleToZero")


def roots(changes: dict, world: dict) -> set[str]:
    """Of which things something differs, and whose they are."""
    names = {world["serviceArn"]: "SERVICE", world["neighbourServiceArn"]: "NEIGHBOUR",
             world["serviceSecurityGroup"]: "GROUP", world["targetGroupArn"]: "TARGETS",
             f"service/{world['cluster']}/{world['service']}": "SCALING"}
    names[world["serviceArn"].replace(":service/", ":cluster/").rpartition("/")[0]] = "CLUSTER"
    found = set()
    for path in changes:
        kind, _, rest = path.partition(".")
        found.add(next((f"{kind} {word}" for name, word in names.items() if rest.startswith(name)), path))
    return found


METHODS = {
    isolated: {"securityGroups GROUP", "targetGroups TARGETS", "scalableTargets SCALING"},
    swapped: {"services SERVICE", "tasks CLUSTER", "scalableTargets SCALING"},
    stopped: {"services SERVICE", "tasks CLUSTER", "targetGroups TARGETS", "scalableTargets SCALING"},
}


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.__name__)
def test_a_service_is_cut_off_in_its_own_fields_only_and_put_back_exactly(staging, method):
    story, before = staging, staging.snapshot(identities=False)
    neighbour = tasks(story, story.world["neighbourService"])
    request = story.asks(method(story.world)).approved().is_contained()
    assert roots(story.differs(before, identities=False), story.world) == METHODS[method]
    request.released().approved(action="Release").is_released()
    story.becomes(before)
    assert tasks(story, story.world["neighbourService"]) == neighbour
    assert story.holds() == []


def test_an_isolated_service_keeps_its_tasks_and_loses_every_rule_and_registration(staging):
    story, running = staging, tasks(staging, staging.world["service"])
    story.asks(isolated(story.world)).approved().is_contained()
    assert tasks(story, story.world["service"]) == running
    groups = story.aws("ec2").describe_security_groups(GroupIds=[story.world["serviceSecurityGroup"]])
    assert groups["SecurityGroups"][0]["IpPermissions"] == groups["SecurityGroups"][0]["IpPermissionsEgress"] == []
    health = story.aws("elbv2").describe_target_health(TargetGroupArn=story.world["targetGroupArn"])
    assert health["TargetHealthDescriptions"] == []


def test_a_swapped_service_runs_its_tasks_in_the_quarantine_group(staging):
    story = staging
    story.asks(swapped(story.world)).approved().is_contained()
    (running,) = story.snapshot()["tasks"].values()
    groups = [task["securityGroups"] for task in running if task["group"] == "service:api"]
    assert groups == [[story.world["quarantineSecurityGroup"]]] * 2


def test_a_service_at_zero_has_no_task_and_stays_there(staging):
    story = staging
    request = story.asks(stopped(story.world)).approved().is_contained()
    assert tasks(story, story.world["service"]) == []
    story.aws("ecs").update_service(cluster="prod", service="api", desiredCount=2)
    request.says("InSync", "True", "DriftReasserted")
    eventually(lambda: tasks(story, story.world["service"]) == [], stories.PATIENCE, 0.5)


def test_contained_is_not_said_while_old_tasks_still_run_in_the_old_groups(staging):
    story = staging
    story.control.pace(story.world["accountId"], 6)
    request = story.asks(swapped(story.world)).approved()
    request.says("Contained", "False", "Settling")
    assert request.condition("Applied")["status"] == "True"
    request.is_contained()


def test_a_protected_task_is_stopped_all_the_same(staging):
    story = staging
    story.aws("ecs").update_task_protection(cluster="prod", tasks=tasks(story, "api"), protectionEnabled=True)
    story.asks(stopped(story.world)).approved().is_contained()
    assert tasks(story, "api") == []


def test_a_service_behind_a_balancer_is_cut_off_at_once_where_nobody_needs_to_approve(development):
    development.asks(isolated(development.world)).is_contained()


def test_the_examples_are_contained_and_released(production, example):
    story, before = production, production.snapshot(identities=False)
    for name in ("quarantine", "scale-to-zero"):
        spec = example(f"quarantine-a-service/{name}.yaml")["spec"] | {"accountRef": {"name": story.account}}
        request = story.asks(**spec).approved(("bob", "approver"), ("sue", "security")).is_contained()
        request.released().approved(("bob", "approver"), action="Release").is_released()
        story.becomes(before)


def test_what_destroys_evidence_waits_for_people_even_where_the_rest_may_run_at_once(staging):
    story = staging
    request = story.asks(stopped(story.world), severity="Critical")
    request.plan()
    assert len(tasks(story, "api")) == 2
    assert not story.writes(action="StopTask") and not story.writes(action="UpdateService")
    request.approved().is_contained()
    assert tasks(story, "api") == []


def test_a_security_group_that_others_use_is_refused_and_they_are_named(development):
    story, world = development, development.world
    placement = {"subnets": world["subnetIds"], "securityGroups": [world["serviceSecurityGroup"]]}
    story.aws("ecs").update_service(cluster="prod", service=world["neighbourService"],
                                    networkConfiguration={"awsvpcConfiguration": placement})
    request = story.asks(isolated(world))
    request.says("Ready", "False", "SharedSecurityGroup", world["serviceSecurityGroup"])
    assert story.writes() == []


def test_a_service_of_code_deploy_is_refused_and_told_what_to_use(development):
    story, world = development, development.world
    placement = {"subnets": world["subnetIds"], "securityGroups": [world["serviceSecurityGroup"]]}
    story.aws("ecs").create_service(
        cluster="prod", serviceName="green", taskDefinition=world["taskDefinitionArn"], desiredCount=0,
        deploymentController={"type": "CODE_DEPLOY"}, networkConfiguration={"awsvpcConfiguration": placement})
    request = story.asks({"ecsService": {"cluster": "prod", "service": "green", "method": "Isolate"}})
    request.says("Ready", "False", "Unmodifiable", "CODE_DEPLOY")
    request.says("Stalled", "True", "Unmodifiable")
    assert story.writes() == []


@pytest.mark.parametrize("place, service", [("prod", "nobody"), ("nowhere", "api")])
def test_a_service_that_does_not_exist_is_named(development, place, service):
    request = development.asks({"ecsService": {"cluster": place, "service": service, "method": "Isolate"}})
    request.says("Ready", "False", "TargetNotFound")
    assert development.writes() == []


def test_a_quarantine_group_with_rules_is_refused(development):
    target = stories.service(development.world, "SwapSecurityGroups",
                             securityGroupId=development.world["albSecurityGroup"])
    development.asks(target).says("Ready", "False", "InvalidTarget", "rule")
    assert development.writes() == []

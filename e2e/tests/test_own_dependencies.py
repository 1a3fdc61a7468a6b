"""What the operator was told that it depends on is never touched: on a bed of its own, for the flags are the operator's."""

import pytest
import stories

pytest_plugins = ["own_bed_fixtures"]


def arn(world: dict, resource: str) -> str:
    return f"arn:aws:ec2:{world['region']}:{world['accountId']}:security-group/{resource}"


def service(world: dict, name: str, method: str = "Isolate") -> dict:
    return {"ecsService": {"cluster": world["cluster"], "service": name, "method": method}}


def role_by_name(world: dict) -> dict:
    return {"iamRole": {"roleName": "payments-execution", "methods": ["DenyAll"]}}


def role_by_pattern(world: dict) -> dict:
    return {"iamRole": {"roleName": "orders-task", "methods": ["DenyAll", "RevokeSessions"]}}


def service_behind_a_group(world: dict) -> dict:
    return service(world, world["service"])


def service_itself(world: dict) -> dict:
    return service(world, world["neighbourService"], "ScaleToZero")


def function(world: dict) -> dict:
    return {"lambdaFunction": {"functionName": world["neighbourFunctionName"]}}


def depended_on(world: dict) -> dict:
    """Target -> the ARN that the refusal must name."""
    return {role_by_name: world["executionRoleArn"], role_by_pattern: world["neighbourRoleArn"],
            service_behind_a_group: arn(world, world["serviceSecurityGroup"]),
            service_itself: world["neighbourServiceArn"], function: world["neighbourFunctionArn"]}


TARGETS = (role_by_name, role_by_pattern, service_behind_a_group, service_itself, function)


@pytest.fixture(scope="module")
def told(own_bed):
    """One world, and an operator that was told what in it is its own: by ARNs, by a pattern, and by a list."""
    world = own_bed.world()
    flags = [f"--own-dependency={world['executionRoleArn']}", "--own-dependency=arn:aws:iam::*:role/orders-*",
             f"--own-dependency={arn(world, world['serviceSecurityGroup'])},{world['neighbourServiceArn']}",
             f"--own-dependency={world['neighbourFunctionArn']}"]
    own_bed.starts(*flags)
    with own_bed.story("Development", world) as story:
        yield story


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.__name__)
def test_what_the_operator_depends_on_is_refused_by_name_and_nothing_is_written(told, target):
    before, written = told.snapshot(), told.control.calls(account=told.world["accountId"])
    request = told.asks(target(told.world))
    request.says("Ready", "False", "OwnDependency", depended_on(told.world)[target])
    request.says("Stalled", "True", "OwnDependency")
    assert told.control.calls(account=told.world["accountId"]) == written
    assert told.differs(before) == {} and told.holds() == []


@pytest.mark.parametrize("key", ["readRoleArn", "containRoleArn"])
def test_the_roles_that_the_account_names_are_refused(told, key):
    written, own = told.control.calls(account=told.world["accountId"]), told.world[key]
    target = {"iamRole": {"roleName": own.rpartition("/")[2], "methods": ["ReplaceTrust"]}}
    told.asks(target).says("Ready", "False", "OwnDependency", own)
    assert told.control.calls(account=told.world["accountId"]) == written


def test_what_only_looks_like_it_is_cut_off_as_usual(told):
    told.asks(stories.role(told.world)).is_contained()

"""The emulator's ECS, through boto3: tasks that exist, deployments that replace them, protection that holds."""

import pytest
from botocore.exceptions import ClientError
from control import eventually


def described(aws, world, name=None) -> dict:
    asked = {"cluster": world["cluster"], "services": [name or world["service"]]}
    return aws("ecs").describe_services(**asked)["services"][0]


def tasks(aws, world, name=None) -> list[dict]:
    listed = aws("ecs").list_tasks(cluster=world["cluster"], serviceName=name or world["service"])["taskArns"]
    return aws("ecs").describe_tasks(cluster=world["cluster"], tasks=listed)["tasks"] if listed else []


def detail(task: dict, name: str) -> str:
    return {each["name"]: each["value"] for each in task["attachments"][0]["details"]}[name]


def groups_of(aws, task: dict) -> list[str]:
    asked = {"NetworkInterfaceIds": [detail(task, "networkInterfaceId")]}
    (interface,) = aws("ec2").describe_network_interfaces(**asked)["NetworkInterfaces"]
    return [group["GroupId"] for group in interface["Groups"]]


def targets(aws, world) -> set[str]:
    health = aws("elbv2").describe_target_health(TargetGroupArn=world["targetGroupArn"])
    return {each["Target"]["Id"] for each in health["TargetHealthDescriptions"]}


def addresses(found: list[dict]) -> set[str]:
    return {detail(task, "privateIPv4Address") for task in found}


def update(aws, world, **changes) -> dict:
    return aws("ecs").update_service(cluster=world["cluster"], service=world["service"], **changes)["service"]


def swapped(world, group: str) -> dict:
    return {"awsvpcConfiguration": {"subnets": world["subnetIds"], "securityGroups": [group]}}


def test_a_service_has_the_tasks_that_it_asks_for(aws, world):
    found = tasks(aws, world)
    assert [task["lastStatus"] for task in found] == ["RUNNING", "RUNNING"]
    assert {task["group"] for task in found} == {"service:api"}
    assert all(groups_of(aws, task) == [world["serviceSecurityGroup"]] for task in found)
    assert targets(aws, world) == addresses(found)
    assert {detail(task, "subnetId") for task in found} == set(world["subnetIds"])


def test_looking_at_tasks_does_not_wear_them_out(aws, world):
    for _ in range(6):
        assert {task["lastStatus"] for task in tasks(aws, world)} == {"RUNNING"}


def test_tasks_are_listed_by_service_and_by_family(aws, world):
    by_family = aws("ecs").list_tasks(cluster=world["cluster"], family="orders")["taskArns"]
    assert by_family == [task["taskArn"] for task in tasks(aws, world, "orders")]
    assert len(aws("ecs").list_tasks(cluster=world["cluster"])["taskArns"]) == 3


def test_a_task_that_does_not_exist_is_a_failure_and_no_error(aws, world):
    answer = aws("ecs").describe_tasks(cluster=world["cluster"], tasks=["0" * 32])
    assert answer["tasks"] == [] and answer["failures"][0]["reason"] == "MISSING"


def test_the_deployment_configuration_of_create_service_is_kept(aws, world):
    kept = described(aws, world)["deploymentConfiguration"]
    assert (kept["minimumHealthyPercent"], kept["maximumPercent"]) == (100, 200)


def test_scaling_starts_and_stops_tasks_without_a_deployment(aws, world):
    before = described(aws, world)["deployments"]
    update(aws, world, desiredCount=3)
    assert len(tasks(aws, world)) == 3 and targets(aws, world) == addresses(tasks(aws, world))
    update(aws, world, desiredCount=0)
    service = described(aws, world)
    assert tasks(aws, world) == [] and targets(aws, world) == set() and service["runningCount"] == 0
    assert [each["id"] for each in service["deployments"]] == [each["id"] for each in before]


def test_other_security_groups_replace_the_tasks_in_a_new_deployment(aws, world):
    old, before = tasks(aws, world), described(aws, world)["deployments"][0]
    update(aws, world, networkConfiguration=swapped(world, world["quarantineSecurityGroup"]))
    (deployment,), new = described(aws, world)["deployments"], tasks(aws, world)
    assert deployment["id"] != before["id"] and deployment["rolloutState"] == "COMPLETED"
    shown = deployment["networkConfiguration"]["awsvpcConfiguration"]
    assert shown["securityGroups"] == [world["quarantineSecurityGroup"]] and shown["assignPublicIp"] == "DISABLED"
    assert {task["taskArn"] for task in new}.isdisjoint(task["taskArn"] for task in old)
    assert all(groups_of(aws, task) == [world["quarantineSecurityGroup"]] for task in new)
    assert targets(aws, world) == addresses(new)


def test_stopped_tasks_can_still_be_described_but_their_interfaces_are_gone(aws, world):
    old = tasks(aws, world)
    update(aws, world, forceNewDeployment=True)
    arns = [task["taskArn"] for task in old]
    stopped = aws("ecs").describe_tasks(cluster=world["cluster"], tasks=arns)["tasks"]
    assert {task["lastStatus"] for task in stopped} == {"STOPPED"}
    with pytest.raises(ClientError, match="InvalidNetworkInterfaceID.NotFound"):
        groups_of(aws, old[0])


def test_the_same_values_once_more_make_no_new_deployment(aws, world):
    before = described(aws, world)["deployments"][0]["id"]
    update(aws, world, networkConfiguration=swapped(world, world["serviceSecurityGroup"]))
    assert described(aws, world)["deployments"][0]["id"] == before


def test_an_unknown_security_group_is_refused(aws, world):
    with pytest.raises(ClientError, match="InvalidParameterException"):
        update(aws, world, networkConfiguration=swapped(world, "sg-0123456789abcdef0"))
    assert len(tasks(aws, world)) == 2


def test_rebalancing_takes_no_maximum_up_to_100_percent(aws, world):
    only_old = {"minimumHealthyPercent": 0, "maximumPercent": 100}
    with pytest.raises(ClientError, match="InvalidParameterException"):
        update(aws, world, deploymentConfiguration=only_old)
    update(aws, world, deploymentConfiguration=only_old, availabilityZoneRebalancing="DISABLED")
    assert described(aws, world)["availabilityZoneRebalancing"] == "DISABLED"


def test_another_task_definition_is_shown_by_its_arn(aws, world):
    ecs = aws("ecs")
    known = ecs.describe_task_definition(taskDefinition="api")["taskDefinition"]
    fields = ("family", "taskRoleArn", "networkMode", "cpu", "memory", "requiresCompatibilities",
              "containerDefinitions")
    ecs.register_task_definition(**{name: known[name] for name in fields})
    service = update(aws, world, taskDefinition="api:2")
    assert service["taskDefinition"].endswith("task-definition/api:2")
    assert {task["taskDefinitionArn"] for task in tasks(aws, world)} == {service["taskDefinition"]}


def test_a_stopped_task_of_a_service_is_replaced(aws, world):
    victim = tasks(aws, world)[0]
    stopped = aws("ecs").stop_task(cluster=world["cluster"], task=victim["taskArn"], reason="suspicious")["task"]
    assert (stopped["lastStatus"], stopped["stopCode"]) == ("STOPPED", "UserInitiated")
    now = tasks(aws, world)
    assert len(now) == 2 and victim["taskArn"] not in {task["taskArn"] for task in now}
    assert targets(aws, world) == addresses(now)


def test_stopping_an_unknown_task_is_an_invalid_parameter(aws, world):
    with pytest.raises(ClientError, match="InvalidParameterException"):
        aws("ecs").stop_task(cluster=world["cluster"], task="0" * 32)


def test_a_target_that_was_deregistered_stays_out_and_may_be_deregistered_again(aws, world):
    gone = {"Id": detail(tasks(aws, world)[0], "privateIPv4Address"), "Port": 8080}
    for _ in range(2):
        aws("elbv2").deregister_targets(TargetGroupArn=world["targetGroupArn"], Targets=[gone])
    assert gone["Id"] not in targets(aws, world) and len(tasks(aws, world)) == 2
    update(aws, world, desiredCount=0)
    assert targets(aws, world) == set()


def test_a_protected_task_survives_scaling_in_until_its_protection_is_lifted(aws, world):
    kept, ecs = tasks(aws, world)[0]["taskArn"], aws("ecs")
    answer = ecs.update_task_protection(cluster=world["cluster"], tasks=[kept], protectionEnabled=True)
    assert answer["protectedTasks"][0]["expirationDate"] and answer["failures"] == []
    update(aws, world, desiredCount=0)
    assert [task["taskArn"] for task in tasks(aws, world)] == [kept]
    assert described(aws, world)["runningCount"] == 1
    assert ecs.get_task_protection(cluster=world["cluster"], tasks=[kept])["protectedTasks"][0]["protectionEnabled"]
    ecs.update_task_protection(cluster=world["cluster"], tasks=[kept], protectionEnabled=False)
    assert tasks(aws, world) == []


def test_a_protected_task_holds_up_a_deployment(aws, world):
    kept, ecs = tasks(aws, world)[0]["taskArn"], aws("ecs")
    ecs.update_task_protection(cluster=world["cluster"], tasks=[kept], protectionEnabled=True, expiresInMinutes=5)
    update(aws, world, networkConfiguration=swapped(world, world["quarantineSecurityGroup"]))
    states = [(each["status"], each["rolloutState"]) for each in described(aws, world)["deployments"]]
    assert states == [("PRIMARY", "IN_PROGRESS"), ("ACTIVE", "COMPLETED")]
    ecs.update_task_protection(cluster=world["cluster"], tasks=[kept], protectionEnabled=False)
    assert [each["rolloutState"] for each in described(aws, world)["deployments"]] == ["COMPLETED"]


def test_a_deployment_takes_as_long_as_a_test_orders(aws, world, control):
    control.pace(world["accountId"], seconds=1)
    update(aws, world, forceNewDeployment=True)
    assert [each["rolloutState"] for each in described(aws, world)["deployments"]] == ["IN_PROGRESS", "COMPLETED"]
    assert len(tasks(aws, world)) == 4
    eventually(lambda: len(described(aws, world)["deployments"]) == 1)
    assert len(tasks(aws, world)) == 2 and targets(aws, world) == addresses(tasks(aws, world))


def test_a_deleted_service_takes_its_tasks_with_it(aws, world):
    aws("ecs").delete_service(cluster=world["cluster"], service=world["service"], force=True)
    assert tasks(aws, world) == [] and targets(aws, world) == set()
    assert len(tasks(aws, world, world["neighbourService"])) == 1
    with pytest.raises(ClientError, match="ServiceNotActiveException"):
        update(aws, world, desiredCount=1)


def test_auto_scaling_raises_the_count_to_its_minimum_unless_it_is_suspended(aws, world):
    target = {"ServiceNamespace": "ecs", "ResourceId": "service/prod/api",
              "ScalableDimension": "ecs:service:DesiredCount"}
    scaling = aws("application-autoscaling")
    scaling.register_scalable_target(**target, SuspendedState={"DynamicScalingOutSuspended": True})
    update(aws, world, desiredCount=0)
    scaling.register_scalable_target(**target, MaxCapacity=8)
    assert described(aws, world)["desiredCount"] == 0
    scaling.register_scalable_target(**target, SuspendedState={"DynamicScalingOutSuspended": False})
    assert described(aws, world)["desiredCount"] == 2 and len(tasks(aws, world)) == 2

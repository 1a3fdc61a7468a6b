"""The tasks of an ECS service: real ones, with a network interface and an address, behind the service's target groups.

moto counts tasks without having any. Firebreak looks at tasks to prove what it did, so they must be there.
"""

import threading

from moto.core.utils import utcnow
from moto.ec2.models import ec2_backends
from moto.elbv2.models import elbv2_backends
from moto.moto_api._internal import mock_random

LOCK = threading.RLock()  # the server is threaded, and a deployment is more than one step


def of_service(service, started_by: str | None = None) -> list:
    """Running tasks of a service, oldest first; of one deployment where its id is given."""
    tasks = service._backend.tasks.get(service.cluster_name, {}).values()
    mine = [task for task in tasks if task.group == f"service:{service.name}" and task.desired_status == "RUNNING"]
    return [task for task in mine if started_by in (None, task.started_by)]


def start(service, deployment_id: str) -> None:
    """One more task, in the next of the service's subnets, and its address into every target group."""
    position = len(of_service(service))
    (task,) = service._backend.run_task(
        service.cluster_name, service.task_definition, count=1, overrides=None, started_by=deployment_id,
        tags=list(service.tags) if service.propagate_tags == "SERVICE" else [], launch_type="FARGATE",
        networking_configuration=_in_one_subnet(service.network_configuration, position),
        group=f"service:{service.name}", platform_version=service.platform_version)
    _mark_running(task)
    for target_group, target in _targets(service, task):
        _balancer(service).register_targets(target_group, [target])


def stop(service, task, reason: str, code: str = "ServiceSchedulerInitiated") -> None:
    """Out of the target groups first, then stopped, and its network interface is gone: as ECS does it."""
    for target_group, target in _targets(service, task):
        if target_group in _balancer(service).target_groups:  # anyone who deleted it need not be told
            _balancer(service).deregister_targets(target_group, [target])
    mark_stopped(task, reason, code)


def mark_stopped(task, reason: str, code: str) -> None:
    """Ends a task, of a service or not. A second time changes nothing: the first reason is the true one."""
    if task.desired_status == "STOPPED":
        return
    task.last_status = task.desired_status = "STOPPED"
    task.stopped_reason, task.stop_code = reason, code
    task.stopping_at = task.stopped_at = utcnow()
    for container in task.containers:
        container.last_status = "STOPPED"
    if interface := detail(task, "networkInterfaceId"):
        ec2_backends[task._account_id][task.region_name].enis.pop(interface, None)


def detail(task, name: str) -> str | None:
    """A value of the task's network attachment, such as privateIPv4Address."""
    details = [entry for attachment in task.attachments for entry in attachment["details"]]
    return next((entry["value"] for entry in details if entry["name"] == name), None)


def _in_one_subnet(configuration: dict, position: int) -> dict:
    """moto always takes the first subnet: offer it the one whose turn it is."""
    given = configuration["awsvpcConfiguration"]
    subnet = given["subnets"][position % len(given["subnets"])]
    return {"awsvpcConfiguration": {**given, "subnets": [subnet]}}


def _mark_running(task) -> None:
    """moto would let a task run down as it is looked at; the task of a service runs until it is stopped."""
    task.last_status, task.health_status, task.connectivity = "RUNNING", "UNKNOWN", "CONNECTED"
    task.created_at = task.started_at = utcnow()
    interface, address = detail(task, "networkInterfaceId"), detail(task, "privateIPv4Address")
    for container in task.containers:
        container.last_status = "RUNNING"
        container.runtime_id = f"{task.id.replace('-', '')}-{mock_random.randint(10**9, 10**10 - 1)}"
        container.network_interfaces = [{"attachmentId": interface, "privateIpv4Address": address}]


def _targets(service, task) -> list[tuple[str, dict]]:
    """Where the task's address belongs: one target for each target group of the service."""
    address = detail(task, "privateIPv4Address")
    groups = [balancer for balancer in service.load_balancers if balancer.get("targetGroupArn")]
    return [(group["targetGroupArn"], {"Id": address, "Port": group["containerPort"]}) for group in groups]


def _balancer(service):
    return elbv2_backends[service._account_id][service.region_name]

"""What an ECS service is made of: tasks as it asks for them, and deployments[] that tell the truth about them.

Flow: every write to a service, and every look at it, ends in `settle`, which starts and stops tasks until the
service is as it asks to be. That is instant, where AWS takes minutes, except that a protected task holds a
deployment up, and that a test may order some seconds (pace.py).
"""

from moto.core.utils import utcnow
from moto.moto_api._internal import mock_random

from emulator import ecs_protection, ecs_tasks, pace


def settle(service) -> None:
    """Tasks as asked for, and a truthful report of it."""
    if not has_tasks(service):
        return
    primary = service.deployments[0]
    if pace.over("ecsDeploymentSeconds", service._account_id, primary["createdAt"]):
        _stop_surplus(service, [t for t in ecs_tasks.of_service(service) if t.started_by != primary["id"]], keep=0)
    _stop_surplus(service, ecs_tasks.of_service(service, primary["id"]), keep=service.desired_count)
    while len(ecs_tasks.of_service(service, primary["id"])) < service.desired_count:
        ecs_tasks.start(service, primary["id"])
    _report(service)


def has_tasks(service) -> bool:
    """Only Fargate services deployed by ECS itself; the others stay what moto makes of them."""
    ours = service.deployment_controller["type"] == "ECS" and service.launch_type == "FARGATE"
    return bool(ours and service.network_configuration and service.deployments and service.status == "ACTIVE")


def _stop_surplus(service, tasks: list, keep: int) -> None:
    """The youngest go first, the protected not at all."""
    surplus = max(0, len(tasks) - keep)
    for task in [t for t in reversed(tasks) if not ecs_protection.protected(t)][:surplus]:
        ecs_tasks.stop(service, task, "Scaling activity initiated by deployment " + task.started_by)


def _report(service) -> None:
    """An old deployment stays listed for as long as one of its tasks runs, and the new one is not complete."""
    counts = {d["id"]: len(ecs_tasks.of_service(service, d["id"])) for d in service.deployments}
    primary, *old = service.deployments
    service.deployments = [primary, *(d for d in old if counts[d["id"]])]
    primary["desiredCount"] = service.desired_count
    for deployment in service.deployments:
        deployment.update(runningCount=counts[deployment["id"]], pendingCount=0, updatedAt=utcnow())
    done = len(service.deployments) == 1
    primary["rolloutState"] = "COMPLETED" if done else "IN_PROGRESS"
    primary["rolloutStateReason"] = f"ECS deployment {primary['id']} {'completed' if done else 'in progress'}."
    service.running_count, service.pending_count = sum(counts.values()), 0
    report_cluster(service)


def report_cluster(service) -> None:
    backend = service._backend
    tasks = backend.tasks.get(service.cluster_name, {}).values()
    cluster = backend.clusters[service.cluster_name]
    cluster.running_tasks_count = sum(task.desired_status == "RUNNING" for task in tasks)
    cluster.pending_tasks_count = 0


def replacement(service) -> dict:
    """A new PRIMARY one, made of what the service says now."""
    return {
        "id": f"ecs-svc/{mock_random.randint(10**18, 10**19 - 1)}",
        "status": "PRIMARY",
        "createdAt": utcnow(),
        "failedTasks": 0,
        "launchType": service.launch_type,
        "platformFamily": "Linux",
        "platformVersion": "1.4.0",
        "networkConfiguration": service.network_configuration,
        "taskDefinition": service.task_definition,
    }

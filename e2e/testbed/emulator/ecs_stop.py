"""ecs:StopTask: stopping a task of a service is not enough, the service starts another one."""

from moto.ecs.exceptions import InvalidParameterException
from moto.ecs.models import EC2ContainerServiceBackend

from emulator import ecs_deployments, ecs_tasks
from emulator.patching import around


def install() -> None:
    around(EC2ContainerServiceBackend, "stop_task", _stop_task)


def _stop_task(_original, backend, cluster_str, task_str, reason):
    """A protected task is stopped as well: protection is against scale-in, not against people."""
    with ecs_tasks.LOCK:
        task = _find(backend, cluster_str, task_str)
        service = _service_of(backend, task)
        if service and task.desired_status == "RUNNING":
            ecs_tasks.stop(service, task, reason or "Task stopped by user", "UserInitiated")
            ecs_deployments.settle(service)
        else:
            ecs_tasks.mark_stopped(task, reason or "Task stopped by user", "UserInitiated")
        return task


def _find(backend, cluster_str: str, task_str: str):
    """moto answers an unknown task with a server error."""
    cluster = backend._get_cluster(cluster_str)
    for task in backend.tasks.get(cluster.name, {}).values():
        if task.id == task_str.split("/")[-1]:
            return task
    raise InvalidParameterException("The referenced task was not found.")


def _service_of(backend, task):
    kind, _, name = task.group.partition(":")
    return backend.services.get(f"{task.cluster_name}:{name}") if kind == "service" else None

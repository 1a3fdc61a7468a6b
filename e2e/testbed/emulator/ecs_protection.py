"""ecs:UpdateTaskProtection and GetTaskProtection: a protected task survives scale-in and deployments.

Firebreak must notice such a task: a service that was scaled to zero still runs it.
"""

import datetime

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.ecs.exceptions import InvalidParameterException
from moto.ecs.responses import EC2ContainerServiceResponse

from emulator import ecs_deployments, ecs_tasks

DEFAULT_MINUTES = 120


def install() -> None:
    EC2ContainerServiceResponse.update_task_protection = _update
    EC2ContainerServiceResponse.get_task_protection = _get


def protected(task) -> bool:
    """Until it is lifted, or has expired."""
    until = getattr(task, "protected_until", None)
    return bool(until and until > utcnow())


def _update(self) -> ActionResult:
    """Lifting a protection lets the service finish what it had put off."""
    with ecs_tasks.LOCK:
        found, failures = _lookup(self, self._get_param("tasks", []))
        minutes = self._get_param("expiresInMinutes") or DEFAULT_MINUTES
        wanted = self._get_param("protectionEnabled")
        until = utcnow() + datetime.timedelta(minutes=minutes) if wanted else None
        for task in found:
            task.protected_until = until
        answer = [_shown(task) for task in found]
        _settle_services(self, found)
        return ActionResult({"protectedTasks": answer, "failures": failures})


def _get(self) -> ActionResult:
    with ecs_tasks.LOCK:
        found, failures = _lookup(self, self._get_param("tasks", []) or _all_arns(self))
        return ActionResult({"protectedTasks": [_shown(task) for task in found], "failures": failures})


def _lookup(self, names: list[str]) -> tuple[list, list[dict]]:
    """Running tasks of services by id or ARN, and a failure for each of the others."""
    if not names and self._get_action() == "UpdateTaskProtection":
        raise InvalidParameterException("Tasks cannot be empty.")
    tasks = {task.id: task for task in _tasks(self)}
    found = [tasks[name.split("/")[-1]] for name in names if name.split("/")[-1] in tasks]
    fit = [task for task in found if task.group.startswith("service:") and task.desired_status == "RUNNING"]
    unfit = [{"arn": task.task_arn, "reason": "TASK_NOT_VALID"} for task in found if task not in fit]
    missing = [{"arn": name, "reason": "MISSING"} for name in names if name.split("/")[-1] not in tasks]
    return fit, unfit + missing


def _tasks(self) -> list:
    cluster = self.ecs_backend._get_cluster(self._get_param("cluster") or "default")
    return list(self.ecs_backend.tasks.get(cluster.name, {}).values())


def _all_arns(self) -> list[str]:
    return [task.task_arn for task in _tasks(self) if task.desired_status == "RUNNING"]


def _shown(task) -> dict:
    shown = {"taskArn": task.task_arn, "protectionEnabled": protected(task)}
    return {**shown, "expirationDate": task.protected_until} if protected(task) else shown


def _settle_services(self, tasks: list) -> None:
    for name in {task.group.removeprefix("service:") for task in tasks}:
        ecs_deployments.settle(self.ecs_backend._get_service(tasks[0].cluster_name, name))

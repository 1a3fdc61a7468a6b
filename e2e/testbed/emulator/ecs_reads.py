"""ListTasks, DescribeTasks and DescribeServices as AWS answers them: by service, by cluster, with what is missing.

moto lists the tasks of everybody whatever service is asked for, and forgets to say which task it did not find.
"""

from moto.ecs.models import EC2ContainerServiceBackend, Task
from moto.ecs.responses import EC2ContainerServiceResponse

from emulator import ecs_deployments, ecs_tasks
from emulator.patching import around


def install() -> None:
    around(EC2ContainerServiceBackend, "list_tasks", _list_tasks)
    around(EC2ContainerServiceBackend, "describe_tasks", _describe_tasks)
    around(EC2ContainerServiceBackend, "describe_services", _describe_services)
    around(EC2ContainerServiceResponse, "describe_tasks", _describe_tasks_answer)
    around(Task, "advance", lambda _original, _task: None)  # looking at a task does not wear it out


def _list_tasks(original, backend, cluster_str=None, container_instance=None, family=None, started_by=None,
                service_name=None, desired_status=None):
    """Without a status AWS lists what is meant to run."""
    cluster = backend._get_cluster(cluster_str or "default")
    _settle([service for service in backend.services.values() if service.cluster_name == cluster.name])
    found = original(backend, cluster_str, container_instance, None, started_by, None, desired_status or "RUNNING")
    group = service_name and f"service:{service_name.split('/')[-1]}"
    mine = (task for task in found if task.cluster_name == cluster.name)
    return [task for task in mine if group in (None, "", task.group) and family in (None, _family(task))]


def _family(task) -> str:
    return task.task_definition_arn.split("/")[-1].rpartition(":")[0]


def _describe_tasks(original, backend, cluster_str, names):
    cluster = backend._get_cluster(cluster_str)
    ids = {name.split("/")[-1] for name in names}
    found = original(backend, cluster_str, names)
    return [task for task in found if task.id in ids and task.cluster_name == cluster.name]


def _describe_tasks_answer(original, response):
    result = original(response)
    found = {task.id for task in result.result["tasks"]}
    missing = [name for name in response._get_param("tasks", []) if name.split("/")[-1] not in found]
    result.result["failures"] = [{"arn": name, "reason": "MISSING"} for name in missing]
    return result


def _describe_services(original, backend, *arguments):
    services, failures = original(backend, *arguments)
    _settle(services)
    return services, failures


def _settle(services: list) -> None:
    """Time may have passed since somebody looked last: a protection has expired, a deployment has had its time."""
    with ecs_tasks.LOCK:
        for service in services:
            ecs_deployments.settle(service)

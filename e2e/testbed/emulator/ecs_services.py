"""ECS services as AWS keeps them: what they were given stays, what they cannot be is refused, and their tasks follow.

A change of what a task is made of is a new deployment and replaces the tasks; a change of the count is neither.
"""

from moto.core.utils import utcnow
from moto.ecs.exceptions import ECSException, InvalidParameterException
from moto.ecs.models import EC2ContainerServiceBackend
from moto.ecs.responses import EC2ContainerServiceResponse

from emulator import ecs_tasks
from emulator.ecs_deployments import has_tasks, replacement, report_cluster, settle
from emulator.patching import around

REPLACES_TASKS = ("network_configuration", "task_definition", "load_balancers", "platform_version")
KEPT_FROM_CREATE = {
    "deploymentConfiguration": "deployment_configuration",
    "enableExecuteCommand": "enable_execute_command",
    "enableECSManagedTags": "enable_ecs_managed_tags",
    "healthCheckGracePeriodSeconds": "health_check_grace_period_seconds",
    "availabilityZoneRebalancing": "availability_zone_rebalancing",
}
DEPLOYMENT_DEFAULTS = {
    "deploymentCircuitBreaker": {"enable": False, "rollback": False},
    "maximumPercent": 200,
    "minimumHealthyPercent": 100,
    "strategy": "ROLLING",
    "bakeTimeInMinutes": 0,
}


def install() -> None:
    around(EC2ContainerServiceBackend, "create_service", _create_checked)
    around(EC2ContainerServiceResponse, "create_service", _create_settled)
    around(EC2ContainerServiceBackend, "update_service", _update)
    around(EC2ContainerServiceBackend, "delete_service", _delete)


def _create_checked(original, backend, cluster_str, service_name, *arguments, **named):
    """moto would put a second service in the place of the first."""
    cluster = backend._get_cluster(cluster_str)
    present = backend.services.get(f"{cluster.name}:{service_name}")
    if present and present.status == "ACTIVE":
        raise InvalidParameterException("Creation of service was not idempotent.")
    return original(backend, cluster_str, service_name, *arguments, **named)


def _create_settled(original, response):
    """moto drops some of what CreateService was given; keep it, then let the tasks run."""
    with ecs_tasks.LOCK:
        result = original(response)
        service = result.result["service"]
        for given, attribute in KEPT_FROM_CREATE.items():
            if (value := response._get_param(given)) is not None:
                setattr(service, attribute, value)
        _fill_defaults(service)
        if has_tasks(service):
            service.deployments = [replacement(service)]
        settle(service)
        return result


def _fill_defaults(service) -> None:
    """What AWS answers where the caller said nothing."""
    given = getattr(service, "deployment_configuration", None) or {}
    service.deployment_configuration = {**DEPLOYMENT_DEFAULTS, **given}
    service.created_at = utcnow()
    service.enable_execute_command = getattr(service, "enable_execute_command", False)
    if service.network_configuration:
        service.network_configuration["awsvpcConfiguration"].setdefault("assignPublicIp", "DISABLED")
    if service.launch_type == "FARGATE" and not service.platform_version:
        service.platform_version = "LATEST"


def _update(original, backend, properties):
    with ecs_tasks.LOCK:
        service = _active(backend, properties)
        before = _material(service)
        forced = properties.pop("force_new_deployment", False)
        _checked(backend, service, properties)
        original(backend, properties)
        if has_tasks(service) and (forced or _material(service) != before):
            service.deployments.insert(0, replacement(service))
            service.deployments[1]["status"] = "ACTIVE"
        settle(service)
        return service


def _active(backend, properties):
    service = backend._get_service(properties.get("cluster", "default"), properties["service"])
    if service.status != "ACTIVE":
        raise ECSException("ServiceNotActiveException", "Service was not ACTIVE.")
    return service


def _material(service) -> list:
    return [getattr(service, name) for name in REPLACES_TASKS]


def _checked(backend, service, properties: dict) -> None:
    """In place: what AWS would refuse is refused, a revision becomes its ARN, and a partial setting is merged."""
    if configuration := properties.get("network_configuration"):
        configuration["awsvpcConfiguration"].setdefault("assignPublicIp", "DISABLED")
        service._validate_network(configuration)
    if revision := properties.get("task_definition"):
        properties["task_definition"] = backend.describe_task_definition(revision).arn
    if deployment := properties.get("deployment_configuration"):
        properties["deployment_configuration"] = {**getattr(service, "deployment_configuration", {}), **deployment}
    _refuse(service, properties)


def _refuse(service, properties: dict) -> None:
    """A daemon service has no desired count; rebalancing needs room for one more task (ECS developer guide)."""
    if service.scheduling_strategy == "DAEMON" and properties.get("desired_count") is not None:
        raise InvalidParameterException("The daemon scheduling strategy does not support a desired count for services.")
    rebalancing = properties.get("availability_zone_rebalancing", getattr(service, "availability_zone_rebalancing", None))
    most = properties.get("deployment_configuration", {}).get("maximumPercent", 200)
    if rebalancing == "ENABLED" and most <= 100:
        raise InvalidParameterException("maximumPercent must be greater than 100 with Availability Zone rebalancing.")


def _delete(original, backend, *arguments, **named):
    """A deleted service takes its tasks with it, protected or not."""
    with ecs_tasks.LOCK:
        service = original(backend, *arguments, **named)
        for task in ecs_tasks.of_service(service):
            ecs_tasks.stop(service, task, "Service deleted")
        service.desired_count = service.running_count = 0
        service.deployments = []
        report_cluster(service)
        return service

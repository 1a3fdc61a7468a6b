"""Application Auto Scaling raises an ECS service to the minimum that RegisterScalableTarget is given.

So anyone who scales a service to zero and forgets the scalable target finds it running again; and anyone who restores
the target before the count does not get the count that they wrote.
"""

from moto.applicationautoscaling.models import ApplicationAutoscalingBackend
from moto.ecs.models import ecs_backends

from emulator.patching import around

NOT_SUSPENDED = {
    "DynamicScalingInSuspended": False,
    "DynamicScalingOutSuspended": False,
    "ScheduledScalingSuspended": False,
}


def install() -> None:
    around(ApplicationAutoscalingBackend, "register_scalable_target", _register)


def _register(original, backend, namespace, r_id, dimension, **settings):
    """A partial SuspendedState leaves the rest as it was, which moto replaces; AWS always shows all three."""
    known = backend.targets.get(dimension, {}).get(r_id)
    before = known.suspended_state if known else NOT_SUSPENDED
    settings["suspended_state"] = {**before, **(settings.get("suspended_state") or {})}
    target = original(backend, namespace, r_id, dimension, **settings)
    if namespace == "ecs" and dimension == "ecs:service:DesiredCount" and not _suspended(target):
        _raise_to_minimum(backend, target)
    return target


def _suspended(target) -> bool:
    return target.suspended_state["DynamicScalingOutSuspended"]


def _raise_to_minimum(backend, target) -> None:
    _, cluster, name = target.resource_id.split("/")
    ecs = ecs_backends[backend.account_id][backend.region_name]
    if ecs._get_service(cluster, name).desired_count < target.min_capacity:
        ecs.update_service({"cluster": cluster, "service": name, "desired_count": target.min_capacity})

"""elbv2:DeregisterTargets succeeds for a target that is not registered, as AWS documents; moto refuses it."""

from moto.elbv2.models import ELBv2Backend

from emulator.patching import around


def install() -> None:
    around(ELBv2Backend, "deregister_targets", _deregister)


def _deregister(original, backend, target_group_arn, instances):
    """The unknown ones are not passed on."""
    group = backend.target_groups.get(target_group_arn)
    known = [target for target in instances if not group or target["Id"] in group.targets]
    return original(backend, target_group_arn, known)

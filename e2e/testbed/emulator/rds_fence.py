"""rds:RebootDBInstance, its event, and changes of security groups.

moto takes a reboot and does nothing, and tells no event of it. Here an instance is `rebooting` for the time that was ordered
(pace.py), and then RDS-EVENT-0006 says that it was restarted. An instance that is not available is neither rebooted nor changed, and
a security group that does not exist is refused.
"""

import copy

from moto.core.utils import utcnow
from moto.ec2.models import ec2_backends
from moto.rds.exceptions import RDSClientError
from moto.rds.models import DBInstance, Event, RDSBackend

from emulator import pace
from emulator.patching import around

RESTARTED = "DB_INSTANCE_RESTARTED"


def install() -> None:
    Event.EVENT_MAP[RESTARTED] = {"Categories": ["availability"], "Message": "DB instance restarted"}
    around(RDSBackend, "describe_db_instances", _settled)
    around(RDSBackend, "describe_events", _told)
    around(RDSBackend, "modify_db_instance", _changed)
    RDSBackend.reboot_db_instance = _reboot


def _reboot(backend, db_instance_identifier: str) -> DBInstance:
    instance = _available(backend, db_instance_identifier)
    instance.status, instance.reboot = "rebooting", utcnow()
    return copy.copy(instance)


def _changed(original, backend, db_instance_identifier: str, db_kwargs: dict) -> DBInstance:
    _available(backend, db_instance_identifier)
    ec2 = ec2_backends[backend.account_id][backend.region_name]
    for group in db_kwargs.get("vpc_security_group_ids") or []:
        if not ec2.get_security_group_from_id(group):
            raise RDSClientError("InvalidParameterValue", f"Invalid security group: {group}")
    return original(backend, db_instance_identifier, db_kwargs)


def _available(backend, name: str) -> DBInstance:
    (instance,) = backend.describe_db_instances(name)
    if instance.status != "available":
        raise RDSClientError("InvalidDBInstanceState", f"Instance {name} is not in available state.")
    return instance


def _settled(original, backend, *asked, **named) -> list[DBInstance]:
    """Every answer is of an instance as it is by now."""
    found = original(backend, *asked, **named)
    for instance in found:
        _settle(backend, instance)
    return found


def _settle(backend, instance: DBInstance) -> None:
    began = getattr(instance, "reboot", None)
    if began and pace.over("rdsRebootSeconds", backend.account_id, began):
        instance.reboot, instance.status = None, "available"
        instance.add_event(RESTARTED)


def _told(original, backend, *asked, **named) -> list[Event]:
    """What has ended by now is among the events."""
    for instance in list(backend.databases.values()):
        _settle(backend, instance)
    return original(backend, *asked, **named)

"""rds:PromoteReadReplica, and instances that can be told apart.

moto gives every instance the same DbiResourceId, never clears what a promoted replica replicates from, does not keep the
retention that it is given, leaves a replica in the VPC of its source, takes a second promotion, and answers HTTP 500 for an instance that does not exist. Here an
instance has an id of its own; a promotion takes the time that was ordered (pace.py), during which the instance is `modifying`;
then it is a writer, which its source no longer lists. What is not an available replica is refused.
"""

import copy
import random
import string

from moto.core.utils import utcnow
from moto.ec2.models import ec2_backends
from moto.rds.exceptions import DBInstanceNotFoundError, InvalidParameterValue, RDSClientError
from moto.rds.models import DBInstance, RDSBackend

from emulator import pace
from emulator.patching import around

LONGEST_RETENTION = 35


def install() -> None:
    around(RDSBackend, "create_db_instance", _named)
    around(RDSBackend, "create_db_instance_read_replica", _replicating)
    around(RDSBackend, "describe_db_instances", _settled)
    RDSBackend.promote_read_replica = _promote


def _named(original, backend, *asked, **named) -> DBInstance:
    return _with_own_id(original(backend, *asked, **named))


def _replicating(original, backend, db_kwargs: dict) -> DBInstance:
    """moto copies the source with all that the copy must not share, the VPC of the source's region among it."""
    replica = _with_own_id(original(backend, db_kwargs))
    replica.tags = copy.copy(replica.tags)
    replica.backend = backend
    subnets = db_kwargs.get("db_subnet_group_name")
    if subnets:
        replica.db_subnet_group_name = subnets
        ec2 = ec2_backends[backend.account_id][backend.region_name]
        default = ec2.get_default_security_group(replica.db_subnet_group.vpc_id).id
        replica.vpc_security_group_ids = list(db_kwargs.get("vpc_security_group_ids") or [default])
    else:
        replica.vpc_security_group_ids = copy.copy(replica.vpc_security_group_ids)
    return replica


def _with_own_id(instance: DBInstance) -> DBInstance:
    letters = random.choices(string.ascii_uppercase + string.digits, k=26)
    instance.dbi_resource_id = f"db-{''.join(letters)}"
    return instance


def _promote(backend, asked: dict) -> DBInstance:
    name, retention = asked["db_instance_identifier"], int(asked.get("backup_retention_period") or 1)
    if name not in backend.databases:
        raise DBInstanceNotFoundError(name)
    (instance,) = backend.describe_db_instances(name)
    if not 0 <= retention <= LONGEST_RETENTION:
        raise InvalidParameterValue(f"Invalid backup retention period: {retention}.")
    if not instance.is_replica:
        raise RDSClientError("InvalidDBInstanceState", f"DB Instance {name} is not a read replica.")
    if instance.status != "available":
        raise RDSClientError("InvalidDBInstanceState", f"Instance {name} is not in available state.")
    instance.status, instance.promotion = "modifying", (utcnow(), retention)
    return copy.copy(instance)


def _settled(original, backend, *asked, **named) -> list[DBInstance]:
    """Every answer is of an instance as it is by now."""
    found = original(backend, *asked, **named)
    for instance in found:
        _settle(backend, instance)
    return found


def _settle(backend, instance: DBInstance) -> None:
    began, retention = getattr(instance, "promotion", None) or (None, 0)
    if not began or not pace.over("rdsPromotionSeconds", backend.account_id, began):
        return
    instance.promotion = None
    _unlist(backend, instance)
    instance.source_db_instance_identifier, instance.is_replica = None, False
    instance.backup_retention_period, instance.status = retention, "available"


def _unlist(backend, instance: DBInstance) -> None:
    """The source may be gone, or in a region that nobody reaches."""
    try:
        source = backend.find_db_from_id(instance.source_db_instance_identifier)
    except DBInstanceNotFoundError:
        return
    names = (instance.db_instance_identifier, instance.db_instance_arn)
    source.replicas = [name for name in source.replicas if name not in names]

"""What a failover could touch, in both regions: counts, floors, who is a writer, and where traffic goes."""

from seeding.access import administrator
from snapshots import workload
from snapshots.compare import canonical


def snapshot(world: dict, regions: dict) -> dict:
    """By region; the run store is left out, because every look at a plan may write there."""
    names = (world["region"], regions["standby"])
    clients = {name: administrator(world["endpoint"], world["accountId"], name) for name in names}
    found = {name: _region(each) for name, each in clients.items()}
    switch = clients[regions["standby"]]("s3").list_objects_v2(Bucket=regions["switchBucket"])
    return canonical(found | {"switch": [each["Key"] for each in switch.get("Contents", [])]})


def _region(clients) -> dict:
    services = workload.services(clients("ecs"), identities=False)
    counts = {arn.rsplit("/", 1)[-1]: service["desiredCount"] for arn, service in services.items()}
    databases = clients("rds").describe_db_instances()["DBInstances"]
    return {"counts": counts, "scalableTargets": workload.scalable_targets(clients("application-autoscaling")),
            "sources": {each["DBInstanceIdentifier"]: each.get("ReadReplicaSourceDBInstanceIdentifier", "") for each in databases}}

"""A second region beside the seeded one: the same service there with less of it, a database with a replica, and the buckets of a
FailoverPlan."""

import datetime

from botocore.exceptions import ClientError
from seeding import network, storage, workload
from seeding.access import administrator

STANDBY = "us-west-2"
DATABASE, REPLICA = "orders", "orders-west"
SWITCH_KEY = "west-is-active"
HOUR = 60  # minutes


def seed(world: dict) -> dict:
    """What is in both regions, under the words that the tests use for it; beside what `world.seed` made in the first one."""
    endpoint, account, primary = world["endpoint"], world["accountId"], world["region"]
    east, west = administrator(endpoint, account, primary), administrator(endpoint, account, STANDBY)
    net = network.seed(west)
    workload.serve(west, net, world, count=1)
    _database(east("rds"))
    replicate(east, west, DATABASE, REPLICA)
    runs = {word: _bucket(clients, "runs", versioned=True) for word, clients in (("primary", east), ("standby", west))}
    return {"standby": STANDBY, "targetGroups": {"primary": world["targetGroupArn"], "standby": net["targetGroupArn"]},
            "runBuckets": runs, "switchBucket": _bucket(west, "switch"), "switchKey": SWITCH_KEY,
            "databases": {"primary": DATABASE, "standby": REPLICA}}


def _database(rds) -> None:
    rds.create_db_instance(DBInstanceIdentifier=DATABASE, Engine="postgres", DBInstanceClass="db.t4g.medium", AllocatedStorage=20,
                           MasterUsername="shop", MasterUserPassword="correct-horse-battery", BackupRetentionPeriod=7)


def replicate(source, target, database: str, replica: str) -> None:
    """A read replica in another region, which follows closely; what had its name goes first."""
    rds = target("rds")
    try:
        rds.delete_db_instance(DBInstanceIdentifier=replica, SkipFinalSnapshot=True)
    except ClientError as error:
        if "NotFound" not in error.response["Error"]["Code"]:
            raise
    arn = f"arn:aws:rds:{source.region}:{source.account}:db:{database}"
    rds.create_db_instance_read_replica(DBInstanceIdentifier=replica, SourceDBInstanceIdentifier=arn, SourceRegion=source.region)
    lags(target, replica, 0)


def lags(clients, replica: str, seconds: int) -> None:
    """As CloudWatch would say each minute from an hour ago; those to come too, because nobody else writes them here."""
    now = datetime.datetime.now(datetime.UTC)
    points = [{"MetricName": "ReplicaLag", "Dimensions": [{"Name": "DBInstanceIdentifier", "Value": replica}],
               "Timestamp": now + datetime.timedelta(minutes=minute), "Value": seconds, "Unit": "Seconds"}
              for minute in range(-HOUR, HOUR)]
    clients("cloudwatch").put_metric_data(Namespace="AWS/RDS", MetricData=points)


def _bucket(clients, purpose: str, versioned: bool = False) -> str:
    """With a name that the policies of examples/permissions expect."""
    name, s3 = f"firebreak-{purpose}-{clients.account}-{clients.region}", clients("s3")
    storage.bucket(clients, name)
    if versioned:
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name

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
    _database(east("rds"), world)
    subnets = _subnets(west("rds"), net)
    replicate(east, west, DATABASE, REPLICA, subnets)
    runs = {word: _bucket(clients, "runs", versioned=True) for word, clients in (("primary", east), ("standby", west))}
    return {"standby": STANDBY, "targetGroups": {"primary": world["targetGroupArn"], "standby": net["targetGroupArn"]},
            "runBuckets": runs, "switchBucket": _bucket(west, "switch"), "switchKey": SWITCH_KEY,
            "databases": {"primary": DATABASE, "standby": REPLICA},
            "fences": {"primary": world["quarantineSecurityGroup"], "standby": net["quarantineSecurityGroup"]}}


def _database(rds, net: dict) -> None:
    """Among its service's neighbours, which alone may connect to it."""
    rds.create_db_instance(DBSubnetGroupName=_subnets(rds, net), VpcSecurityGroupIds=[net["neighbourSecurityGroup"]],
                           DBInstanceIdentifier=DATABASE, Engine="postgres", DBInstanceClass="db.t4g.medium", AllocatedStorage=20,
                           MasterUsername="shop", MasterUserPassword="correct-horse-battery", BackupRetentionPeriod=7)


def _subnets(rds, net: dict) -> str:
    made = rds.create_db_subnet_group(DBSubnetGroupName="shop", DBSubnetGroupDescription="of the shop", SubnetIds=net["subnetIds"])
    return made["DBSubnetGroup"]["DBSubnetGroupName"]


def replicate(source, target, database: str, replica: str, subnets: str = "shop") -> None:
    """A read replica in another region, which follows closely; what had its name goes first."""
    rds = target("rds")
    try:
        rds.delete_db_instance(DBInstanceIdentifier=replica, SkipFinalSnapshot=True)
    except ClientError as error:
        if "NotFound" not in error.response["Error"]["Code"]:
            raise
    arn = f"arn:aws:rds:{source.region}:{source.account}:db:{database}"
    rds.create_db_instance_read_replica(DBInstanceIdentifier=replica, SourceDBInstanceIdentifier=arn, SourceRegion=source.region,
                                           DBSubnetGroupName=subnets)
    lags(target, replica, 0)


def lags(clients, replica: str, seconds: int) -> None:
    """As CloudWatch would say each minute from an hour ago; those to come too, because nobody else writes them here."""
    _each_minute(clients, "ReplicaLag", replica, lambda _: seconds)


def connects(clients, database: str, now: int, soon: int) -> None:
    """How many clients are connected to a database: up to now, and in every whole minute from now on."""
    _each_minute(clients, "DatabaseConnections", database, lambda minute: now if minute <= 0 else soon)


def _each_minute(clients, metric: str, database: str, value) -> None:
    now = datetime.datetime.now(datetime.UTC)
    points = [{"MetricName": metric, "Dimensions": [{"Name": "DBInstanceIdentifier", "Value": database}],
               "Timestamp": now + datetime.timedelta(minutes=minute), "Value": value(minute)}
              for minute in range(-HOUR, HOUR)]
    clients("cloudwatch").put_metric_data(Namespace="AWS/RDS", MetricData=points)


def _bucket(clients, purpose: str, versioned: bool = False) -> str:
    """With a name that the policies of examples/permissions expect."""
    name, s3 = f"firebreak-{purpose}-{clients.account}-{clients.region}", clients("s3")
    storage.bucket(clients, name)
    if versioned:
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name

"""Two regions of one account, for failovers: a database with a read replica in the other region, a service behind a load
balancer in each, and a bucket each for the records of runs and for the object that a health check reads.

The primary region is that of a seeded world, whose roles and network it takes; the standby gets a network of its own.
"""

import datetime

from seeding import network, storage, workload
from seeding.access import Clients, administrator

STANDBY = "us-west-2"
CLUSTER, SERVICE = "shop", "web"
DATABASE, REPLICA = "orders", "orders-replica"
SWITCH_KEY = "shop/active"
ALARM = "shop-errors"


def seed(world: dict, standby: str = STANDBY, counts: tuple[int, int] = (3, 1)) -> dict:
    """Adds to a seeded world; names and ARNs of each region under `primary` and `standby`."""
    regions = {"primary": world["region"], "standby": standby}
    clients = {side: administrator(world["endpoint"], world["accountId"], region) for side, region in regions.items()}
    networks = {"primary": world, "standby": network.seed(clients["standby"])}
    made = {side: _region(clients[side], networks[side], world, count)
            for side, count in zip(regions, counts, strict=True)}
    databases = _databases(clients["primary"], clients["standby"])
    return {side: made[side] | databases[side] for side in regions}


def lag(world: dict, region: str, seconds: float, instance: str = REPLICA) -> None:
    """As RDS tells CloudWatch once a minute: for the last whole minutes, in which the latest datapoint is looked for."""
    clients = administrator(world["endpoint"], world["accountId"], region)
    now = datetime.datetime.now(datetime.timezone.utc)
    of = [{"Name": "DBInstanceIdentifier", "Value": instance}]
    data = [{"MetricName": "ReplicaLag", "Value": seconds, "Dimensions": of,
             "Timestamp": now - datetime.timedelta(minutes=minutes)} for minutes in (0, 1, 2)]
    clients("cloudwatch").put_metric_data(Namespace="AWS/RDS", MetricData=data)


def _region(clients: Clients, net: dict, world: dict, count: int) -> dict:
    ecs, suffix = clients("ecs"), f"{clients.account}-{clients.region}"
    ecs.create_cluster(clusterName=CLUSTER)
    definition = workload.task_definition(ecs, SERVICE, world["taskRoleArn"], world["executionRoleArn"])
    group = _target_group(clients, net)
    arn = workload.service(ecs, SERVICE, definition, count, net, net["serviceSecurityGroup"],
                           workload.behind_balancer({"targetGroupArn": group}), CLUSTER)
    workload.scaled_between(clients("application-autoscaling"), count, 10, CLUSTER, SERVICE)
    buckets = {"runBucket": f"firebreak-runs-{suffix}", "switchBucket": f"firebreak-switch-{suffix}"}
    for name in buckets.values():
        storage.bucket(clients, name)
    _alarm(clients("cloudwatch"))
    return {"region": clients.region, "cluster": CLUSTER, "service": SERVICE, "serviceArn": arn, "targetGroupArn": group,
            "switchKey": SWITCH_KEY, "alarm": ALARM, **buckets}


def _target_group(clients: Clients, net: dict) -> str:
    """Behind a rule of the load balancer that is there."""
    elbv2 = clients("elbv2")
    (group,) = elbv2.create_target_group(Name="shop", Protocol="HTTP", Port=network.SERVICE_PORT, VpcId=net["vpcId"],
                                         TargetType="ip", HealthCheckPath="/health")["TargetGroups"]
    elbv2.create_rule(ListenerArn=net["listenerArn"], Priority=10,
                      Conditions=[{"Field": "host-header", "Values": ["shop.example.com"]}],
                      Actions=[{"Type": "forward", "TargetGroupArn": group["TargetGroupArn"]}])
    return group["TargetGroupArn"]


def _alarm(cloudwatch) -> None:
    cloudwatch.put_metric_alarm(
        AlarmName=ALARM, Namespace="Shop", MetricName="Errors", Statistic="Sum", Period=60, EvaluationPeriods=1,
        Threshold=1, ComparisonOperator="GreaterThanThreshold")
    cloudwatch.set_alarm_state(AlarmName=ALARM, StateValue="OK", StateReason="seeded")


def _databases(primary: Clients, standby: Clients) -> dict:
    """The writer in the primary region, and the replica that follows it from the standby one."""
    writer = primary("rds").create_db_instance(
        DBInstanceIdentifier=DATABASE, DBInstanceClass="db.t4g.medium", Engine="postgres", AllocatedStorage=20,
        MasterUsername="shop", MasterUserPassword="correct-horse-battery", BackupRetentionPeriod=7)["DBInstance"]
    replica = standby("rds").create_db_instance_read_replica(
        DBInstanceIdentifier=REPLICA, SourceDBInstanceIdentifier=writer["DBInstanceArn"],
        SourceRegion=primary.region)["DBInstance"]
    return {side: {"database": one["DBInstanceIdentifier"], "databaseArn": one["DBInstanceArn"],
                   "databaseResourceId": one["DbiResourceId"]}
            for side, one in (("primary", writer), ("standby", replica))}

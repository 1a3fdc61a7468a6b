"""The emulator's RDS, through boto3: instances that can be told apart, and promotions that take their time and end."""

import pytest
from botocore.exceptions import ClientError
from control import eventually
from seeding import regions as two_regions
from seeding.access import administrator


@pytest.fixture
def regions(world) -> dict:
    """Region and database of each side."""
    there = two_regions.seed(world)
    names = {"primary": world["region"], "standby": there["standby"]}
    return {side: {"region": region, "database": there["databases"][side]} for side, region in names.items()}


@pytest.fixture
def rds(world, regions):
    """`rds("standby")` is a client there."""
    return lambda side: administrator(world["endpoint"], world["accountId"], regions[side]["region"])("rds")


def instance(rds, regions, side: str) -> dict:
    return rds(side).describe_db_instances(DBInstanceIdentifier=regions[side]["database"])["DBInstances"][0]


def promote(rds, regions, side: str = "standby", **more) -> dict:
    return rds(side).promote_read_replica(DBInstanceIdentifier=regions[side]["database"], **more)["DBInstance"]


def refused(code: str, call, *given, **more) -> None:
    with pytest.raises(ClientError) as failure:
        call(*given, **more)
    assert failure.value.response["Error"]["Code"] == code


def test_a_replica_is_an_instance_of_its_own_and_names_its_source(rds, regions):
    writer, replica = (instance(rds, regions, side) for side in ("primary", "standby"))
    assert writer["DbiResourceId"] != replica["DbiResourceId"]
    assert replica["ReadReplicaSourceDBInstanceIdentifier"] == writer["DBInstanceArn"]
    assert writer["ReadReplicaDBInstanceIdentifiers"] == [replica["DBInstanceArn"]]


def test_a_promoted_replica_is_a_writer_and_the_same_instance(rds, regions):
    before = instance(rds, regions, "standby")
    assert promote(rds, regions, BackupRetentionPeriod=14)["DBInstanceStatus"] == "modifying"
    after = instance(rds, regions, "standby")
    assert after["DBInstanceStatus"] == "available" and after["BackupRetentionPeriod"] == 14
    assert "ReadReplicaSourceDBInstanceIdentifier" not in after
    assert after["DbiResourceId"] == before["DbiResourceId"]
    assert instance(rds, regions, "primary")["ReadReplicaDBInstanceIdentifiers"] == []


def test_a_promotion_takes_the_time_that_was_ordered(rds, regions, world, control):
    control.promotion_pace(world["accountId"], 1)
    promote(rds, regions)
    during = instance(rds, regions, "standby")
    assert during["DBInstanceStatus"] == "modifying" and during["ReadReplicaSourceDBInstanceIdentifier"]
    refused("InvalidDBInstanceState", promote, rds, regions)
    eventually(lambda: instance(rds, regions, "standby")["DBInstanceStatus"] == "available")


def test_only_a_replica_can_be_promoted(rds, regions):
    refused("InvalidDBInstanceState", promote, rds, regions, "primary")
    refused("DBInstanceNotFound", rds("standby").promote_read_replica, DBInstanceIdentifier="none")
    refused("InvalidParameterValue", promote, rds, regions, BackupRetentionPeriod=36)
    promote(rds, regions)
    assert instance(rds, regions, "standby")["DBInstanceStatus"] == "available"
    refused("InvalidDBInstanceState", promote, rds, regions)


def test_a_source_that_is_gone_keeps_no_replica_from_being_promoted(rds, regions):
    rds("primary").delete_db_instance(DBInstanceIdentifier=regions["primary"]["database"], SkipFinalSnapshot=True)
    promote(rds, regions)
    assert not instance(rds, regions, "standby").get("ReadReplicaSourceDBInstanceIdentifier")


def reboot(rds, regions, side: str = "primary") -> str:
    return rds(side).reboot_db_instance(DBInstanceIdentifier=regions[side]["database"])["DBInstance"]["DBInstanceStatus"]


def restarts(rds, regions, side: str = "primary") -> list[str]:
    told = rds(side).describe_events(SourceType="db-instance", SourceIdentifier=regions[side]["database"], Duration=1440,
                                     EventCategories=["availability"])["Events"]
    return [event["Message"] for event in told if "restarted" in event["Message"]]


def test_a_reboot_takes_the_time_that_was_ordered_and_is_told_in_an_event(rds, regions, world, control):
    control.reboot_pace(world["accountId"], 2)
    assert restarts(rds, regions) == []
    assert reboot(rds, regions) == "rebooting"
    refused("InvalidDBInstanceState", reboot, rds, regions)
    eventually(lambda: restarts(rds, regions) == ["DB instance restarted"])
    assert instance(rds, regions, "primary")["DBInstanceStatus"] == "available"


def test_an_instance_lies_in_a_vpc_and_takes_a_group_that_exists(rds, regions, world):
    before = instance(rds, regions, "primary")
    assert before["DBSubnetGroup"]["VpcId"] == world["vpcId"]
    swap = rds("primary").modify_db_instance
    refused("InvalidParameterValue", swap, DBInstanceIdentifier=before["DBInstanceIdentifier"], ApplyImmediately=True,
            VpcSecurityGroupIds=["sg-00000000"])
    swap(DBInstanceIdentifier=before["DBInstanceIdentifier"], ApplyImmediately=True,
         VpcSecurityGroupIds=[world["quarantineSecurityGroup"]])
    groups = instance(rds, regions, "primary")["VpcSecurityGroups"]
    assert [(one["VpcSecurityGroupId"], one["Status"]) for one in groups] == [(world["quarantineSecurityGroup"], "active")]

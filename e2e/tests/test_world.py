"""The seeded world, and its snapshots: equal when nothing changed, and exact about what did."""

import json

import world as worlds
from seeding import regions
from seeding.access import administrator
from snapshots import regions as shown


def snapshot(world, **options) -> dict:
    return worlds.snapshot(world["endpoint"], world["accountId"], world["region"], **options)


def deny(aws, world) -> None:
    aws("iam").attach_role_policy(RoleName=world["taskRoleName"], PolicyArn=world["denyAllPolicyArn"])


def test_two_snapshots_of_one_world_are_equal(world):
    before, after = snapshot(world), snapshot(world)
    assert worlds.diff(before, after) == {}
    assert json.loads(json.dumps(before)) == before


def test_a_change_is_named_by_its_path_and_nothing_else_is(world, aws):
    before = snapshot(world)
    deny(aws, world)
    (path, (old, new)), = worlds.diff(before, snapshot(world)).items()
    assert path == "roles.payments-task.attached"
    assert set(new) - set(old) == {world["denyAllPolicyArn"]}


def test_an_undone_change_leaves_no_trace(world, aws):
    before = snapshot(world)
    deny(aws, world)
    aws("iam").detach_role_policy(RoleName=world["taskRoleName"], PolicyArn=world["denyAllPolicyArn"])
    assert worlds.diff(before, snapshot(world)) == {}


def test_new_tasks_of_an_unchanged_service_differ_only_in_what_is_given_by_chance(world, aws):
    exact, loose = snapshot(world), snapshot(world, identities=False)
    aws("ecs").update_service(cluster=world["cluster"], service=world["service"], forceNewDeployment=True)
    assert worlds.diff(exact, snapshot(world))
    assert worlds.diff(loose, snapshot(world, identities=False)) == {}


def test_a_second_region_follows_the_first_one_and_the_other_way_round(world):
    there = regions.seed(world)
    before = shown.snapshot(world, there)
    assert before[regions.STANDBY]["sources"][regions.REPLICA].endswith(f":db:{regions.DATABASE}")
    east, west = (administrator(world["endpoint"], world["accountId"], region) for region in (world["region"], regions.STANDBY))
    west("rds").promote_read_replica(DBInstanceIdentifier=regions.REPLICA)
    regions.replicate(west, east, regions.REPLICA, regions.DATABASE)
    after = shown.snapshot(world, there)
    assert after[world["region"]]["sources"][regions.DATABASE].endswith(f":{regions.STANDBY}:{world['accountId']}:db:{regions.REPLICA}")
    assert after[regions.STANDBY]["sources"] == {regions.REPLICA: ""}


def test_a_snapshot_never_shows_the_secret(world):
    assert world["secretValue"] not in json.dumps(snapshot(world))

"""The seeded world, and its snapshots: equal when nothing changed, and exact about what did."""

import json

import world as worlds


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


def test_a_snapshot_never_shows_the_secret(world):
    assert world["secretValue"] not in json.dumps(snapshot(world))

"""An EC2 instance is cut off and put back, end to end: real API server, real operator, the emulator as AWS."""

import pytest
import stories
from control import eventually

pytest_plugins = ["story_fixtures"]


def isolated(world: dict, **more) -> dict:
    groups = {"isolationSecurityGroupId": world["quarantineSecurityGroup"],
              "untrackSecurityGroupId": world["untrackSecurityGroup"]}
    return {"ec2Instance": {"instanceId": world["instanceId"], "method": "Isolate", **groups, **more}}


def stopped(world: dict, **more) -> dict:
    return {"ec2Instance": {"instanceId": world["instanceId"], "method": "Stop", **more}}


def roots(changes: dict, world: dict) -> set[str]:
    """Of which things something differs, and whose they are."""
    own = {each["NetworkInterfaceId"] for each in world["interfaces"]}
    names = {world["instanceId"]: "INSTANCE", world["neighbourInstanceId"]: "NEIGHBOUR",
             world["autoScalingGroup"]: "GROUP"} | dict.fromkeys(own, "INTERFACE")
    found = set()
    for path in changes:
        kind, _, rest = path.partition(".")
        found.add(next((f"{kind} {word}" for name, word in names.items() if rest.startswith(name)), path))
    return found


def interfaces(story) -> list[dict]:
    mine = [{"Name": "attachment.instance-id", "Values": [story.world["instanceId"]]}]
    return story.aws("ec2").describe_network_interfaces(Filters=mine)["NetworkInterfaces"]


def groups(story) -> list[list[str]]:
    return [[group["GroupId"] for group in each["Groups"]] for each in interfaces(story)]


def snapshots(story) -> list[dict]:
    tagged = [{"Name": "tag:firebreak.dev/instance", "Values": [story.world["instanceId"]]}]
    return story.aws("ec2").describe_snapshots(Filters=tagged, OwnerIds=["self"])["Snapshots"]


METHODS = {
    isolated: {"instances INSTANCE", "interfaces INTERFACE", "autoScalingGroups GROUP"},
    stopped: {"instances INSTANCE", "autoScalingGroups GROUP"},
}


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.__name__)
def test_an_instance_is_cut_off_in_its_own_fields_only_and_put_back_exactly(staging, method):
    story, before = staging, staging.snapshot(identities=False)
    known = story.world | {"interfaces": interfaces(story)}
    request = story.asks(method(story.world)).approved().is_contained()
    assert roots(story.differs(before, identities=False), known) == METHODS[method]
    request.released(restore=("InstanceProfile",)).approved(action="Release").is_released()
    story.becomes(before)
    assert story.holds() == []


def test_every_interface_passes_through_the_open_group_into_the_dark_one(staging):
    story = staging
    story.asks(isolated(story.world)).approved().is_contained()
    assert groups(story) == [[story.world["quarantineSecurityGroup"]]] * 2
    assert len(story.writes(action="ModifyNetworkInterfaceAttribute")) == 4  # two phases for each; a dry run writes nothing


def test_a_branch_interface_is_cut_off_and_put_back_with_the_instance(staging):
    """A pod's interface, which hangs on the trunk of its node and is attached to nothing."""
    story, ec2 = staging, staging.aws("ec2")
    (trunk,) = ec2.describe_network_interfaces(NetworkInterfaceIds=[story.world["secondInterface"]])["NetworkInterfaces"]
    own = [story.world["bastionSecurityGroup"]]
    branch = ec2.create_network_interface(SubnetId=trunk["SubnetId"], Groups=own)["NetworkInterface"]["NetworkInterfaceId"]
    ec2.associate_trunk_interface(BranchInterfaceId=branch, TrunkInterfaceId=trunk["NetworkInterfaceId"])

    def branch_groups():
        (found,) = ec2.describe_network_interfaces(NetworkInterfaceIds=[branch])["NetworkInterfaces"]
        return [group["GroupId"] for group in found["Groups"]]

    request = story.asks(isolated(story.world)).approved().is_contained()
    assert branch_groups() == [story.world["quarantineSecurityGroup"]]
    request.released(restore=("InstanceProfile",)).approved(action="Release").is_released()
    assert branch_groups() == own


def test_the_snapshots_are_taken_first_carry_the_run_and_stay_after_the_release(staging):
    story = staging
    request = story.asks(isolated(story.world)).approved().is_contained()
    assert story.writes()[0]["action"] == "CreateSnapshots"
    taken = snapshots(story)
    assert len(taken) == 1
    request.released(restore=("InstanceProfile",)).approved(action="Release").is_released()
    assert [each["SnapshotId"] for each in snapshots(story)] == [each["SnapshotId"] for each in taken]


def test_the_instance_profile_comes_back_only_on_explicit_word(staging):
    story = staging
    request = story.asks(isolated(story.world)).approved().is_contained()
    request.released().approved(action="Release").says("Released", "False", "RestoreWithheld", "InstanceProfile")
    assert groups(story) != [[story.world["quarantineSecurityGroup"]]] * 2
    (instance,) = story.aws("ec2").describe_instances(
        InstanceIds=[story.world["instanceId"]])["Reservations"][0]["Instances"]
    assert "IamInstanceProfile" not in instance


def test_an_instance_stands_by_in_its_group_and_the_minimum_is_kept(staging):
    story = staging
    story.asks(isolated(story.world)).approved().is_contained()
    group = story.snapshot()["autoScalingGroups"][story.world["autoScalingGroup"]]
    assert group["sizes"] == [1, 1, 3]
    assert group["instances"] == {story.world["instanceId"]: "Standby", story.world["neighbourInstanceId"]: "InService"}


def test_somebody_who_takes_an_interface_out_again_is_found_out(staging):
    story = staging
    request = story.asks(isolated(story.world)).approved().is_contained()
    story.aws("ec2").modify_network_interface_attribute(
        NetworkInterfaceId=story.world["secondInterface"], Groups=[story.world["bastionSecurityGroup"]])
    request.says("InSync", "True", "DriftReasserted")
    eventually(lambda: groups(story) == [[story.world["quarantineSecurityGroup"]]] * 2, stories.PATIENCE, 0.5)


def test_what_loses_memory_waits_for_people_even_where_the_rest_may_run_at_once(staging):
    story = staging
    request = story.asks(stopped(story.world), severity="Critical")
    request.plan()
    assert not story.writes(action="StopInstances")
    request.approved().is_contained()
    assert story.writes(action="StopInstances")


def test_the_examples_are_contained_and_released(staging, example):
    story, before = staging, staging.snapshot(identities=False)
    ids = {"instanceId": "instanceId", "isolationSecurityGroupId": "quarantineSecurityGroup",
           "untrackSecurityGroupId": "untrackSecurityGroup"}
    for name in ("quarantine", "stop"):
        spec = example(f"quarantine-an-instance/{name}.yaml")["spec"] | {"accountRef": {"name": story.account}}
        target = spec["target"]["ec2Instance"]
        target |= {field: story.world[word] for field, word in ids.items() if field in target}
        spec["severity"] = "High"
        request = story.asks(**spec).approved().is_contained()
        request.released(restore=("InstanceProfile",)).approved(action="Release").is_released()
        story.becomes(before)


@pytest.mark.parametrize("wrong, reason, said", [
    ({"instanceId": "i-0123456789abcdef0"}, "TargetNotFound", "there is no instance"),
    ({"isolationSecurityGroupId": "sg-0123456789abcdef0"}, "InvalidTarget", "does not exist"),
])
def test_what_does_not_exist_is_named(development, wrong, reason, said):
    development.asks(isolated(development.world, **wrong)).says("Ready", "False", reason, said)
    assert development.writes() == []


def test_a_quarantine_group_with_rules_is_refused(development):
    story = development
    target = isolated(story.world, isolationSecurityGroupId=story.world["albSecurityGroup"])
    story.asks(target).says("Ready", "False", "InvalidTarget", "rule")
    assert story.writes() == []


def test_an_untrack_group_that_does_not_let_everything_through_is_refused(development):
    story = development
    target = isolated(story.world, untrackSecurityGroupId=story.world["albSecurityGroup"])
    story.asks(target).says("Ready", "False", "InvalidTarget", "would stay tracked")
    assert story.writes() == []

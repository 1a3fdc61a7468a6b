"""Many contained roles of one account are looked at together: one batch read instead of a read each."""

import json

import stories
from control import eventually

pytest_plugins = ["story_fixtures"]

CROWD = 24
TRUST = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}]}


def crowd(story) -> list[str]:
    names = [f"leak-{number}" for number in range(CROWD)]
    for name in names:
        story.aws("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
    return names


def is_denied(story, role: str) -> bool:
    listed = story.aws("iam").list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    return [policy["PolicyArn"] for policy in listed] == [story.world["denyAllPolicyArn"]]


def surveys(story) -> int:
    account = story.world["accountId"]
    return len(story.control.calls(account, reads=True, action="GetAccountAuthorizationDetails"))


def test_a_crowd_is_surveyed_and_drift_in_it_is_still_put_right(development):
    story = development
    roles = crowd(story)
    asked = [story.asks({"iamRole": {"roleName": role, "methods": ["DenyAll"]}}, name=role) for role in roles]
    for request in asked:
        request.says("Contained")
    eventually(lambda: surveys(story) > 0, seconds=stories.PATIENCE)
    names = {"RoleName": roles[7], "PolicyArn": story.world["denyAllPolicyArn"]}
    story.aws("iam").detach_role_policy(**names)
    asked[7].says("InSync", "True", "DriftReasserted")
    assert all(is_denied(story, role) for role in roles)

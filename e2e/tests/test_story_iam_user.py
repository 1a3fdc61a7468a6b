"""An IAM user is cut off and put back, end to end: real API server, real operator, the emulator as AWS."""

import json

import pytest
import stories
from control import eventually

pytest_plugins = ["story_fixtures"]

DENY_ALL, REVOKE = "Firebreak-DenyAll", "Firebreak-RevokeOlderSessions"
EVERYTHING = ("AccessKeys", "Sessions")
METHODS = {
    "managed deny": (["DenyAll"], {}, {"attached"}),
    "inline deny": (["DenyAll"], {"denyPolicy": "Inline"}, {f"inline.{DENY_ALL}"}),
    "deactivated keys": (["DeactivateKeys"], {}, {"keys.{active}"}),
    "revoked sessions": (["RevokeSessions"], {}, {f"inline.{REVOKE}"}),
    "all of them": (["DeactivateKeys", "DenyAll", "RevokeSessions"], {},
                    {"attached", f"inline.{REVOKE}", "keys.{active}"}),
}


def owned(story, paths: set[str]) -> set[str]:
    """Paths in a snapshot: the user's active key has another id in each world."""
    return {f"users.ci-deploy.{path.format(active=story.world['userKeys'][0])}" for path in paths}


def keys(story) -> dict[str, str]:
    listed = story.aws("iam").list_access_keys(UserName="ci-deploy")["AccessKeyMetadata"]
    return {key["AccessKeyId"]: key["Status"] for key in listed}


def replace_key(story) -> str:
    """As an attacker would who may do it: a user has two keys at most."""
    iam = story.aws("iam")
    iam.delete_access_key(UserName="ci-deploy", AccessKeyId=story.world["userKeys"][1])
    return iam.create_access_key(UserName="ci-deploy")["AccessKey"]["AccessKeyId"]


@pytest.mark.parametrize("method", METHODS)
def test_a_user_is_cut_off_in_its_own_fields_only_and_put_back_exactly(development, method):
    methods, more, paths = METHODS[method]
    story, before = development, development.snapshot()
    request = story.asks(stories.user(story.world, *methods, **more)).is_contained()
    assert set(story.differs(before)) == owned(story, paths)
    request.released(EVERYTHING).is_released()
    assert story.differs(before) == {}
    assert story.holds() == []


def test_the_password_is_kept_and_said_to_be_barred_and_nothing_secret_is_recorded(development):
    story = development
    request = story.asks(stories.user(story.world)).is_contained()
    assert story.aws("iam").get_login_profile(UserName="ci-deploy")["LoginProfile"]
    assert "Console password" in " ".join(request.seen()["status"]["notes"])
    plans = story.cluster.items(f"{stories.API}/namespaces/{story.namespace}/responseplans")
    recorded = json.dumps([request.seen(), plans, story.holds()])
    assert story.world["consolePassword"] not in recorded
    assert story.world["userKeys"][0] in recorded


def test_the_deny_comes_before_the_keys(development):
    story = development
    story.asks(stories.user(story.world)).is_contained()
    assert [call["action"] for call in story.writes()] == ["AttachUserPolicy", "UpdateAccessKey"]


def test_a_key_is_activated_only_on_explicit_word(development):
    story, before = development, development.snapshot()
    request = story.asks(stories.user(story.world)).is_contained()
    request.released()
    request.says("Ready", "False", "RestoreWithheld", "AccessKeys")
    assert set(story.differs(before)) == owned(story, {"keys.{active}"})
    assert {hold["spec"]["state"] for hold in story.holds()} == {"Withheld"}
    request.patched(restoreOnRelease=["AccessKeys"]).is_released()
    assert story.differs(before) == {}


def test_a_key_that_is_made_while_contained_is_deactivated_and_never_activated(development):
    story = development
    request = story.asks(stories.user(story.world)).is_contained()
    new = replace_key(story)
    eventually(lambda: keys(story)[new] == "Inactive", stories.PATIENCE, 0.2)
    request.says("InSync", "True", "DriftReasserted", "deactivate-keys")
    request.released(EVERYTHING).is_released()
    assert keys(story) == {story.world["userKeys"][0]: "Active", new: "Inactive"}


def test_a_foreign_policy_of_our_name_is_left_alone_at_release_and_named(development):
    story = development
    request = story.asks(stories.user(story.world, "DenyAll", denyPolicy="Inline")).is_contained()
    request.patched(mode="Observe").says("Ready", "True", "Observing")
    theirs = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]}
    story.aws("iam").put_user_policy(UserName="ci-deploy", PolicyName=DENY_ALL, PolicyDocument=json.dumps(theirs))
    request.says("InSync", "False", "DriftDetected")
    request.patched(mode="Enforce", state="Released")
    request.says("Ready", "False", "ReleaseConflict", "ci-deploy")
    kept = story.aws("iam").get_user_policy(UserName="ci-deploy", PolicyName=DENY_ALL)["PolicyDocument"]
    assert kept == theirs


def test_observing_plans_and_writes_nothing(development):
    story = development
    request = story.asks(stories.user(story.world), mode="Observe")
    request.says("Ready", "True", "Observing")
    assert request.says("InSync", "False")["reason"] == "DriftDetected"
    assert story.writes() == []


def test_the_example_is_contained_and_released(production, example):
    story, before = production, production.snapshot()
    spec = example("quarantine-a-user/quarantine.yaml")["spec"] | {"accountRef": {"name": story.account}}
    request = story.asks(**spec).approved(("bob", "approver"), ("sue", "security")).is_contained()
    request.released(EVERYTHING).approved(("bob", "approver"), action="Release").is_released()
    assert story.differs(before) == {}


def missing(story):
    return {"iamUser": {"userName": "nobody"}}


def hollow(story):
    """A policy that denies less than everything is no deny-all."""
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]})
    arn = story.aws("iam").create_policy(PolicyName="hollow", PolicyDocument=policy)["Policy"]["Arn"]
    story.has_account("Development", denyPolicyArn=arn)
    return stories.user(story.world)


REFUSED = {
    missing: ("TargetNotFound", "nobody"),
    hollow: ("InvalidTarget", "does not deny every action"),
}


def test_protected_tag_of_a_user_asks_for_an_approver(development):
    tags = [{"Key": "firebreak.dev/protected", "Value": "yes"}]
    development.aws("iam").tag_user(UserName="ci-deploy", Tags=tags)
    development.asks(stories.user(development.world)).warns("firebreak.dev/protected")


@pytest.mark.parametrize("wrong", REFUSED, ids=lambda wrong: wrong.__name__)
def test_a_user_that_may_not_be_cut_off_is_refused_and_the_message_says_why(development, wrong):
    reason, message = REFUSED[wrong]
    request = development.asks(wrong(development))
    request.says("Ready", "False", reason, message)
    request.says("Stalled", "True", reason)
    assert development.writes() == [] and development.holds() == []


def test_a_grant_counts_for_its_arns_with_their_path(development):
    story = development
    grants = [{"namespaces": [story.namespace], "kinds": ["iamUser"], "arnPatterns": ["*:user/people/*"]}]
    story.has_account("Development", grants=grants)
    request = story.asks(stories.user(story.world))
    # What is not granted is not told apart from what does not exist: its path is not told.
    request.says("Ready", "False", "AccountNotGranted", "user/ci-deploy does not exist, or has a path")
    grants[0]["arnPatterns"] = ["*:user/robots/*"]
    story.has_account("Development", grants=grants)
    request.is_contained()


def test_an_answer_that_was_lost_is_found_by_reading(development):
    story, before = development, development.snapshot()
    story.control.fail("UpdateAccessKey", "InternalFailure", status=500, when="after", account=story.world["accountId"])
    request = story.asks(stories.user(story.world, "DeactivateKeys")).is_contained()
    request.released(("AccessKeys",)).is_released()
    assert story.differs(before) == {}

"""An IAM role is cut off and put back, end to end: real API server, real operator, the emulator as AWS."""

import json

import pytest
import stories
from control import eventually
from health_objects import is_in_state

pytest_plugins = ["story_fixtures"]

DENY_ALL, REVOKE = "Firebreak-DenyAll", "Firebreak-RevokeOlderSessions"
EVERYTHING = ("Sessions", "TrustPolicy")
METHODS = {
    "managed deny": (["DenyAll"], {}, {"attached"}),
    "inline deny": (["DenyAll"], {"denyPolicy": "Inline"}, {f"inline.{DENY_ALL}"}),
    "revoked sessions": (["RevokeSessions"], {}, {f"inline.{REVOKE}"}),
    "replaced trust": (["ReplaceTrust"], {}, {"trust.Statement"}),
    "all of them": (["ReplaceTrust", "DenyAll", "RevokeSessions"], {},
                    {"attached", f"inline.{REVOKE}", "trust.Statement"}),
}


def trust(story) -> dict:
    return story.aws("iam").get_role(RoleName=story.world["taskRoleName"])["Role"]["AssumeRolePolicyDocument"]


def attached(story) -> list[str]:
    listed = story.aws("iam").list_attached_role_policies(RoleName=story.world["taskRoleName"])["AttachedPolicies"]
    return [policy["PolicyArn"] for policy in listed]


def detach_deny(story) -> None:
    """As an attacker, or a Terraform run, would."""
    names = {"RoleName": story.world["taskRoleName"], "PolicyArn": story.world["denyAllPolicyArn"]}
    story.aws("iam").detach_role_policy(**names)


@pytest.mark.parametrize("method", METHODS)
def test_a_role_is_cut_off_in_its_own_fields_only_and_put_back_exactly(development, method):
    methods, more, owned = METHODS[method]
    story, before = development, development.snapshot()
    request = story.asks(stories.role(story.world, *methods, **more)).is_contained()
    assert set(story.differs(before)) == {f"roles.{story.world['taskRoleName']}.{path}" for path in owned}
    request.released(EVERYTHING).is_released()
    assert story.differs(before) == {}
    assert story.holds() == []


def test_denying_attaches_the_accounts_own_policy_beside_what_was_attached(development):
    story = development
    story.asks(stories.role(story.world)).is_contained()
    assert set(attached(story)) == {story.world["taskRolePolicyArn"], story.world["denyAllPolicyArn"]}


def test_a_replaced_trust_policy_lets_nobody_assume_the_role(development):
    story = development
    story.asks(stories.role(story.world, "ReplaceTrust")).is_contained()
    assert [statement["Effect"] for statement in trust(story)["Statement"]] == ["Deny"]


def test_contained_is_said_only_after_the_settling_time(development):
    request = development.asks(stories.role(development.world)).is_contained()
    applied, contained = (request.condition(kind)["lastTransitionTime"] for kind in ("Applied", "Contained"))
    assert contained > applied
    assert request.condition("Ready")["reason"] == "Contained"
    assert request.condition("Stalled")["status"] == "False"


def test_the_plan_names_everything_that_stops_working_with_the_role(development):
    request = development.asks(stories.role(development.world)).is_contained()
    notes = " ".join(request.seen()["status"]["notes"])
    assert all(name in notes for name in ("payments-bastion", "payments-refund", "api"))


def test_what_would_reopen_the_compromise_is_put_back_only_on_explicit_word(development):
    story, before = development, development.snapshot()
    request = story.asks(stories.role(story.world, "ReplaceTrust", "DenyAll", "RevokeSessions")).is_contained()
    request.released()
    request.says("Ready", "False", "RestoreWithheld")
    assert set(story.differs(before)) == {f"roles.payments-task.inline.{REVOKE}", "roles.payments-task.trust.Statement"}
    assert {hold["spec"]["state"] for hold in story.holds()} == {"Withheld"}
    request.patched(restoreOnRelease=["Sessions"])
    eventually(lambda: set(story.differs(before)) == {"roles.payments-task.trust.Statement"}, stories.PATIENCE, 0.5)
    request.patched(restoreOnRelease=list(EVERYTHING)).is_released()
    assert story.differs(before) == {}


def test_what_somebody_undoes_is_done_again_and_said(development):
    story = development
    request = story.asks(stories.role(story.world)).is_contained()
    detach_deny(story)
    eventually(lambda: story.world["denyAllPolicyArn"] in attached(story), stories.PATIENCE, 0.2)
    is_in_state(request, "contained, after drift was put right")
    path = f"/apis/events.k8s.io/v1/namespaces/{story.namespace}/events"
    eventually(lambda: any(event["reason"] == "DriftReasserted" for event in story.cluster.items(path)), 10)
    before = len(story.writes(action="DetachRolePolicy"))
    request.released().is_released()
    assert len(story.writes(action="DetachRolePolicy")) == before + 1


def test_a_foreign_change_is_left_alone_at_release_and_named(development):
    story = development
    request = story.asks(stories.role(story.world, "ReplaceTrust")).is_contained()
    request.patched(mode="Observe").says("Ready", "True", "Observing")
    theirs = trust(story) | {"Statement": [{"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"},
                                            "Action": "sts:AssumeRole"}]}
    story.aws("iam").update_assume_role_policy(RoleName="payments-task", PolicyDocument=json.dumps(theirs))
    request.says("InSync", "False", "DriftDetected")
    request.patched(mode="Enforce", state="Released", restoreOnRelease=["TrustPolicy"])
    request.says("Ready", "False", "ReleaseConflict", "payments-task")
    assert trust(story)["Statement"] == theirs["Statement"]
    assert [hold["spec"]["state"] for hold in story.holds()] == ["Conflict"]


def test_what_somebody_put_back_themselves_is_simply_released(development):
    story, before = development, development.snapshot()
    request = story.asks(stories.role(story.world)).is_contained()
    request.patched(mode="Observe").says("Ready", "True", "Observing")
    detach_deny(story)
    request.patched(mode="Enforce", state="Released").is_released()
    assert story.differs(before) == {} and story.holds() == []


def test_observing_plans_and_writes_nothing(development):
    story = development
    request = story.asks(stories.role(story.world, "ReplaceTrust", "DenyAll"), mode="Observe")
    request.says("Ready", "True", "Observing")
    assert request.says("InSync", "False")["reason"] == "DriftDetected"
    assert story.writes() == []


def test_two_requests_on_one_role_share_custody_and_the_last_to_leave_puts_it_back(development):
    story, before = development, development.snapshot()
    first, second = (story.asks(stories.role(story.world)).is_contained() for _ in range(2))
    first.released().is_released()
    assert set(story.differs(before)) == {"roles.payments-task.attached"}
    second.released().is_released()
    assert story.differs(before) == {} and story.holds() == []


def test_containing_again_after_a_release_is_a_run_of_its_own(development):
    story, before = development, development.snapshot()
    request = story.asks(stories.role(story.world)).is_contained()
    request.released().is_released()
    request.patched(state="Contained").is_contained()
    assert request.seen()["status"]["run"] == 3
    request.released().is_released()
    assert story.differs(before) == {}


def test_a_decision_can_release_without_anybody_touching_the_spec(staging):
    story, before = staging, staging.snapshot()
    request = story.asks(stories.role(story.world, "ReplaceTrust")).approved().is_contained()
    request.decided("sue", verb="Release", restore=["TrustPolicy"])
    request.approved(("bob", "approver"), action="Release").is_released()
    assert story.differs(before) == {}
    assert request.seen()["spec"].get("state", "Contained") == "Contained"


def test_the_example_is_contained_and_released(production, example):
    story, before = production, production.snapshot()
    spec = example("quarantine-a-role/quarantine.yaml")["spec"] | {"accountRef": {"name": story.account}}
    request = story.asks(**spec).approved(("bob", "approver"), ("sue", "security")).is_contained()
    request.released(EVERYTHING).approved(("bob", "approver"), action="Release").is_released()
    assert story.differs(before) == {}


def missing(story):
    return {"iamRole": {"roleName": "nobody"}}


def protected_by_arn(story):
    story.aws("iam").create_role(RoleName="protected-one", AssumeRolePolicyDocument=json.dumps(trust(story)))
    return {"iamRole": {"roleName": "protected-one"}}


def its_own(story):
    return {"iamRole": {"roleName": story.world["containRoleArn"].rpartition("/")[2]}}


def service_linked(story):
    return {"iamRole": {"roleName": story.world["serviceLinkedRoleArn"].rpartition("/")[2]}}


def single_sign_on(story):
    return {"iamRole": {"roleName": story.world["ssoRoleArn"].rpartition("/")[2]}}


REFUSED = {
    missing: ("TargetNotFound", "nobody"),
    protected_by_arn: ("Protected", "protected-"),
    its_own: ("OwnDependency", "firebreak-contain"),
    service_linked: ("Unmodifiable", "service-linked"),
    single_sign_on: ("Unmodifiable", "Identity Center"),
}


def is_refused(request, reason: str, message: str) -> None:
    """A person is called, told what and why, and nothing is written."""
    request.says("Ready", "False", reason, message)
    request.says("Stalled", "True", reason)
    assert request.story.writes() == []
    assert request.story.holds() == []


@pytest.mark.parametrize("wrong", REFUSED, ids=lambda wrong: wrong.__name__)
def test_a_role_that_may_not_be_cut_off_is_refused_and_the_message_says_why(development, wrong):
    is_refused(development.asks(wrong(development)), *REFUSED[wrong])


def test_protected_tag_costs_an_approver_and_vetoes_nothing(development):
    """Anyone who has the account sets the tag while people decide: it neither keeps them from cutting off, nor voids what they said."""
    story, tags = development, [{"Key": "firebreak.dev/protected", "Value": "yes"}]
    story.aws("iam").tag_role(RoleName=story.world["taskRoleName"], Tags=tags)
    request = story.asks(stories.role(story.world)).warns("firebreak.dev/protected")
    story.aws("iam").untag_role(RoleName=story.world["taskRoleName"], TagKeys=["firebreak.dev/protected"])
    request.approved().is_contained()


def test_the_operators_own_role_is_refused(development):
    story = development
    own = story.world["operatorAccountId"]
    roles = {verb: f"arn:aws:iam::{own}:role/firebreak-{verb}" for verb in ("read", "contain")}
    name = f"operators-{story.world['accountId']}"
    policy = f"arn:aws:iam::{own}:policy/FirebreakDenyAll"
    story.has_account("Development", name, accountId=own, roles=roles, denyPolicyArn=policy,
                      breakGlass=[])
    target = {"iamRole": {"roleName": "firebreak-operator", "methods": ["DenyAll"], "denyPolicy": "Inline"}}
    is_refused(story.asks(target, accountRef={"name": name}), "OwnDependency", "firebreak-operator")
    story.kubectl("delete", "awsaccount", name)


def test_an_account_that_does_not_exist_is_named(development):
    request = development.asks(stories.role(development.world), accountRef={"name": "nowhere"})
    is_refused(request, "AccountNotFound", "nowhere")


def test_an_account_that_is_not_granted_to_the_namespace_is_refused_without_asking_aws(development):
    story = development
    name = f"others-{story.world['accountId']}"
    grants = [{"namespaces": ["somebody-else"], "kinds": ["*"], "arnPatterns": ["*"]}]
    story.has_account("Development", name, grants=grants)
    is_refused(story.asks(stories.role(story.world), accountRef={"name": name}), "AccountNotGranted", story.namespace)
    story.kubectl("delete", "awsaccount", name)


def test_a_grant_counts_for_its_arns_only(development):
    story = development
    grants = [{"namespaces": [story.namespace], "kinds": ["iamRole"], "arnPatterns": ["*:role/orders-*"]}]
    story.has_account("Development", grants=grants)
    is_refused(story.asks(stories.role(story.world)), "AccountNotGranted", "payments-task")


def test_a_region_that_the_account_does_not_list_is_refused(development):
    request = development.asks(stories.role(development.world), region="eu-west-1")
    is_refused(request, "RegionNotListed", "eu-west-1")


def test_a_refusal_is_over_as_soon_as_its_cause_is_mended(development):
    story = development
    request = story.asks(stories.role(story.world), region="eu-west-1")
    request.says("Ready", "False", "RegionNotListed")
    story.has_account("Development", regions=[story.world["region"], "eu-west-1"])
    request.is_contained()


def test_throttling_is_not_success_and_passes(development):
    story = development
    story.control.fail("AttachRolePolicy", "Throttling", count=4, account=story.world["accountId"])
    story.asks(stories.role(story.world)).is_contained()
    assert [call["fault"] for call in story.writes(action="AttachRolePolicy")][-1] is None


def test_an_answer_that_was_lost_is_found_by_reading(development):
    story, before = development, development.snapshot()
    story.control.fail("PutRolePolicy", "InternalFailure", status=500, when="after", account=story.world["accountId"])
    request = story.asks(stories.role(story.world, "RevokeSessions")).is_contained()
    request.released(("Sessions",)).is_released()
    assert story.differs(before) == {}

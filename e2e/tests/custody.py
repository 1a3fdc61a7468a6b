"""What was cut off and who may put it back, in the words of the tests: the role's deny policy, and orphaned custody."""

import random

import stories
from control import eventually
from people import NAMESPACE


def detach_deny(story) -> None:
    names = {"RoleName": story.world["taskRoleName"], "PolicyArn": story.world["denyAllPolicyArn"]}
    story.aws("iam").detach_role_policy(**names)


def denied(story) -> bool:
    listed = story.aws("iam").list_attached_role_policies(RoleName=story.world["taskRoleName"])["AttachedPolicies"]
    return story.world["denyAllPolicyArn"] in [policy["PolicyArn"] for policy in listed]


def orphaned(story) -> list[dict]:
    """Waits until all custody in the account has lost its object."""
    def found():
        holds = story.holds()
        return holds if holds and all(hold["spec"]["state"] == "Orphaned" for hold in holds) else None
    return eventually(found, stories.PATIENCE)


def people_say(story, hold: dict, verb: str, *people: str, **spec) -> None:
    """Their word about custody that no object speaks for."""
    for by in people:
        target = {"kind": "Hold", "name": hold["metadata"]["name"], "uid": hold["metadata"]["uid"]}
        decision = {"apiVersion": "firebreak.dev/v1alpha1", "kind": "Decision",
                    "metadata": {"name": f"{by}-{random.randrange(10**9)}", "namespace": NAMESPACE},
                    "spec": {"by": by, "verb": verb, "approverRole": "approver", "target": target, **spec}}
        story.kubectl("--as", by, "create", "-f", "-", give=decision)

"""While something is in custody nobody but the operator takes a finalizer away: of the account, the Hold, the Quarantine."""

import json

import pytest
import stories
from people import ADMIN, OPERATOR, Person

pytest_plugins = ["story_fixtures"]

POLICY = "only Firebreak removes finalizers that begin with firebreak.dev/"
HOLD_POLICY = "a Hold is written and deleted by Firebreak only"
KEPT = ("null", "[]", '["firebreak.dev/other"]', '["example.com/other"]')
# The namespace's administrator has Kubernetes' own role `admin`; trudy every right on our kinds that RBAC can give.
STOPPED_BY_RBAC = {"awsaccount": ("alice", "bob", "namespace-admin"), "hold": ("alice", "bob", "ada", "namespace-admin"),
                   "quarantine": ("bob", "ada", "namespace-admin")}
STOPPED_BY_POLICY = {"awsaccount": ("ada", "trudy", ADMIN), "hold": ("trudy", ADMIN),
                     "quarantine": ("alice", "trudy", ADMIN)}


def pairs(stopped: dict) -> list[tuple[str, str]]:
    return [(kind, name) for kind, names in stopped.items() for name in names]


@pytest.fixture
def finalized(development) -> dict[str, str]:
    """The three objects of one containment, and that each has our finalizer."""
    story = development
    request = story.asks(stories.role(story.world)).is_contained()
    (hold,) = story.holds()
    found = {"awsaccount": f"awsaccount/{story.account}", "hold": f"hold/{hold['metadata']['name']}",
             "quarantine": f"quarantine/{request.name}"}
    admin = ("rolebinding", "admin", "--clusterrole=admin", "--user=namespace-admin")
    story.kubectl("-n", story.namespace, "create", *admin)
    for kind, finalizer in (("awsaccount", "in-use"), ("hold", "custody"), ("quarantine", "custody")):
        assert f"firebreak.dev/{finalizer}" in finalizers(story, found[kind])
    return found


def finalizers(story, what: str) -> list[str]:
    return json.loads(story.kubectl("-n", story.namespace, "get", what, "-o", "json"))["metadata"].get("finalizers", [])


def complaints(story, name: str, what: str) -> set[str]:
    """Of every way to take it away: a patch of either kind, or the whole object replaced."""
    person = Person(name, story.kubectl, story.namespace)
    said = {person.cannot_patch(what, f'{{"metadata": {{"finalizers": {kept}}}}}') for kept in KEPT}
    removal = '[{"op": "remove", "path": "/metadata/finalizers"}]'
    said.add(person.does("patch", what, "--type=json", "-p", removal, fails=True))
    bare = json.loads(story.kubectl("-n", story.namespace, "get", what, "-o", "json"))
    del bare["metadata"]["finalizers"]
    said.add(person.does("replace", "-f", "-", give=bare, fails=True))
    return said


@pytest.mark.parametrize(("kind", "name"), pairs(STOPPED_BY_POLICY))
def test_a_finalizer_is_kept_by_the_policy_from_people_who_may_write_the_object(development, finalized, kind, name):
    for said in complaints(development, name, finalized[kind]):
        assert POLICY in said or (kind == "hold" and HOLD_POLICY in said), said
    assert finalizers(development, finalized[kind])


@pytest.mark.parametrize(("kind", "name"), pairs(STOPPED_BY_RBAC))
def test_a_finalizer_is_kept_by_rbac_from_everybody_else(development, finalized, kind, name):
    for said in complaints(development, name, finalized[kind]):
        assert "cannot patch resource" in said or "cannot update resource" in said or "cannot get resource" in said, said
    assert finalizers(development, finalized[kind])


@pytest.mark.parametrize("kind", STOPPED_BY_POLICY)
def test_only_the_operator_takes_its_finalizer_away(development, finalized, kind):
    operator = Person(OPERATOR, development.kubectl, development.namespace)
    operator.patches(finalized[kind], '{"metadata": {"finalizers": null}}')

"""A word outranks the spec until the spec changes: what applies the same manifest again does not contain again."""

import pytest
import stories
from custody import denied
from plugin_answers import DONE

pytest_plugins = ["plugin_fixtures"]

ALICE = ("--as", "alice")
SERVER_SIDE = ("apply", "--server-side", "--force-conflicts")
GITOPS = ("--as", "system:serviceaccount:default:gitops")
# Who applies it again, and how.
APPLIED = {
    "kubectl apply by the same person": (*ALICE, "apply"),
    "server-side apply by Flux": (*GITOPS, *SERVER_SIDE, "--field-manager=kustomize-controller"),
    "server-side apply by Argo CD": (*GITOPS, *SERVER_SIDE, "--field-manager=argocd-controller"),
    "kubectl replace": (*GITOPS, "replace"),
}
CHANGED = {
    "an expiry": {"expiry": {"after": "24h"}},
    "a reason": {"reason": "it is back"},
    "a severity": {"severity": "High"},
}


def manifest(story, **more) -> dict:
    """As it lies in Git."""
    spec = {"accountRef": {"name": story.account}, "region": story.world["region"], "state": "Contained",
            "target": stories.role(story.world), **more}
    return {"apiVersion": "firebreak.dev/v1alpha1", "kind": "Quarantine", "spec": spec,
            "metadata": {"name": "payments-task", "namespace": story.namespace, "labels": {"team": "payments"}}}


def applied(story, given: dict, how: str = "kubectl apply by the same person") -> stories.Request:
    story.kubectl(*APPLIED[how], "-f", "-", give=given)
    return stories.Request(story, given["metadata"]["name"])


def again(story, how: str) -> None:
    """The same spec; a label tells the operator to look."""
    given = manifest(story)
    applied(story, given, how)
    given["metadata"]["labels"]["commit"] = "next"
    applied(story, given, how)


def the_operator_has_looked(story) -> None:
    """What was asked for later has been planned."""
    story.asks(stories.role(story.world), mode="Observe").says("Ready", "True", "Observing")


@pytest.fixture
def released(development, decisions_count, plugin):
    """Contained by a manifest, released by a word; nobody needs to approve, so nothing but that word holds it."""
    before = development.snapshot()
    request = applied(development, manifest(development)).is_contained()
    plugin(development, "sue", "release", request.name, "--yes").ends(DONE)
    return request.is_released(), before


@pytest.mark.parametrize("how", APPLIED)
def test_applying_the_same_manifest_again_does_not_contain_again(development, released, how):
    story, (request, before) = development, released
    generation, written = request.seen()["metadata"]["generation"], len(story.writes())
    again(story, how)
    the_operator_has_looked(story)
    assert request.seen()["metadata"]["generation"] == generation
    assert request.seen()["spec"]["state"] == "Contained" and request.seen()["status"]["run"] == 2
    assert request.condition("Released")["status"] == "True"
    assert story.differs(before) == {} and len(story.writes()) == written


@pytest.mark.parametrize("change", CHANGED)
def test_a_changed_spec_contains_again_with_approvals_of_its_own(staging, plugin, change):
    story = staging
    request = applied(story, manifest(story)).approved().is_contained()
    plugin(story, "sue", "release", request.name, "--yes").ends(DONE)
    request.approved(action="Release").is_released()
    written = len(story.writes())
    applied(story, manifest(story, **CHANGED[change]))
    request.plan()
    assert (request.seen()["status"]["run"], request.seen()["status"]["approvals"]) == (3, "0/1")
    assert len(story.writes()) == written
    request.approved().is_contained()


def test_observing_what_was_released_by_a_word_writes_nothing_until_it_is_enforced_and_approved(staging, plugin):
    story = staging
    request = applied(story, manifest(story)).approved().is_contained()
    plugin(story, "sue", "release", request.name, "--yes").ends(DONE)
    request.approved(action="Release").is_released()
    written = len(story.writes())
    applied(story, manifest(story, mode="Observe")).says("Ready", "True", "Observing")
    applied(story, manifest(story)).plan()
    assert request.seen()["status"]["approvals"] == "0/1" and len(story.writes()) == written
    assert not denied(story)
    request.approved().is_contained()


def test_applying_it_again_while_the_release_waits_for_people_does_not_take_the_word_back(staging, plugin):
    story, before = staging, staging.snapshot()
    request = applied(story, manifest(story)).approved().is_contained()
    plugin(story, "sue", "release", request.name, "--yes").ends(DONE)
    request.plan("Release")
    again(story, "server-side apply by Flux")
    the_operator_has_looked(story)
    assert denied(story)
    request.approved(action="Release").is_released()
    assert story.differs(before) == {}

"""Servers that lack MutatingAdmissionPolicy: nobody is recorded as the requester, and that costs one more approver.

On a bed of its own: what it takes away, everybody else relies on.
"""

import json

import policy_samples as samples
import pytest
import stories
from control import eventually
from people import manifest

pytest_plugins = ["own_bed_fixtures"]

REQUESTED_BY = "firebreak.dev/requested-by"


def requester(answer: str) -> str | None:
    return json.loads(answer)["metadata"].get("annotations", {}).get(REQUESTED_BY)


@pytest.fixture(scope="module")
def unstamped(own_bed):
    """The bed without requester.yaml, when the server has forgotten it."""
    own_bed.starts()
    own_bed.kubectl("delete", "-f", "-", give=manifest("requester"))
    trudy = own_bed.person("trudy")
    eventually(lambda: requester(trudy.creates(samples.role())) is None, seconds=20, every=0.2)
    return own_bed


@pytest.fixture
def trudy(unstamped):
    return unstamped.person("trudy")


def test_where_the_server_stamps_nobody_nobody_else_does(trudy):
    """The check alone holds: nobody, or oneself."""
    forged = samples.role()
    forged["metadata"]["annotations"] = {REQUESTED_BY: "bob"}
    assert "only the API server sets it" in trudy.cannot_create(forged)


def test_a_requester_that_nobody_stamped_is_not_added_later(trudy):
    assert requester(trudy.creates(samples.role("unstamped"), for_real=True)) is None
    claim = json.dumps({"metadata": {"annotations": {REQUESTED_BY: "trudy"}}})
    said = trudy.cannot_patch("quarantine/unstamped", claim)
    assert f"metadata.annotations: {REQUESTED_BY} says who last changed the spec" in said


def test_a_request_of_which_nobody_knows_who_asked_costs_one_more_approver(unstamped):
    unstamped.decisions_count()
    with unstamped.story("Staging") as story:
        request = story.asks(stories.role(story.world)).approved(("bob", "approver"))
        request.says("Ready", "False", "AwaitingApproval", "approved by bob")
        assert request.seen()["status"]["approvals"] == "1/2" and story.writes() == []
        request.decided("sue").is_contained()


def test_a_requester_that_somebody_wrote_about_themselves_is_not_believed(unstamped):
    """Without the stamp, no matter who asked would only have to leave the annotation out, or to name a person."""
    unstamped.decisions_count()
    with unstamped.story("Staging") as story:
        request = story.asks(stories.role(story.world))
        asked = request.seen()
        asked["metadata"]["annotations"] = {REQUESTED_BY: "trudy"}
        asked["spec"]["reason"] = "in my own name"
        del asked["metadata"]["resourceVersion"]  # the operator writes the status meanwhile
        story.kubectl("--as", "trudy", "replace", "-f", "-", give=asked)
        request.plan()
        assert request.seen()["status"]["approvals"] == "0/2"

"""The states in health_states.py, about which GitOps tools are asked, are what the real operator writes."""

import random

import pytest
import stories
from health_objects import is_in_state

pytest_plugins = ["story_fixtures"]


def test_from_the_request_to_the_release_it_says_what_gitops_tools_are_told(staging):
    request = staging.asks(stories.role(staging.world))
    is_in_state(request, "awaiting approval")
    request.approved()
    is_in_state(request, "contained")
    request.released()
    is_in_state(request, "release awaits approval")
    request.approved(action="Release")
    is_in_state(request, "released")


def test_what_is_rejected_says_so(staging):
    request = staging.asks(stories.role(staging.world))
    request.decided("bob", verb="Reject", plan=request.plan())
    is_in_state(request, "rejected")


def test_what_is_given_up_says_so(staging):
    request = staging.asks(stories.role(staging.world)).approved().is_contained()
    request.decided("bob", verb="Abandon")
    is_in_state(request, "abandoned")


def test_what_runs_at_once_is_to_be_reviewed(staging):
    request = staging.asks(stories.role(staging.world), severity="Critical")
    is_in_state(request, "contained, and to be reviewed")


def test_an_observer_is_in_sync_with_nothing_and_ready(development):
    request = development.asks(stories.role(development.world), mode="Observe")
    is_in_state(request, "observing")


@pytest.mark.parametrize("spec", [
    {"accountRef": {"name": "nowhere"}},
    {"region": "eu-west-3"},
    {"target": {"iamRole": {"roleName": "nobody", "methods": ["DenyAll"]}}},
], ids=["no such account", "no such region", "no such role"])
def test_what_is_blocked_says_so(development, spec):
    request = development.asks(**{"target": stories.role(development.world)} | spec)
    is_in_state(request, "blocked")


def test_what_is_withheld_says_so(development):
    request = development.asks(stories.role(development.world, "ReplaceTrust")).is_contained()
    request.released()
    is_in_state(request, "release in conflict, withheld, rejected, or not enforced")


def test_what_an_emergency_stop_holds_back_says_so(development_alone):
    story = development_alone
    contained, waiting = story.asks(stories.role(story.world)).is_contained(), stories.service(story.world)
    name = f"e2e-{random.randrange(10**9)}"
    story.applies("EmergencyStop", name, {"reason": "we are the outage"}, by="stan")
    try:
        is_in_state(contained, "contained, while an EmergencyStop exists")
        is_in_state(story.asks(waiting), "an EmergencyStop holds the containment")
        contained.released()
        is_in_state(contained, "an EmergencyStop holds the release")
    finally:
        story.kubectl("delete", "emergencystop", name)
    contained.is_released()

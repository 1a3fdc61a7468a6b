"""One prune takes a response away together with its account and its guardrail: on a bed of its own, for the guardrail is
everybody's."""

import pytest
import stories
from control import eventually
from custody import denied, detach_deny, orphaned, people_say

pytest_plugins = ["own_bed_fixtures"]


@pytest.fixture(scope="module")
def guarded(own_bed):
    own_bed.starts()
    own_bed.decisions_count()
    return own_bed


@pytest.fixture
def staging(guarded):
    """A story in which one person approves."""
    with guarded.story("Staging") as story:
        yield story
    guarded.kubectl("apply", "-f", "-", give=stories.guardrails())


def pruned(story, request) -> None:
    """In one go and dependents first, as Argo CD does."""
    for kind, name in (("guardrail", "e2e-staging"), ("awsaccount", story.account), ("quarantine", request.name)):
        story.kubectl("-n", story.namespace, "delete", kind, name, "--cascade=foreground", "--wait=false")


def account(story) -> dict | None:
    return story.cluster.get(f"{stories.API}/awsaccounts/{story.account}")


def test_a_prune_of_the_whole_stack_keeps_custody_and_the_account_until_people_release(staging):
    story, before = staging, staging.snapshot()
    request = story.asks(stories.role(story.world)).approved().is_contained()
    (held,) = story.holds()
    pruned(story, request)
    eventually(request.gone, stories.PATIENCE)
    (hold,) = orphaned(story)
    assert hold["spec"]["before"] == held["spec"]["before"]
    assert denied(story)
    assert account(story)["metadata"]["finalizers"] == ["firebreak.dev/in-use"]
    people_say(story, hold, "Release", "bob", "gus")  # who deleted it is not known, which costs one more
    people_say(story, hold, "Release", "sue", approverRole="security")  # without a guardrail the strictest rule holds
    eventually(lambda: account(story) is None, stories.PATIENCE)
    assert story.differs(before) == {} and story.holds() == []


def test_custody_is_enforced_after_its_whole_stack_was_pruned(staging):
    story = staging
    request = story.asks(stories.role(story.world)).approved().is_contained()
    pruned(story, request)
    eventually(request.gone, stories.PATIENCE)
    orphaned(story)
    detach_deny(story)
    eventually(lambda: denied(story), stories.PATIENCE, 0.2)
    assert account(story), "the account went away while custody in it remained"


def test_one_approver_does_not_release_what_a_pruned_guardrail_no_longer_speaks_for(staging):
    story = staging
    request = story.asks(stories.role(story.world)).approved().is_contained()
    pruned(story, request)
    (hold,) = orphaned(story)
    # As long as it is there it speaks; a garbage collector that does not know the kind yet takes half a minute.
    eventually(lambda: story.cluster.get(f"{stories.API}/guardrails/e2e-staging") is None, stories.PATIENCE)
    people_say(story, hold, "Release", "bob")
    detach_deny(story)
    eventually(lambda: denied(story), stories.PATIENCE, 0.2)
    assert [hold["spec"]["state"] for hold in story.holds()] == ["Orphaned"]

"""No Decision counts while an admission policy is missing or changed: on a bed of its own, for everybody would notice."""

import pytest
import stories
from control import eventually
from custody import denied, detach_deny
from weakening import WEAKENED, weakened

pytest_plugins = ["own_bed_fixtures"]

NOT_BOUND = "the admission policies that bind a Decision to its author are not in force"
TOO_EARLY = "the admission policies were written shortly before, and Decisions count only from "


@pytest.fixture(scope="module")
def guarded(own_bed):
    """The bed with an operator."""
    own_bed.starts()
    return own_bed


@pytest.fixture
def staging(guarded):
    """A story in which one person approves."""
    with guarded.story("Staging") as story:
        yield story


@pytest.fixture
def development(guarded):
    """A story in which nobody needs to approve."""
    with guarded.story("Development") as story:
        yield story


def is_not_believed(request, why: str, writes: int = 0) -> None:
    """People are told why their word does not count, and AWS is left alone."""
    request.says("Ready", "False", "AwaitingApproval", why)
    assert len(request.story.writes()) == writes


@pytest.mark.parametrize("how", WEAKENED)
def test_an_approval_starts_nothing_while_the_policies_are_weakened(guarded, staging, how):
    request = staging.asks(stories.role(staging.world))
    plan = request.plan()
    with weakened(guarded, how):
        request.decided("bob", plan=plan)
        is_not_believed(request, NOT_BOUND)
        request.says("Approved", "False", "AwaitingApproval", NOT_BOUND)
        assert staging.holds() == []


def test_glass_is_not_broken_while_the_policies_are_weakened(guarded, staging):
    request = staging.asks(stories.role(staging.world))
    plan = request.plan()
    with weakened(guarded, "a binding only warns"):
        request.decided("gus", "breakglass", verb="BreakGlass", reason="nobody answers", plan=plan,
                        expiresAt="2099-01-01T00:00:00Z")  # more than a week: the policy warns, and nobody is bound
        is_not_believed(request, NOT_BOUND)


def test_an_approval_counts_again_when_the_policies_have_been_back_for_ten_seconds(guarded, staging):
    request = staging.asks(stories.role(staging.world))
    plan = request.plan()
    with weakened(guarded, "a binding only warns"):
        request.decided("bob", plan=plan)
        is_not_believed(request, NOT_BOUND)
    request.decided("bob", plan=plan)
    is_not_believed(request, TOO_EARLY)
    guarded.decisions_count()
    is_not_believed(request, TOO_EARLY)
    request.decided("bob", plan=plan).is_contained()


def test_a_release_asked_for_while_the_policies_are_weakened_releases_nothing(guarded, development):
    story = development
    request = story.asks(stories.role(story.world)).is_contained()
    contained, written = story.snapshot(), len(story.writes())
    with weakened(guarded, "a policy is gone"):
        request.decided("sue", verb="Release")
        story.asks(stories.role(story.world), mode="Observe").says("Ready", "True", "Observing")
    guarded.decisions_count()
    assert story.differs(contained) == {} and len(story.writes()) == written
    request.decided("sue", verb="Release").is_released()


def test_what_people_released_stays_released_while_the_policies_are_weakened(guarded, development):
    guarded.decisions_count()
    story, before = development, development.snapshot()
    request = story.asks(stories.role(story.world)).is_contained()
    request.decided("sue", verb="Release").is_released()
    written = len(story.writes())
    with weakened(guarded, "a policy is gone"):
        story.kubectl("-n", story.namespace, "label", f"quarantine/{request.name}", "looked-at=again")
        story.asks(stories.role(story.world), mode="Observe").says("Ready", "True", "Observing")
        assert request.condition("Released")["status"] == "True"
    assert story.differs(before) == {} and len(story.writes()) == written
    assert request.seen()["status"]["run"] == 2


@pytest.fixture
def approved(guarded, staging):
    """A containment that people approved while the policies were whole."""
    guarded.decisions_count()
    return staging.asks(stories.role(staging.world)).approved().is_contained()


def drifts_and_is_put_right(story) -> None:
    detach_deny(story)
    eventually(lambda: denied(story), stories.PATIENCE, 0.2)


def test_what_people_approved_is_enforced_while_the_policies_are_weakened_and_after(guarded, staging, approved):
    """An upgrade that writes the policies again must not let go of what is contained."""
    with weakened(guarded, "a policy is gone"):
        approved.says("Contained", "True")
        drifts_and_is_put_right(staging)
    drifts_and_is_put_right(staging)
    approved.says("Ready", "True")
    approved.says("Contained", "True")
    assert approved.seen()["status"]["run"] == 1


def test_a_release_that_people_approved_is_carried_out_only_while_the_policies_are_whole(guarded, staging, approved):
    story = staging
    approved.released().plan("Release")
    with weakened(guarded, "a binding only warns"):
        approved.decided("bob")
        is_not_believed(approved, NOT_BOUND, len(story.writes()))
        assert denied(story)
    guarded.decisions_count()
    approved.decided("bob").is_released()

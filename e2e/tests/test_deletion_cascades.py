"""However a containment is deleted, custody stays whole: a release on people's word puts back exactly."""

import pytest
import stories
from control import eventually
from custody import denied, orphaned, people_say

pytest_plugins = ["story_fixtures"]


@pytest.fixture
def contained(staging):
    """Two things in custody, on one person's approval; with how AWS was before."""
    before = staging.snapshot()
    target = stories.role(staging.world, "ReplaceTrust", "DenyAll")
    return staging.asks(target).approved().is_contained(), before


def deletes(story, *what: str, cascade: str = "foreground", by: str = "") -> None:
    who = ["--as", by] if by else []
    story.kubectl(*who, "-n", story.namespace, "delete", *what, f"--cascade={cascade}", "--wait=false")


def befores(story) -> dict:
    """What was there before, by what it is the custody of."""
    return {hold["metadata"]["name"]: hold["spec"]["before"] for hold in story.holds()}


def is_released_on_peoples_word(story, before: dict, *people: str) -> None:
    for hold in story.holds():
        people_say(story, hold, "Release", *people, restore=["TrustPolicy"])
    eventually(lambda: not story.holds(), stories.PATIENCE)
    assert story.differs(before) == {}


@pytest.mark.parametrize("cascade", ["foreground", "background", "orphan"])
def test_custody_is_kept_however_the_object_is_deleted(staging, contained, cascade):
    story, (request, before) = staging, contained
    recorded, now = befores(story), story.snapshot()
    assert len(recorded) == 2
    deletes(story, f"quarantine/{request.name}", cascade=cascade, by="alice")
    eventually(request.gone, stories.PATIENCE)
    orphaned(story)
    assert befores(story) == recorded
    assert story.differs(now) == {}
    is_released_on_peoples_word(story, before, "bob", "sue")


def test_deleting_in_the_foreground_what_nobody_needs_to_approve_puts_it_back(development):
    """The garbage collector takes the recorded plans away while the release still runs."""
    story, before = development, development.snapshot()
    request = story.asks(stories.role(story.world)).is_contained()
    deletes(story, f"quarantine/{request.name}", by="alice")
    eventually(request.gone, stories.PATIENCE)
    assert story.differs(before) == {} and story.holds() == []


def test_a_namespace_that_is_deleted_in_the_foreground_leaves_custody_whole(staging, contained):
    story, (_, before) = staging, contained
    recorded = befores(story)
    deletes(story, f"namespace/{story.namespace}")
    orphaned(story)
    eventually(lambda: story.cluster.get(f"/api/v1/namespaces/{story.namespace}") is None, stories.PATIENCE)
    assert befores(story) == recorded and denied(story)
    is_released_on_peoples_word(story, before, "bob", "sue")
    story.kubectl("create", "namespace", story.namespace)  # its fixture deletes it

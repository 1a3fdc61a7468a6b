"""The operator never writes a spec: what people wrote stays as they wrote it, through a whole life."""

import cluster
import stories
from control import eventually
from custody import denied, detach_deny

pytest_plugins = ["story_fixtures"]

PEOPLE = {"kubectl-client-side-apply", cluster.MANAGER}


def written(request) -> tuple:
    """The spec, and how often it was changed."""
    seen = request.seen()
    return seen["metadata"]["generation"], seen["spec"]


def writers_of_the_spec(story, request) -> set[str]:
    """As the API server keeps account of who owns which field."""
    return {entry["manager"] for entry in request.seen()["metadata"]["managedFields"] if "f:spec" in entry["fieldsV1"]}


def is_put_right(story) -> None:
    detach_deny(story)
    eventually(lambda: denied(story), stories.PATIENCE, 0.2)


def test_a_spec_is_as_people_wrote_it_from_its_first_day_to_its_last(staging):
    story = staging
    request = story.asks(stories.role(story.world))
    asked = written(request)
    assert asked[0] == 1
    request.approved().is_contained()
    assert written(request) == asked
    is_put_right(story)
    request.says("InSync", "True", "DriftReasserted")
    assert written(request) == asked
    request.decided("sue", verb="Release").approved(action="Release").is_released()
    assert written(request) == asked
    assert writers_of_the_spec(story, request) <= PEOPLE


def test_an_account_is_as_people_wrote_it_while_custody_in_it_comes_and_goes(development):
    story = development
    path = f"{stories.API}/awsaccounts/{story.account}"
    before = story.cluster.get(path)
    request = story.asks(stories.role(story.world)).is_contained()
    eventually(lambda: "firebreak.dev/in-use" in story.cluster.get(path)["metadata"].get("finalizers", []))
    request.released().is_released()
    eventually(lambda: not story.cluster.get(path)["metadata"].get("finalizers"), stories.PATIENCE)
    after = story.cluster.get(path)
    assert (after["spec"], after["metadata"]["generation"]) == (before["spec"], before["metadata"]["generation"])

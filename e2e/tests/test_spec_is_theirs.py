"""The operator never writes a spec: what people wrote stays as they wrote it, through a whole life."""

import json

import cluster
import stories
from control import eventually
from custody import denied, detach_deny

pytest_plugins = ["story_fixtures"]

PEOPLE = {"kubectl-client-side-apply", cluster.MANAGER}
OPERATOR = "firebreak-controller"
# What a typed object would lose on its way through a program.
EMPTY = {"reason": None, "expiry": None, "evidence": None, "restoreOnRelease": []}
METADATA = {"labels": {"team": "payments", "x.firebreak.dev/y": "z"}, "annotations": {"example.com/note": "\u00e4"},
            "finalizers": ["example.com/theirs"]}


def written(story, path: str) -> str:
    """Everything but what is Firebreak's to write, byte for byte."""
    seen = story.cluster.get(path)
    metadata = seen["metadata"]
    seen.pop("status", None)
    metadata.pop("resourceVersion")
    metadata["managedFields"] = [one for one in metadata["managedFields"] if one["manager"] != OPERATOR]
    metadata["finalizers"] = [one for one in metadata["finalizers"] if not one.startswith("firebreak.dev/")]
    return json.dumps(seen, sort_keys=True)


def writers_of_the_spec(story, request) -> set[str]:
    """As the API server keeps account of who owns which field."""
    return {entry["manager"] for entry in request.seen()["metadata"]["managedFields"] if "f:spec" in entry["fieldsV1"]}


def is_put_right(story) -> None:
    detach_deny(story)
    eventually(lambda: denied(story), stories.PATIENCE, 0.2)


def test_an_object_is_as_people_wrote_it_from_its_first_day_to_its_last(staging):
    story = staging
    account = f"{stories.API}/awsaccounts/{story.account}"
    story.cluster.patches(account, {"metadata": METADATA, "spec": {"dataResidency": []}})
    request = story.asks(stories.role(story.world), **EMPTY)
    story.cluster.patches(request.path, {"metadata": METADATA}, by="alice")
    asked = written(story, request.path), written(story, account)
    assert '"reason": null' in asked[0] and '"generation": 1,' in asked[0] and '"requested-by": "alice"' in asked[0].replace("firebreak.dev/", "")

    def is_theirs() -> None:
        assert (written(story, request.path), written(story, account)) == asked

    request.approved().is_contained()
    eventually(lambda: "firebreak.dev/in-use" in story.cluster.get(account)["metadata"]["finalizers"])
    assert "firebreak.dev/custody" in request.seen()["metadata"]["finalizers"]
    is_theirs()
    is_put_right(story)
    request.says("InSync", "True", "DriftReasserted")
    is_theirs()
    request.decided("sue", verb="Release").approved(action="Release").is_released()
    eventually(lambda: story.cluster.get(account)["metadata"]["finalizers"] == METADATA["finalizers"], stories.PATIENCE)
    is_theirs()
    assert writers_of_the_spec(story, request) <= PEOPLE
    request.deleted()
    eventually(lambda: request.seen()["metadata"]["finalizers"] == METADATA["finalizers"], stories.PATIENCE)
    kept = json.loads(written(story, request.path))
    assert (kept["spec"], kept["metadata"]["labels"]) == (json.loads(asked[0])["spec"], METADATA["labels"])
    for path in (request.path, account):
        story.cluster.patches(path, {"metadata": {"finalizers": None}})

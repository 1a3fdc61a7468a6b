"""What the stories start from: one operator for all tests of a bed, and for each test a world and people in it.

Load it with `pytest_plugins = ["story_fixtures"]`. The operator starts with the first test that asks for it, and ends
with the last worker that has used it.
"""

import contextlib
import fcntl
import json
import os
import pathlib

import controller
import pytest
import stories
import yaml
from control import eventually

pytest_plugins = ["policy_fixtures"]

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture(scope="session")
def operator(request, bed, kubectl):
    """The operator, in a cluster with people, policies and guardrails; the last one to leave ends it."""
    request.getfixturevalue("policies")
    users = pathlib.Path(bed["kubeconfig"]).parent / "operator-users"
    users.mkdir(exist_ok=True)
    mine = users / str(os.getpid())
    mine.touch()
    yield_to = controller.start(bed, *stories.FLAGS)
    kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", give=stories.guardrails())
    yield yield_to
    mine.unlink()
    if not any(pathlib.Path(f"/proc/{user.name}").exists() for user in users.iterdir()):
        controller.stop(bed)


@pytest.fixture
def decisions_count(bed, operator) -> None:
    """The operator believes Decisions: the policies that bind them have been in force for long enough."""
    eventually(lambda: controller.seconds_until_decisions_count(bed) == 0, seconds=30, every=0.5)


@pytest.fixture
def together(bed):
    """Held by tests that bear each other, so that one that does not (`alone`) waits for its turn."""
    with _room(bed, fcntl.LOCK_SH):
        yield


@pytest.fixture
def alone(bed):
    """For a test that stops or kills the operator, which everybody would notice."""
    with _room(bed, fcntl.LOCK_EX):
        yield


@contextlib.contextmanager
def _room(bed: dict, how: int):
    """Everybody passes the gate; who wants the room alone keeps it shut, so that nobody overtakes them."""
    folder = pathlib.Path(bed["kubeconfig"]).parent
    with open(folder / "gate.lock", "w") as gate, open(folder / "room.lock", "w") as room:
        fcntl.flock(gate, fcntl.LOCK_EX)
        fcntl.flock(room, how)
        if how == fcntl.LOCK_SH:
            fcntl.flock(gate, fcntl.LOCK_UN)
        yield


def _story(request, environment: str) -> stories.Story:
    """In a namespace and an AWS account of its own."""
    get = request.getfixturevalue
    get("operator")
    story = stories.Story(get("kubectl"), get("cluster"), get("control"), get("world"), get("namespace"))
    story.has_account(environment)
    return story


@pytest.fixture
def development(request, together):
    """A story in which nobody needs to approve."""
    with _tidied(_story(request, "Development")) as story:
        yield story


@pytest.fixture
def staging(request, decisions_count, together):
    """A story in which one person approves."""
    with _tidied(_story(request, "Staging")) as story:
        yield story


@pytest.fixture
def production(request, decisions_count, together):
    """A story in which two people approve, one of them for security."""
    with _tidied(_story(request, "Production")) as story:
        yield story


@pytest.fixture
def development_alone(request, alone):
    """As `development`, for a test that disturbs everybody."""
    with _tidied(_story(request, "Development")) as story:
        yield story


@contextlib.contextmanager
def _tidied(story: stories.Story):
    """Nobody meets again what is left."""
    yield story
    story.leaves()


@pytest.fixture(scope="session")
def example():
    """`example("quarantine-a-role/quarantine.yaml")` is the object in that file of examples/."""
    return lambda path: yaml.safe_load((EXAMPLES / path).read_text())


def pytest_exception_interact(node, report) -> None:
    """What the operator wrote last is worth a hundred guesses."""
    bed = os.environ.get("FIREBREAK_BED")
    if report.failed and bed and "story_fixtures" in getattr(node.module, "pytest_plugins", []):
        with contextlib.suppress(OSError):
            text = controller.logs(json.loads(pathlib.Path(bed).read_text()))
            report.sections.append(("operator's log", "\n".join(text.splitlines()[-60:])))

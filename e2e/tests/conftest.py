"""What every end-to-end test starts from: a bed that runs already, and an AWS account of its own on it.

A test never starts a process except through bed.py, and never shares an account with another test.
"""

import json
import os
import pathlib
import random

import pytest
import world as worlds
from cluster import Cluster
from control import Control
from kubectls import kubectl_on
from seeding.access import Clients, administrator

E2E = pathlib.Path(__file__).resolve().parent.parent
START = f'{E2E}/testbed/bed.py up && eval "$({E2E}/testbed/bed.py env)"'


def pytest_collection_modifyitems(items) -> None:
    """Tests that share a bed of their own run in one worker: every other one would start another bed for them."""
    for item in items:
        plugins = getattr(item.module, "pytest_plugins", [])
        if {"own_bed_fixtures", "chart_fixtures"} & set(plugins):
            item.add_marker(pytest.mark.xdist_group(item.module.__name__))


@pytest.fixture(scope="session")
def bed() -> dict:
    """What bed.json says. No bed is no reason to skip: a test that did not run proves nothing."""
    path = os.environ.get("FIREBREAK_BED")
    if not path or not pathlib.Path(path).exists():
        pytest.exit(f"no test bed: FIREBREAK_BED is {path or 'not set'}. Start one with:\n  {START}", returncode=3)
    return json.loads(pathlib.Path(path).read_text())


@pytest.fixture(scope="session")
def kubectl(bed):
    """As `kubectls.kubectl_on` says."""
    return kubectl_on(bed)


@pytest.fixture(scope="session")
def cluster(bed) -> Cluster:
    return Cluster(bed)


@pytest.fixture
def namespace(cluster):
    """A namespace of the test's own. It is not waited for at the end: nobody takes the same name again."""
    name = f"e2e-{random.randrange(10**9)}"
    cluster.has_namespace(name)
    yield name
    cluster.deletes(f"/api/v1/namespaces/{name}")


@pytest.fixture(scope="session")
def control(bed) -> Control:
    return Control(bed["awsEndpoint"])


@pytest.fixture
def world(bed) -> dict:
    """The seeded AWS world in a fresh account; see world.seed for what is in it."""
    return worlds.seed(bed["awsEndpoint"], account_id=str(random.randrange(3 * 10**11, 9 * 10**11)))


@pytest.fixture
def aws(world) -> Clients:
    """`aws("ecs")` is a client in the seeded account."""
    return administrator(world["endpoint"], world["accountId"], world["region"])

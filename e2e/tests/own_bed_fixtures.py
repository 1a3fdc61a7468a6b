"""A bed of their own for tests that change what everybody relies on: the admission policies, the operator's flags.

Load it with `pytest_plugins = ["own_bed_fixtures"]`.
"""

import contextlib
import dataclasses
import os
import random

import controller
import lifecycle
import people
import pytest
import stories
import world as worlds
from cluster import Cluster
from control import Control, eventually
from kubectls import kubectl_on


@dataclasses.dataclass(frozen=True)
class OwnBed:
    """A bed that nobody shares."""

    bed: dict
    kubectl: object
    cluster: Cluster
    control: Control

    def starts(self, *flags: str) -> None:
        """The operator with these flags, the policies, everybody with their roles, and the guardrails."""
        controller.start(self.bed, *stories.FLAGS, *flags)
        self.kubectl("apply", "-f", "-", give=people.everybody())
        self.kubectl("apply", "-f", "-", give=stories.guardrails())

    def log(self) -> str:
        return controller.logs(self.bed)

    def decisions_count(self) -> None:
        """Waits until the operator believes Decisions again, or for the first time."""
        eventually(lambda: controller.seconds_until_decisions_count(self.bed) == 0, seconds=30, every=0.5)

    def person(self, name: str, namespace: str = "default") -> people.Person:
        return people.Person(name, self.kubectl, namespace)

    def world(self) -> dict:
        """A seeded AWS account."""
        return worlds.seed(self.bed["awsEndpoint"], account_id=str(random.randrange(3 * 10**11, 9 * 10**11)))

    @contextlib.contextmanager
    def story(self, environment: str, world: dict | None = None):
        """In a namespace and an AWS account of its own; what is left goes with the bed."""
        namespace = f"own-{random.randrange(10**9)}"
        self.cluster.has_namespace(namespace)
        told = stories.Story(self.kubectl, self.cluster, self.control, world or self.world(), namespace)
        told.has_account(environment)
        yield told
        told.leaves()


@pytest.fixture(scope="module")
def own_bed(request) -> OwnBed:
    """Without an operator: the module starts it as it needs it."""
    name = f"{request.module.__name__.removeprefix('test_').replace('_', '-')}-{os.getpid()}"
    bed = lifecycle.up(name, print)
    try:
        yield OwnBed(bed, kubectl_on(bed), Cluster(bed), Control(bed["awsEndpoint"]))
    finally:
        controller.stop(bed)
        lifecycle.down(name)


def pytest_exception_interact(node, report) -> None:
    """What the operator wrote last is worth a hundred guesses."""
    mine = getattr(node, "funcargs", {}).get("own_bed")
    if report.failed and mine:
        with contextlib.suppress(OSError):
            report.sections.append(("operator's log", "\n".join(mine.log().splitlines()[-60:])))

"""A cluster with the CRDs, the policies and the roles of the chart: installed once, and seen to be in force.

Load it with `pytest_plugins = ["policy_fixtures"]`.
"""

import contextlib
import hashlib
import json
import pathlib
import random

import controller
import people
import policy_samples as samples
import pytest
from control import eventually
from people import OPERATOR, Person


@pytest.fixture(scope="session")
def one_at_a_time(bed):
    """`kubectl apply` of the same new object by two workers at once fails in one of them."""
    return lambda: controller.cache.lock(f"story-{bed['name']}")


@pytest.fixture(scope="session")
def crds(kubectl, one_at_a_time) -> None:
    with one_at_a_time():
        _install(kubectl)


def _install(kubectl) -> None:
    kubectl("apply", "--server-side", "--force-conflicts", "-f", str(people.ROOT / "crds" / "manifests"))
    kubectl("wait", "crd", "--all", "--for=condition=Established", "--timeout=20s")


@pytest.fixture(scope="session")
def roles(kubectl, crds, one_at_a_time) -> None:
    """Everybody in people.ROLES has their roles in the whole cluster."""
    with one_at_a_time():
        for file in ("identity", "rbac"):
            kubectl("apply", "-f", "-", give=people.manifest(file))
        kubectl("apply", "-f", "-", give=people.everybody())


@pytest.fixture(scope="session")
def room(cluster):
    """The namespace in which everybody acts."""
    name = f"e2e-policies-{random.randrange(10**9)}"
    cluster.has_namespace(name)
    yield name
    cluster.deletes(f"/api/v1/namespaces/{name}")


@pytest.fixture(scope="session")
def person(kubectl, roles, room):
    """`person("alice")` acts as alice."""
    return lambda name, namespace=room: Person(name, kubectl, namespace)


@pytest.fixture(scope="session")
def policies(bed, kubectl, person, one_at_a_time) -> None:
    """The policies of the chart, in force: the API server takes a while to see a new one, so they are tried."""
    trudy = person("trudy")
    with one_at_a_time():
        _apply_once(bed, kubectl, "admission")
    # The last one of the file. Where requester.yaml is in force already, it puts right what that one would refuse.
    eventually(lambda: _complaint(trudy, _asked_by("bob")) or _requester(trudy) == "trudy", seconds=20, every=0.2)
    eventually(lambda: "firebreak-decisions" in _complaint(trudy, samples.decision("bob")), seconds=20, every=0.2)
    with one_at_a_time():
        _apply_once(bed, kubectl, "requester")
    eventually(lambda: _requester(trudy) == "trudy", seconds=20, every=0.2)


def _apply_once(bed: dict, kubectl, name: str) -> None:
    """A policy that is written again counts as new: a worker that comes later would make the Decisions of the others too early."""
    manifest = people.manifest(name)
    digest = hashlib.sha256(manifest.encode()).hexdigest()[:16]
    applied = pathlib.Path(bed["kubeconfig"]).parent / f"applied-{name}-{digest}"
    if not applied.exists():
        kubectl("apply", "-f", "-", give=manifest)
        applied.touch()


def _asked_by(name: str) -> dict:
    quarantine = samples.role("canary")
    quarantine["metadata"]["annotations"] = {"firebreak.dev/requested-by": name}
    return quarantine


def _complaint(someone: Person, given: dict) -> str:
    """Empty where the API server does not mind."""
    with contextlib.suppress(AssertionError):
        return someone.cannot_create(given)
    return ""


def _requester(someone: Person) -> str:
    created = json.loads(someone.creates(samples.role("canary"), fails=None) or "{}")
    return created.get("metadata", {}).get("annotations", {}).get("firebreak.dev/requested-by", "")


@pytest.fixture(scope="session")
def standing(policies, person) -> dict[str, str]:
    """What exists, made by those who may: alice's quarantine, bob's decision, the operator's plan and hold."""
    operator = person(OPERATOR)
    quarantine = json.loads(person("alice").creates(samples.role("standing"), for_real=True))
    operator.patches(
        "quarantine/standing",
        '{"metadata": {"finalizers": ["firebreak.dev/custody", "example.com/other"]}}',
        for_real=True,
    )
    plan = samples.plan("standing-1")
    plan["metadata"]["ownerReferences"] = [
        {
            "apiVersion": quarantine["apiVersion"],
            "kind": "Quarantine",
            "name": "standing",
            "uid": quarantine["metadata"]["uid"],
        }
    ]
    operator.creates(plan, for_real=True)
    hold = samples.hold(f"standing-{random.randrange(10**9)}")
    hold["metadata"]["finalizers"] = ["firebreak.dev/custody"]
    operator.creates(hold, for_real=True)
    person("bob").creates(samples.decision("bob", "standing"), for_real=True)
    yield {
        "quarantine": "quarantine/standing",
        "plan": "responseplan/standing-1",
        "hold": f"hold/{hold['metadata']['name']}",
        "decision": "decision/standing",
    }
    for what in (f"hold/{hold['metadata']['name']}", "quarantine/standing"):
        operator.patches(what, '{"metadata": {"finalizers": null}}', for_real=True)
    operator.does("delete", f"hold/{hold['metadata']['name']}", for_real=True)

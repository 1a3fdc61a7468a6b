"""A team's pipeline: its repository, and Flux that applies it by the Kustomization that the examples ship.

Load it with `pytest_plugins = ["gitops_fixtures"]`.
"""

import dataclasses
import json
import pathlib
import random
import sys

import flux as fluxes
import gitops_build
import health_rules
import pytest
import stories
import yaml
from control import eventually

pytest_plugins = ["story_fixtures"]

KUSTOMIZATION = "kustomizations.kustomize.toolkit.fluxcd.io"
PATH = "/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/{}/kustomizations/{}"
RESPONSE = yaml.safe_load((health_rules.EXAMPLES / "repository" / "responses" / "payments-task.yaml").read_text())


@pytest.fixture(scope="session")
def flux_crds(kubectl, one_at_a_time) -> None:
    crds = str(gitops_build.flux(_say) / "crds")
    with one_at_a_time():
        kubectl("apply", "--server-side", "--force-conflicts", "-f", crds)
        kubectl("wait", "--for=condition=Established", "--timeout=20s", "-f", crds)


def _say(text: str) -> None:
    """Past pytest, which would show it only afterwards: the first build takes minutes."""
    print(f"\n{text}", file=sys.__stderr__, flush=True)


@dataclasses.dataclass(frozen=True)
class Pipeline:
    """What the team commits to, and how Flux stands with it."""

    story: stories.Story
    repository: fluxes.Repository
    log: pathlib.Path

    def commits(self, *manifests: dict) -> str:
        """The folder responses/ holds exactly these from now on."""
        files = {f"responses/{index}.yaml": json.dumps(manifest) for index, manifest in enumerate(manifests)}
        listed = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization",
                  "resources": [name.removeprefix("responses/") for name in files]}
        return self.repository.commit(files | {"responses/kustomization.yaml": json.dumps(listed)})

    def response(self, **spec) -> dict:
        """The example's Quarantine, in this story's namespace and account."""
        metadata = {"name": RESPONSE["metadata"]["name"], "namespace": self.story.namespace}
        own = {"accountRef": {"name": self.story.account}}
        return RESPONSE | {"metadata": metadata, "spec": RESPONSE["spec"] | own | spec}

    @property
    def request(self) -> stories.Request:
        return stories.Request(self.story, RESPONSE["metadata"]["name"])

    def status(self) -> dict:
        name = health_rules.kustomization("responses")["metadata"]["name"]
        return self.story.cluster.get(PATH.format(self.story.namespace, name)).get("status", {})

    def condition(self, kind: str) -> dict:
        return next((c for c in self.status().get("conditions", []) if c["type"] == kind), {})

    def says(self, revision: str, status: str = "True", reason: str = "") -> dict:
        """Waits until Flux says that it is (or is not) Ready with that revision."""
        def said():
            ready, seen = self.condition("Ready"), self.status()
            spoken = seen.get("lastAppliedRevision" if status == "True" else "lastAttemptedRevision")
            wanted = ready.get("status") == status and reason in ("", ready["reason"])
            return ready if wanted and spoken == revision else None

        try:
            return eventually(said, stories.PATIENCE, 0.1)
        except AssertionError:
            raise AssertionError(f"waited for {status} {reason} of {revision}; Flux says "
                                 f"{json.dumps(self.status(), indent=1)}; the Quarantine "
                                 f"{json.dumps(self.request.seen(), indent=1)}") from None

    def looks_again(self) -> None:
        """As `flux reconcile` does; returns when Flux has looked at everything once more."""
        word = str(random.randrange(10**9))
        name = health_rules.kustomization("responses")["metadata"]["name"]
        self.story.kubectl("-n", self.story.namespace, "annotate", "--overwrite", f"{KUSTOMIZATION}/{name}",
                           f"reconcile.fluxcd.io/requestedAt={word}")
        eventually(lambda: self.status().get("lastHandledReconcileAt") == word, stories.PATIENCE, 0.1)


@pytest.fixture
def pipeline(bed, kubectl, namespace, flux_crds, tmp_path):
    """`pipeline(story)` sets one up in the story's namespace."""
    kubectl("apply", "-f", "-", give={"apiVersion": "v1", "kind": "List", "items": list(_identity(namespace))})
    shipped = health_rules.kustomization("responses")
    shipped["metadata"]["namespace"] = namespace
    with fluxes.serving(tmp_path) as url, fluxes.running(bed, namespace, tmp_path / "flux.log") as process:
        name = shipped["spec"]["sourceRef"]["name"]
        repository = fluxes.Repository(kubectl, namespace, name, tmp_path, url)
        repository.create()
        kubectl("create", "-f", "-", give=shipped)
        yield lambda story: Pipeline(story, repository, pathlib.Path(process.log))
    kubectl("-n", namespace, "patch", KUSTOMIZATION, shipped["metadata"]["name"], "--type=merge", "-p",
            '{"metadata": {"finalizers": null}}')  # nobody is there any more who would take it away


def _identity(namespace: str):
    """The example's service account and its binding."""
    for given in yaml.safe_load_all((health_rules.EXAMPLES / "flux" / "identity.yaml").read_text()):
        given["metadata"]["namespace"] = namespace
        for subject in given.get("subjects", []):
            subject["namespace"] = namespace
        yield given

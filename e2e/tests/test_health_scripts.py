"""What kstatus, Flux and Argo CD make of every state that the operator reports, by their own code.

The promise is docs/gitops.md. No cluster is needed; the states are in health_states.py.
"""

import re

import health_objects
import health_rules
import pytest
import yaml
from health_rules import KINDS

STATES = [(kind, state) for kind in KINDS for state in health_objects.states(kind)]


@pytest.fixture(scope="module")
def verdicts() -> dict[tuple[str, str], list[dict]]:
    """(kind, state) -> what the tools say of each of its variants."""
    objects = [(kind, state, one) for kind, state in STATES for one in health_objects.states(kind)[state]]
    said = health_rules.verdicts([one for _, _, one in objects])
    found = {}
    for (kind, state, _), verdict in zip(objects, said, strict=True):
        found.setdefault((kind, state), []).append(verdict)
    return found


@pytest.mark.parametrize("kind, state", STATES)
def test_the_tools_say_what_the_docs_promise(verdicts, kind, state):
    promised = health_rules.table(kind)[state]
    for verdict in verdicts[kind, state]:
        assert tuple(verdict[tool]["status"] for tool in ("kstatus", "flux", "argocd")) == promised, verdict


@pytest.mark.parametrize("kind", KINDS)
def test_the_docs_name_every_state_and_no_other(kind):
    assert list(health_rules.table(kind)) == list(health_objects.states(kind))


def test_every_reason_that_the_operator_knows_is_in_a_state():
    source = (health_rules.ROOT / "crds" / "src" / "common" / "condition.rs").read_text()
    known = re.findall(r"\w+", source.split("pub enum Reason {")[1].split("}")[0])
    objects = [one for kind, state in STATES for one in health_objects.states(kind)[state]]
    given = {c["reason"] for one in objects for c in one.get("status", {}).get("conditions", [])}
    assert given == set(known)


@pytest.mark.parametrize("kind, state", STATES)
def test_argo_cd_shows_the_operators_own_words(verdicts, kind, state):
    for one, verdict in zip(health_objects.states(kind)[state], verdicts[kind, state], strict=True):
        message = verdict["argocd"]["message"]
        spoken = [f"{c['reason']}: {c['message']}" for c in one.get("status", {}).get("conditions", [])]
        unheard = state in ("no status yet", "the spec is newer than the status", "being deleted")
        assert message and unheard != (message in spoken)


def test_an_object_that_says_nothing_of_ready_is_never_healthy():
    for kind in KINDS:
        mute = health_objects.manifest(kind) | {"status": {"observedGeneration": 1, "conditions": []}}
        (verdict,) = health_rules.verdicts([mute])
        assert (verdict["flux"]["status"], verdict["argocd"]["status"]) == ("InProgress", "Progressing")


def test_the_configmap_for_argo_cd_has_the_scripts_word_for_word():
    data = yaml.safe_load((health_rules.EXAMPLES / "argocd" / "argocd-cm.yaml").read_text())["data"]
    assert data == {f"resource.customizations.health.firebreak.dev_{kind}": health_rules.script(kind) for kind in KINDS}


def test_each_kind_that_people_commit_and_that_has_a_status_has_rules():
    manifests = health_rules.ROOT.glob("crds/manifests/*.yaml")
    crds = [yaml.safe_load(path.read_text())["spec"] for path in manifests]
    reporting = {crd["names"]["kind"] for crd in crds if "status" in crd["versions"][0].get("subresources", {})}
    assert reporting - {"ResponsePlan"} == set(KINDS), "a ResponsePlan is written by the operator alone"
    assert {rule["kind"] for rule in health_rules.expressions()} == set(KINDS)

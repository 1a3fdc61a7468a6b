"""Who may say and write what about Incidents, and about what they create: each rule, with the people it is made against.

trudy has every right on firebreak.dev that RBAC can give, so what stops her is the policy alone.
"""

import json

import policy_samples as samples
import pytest
from people import OPERATOR

pytest_plugins = ["policy_fixtures"]
pytestmark = pytest.mark.usefixtures("policies")

LABELS = {"firebreak.dev/incident": "stolen", "firebreak.dev/incident-uid": "0" * 8}
STARTS = {"name": "shop", "region": "us-west-2", "serial": 1}
ASKED = {"firebreak.dev/asked": json.dumps({"by": ["nobody"]})}
DECLARER = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "e2e-declarer"},
            "rules": [{"apiGroups": ["firebreak.dev"], "resources": ["incidents"], "verbs": ["*"]}]}
BINDING = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "e2e-declarer"},
           "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "e2e-declarer"},
           "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "dora"}]}


def marked(name: str = "marked", **metadata) -> dict:
    """A Quarantine with such labels or annotations."""
    given = samples.role(name)
    given["metadata"] |= metadata
    return given


@pytest.fixture(scope="module")
def dora(kubectl, person):
    """May write Incidents, and nothing else."""
    kubectl("apply", "-f", "-", give={"apiVersion": "v1", "kind": "List", "items": [DECLARER, BINDING]})
    return person("dora")


@pytest.fixture(scope="module")
def starting(kubectl, room):
    """An Incident that asks for a run of a FailoverPlan."""
    kubectl("-n", room, "create", "-f", "-", give=samples.incident("starting", startFailover=STARTS))
    yield "incident/starting"
    kubectl("-n", room, "delete", "incident", "starting", "--wait=false")


@pytest.fixture(scope="module")
def plain(kubectl, room):
    """A Quarantine that no Incident created."""
    kubectl("-n", room, "create", "-f", "-", give=samples.role("plain"))
    yield "quarantine/plain"
    kubectl("-n", room, "delete", "quarantine", "plain", "--wait=false")


@pytest.mark.parametrize("metadata", [{"labels": LABELS}, {"labels": {"firebreak.dev/incident": "stolen"}},
                                      {"annotations": ASKED}, {"annotations": {"firebreak.dev/applied": "{}"}}])
def test_nobody_forges_what_an_incident_created(person, metadata):
    said = person("trudy").cannot_create(marked(**metadata))
    assert "only Firebreak" in said


@pytest.mark.parametrize("metadata", [{"labels": LABELS}, {"annotations": ASKED}])
def test_nobody_marks_afterwards_what_no_incident_created(person, plain, metadata):
    assert "only Firebreak" in person("trudy").cannot_patch(plain, json.dumps({"metadata": metadata}))


def test_not_even_the_operator_takes_over_what_somebody_else_created(person, plain):
    assert "only Firebreak gives them, at the creation" in person(OPERATOR).cannot_patch(plain, json.dumps({"metadata": {"labels": LABELS}}))


def test_who_may_not_create_a_response_may_not_have_an_incident_create_it(dora):
    said = dora.cannot_create(samples.incident(responses=[samples.response()]))
    assert "you may not create quarantines.firebreak.dev in namespace" in said and "firebreak-responder" in said


def test_who_may_not_start_a_plan_may_not_have_an_incident_start_it(dora, person, starting):
    said = dora.cannot_create(samples.incident(startFailover=STARTS))
    assert "you may not start the FailoverPlan shop in namespace" in said and "firebreak-failover" in said
    person("alice").creates(samples.incident(startFailover=STARTS))
    dora.patches(starting, json.dumps({"spec": {"summary": "more is known"}}))
    later = json.dumps({"spec": {"startFailover": {"serial": 2}}})
    assert "you may not start the FailoverPlan shop" in dora.cannot_patch(starting, later)


def test_a_drill_starts_no_plan(person):
    assert "a drill begins no run" in person("alice").cannot_create(samples.incident(startFailover=STARTS, drill=True))


def test_who_may_not_create_a_response_declares_without(dora):
    dora.creates(samples.incident())
    dora.creates(samples.incident(responses=[{"name": "role", "quarantineRef": {"name": "theirs"}}]))


def test_a_responder_declares_and_speaks_and_approves_nothing(person):
    alice = person("alice")
    alice.creates(samples.incident(responses=[samples.response()]))
    alice.creates(samples.word("alice", "Acknowledge"))
    said = alice.cannot_create(samples.decision("alice", approverRole="responder"))
    assert "speaks about Incidents" in said and "it approves nothing: name an approver role" in said


def test_who_may_not_write_an_incident_does_not_outrank_it_with_a_word(person):
    bob, alice = person("bob"), person("alice")
    words = {"Resolve": {"outcome": "Benign"}, "Reopen": {"reason": "again"}}
    for verb, more in words.items():
        target = {"kind": "Incident", "name": "sample", "uid": "u-1", "generation": 1}
        given = {"target": target, **more}
        said = bob.cannot_create(samples.word("bob", verb, approverRole="approver", **given))
        assert "you may not update incidents.firebreak.dev" in said
        alice.creates(samples.word("alice", verb, **given))


@pytest.mark.parametrize(("spec", "said"), [
    ({"severity": "Grave"}, "severity"),
    ({"title": ""}, "spec.title"),
    ({"responses": [samples.response("a"), samples.response("a")]}, "Duplicate value"),
    ({"responses": [samples.response("a") | {"dependsOn": ["b"]}]}, "dependsOn"),
    ({"responses": [{"name": "a"}]}, "quarantine"),
    ({"state": "Resolved"}, "outcome"),
    ({"owner": "me"}, "unknown field"),
])
def test_a_bad_incident_is_refused_and_the_field_named(person, spec, said):
    assert said in person("alice").cannot_create(samples.incident(**spec))

"""What each role may do, and no more: the table is the contract. The questions are SubjectAccessReviews.

RBAC decides alone here; what the admission policies take away again is in test_admission.py.
"""

import json

import pytest
import yaml
from control import eventually
from people import NAMESPACE, NOTIFIER, OPERATOR, ROOT, manifest

pytest_plugins = ["policy_fixtures"]

KINDS = {path.stem for path in (ROOT / "crds" / "manifests").glob("*.yaml")}
READ = {"get", "list", "watch"}
CHANGE = {"create", "update", "patch", "delete"}
VERBS = READ | CHANGE | {"deletecollection"}
CAPACITIES = {"approver", "security", "breakglass"}
RESPONDER = "responder"  # speaks about Incidents, begins and steers runs

PROGRAMS = {OPERATOR, NOTIFIER}
# Username -> what they may write, and the approver_roles in which they may decide.
MAY = {
    "otto": ({}, set()),
    "alice": (
        {
            "failoverplans": CHANGE,
            "findingsources": CHANGE,
            "incidents": CHANGE,
            "notificationchannels": CHANGE,
            "playbooks": CHANGE,
            "quarantines": CHANGE,
            "trafficpolicies": CHANGE,
            "decisions": {"create"},
            "emergencystops": {"create"},
        },
        {RESPONDER},
    ),
    "fay": ({"decisions": {"create"}}, {RESPONDER}),
    "bob": ({"decisions": {"create"}}, {"approver"}),
    "sue": ({"decisions": {"create"}, "emergencystops": {"create"}}, {"approver", "security"}),
    "gus": ({"decisions": {"create"}, "emergencystops": {"create"}}, CAPACITIES),
    "ada": ({"awsaccounts": CHANGE, "guardrails": CHANGE, "emergencystops": CHANGE}, set()),
    OPERATOR: (
        {
            "awsaccounts": {"patch"},
            "incidents": {"create", "patch"},
            "quarantines": {"create", "patch"},
            "trafficpolicies": {"patch"},
            "holds": {"create", "delete", "update"},
            "responseplans": {"create", "delete"},
            "awsaccounts/status": {"patch"},
            "failoverplans/status": {"patch"},
            "findingsources/status": {"patch"},
            "incidents/status": {"patch"},
            "playbooks/status": {"patch"},
            "quarantines/status": {"patch"},
            "trafficpolicies/status": {"patch"},
            "responseplans/status": {"update"},
        },
        set(),
    ),
    NOTIFIER: ({"notificationchannels/status": {"patch"}}, set()),
}


@pytest.fixture(scope="session")
def may(bed, kubectl, roles):
    """`may(user, verb, resource, ...)`: the API server's own answers to many questions at once, in one kubectl."""

    def ask(user: str, questions: list[dict]) -> list[bool]:
        reviews = [
            {
                "apiVersion": "authorization.k8s.io/v1",
                "kind": "SubjectAccessReview",
                "spec": {"user": user, "resourceAttributes": question},
            }
            for question in questions
        ]
        answer = kubectl("create", "-f", "-", "-o", "json", give="\n---\n".join(map(json.dumps, reviews)))
        return [one["status"]["allowed"] for one in _each(answer)]

    eventually(lambda: ask("otto", [{"verb": "get", "group": "firebreak.dev", "resource": "holds"}]) == [True])
    return ask


def _each(text: str):
    """kubectl prints one JSON document after another."""
    decoder, place = json.JSONDecoder(), 0
    while text[place:].strip():
        place += len(text[place:]) - len(text[place:].lstrip())
        one, place = decoder.raw_decode(text, place)
        yield one


def ours(resource: str, verb: str, **more) -> dict:
    resource, _, sub = resource.partition("/")
    return {
        "group": "firebreak.dev",
        "resource": resource,
        "subresource": sub,
        "verb": verb,
        "namespace": "default",
    } | more


@pytest.mark.parametrize("name", MAY)
def test_each_role_writes_what_it_must_and_nothing_else(may, name):
    granted, _ = MAY[name]
    resources = KINDS | {f"{kind}/status" for kind in KINDS}
    asked = [(resource, verb) for resource in sorted(resources) for verb in sorted(VERBS - READ)]
    allowed = may(name, [ours(resource, verb) for resource, verb in asked])
    wanted = {(resource, verb) for resource, verbs in granted.items() for verb in verbs}
    assert {one for one, yes in zip(asked, allowed, strict=True) if yes} == wanted


@pytest.mark.parametrize("name", [name for name in MAY if name not in PROGRAMS])
def test_everybody_with_a_role_reads_everything(may, name):
    assert all(may(name, [ours(kind, verb) for kind in sorted(KINDS) for verb in sorted(READ)]))


def test_the_operator_reads_what_it_looks_at(may):
    asked = [(kind, verb) for kind in sorted(KINDS) for verb in sorted(READ)]
    allowed = may(OPERATOR, [ours(kind, verb) for kind, verb in asked])
    looked_at = KINDS - {"notificationchannels"}
    wanted = {(kind, "list") for kind in looked_at} | {(kind, "watch") for kind in looked_at - {"responseplans"}}
    got = ("awsaccounts", "failoverplans", "findingsources", "holds", "incidents", "playbooks", "quarantines", "trafficpolicies")
    wanted |= {(kind, "get") for kind in got}
    assert {one for one, yes in zip(asked, allowed, strict=True) if yes} == wanted


def test_the_notifier_reads_channels_and_what_it_tells_of(may):
    asked = [(kind, verb) for kind in sorted(KINDS) for verb in sorted(READ)]
    allowed = may(NOTIFIER, [ours(kind, verb) for kind, verb in asked])
    wanted = {(kind, verb) for kind in ("incidents", "notificationchannels") for verb in ("list", "watch")}
    wanted |= {("notificationchannels", "get")}
    assert {one for one, yes in zip(asked, allowed, strict=True) if yes} == wanted


def lease(verb: str, name: str = "", namespace: str = NAMESPACE) -> dict:
    return {"group": "coordination.k8s.io", "resource": "leases", "verb": verb, "name": name, "namespace": namespace}


def test_the_notifier_holds_its_own_lease_and_looks_at_the_operators(may):
    own = [lease("create"), *(lease(verb, "firebreak-notifier") for verb in ("get", "update"))]
    assert all(may(NOTIFIER, [*own, lease("get", "firebreak-controller")]))
    others = [lease(verb, "firebreak-controller") for verb in ("update", "patch", "delete")]
    elsewhere = [lease("create", namespace="default"), lease("get", "firebreak-notifier", "default")]
    assert not any(may(NOTIFIER, [*others, *elsewhere, lease("list"), lease("delete", "firebreak-notifier")]))


def test_the_notifier_reads_a_secret_by_its_name_where_the_namespace_lets_it(may, kubectl, room):
    def secret(name: str, verb: str = "get", namespace: str = room) -> dict:
        return {"resource": "secrets", "verb": verb, "name": name, "namespace": namespace}

    assert not any(may(NOTIFIER, [secret("slack"), secret("", "list"), secret("slack", namespace=NAMESPACE)]))
    group = "rbac.authorization.k8s.io"
    named = {"apiVersion": f"{group}/v1", "metadata": {"name": "e2e-notifier", "namespace": room}}
    rule = {"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["slack"], "verbs": ["get"]}
    account = {"kind": "ServiceAccount", "name": "firebreak-notifier", "namespace": NAMESPACE}
    kubectl("apply", "-f", "-", give={"apiVersion": "v1", "kind": "List", "items": [
        named | {"kind": "Role", "rules": [rule]},
        named | {"kind": "RoleBinding", "subjects": [account], "roleRef": {"apiGroup": group, "kind": "Role", "name": "e2e-notifier"}},
    ]})
    try:
        eventually(lambda: may(NOTIFIER, [secret("slack")]) == [True])
        others = [secret("pager"), secret("", "list"), secret("slack", "update"), secret("slack", namespace="default")]
        assert not any(may(NOTIFIER, others))
    finally:
        kubectl("delete", "role,rolebinding", "e2e-notifier", "-n", room)


@pytest.mark.parametrize("name", MAY)
def test_each_role_decides_in_its_capacities_only(may, name):
    _, granted = MAY[name]
    asked = sorted(CAPACITIES | {RESPONDER, "king"})
    allowed = may(name, [ours("decisions", "approve", name=approver_role) for approver_role in asked])
    assert {approver_role for approver_role, yes in zip(asked, allowed, strict=True) if yes} == granted
    assert may(name, [ours("decisions", "approve")]) == [False]


@pytest.mark.parametrize("name", MAY)
def test_only_who_responds_or_is_on_call_for_failovers_begins_a_run(may, name):
    """Start is no verb of Kubernetes' own: the policy firebreak-decisions asks for it."""
    begins = may(name, [ours("failoverplans", "start"), ours("failoverplans", "start", name="shop"), ours("quarantines", "start")])
    assert begins == [name in ("alice", "fay"), name in ("alice", "fay"), False]


def test_the_role_stop_stops_and_reads_stops_and_nothing_else(may):
    asked = [(kind, verb) for kind in sorted(KINDS) for verb in sorted(VERBS)]
    allowed = may("stan", [ours(kind, verb) for kind, verb in asked])
    assert {one for one, yes in zip(asked, allowed, strict=True) if yes} == {
        ("emergencystops", verb) for verb in READ | {"create"}
    }


def test_the_operator_has_what_it_needs_beside_its_kinds(may):
    policy = {"group": "admissionregistration.k8s.io", "resource": "validatingadmissionpolicies"}
    assert all(
        may(
            OPERATOR,
            [
                {"group": "events.k8s.io", "resource": "events", "verb": "create", "namespace": "default"},
                {"group": "events.k8s.io", "resource": "events", "verb": "patch", "namespace": "default"},
                *({"group": "coordination.k8s.io", "resource": "leases", "verb": verb, "namespace": NAMESPACE}
                  for verb in ("create", "get", "update")),
                policy | {"verb": "get", "name": "firebreak-decisions"},
            ],
        )
    )


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_no_program_has_what_would_make_it_master_of_the_cluster(may, name):
    policy = {
        "group": "admissionregistration.k8s.io",
        "resource": "validatingadmissionpolicies",
        "name": "firebreak-decisions",
    }
    assert not any(
        may(
            name,
            [
                {"resource": "secrets", "verb": "get", "namespace": NAMESPACE},
                {"resource": "configmaps", "verb": "get", "namespace": NAMESPACE},
                {"resource": "pods", "verb": "create", "namespace": NAMESPACE},
                {"resource": "serviceaccounts", "subresource": "token", "verb": "create", "namespace": NAMESPACE},
                {"resource": "users", "verb": "impersonate"},
                {"resource": "namespaces", "verb": "get", "name": "default"},
                {"resource": "namespaces", "verb": "delete", "name": "default"},
                {"group": "coordination.k8s.io", "resource": "leases", "verb": "create", "namespace": "default"},
                {"group": "rbac.authorization.k8s.io", "resource": "clusterrolebindings", "verb": "create"},
                {
                    "group": "apiextensions.k8s.io",
                    "resource": "customresourcedefinitions",
                    "verb": "update",
                    "name": "holds.firebreak.dev",
                },
                {
                    "group": "apiextensions.k8s.io",
                    "resource": "customresourcedefinitions",
                    "verb": "get",
                    "name": "holds.firebreak.dev",
                },
                policy | {"verb": "list"},
                policy | {"verb": "update"},
                policy | {"verb": "delete"},
            ],
        )
    )


def test_the_api_server_tells_each_person_what_they_lack(policies, person, standing):
    """The same, through the front door."""
    for name, what in [("otto", "quarantines"), ("bob", "quarantines"), ("ada", "quarantines"), ("alice", "decisions")]:
        verb = ["patch", standing[what.removesuffix("s")], "--type=merge", "-p", '{"metadata": {"labels": {"a": "b"}}}']
        assert f'User "{name}" cannot patch resource "{what}"' in person(name).does(*verb, fails=True)


def test_only_reading_is_given_along_with_a_role_of_kubernetes():
    given = [one for one in yaml.safe_load_all(manifest("rbac")) if one and one["kind"] == "ClusterRole"]
    along = {one["metadata"]["name"]: one["metadata"]["labels"] for one in given if "labels" in one["metadata"]}
    assert along == {"firebreak-auditor": {"rbac.authorization.k8s.io/aggregate-to-view": "true"}}

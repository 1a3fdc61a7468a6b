"""Two teams in one cluster: the API server takes examples/tenancy, and each group may do what docs/tenancy.md says."""

import json
import random
import re

import pytest
import yaml
from control import eventually
from docs_pages import ROOT

pytest_plugins = ["policy_fixtures"]

EXAMPLES = ROOT / "examples" / "tenancy"
TEAMS = ("payments", "checkout", "security")

# Group -> what it may do, by team and for the whole cluster ("").
MAY = {
    "payments-oncall": {("payments", "respond"), ("payments", "approver"), ("", "read"), ("", "stop")},
    "checkout-oncall": {("checkout", "respond"), ("checkout", "approver"), ("", "read"), ("", "stop")},
    "security-oncall": {("security", "respond"), ("", "read"), ("", "stop")}
    | {(place, approver_role) for place in (*TEAMS, "firebreak-system") for approver_role in ("approver", "security")},
    "platform": {("", "read"), ("", "stop"), ("", "administer"), ("", "start again")},
    "somebody": set(),
}
DOES = {
    "respond": {"verb": "create", "resource": "quarantines"},
    "approver": {"verb": "approve", "resource": "decisions", "name": "approver"},
    "security": {"verb": "approve", "resource": "decisions", "name": "security"},
    "breakglass": {"verb": "approve", "resource": "decisions", "name": "breakglass"},
    "read": {"verb": "list", "resource": "holds"},
    "stop": {"verb": "create", "resource": "emergencystops"},
    "start again": {"verb": "delete", "resource": "emergencystops"},
    "administer": {"verb": "update", "resource": "awsaccounts"},
}


def objects(*files: str) -> list[dict]:
    return [one for file in files for one in yaml.safe_load_all((EXAMPLES / file).read_text())]


@pytest.fixture(scope="module")
def tenants(kubectl, roles):
    """The teams' real manifests, under names of this test's own; the real name of each namespace by its name there."""
    mark = random.randrange(10**9)
    names = {team: f"e2e-{team}-{mark}" for team in TEAMS}
    given = objects("teams.yaml", "everywhere.yaml")
    for one in given:
        where, name = one["metadata"].get("namespace"), one["metadata"]["name"]
        if where in names:
            one["metadata"]["namespace"] = names[where]
        elif where:
            name = one["metadata"]["name"] = f"{name}-{mark}"
        else:
            one["metadata"]["name"] = names.get(name, f"{name}-{mark}")
    kubectl("create", "-f", "-", give={"apiVersion": "v1", "kind": "List", "items": given})
    yield names
    for one in given:
        where = one["metadata"].get("namespace")
        if where not in names.values():
            beside = ["-n", where] if where else []
            kubectl(*beside, "delete", one["kind"], one["metadata"]["name"], "--wait=false")


def allowed(kubectl, group: str, namespace: str, does: str) -> bool:
    return reviewed(kubectl, group, {"group": "firebreak.dev", "namespace": namespace} | DOES[does])


def reviewed(kubectl, group: str, attributes: dict) -> bool:
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview",
              "spec": {"user": "a-person", "groups": [group], "resourceAttributes": attributes}}
    return json.loads(kubectl("create", "-f", "-", "-o", "json", give=review))["status"]["allowed"]


@pytest.mark.parametrize("group", MAY)
def test_each_group_may_do_what_the_docs_say_and_nothing_in_the_other_teams_namespace(kubectl, tenants, group):
    places = {team: name for team, name in tenants.items()} | {"firebreak-system": "firebreak-system"}
    asked = [(place, does) for place in places for does in ("respond", "approver", "security", "breakglass")]
    asked += [("", does) for does in ("read", "stop", "start again", "administer")]

    def may() -> set[tuple[str, str]]:
        return {(place, does) for place, does in asked if allowed(kubectl, group, places.get(place, ""), does)}

    eventually(lambda: may() == MAY[group])


@pytest.mark.parametrize("group", [group for group in MAY if group.endswith("-oncall")])
def test_everybody_on_call_sees_whether_the_operator_runs(kubectl, tenants, group):
    asked = [("", "pods", "list", ""), ("", "pods", "get", "log"), ("coordination.k8s.io", "leases", "get", "")]

    def may(place: str) -> set[bool]:
        questions = [{"group": of, "resource": kind, "verb": verb, "subresource": sub, "namespace": place}
                     for of, kind, verb, sub in asked]
        return {reviewed(kubectl, group, one) for one in questions}

    eventually(lambda: may("firebreak-system") == {True})
    assert may("default") == {False}


def test_the_api_server_takes_every_manifest(kubectl, tenants, policies):
    for one in objects("accounts.yaml", "guardrails.yaml", "granted.yaml", "refused.yaml"):
        where = one["metadata"].get("namespace")
        if where:
            one["metadata"]["namespace"] = tenants[where]
        kubectl("apply", "--dry-run=server", "-f", "-", give=one)


@pytest.mark.parametrize("file, granted", [("granted.yaml", True), ("refused.yaml", False)])
def test_the_grants_cover_the_one_response_and_not_the_other(file, granted):
    (response,) = objects(file)
    accounts = {one["metadata"]["name"]: one["spec"] for one in objects("accounts.yaml")}
    account = accounts[response["spec"]["accountRef"]["name"]]
    arn = f"arn:aws:iam::{account['accountId']}:role/{response['spec']['target']['iamRole']['roleName']}"
    assert granted == any(covers(grant, response["metadata"]["namespace"], "iamRole", arn) for grant in account["grants"])


def covers(grant: dict, namespace: str, kind: str, arn: str) -> bool:
    def matches(pattern: str) -> bool:
        return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), arn) is not None

    named = {namespace, "*"} & set(grant["namespaces"]) and {kind, "*"} & set(grant["kinds"])
    return bool(named) and any(map(matches, grant["arnPatterns"]))

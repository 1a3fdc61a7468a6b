"""Who may say what findings open, what the API server refuses of Playbooks and FindingSources, and who says what was found.

trudy has every right on firebreak.dev that RBAC can give, so what stops her is a policy alone.
"""

import json
from collections.abc import Callable

import policy_samples as samples
import pytest
from control import eventually
from people import ADMIN, OPERATOR, Person
from policy_samples import changed

pytest_plugins = ["policy_fixtures"]
pytestmark = pytest.mark.usefixtures("policies")

FINDINGS = "firebreak.dev/findings"
REQUESTED_BY = "firebreak.dev/requested-by"
KNOWN = json.dumps({"keys": ["0" * 8]})
ONLY_FIREBREAK = "firebreak.dev/findings says which findings opened this Incident, and only Firebreak writes it"
NO_QUARANTINES = "spec.responses: you may not create quarantines.firebreak.dev in namespace"
NO_INCIDENTS = "a Playbook opens Incidents: you may not create incidents.firebreak.dev in namespace"
# Username -> what they may write, beside Playbooks.
AUTHORS = {"pia": ["playbooks"], "ivo": ["playbooks", "incidents"]}


def found(name: str = "found", value: str | None = KNOWN, **spec) -> dict:
    """An Incident that says that findings opened it."""
    given = samples.incident(name, **spec)
    given["metadata"]["annotations"] = {FINDINGS: value}
    return given


def responding(**response) -> dict:
    """A Playbook with one response."""
    return samples.playbook(responses=[{"name": "cut", "from": "Role"} | response])


def suppressing(**suppression) -> dict:
    """A Playbook that keeps quiet for a while."""
    given = {"name": "pentest", "reason": "announced", "from": "2026-12-01T00:00:00Z", "until": "2026-12-08T00:00:00Z"}
    return samples.playbook(suppressions=[given | suppression])


def _role(name: str, resources: list[str]) -> list[dict]:
    group = "rbac.authorization.k8s.io"
    named = {"apiVersion": f"{group}/v1", "metadata": {"name": f"e2e-writes-{name}"}}
    return [
        named | {"kind": "ClusterRole", "rules": [{"apiGroups": ["firebreak.dev"], "resources": resources, "verbs": ["*"]}]},
        named | {"kind": "ClusterRoleBinding", "subjects": [{"apiGroup": group, "kind": "User", "name": name}],
                 "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": f"e2e-writes-{name}"}},
    ]


@pytest.fixture(scope="module")
def author(kubectl, person):
    """`author("pia")` may write Playbooks, and what AUTHORS says beside."""
    items = [one for name, resources in AUTHORS.items() for one in _role(name, resources)]
    # Another worker may do the same at this moment.
    kubectl("apply", "--server-side", "-f", "-", give={"apiVersion": "v1", "kind": "List", "items": items})
    for name in AUTHORS:
        eventually(lambda: "cannot create resource" not in person(name).cannot_create(samples.playbook()))
    return person


def stands(person: Callable[[str], Person], author: str, given: dict):
    """It exists, by that author, until alice deletes it."""
    person(author).creates(given, for_real=True)
    what = f"{given['kind'].lower()}/{given['metadata']['name']}"
    yield what
    person("alice").does("delete", what, "--wait=false", for_real=True)


# Who may have findings open and cut off what


@pytest.fixture(scope="module")
def credentials(person):
    """Alice's Playbook, which names a response."""
    yield from stands(person, "alice", samples.playbook("credentials"))


@pytest.fixture(scope="module")
def quiet(person):
    """Alice's Playbook without a response."""
    yield from stands(person, "alice", samples.playbook("quiet", responses=[]))


def test_who_responds_writes_playbooks_and_sources(person):
    alice = person("alice")
    alice.creates(samples.playbook())
    alice.creates(samples.playbook(mode="Act"))
    alice.creates(samples.finding_source())


def test_who_may_not_create_a_response_may_not_have_a_playbook_create_it(author):
    said = author("ivo").cannot_create(samples.playbook())
    assert f"{NO_QUARANTINES} {author('ivo').namespace}" in said and "(firebreak-responder), or leave spec.responses out" in said


def test_who_may_not_create_a_response_has_incidents_opened_without(author):
    author("ivo").creates(samples.playbook(responses=[]))
    no_list = samples.playbook()
    del no_list["spec"]["responses"]
    author("ivo").creates(no_list)


def test_who_may_not_open_an_incident_may_not_have_findings_open_it(author):
    for given in (samples.playbook(), samples.playbook(responses=[])):
        said = author("pia").cannot_create(given)
        assert f"{NO_INCIDENTS} {author('pia').namespace}" in said and "(firebreak-responder)" in said


@pytest.mark.parametrize("spec", [{"mode": "Act"}, {"priority": 1}, {"match": {"types": ["*"]}}, {"match": None}])
def test_a_playbook_with_responses_is_changed_by_those_alone_who_could_respond(author, person, credentials, spec):
    assert NO_QUARANTINES in author("ivo").cannot_patch(credentials, json.dumps({"spec": spec}))
    person("alice").patches(credentials, json.dumps({"spec": spec}))


def test_responses_are_added_by_those_alone_who_could_respond(author, person, quiet):
    given = json.dumps({"spec": {"responses": [{"name": "cut", "from": "Instance"}]}})
    assert NO_QUARANTINES in author("ivo").cannot_patch(quiet, given)
    person("alice").patches(quiet, given)


def test_who_asks_for_no_more_may_take_responses_away_and_label_and_delete(author, credentials):
    """None of it has anything cut off that was not before."""
    author("ivo").patches(credentials, '{"spec": {"responses": []}}')
    author("pia").patches(credentials, '{"metadata": {"labels": {"team": "payments"}}}')
    author("pia").does("delete", credentials)


@pytest.mark.parametrize("name", ["fay", "bob", "sue", "otto", "ada"])
@pytest.mark.parametrize("kind", ["playbooks", "findingsources"])
def test_only_who_responds_says_what_findings_open(person, name, kind):
    given = {"playbooks": samples.playbook(), "findingsources": samples.finding_source()}[kind]
    assert f'User "{name}" cannot create resource "{kind}"' in person(name).cannot_create(given)


def test_right_to_respond_in_one_namespace_does_not_count_in_another(kubectl, author):
    kubectl("create", "rolebinding", "ivo", "-n", "default", "--clusterrole=firebreak-responder", "--user=ivo")
    try:
        eventually(lambda: author("ivo", namespace="default").creates(samples.playbook(), fails=None))
        assert NO_QUARANTINES in author("ivo").cannot_create(samples.playbook())
    finally:
        kubectl("delete", "rolebinding", "ivo", "-n", "default")


@pytest.mark.parametrize("given", [samples.playbook(), samples.finding_source()], ids=lambda given: given["kind"])
def test_author_is_the_requester_also_where_the_manifest_says_another(person, given):
    given = json.loads(json.dumps(given))
    given["metadata"]["annotations"] = {REQUESTED_BY: "bob"}
    assert json.loads(person("alice").creates(given))["metadata"]["annotations"] == {REQUESTED_BY: "alice"}


def test_editor_of_a_playbook_is_its_requester_from_then_on(person, credentials):
    def by(answer: str) -> str:
        return json.loads(answer)["metadata"]["annotations"][REQUESTED_BY]

    assert by(person("trudy").patches(credentials, '{"spec": {"mode": "Act"}}')) == "trudy"
    blamed = {"metadata": {"annotations": {REQUESTED_BY: "bob"}}}
    assert by(person("trudy").patches(credentials, json.dumps(blamed))) == "alice"


@pytest.mark.parametrize("name", ["alice", "trudy", ADMIN])
def test_nobody_but_firebreak_says_who_edited_a_playbook(person, credentials, name):
    said = person(name).cannot_patch(credentials, '{"status": {"asked": {"by": ["bob"]}}}', "--subresource=status")
    assert "cannot patch resource" in said or "status is written by Firebreak only" in said
    person(OPERATOR).patches(credentials, '{"status": {"asked": {"by": ["alice"]}}}', "--subresource=status")


# What findings opened


@pytest.fixture(scope="module")
def opened(person):
    """An Incident that the operator opened for findings."""
    yield from stands(person, OPERATOR, found("opened", responses=[samples.response()]))


@pytest.fixture(scope="module")
def declared(person):
    """An Incident that alice declared."""
    yield from stands(person, "alice", samples.incident("declared"))


@pytest.mark.parametrize("name", ["alice", "trudy", ADMIN, "system:serviceaccount:default:gitops"])
@pytest.mark.parametrize("value", [KNOWN, ""], ids=["a value", "nothing"])
def test_nobody_declares_an_incident_as_one_that_findings_opened(person, name, value):
    assert ONLY_FIREBREAK in person(name).cannot_create(found(value=value))


@pytest.mark.parametrize("name", ["alice", "trudy", ADMIN])
def test_nobody_says_afterwards_that_findings_opened_an_incident(person, declared, name):
    for value in (KNOWN, ""):
        marked = json.dumps({"metadata": {"annotations": {FINDINGS: value}}})
        assert ONLY_FIREBREAK in person(name).cannot_patch(declared, marked)


@pytest.mark.parametrize("name", ["alice", "trudy", ADMIN])
@pytest.mark.parametrize("annotations", [{FINDINGS: "{}"}, {FINDINGS: None}, {FINDINGS: ""}, None],
                         ids=["changed", "removed", "emptied", "all removed"])
def test_nobody_changes_or_removes_what_firebreak_knows_of_findings(person, opened, name, annotations):
    assert ONLY_FIREBREAK in person(name).cannot_patch(opened, json.dumps({"metadata": {"annotations": annotations}}))


def test_not_even_an_apply_that_leaves_it_out_removes_it(person, opened):
    bare = json.loads(person("alice").does("get", opened, "-o", "json"))
    del bare["metadata"]["annotations"]
    assert ONLY_FIREBREAK in person("alice").does("replace", "-f", "-", give=bare, fails=True)


def test_people_go_on_with_what_findings_opened_and_may_delete_it(person, opened):
    alice = person("alice")
    kept = json.loads(alice.patches(opened, '{"spec": {"commander": "alice", "responses": []}}'))
    assert kept["metadata"]["annotations"][FINDINGS] == KNOWN
    alice.patches(opened, '{"metadata": {"annotations": {"team": "payments"}}}')
    alice.does("delete", opened)


def test_operator_opens_incidents_and_goes_on_with_them(person, opened, declared):
    operator = person(OPERATOR)
    more = {"metadata": {"annotations": {FINDINGS: "{}"}}, "spec": {"severity": "Critical"}}
    after = json.loads(operator.patches(opened, json.dumps(more)))
    assert (after["spec"]["severity"], after["metadata"]["annotations"][FINDINGS]) == ("Critical", "{}")
    operator.patches(declared, json.dumps({"metadata": {"annotations": {FINDINGS: KNOWN}}}))


def test_what_the_operator_opens_was_asked_for_by_a_machine(person, opened):
    """So each of its responses needs one more approver."""
    seen = json.loads(person("alice").does("get", opened, "-o", "json"))
    assert seen["metadata"]["annotations"][REQUESTED_BY] == OPERATOR


# What is refused of a Playbook and a FindingSource

GOOD = {
    "a playbook that says nothing": samples.playbook() | {"spec": {}},
    "every input": samples.playbook(responses=[
        {"name": one.lower(), "from": one}
        for one in ("Role", "User", "AccessKeyOwner", "Instance", "Function", "Bucket", "EcsService")]),
    "how each is cut off": samples.playbook(mode="Act", priority=0, responses=[
        {"name": "owner", "from": "AccessKeyOwner", "iamRole": {"methods": ["RevokeSessions"], "denyPolicy": "Inline"},
         "iamUser": {"methods": ["DeactivateKeys"]}},
        {"name": "stop", "from": "Instance", "ec2Instance": {"method": "Stop"}, "dependsOn": ["owner"],
         "evidence": {"required": True}, "expiry": {"after": "24h", "then": "Hold"}},
        {"name": "task", "from": "EcsService", "ecsService": {"method": "ScaleToZero"}},
        {"name": "bucket", "from": "Bucket", "s3Bucket": {"methods": ["BlockPublicAccess"]},
         "expiry": {"after": "2h", "then": "Release"}}]),
    "everything of a match": samples.playbook(match={
        "types": ["Recon:*"], "severity": {"atLeast": "Medium", "atMost": "High"}, "resources": ["Instance", "Other"],
        "accounts": ["production"], "regions": ["us-east-1", "us-gov-west-1"], "tags": [{"key": "team", "value": "payments"}]}),
    "a suppression of 30 days": suppressing(until="2026-12-31T00:00:00Z", types=["Recon:*"], arnPatterns=["arn:aws:*"]),
    "what the incident says": samples.playbook(incident={
        "commander": "ann", "runbook": "https://wiki.example.com/r", "tasks": [{"name": "rotate", "text": "Rotate the key."}],
        "onResolve": "Release", "ledgerAccountRef": {"name": "security"}}),
    "a source": samples.finding_source(),
    "a source with everything": samples.finding_source(
        regions=["us-east-1"], minimumSeverity="Medium", interval="30s", lookback="24h"),
}

# The object, and what the message must say.
BAD = [
    (samples.playbook(mode="Decide"), '"Observe", "Propose", "Act"'),
    (samples.playbook(priority=1001), "spec.priority"),
    (samples.playbook(match={"types": ["Recon: a b"]}), "spec.match.types[0]"),
    (samples.playbook(match={"resources": ["Volume"]}), "spec.match.resources[0]"),
    (samples.playbook(match={"severity": {"atLeast": "Grave"}}), "spec.match.severity.atLeast"),
    (samples.playbook(match={"regions": ["Virginia"]}), "spec.match.regions[0]"),
    (samples.playbook(responses=2 * [{"name": "cut", "from": "Role"}]), "Duplicate value"),
    (samples.playbook(responses=[{"name": f"r{n}", "from": "Role"} for n in range(9)]), "spec.responses: Too many"),
    (responding(name="Cut off"), "name has lower-case letters, digits and hyphens"),
    (responding(**{"from": "Volume"}), '"Role", "User", "AccessKeyOwner"'),
    (responding(iamUser={}), "iamUser belongs to from: User or AccessKeyOwner: remove it, or change from"),
    (responding(**{"from": "User"}, iamRole={}), "iamRole belongs to from: Role or AccessKeyOwner"),
    (responding(ec2Instance={"method": "Stop"}), "ec2Instance belongs to from: Instance"),
    (responding(ecsService={"method": "Isolate"}), "ecsService belongs to from: EcsService"),
    (responding(s3Bucket={}), "s3Bucket belongs to from: Bucket"),
    (responding(**{"from": "EcsService"}, ecsService={"method": "SwapSecurityGroups"}), "use Isolate or ScaleToZero"),
    (responding(iamRole={"methods": ["DenyAll", "DenyAll"]}), "methods names each method once"),
    (responding(dependsOn=["cut"]), "dependsOn names the response itself: remove it"),
    (responding(dependsOn=["other"]), "names a response that is not in spec.responses: correct the name"),
    (responding(expiry={"after": "24h", "then": "Release"}), "expiry.then Release is refused for identities"),
    (responding(expiry={"after": "5s"}), "spec.expiry.after is a duration between 1m and 8760h"),
    (suppressing(until="2027-01-01T00:00:00Z"), "at most 30 days: shorten it"),
    (suppressing(until="2026-11-30T00:00:00Z"), "lasts from `from` until `until`"),
    (suppressing(reason=""), "spec.suppressions[0].reason"),
    (samples.playbook(incident={"runbook": "http://wiki.example.com"}), "runbook is an https URL"),
    (samples.playbook(incident={"severity": "High"}), 'unknown field "spec.incident.severity"'),
    (samples.playbook(notify=["chat"]), 'unknown field "spec.notify"'),
    (samples.finding_source(accounts=[]), "spec.guardDuty.accounts"),
    (samples.finding_source(accounts=2 * [{"name": "production"}]), "Duplicate value"),
    (samples.finding_source(regions=["Virginia"]), "spec.guardDuty.regions[0]"),
    (samples.finding_source(interval="1s"), "interval is a duration between 5s and 1h, such as 1m"),
    (samples.finding_source(interval="2h"), "interval is a duration between 5s and 1h, such as 1m"),
    (samples.finding_source(lookback="9000h"), "lookback is a duration of at most 2160h"),
    (samples.finding_source(minimumSeverity="Bad"), "spec.guardDuty.minimumSeverity"),
    (changed(samples.finding_source(), "queue", {}), 'unknown field "spec.queue"'),
]


@pytest.mark.parametrize("name", GOOD)
def test_what_can_be_meant_is_accepted(person, name):
    person("alice").creates(GOOD[name])


@pytest.mark.parametrize(("given", "said"), BAD, ids=lambda one: one if isinstance(one, str) else "")
def test_what_cannot_be_meant_is_refused_with_field_and_remedy(person, given, said):
    assert said in person("alice").cannot_create(given)


def test_the_defaults_are_the_careful_ones(person):
    spec = json.loads(person("alice").creates(GOOD["a playbook that says nothing"]))["spec"]
    assert (spec["mode"], spec["priority"], spec["incident"]["onResolve"]) == ("Propose", 100, "Hold")

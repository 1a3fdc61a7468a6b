"""Who may say and write what: each admission policy, with the people whom it is made against.

trudy has every right on firebreak.dev that RBAC can give, so what stops her is the policy alone.
"""

import datetime
import json

import policy_samples as samples
import pytest
import yaml
from control import eventually
from people import ADMIN, COLLECTOR, NAMESPACE, OPERATOR, manifest

pytest_plugins = ["policy_fixtures"]
pytestmark = pytest.mark.usefixtures("policies")

REQUESTED_BY = "firebreak.dev/requested-by"
NOBODY = {"apiVersion": "v1", "kind": "ConfigMap", "name": "gone", "uid": "gone"}
ORPHANING = json.dumps({"metadata": {"ownerReferences": [NOBODY]}})  # the garbage collector would delete the object


def ahead(**duration) -> str:
    moment = datetime.datetime.now(datetime.UTC) + datetime.timedelta(**duration)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def break_glass(by: str, **spec) -> dict:
    given = {"verb": "BreakGlass", "approverRole": "breakglass", "reason": "on fire", "expiresAt": ahead(days=6)}
    return samples.decision(by, **given | spec)


def annotated(given: dict, requester: str) -> dict:
    given["metadata"]["annotations"] = {REQUESTED_BY: requester}
    return given


def requester(answer: str) -> str | None:
    return json.loads(answer)["metadata"].get("annotations", {}).get(REQUESTED_BY)


def documents(*names: str) -> list[dict]:
    return [one for name in names for one in yaml.safe_load_all(manifest(name)) if one]


# What is in force


@pytest.mark.parametrize(
    "given", documents("admission", "requester"), ids=lambda one: f"{one['kind']}-{one['metadata']['name']}"
)
def test_what_is_in_force_is_the_file_word_for_word(kubectl, given):
    """The server fills nothing in: the operator compares the whole spec and would call any difference a weakening."""
    found = json.loads(kubectl("get", given["kind"], given["metadata"]["name"], "-o", "json"))
    assert found["spec"] == given["spec"]


@pytest.mark.parametrize(
    "given", documents("admission", "requester"), ids=lambda one: f"{one['kind']}-{one['metadata']['name']}"
)
def test_the_operator_may_read_each_policy(person, given):
    name = given["metadata"]["name"]
    assert f"/{name}" in person(OPERATOR).does("get", given["kind"], name, "-o", "name")


# Decisions


def test_a_person_decides_in_a_capacity_that_is_theirs(person):
    person("bob").creates(samples.decision("bob"))
    person("bob").creates(samples.decision("bob", verb="Reject", expiresAt=ahead(minutes=5)))
    person("sue").creates(samples.decision("sue", approverRole="security"))
    person("gus").creates(break_glass("gus"))


@pytest.mark.parametrize("other", ["sue", "BOB", "bob ", OPERATOR])
def test_nobody_decides_in_the_name_of_another(person, other):
    assert "spec.by must be your own username: set it to bob" in person("bob").cannot_create(samples.decision(other))


@pytest.mark.parametrize("machine", ["system:serviceaccount:default:gitops", "system:node:worker-1"])
def test_machines_decide_nothing(person, machine):
    said = person(machine).cannot_create(samples.decision(machine))
    assert "firebreak-decisions" in said and "sign in as a person" in said


def test_not_even_the_operator_decides(kubectl, person):
    """RBAC stops it first; were it given the right, the policy would."""
    assert "cannot create resource" in person(OPERATOR).cannot_create(samples.decision(OPERATOR))
    powerful = person(OPERATOR).does(
        "create", "-f", "-", "--as-group=system:masters", give=samples.decision(OPERATOR), fails=True
    )
    assert "sign in as a person" in powerful


@pytest.mark.parametrize(
    ("name", "approver_role"), [("bob", "security"), ("bob", "breakglass"), ("bob", "king"), ("sue", "breakglass")]
)
def test_approver_role_that_was_not_granted_is_refused_and_named(person, name, approver_role):
    said = person(name).cannot_create(samples.decision(name, approverRole=approver_role))
    assert f"spec.approverRole: you may not decide in the approver role {approver_role} in namespace" in said
    assert f"resourceNames [{approver_role}]" in said


def test_a_capacity_counts_in_the_namespace_where_it_was_granted(kubectl, person, room):
    kubectl("create", "rolebinding", "local", "-n", room, "--clusterrole=firebreak-approver", "--user=leo")
    kubectl("create", "rolebinding", "local", "-n", "default", "--clusterrole=firebreak-approver", "--user=nobody")
    try:
        eventually(lambda: person("leo").creates(samples.decision("leo"), fails=None))
        assert "forbidden" in person("leo", namespace="default").cannot_create(samples.decision("leo"))
    finally:
        kubectl("delete", "rolebinding", "local", "-n", "default")


def test_glass_is_broken_in_its_own_capacity_only(person):
    assert "set both or neither" in person("gus").cannot_create(break_glass("gus", approverRole="security"))
    assert "set both or neither" in person("gus").cannot_create(samples.decision("gus", approverRole="breakglass"))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (samples.decision("gus", expiresAt="2021-01-01T00:00:00Z"), "spec.expiresAt is in the past"),
        (samples.decision("gus", expiresAt=ahead(seconds=-5)), "spec.expiresAt is in the past"),
        (break_glass("gus", expiresAt=ahead(days=8)), "at most 7 days ahead"),
        (break_glass("gus", expiresAt="2021-01-01T00:00:00Z"), "spec.expiresAt is in the past"),
    ],
)
def test_an_expiry_lies_ahead_and_for_broken_glass_within_a_week(person, given, said):
    assert said in person("gus").cannot_create(given)


def test_a_forged_creation_time_does_not_move_the_clock(person):
    late = break_glass("gus", expiresAt=ahead(days=30))
    late["metadata"]["creationTimestamp"] = ahead(days=29)
    assert "at most 7 days ahead" in person("gus").cannot_create(late)


def test_an_expiry_of_null_is_no_expiry(person):
    person("bob").creates(samples.decision("bob", expiresAt=None))


def test_orphaned_custody_is_decided_in_the_operators_namespace(person):
    about = {"kind": "Hold", "name": "h", "uid": "u"}
    said = person("bob").cannot_create(samples.decision("bob", verb="Release", target=about))
    assert f"created in the namespace {NAMESPACE}" in said
    person("bob", namespace=NAMESPACE).creates(samples.decision("bob", verb="Release", target=about))


def test_a_decision_hangs_on_nothing(person):
    given = samples.decision("bob")
    given["metadata"]["ownerReferences"] = [NOBODY]
    assert "metadata.ownerReferences: a Decision is a record" in person("bob").cannot_create(given)


@pytest.mark.parametrize(
    "patch",
    [
        '{"metadata": {"annotations": {"a": "b"}}}',
        '{"metadata": {"finalizers": ["a.example.com/b"]}}',
        ORPHANING,
    ],
)
def test_a_decision_that_was_given_is_not_edited(person, standing, patch):
    assert "a Decision cannot be edited, except for metadata.labels" in person("trudy").cannot_patch(
        standing["decision"], patch
    )


def test_labels_may_be_put_on_a_decision(person, standing):
    person("trudy").patches(standing["decision"], '{"metadata": {"labels": {"incident": "42"}}}')


def test_a_decision_is_not_deleted_but_taken_back(person, standing):
    assert "create another Decision with the verb Reject" in person("trudy").does(
        "delete", standing["decision"], fails=True
    )
    person(COLLECTOR).does("delete", standing["decision"])


# What is the operator's alone


@pytest.mark.parametrize("name", ["trudy", ADMIN, COLLECTOR, "system:serviceaccount:default:gitops"])
@pytest.mark.parametrize("given", [samples.plan("forged"), samples.hold("forged")], ids=lambda given: given["kind"])
def test_plans_and_custody_are_not_forged(person, name, given):
    said = person(name).does("create", "-f", "-", "--as-group=system:masters", give=given, fails=True)
    assert f"a {given['kind']} is written and deleted by Firebreak only ({OPERATOR})" in said


@pytest.mark.parametrize("name", ["trudy", ADMIN])
@pytest.mark.parametrize(
    ("what", "patch"),
    [
        ("plan", '{"metadata": {"labels": {"firebreak.dev/owner-uid": "u-9"}}}'),
        ("plan", '{"metadata": {"annotations": {"a": "b"}}}'),
        ("hold", '{"metadata": {"labels": {"holder.firebreak.dev/u-9": "true"}}}'),
        ("hold", ORPHANING),
        ("hold", '{"spec": {"before": "allow everything"}}'),
        ("hold", '{"spec": {"holders": []}}'),
    ],
)
def test_plans_and_custody_are_not_edited(person, standing, name, what, patch):
    assert "written and deleted by Firebreak only" in person(name).cannot_patch(standing[what], patch)


def test_owner_references_of_a_plan_are_the_collectors_to_fix(person, standing):
    """Else `kubectl delete quarantine --cascade=orphan` would never end."""
    person(COLLECTOR).patches(standing["plan"], '{"metadata": {"ownerReferences": null}}')
    assert "by Firebreak only" in person("trudy").cannot_patch(
        standing["plan"], '{"metadata": {"ownerReferences": null}}'
    )


@pytest.mark.parametrize("what", ["plan", "hold"])
def test_a_write_that_changes_nothing_is_let_through(person, standing, what):
    """Storage migration writes each object back as it is."""
    as_it_is = json.loads(person("trudy").does("get", standing[what], "-o", "json"))
    person("trudy").does("replace", "-f", "-", give=as_it_is)


@pytest.mark.parametrize(("name", "what"), [("trudy", "plan"), ("trudy", "hold"), (ADMIN, "hold"), (COLLECTOR, "hold")])
def test_plans_and_custody_are_not_deleted(person, standing, name, what):
    assert "written and deleted by Firebreak only" in person(name).does("delete", standing[what], fails=True)


def test_custody_is_not_deleted_wholesale(person, standing):
    collection = "/apis/firebreak.dev/v1alpha1/holds?dryRun=All"
    said = person("trudy").does("delete", "--raw", collection, for_real=True, fails=True)
    assert "a Hold is written and deleted by Firebreak only" in said


@pytest.mark.parametrize("name", [COLLECTOR, "system:serviceaccount:kube-system:namespace-controller", ADMIN, OPERATOR])
def test_plans_go_with_their_namespace(person, standing, name):
    person(name).does("delete", standing["plan"])


@pytest.mark.parametrize("name", ["trudy", ADMIN, COLLECTOR])
@pytest.mark.parametrize("what", ["quarantine", "plan"])
def test_status_is_not_forged(person, standing, name, what):
    approvals = '{"status": {"observedGeneration": 1, "outcome": "Completed", "approvals": "2/2"}}'
    said = person(name).cannot_patch(standing[what], approvals, "--subresource=status", "--as-group=system:masters")
    assert f"status is written by Firebreak only ({OPERATOR})" in said


def test_an_accounts_status_is_not_forged(kubectl, person, room):
    kubectl("apply", "-f", "-", give=samples.account(room))
    try:
        command = [
            "patch",
            "awsaccount",
            room,
            "--subresource=status",
            "--type=merge",
            "-p",
            '{"status": {"holds": 0}}',
        ]
        assert "status is written by Firebreak only" in kubectl(*command, fails=True)
        operator = person(OPERATOR)
        operator.patches(f"awsaccount/{room}", '{"status": {"holds": 0}}', "--subresource=status", for_real=True)
    finally:
        kubectl("delete", "awsaccount", room)


def test_status_sent_along_with_the_object_is_dropped(person):
    given = samples.role() | {"status": {"approvals": "2/2"}}
    status = json.loads(person("alice").creates(given))["status"]
    assert (status["observedGeneration"], "approvals" in status) == (-1, False)  # the CRD's defaults, and nothing else


def test_the_operator_does_what_it_must(person, standing):
    operator = person(OPERATOR)
    operator.patches(standing["hold"], '{"spec": {"state": "Orphaned"}, "metadata": {"labels": {"a": "b"}}}')
    operator.patches(
        standing["plan"],
        '{"status": {"outcome": "Running", "journal": {"1": {"state": "Started"}}}}',
        "--subresource=status",
    )
    operator.patches(standing["quarantine"], '{"status": {"run": 1}}', "--subresource=status")
    operator.does("delete", standing["hold"])


# Finalizers


@pytest.mark.parametrize("name", ["alice", "trudy", ADMIN])
@pytest.mark.parametrize("kept", ["null", "[]", '["example.com/other"]', '["firebreak.dev/other"]'])
def test_our_finalizer_is_not_taken_away(person, standing, name, kept):
    said = person(name).cannot_patch(standing["quarantine"], f'{{"metadata": {{"finalizers": {kept}}}}}')
    assert "metadata.finalizers: only Firebreak removes finalizers that begin with firebreak.dev/" in said


def test_other_finalizers_are_nobodys_business(person, standing):
    person("alice").patches(standing["quarantine"], '{"metadata": {"finalizers": ["firebreak.dev/custody"]}}')
    person("alice").patches(
        standing["quarantine"], '{"metadata": {"finalizers": ["firebreak.dev/custody", "example.com/new"]}}'
    )


@pytest.mark.parametrize("given", [samples.role(), samples.account()], ids=lambda given: given["kind"])
def test_nobody_else_adds_a_finalizer_of_ours(person, given):
    given["metadata"]["finalizers"] = ["firebreak.dev/of-nobody"]
    assert "remove them from the manifest" in person("trudy").cannot_create(given)


def test_custody_loses_its_finalizer_by_the_operator_only(person, standing):
    assert "firebreak" in person("trudy").cannot_patch(standing["hold"], '{"metadata": {"finalizers": null}}')
    person(OPERATOR).patches(standing["hold"], '{"metadata": {"finalizers": null}}')


# Metadata that could harm anyone who reads it


def with_metadata(given: dict, **metadata) -> dict:
    given["metadata"] |= metadata
    return given


REFUSED = [
    ("alice", with_metadata(samples.role(), labels={f"l{n}": "v" for n in range(65)}), "metadata.labels: at most 64"),
    ("alice", with_metadata(samples.role(), finalizers=[f"e.com/{n}" for n in range(17)]), "metadata.finalizers: at most"),
    ("alice", with_metadata(samples.role(), ownerReferences=[NOBODY | {"uid": f"u{n}"} for n in range(17)]), "at most 16"),
    ("bob", with_metadata(samples.decision("bob"), finalizers=["e.com/stuck"]), "nothing may keep a Decision"),
    ("stan", with_metadata(samples.stop(), finalizers=["e.com/stuck"]), "or an EmergencyStop from going"),
    ("bob", samples.decision("bob", expiresAt="9999-12-31T23:59:59Z"), "spec.expiresAt is after the year 8999"),
]


@pytest.mark.parametrize(("name", "given", "said"), REFUSED, ids=lambda one: one if isinstance(one, str) else "")
def test_metadata_that_harms_readers_is_refused(person, name, given, said):
    assert said in person(name).cannot_create(given)


def test_a_time_that_not_every_program_can_read_is_refused(person, standing):
    """A client may write managedFields, and a program that cannot read one time of them cannot read the whole list."""
    found = json.loads(person("trudy").does("get", standing["quarantine"], "-o", "json", "--show-managed-fields"))
    found["metadata"]["managedFields"][0]["time"] = "9999-12-31T23:59:59Z"
    said = person("trudy").does("replace", "-f", "-", give=found, fails=True)
    assert "metadata.managedFields: a time is before 2000 or after 8999" in said


def test_metadata_within_the_bounds_is_nobodys_business(person, standing):
    labels = {f"l{n}": "v" for n in range(64)}
    person("alice").creates(with_metadata(samples.role(), labels=labels, finalizers=["e.com/mine"]))
    found = json.loads(person("trudy").does("get", standing["quarantine"], "-o", "json", "--show-managed-fields"))
    found["metadata"]["managedFields"][0]["time"] = ahead(minutes=0)
    person("trudy").does("replace", "-f", "-", give=found)


# The requester


def test_creator_is_the_requester_also_where_the_manifest_says_another(person):
    alice = person("alice")
    assert requester(alice.creates(samples.role())) == "alice"
    assert requester(alice.creates(annotated(samples.role(), "bob"))) == "alice"
    kept = samples.role()
    kept["metadata"]["annotations"] = {"team": "payments"}
    assert json.loads(alice.creates(kept))["metadata"]["annotations"] == {"team": "payments", REQUESTED_BY: "alice"}


def test_a_machine_is_recorded_as_what_it_is(person):
    machine = "system:serviceaccount:default:gitops"
    assert requester(person(machine).creates(samples.role())) == machine


def test_editor_of_the_spec_is_the_requester_from_then_on(person, standing):
    release = '{"spec": {"state": "Released"}}'
    assert requester(person("trudy").patches(standing["quarantine"], release)) == "trudy"
    blamed = json.dumps({"spec": {"state": "Released"}, "metadata": {"annotations": {REQUESTED_BY: "alice"}}})
    assert requester(person("trudy").patches(standing["quarantine"], blamed)) == "trudy"


@pytest.mark.parametrize(
    "metadata",
    [
        {"annotations": {REQUESTED_BY: "sue"}},
        {"annotations": {REQUESTED_BY: None}},
        {"annotations": None},
        {"labels": {"incident": "42"}},
    ],
)
def test_editor_of_anything_else_is_not_the_requester(person, standing, metadata):
    answer = person("trudy").patches(standing["quarantine"], json.dumps({"metadata": metadata}))
    assert requester(answer) == "alice"


def test_the_same_spec_sent_again_changes_no_requester(person, standing):
    """GitOps applies the same manifest for ever."""
    as_it_is = json.loads(person("trudy").does("get", standing["quarantine"], "-o", "json"))
    del as_it_is["metadata"]["annotations"]
    assert requester(person("trudy").does("replace", "-f", "-", "-o", "json", give=as_it_is)) == "alice"


def test_server_side_apply_records_the_requester_too(person, standing):
    applied = samples.role("standing")
    command = [
        "patch",
        standing["quarantine"],
        "--type=merge",
        "-p",
        '{"spec": {"reason": "seen again"}}',
        "--field-manager=flux",
    ]
    assert requester(person("trudy").does(*command, "-o", "json")) == "trudy"
    same = [
        "apply",
        "--server-side",
        "--dry-run=server",
        "--field-manager=flux",
        "--force-conflicts",
        "-o",
        "json",
        "-f",
        "-",
    ]
    assert requester(person("trudy").does(*same, give=applied)) == "alice"
    applied["spec"]["severity"] = "Critical"
    assert requester(person("trudy").does(*same, give=applied)) == "trudy"


# The collectors, for real


def test_a_namespace_with_plans_and_decisions_comes_to_its_end(kubectl, person, room):
    name = f"{room}-end"
    kubectl("create", "namespace", name)
    person(OPERATOR, namespace=name).creates(samples.plan(), for_real=True)
    person("bob", namespace=name).creates(samples.decision("bob"), for_real=True)
    person("alice", namespace=name).creates(samples.role(), for_real=True)
    kubectl("delete", "namespace", name, "--timeout=20s")


def the_collector_has_seen_what_is_there(person, owner: dict, cascade: str) -> None:
    """It collects what nobody owns, and sees plans in their order. One that it has not seen yet cannot be orphaned."""
    stray = samples.plan(f"stray-{cascade}")
    nobody = {"apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": f"nobody-{cascade}",
              "uid": "00000000-0000-4000-8000-000000000000"}
    stray["metadata"]["ownerReferences"] = [nobody]
    person(OPERATOR).creates(stray, for_real=True)
    there = ("get", f"responseplan/stray-{cascade}", "--ignore-not-found", "-o", "name")
    eventually(lambda: not person(ADMIN).does(*there), seconds=45, every=0.2)


@pytest.mark.parametrize("cascade", ["foreground", "background", "orphan"])
def test_a_quarantine_with_a_plan_goes_however_it_is_deleted(person, cascade):
    alice, operator = person("alice"), person(OPERATOR)
    owner = json.loads(alice.creates(samples.role(f"cascade-{cascade}"), for_real=True))
    plan = samples.plan(f"cascade-{cascade}-1")
    plan["metadata"]["ownerReferences"] = [
        {
            "apiVersion": owner["apiVersion"],
            "kind": owner["kind"],
            "blockOwnerDeletion": True,
            "name": owner["metadata"]["name"],
            "uid": owner["metadata"]["uid"],
        }
    ]
    operator.creates(plan, for_real=True)
    the_collector_has_seen_what_is_there(person, owner, cascade)
    alice.does("delete", f"quarantine/cascade-{cascade}", f"--cascade={cascade}", "--timeout=15s", for_real=True)
    left = person(ADMIN).does("get", f"responseplan/cascade-{cascade}-1", "--ignore-not-found", "-o", "name")
    assert bool(left) or cascade != "orphan"


def test_a_deletion_of_what_has_changed_aws_is_warned_of_and_not_refused(person, standing):
    what, name = standing["quarantine"], "standing"
    alice = person("alice")
    said = alice.does("delete", what, "--warnings-as-errors", fails=True)
    assert "has changed AWS" in said and f"kubectl firebreak status {name} -n {alice.namespace}" in said
    alice.does("delete", what)
    alice.creates(samples.role("untouched"), for_real=True)
    alice.does("delete", "quarantine/untouched", "--warnings-as-errors", for_real=True)

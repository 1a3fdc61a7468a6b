"""Who may say who is told of Incidents, with which Secret, and who says how the telling went.

The responders of this file have every right on channels; what stops them is that a Secret is not theirs to read.
"""

import contextlib
import json

import policy_samples as samples
import pytest
import yaml
from control import eventually
from people import ADMIN, COLLECTOR, NOTIFIER, OPERATOR, ROOT

pytest_plugins = ["policy_fixtures"]
pytestmark = pytest.mark.usefixtures("policies")

EXAMPLES = ROOT / "examples" / "notifications"
RBAC = "rbac.authorization.k8s.io"
GITOPS = "system:serviceaccount:default:gitops"
# Username -> the Secrets that they may get by name in the namespace of the tests; None: all of them.
READERS = {"nora": ["slack"], "sam": None, GITOPS: ["slack"]}
ONLY_FIREBREAK = f"status is written by Firebreak only ({OPERATOR}), that of a NotificationChannel also by its notifier ({NOTIFIER})"
REPORT = json.dumps({"status": {"observedGeneration": 1, "counts": {"delivered": 1}}})
# A provider -> a channel with the Secret `pager`, which nora may not get.
EACH = {name: samples.channel(**{name: {"secretRef": {"name": "pager"}}}) for name in sorted(samples.PROVIDERS)}


def refusal(provider: str, secret: str, namespace: str) -> str:
    return (f"spec.{provider}.secretRef: you may not get the Secret {secret} in namespace {namespace}, and so may not have a "
            f"NotificationChannel use it: ask for a Role with the verb get on secrets and resourceNames [{secret}]")


def rights(name: str, room: str) -> list[dict]:
    """firebreak-responder everywhere, and the Secrets of READERS in one namespace."""
    own = f"e2e-reads-{name.rpartition(':')[2]}"
    user = {"apiGroup": RBAC, "kind": "User", "name": name}
    secrets = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}
    if READERS[name] is not None:
        secrets |= {"resourceNames": READERS[name]}
    version = {"apiVersion": f"{RBAC}/v1"}
    here = version | {"metadata": {"name": own, "namespace": room}}
    everywhere = {"apiGroup": RBAC, "kind": "ClusterRole", "name": "firebreak-responder"}
    return [
        version | {"kind": "ClusterRoleBinding", "metadata": {"name": own}, "subjects": [user], "roleRef": everywhere},
        here | {"kind": "Role", "rules": [secrets]},
        here | {"kind": "RoleBinding", "subjects": [user], "roleRef": {"apiGroup": RBAC, "kind": "Role", "name": own}},
    ]


@pytest.fixture(scope="module")
def reader(kubectl, person, room):
    """`reader("nora")` responds, and may get the Secrets that READERS names."""
    items = [one for name in READERS for one in rights(name, room)]
    # Another worker may do the same at this moment.
    kubectl("apply", "--server-side", "-f", "-", give={"apiVersion": "v1", "kind": "List", "items": items})
    for name in READERS:
        eventually(lambda: can_create(person(name)))
    return person


def can_create(somebody) -> bool:
    with contextlib.suppress(AssertionError):
        somebody.creates(samples.channel())
        return True
    return False


@pytest.fixture(scope="module")
def channel(reader):
    """Nora's channel, with the Secret `slack`."""
    reader("nora").creates(samples.channel("standing"), for_real=True)
    yield "notificationchannel/standing"
    reader("nora").does("delete", "notificationchannel/standing", "--wait=false", for_real=True)


@pytest.mark.parametrize("name", READERS)
def test_who_may_get_the_secret_has_a_channel_use_it(reader, name):
    reader(name).creates(samples.channel())


def examples() -> list[dict]:
    """The channels that are shipped, without their namespace."""
    shipped = [yaml.safe_load(path.read_text()) for path in sorted(EXAMPLES.glob("*.yaml")) if path.stem != "access"]
    return [one | {"metadata": {"name": one["metadata"]["name"]}} for one in shipped]


@pytest.mark.parametrize("given", examples(), ids=lambda given: given["metadata"]["name"])
def test_the_examples_are_taken(reader, given):
    reader("sam").creates(given)


def test_the_examples_let_the_notifier_read_their_secrets_and_no_other():
    role, binding = yaml.safe_load_all((EXAMPLES / "access.yaml").read_text())
    (rule,) = role["rules"]
    used = {part["secretRef"]["name"] for one in examples() for name, part in one["spec"].items() if name in samples.PROVIDERS}
    assert (set(rule["resourceNames"]), rule["resources"], rule["verbs"]) == (used, ["secrets"], ["get"])
    account = binding["subjects"][0]
    assert f"system:serviceaccount:{account['namespace']}:{account['name']}" == NOTIFIER


@pytest.mark.parametrize("name", ["alice", "trudy"])
def test_who_may_get_no_secret_writes_no_channel(reader, name):
    somebody = reader(name)
    assert refusal("slack", "slack", somebody.namespace) in somebody.cannot_create(samples.channel())


@pytest.mark.parametrize("provider", EACH)
def test_the_secret_of_each_provider_is_asked_about(reader, provider):
    for name in ("nora", GITOPS):
        assert refusal(provider, "pager", reader(name).namespace) in reader(name).cannot_create(EACH[provider])
    reader("sam").creates(EACH[provider])


def test_right_to_a_secret_in_one_namespace_does_not_count_in_another(reader):
    assert refusal("slack", "slack", "default") in reader("nora", namespace="default").cannot_create(samples.channel())


@pytest.mark.parametrize("spec", [{"severities": ["Low"]}, {"test": 1}, {"link": "https://attacker.example.com/{name}"}])
def test_a_channel_is_changed_by_those_alone_who_may_get_its_secret(reader, channel, spec):
    patch = json.dumps({"spec": spec})
    assert refusal("slack", "slack", reader("alice").namespace) in reader("alice").cannot_patch(channel, patch)
    reader("nora").patches(channel, patch)


def test_another_secret_takes_the_right_to_that_one(reader, channel):
    patch = json.dumps({"spec": {"slack": {"secretRef": {"name": "pager"}}}})
    assert refusal("slack", "pager", reader("nora").namespace) in reader("nora").cannot_patch(channel, patch)
    reader("sam").patches(channel, patch)


def test_who_changes_no_spec_needs_no_secret(reader, channel):
    reader("alice").patches(channel, '{"metadata": {"labels": {"team": "payments"}}}')
    reader("alice").does("delete", channel)


def test_the_notifier_reports_of_channels(reader, channel):
    said = json.loads(reader(NOTIFIER).patches(channel, REPORT, "--subresource=status"))
    assert said["status"]["counts"]["delivered"] == 1


@pytest.mark.parametrize("name", ["nora", "trudy", ADMIN, COLLECTOR, GITOPS, "system:serviceaccount:default:firebreak-notifier"])
def test_nobody_else_says_what_was_delivered(reader, channel, name):
    said = reader(name).cannot_patch(channel, REPORT, "--subresource=status", "--as-group=system:masters")
    assert ONLY_FIREBREAK in said


def test_the_notifier_writes_no_other_status_and_no_record(reader, standing):
    """Not even with every right of the cluster."""
    notifier = reader(NOTIFIER)
    status = ("--subresource=status", "--as-group=system:masters")
    assert ONLY_FIREBREAK in notifier.cannot_patch(standing["quarantine"], '{"status": {"approvals": "2/2"}}', *status)
    assert ONLY_FIREBREAK in notifier.cannot_patch(standing["plan"], '{"status": {"outcome": "Completed"}}', *status)
    records = (samples.plan("forged"), samples.hold("forged"))
    for given in records:
        said = notifier.does("create", "-f", "-", "--as-group=system:masters", give=given, fails=True)
        assert "is written and deleted by Firebreak only" in said


def test_the_notifier_changes_no_spec(reader, channel):
    said = reader(NOTIFIER).cannot_patch(channel, '{"spec": {"test": 1}}')
    assert 'cannot patch resource "notificationchannels" in API group' in said

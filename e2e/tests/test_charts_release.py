"""A release in its life: installed, upgraded, not removed while something is in custody, removed, installed again.

Real Helm on a bed of its own; the pods are made by Kubernetes' own controllers and run by node.py. It is one test with
chapters, because the bed and its node belong to one worker.
"""

import contextlib
import json
import pathlib
import shutil
import tempfile

import policy_samples as samples
import yaml
from charts import COMPONENT, CRDS, OPERATOR, expected, in_order
from control import eventually
from people import NAMESPACE, OPERATOR as ACCOUNT

pytest_plugins = ["chart_fixtures"]

VALUES = {"aws": {"allowEndpointOverrides": True}, "operator": {"logFormat": "text"}}
POLICIES = ("validatingadmissionpolicies,validatingadmissionpolicybindings,mutatingadmissionpolicies,"
            "mutatingadmissionpolicybindings")
IN_NAMESPACE = "deployments,services,serviceaccounts,roles,rolebindings,poddisruptionbudgets"


def test_a_release_in_its_life(chart_cluster, subtests):
    """What a chapter has changed is put right by the installation before the next one."""
    cluster = chart_cluster
    cluster.install("firebreak-crds", CRDS)
    for chapter in CHAPTERS:
        with subtests.test(chapter.__name__):
            cluster.install("firebreak", OPERATOR, values=VALUES)
            chapter(cluster)


def policies(cluster) -> list[dict]:
    return [one for one in cluster.get(POLICIES)["items"] if one["metadata"]["name"].startswith("firebreak-")]


def ours(cluster) -> dict[str, str]:
    """What the release consists of: names and UIDs, so that what was made again is seen."""
    found = [*policies(cluster), *cluster.get("-n", NAMESPACE, IN_NAMESPACE)["items"],
             *cluster.get("clusterroles,clusterrolebindings", "-l", "app.kubernetes.io/managed-by=Helm")["items"]]
    return {f"{one['kind']}/{one['metadata']['name']}": one["metadata"]["uid"] for one in found
            if one["metadata"].get("labels", {}).get("app.kubernetes.io/managed-by") == "Helm"}


def written(objects: list[dict]) -> dict[str, list]:
    """By whom and when, the status aside."""
    return {f"{one['kind']}/{one['metadata']['name']}": [
        (entry["manager"], entry["time"]) for entry in one["metadata"]["managedFields"] if not entry.get("subresource")]
        for one in objects}


@contextlib.contextmanager
def custody(installed):
    """A Hold; afterwards there is none, and Helm is told that nothing was removed."""
    given = samples.hold("kept")
    given["metadata"]["finalizers"] = ["firebreak.dev/custody"]
    operator = ("--as", ACCOUNT)
    installed.kubectl(*operator, "create", "-f", "-", give=given)
    try:
        yield given
    finally:
        kept = installed.get("hold/kept")
        del kept["metadata"]["finalizers"]
        installed.kubectl(*operator, "replace", "-f", "-", give=kept)
        installed.kubectl(*operator, "delete", "hold", "kept")
        rolled_back(installed)


def uninstall_is_refused(cluster) -> None:
    said = cluster.helm("uninstall", "firebreak", "--namespace", NAMESPACE, fails=True)
    assert "firebreak-check-holds failed" in said


def rolled_back(cluster) -> None:
    """To where it is."""
    history = json.loads(cluster.helm("history", "firebreak", "--namespace", NAMESPACE, "-o", "json"))
    cluster.helm("rollback", "firebreak", str(history[-1]["revision"]), "--namespace", NAMESPACE)


def both_replicas_run_and_one_of_them_leads(installed):
    leads(installed, "controller", 2)


def the_notifier_runs_beside_them_and_holds_its_own_lease(installed):
    leads(installed, "notifier", 1)


def pods_of(installed, component: str) -> list[dict]:
    return installed.get("-n", NAMESPACE, "pods", "-l", f"{COMPONENT}={component}")["items"]


def leads(installed, component: str, replicas: int) -> None:
    """One of its replicas holds its Lease."""
    names = {pod["metadata"]["name"] for pod in pods_of(installed, component)}
    assert len(names) == replicas

    def leader() -> str:
        lease = installed.get("-n", NAMESPACE, "leases", f"firebreak-{component}")
        return (lease["spec"].get("holderIdentity") or "").partition("_")[0]

    eventually(lambda: leader() in names, seconds=30, every=0.5)


def the_policies_in_force_are_those_that_the_operator_compares_with(installed):
    wanted = [one for one in expected() if one["apiVersion"].startswith("admissionregistration")]
    found = [{**one, "metadata": {"name": one["metadata"]["name"]}} for one in policies(installed)]
    assert [one["spec"] for one in in_order(found)] == [one["spec"] for one in in_order(wanted)]
    assert len(found) == 24


def an_upgrade_changes_what_was_asked_and_touches_no_policy(installed):
    """A policy that is written again counts as new, and Decisions would have to wait."""
    before = written(policies(installed))
    values = {**VALUES, "replicas": 1, "operator": {**VALUES["operator"], "resyncSeconds": 77}}
    installed.install("firebreak", OPERATOR, values=values)
    (pod,) = [one for one in pods_of(installed, "controller") if one["status"]["phase"] == "Running"]
    assert {"name": "FIREBREAK_RESYNC", "value": "77"} in pod["spec"]["containers"][0]["env"]
    assert written(policies(installed)) == before


def a_second_release_is_refused(installed):
    before = ours(installed)
    said = installed.helm("install", "another", OPERATOR, "--namespace", "another", "--create-namespace", fails=True)
    assert "invalid ownership metadata" in said and 'must equal "another"' in said
    assert ours(installed) == before


def a_changed_kind_arrives_with_the_upgrade(installed):
    def short_names() -> list[str]:
        return installed.get("crd", "emergencystops.firebreak.dev")["spec"]["names"].get("shortNames", [])

    assert short_names() != ["fullstop"]
    with tempfile.TemporaryDirectory() as folder:
        chart = pathlib.Path(folder) / CRDS.name
        shutil.copytree(CRDS, chart)
        path = chart / "files" / "emergencystops.yaml"
        crd = yaml.safe_load(path.read_text())
        crd["spec"]["names"]["shortNames"] = ["fullstop"]
        path.write_text(yaml.safe_dump(crd))
        installed.install("firebreak-crds", chart)
    assert short_names() == ["fullstop"]
    installed.install("firebreak-crds", CRDS)
    assert short_names() != ["fullstop"]


def an_uninstall_is_refused_while_a_hold_exists_and_nothing_is_deleted(installed):
    before = ours(installed)
    with custody(installed) as hold:
        uninstall_is_refused(installed)
        log = installed.node.log("firebreak-check-holds-")
        assert hold["metadata"]["name"] in log and hold["spec"]["key"]["resource"] in log
        assert "kubectl firebreak release sample -n default" in log
        assert ours(installed) == before


def after_a_refused_uninstall_a_rollback_to_the_same_revision_lets_upgrades_go_on(installed):
    before = ours(installed)
    with custody(installed):
        uninstall_is_refused(installed)
        said = installed.helm("upgrade", "firebreak", OPERATOR, "--namespace", NAMESPACE, values=VALUES, fails=True)
        assert "has no deployed releases" in said
        rolled_back(installed)
        installed.install("firebreak", OPERATOR, values=VALUES)
        assert ours(installed) == before


def a_release_without_custody_is_uninstalled_the_kinds_stay_and_it_can_be_installed_again(installed):
    stop = samples.stop("stays")
    installed.kubectl("create", "-f", "-", give=stop)
    installed.helm("uninstall", "firebreak", "--namespace", NAMESPACE, "--wait")
    assert ours(installed) == {}
    assert "no Hold exists" in installed.node.log("firebreak-check-holds-")
    kept = installed.helm("uninstall", "firebreak-crds", "--namespace", NAMESPACE)
    assert kept.count("[CustomResourceDefinition]") == 13
    assert installed.get("emergencystop", "stays")["spec"] == stop["spec"]
    installed.kubectl("delete", "emergencystop", "stays")
    installed.install("firebreak-crds", CRDS)
    installed.install("firebreak", OPERATOR, values=VALUES)
    assert len(ours(installed)) > 20


def what_was_installed_from_the_manifests_is_taken_over_on_request_only(installed):
    installed.helm("uninstall", "firebreak", "--namespace", NAMESPACE, "--wait")
    items = {"apiVersion": "v1", "kind": "List", "items": expected()}
    installed.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", give=items)
    before = written(policies(installed))
    said = installed.helm("install", "firebreak", OPERATOR, "--namespace", NAMESPACE, values=VALUES, fails=True)
    assert "invalid ownership metadata" in said
    assert written(policies(installed)) == before
    installed.install("firebreak", OPERATOR, "--take-ownership", values=VALUES)
    assert written(policies(installed)).keys() == before.keys() and len(ours(installed)) > 20


CHAPTERS = (
    both_replicas_run_and_one_of_them_leads,
    the_notifier_runs_beside_them_and_holds_its_own_lease,
    the_policies_in_force_are_those_that_the_operator_compares_with,
    an_upgrade_changes_what_was_asked_and_touches_no_policy,
    a_second_release_is_refused,
    a_changed_kind_arrives_with_the_upgrade,
    an_uninstall_is_refused_while_a_hold_exists_and_nothing_is_deleted,
    after_a_refused_uninstall_a_rollback_to_the_same_revision_lets_upgrades_go_on,
    a_release_without_custody_is_uninstalled_the_kinds_stay_and_it_can_be_installed_again,
    what_was_installed_from_the_manifests_is_taken_over_on_request_only,
)

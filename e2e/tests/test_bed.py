"""The bed itself: it comes up whole, beds do not disturb each other, and Kubernetes does what the tests rely on."""

import json
import os
import pathlib
import subprocess
import sys

import processes
from control import eventually

BED = pathlib.Path(__file__).resolve().parent.parent / "testbed" / "bed.py"


def run_bed(*arguments: str, **environment: str) -> subprocess.CompletedProcess:
    """bed.py as a user runs it."""
    command = [sys.executable, str(BED), *arguments]
    return subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, timeout=300)


def test_every_part_of_the_bed_answers(bed, kubectl, control):
    assert kubectl("get", "--raw", "/readyz") == "ok"
    assert control.calls(account="000000000000") == []
    assert set(bed["pids"]) == {"aws-emulator", "etcd", "kube-apiserver", "kube-controller-manager"}


def test_the_server_knows_its_version_and_the_policies_that_firebreak_ships(kubectl):
    version = json.loads(kubectl("version", "-o", "json"))["serverVersion"]["gitVersion"]
    served = kubectl("api-resources", "--api-group=admissionregistration.k8s.io", "-o", "name")
    assert version.startswith("v1.36.")
    assert "mutatingadmissionpolicies" in served and "validatingadmissionpolicies" in served


def test_up_on_a_running_bed_changes_nothing(bed):
    before = pathlib.Path(os.environ["FIREBREAK_BED"]).read_text()
    assert run_bed("up", "--name", bed["name"]).returncode == 0
    assert pathlib.Path(os.environ["FIREBREAK_BED"]).read_text() == before


def test_two_beds_run_side_by_side(bed, kubectl):
    name = f"second-{os.getpid()}"
    try:
        state = pathlib.Path(run_bed("up", "--name", name).stdout.strip())
        second = json.loads(state.read_text())
        answer = subprocess.run([second["kubectl"], "--kubeconfig", second["kubeconfig"], "get", "--raw", "/readyz"],
                                capture_output=True, text=True)
        assert answer.stdout == "ok" and second["apiserver"] != bed["apiserver"]
        assert kubectl("get", "--raw", "/readyz") == "ok"
    finally:
        assert run_bed("down", "--name", name).returncode == 0
    assert not state.parent.exists()
    assert not any(processes.identity(pid) for pid in second["pids"].values())


def test_a_part_that_does_not_start_is_named_and_nothing_stays(bed, tmp_path):
    for program in pathlib.Path(bed["kubectl"]).parent.iterdir():
        (tmp_path / program.name).symlink_to(program)
    (tmp_path / "kube-apiserver").unlink()
    (tmp_path / "kube-apiserver").write_text("#!/bin/sh\necho no such luck\nexit 3\n")
    (tmp_path / "kube-apiserver").chmod(0o755)
    name = f"broken-{os.getpid()}"
    failed = run_bed("up", "--name", name, KUBEBUILDER_ASSETS=str(tmp_path))
    left = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout
    run_bed("down", "--name", name)
    assert failed.returncode == 1 and "kube-apiserver ended" in failed.stderr
    assert "kube-apiserver.log" in failed.stderr and "no such luck" in failed.stderr
    assert f"/beds/{name}/" not in left


def test_a_pid_that_now_belongs_to_somebody_else_is_left_alone():
    with subprocess.Popen(["sleep", "60"]) as stranger:
        processes.stop(processes.Process("etcd", stranger.pid, "1 etcd --data-dir=/gone", "/dev/null"))
        assert stranger.poll() is None
        stranger.terminate()


def test_what_an_owner_leaves_behind_is_collected(kubectl, namespace):
    owner = json.loads(kubectl("-n", namespace, "create", "configmap", "owner", "-o", "json"))
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner["metadata"]["uid"]}
    child = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "child", "ownerReferences": [reference]}}
    kubectl("-n", namespace, "apply", "-f", "-", give=child)
    kubectl("-n", namespace, "delete", "configmap", "owner")
    eventually(lambda: "child" not in kubectl("-n", namespace, "get", "configmaps", "-o", "name"), seconds=30)


def test_a_deleted_namespace_goes_away(kubectl):
    name = f"leaving-{os.getpid()}"
    kubectl("create", "namespace", name)
    kubectl("delete", "namespace", name, "--wait=false")
    eventually(lambda: name not in kubectl("get", "namespaces", "-o", "name"), seconds=30)


def test_people_are_impersonated_and_may_do_only_what_rbac_says(kubectl, namespace):
    assert "forbidden" in kubectl("-n", namespace, "--as", "bob", "get", "secrets", fails=True)
    kubectl("-n", namespace, "create", "rolebinding", "bob", "--clusterrole=view", "--user=bob")
    asked = ("-n", namespace, "--as", "bob", "auth", "can-i", "list", "configmaps")
    eventually(lambda: kubectl(*asked, fails=None).startswith("yes"))

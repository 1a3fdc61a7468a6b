#!/usr/bin/env python3
"""The operator as one more process beside a bed: what must be in the cluster is installed, then the binary is run.

    controller.py start [--bed NAME] [-- FLAG ...]   installs and starts it, or does nothing where it runs
    controller.py status [--bed NAME]                where it listens, where its log and its kubeconfig are
    controller.py stop [--bed NAME]                  SIGTERM, and waits until it has given its lease back

It is not called operator.py: Python has a module of that name, and everything would import this one instead.
It is no part of bed.json: the bed is there before it and outlives it, however often it is killed.
"""

import argparse
import contextlib
import dataclasses
import datetime
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
if str(HERE / "testbed") not in sys.path:
    sys.path.append(str(HERE / "testbed"))

import cache  # noqa: E402
import lifecycle  # noqa: E402
import processes  # noqa: E402
import world as worlds  # noqa: E402
from seeding import identity  # noqa: E402
from seeding.access import Clients  # noqa: E402

SERVICE_ACCOUNT = "system:serviceaccount:firebreak-system:firebreak-controller"
LISTEN_PATIENCE = 60  # seconds until a start is given up; an idle machine needs one
IN_FORCE = 10  # seconds for which the policies must have been in force before a Decision counts
POLICIES = ("firebreak-decisions", "firebreak-decision-records", "firebreak-reserved", "firebreak-finalizers", "firebreak-deletions",
            "firebreak-metadata", "firebreak-requester", "firebreak-created", "firebreak-incidents", "firebreak-playbooks",
            "firebreak-channels")


class NotThere(Exception):
    """The operator cannot be started; the message says what is missing, or what its log ends with."""


@dataclasses.dataclass(frozen=True)
class Operator:
    """A running operator."""

    process: processes.Process
    url: str
    kubeconfig: str

    def get(self, path: str) -> str:
        """What it answers on its own port; raises OSError where it does not answer 200."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(self.url + path, timeout=5) as answer:
            return answer.read().decode()

    def log(self) -> str:
        return pathlib.Path(self.process.log).read_text(errors="replace")


def program(name: str) -> pathlib.Path:
    """A binary of this project; building it is make's business."""
    target = os.environ.get("CARGO_TARGET_DIR")
    found = (pathlib.Path(target) if target else cache.root() / "target") / "debug" / name
    if not found.exists():
        raise NotThere(f"{found} is not there: make build")
    return found


def start(bed: dict, *flags: str) -> Operator:
    """The operator that runs on this bed, or a new one. Processes that start it side by side wait for each other."""
    with cache.lock(f"operator-{bed['name']}"):
        found = running(bed)
        if not found:
            install(bed)
        return found or _start(bed, flags)


def running(bed: dict) -> Operator | None:
    record = _record(bed)
    if not record.exists():
        return None
    known = json.loads(record.read_text())
    operator = Operator(processes.Process(**known["process"]), known["url"], known["kubeconfig"])
    return operator if operator.process.alive() else None


def stop(bed: dict) -> bool:
    """SIGTERM, and waits: it finishes what it does and gives the lease back. False where none ran."""
    with cache.lock(f"operator-{bed['name']}"):
        operator = running(bed)
        if operator:
            processes.stop(operator.process, patience=30)
        return operator is not None


def kill(bed: dict) -> None:
    """SIGKILL: as when its node loses power."""
    operator = running(bed)
    if operator:
        os.kill(operator.process.pid, signal.SIGKILL)
        _until(lambda: not operator.process.alive(), 10, "it does not end")


def logs(bed: dict) -> str:
    """Everything that operators on this bed have written, the killed ones too."""
    return "\n".join(path.read_text(errors="replace") for path in sorted(_folder(bed).glob("logs/operator-*.log")))


def _start(bed: dict, flags: tuple[str, ...]) -> Operator:
    (port,) = processes.free_ports(1)
    kubeconfig = _kubeconfig(bed)
    command = [str(program("firebreak-controller")), "run", "--allow-endpoint-overrides", "--trust-absent-lease",
               f"--listen=127.0.0.1:{port}", "--log-format=text", *flags]
    log = _folder(bed) / "logs" / f"operator-{len(list(_folder(bed).glob('logs/operator-*.log'))) + 1}.log"
    process = processes.start("operator", command, log, _environment(bed, kubeconfig))
    operator = Operator(process, f"http://127.0.0.1:{port}", str(kubeconfig))
    _write(bed, operator)
    _until_ready(operator)
    return operator


def _until_ready(operator: Operator) -> None:
    deadline = time.monotonic() + LISTEN_PATIENCE
    while operator.process.alive() and time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            operator.get("/readyz")
            return
        time.sleep(0.05)
    verb = "is not ready in time" if operator.process.alive() else "ended"
    tail = processes.tail(operator.process.log)
    processes.stop(operator.process)
    raise NotThere(f"the operator {verb}. Its log is {operator.process.log} and ends with:\n{tail}")


def _environment(bed: dict, kubeconfig: pathlib.Path) -> dict[str, str]:
    """The role of a pod in the operator's account, and no AWS setting of the user's: never a real account."""
    identity.seed_operator(Clients(bed["awsEndpoint"], worlds.OPERATOR_ACCOUNT, worlds.REGION))
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "FIREBREAK_"))}
    own = {"KUBECONFIG": str(kubeconfig), "NO_COLOR": "1"}
    return kept | worlds.operator_environment(bed["awsEndpoint"]) | own


def _kubeconfig(bed: dict) -> pathlib.Path:
    """The administrator's, who acts as the service account: it has exactly the rights that the chart gives it."""
    document = json.loads(pathlib.Path(bed["kubeconfig"]).read_text())
    document["users"][0]["user"]["as"] = SERVICE_ACCOUNT
    path = _folder(bed) / "operator.kubeconfig"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as handle:
        json.dump(document, handle, indent=2)
    return path


def install(bed: dict) -> None:
    """What `firebreak-controller manifests` prints, applied and seen to be in force."""
    manifests = subprocess.run([program("firebreak-controller"), "manifests"], check=True, capture_output=True, text=True)
    _kubectl(bed, "apply", "--server-side", "--force-conflicts", "-f", "-", give=manifests.stdout)
    crds = [f"crd/{name}" for name in _kubectl(bed, "get", "crd", "-o", "name").split() if "firebreak.dev" in name]
    names = [crd.rpartition("/")[2] for crd in crds]
    _kubectl(bed, "wait", "crd", *names, "--for=condition=Established", "--timeout=30s")
    _until(lambda: _enforced(bed), 30, "the admission policies are not enforced")


def _enforced(bed: dict) -> bool:
    """Tried, not asked: the API server takes up to three seconds until it obeys a new policy."""
    complaint = _kubectl(bed, "create", "--dry-run=server", "-f", "-", give=_forged_decision(), fails=True)
    stamped = _kubectl(bed, "create", "--dry-run=server", "-o", "json", "-f", "-", give=_canary(), fails=None)
    return "spec.by must be your own" in complaint and '"firebreak.dev/requested-by"' in stamped


def _forged_decision() -> str:
    digest = "sha256:" + "0" * 64
    return _object("Decision", {"by": "somebody-else", "verb": "Approve", "approverRole": "approver",
                                "target": {"kind": "Quarantine", "name": "canary", "uid": "none"},
                                "plan": {"name": "canary-1", "uid": "none", "digest": digest}})


def _canary() -> str:
    return _object("Quarantine", {"accountRef": {"name": "canary"}, "region": "us-east-1",
                                  "target": {"iamRole": {"roleName": "canary"}}})


def _object(kind: str, spec: dict) -> str:
    return json.dumps({"apiVersion": "firebreak.dev/v1alpha1", "kind": kind, "metadata": {"name": "canary"},
                       "spec": spec})


def seconds_until_decisions_count(bed: dict) -> float:
    """How long the policies must still be in force before the operator believes a Decision; 0 when they are."""
    policies = json.loads(_kubectl(
        bed, "get", "validatingadmissionpolicies,validatingadmissionpolicybindings,mutatingadmissionpolicies,"
                    "mutatingadmissionpolicybindings", "-o", "json", "--show-managed-fields"))["items"]
    ours = [policy["metadata"] for policy in policies if policy["metadata"]["name"] in POLICIES]
    if not ours:
        return IN_FORCE  # they are being applied right now
    times = [policy["creationTimestamp"] for policy in ours] + [
        entry["time"] for policy in ours for entry in policy["managedFields"]
        if "time" in entry and not entry.get("subresource")]
    written = [datetime.datetime.fromisoformat(time) for time in times]
    age = (datetime.datetime.now(datetime.UTC) - max(written)).total_seconds()
    return max(0.0, IN_FORCE + 1 - age)  # Kubernetes keeps whole seconds


def _kubectl(bed: dict, *arguments: str, give: str | None = None, fails: bool | None = False) -> str:
    command = [bed["kubectl"], "--kubeconfig", bed["kubeconfig"], *arguments]
    done = subprocess.run(command, input=give, capture_output=True, text=True, timeout=90)
    if fails is False and done.returncode:
        raise NotThere(f"kubectl {' '.join(arguments)}: {done.stderr}")
    return done.stderr if fails else done.stdout


def _until(check, seconds: float, complaint: str) -> None:
    deadline = time.monotonic() + seconds
    while not check():
        if time.monotonic() > deadline:
            raise NotThere(complaint)
        time.sleep(0.1)


def _folder(bed: dict) -> pathlib.Path:
    return pathlib.Path(bed["kubeconfig"]).parent


def _record(bed: dict) -> pathlib.Path:
    return _folder(bed) / "operator.json"


def _write(bed: dict, operator: Operator) -> None:
    scratch = _record(bed).with_suffix(".new")
    scratch.write_text(json.dumps(dataclasses.asdict(operator), indent=2) + "\n")
    scratch.replace(_record(bed))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("start", "status", "stop"))
    parser.add_argument("--bed", default="default")
    parser.add_argument("flags", nargs="*", help="for firebreak-controller run, after --")
    arguments = parser.parse_args()
    bed = lifecycle.running(arguments.bed)
    if not bed:
        raise SystemExit(f"controller: bed {arguments.bed} is not running; start it with: "
                         f"{HERE / 'testbed' / 'bed.py'} up --name {arguments.bed}")
    try:
        _perform(arguments.command, bed, arguments.flags)
    except NotThere as problem:
        raise SystemExit(f"controller: {problem}") from problem


def _perform(command: str, bed: dict, flags: list[str]) -> None:
    if command == "stop":
        print("stopped" if stop(bed) else "it was not running")
        return
    operator = start(bed, *flags) if command == "start" else running(bed)
    print(json.dumps(dataclasses.asdict(operator), indent=2) if operator else "not running")


if __name__ == "__main__":
    main()

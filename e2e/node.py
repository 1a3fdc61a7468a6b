"""A stand-in for scheduler and kubelet: it runs the pods of one namespace as processes on loopback.

The controllers of Kubernetes make the pods, and judge them by what is written here; this runs what is in them: the
one container's `args` as arguments of firebreak-controller (the entrypoint of our image, whatever it is called), with
the container's environment and a real token of the pod's service account. Readiness is asked as its probe says.

It does not pull images, and knows no volumes, limits, security contexts or liveness. Pods share one network here, so
each listens on a port of its own instead of the one in FIREBREAK_LISTEN. A pod is bound to no node: the API server
forgets it the moment it is deleted, and its process is then told to end.
"""

import contextlib
import dataclasses
import http.client
import json
import os
import pathlib
import ssl
import subprocess
import threading
import time
import urllib.error
import urllib.request

import controller
import processes

EVERY = 0.1  # seconds between two looks
BACK_OFF = 1  # seconds from the end of a container to its restart


class Api:
    """The API server of a bed, as the administrator."""

    def __init__(self, bed: dict) -> None:
        self.document = json.loads(pathlib.Path(bed["kubeconfig"]).read_text())
        self._token = self.document["users"][0]["user"]["token"]
        context = ssl.create_default_context()
        context.load_verify_locations(pathlib.Path(bed["kubeconfig"]).parent / "certs" / "apiserver.crt")
        self._url = bed["apiserver"]
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))

    def ask(self, method: str, path: str, content: dict | None = None) -> dict:
        kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": kind}
        body = None if content is None else json.dumps(content).encode()
        request = urllib.request.Request(self._url + path, body, headers, method=method)
        with self._opener.open(request, timeout=10) as answer:
            return json.load(answer)

    def kubeconfig_of(self, namespace: str, account: str) -> dict:
        """Of anyone who has a token of this service account; OSError where there is none."""
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token"
        asked = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 3600}}
        token = self.ask("POST", path, asked)["status"]["token"]
        return self.document | {"users": [{"name": "admin", "user": {"token": token}}]}


@dataclasses.dataclass
class Running:
    """A pod and its process."""

    pod: dict
    process: subprocess.Popen
    port: int
    log: pathlib.Path
    restarts: int = 0
    ended: float | None = None
    written: tuple | None = None

    def ready(self) -> bool:
        """As the readiness probe says; a pod without one is ready while it runs."""
        probe = self.pod["spec"]["containers"][0].get("readinessProbe")
        if not probe or self.process.poll() is not None:
            return self.process.poll() is None
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with contextlib.suppress(OSError):
            opener.open(f"http://127.0.0.1:{self.port}{probe['httpGet']['path']}", timeout=2).close()
            return True
        return False

    def status(self) -> tuple[str, bool, int | None]:
        """Phase, readiness and exit code."""
        code = self.process.poll()
        if code is None or self.pod["spec"]["restartPolicy"] == "Always":
            return "Running", self.ready(), code
        return ("Failed" if code else "Succeeded"), False, code

    def is_to_restart(self) -> bool:
        """As the kubelet does with a container that ended: a port that was taken first is one reason."""
        if self.process.poll() is None or self.pod["spec"]["restartPolicy"] != "Always":
            return False
        self.ended = self.ended or time.monotonic()
        return time.monotonic() - self.ended > BACK_OFF


class Node:
    """Runs the pods of `namespace` while it is entered. `cloud` is what AWS puts into a pod's environment."""

    def __init__(self, bed: dict, namespace: str, cloud: dict[str, str]) -> None:
        self._api, self._namespace, self._cloud = Api(bed), namespace, cloud
        self._folder = pathlib.Path(bed["kubeconfig"]).parent / "pods"
        self._running: dict[str, Running] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> "Node":
        self._folder.mkdir(exist_ok=True)
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._over.set()
        self._thread.join()
        for one in self._running.values():
            _end(one.process)

    def log(self, prefix: str) -> str:
        """What the pods whose name begins so have written, those that are gone too."""
        return "\n".join(path.read_text(errors="replace") for path in sorted(self._folder.glob(f"{prefix}*.log")))

    def _work(self) -> None:
        while not self._over.wait(EVERY):
            # Refused, cut off, gone or changed since: it is looked at again.
            with contextlib.suppress(OSError, http.client.HTTPException):
                pods = self._api.ask("GET", f"/api/v1/namespaces/{self._namespace}/pods")["items"]
                self._look({pod["metadata"]["uid"]: pod for pod in pods})

    def _look(self, pods: dict[str, dict]) -> None:
        for uid in self._running.keys() - pods.keys():
            _end(self._running.pop(uid).process)
        for uid, pod in pods.items():
            one = self._running.get(uid)
            if one and one.is_to_restart():
                self._running[uid] = self._start(pod, one.restarts + 1)
            elif one:
                self._report(one)
            elif pod["status"]["phase"] == "Pending":
                self._running[uid] = self._start(pod)

    def _start(self, pod: dict, restarts: int = 0) -> Running:
        name, spec = pod["metadata"]["name"], pod["spec"]
        (container,), (port,) = spec["containers"], processes.free_ports(1)
        kubeconfig, log = (self._folder / f"{name}.{suffix}" for suffix in ("kubeconfig", "log"))
        account = self._api.kubeconfig_of(self._namespace, spec["serviceAccountName"])
        with os.fdopen(os.open(kubeconfig, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as handle:
            json.dump(account, handle)
        given = {one["name"]: _value(one, pod) for one in container.get("env", [])}
        own = {"KUBECONFIG": str(kubeconfig), "FIREBREAK_LISTEN": f"127.0.0.1:{port}"}
        command = [str(controller.program("firebreak-controller")), *container["args"]]
        with open(log, "ab") as output:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                                       env={"PATH": os.environ["PATH"]} | given | self._cloud | own)
        return Running(pod, process, port, log, restarts)

    def _report(self, one: Running) -> None:
        status = one.status()
        if status != one.written:
            meta = one.pod["metadata"]
            path = f"/api/v1/namespaces/{self._namespace}/pods/{meta['name']}/status"
            self._api.ask("PATCH", path, {"status": _status(one, *status)})
            one.written = status


def _value(variable: dict, pod: dict) -> str:
    if "valueFrom" not in variable:
        return variable.get("value", "")
    _, _, field = variable["valueFrom"]["fieldRef"]["fieldPath"].rpartition(".")
    return pod["metadata"][field]


def _status(one: Running, phase: str, ready: bool, code: int | None) -> dict:
    container = one.pod["spec"]["containers"][0]
    state = {"running": {}} if code is None else {"terminated": {"exitCode": code}}
    seen = {"name": container["name"], "image": container["image"], "imageID": "", "ready": ready,
            "restartCount": one.restarts, "state": state}
    conditions = [{"type": kind, "status": str(ready)} for kind in ("Ready", "ContainersReady")]
    return {"phase": phase, "conditions": conditions, "containerStatuses": [seen]}


def _end(process: subprocess.Popen) -> None:
    """As a kubelet does: it may finish what it does."""
    process.terminate()
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()

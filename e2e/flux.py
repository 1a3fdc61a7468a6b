"""Flux's kustomize-controller beside a bed, in one namespace, and artifacts for it: what source-controller would serve.

Each test that needs it has one of its own. It is no part of bed.json, as the operator is not.
"""

import contextlib
import dataclasses
import functools
import hashlib
import http.server
import io
import json
import os
import pathlib
import sys
import tarfile
import threading
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
if str(HERE / "testbed") not in sys.path:
    sys.path.append(str(HERE / "testbed"))

import gitops_build  # noqa: E402
import processes  # noqa: E402

PATIENCE = 60  # seconds until a start is given up; an idle machine needs two
SOURCE = "source.toolkit.fluxcd.io/v1"


class NotReady(Exception):
    """It did not start; the message has the end of its log."""


@dataclasses.dataclass(frozen=True)
class Repository:
    """A GitRepository as source-controller leaves it: an artifact on loopback, and a status that names it."""

    kubectl: object
    namespace: str
    name: str
    folder: pathlib.Path
    url: str

    def create(self) -> None:
        metadata = {"name": self.name, "namespace": self.namespace}
        spec = {"url": "https://git.example.com/security.git", "interval": "1h"}
        given = {"apiVersion": SOURCE, "kind": "GitRepository", "metadata": metadata, "spec": spec}
        self.kubectl("create", "-f", "-", give=given)

    def commit(self, files: dict[str, str]) -> str:
        """A new revision with exactly these files; its name."""
        content = _archive(files)
        digest = hashlib.sha256(content).hexdigest()
        revision = f"main@sha1:{digest[:40]}"
        (self.folder / f"{digest}.tar.gz").write_bytes(content)
        artifact = {"path": f"{digest}.tar.gz", "url": f"{self.url}/{digest}.tar.gz", "revision": revision,
                    "digest": f"sha256:{digest}", "lastUpdateTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
        self.kubectl("-n", self.namespace, "patch", f"gitrepository/{self.name}", "--subresource=status",
                     "--type=merge", "-p", json.dumps({"status": {"artifact": artifact}}))
        return revision


def _archive(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(text.encode()), 0o644
            archive.addfile(entry, io.BytesIO(text.encode()))
    return buffer.getvalue()


@contextlib.contextmanager
def serving(folder: pathlib.Path):
    """The files of a folder on loopback; yields the URL."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_arguments) -> None:
            """Tests print nothing that nobody asked for."""

    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@contextlib.contextmanager
def running(bed: dict, namespace: str, log: pathlib.Path):
    """The controller, for Kustomizations in that namespace only, so that several run side by side."""
    metrics, health = processes.free_ports(2)
    command = [str(gitops_build.flux() / "kustomize-controller"), "--watch-all-namespaces=false",
               f"--metrics-addr=127.0.0.1:{metrics}", f"--health-addr=127.0.0.1:{health}"]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "FIREBREAK_"))}
    own = {"KUBECONFIG": bed["kubeconfig"], "RUNTIME_NAMESPACE": namespace}
    process = processes.start("kustomize-controller", command, log, kept | own)
    try:
        _until_ready(process, f"http://127.0.0.1:{health}/readyz")
        yield process
    finally:
        processes.stop(process)


def _until_ready(process: processes.Process, url: str) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + PATIENCE
    while process.alive() and time.monotonic() < deadline:
        with contextlib.suppress(OSError), opener.open(url, timeout=5):
            return
        time.sleep(0.05)
    raise NotReady(f"kustomize-controller is not ready. Its log ends with:\n{processes.tail(process.log)}")

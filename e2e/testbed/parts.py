"""What the bed consists of: for each part its command line, and the question that tells whether it is ready.

No kubelet runs; where a test needs pods, node.py stands in for one. The controller manager does only what the tests
need of it: without the first two controllers tests of deletion would lie, without the third the roles `view`, `edit`
and `admin` allow nothing, the fourth checks the types in the expressions of admission policies, and the others make
pods of what the chart installs.
"""

import dataclasses
import json
import os
import pathlib
import ssl
import urllib.request
from collections.abc import Callable

import cache

CONTROLLERS = (
    "garbage-collector-controller",
    "namespace-controller",
    "clusterrole-aggregation-controller",
    "validatingadmissionpolicy-status-controller",
    "deployment-controller",
    "replicaset-controller",
    "job-controller",
)


@dataclasses.dataclass(frozen=True)
class Site:
    """Where one bed lives: its folder, its ports, and the programs that it runs."""

    folder: pathlib.Path
    programs: pathlib.Path
    python: pathlib.Path
    token: str
    etcd_port: int
    etcd_peer_port: int
    apiserver_port: int
    manager_port: int
    aws_port: int

    @property
    def apiserver(self) -> str:
        return f"https://127.0.0.1:{self.apiserver_port}"

    @property
    def aws(self) -> str:
        return f"http://127.0.0.1:{self.aws_port}"


@dataclasses.dataclass(frozen=True)
class Part:
    """One process of the bed."""

    name: str
    command: list[str]
    ready: Callable[[], bool]
    environment: dict[str, str] = dataclasses.field(default_factory=dict)


def etcd(site: Site) -> Part:
    """Does not sync to disk: a bed that loses power is simply started again."""
    client, peer = (f"http://127.0.0.1:{port}" for port in (site.etcd_port, site.etcd_peer_port))
    command = [str(site.programs / "etcd"), f"--data-dir={site.folder / 'etcd'}", "--unsafe-no-fsync"]
    command += [f"--listen-client-urls={client}", f"--advertise-client-urls={client}"]
    command += [f"--listen-peer-urls={peer}", f"--initial-advertise-peer-urls={peer}"]
    command += [f"--initial-cluster=default={peer}", "--log-level=warn"]
    return Part("etcd", command, lambda: json.loads(fetch(f"{client}/health")).get("health") == "true")


def apiserver(site: Site) -> Part:
    """Real RBAC and real admission; only the admission of service accounts is off: it mounts what no kubelet provides."""
    secrets = site.folder / "secrets"
    command = [str(site.programs / "kube-apiserver"), f"--etcd-servers=http://127.0.0.1:{site.etcd_port}"]
    command += ["--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", f"--secure-port={site.apiserver_port}"]
    command += [f"--cert-dir={site.folder / 'certs'}", f"--token-auth-file={secrets / 'tokens.csv'}"]
    command += ["--authorization-mode=RBAC", "--disable-admission-plugins=ServiceAccount"]
    command += ["--service-cluster-ip-range=10.0.0.0/24", "--endpoint-reconciler-type=none"]
    command += ["--service-account-issuer=https://kubernetes.default.svc"]
    for flag in ("service-account-signing-key-file", "service-account-key-file"):
        command.append(f"--{flag}={secrets / 'service-account.key'}")
    return Part("kube-apiserver", command, lambda: fetch(f"{site.apiserver}/readyz", site) == b"ok")


def controller_manager(site: Site) -> Part:
    """Only CONTROLLERS; the others would look for nodes that never come."""
    command = [str(site.programs / "kube-controller-manager"), f"--kubeconfig={site.folder / 'kubeconfig'}"]
    command += [f"--controllers={','.join(CONTROLLERS)}", "--leader-elect=false"]
    command += ["--bind-address=127.0.0.1", f"--secure-port={site.manager_port}"]
    command += [f"--cert-dir={site.folder / 'manager-certs'}"]
    health = f"https://127.0.0.1:{site.manager_port}/healthz"
    return Part("kube-controller-manager", command, lambda: fetch(health, trusting=True) == b"ok")


def emulator(site: Site) -> Part:
    """AWS, or near enough: moto with the extensions of emulator/. Of its own images each account would get hundreds."""
    command = [str(site.python), str(cache.HERE / "aws_emulator.py"), f"--port={site.aws_port}"]
    return Part("aws-emulator", command, lambda: b"ready" in fetch(f"{site.aws}/firebreak/health"),
                {"PYTHONDONTWRITEBYTECODE": "1", "MOTO_AMIS_PATH": str(cache.HERE / "emulator" / "images.json")})


def fetch(url: str, site: Site | None = None, trusting: bool = False) -> bytes:
    """GET on loopback, past any proxy that the user's environment may name; as the admin where a site is given."""
    context = ssl.create_default_context()
    if site:
        context.load_verify_locations(site.folder / "certs" / "apiserver.crt")
    if trusting:
        context = ssl._create_unverified_context()
    handlers = (urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {site.token}"} if site else {})
    with urllib.request.build_opener(*handlers).open(request, timeout=5) as answer:
        return answer.read()


def environment(part: Part) -> dict[str, str]:
    """A part sees the user's environment, but no AWS setting of theirs: it must never reach a real account."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MOTO_"))}
    return kept | part.environment

"""Helm, the charts, and what is in them: for the tests of the charts."""

import json
import os
import pathlib
import subprocess

import controller
import helm as helm_program
import node
import yaml
from people import NAMESPACE, ROOT

CHARTS = ROOT / "charts"
CRDS, OPERATOR = CHARTS / "firebreak-crds", CHARTS / "firebreak"
COMPONENT = "app.kubernetes.io/component"
EVERYTHING = {
    "replicas": 3,
    "image": {"digest": "sha256:" + "0" * 64},
    "imagePullSecrets": [{"name": "registry"}],
    "serviceAccount": {"annotations": {"eks.amazonaws.com/role-arn": "arn:aws:iam::111111111111:role/firebreak"}},
    "aws": {"region": "eu-central-1", "allowEndpointOverrides": True},
    "operator": {"ownDependencies": ["arn:aws:iam::111111111111:role/node", "arn:aws:ec2:*:*:vpn-*"],
                 "machineUsers": ["arn:aws:sts::111111111111:assumed-role/github-ci/*"],
                 "logFormat": "text", "bindAddress": "[::]"},
    "notifier": {"enabled": True, "replicas": 2, "allowPrivateAddresses": True, "slackApi": "https://slack.example.com/api",
                 "pagerDutyApi": "https://pager.example.com",
                 "extraEnv": [{"name": "RUST_BACKTRACE", "value": "1"}]},
    "admission": {"requester": True},
    "serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}},
    "networkPolicy": {"enabled": True, "metricsFrom": [{"namespaceSelector": {}}]},
    "extraEnv": [{"name": "AWS_USE_FIPS_ENDPOINT", "value": "true"}],
    "podLabels": {"team": "response"}, "podAnnotations": {"example.com/a": "b"},
    "nodeSelector": {"kubernetes.io/os": "linux"}, "tolerations": [{"operator": "Exists"}],
    "affinity": {"nodeAffinity": {}}, "priorityClassName": "system-cluster-critical",
}


class Helm:
    """`helm("lint", path)` gives the output; `fails=True` the complaint. `values` are given as a file."""

    def __init__(self, folder: pathlib.Path, kubeconfig: str = "/dev/null") -> None:
        """It keeps its settings and caches in `folder`: nothing of the user's is seen or touched."""
        self._environment = {"PATH": os.environ["PATH"], "KUBECONFIG": kubeconfig, "HOME": str(folder)}
        self._program = helm_program.program()

    def __call__(self, *arguments, values: dict | None = None, fails: bool = False) -> str:
        given = [] if values is None else ["--values", "-"]
        done = subprocess.run([self._program, *arguments, *given], input=json.dumps(values or {}), capture_output=True,
                              env=self._environment, text=True, timeout=300)
        assert bool(done.returncode) == fails, f"helm {' '.join(map(str, arguments))}: {done.stdout}{done.stderr}"
        return done.stderr if fails else done.stdout

    def template(self, chart: pathlib.Path, *arguments, values: dict | None = None) -> list[dict]:
        """What is rendered, hooks too."""
        text = self("template", "any", chart, "--namespace", NAMESPACE, *arguments, values=values)
        return [one for one in yaml.safe_load_all(text) if one]


def only(objects: list[dict], kind: str, component: str = "controller") -> dict:
    """The one object of a kind that is about this component of the chart."""
    (found,) = [one for one in objects if one["kind"] == kind and one["metadata"]["labels"][COMPONENT] == component]
    return found


def in_order(objects: list[dict]) -> list[dict]:
    return sorted(objects, key=lambda one: (one["kind"], one["metadata"]["name"]))


def expected(*flags: str) -> list[dict]:
    """What the operator itself says must be in the cluster."""
    command = [controller.program("firebreak-controller"), "manifests", *flags]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [one for one in yaml.safe_load_all(text) if one]


class Cluster:
    """A bed with a node for the operator's pods, and Helm and kubectl on it."""

    def __init__(self, bed: dict, helm: Helm, node: node.Node) -> None:
        self._bed, self.helm, self.node = bed, helm, node

    def kubectl(self, *arguments: str, give=None, fails: bool = False) -> str:
        command = [self._bed["kubectl"], "--kubeconfig", self._bed["kubeconfig"], *arguments]
        given = None if give is None else json.dumps(give)
        done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=90)
        assert bool(done.returncode) == fails, f"{' '.join(arguments)}: {done.stdout}{done.stderr}"
        return done.stderr if fails else done.stdout

    def get(self, *arguments: str) -> dict:
        return json.loads(self.kubectl("get", "-o", "json", "--show-managed-fields", *arguments))

    def install(self, release: str, chart: pathlib.Path, *arguments: str, values: dict | None = None) -> str:
        """Or upgrades it, and waits until everything is ready: beside other tests the programs of a bed start slowly."""
        where = ("--namespace", NAMESPACE, "--wait", "--timeout", "150s")
        try:
            return self.helm("upgrade", "--install", release, chart, *where, *arguments, values=values)
        except AssertionError as late:
            raise AssertionError(f"{late}\n{self._state()}") from None

    def _state(self) -> str:
        """What keeps an installation waiting: workloads, pods and Events, and what the pods have written last."""
        shown = self.kubectl("get", "deployments,replicasets,pods,jobs,events", "-n", NAMESPACE, "-o", "wide")
        return f"{shown}\n{self.node.log('')[-4000:]}"

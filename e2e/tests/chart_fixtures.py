"""Helm, and a cluster of their own for the tests that install with it: what a chart installs is there once per cluster,
so those tests do not share the bed of the others.

Load it with `pytest_plugins = ["chart_fixtures"]`.
"""

import os

import lifecycle
import node
import pytest
import world as worlds
from charts import Cluster, Helm
from people import NAMESPACE


@pytest.fixture(scope="session")
def helm(tmp_path_factory) -> Helm:
    """Without a cluster: to lint and to render."""
    return Helm(tmp_path_factory.mktemp("helm"))


@pytest.fixture(scope="module")
def chart_cluster(request, tmp_path_factory):
    """Its namespace lets no pod in that does not meet the Pod Security Standard `restricted`."""
    name = f"{request.module.__name__.removeprefix('test_').replace('_', '-')}-{os.getpid()}"
    bed = lifecycle.up(name, print)
    try:
        helm = Helm(tmp_path_factory.mktemp("helm"), bed["kubeconfig"])
        with node.Node(bed, NAMESPACE, worlds.operator_environment(bed["awsEndpoint"])) as pods:
            made = Cluster(bed, helm, pods)
            made.kubectl("create", "namespace", NAMESPACE)
            made.kubectl("label", "namespace", NAMESPACE, "pod-security.kubernetes.io/enforce=restricted")
            yield made
    finally:
        lifecycle.down(name)

"""Helm for the tests of the charts: built from its own Go module, and only when a test asks for it.

`HELM` names one that is there already; then nothing is built.
"""

import os
import pathlib
import re

import binaries
import cache

MODULE = cache.HERE / "helm"
PACKAGE = "helm.sh/helm/v3/cmd/helm"


def program(say=lambda text: None) -> pathlib.Path:
    """The helm to run, built on first use."""
    given = os.environ.get("HELM")
    if given:
        return _checked(pathlib.Path(given))
    home = cache.root() / "bin" / f"helm-{cache.key('helm/go.mod', 'helm/go.sum')}"
    return cache.made(home, lambda folder: _build(folder, say)) / "helm"


def _checked(given: pathlib.Path) -> pathlib.Path:
    if not os.access(given, os.X_OK):
        raise binaries.BuildFailed(f"HELM={given} is no program; unset it to have it built")
    return given


def _build(folder: pathlib.Path, say) -> None:
    """Without the stamps helm renders and lints for Kubernetes 1.20."""
    minor = _version("k8s.io/client-go").split(".")[1]
    stamps = [f"helm.sh/helm/v3/internal/version.version={_version('helm.sh/helm/v3')}"]
    for package in ("lint/rules", "chartutil"):
        stamps += [f"helm.sh/helm/v3/pkg/{package}.k8sVersionMajor=1",
                   f"helm.sh/helm/v3/pkg/{package}.k8sVersionMinor={minor}"]
    flags = " ".join(["-s", "-w", *(f"-X {stamp}" for stamp in stamps)])
    binaries.build(PACKAGE, folder / "helm", MODULE, flags, say)


def _version(module: str) -> str:
    """The one place that says which versions these are, is go.mod."""
    text = (MODULE / "go.mod").read_text()
    return re.search(rf"^(?:require)?\s*{re.escape(module)} (v[0-9.]+)", text, re.MULTILINE).group(1)

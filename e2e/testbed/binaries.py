"""Kubernetes and etcd for the bed: built once from their Go modules, because not every network serves binaries.

`KUBEBUILDER_ASSETS` names a folder that has them already; then nothing is built.
"""

import os
import pathlib
import re
import subprocess
import time

import cache

PACKAGES = {
    "etcd": "go.etcd.io/etcd/server/v3",
    "kubectl": "k8s.io/kubernetes/cmd/kubectl",
    "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
    "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
}


class BuildFailed(Exception):
    """A program did not build; the message carries what the compiler said."""


def folder(say=lambda text: None) -> pathlib.Path:
    """The folder that holds every program of PACKAGES, built on first use."""
    given = os.environ.get("KUBEBUILDER_ASSETS")
    if given:
        return _checked(pathlib.Path(given))
    home = cache.root() / "bin" / cache.key("go.mod", "go.sum")
    return cache.made(home, lambda target: _build_all(target, say))


def _checked(given: pathlib.Path) -> pathlib.Path:
    missing = [name for name in PACKAGES if not os.access(given / name, os.X_OK)]
    if missing:
        raise BuildFailed(f"KUBEBUILDER_ASSETS={given} lacks {', '.join(missing)}; unset it to have them built")
    return given


def _build_all(target: pathlib.Path, say) -> None:
    for name, package in PACKAGES.items():
        build(package, target / name, linker=_linker_flags(), say=say)


def build(package: str, output: pathlib.Path, module: pathlib.Path = cache.HERE, linker: str = "-s -w", say=None) -> None:
    """A Go program, in the versions that the module's go.mod pins."""
    say = say or (lambda text: None)
    say(f"building {output.name} (the first time takes minutes)")
    begun = time.monotonic()
    flags = ["-mod=readonly", "-trimpath", "-buildvcs=false", "-ldflags", linker]
    go(module, "build", *flags, "-o", str(output), package)
    say(f"built {output.name} in {time.monotonic() - begun:.0f} s")


def go(module: pathlib.Path, *arguments: str) -> str:
    """Niced: whatever else this machine does for its user goes first."""
    command = ["nice", "-n", "5", "go", *arguments]
    environment = os.environ | {"CGO_ENABLED": "0", "GOWORK": "off"}
    try:
        done = subprocess.run(command, cwd=module, env=environment, capture_output=True, text=True)
    except FileNotFoundError as error:
        raise BuildFailed(f"{error.filename} is not installed; Go is needed, or KUBEBUILDER_ASSETS") from error
    if done.returncode:
        raise BuildFailed(f"go {' '.join(arguments)}:\n{(done.stdout + done.stderr)[-4000:]}")
    return done.stdout


def _linker_flags() -> str:
    """Without a version the API server says v0.0.0, and clients misread what it can do."""
    version = kubernetes_version()
    major, minor, _ = version.removeprefix("v").split(".")
    values = {"gitVersion": version, "gitMajor": major, "gitMinor": minor}
    stamps = (f"-X k8s.io/component-base/version.{name}={value}" for name, value in values.items())
    return " ".join(["-s", "-w", *stamps])


def kubernetes_version() -> str:
    """The one place that says which Kubernetes this is, is go.mod."""
    text = (cache.HERE / "go.mod").read_text()
    return re.search(r"^\s*k8s\.io/kubernetes (v[0-9.]+)", text, re.MULTILINE).group(1)

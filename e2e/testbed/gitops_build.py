"""What GitOps is tested with: Flux's kustomize-controller, its CRDs, and `judge`, which asks Flux, Argo CD and kstatus.

Built from the Go module in gitops/ when a test first needs it, not with the bed: most tests do without.
"""

import json
import pathlib
import shutil

import binaries
import cache

MODULE = cache.HERE / "gitops"
PINS = ("gitops_build.py", "gitops/go.mod", "gitops/go.sum")
FLUX = "github.com/fluxcd/kustomize-controller"
# Only for its CRDs: it is no dependency of anything here, so that go.sum says nothing about it.
SOURCES = ("github.com/fluxcd/source-controller@v1.7.2", "h1:PQLzvgHNEYsstl8uATBZg/70b/i0tj63e0IqnYDeJyg=")
# It watches every kind of source, and begins only when the API server knows each.
WATCHED = ("buckets", "gitrepositories", "ocirepositories")


def flux(say=lambda text: None) -> pathlib.Path:
    """The folder with `kustomize-controller` and, in `crds/`, what it watches."""
    home = cache.root() / "bin" / f"flux-{cache.key(*PINS)}"
    return cache.made(home, lambda target: _make_flux(target, say))


def judge(say=lambda text: None) -> pathlib.Path:
    """The program; see gitops/judge/main.go for what it reads and writes."""
    own = sorted(str(path.relative_to(cache.HERE)) for path in (MODULE / "judge").glob("*.go"))
    home = cache.root() / "bin" / f"judge-{cache.key(*PINS, *own)}"
    return cache.made(home, lambda target: _make_judge(target, say)) / "judge"


def _make_flux(target: pathlib.Path, say) -> None:
    say("building Flux's kustomize-controller (the first time takes minutes)")
    binaries.build(FLUX, target / "kustomize-controller", MODULE)
    (target / "crds").mkdir()
    own = json.loads(binaries.go(MODULE, "list", "-mod=readonly", "-m", "-json", FLUX))
    _copy_crds(own, ["kustomize.toolkit.fluxcd.io_kustomizations"], target / "crds")
    _copy_crds(_sources(), [f"source.toolkit.fluxcd.io_{kind}" for kind in WATCHED], target / "crds")


def _copy_crds(module: dict, names: list[str], target: pathlib.Path) -> None:
    for name in names:
        shutil.copyfile(f"{module['Dir']}/config/crd/bases/{name}.yaml", target / f"{name}.yaml")


def _sources() -> dict:
    """Go checks the download against the checksum database, where the user has not turned that off; we do always."""
    name, known = SOURCES
    module = json.loads(binaries.go(MODULE, "mod", "download", "-json", name))
    if module["Sum"] != known:
        raise binaries.BuildFailed(f"{name} has the checksum {module['Sum']}, not {known}")
    return module


def _make_judge(target: pathlib.Path, say) -> None:
    say("building the judge of health rules (the first time takes a minute)")
    binaries.build("./judge", target / "judge", MODULE)

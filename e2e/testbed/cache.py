"""Where the bed keeps what it builds and what it runs: outside the tree, so that a checkout stays clean.

Folders are keyed by the hash of the files that they are made from. They appear whole or not at all, and two
builders side by side wait for each other instead of spoiling each other's work.
"""

import contextlib
import fcntl
import hashlib
import os
import pathlib
import shutil
import tempfile

HERE = pathlib.Path(__file__).resolve().parent


def root() -> pathlib.Path:
    """FIREBREAK_CACHE, else the user's cache folder."""
    named = os.environ.get("FIREBREAK_CACHE")
    base = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(named).resolve() if named else pathlib.Path(base).resolve() / "firebreak"


def key(*files: str) -> str:
    """A short hash over the content of files beside this one: a changed pin is another folder."""
    digest = hashlib.sha256()
    for name in files:
        digest.update((HERE / name).read_bytes())
    return digest.hexdigest()[:16]


def revision() -> str:
    """A short hash of the bed's own code: a bed that runs is told apart from what the tree says by now."""
    return key(*sorted(str(path.relative_to(HERE)) for path in HERE.rglob("*.py")))


@contextlib.contextmanager
def lock(name: str):
    """Holds an advisory lock; the kernel frees it when the holder dies, however it dies."""
    folder = root() / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / name, "w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def made(folder: pathlib.Path, make) -> pathlib.Path:
    """`folder`, filled by `make(folder)` if nobody did so before; a failed `make` leaves nothing behind."""
    if folder.exists():
        return folder
    with lock(f"make-{folder.parent.name}-{folder.name}"):
        if not folder.exists():
            _make_whole(folder, make)
    return folder


def _make_whole(folder: pathlib.Path, make) -> None:
    """Fills a neighbour of `folder` and renames it: a reader never sees half of it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = pathlib.Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    scratch.chmod(0o755)
    try:
        make(scratch)
        scratch.rename(folder)
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise

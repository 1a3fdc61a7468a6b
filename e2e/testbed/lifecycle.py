"""Bringing a bed up and down: all of it or nothing, however it ends.

Every process is written down the moment it runs, so that `down` finds it even after an `up` that was killed.
`bed.json` appears last, when every part has answered: anyone who reads it may use the bed.
"""

import contextlib
import dataclasses
import json
import pathlib
import re
import shutil
import time

import access
import binaries
import cache
import parts
import processes
import pythonenv
from processes import Process

PATIENCE = 90  # seconds until a part that does not answer is given up; on an idle machine all take three


class PartFailed(Exception):
    """A part of the bed did not come up; the message names it, its log, and what the log ends with."""


def folder(name: str) -> pathlib.Path:
    if not re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,40}[a-z0-9])?", name):
        raise SystemExit(f"bed name {name!r}: use lower case letters, digits and dashes")
    return cache.root() / "beds" / name


def state_file(name: str) -> pathlib.Path:
    return folder(name) / "bed.json"


def running(name: str) -> dict | None:
    """The state of a bed of which every process lives; None for any other."""
    if not state_file(name).exists():
        return None
    started = _started(name)
    return json.loads(state_file(name).read_text()) if started and all(p.alive() for p in started) else None


def names() -> list[str]:
    """Every bed that has a folder, whether it runs or not."""
    return sorted(path.name for path in (cache.root() / "beds").glob("*") if path.is_dir())


def up(name: str, say) -> dict:
    """A running bed: the one that is there, or a new one in the place of whatever is left of an old one."""
    folder(name)  # refuses a bad name before anything is built
    programs, python = binaries.folder(say), pythonenv.python(say)
    with cache.lock(f"bed-{name}"):
        state = running(name)
        if state and state.get("revision") != cache.revision():
            say(f"{name} runs what these files said earlier; for what they say now, end it first")
        return state or _up_with_retry(name, programs, python)


def _up_with_retry(name: str, programs: pathlib.Path, python: pathlib.Path) -> dict:
    """Once more with other ports, where somebody else was quicker to take the one that was free."""
    try:
        return _start_all(name, programs, python)
    except PartFailed as failure:
        if "address already in use" not in str(failure).lower():
            raise
        return _start_all(name, programs, python)


def _start_all(name: str, programs: pathlib.Path, python: pathlib.Path) -> dict:
    _clear(name)
    site = parts.Site(folder(name), programs, python, access.new_token(), *processes.free_ports(5))
    access.write_secrets(site)
    try:
        emulator = _start(site, parts.emulator(site))  # the slowest to load: it does so beside the others
        _wait(*_start(site, parts.etcd(site)))
        _wait(*_start(site, parts.apiserver(site)))
        access.write_kubeconfig(site)
        _wait(*_start(site, parts.controller_manager(site)))
        _wait(*emulator)
    except BaseException:
        _stop_all(name)
        raise
    return _record(name, site)


def _start(site: parts.Site, part: parts.Part) -> tuple[parts.Part, Process]:
    log = site.folder / "logs" / f"{part.name}.log"
    process = processes.start(part.name, part.command, log, parts.environment(part))
    journal = site.folder / "processes.json"
    known = json.loads(journal.read_text()) if journal.exists() else []
    _write(journal, [*known, dataclasses.asdict(process)])
    return part, process


def _wait(part: parts.Part, process: Process) -> None:
    deadline = time.monotonic() + PATIENCE
    while process.alive() and time.monotonic() < deadline:
        with contextlib.suppress(OSError, ValueError):  # not listening yet, not ready yet, not JSON yet
            if part.ready():
                return
        time.sleep(0.05)
    verb = "did not answer in time" if process.alive() else "ended"
    raise PartFailed(f"{part.name} {verb}. Its log is {process.log} and ends with:\n{processes.tail(process.log)}")


def _record(name: str, site: parts.Site) -> dict:
    started = _started(name)
    state = {
        "name": name,
        "revision": cache.revision(),
        "kubeconfig": str(site.folder / "kubeconfig"),
        "kubectl": str(site.programs / "kubectl"),
        "apiserver": site.apiserver,
        "awsEndpoint": site.aws,
        "python": str(site.python),
        "pids": {process.name: process.pid for process in started},
        "logs": {process.name: process.log for process in started},
    }
    _write(state_file(name), state)
    return state


def down(name: str) -> bool:
    """Ends what this bed started and forgets it; False where there was nothing."""
    home = folder(name)
    with cache.lock(f"bed-{name}"):
        existed = home.exists()
        _clear(name)
        return existed


def _clear(name: str) -> None:
    _stop_all(name)
    if folder(name).exists():
        shutil.rmtree(folder(name))


def _stop_all(name: str) -> None:
    """In reverse order, so that nothing complains about what it still needs. The logs stay for who wants to know."""
    state_file(name).unlink(missing_ok=True)
    for process in reversed(_started(name)):
        processes.stop(process)
    (folder(name) / "processes.json").unlink(missing_ok=True)


def _started(name: str) -> list[Process]:
    journal = folder(name) / "processes.json"
    return [Process(**entry) for entry in json.loads(journal.read_text())] if journal.exists() else []


def _write(path: pathlib.Path, content) -> None:
    """Whole or not at all: a reader in another process may come at any time."""
    scratch = path.with_suffix(".new")
    scratch.write_text(json.dumps(content, indent=2) + "\n")
    scratch.replace(path)

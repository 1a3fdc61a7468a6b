"""Starting and ending the bed's processes, and never anybody else's.

A process is remembered by its pid and by what the system says about it (start time and command line). A pid
that the system has given to another process since then is therefore recognised and left alone.
"""

import contextlib
import dataclasses
import os
import pathlib
import random
import signal
import socket
import subprocess
import time

NEVER_GIVEN = range(20_000, 32_768)  # below the ports that Linux and macOS give to outgoing connections by themselves


@dataclasses.dataclass(frozen=True)
class Process:
    """One process that the bed started; `identity` tells it from a later one with the same pid."""

    name: str
    pid: int
    identity: str
    log: str

    def alive(self) -> bool:
        return identity(self.pid) == self.identity


def identity(pid: int) -> str | None:
    """Start time and command line of a live process; None where there is none, or only its remains."""
    if pathlib.Path("/proc/self/stat").exists():
        return _identity_from_proc(pid)
    return _identity_from_ps(pid)


def _identity_from_proc(pid: int) -> str | None:
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        command = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return None
    state, started = fields[0], fields[19]
    return None if state in "ZX" else f"{started} {command.strip()}"


def _identity_from_ps(pid: int) -> str | None:
    command = ["ps", "-o", "stat=,lstart=,command=", "-p", str(pid)]
    state, _, rest = subprocess.run(command, capture_output=True, text=True).stdout.strip().partition(" ")
    return None if not state or state.startswith("Z") else rest.strip()


def start(name: str, command: list[str], log: pathlib.Path, environment: dict[str, str]) -> Process:
    """Starts a program in a session of its own, so that closing a terminal does not take the bed with it."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "wb") as output:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                                 env=environment, start_new_session=True)
    return Process(name, child.pid, _settled_identity(child.pid, command), str(log))


def _settled_identity(pid: int, command: list[str]) -> str:
    """Between fork and exec the child still shows our own command line: wait until it shows its own."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        seen = identity(pid)
        if seen is None or seen.endswith(" ".join(command)):
            break
        time.sleep(0.01)
    return seen or "gone"


def stop(process: Process, patience: float = 10) -> None:
    """Asks it to end, and insists after `patience` seconds."""
    for sign, seconds in ((signal.SIGTERM, patience), (signal.SIGKILL, 5)):
        if not process.alive():
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, sign)
        _wait_gone(process, seconds)


def _wait_gone(process: Process, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while process.alive() and time.monotonic() < deadline:
        time.sleep(0.02)


def tail(log: str, lines: int = 15) -> str:
    """The end of a log: what a person wants to read when a part did not come up."""
    text = pathlib.Path(log).read_text(errors="replace") if os.path.exists(log) else ""
    return "\n".join(text.splitlines()[-lines:])


def free_ports(count: int) -> list[int]:
    """Loopback ports that nobody listens on, and that differ. The kernel gives none of them to an outgoing connection:
    between this look and the listening of a program seconds may pass, and other tests connect all the time."""
    found = []
    while len(found) < count:
        port = random.choice(NEVER_GIVEN)
        if port not in found and _is_free(port):
            found.append(port)
    return found


def _is_free(port: int) -> bool:
    with socket.socket() as tried:
        try:
            tried.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True

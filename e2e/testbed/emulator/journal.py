"""The journal of API calls: what tests use to prove that no write happened, or exactly these.

    GET  /firebreak/calls               the writes, oldest first
    GET  /firebreak/calls?reads=true    the reads as well
    POST /firebreak/calls/reset         forgets them
"""

import collections
import dataclasses
import datetime
import threading

from emulator.call import Call

LONGEST = 50_000


class Journal:
    """Bounded, so that a bed may run for days."""

    def __init__(self) -> None:
        self._entries = collections.deque(maxlen=LONGEST)
        self._lock = threading.Lock()

    def begin(self, call: Call) -> dict:
        """Written before moto acts: a call that kills the server would still be on record."""
        entry = dataclasses.asdict(call) | {"mutating": call.mutating, "time": _now(), "status": None, "fault": None}
        del entry["protocol"]
        with self._lock:
            self._entries.append(entry)
        return entry

    def entries(self, reads: bool) -> list[dict]:
        with self._lock:
            return [dict(entry) for entry in self._entries if reads or entry["mutating"]]

    def reset(self) -> None:
        with self._lock:
            self._entries.clear()


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")

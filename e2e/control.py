"""The emulator's own controls, for tests and for the demo: what was called, what shall go wrong, and what is found.

Tests share a bed. Each asks about its own account, and narrows its faults to it, so that they do not meet.
"""

import json
import time
import urllib.request


class Control:
    """Of the emulator at `endpoint`."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def calls(self, account: str | None = None, reads: bool = False, **fields) -> list[dict]:
        """Writes, oldest first, that have every field given (`action="UpdateService"`); `reads` adds the reads."""
        found = self._ask("GET", f"/firebreak/calls?reads={str(reads).lower()}")
        wanted = fields | ({"account": account} if account else {})
        return [call for call in found if all(call[name] == value for name, value in wanted.items())]

    def reset_calls(self) -> None:
        self._ask("POST", "/firebreak/calls/reset")

    def fail(self, action: str, code: str, **more) -> None:
        """The next calls of `action` fail with `code`; see emulator/faults.py for what `more` may say."""
        self._ask("POST", "/firebreak/faults", {"action": action, "code": code, **more})

    def faults(self) -> list[dict]:
        return self._ask("GET", "/firebreak/faults")

    def reset_faults(self) -> None:
        self._ask("POST", "/firebreak/faults/reset")

    def pace(self, account: str, seconds: float) -> None:
        """From now on an ECS deployment in `account` takes that long; it is over at once otherwise."""
        self._ask("POST", "/firebreak/pace", {"account": account, "ecsDeploymentSeconds": seconds})

    def reboot_pace(self, account: str, seconds: float) -> None:
        """How long a reboot of an RDS instance takes there."""
        self._ask("POST", "/firebreak/pace", {"account": account, "rdsRebootSeconds": seconds})

    def promotion_pace(self, account: str, seconds: float) -> None:
        """From now on a promotion of a read replica in `account` takes that long; it is over at once otherwise."""
        self._ask("POST", "/firebreak/pace", {"account": account, "rdsPromotionSeconds": seconds})

    def finds(self, account: str, region: str, finding: dict) -> str:
        """From now on GuardDuty knows this finding, in place of the one with its id; its ARN."""
        return self._ask("POST", "/firebreak/findings", {"account": account, "region": region, "finding": finding})["arn"]

    def _ask(self, method: str, path: str, content=None):
        body = None if content is None else json.dumps(content).encode()
        request = urllib.request.Request(self._endpoint + path, data=body, method=method)
        with self._opener.open(request, timeout=10) as answer:
            return json.load(answer)


def eventually(check, seconds: float = 10, every: float = 0.05):
    """The first truthy answer of `check`; an AssertionError with the last one if none comes in time."""
    deadline = time.monotonic() + seconds
    while not (answer := check()):
        assert time.monotonic() < deadline, f"not within {seconds} s; last answer: {answer!r}"
        time.sleep(every)
    return answer

"""Faults on order: the next calls of an action fail as AWS would make them fail.

    POST /firebreak/faults {"action": "UpdateService", "status": 400, "code": "ThrottlingException", "count": 2}
    GET  /firebreak/faults              those that are still to come
    POST /firebreak/faults/reset        forgets them

May also say: `message`; `service`, `account`, `region`, which narrow it; and `"when": "after"`, which lets the call
take effect and loses the answer: the case in which a caller cannot know what it did.
"""

import json
import threading
from xml.sax.saxutils import escape

from emulator.call import Call

DEFAULTS = {"status": 400, "count": 1, "message": "Injected by the test bed", "when": "before"}
NARROWING = ("action", "service", "account", "region")
REQUEST_ID = "00000000-0000-4000-8000-000000000000"


class Faults:
    """What is still to go wrong, in the order in which it was asked for."""

    def __init__(self) -> None:
        self._pending: list[dict] = []
        self._lock = threading.Lock()

    def add(self, fault: dict) -> None:
        """Raises ValueError where nobody could tell what is meant."""
        unknown = set(fault) - {*DEFAULTS, *NARROWING, "code"}
        if unknown or not {"action", "code"} <= set(fault):
            raise ValueError(f"a fault needs action and code; unknown: {sorted(unknown)}")
        with self._lock:
            self._pending.append(DEFAULTS | fault)

    def take(self, call: Call) -> dict | None:
        """The first that fits this call, used up by one."""
        with self._lock:
            fault = next((fault for fault in self._pending if _fits(fault, call)), None)
            if fault:
                fault["count"] -= 1
                self._pending = [each for each in self._pending if each["count"] > 0]
            return fault

    def pending(self) -> list[dict]:
        with self._lock:
            return [dict(fault) for fault in self._pending]

    def reset(self) -> None:
        with self._lock:
            self._pending = []


def _fits(fault: dict, call: Call) -> bool:
    return all(fault.get(name) in (None, getattr(call, name)) for name in NARROWING)


def answer(fault: dict, call: Call) -> tuple[int, list[tuple[str, str]], bytes]:
    """Status, headers and body, in the protocol that the caller speaks."""
    code, message = fault["code"], fault["message"]
    headers = [("x-amzn-RequestId", REQUEST_ID)]
    if call.protocol in ("json", "rest-json"):
        headers += [("Content-Type", "application/x-amz-json-1.1"), ("x-amzn-ErrorType", code)]
        return fault["status"], headers, json.dumps({"__type": code, "message": message}).encode()
    return fault["status"], [*headers, ("Content-Type", "text/xml")], _xml(call, escape(code), escape(message)).encode()


def _xml(call: Call, code: str, message: str) -> str:
    error = f"<Code>{code}</Code><Message>{message}</Message>"
    if call.protocol == "ec2":
        return f"<Response><Errors><Error>{error}</Error></Errors><RequestID>{REQUEST_ID}</RequestID></Response>"
    if call.service == "s3":
        return f"<Error>{error}<RequestId>{REQUEST_ID}</RequestId></Error>"
    return (f"<ErrorResponse><Error><Type>Sender</Type>{error}</Error>"
            f"<RequestId>{REQUEST_ID}</RequestId></ErrorResponse>")

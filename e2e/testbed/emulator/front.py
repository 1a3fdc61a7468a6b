"""What stands before moto: the journal, the faults, and the addresses under which tests ask for both and tell of findings."""

import http
import io
import json
import urllib.parse

from emulator import call as calls
from emulator import guardduty_findings, lookups, pace
from emulator.faults import Faults, answer
from emulator.journal import Journal


class Front:
    """A WSGI application around moto's."""

    def __init__(self, moto) -> None:
        self._moto = moto
        self._journal, self._faults = Journal(), Faults()

    def __call__(self, environ, start_response):
        path = environ.get("PATH_INFO", "")
        if path.startswith("/firebreak/"):
            return self._control(environ, start_response)
        if path.startswith("/moto-api"):
            return self._moto_api(environ, start_response)
        return self._aws(environ, start_response)

    def _aws(self, environ, start_response):
        call = calls.read(environ)
        entry = self._journal.begin(call)
        fault = self._faults.take(call)
        if not fault:
            return self._moto(environ, _noting(entry, start_response))
        entry["fault"] = fault["code"]
        if fault["when"] == "after":
            _exhaust(self._moto(environ, lambda *_: io.BytesIO().write))
        status, headers, body = answer(fault, call)
        return _send(_noting(entry, start_response), status, headers, body)

    def _moto_api(self, environ, start_response):
        """A reset of moto is a reset of all of it."""
        if environ["PATH_INFO"] == "/moto-api/reset":
            self._journal.reset()
            self._faults.reset()
            pace.reset()
            lookups.reset()
        return self._moto(environ, start_response)

    def _control(self, environ, start_response):
        route = (environ["REQUEST_METHOD"], environ["PATH_INFO"])
        query = urllib.parse.parse_qs(environ.get("QUERY_STRING", ""))
        handlers = {
            ("GET", "/firebreak/health"): lambda: {"ready": True},
            ("GET", "/firebreak/calls"): lambda: self._journal.entries(query.get("reads") == ["true"]),
            ("POST", "/firebreak/calls/reset"): self._journal.reset,
            ("GET", "/firebreak/faults"): self._faults.pending,
            ("POST", "/firebreak/faults"): lambda: self._faults.add(_posted(environ)),
            ("POST", "/firebreak/faults/reset"): self._faults.reset,
            ("POST", "/firebreak/pace"): lambda: pace.order(_posted(environ)),
            ("POST", "/firebreak/findings"): lambda: guardduty_findings.put(_posted(environ)),
        }
        if route not in handlers:
            return _send_json(start_response, 404, {"error": f"no such route: {' '.join(route)}"})
        try:
            return _send_json(start_response, 200, handlers[route]())
        except ValueError as error:
            return _send_json(start_response, 400, {"error": str(error)})


def _noting(entry: dict, start_response):
    """Writes the status into the journal as it goes by."""

    def noting(status, *rest):
        entry["status"] = int(status.split()[0])
        return start_response(status, *rest)

    return noting


def _exhaust(answered) -> None:
    """WSGI applications may do their work as their answer is read."""
    collected = list(answered)
    del collected
    getattr(answered, "close", lambda: None)()


def _posted(environ) -> dict:
    return json.loads(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))


def _send_json(start_response, status: int, content) -> list[bytes]:
    return _send(start_response, status, [("Content-Type", "application/json")], json.dumps(content).encode())


def _send(start_response, status: int, headers: list, body: bytes) -> list[bytes]:
    start_response(f"{status} {http.HTTPStatus(status).phrase}", [*headers, ("Content-Length", str(len(body)))])
    return [body]

"""The API server without kubectl: what the tests do hundreds of times, and what no kubectl would do for them.

A start of kubectl costs a quarter of a second of processor, which was a fifth of the suite's. What it adds (apply's
merge, wait, its words for an error) is tested with kubectl itself.
"""

import base64
import json
import pathlib
import ssl

import urllib3
from people import OPERATOR

API = "/apis/firebreak.dev/v1alpha1"
MANAGER = "e2e"  # as managedFields name who writes through here
MERGE, APPLY = "application/merge-patch+json", "application/apply-patch+yaml"


class Cluster:
    """As the administrator, unless somebody is named; an answer of 400 and above is an AssertionError that says why."""

    def __init__(self, bed: dict) -> None:
        config = json.loads(pathlib.Path(bed["kubeconfig"]).read_text())
        (known,), (user,) = config["clusters"], config["users"]
        authority = base64.b64decode(known["cluster"]["certificate-authority-data"]).decode()
        self._server, self._token = known["cluster"]["server"], user["user"]["token"]
        self._pool = urllib3.PoolManager(ssl_context=ssl.create_default_context(cadata=authority), retries=False)

    def get(self, path: str) -> dict | None:
        """None where it does not exist."""
        return self._ask("GET", path)

    def items(self, path: str) -> list[dict]:
        return self.get(path)["items"]

    def holds(self, account_id: str) -> list[dict]:
        """Custody in one AWS account."""
        return self.items(f"{API}/holds?fieldSelector=spec.key.accountId%3D{account_id}")

    def creates(self, path: str, content: dict, by: str = "") -> dict:
        """In the collection at `path`."""
        return self._ask("POST", _strictly(path), content, headers=_as(by))

    def applies(self, path: str, content: dict) -> dict:
        """Server-side, whether it exists or not; what was applied before and is not said any more goes."""
        return self._ask("PATCH", _strictly(path) + "&force=true", content, APPLY)

    def patches(self, path: str, content: dict, by: str = "") -> dict:
        """A merge patch."""
        return self._ask("PATCH", _strictly(path), content, MERGE, _as(by))

    def deletes(self, path: str, by: str = "") -> None:
        """Anyone who has a finalizer on it, keeps it."""
        self._ask("DELETE", path, headers=_as(by))

    def ends(self, path: str) -> None:
        """It is gone when this returns, whatever keeps it: for the policies it is the operator who ends it."""
        powers = _as(OPERATOR) | {"Impersonate-Group": "system:masters"}
        self._ask("DELETE", path, headers=powers)
        self._ask("PATCH", path, {"metadata": {"finalizers": None}}, MERGE, powers)

    def has_namespace(self, name: str) -> None:
        """A new one."""
        self.creates("/api/v1/namespaces", {"metadata": {"name": name}})

    def _ask(self, method: str, path: str, content: dict | None = None, media: str = "application/json",
             headers: dict[str, str] | None = None) -> dict | None:
        body = None if content is None else json.dumps(content).encode()
        told = {"Authorization": f"Bearer {self._token}", "Content-Type": media} | (headers or {})
        answer = self._pool.request(method, self._server + path, body=body, headers=told, timeout=20)
        if answer.status == 404 and method != "POST":
            return None
        assert answer.status < 400, f"{method} {path}: {answer.data.decode()}"
        return answer.json()


def _strictly(path: str) -> str:
    """As kubectl asks: an unknown field is an error."""
    return f"{path}?fieldManager={MANAGER}&fieldValidation=Strict"


def _as(person: str) -> dict[str, str]:
    return {"Impersonate-User": person} if person else {}

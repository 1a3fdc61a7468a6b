"""Who acts in the tests of admission and RBAC: people by their roles, and what the API server tells each of them."""

import dataclasses
import json
import pathlib
from collections.abc import Callable

NAMESPACE = "firebreak-system"
SERVICE_ACCOUNT = "firebreak-controller"
OPERATOR = f"system:serviceaccount:{NAMESPACE}:{SERVICE_ACCOUNT}"
NOTIFIER = f"system:serviceaccount:{NAMESPACE}:firebreak-notifier"
ADMIN = "firebreak-admin"  # the bed's own, and a member of system:masters
COLLECTOR = "system:serviceaccount:kube-system:generic-garbage-collector"
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

# Username -> the ClusterRoles that are bound to it in the whole cluster.
ROLES = {
    "alice": ["firebreak-responder"],
    "fay": ["firebreak-failover"],
    "bob": ["firebreak-approver"],
    "sue": ["firebreak-security"],
    "gus": ["firebreak-security", "firebreak-breakglass"],
    "otto": ["firebreak-auditor"],
    "stan": ["firebreak-stop"],
    "ada": ["firebreak-admin"],
    "trudy": ["e2e-tenant-with-everything"],
    "system:serviceaccount:default:gitops": ["e2e-tenant-with-everything"],
    "system:node:worker-1": ["e2e-tenant-with-everything"],
}

TENANT = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "ClusterRole",
    "metadata": {"name": "e2e-tenant-with-everything"},
    "rules": [{"apiGroups": ["firebreak.dev"], "resources": ["*"], "verbs": ["*"]}],
}

WRITES = ("create", "replace", "patch", "delete")


def manifest(name: str) -> str:
    """A file of the chart as it is applied: with the placeholders replaced."""
    text = (ROOT / "charts" / "firebreak" / "files" / f"{name}.yaml").read_text()
    return text.replace("{{NAMESPACE}}", NAMESPACE).replace("{{SERVICE_ACCOUNT}}", SERVICE_ACCOUNT)


def everybody() -> dict:
    """The bindings of ROLES and the role of who has every right that RBAC can give, as a List."""
    bindings = [_binding(name, role) for name, roles in ROLES.items() for role in roles]
    return {"apiVersion": "v1", "kind": "List", "items": [TENANT, *bindings]}


def _binding(person: str, role: str) -> dict:
    group = "rbac.authorization.k8s.io"
    return {
        "apiVersion": f"{group}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": f"e2e-{person.replace(':', '-')}-{role}"},
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": role},
        "subjects": [{"apiGroup": group, "kind": "User", "name": person}],
    }


def merged(current, patch):
    """A JSON merge patch (RFC 7386), applied."""
    if not isinstance(patch, dict):
        return patch
    made = dict(current) if isinstance(current, dict) else {}
    for key, value in patch.items():
        made[key] = merged(made.get(key), value)
    return {key: value for key, value in made.items() if value is not None}


@dataclasses.dataclass(frozen=True)
class Person:
    """Acts through kubectl under a name. Every write is a dry run, which admission judges too, unless `for_real`."""

    name: str
    kubectl: Callable
    namespace: str

    def does(self, *arguments: str, for_real: bool = False, **how) -> str:
        """The output; with fails=True the complaint."""
        dry = ["--dry-run=server"] if arguments[0] in WRITES and not for_real else []
        groups = ["--as-group=system:masters"] if self.name == ADMIN else []
        return self.kubectl("--as", self.name, *groups, "-n", self.namespace, *arguments, *dry, **how)

    def creates(self, given: dict, **how) -> str:
        return self.does("create", "-f", "-", "-o", "json", give=given, **how)

    def cannot_create(self, given: dict) -> str:
        return self.creates(given, fails=True)

    def patches(self, what: str, patch: str, *more: str, **how) -> str:
        if self._writes_whole(what):
            return self._replaces(what, patch, *more, **how)
        # kubectl reads a subresource before it patches it, which the operator and the notifier may not and do not.
        groups = ["--as-group=system:masters"] if self.name in (OPERATOR, NOTIFIER) and more else []
        return self.does("patch", what, "--type=merge", "-p", patch, "-o", "json", *more, *groups, **how)

    def _writes_whole(self, what: str) -> bool:
        """The operator patches what people own, and replaces what is its own."""
        return self.name == OPERATOR and what.startswith(("hold", "responseplan"))

    def _replaces(self, what: str, patch: str, *more: str, **how) -> str:
        """As the operator writes its own records: the object that it has read, whole."""
        current = json.loads(self.kubectl("-n", self.namespace, "get", what, "-o", "json"))
        wanted = merged(current, json.loads(patch))
        return self.does("replace", "-f", "-", "-o", "json", *more, give=wanted, **how)

    def cannot_patch(self, what: str, patch: str, *more: str) -> str:
        if self._writes_whole(what):
            return self._replaces(what, patch, *more, fails=True)
        return self.does("patch", what, "--type=merge", "-p", patch, *more, fails=True)

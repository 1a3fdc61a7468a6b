"""What an administrator, or somebody who has become one, can do to the admission policies; and their way back."""

import contextlib
import json

import controller
from control import eventually
from people import manifest

POLICY, BINDING = "validatingadmissionpolicy", "validatingadmissionpolicybinding"
NOTICED = "an admission policy is missing or changed"


def _patched(kind: str, name: str, *operations: dict):
    return lambda kubectl: kubectl("patch", kind, name, "--type=json", "-p", json.dumps(operations))


def _deleted(kind: str, name: str):
    return lambda kubectl: kubectl("delete", kind, name)


def _binding_says(name: str, action: str):
    return _patched(BINDING, name, {"op": "replace", "path": "/spec/validationActions", "value": [action]})


def _leaving_out(label: str) -> dict:
    selector = {"matchExpressions": [{"key": label, "operator": "DoesNotExist"}]}
    return {"op": "add", "path": "/spec/matchResources", "value": {"namespaceSelector": selector}}


WEAKENED = {
    "a binding only warns": _binding_says("firebreak-decisions", "Warn"),
    "a binding only audits": _binding_says("firebreak-reserved", "Audit"),
    "a binding leaves namespaces out": _patched(BINDING, "firebreak-decisions", _leaving_out("example.com/trusted")),
    "a binding is gone": _deleted(BINDING, "firebreak-decision-records"),
    "a policy is gone": _deleted(POLICY, "firebreak-decision-records"),
    "an expression is edited": _patched(POLICY, "firebreak-finalizers", {
        "op": "replace", "path": "/spec/validations/0/expression", "value": "true"}),
    "a failing policy is ignored": _patched(POLICY, "firebreak-requester", {
        "op": "replace", "path": "/spec/failurePolicy", "value": "Ignore"}),
}


@contextlib.contextmanager
def weakened(own_bed, how: str):
    """From when the operator has noticed; whole again afterwards, whatever was done meanwhile."""
    before = len(own_bed.log())
    WEAKENED[how](own_bed.kubectl)
    try:
        eventually(lambda: NOTICED in own_bed.log()[before:], seconds=90, every=0.2)  # it looks once a minute while people are awaited
        yield
    finally:
        made_whole(own_bed)


def made_whole(own_bed) -> None:
    """As docs/reasons.md says: what `firebreak-controller manifests` prints is applied; first without what was added."""
    own_bed.kubectl("delete", "--ignore-not-found", "-f", "-", give=manifest("admission"))
    controller.install(own_bed.bed)

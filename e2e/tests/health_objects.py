"""Objects in the states of health_states.py, for the tools to judge; and whether the real operator writes the same."""

import health_states
import stories
from control import eventually

# A state of each kind in which nothing is to be done.
GOOD = {"Quarantine": "contained", "TrafficPolicy": "enforced", "Incident": "contained", "FailoverPlan": "standby", "Playbook": "accepted",
        "FindingSource": "every account and region answers", "NotificationChannel": "nothing is untold", "AwsAccount": "reached"}
# Wherever it is approved, it may be so in each of these ways.
APPROVED = ("Approved", "ApprovalNotNeeded", "BreakGlass")


def conditions(text: str) -> list[dict]:
    """`Ready=False AwaitingApproval, Stalled=False InSync` as a status has it."""
    made = []
    for one in text.split(", "):
        kind, rest = one.split("=")
        status, reason = rest.split(" ")
        made.append({"type": kind, "status": status, "reason": reason, "message": f"about {kind}",
                     "observedGeneration": 1, "lastTransitionTime": "2026-01-01T00:00:00Z"})
    return made


def manifest(kind: str, **metadata) -> dict:
    """An object about which nothing has been said yet."""
    metadata = {"name": "one", "generation": 1, **metadata}
    return {"apiVersion": "firebreak.dev/v1alpha1", "kind": kind, "metadata": metadata}


def states(kind: str) -> dict[str, list[dict]]:
    """state -> the objects that are in it."""
    listed = {"Quarantine": health_states.QUARANTINE, "TrafficPolicy": health_states.TRAFFIC_POLICY,
              "Incident": health_states.INCIDENT,
              "FailoverPlan": health_states.FAILOVER_PLAN, "Playbook": health_states.PLAYBOOK,
              "FindingSource": health_states.FINDING_SOURCE,
              "NotificationChannel": health_states.NOTIFICATION_CHANNEL, "AwsAccount": health_states.ACCOUNT}[kind]
    good = listed[GOOD[kind]][0]
    made = {name: [_in(kind, variant) for text in texts for variant in _variants(text)]
            for name, texts in listed.items()}
    going = {"deletionTimestamp": "2026-01-01T00:00:00Z"}
    unseen = manifest(kind) | {"status": {"observedGeneration": -1}}  # the default of the CRD
    return {"no status yet": [unseen], "the spec is newer than the status": [_in(kind, good, generation=2)],
            "being deleted": [_in(kind, good, **going)], **made}


def _variants(text: str) -> list[str]:
    """The same, approved in each way."""
    approved = "Approved=True Approved"
    return [text.replace(approved, f"Approved=True {how}") for how in APPROVED] if approved in text else [text]


def _in(kind: str, text: str, **metadata) -> dict:
    return manifest(kind, **metadata) | {"status": {"observedGeneration": 1, "conditions": conditions(text)}}


def is_in_state(request: stories.Request, state: str) -> None:
    """Waits until the operator says exactly what one of the state's variants says: types, statuses and reasons."""
    allowed = [_said(one["status"]["conditions"]) for one in states(request.kind)[state]]

    def found():
        seen = request.seen()
        status = seen.get("status", {})
        fresh = status.get("observedGeneration") == seen["metadata"]["generation"]
        return fresh and _said(status["conditions"]) in allowed

    try:
        eventually(found, stories.PATIENCE, 0.1)
    except AssertionError:
        says = _said(request.seen().get("status", {}).get("conditions", []))
        raise AssertionError(f"not {state}: {says} is none of {allowed}") from None


def _said(conditions: list[dict]) -> set[tuple[str, str, str]]:
    return {(c["type"], c["status"], c["reason"]) for c in conditions}

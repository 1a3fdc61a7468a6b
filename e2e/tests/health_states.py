"""Every state in which the operator leaves an object, as the conditions that it then writes.

The names are those of the tables in docs/gitops.md. What the operator writes is decided in
controller/core/src/engine/report.rs, in the files beside it, in controller/core/src/coordinate/incident/conditions.rs, in
controller/core/src/respond/failover/status/conditions.rs and in controller/executor/src/account.rs; of a Playbook, a
FindingSource and a NotificationChannel docs/playbooks.md, docs/findings.md and docs/notifications.md say it. Where tests bring the real operator into a state, `is_in_state` of
health_objects.py compares.
"""

# A person must act. Reads that are denied say nothing about AWS: Unknown.
BLOCKED = ("AccountNotFound", "AccountNotGranted", "CapExceeded", "DataResidency", "EvidenceMissing", "HeldByAnother", "Interlocked",
           "InvalidTarget", "MirrorUnavailable", "LimitExceeded",
           "LogBucket", "OwnDependency", "PlanInvalid", "PlanTooLarge", "Protected", "RegionNotListed", "SharedSecurityGroup",
           "TargetGone", "TargetNotFound", "Unmodifiable", "WriteRefused")
GONE = ("TargetGone", "TargetNotFound")
UNREADABLE = ("AccessDenied", "WrongAccount")
PASSING = ("Throttled", "Unreachable")
LATER = ("FreezeWindow", "RateExceeded")

WRITTEN = "Applied=True Applied, Verified=True Verified, "
NOTHING = ("Applied=False NotApplied, Verified=False NotApplied, InSync=Unknown NotApplied, "
           "Contained=False NotContained, ")
KEPT = "Released=False NotReleased, "
CALM = "Stalled=False InSync"
# There is no run yet, or it stands with the people as it stands.
APPROVED = ("", "Approved=True Approved, ", "Approved=False AwaitingApproval, ")
WAITS = "Stalled=False AwaitingApproval"
STOPPED = "Stalled=False EmergencyStop"
# What a read shows while a release rests: nothing was put back yet, somebody has undone it, or a part is back.
STILL = "Verified=True Verified, InSync=True InSync, Contained=True Contained"
UNDONE = "Verified=False Verifying, InSync=False DriftDetected, Contained=False NotContained"
PARTLY = "Contained=False Releasing"
HELD = WRITTEN + "InSync=True InSync, Contained=True Contained, " + KEPT
UNWRITTEN = "Released=False NotReleased, Contained=False NotContained, "

# state -> what is written in it, in each of its variants
QUARANTINE = {
    "awaiting approval": [
        "Approved=False AwaitingApproval, Ready=False AwaitingApproval, " + NOTHING + KEPT + WAITS,
        # Reversible steps ran at once, as a Guardrail grants; the destructive ones wait.
        "Approved=False AwaitingReview, Ready=False AwaitingApproval, Applied=False Applying, "
        "Verified=False Verifying, InSync=Unknown NotApplied, Contained=False NotContained, " + KEPT + WAITS,
    ],
    "waiting for a freeze window or a rate to pass": [
        f"Approved=True Approved, Ready=False {reason}, " + NOTHING + KEPT + f"Stalled=False {reason}" for reason in LATER
    ],
    "applying": [
        "Approved=True Approved, Ready=False Capturing, Captured=False Capturing, Sealed=False Sealing, "
        + NOTHING + KEPT + "Stalled=False Capturing",
        "Approved=True Approved, Applied=False Applying, Verified=False Verifying, InSync=Unknown NotApplied, "
        "Contained=False NotContained, Reconciling=True Applying, Ready=False Applying, " + KEPT + CALM,
        WRITTEN.replace("Verified=True Verified", "Verified=False Verifying") + "Approved=True Approved, "
        "InSync=Unknown NotApplied, Contained=False NotContained, Reconciling=True Verifying, Ready=False Applying, "
        + KEPT + CALM,
    ],
    "settling": [
        "Approved=True Approved, " + WRITTEN + "InSync=True InSync, Contained=False Settling, "
        "Reconciling=True Settling, Ready=False Settling, " + KEPT + CALM,
    ],
    "contained": [
        "Approved=True Approved, Ready=True Contained, " + HELD + CALM,
        "Approved=True Approved, Ready=True Contained, Captured=True Captured, Sealed=True Sealed, " + HELD + CALM,
        "Approved=True Approved, Ready=True Contained, Captured=False EvidenceMissing, Sealed=False Sealing, " + HELD + CALM,
    ],
    "contained, and to be reviewed": [
        "Approved=False AwaitingReview, Ready=True Contained, " + HELD + "Stalled=False AwaitingReview",
    ],
    "contained, after drift was put right": [
        "Approved=True Approved, Ready=True Contained, " + CALM + ", "
        + HELD.replace("InSync=True InSync", "InSync=True DriftReasserted").rstrip(", "),
    ],
    "contained, while an EmergencyStop exists": [
        "Approved=True Approved, Ready=True Contained, Halted=True EmergencyStop, " + HELD + CALM,
    ],
    "drift is being put right": [
        "Approved=True Approved, Applied=True Applied, Verified=False Verifying, InSync=Unknown NotApplied, "
        "Contained=False NotContained, Reconciling=True Verifying, Ready=False Applying, " + KEPT + CALM,
    ],
    "drift fight": [
        "Approved=True Approved, Applied=True Applied, Verified=False Verifying, InSync=False DriftFight, "
        "Contained=False NotContained, Ready=False DriftFight, Stalled=True DriftFight, Released=False NotReleased",
    ],
    "the resource is gone": [
        "Approved=True Approved, Applied=False NotApplied, Verified=False NotApplied, InSync=False TargetGone, "
        "Contained=False TargetGone, Ready=False TargetGone, Stalled=True TargetGone, Released=False NotReleased",
    ],
    "contained, and the review is overdue": [
        "Approved=False ReviewOverdue, Ready=False ReviewOverdue, Stalled=True ReviewOverdue, " + HELD.rstrip(", "),
    ],
    "contained, and the expiry has ended": [
        "Approved=True Approved, Ready=False Expired, Stalled=True Expired, " + HELD.rstrip(", "),
    ],
    "rejected": [
        "InSync=Unknown Rejected, Ready=False Rejected, Stalled=True Rejected, " + UNWRITTEN.rstrip(", "),
        # After reversible steps ran at once.
        "Approved=False Rejected, Ready=False Rejected, Stalled=True Rejected, " + HELD.rstrip(", "),
    ],
    "blocked": [
        f"{approved}InSync=Unknown {reason}, Ready=False {reason}, Stalled=True {reason}, " + UNWRITTEN.rstrip(", ")
        for reason in BLOCKED for approved in APPROVED
    ] + [
        f"{approved}InSync=Unknown {reason}, Ready=Unknown {reason}, Stalled=True {reason}, " + UNWRITTEN.rstrip(", ")
        for reason in UNREADABLE for approved in APPROVED
    ] + [
        # The same after something was written. What stands in the way says nothing about AWS, unless the target is gone.
        f"{approved}InSync={seen} {reason}, Verified={seen} {reason}, Contained={seen} {reason}, Ready={ready} {reason}, "
        f"Stalled=True {reason}, Released=False NotReleased"
        for ready, reasons in (("False", BLOCKED), ("Unknown", UNREADABLE)) for reason in reasons
        for seen in ("False" if reason in GONE else "Unknown",) for approved in APPROVED
    ] + [
        # The object itself, or a record of it, is not one that this version can read.
        "Ready=Unknown Unreadable, Stalled=True Unreadable",
        "InSync=Unknown Unreadable, Contained=Unknown Unreadable, Ready=Unknown Unreadable, Stalled=True Unreadable",
    ],
    "written, and yet not cut off": [
        "Approved=True Approved, " + WRITTEN + "InSync=True InSync, Contained=False Bypassed, Ready=False Bypassed, "
        "Stalled=True Bypassed, Released=False NotReleased",
    ],
    "AWS throttles or does not answer": [
        f"{approved}InSync=Unknown {reason}, Ready=Unknown {reason}, Stalled=False {reason}, " + UNWRITTEN.rstrip(", ")
        for reason in PASSING for approved in APPROVED
    ] + [
        f"{approved}InSync=Unknown {reason}, Verified=Unknown {reason}, Contained=Unknown {reason}, Ready=Unknown {reason}, "
        f"Stalled=False {reason}, Released=False NotReleased"
        for reason in PASSING for approved in APPROVED
    ],
    "an EmergencyStop holds the containment": [
        "Approved=True Approved, Halted=True EmergencyStop, Ready=False EmergencyStop, " + NOTHING + KEPT + STOPPED,
        # Drift that is not put right meanwhile.
        "Approved=True Approved, Halted=True EmergencyStop, Ready=False EmergencyStop, Applied=True Applied, "
        "Verified=False Verifying, InSync=False DriftDetected, Contained=False NotContained, " + KEPT + STOPPED,
    ],
    "an EmergencyStop holds the release": [
        f"Ready=False EmergencyStop, Released=False EmergencyStop, Stalled=False EmergencyStop, {seen}, "
        "Halted=True EmergencyStop"
        for seen in (STILL, UNDONE, PARTLY)
    ],
    "observing": [
        "Approved=True Approved, Ready=True Observing, " + KEPT + CALM + ", "
        + NOTHING.replace("InSync=Unknown NotApplied", "InSync=False DriftDetected").rstrip(", "),
        "Approved=False AwaitingApproval, Ready=True Observing, " + KEPT + CALM + ", "
        + NOTHING.replace("InSync=Unknown NotApplied", "InSync=False DriftDetected").rstrip(", "),
        "Approved=True Approved, Ready=True Observing, " + HELD + CALM,
        "Approved=True Approved, Ready=True Observing, Applied=True Applied, Verified=False Verifying, "
        "InSync=False DriftDetected, Contained=False NotContained, " + KEPT + CALM,
    ],
    "release awaits approval": [
        "Approved=False AwaitingApproval, Ready=False AwaitingApproval, Released=False AwaitingApproval, "
        f"{seen}, Stalled=False AwaitingApproval"
        for seen in (
            STILL,
            STILL.replace("InSync=True InSync", "InSync=True DriftReasserted"),
            # It was not contained yet when the release was asked for.
            STILL.replace("Contained=True Contained", "Contained=False Settling"),
            "Verified=False Verifying, InSync=Unknown NotApplied, Contained=False NotContained",
        )
    ],
    "releasing": [
        "Ready=False Releasing, Released=False Releasing, Stalled=False Releasing, Contained=False Releasing, "
        "Reconciling=True Releasing",
    ],
    "release in conflict, withheld, rejected, or not enforced": [
        f"Ready=False {reason}, Released=False {reason}, Stalled=True {reason}, {seen}"
        for reason in ("ReleaseConflict", "RestoreWithheld", "Observing", "Rejected") for seen in (STILL, UNDONE, PARTLY)
    ],
    "released": ["Ready=True Released, Released=True Released, Contained=False Released, Stalled=False Released"],
    "abandoned": [
        "Ready=False Abandoned, Released=False Abandoned, Contained=Unknown Abandoned, Stalled=True Abandoned",
    ],
}

# A TrafficPolicy goes the same ways under its own words.
WORDS = (("NotContained", "NotEnforced"), ("Contained", "Enforced"))
REFUSED = "refused by Firebreak or by AWS"
NAMES = (("contained", "enforced"), ("containment", "block"), ("blocked", REFUSED), ("cut off", "blocked"))


def _as_policy(states: dict[str, list[str]]) -> dict[str, list[str]]:
    def renamed(text: str, words: tuple[tuple[str, str], ...]) -> str:
        for old, new in words:
            text = text.replace(old, new)
        return text

    return {renamed(name, NAMES): [renamed(text, WORDS) for text in texts] for name, texts in states.items()}


TRAFFIC_POLICY = _as_policy(QUARANTINE)
# Of the one kind alone: the web ACL is not prepared, or a range must not be blocked.
TRAFFIC_POLICY[REFUSED] += [
    f"InSync=Unknown {reason}, Ready=False {reason}, Stalled=True {reason}, Released=False NotReleased, Enforced=False NotEnforced"
    for reason in ("NeverBlocked", "NotPrepared")
]

# What people know of an incident: declared by a person or by a machine, and acknowledged or not.
KNOWN = ("Confirmed=True Declared, Acknowledged=False NotAcknowledged, ", "Confirmed=True Confirmed, Acknowledged=True Acknowledged, ",
         # Its finding was read back from its product.
         "Confirmed=True FindingRead, Acknowledged=False NotAcknowledged, ",
         "Confirmed=False FindingNotRead, Acknowledged=False NotAcknowledged, ",
         "Confirmed=Unknown NotConfirmed, Acknowledged=False NotAcknowledged, ",
         "Confirmed=False NotConfirmed, Acknowledged=True Acknowledged, ")
OPEN = "Resolved=False NotResolved, Reviewed=False NotResolved, Stalled=False Open, "
UNDER_WAY = "Contained=False NotContained, Recovered=False NotRecovered, "
CUT_OFF = "Contained=True Contained, Recovered=False NotRecovered, "

# Where its timeline and its findings go, and what stands in the way.
NOT_REACHED = ("AccessDenied", "AccountNotFound", "AccountNotGranted", "EmergencyStop", "Throttled", "Unreachable", "Unreadable")
LEDGER = ("Ledgered=True Recorded",
          *(f"Ledgered=False {reason}" for reason in (*NOT_REACHED, "EvidenceMissing", "LedgerForked", "LedgerMoved")))
CLOSED_OUT = ("ClosedOut=True Archived",
              *(f"ClosedOut=False {reason}" for reason in (*NOT_REACHED, "Applying", "NoOutcome", "RegionNotListed", "WriteRefused")))

INCIDENT = {
    "a response is being created, contained or released": [
        known + UNDER_WAY + OPEN + "Reconciling=True Applying, Ready=False ResponseWaiting" for known in KNOWN
    ] + [
        KNOWN[1] + UNDER_WAY + "Resolved=False Releasing, Reviewed=False NotResolved, Stalled=False Open, "
        "Reconciling=True Applying, Ready=False Releasing",
    ],
    "open, and no response writes": [
        known + "Contained=False NoResponses, Recovered=False NoResponses, " + OPEN + "Ready=True Open" for known in KNOWN
    ] + [
        KNOWN[0] + "Contained=False Observing, Recovered=False NotRecovered, " + OPEN + "Ready=True Observing",
        # Everything was released, and nobody has resolved it yet.
        KNOWN[1] + "Contained=False Released, Recovered=True Recovered, " + OPEN + "Ready=True Open",
    ],
    "waiting for approvals, for another response, or for releases": [
        known + UNDER_WAY + OPEN + f"Ready=False {reason}"
        for known in KNOWN for reason in ("AwaitingApproval", "ResponseWaiting")
    ] + [
        KNOWN[1] + UNDER_WAY + "Resolved=False ResponseWaiting, Reviewed=False NotResolved, Stalled=False Open, "
        "Ready=False ResponseWaiting",
        KNOWN[1] + CUT_OFF + "Resolved=False Releasing, Reviewed=False NotResolved, Stalled=False Open, Ready=False Releasing",
    ],
    "contained": [known + CUT_OFF + OPEN + "Ready=True Contained" for known in KNOWN] + [
        # Whether its timeline is in the ledger holds nothing back.
        KNOWN[1] + CUT_OFF + OPEN + f"Ready=True Contained, {ledger}" for ledger in LEDGER
    ],
    "nothing certain is known of a response": [
        KNOWN[1] + f"Contained=Unknown NotContained, Recovered={recovered} NotRecovered, " + OPEN + "Ready=Unknown NotContained"
        for recovered in ("False", "Unknown")
    ] + ["Ready=Unknown Unreadable"],
    "a response fails, is missing, or is not its own": [
        KNOWN[1] + UNDER_WAY + OPEN.replace("Stalled=False Open", f"Stalled=True {reason}") + f"Ready=False {reason}"
        for reason in ("ResponseFailed", "ResponseMissing", "ResponseRefused", "NotOurs", "DependencyCycle")
    ],
    "resolved": [
        KNOWN[1] + f"{contained}, Resolved=True {ended}, {reviewed}, Stalled=False Resolved, Ready=True {ended}"
        for ended in ("Resolved", "Merged")
        for contained in ("Contained=True Contained, Recovered=False NotRecovered",
                          "Contained=False Released, Recovered=True Recovered")
        for reviewed in ("Reviewed=False NotReviewed", "Reviewed=False TasksOpen", "Reviewed=True Reviewed")
    ] + [
        # Nor does what becomes of its findings in the product that found them.
        KNOWN[1] + "Contained=True Contained, Recovered=False NotRecovered, Resolved=True Resolved, Reviewed=True Reviewed, "
        f"Stalled=False Resolved, Ready=True Resolved, {closed}" for closed in CLOSED_OUT
    ],
}

# What a design refuses, what the run store says, and what the guards say before a run begins.
CANNOT_BEGIN = ("AccountNotFound", "AccountNotGranted", "ActiveUnknown", "DataLossNotAcknowledged", "DataResidency", "DependencyCycle",
                "Interlocked", "InvalidStep", "NotAReplicaOfActive", "OwnDependency", "PlanTooLarge", "Protected", "RegionNotListed",
                "Rejected", "SerialBehind", "SerialConflict", "SerialUnknown", "SplitBrainNotAcknowledged")
UNMOVED = "FailedOver=False NotFailedOver, WithinObjectives=Unknown NotMeasured"
CALMLY = "Approved=False Standby"
AGREED = "Approved=True Approved"
# Whether every database has a replica that follows it closely enough, and a run could begin; no matter how a run stands.
REPLICAS = ("Protected=True Replicating, StandbyReady=True StandbyReady, DrillFresh=True DrillFresh", "Protected=True Standby, StandbyReady=Unknown NotMeasured, DrillFresh=Unknown DrillInvalid",
            "Protected=False Unprotected, StandbyReady=False StandbyNotReady, DrillFresh=False DrillStale", "Protected=Unknown ActiveUnknown, StandbyReady=Unknown ActiveUnknown",
            "Protected=True Replicating, StandbyReady=Unknown StandbyNotReady")
# How the run went that led to the region that is active.
MEASURED = ("WithinObjectives=True WithinObjectives", "WithinObjectives=False ObjectivesMissed")

FAILOVER_PLAN = {
    "standby": [f"Ready=True Standby, {CALMLY}, {UNMOVED}, {replicas}" for replicas in REPLICAS],
    "failed over": [
        f"Ready=True FailedOver, {CALMLY}, {active}, {kept}, {replicas}"
        # The region that a run led to may not answer at the moment, or may not be active any more.
        for active in ("FailedOver=True FailedOver", "FailedOver=Unknown StepUnknown", "FailedOver=False NotFailedOver")
        for kept in MEASURED for replicas in REPLICAS
    ],
    "awaiting approval": [
        f"Ready=False AwaitingApproval, Approved=False AwaitingApproval, {UNMOVED}, {replicas}" for replicas in REPLICAS
    ],
    "waiting for a window, a rate, or the minimum interval": [
        f"Ready=False {reason}, {approved}, {UNMOVED}, {REPLICAS[0]}" for reason in (*LATER, "TooSoon") for approved in (CALMLY, AGREED)
    ],
    "a run is under way, or goes back": [
        f"Ready=False FailingOver, {AGREED}, Reconciling=True FailingOver, {UNMOVED}, {replicas}" for replicas in REPLICAS
    ],
    "a person paused the run": [f"Ready=False Paused, {AGREED}, {UNMOVED}, {REPLICAS[0]}"],
    "an EmergencyStop holds the run": [
        f"Ready=False EmergencyStop, {AGREED}, {UNMOVED}, {REPLICAS[0]}{halted}" for halted in ("", ", Halted=True EmergencyStop")
    ],
    "another response holds the run": [f"Ready=False Interlocked, {AGREED}, {UNMOVED}, {REPLICAS[0]}"],
    "the run waits for a person": [
        f"Ready=False {reason}, {AGREED}, Stalled=True {reason}, {UNMOVED}, {REPLICAS[0]}{others}"
        for reason in ("StepFailed", "StepUnknown", "NotAReplicaOfActive", "Protected")
        for others in ("", ", Reconciling=True FailingOver")  # other steps go on
    ],
    "the run was aborted, or went back": [
        f"Ready=False {reason}, {CALMLY}, Stalled=True {reason}, {UNMOVED}, {REPLICAS[0]}" for reason in ("Aborted", "RolledBack")
    ],
    "no run can begin": [
        f"Ready=False {reason}, {CALMLY}, Stalled=True {reason}, {UNMOVED}, {REPLICAS[0]}" for reason in CANNOT_BEGIN
    ] + [
        f"Ready={ready} {reason}, {CALMLY}, Stalled=True {reason}, {UNMOVED}, {REPLICAS[3]}"
        for reason in (*UNREADABLE, "InternalError") for ready in ("False", "Unknown")
    ] + ["Ready=Unknown Unreadable, Stalled=True Unreadable"],
    "AWS throttles or does not answer": [
        f"Ready={ready} {reason}, {CALMLY}, {UNMOVED}, {REPLICAS[3]}" for reason in PASSING for ready in ("False", "Unknown")
    ],
}

ACCOUNT = {
    "reached": [
        "Ready=True Verified, Stalled=False Verified",
        # Whether another cluster responds in the account too is told beside.
        "Ready=True Verified, Stalled=False Verified, Exclusive=True Exclusive",
        "Ready=True Verified, Stalled=False Verified, Exclusive=False AnotherCluster",
    ],
    "denied, or another account": [
        f"Ready=False {reason}, Stalled=True {reason}" for reason in (*UNREADABLE, "InternalError")
    ],
    "AWS throttles or does not answer": [f"Ready=Unknown {reason}, Stalled=False {reason}" for reason in PASSING],
}

PLAYBOOK = {
    "accepted": ["Ready=True Accepted, Stalled=False Accepted"],
    "not valid": ["Ready=False InvalidPlaybook, Stalled=True InvalidPlaybook", "Ready=Unknown Unreadable, Stalled=True Unreadable"],
}

# A name, a grant, a region, a role or an AwsAccount is to be corrected, while another account or region may answer.
UNREAD = ("AccessDenied", "AccountNotFound", "AccountNotGranted", "InvalidTarget", "NoDeadLetterQueue", "RegionNotListed",
          "Unreadable", "WrongAccount")
RECEIVING = ("Receiving=True Polling", "Receiving=False PollFailed")

FINDING_SOURCE = {
    "every account and region answers": ["Ready=True Polling, Receiving=True Polling, Stalled=False Polling"],
    "an account or region does not answer": [
        f"Ready=False {reason}, {receiving}, Stalled=False {reason}" for reason in ("PollFailed", "Throttled")
        for receiving in RECEIVING
    ],
    "an account or region is denied, missing or not granted": [
        f"Ready=False {reason}, {receiving}, Stalled=True {reason}" for reason in UNREAD for receiving in RECEIVING
    ] + ["Ready=Unknown Unreadable, Stalled=True Unreadable"],
}

NOTIFICATION_CHANNEL = {
    "nothing is untold": [f"Ready=True {reason}, Stalled=False {reason}" for reason in ("Accepted", "Delivered")],
    "a message was not delivered and is tried again": ["Ready=False NotDelivered, Stalled=False NotDelivered"],
    "the Secret, the Role or the endpoint is to be corrected": [
        f"Ready=False {reason}, Stalled=True {reason}" for reason in ("SecretUnreadable", "NotDelivered")
    ] + ["Ready=Unknown Unreadable, Stalled=True Unreadable"],
}

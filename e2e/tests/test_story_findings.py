"""What GuardDuty finds becomes an Incident by itself, end to end: real API server, real operator, the emulator as AWS."""

from watching import DENY_OWNER, names, source, watched

pytest_plugins = ["story_fixtures"]

ANOTHER_TYPE = {"type": "UnauthorizedAccess:IAMUser/TorIPCaller", "title": "An API was invoked from a Tor exit node."}


def grants(story, *kinds: str) -> dict:
    return {"grants": [{"namespaces": [story.namespace], "kinds": list(kinds), "arnPatterns": ["*"]}]}


def asked_of_guardduty(story) -> list[str]:
    """By the operator: the test makes the detector."""
    made = story.control.calls(account=story.world["accountId"], reads=True, service="guardduty")
    return [call["action"] for call in made if "bed-administrator" not in call["principal"]]


def test_a_finding_opens_an_incident_that_contains_and_its_kin_joins_it(development):
    story, before = development, development.snapshot()
    story.has_account("Development", **grants(story, "findings", "iamRole"))
    watch = watched(story, "Act", DENY_OWNER)
    first = watch.finds()
    incident = watch.opened()
    assert names(incident, first)["severity"] == "High" == incident.seen()["spec"]["severity"]
    incident.says("Confirmed", "True", "FindingRead")
    watch.response().is_contained()
    assert set(story.differs(before)) == {f"roles.{story.world['taskRoleName']}.attached"}
    second = watch.finds(**ANOTHER_TYPE)
    names(incident, second)
    watch.source.has_counted(read=2, opened=1, joined=1)
    assert watch.opened().name == incident.name and watch.response().condition("Contained")["status"] == "True"
    incident.says("Contained", "True")


def test_what_is_proposed_waits_for_somebody_else_where_nobody_is_asked(development, decisions_count):
    story = development
    watch = watched(story, "Propose", DENY_OWNER, by="trudy")
    watch.finds()
    role = watch.response()
    plan = role.plan()
    role.decided("trudy", plan=plan)
    role.says("Approved", "False", message="trudy")
    assert story.writes() == []
    role.decided("bob", plan=plan).is_contained()
    watch.opened().says("Contained", "True")


def test_a_resolved_incident_is_opened_again_by_later_activity_alone(development, decisions_count):
    watch = watched(development, "Act")
    first = watch.finds()
    incident = watch.opened()
    incident.says("Confirmed")
    incident.decided("alice", "responder", verb="Resolve", outcome="Benign").says("Resolved", "True")
    before = watch.finds(seen=first["service"]["eventLastSeen"], **ANOTHER_TYPE)
    names(incident, before)
    watch.source.has_handled(before)
    incident.says("Resolved", "True")
    names(incident, watch.finds(id=first["id"]))
    incident.says("Resolved", "False")
    assert watch.opened().name == incident.name


def test_findings_of_an_incident_that_is_over_are_archived_and_marked(development, decisions_count):
    story = development
    story.has_account("Development", **grants(story, "findings", "iamRole"))
    watch = watched(story, "Observe", onResolve="Archive")
    first = watch.finds()
    incident = watch.opened()
    incident.decided("alice", "responder", verb="Resolve", outcome="FalsePositive").says("Resolved", "True")
    incident.says("ClosedOut", "False", "AccountNotGranted", "findingsCloseOut")
    assert story.writes() == []
    story.has_account("Development", **grants(story, "findings", "findingsCloseOut", "iamRole"))
    incident.decided("alice", "responder", verb="Note", reason="granted").says("ClosedOut", "True", "Archived")
    told = story.aws("guardduty").get_findings(DetectorId=story.world["detectorId"], FindingIds=[first["id"]])["Findings"]
    assert [(one["Service"]["Archived"], one["Service"]["UserFeedback"]) for one in told] == [(True, "NOT_USEFUL")]
    events = [entry["event"] for entry in incident.seen()["status"]["timeline"]]
    assert [event for event in events if event.startswith("Clos")] == ["ClosingOut", "ClosedOut"]


def test_a_sample_opens_nothing(development):
    story, watch = development, watched(development, "Act", DENY_OWNER)
    guardduty = story.aws("guardduty")
    guardduty.create_sample_findings(DetectorId=story.world["detectorId"], FindingTypes=[ANOTHER_TYPE["type"]])
    watch.source.has_counted(read=1, leftOut=1)
    assert story.cluster.items(story.incidents) == []


def test_samples_are_rehearsed_in_a_drill_that_writes_nothing(development):
    story, watch = development, watched(development, "Act", DENY_OWNER, samples="Drill")
    guardduty = story.aws("guardduty")
    guardduty.create_sample_findings(DetectorId=story.world["detectorId"], FindingTypes=[ANOTHER_TYPE["type"]])
    drill = watch.opened()
    assert drill.name.startswith("drill-") and drill.seen()["spec"]["drill"]
    drill.says("Confirmed", "True", "FindingRead")
    assert watch.response().seen()["spec"]["mode"] == "Observe"
    watch.source.has_counted(read=1, opened=1)
    assert story.writes() == []


def test_an_account_that_does_not_grant_findings_is_not_asked(development):
    story, name = development, f"others-{development.world['accountId']}"
    story.has_account("Development", name, **grants(story, "iamRole"))
    asked = source(story, name)
    asked.says("Ready", "False", "AccountNotGranted", "spec.grants")
    assert asked_of_guardduty(story) == []
    story.has_account("Development", name, **grants(story, "iamRole", "findings"))
    asked.says("Ready", "True")
    assert "ListFindings" in asked_of_guardduty(story)
    story.kubectl("delete", "awsaccount", name)

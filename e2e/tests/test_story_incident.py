"""An Incident by hand, end to end: it creates its responses in their order, for the people who asked, and ends with them."""

import json

import stories
from control import eventually

pytest_plugins = ["story_fixtures"]


def asked(request: stories.Request) -> dict:
    """Who asked the Incident for it, as its response carries it."""
    return json.loads(request.seen()["metadata"]["annotations"]["firebreak.dev/asked"])


def test_the_example_is_declared_contained_resolved_and_put_back(production, example):
    story, before = production, production.snapshot(identities=False)
    spec = example("incident/incident.yaml")["spec"] | {"onResolve": "Release"}
    for response in spec["responses"]:
        response["quarantine"] |= {"accountRef": {"name": story.account}, "restoreOnRelease": ["Sessions"]}
    incident = story.declares(**spec)
    role = incident.created("deny-role")
    assert incident.response("isolate-service")["waitsFor"]
    role.approved(("bob", "approver"), ("sue", "security"))
    service = incident.created("isolate-service")
    assert role.condition("Contained")["status"] == "True"
    service.approved(("bob", "approver"), ("sue", "security"))
    incident.says("Contained", "True")
    incident.decided("bob", verb="Acknowledge").says("Acknowledged", "True")
    incident.decided("alice", "responder", verb="Resolve", outcome="TruePositive").says("Resolved", "False")
    for response in (role, service):
        response.approved(("gus", "security"), action="Release").is_released()
    incident.says("Resolved", "True")
    clocks = incident.seen()["status"]["clocks"]
    assert {"acknowledged", "firstWrite", "contained", "recovered", "resolved"} <= clocks.keys()
    story.becomes(before)


def test_who_declared_an_incident_approves_none_of_its_responses(staging):
    story = staging
    incident = story.declares("credentials used from outside", by="trudy",
                              responses=[story.responds("role", stories.role(story.world))])
    role = incident.created("role")
    assert asked(role)["by"] == ["trudy"]
    plan = role.plan()
    role.decided("trudy", plan=plan)
    role.says("Approved", "False", message="trudy")
    assert story.writes() == []
    role.decided("bob", plan=plan).is_contained()


def test_who_changed_an_incident_has_asked_for_its_responses(staging):
    story = staging
    incident = story.declares("credentials used from outside",
                              responses=[story.responds("role", stories.role(story.world))])
    role = incident.created("role")
    incident.patched("trudy", severity="Critical")
    eventually(lambda: asked(role)["by"] == ["alice", "trudy"], seconds=stories.PATIENCE, every=0.2)
    assert role.seen()["spec"]["severity"] == "High"


def test_a_response_that_a_person_changes_is_theirs_from_then_on(development):
    story = development
    response = story.responds("role", stories.role(story.world))
    incident = story.declares("credentials used from outside", responses=[response])
    role = incident.created("role").is_contained()
    role.patched(mode="Observe")
    eventually(lambda: incident.response("role")["edited"], seconds=stories.PATIENCE, every=0.2)
    response["quarantine"]["restoreOnRelease"] = ["Sessions"]
    incident.patched(responses=[response]).says("Contained", "False", message="role")
    assert (role.seen()["spec"]["mode"], role.seen()["spec"].get("restoreOnRelease")) == ("Observe", None)


def test_deleting_an_incident_releases_nothing_and_says_what_it_leaves(development):
    story = development
    responses = [story.responds("role", stories.role(story.world))]
    incident = story.declares("credentials used from outside", responses=responses)
    role = incident.created("role").is_contained()
    incident.says("Contained", "True")
    warned = story.kubectl("--as", "alice", "delete", "incident", incident.name, "-n", story.namespace, "--dry-run=server",
                           "--warnings-as-errors", fails=True)
    assert "releases none of them" in warned
    incident.deleted()
    path = f"/apis/events.k8s.io/v1/namespaces/{story.namespace}/events"

    def told() -> bool:
        notes = [event.get("note", "") for event in story.cluster.items(path) if event["regarding"]["name"] == role.name]
        return any(incident.name in note for note in notes)

    eventually(told, seconds=stories.PATIENCE, every=0.2)
    assert role.condition("Contained")["status"] == "True" and len(story.holds()) == 1
    role.released().is_released()


def test_an_incident_without_responses_is_a_record_that_people_end(development):
    incident = development.declares("a strange login")
    incident.says("Confirmed", "True")
    incident.says("Contained", "False")
    incident.patched("alice", state="Resolved", outcome="Benign").says("Resolved", "True")
    incident.patched("alice", state="Open").says("Resolved", "False")


def test_a_response_that_may_not_be_cut_off_makes_the_incident_stalled(development):
    story = development
    responses = [story.responds("nobody", {"iamRole": {"roleName": "nobody"}}),
                 story.responds("role", stories.role(story.world))]
    incident = story.declares("credentials used from outside", responses=responses)
    incident.responds("nobody", "Failed").responds("role", "Contained")
    incident.says("Stalled", "True", message="nobody")
    incident.patched(state="Resolved", outcome="Benign").says("Resolved", "False", message="nobody")
    incident.decided("alice", "responder", verb="Resolve", reason="the role was deleted by hand").says("Resolved", "True")


def test_in_a_drill_responses_only_observe(development):
    story = development
    responses = [story.responds("role", stories.role(story.world))]
    incident = story.declares("a drill", drill=True, responses=responses)
    incident.created("role").says("Ready", "True", "Observing")
    incident.responds("role", "Observing").says("Contained", "False")
    assert story.writes() == []

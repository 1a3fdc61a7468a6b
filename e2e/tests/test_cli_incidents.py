"""One incident with `kubectl firebreak` alone: declared, answered, acknowledged, told, reported, ended."""

import findings
import pytest
import stories
from control import eventually
from plugin_answers import DONE, ERROR, REFUSED, USAGE

pytest_plugins = ["plugin_fixtures"]

TITLE = "Credentials used from outside AWS"


@pytest.fixture
def declared(staging, plugin):
    """Alice's incident, as `declare` makes it."""
    plugin(staging, "alice", "declare", TITLE, "--severity", "High", "--name", "stolen").ends(DONE, "stolen")
    return stories.Declared(staging, "stolen")


def answers(story, plugin):
    """Alice cuts the role off within the incident."""
    return plugin(story, "alice", "quarantine", f"iamRole/{story.world['taskRoleName']}", "--method", "DenyAll", "--incident",
                  "stolen", "--account", story.account, "--reason", "it was stolen")


def test_an_incident_is_lived_through_with_the_plugin_alone(staging, plugin, declared):
    story = staging
    answers(story, plugin).ends(DONE)
    answers(story, plugin).ends(DONE)
    assert len(declared.seen()["spec"]["responses"]) == 1
    (response,) = declared.seen()["spec"]["responses"]
    role = declared.created(response["name"])
    plugin(story, "bob", "ack", "stolen", "--approver-role", "approver").ends(DONE)
    declared.says("Acknowledged", "True", message="bob")
    role.plan()
    plugin(story, "alice", "approve", role.name, "--yes").ends(REFUSED, "alice")
    plugin(story, "bob", "approve", role.name, "--yes").ends(DONE)
    declared.says("Contained", "True")
    plugin(story, "alice", "note", "stolen", "the key was in a build log").ends(DONE)
    eventually(lambda: "build log" in plugin(story, "otto", "timeline", "stolen").out, seconds=stories.PATIENCE, every=0.5)
    plugin(story, "alice", "resolve", "stolen", "--outcome", "TruePositive", "--yes").ends(DONE)
    declared.says("Resolved", "True")
    plugin(story, "otto", "incidents").ends(DONE, "stolen", "Resolved")
    plugin(story, "otto", "report", "stolen").ends(DONE, TITLE, "bob", role.name, "build log")
    html = plugin(story, "otto", "report", "stolen", "-o", "html").ends(DONE, "<svg", TITLE)
    assert "<script" not in html.out


def test_what_is_missing_is_asked_for_by_its_flag(staging, plugin):
    plugin(staging, "alice", "declare", TITLE).ends(USAGE, "--severity")


def test_declaring_twice_is_refused_by_the_servers_word(staging, plugin, declared):
    again = plugin(staging, "alice", "declare", TITLE, "--severity", "High", "--name", "stolen")
    again.ends(ERROR, "already exists", "--name")


def test_who_may_not_declare_is_told_so(staging, plugin):
    plugin(staging, "otto", "declare", TITLE, "--severity", "High").ends(REFUSED, "otto", "incidents")


def test_what_goes_on_in_another_incident_is_merged_into_it(staging, plugin, declared):
    plugin(staging, "alice", "declare", "the same again", "--severity", "Low", "--name", "twin").ends(DONE)
    plugin(staging, "alice", "merge", "twin", "--into", "stolen", "--yes").ends(DONE)
    stories.Declared(staging, "twin").says("Resolved", "True", "Merged", "stolen")
    plugin(staging, "alice", "merge", "stolen", "--into", "twin", "--yes").ends(REFUSED)


def test_a_finding_in_a_file_declares_an_incident_in_a_persons_name(staging, plugin):
    sample = str(findings.SAMPLES / "iam_exfiltration.json")
    plugin(staging, "alice", "declare", "--from", sample, "--dry-run", "-o", "yaml").ends(DONE, "severity: High", "payments-task")
    plugin(staging, "alice", "declare", "--from", sample, "--severity", "Critical", "--name", "told").ends(DONE, "told")
    told = stories.Declared(staging, "told")
    told.says("Confirmed", "True", "Declared", "alice")
    seen = told.seen()
    assert (seen["spec"]["severity"], len(seen["spec"]["findings"])) == ("Critical", 1)
    assert "firebreak.dev/findings" not in seen["metadata"]["annotations"]
    drill = str(findings.SAMPLES / "sample.json")
    plugin(staging, "alice", "declare", "--from", drill).ends(USAGE, "--drill")

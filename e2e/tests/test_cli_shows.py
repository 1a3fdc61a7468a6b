"""What `kubectl firebreak` shows before and after a decision; it writes nothing."""

import pytest
import stories
from plugin_answers import DONE, ERROR, REFUSED, USAGE

pytest_plugins = ["plugin_fixtures"]


def manifest(story, target: dict, name: str = "preview") -> dict:
    spec = {"accountRef": {"name": story.account}, "region": story.world["region"], "target": target}
    return {"apiVersion": "firebreak.dev/v1alpha1", "kind": "Quarantine", "spec": spec,
            "metadata": {"name": name, "namespace": story.namespace}}


def preview(plugin, story, given: dict):
    return plugin(story, "alice", "plan", "-f", "-", "--allow-endpoint-overrides", give=given)


# Plan


def test_the_recorded_plan_names_steps_dependents_approvals_and_the_next_command(staging, plugin):
    request = staging.asks(stories.role(staging.world))
    digest = request.plan()["digest"]
    shown = plugin(staging, "bob", "plan", request.name)
    shown.ends(DONE, "Attach policy", staging.world["denyAllPolicyArn"], "payments-refund", "0 of 1",
               f"kubectl firebreak approve {request.name} -n {staging.namespace} --digest {digest}")
    assert plugin(staging, "bob", "plan", request.name, "-o", "json").json()
    assert staging.writes() == []


def test_a_plan_that_does_not_exist_is_an_error(staging, plugin):
    plugin(staging, "bob", "plan", "nothing").ends(ERROR, "nothing")
    plugin(staging, "bob", "plan").ends(USAGE)


def test_a_preview_shows_what_would_be_done_and_stores_nothing(staging, plugin):
    shown = preview(plugin, staging, manifest(staging, stories.role(staging.world)))
    shown.ends(DONE, "Attach policy", "0 of 1 approval", "kubectl apply")
    assert staging.cluster.items(f"{stories.API}/namespaces/{staging.namespace}/quarantines") == []
    assert staging.cluster.items(f"{stories.API}/namespaces/{staging.namespace}/responseplans") == []
    assert staging.writes() == []


def test_a_preview_of_what_would_be_blocked_is_refused_with_the_reason(staging, plugin):
    missing = manifest(staging, {"iamRole": {"roleName": "nobody", "methods": ["DenyAll"]}})
    preview(plugin, staging, missing).ends(REFUSED, "blocked (TargetNotFound)", "nobody")
    own = staging.world["containRoleArn"].rpartition("/")[2]
    preview(plugin, staging, manifest(staging, {"iamRole": {"roleName": own, "methods": ["DenyAll"]}})).ends(
        REFUSED, "blocked (OwnDependency)", own)


def test_a_manifest_that_is_not_valid_is_an_error_that_names_the_field(staging, plugin):
    preview(plugin, staging, manifest(staging, {})).ends(ERROR, "target")


# Status


def test_the_status_shows_conditions_steps_custody_and_whose_word_counted(staging, plugin):
    request = staging.asks(stories.role(staging.world)).approved().is_contained()
    shown = plugin(staging, "otto", "status", request.name)
    shown.ends(DONE, f"{staging.namespace}/{request.name}", "Contained", "Verified", "custody", "Held",
               "Approve by bob (approver)", "counted")
    assert "not counted" not in shown.out
    told = plugin(staging, "otto", "status", request.name, "-o", "json").json()
    (one,) = told if isinstance(told, list) else [told]
    assert one["quarantine"]["metadata"]["name"] == request.name
    assert len(one["holds"]) == len(one["decisions"]) == len(one["plans"]) == 1


def test_a_word_that_does_not_count_is_shown_with_the_reason(staging, plugin):
    request = staging.asks(stories.role(staging.world), by="trudy").approved(("trudy", "approver"))
    request.says("Ready", "False", "AwaitingApproval", "not counted")
    plugin(staging, "otto", "status", request.name).ends(DONE, "not counted: the requester cannot approve")


@pytest.mark.parametrize("name", ["nothing", "quarantine/nothing"])
def test_the_status_of_what_does_not_exist_is_an_error(staging, plugin, name):
    plugin(staging, "otto", "status", name).ends(ERROR, "nothing")


def test_the_status_of_a_quiet_namespace_says_so(staging, plugin):
    quiet = plugin(staging, "otto", "status")
    assert (quiet.code, "there is no Quarantine" in quiet.err) == (DONE, True)


def test_a_stranger_is_refused(staging, plugin):
    plugin(staging, "nobody-in-particular", "status").ends(REFUSED, "nobody-in-particular", "cannot list")

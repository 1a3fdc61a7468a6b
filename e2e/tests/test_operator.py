"""What holds whatever the target is: people decide, a stop stops, deleting forgets nothing, a crash changes nothing."""

import contextlib
import copy
import datetime
import json
import random

import controller
import pytest
import stories
from control import eventually
from custody import denied, detach_deny, orphaned, people_say

pytest_plugins = ["story_fixtures"]


def is_still_waiting(request, message: str = "", approvals: str = "") -> None:
    """The operator has heard everything that was said, and says why it does not count."""
    if approvals:
        eventually(lambda: request.seen().get("status", {}).get("approvals") == approvals, stories.PATIENCE, 0.1)
    request.says("Ready", "False", "AwaitingApproval", message)
    assert request.story.writes() == []


# People decide


def test_nothing_is_written_before_the_last_approval_and_everything_after_it(production):
    request = production.asks(stories.role(production.world))
    request.approved(("bob", "approver"))
    is_still_waiting(request, "approved by bob", "1/2")
    request.decided("sue", "security")
    request.is_contained()
    assert request.condition("Approved")["reason"] == "Approved"


def test_two_approvals_without_the_capacity_that_is_asked_for_are_not_enough(production):
    request = production.asks(stories.role(production.world))
    request.approved(("bob", "approver"), ("sue", "approver"))
    is_still_waiting(request, "security", "2/2")


def test_one_person_in_two_capacities_is_one_person(production):
    request = production.asks(stories.role(production.world))
    request.approved(("sue", "approver"), ("sue", "security"))
    is_still_waiting(request, "sue (approver), sue (security)", "1/2")


def test_nobody_can_speak_for_somebody_else(production):
    story = production
    request = story.asks(stories.role(story.world))
    request.plan()
    forged = request.decision("bob")
    assert "spec.by" in story.kubectl("--as", "sue", "create", "-f", "-", give=forged, fails=True)
    assert "security" in story.kubectl("--as", "bob", "create", "-f", "-", give=request.decision("bob", "security"),
                                       fails=True)
    is_still_waiting(request, "0 of 2", "0/2")


def test_requester_cannot_approve(production):
    request = production.asks(stories.role(production.world), by="trudy")
    request.approved(("trudy", "security"), ("bob", "approver"))
    is_still_waiting(request, "the requester cannot approve", "1/2")
    assert request.seen()["status"]["requestedBy"] == "trudy"


def test_a_machine_as_requester_costs_one_more_approver(staging):
    request = staging.asks(stories.role(staging.world), by="system:serviceaccount:default:gitops")
    request.approved(("bob", "approver"))
    is_still_waiting(request, "approved by bob", "1/2")
    request.decided("sue")
    request.is_contained()


def test_an_approval_of_another_content_does_not_count(staging):
    request = staging.asks(stories.role(staging.world))
    plan = request.plan() | {"digest": "sha256:" + "0" * 64}
    request.decided("bob", plan=plan)
    is_still_waiting(request, "another content", "0/1")


def test_an_approval_of_another_run_does_not_count(staging):
    request = staging.asks(stories.role(staging.world))
    plan = request.plan() | {"uid": "00000000-0000-0000-0000-000000000000"}
    request.decided("bob", plan=plan)
    is_still_waiting(request, "another run", "0/1")


def test_the_approvals_of_one_run_do_not_serve_the_next(staging):
    story = staging
    request = story.asks(stories.role(story.world)).approved().is_contained()
    request.released().approved(action="Release").is_released()
    written = len(story.writes())
    request.patched(state="Contained").plan()
    assert request.seen()["status"]["run"] == 3
    assert request.seen()["status"]["approvals"] == "0/1"
    assert len(story.writes()) == written


def test_an_approval_of_a_namesake_does_not_count(staging):
    story = staging
    first = story.asks(stories.role(story.world), name="twin")
    plan = first.plan()
    word = first.decision("bob", plan=plan)
    story.kubectl("--as", "bob", "create", "-f", "-", give=word)
    first.is_contained().released().approved(action="Release").is_released()
    first.deleted()
    eventually(first.gone, stories.PATIENCE)
    written = len(story.writes())
    second = story.asks(stories.role(story.world), name="twin")
    second.plan()
    again = copy.deepcopy(word)
    again["metadata"]["name"] += "-again"
    story.kubectl("--as", "bob", "create", "-f", "-", give=again)
    second.decided("bob", plan=plan)
    second.says("Ready", "False", "AwaitingApproval")
    assert second.seen()["status"]["approvals"] == "0/1"
    assert len(story.writes()) == written


def test_an_expired_approval_does_not_count(production):
    request = production.asks(stories.role(production.world))
    soon = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=3)
    request.plan()
    request.decided("bob", expiresAt=soon.strftime("%Y-%m-%dT%H:%M:%SZ"))
    request.says("Ready", "False", "AwaitingApproval", "expired")
    request.decided("sue", "security")
    request.says("Ready", "False", "AwaitingApproval", "approved by sue")
    is_still_waiting(request, "expired", "1/2")


def test_a_rejection_outweighs_every_approval_until_the_spec_changes(staging):
    request = staging.asks(stories.role(staging.world))
    plan = request.plan()
    request.decided("sue", verb="Reject", plan=plan)
    request.says("Stalled", "True", "Rejected")
    request.decided("bob", plan=plan)
    request.says("Ready", "False", "Rejected", "sue")
    assert request.story.writes() == []
    request.patched(reason="asked again").approved().is_contained()


def test_a_material_change_in_aws_needs_new_approvals(staging):
    story = staging
    request = story.asks(stories.role(story.world, "ReplaceTrust"))
    old = request.plan()
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"},
                                                     "Action": "sts:AssumeRole"}]}
    story.aws("iam").update_assume_role_policy(RoleName="payments-task", PolicyDocument=json.dumps(trust))
    request.decided("bob", plan=old)
    eventually(lambda: request.seen()["status"]["plan"]["uid"] != old["uid"], stories.PATIENCE)
    is_still_waiting(request, "0 of 1", "0/1")


def test_a_change_that_does_not_matter_keeps_the_approvals(staging):
    story = staging
    request = story.asks(stories.role(story.world))
    request.plan()
    story.aws("iam").tag_role(RoleName="payments-task", Tags=[{"Key": "deployed", "Value": "today"}])
    request.decided("bob").is_contained()
    assert request.seen()["status"]["run"] == 1


def test_breaking_the_glass_runs_the_plan_and_is_said(production):
    request = production.asks(stories.role(production.world))
    request.plan()
    until = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=1)
    request.decided("gus", "breakglass", verb="BreakGlass", reason="nobody answers",
                    expiresAt=until.strftime("%Y-%m-%dT%H:%M:%SZ"))
    request.is_contained()
    assert "gus" in request.says("Approved", "True", "BreakGlass")["message"]


# A stop stops, a crash changes nothing


def many_roles(story, count: int = 10) -> list[dict]:
    """Enough of them that something is always in the middle."""
    trust = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
    names = [f"worker-{number}" for number in range(count)]
    for name in names:
        story.aws("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust)
    methods = ["ReplaceTrust", "DenyAll", "RevokeSessions"]
    return [{"iamRole": {"roleName": name, "methods": methods}} for name in names]


def asks_for_all(story, targets: list[dict]) -> list:
    """In one go, and returns when the first write has been seen."""
    spec = {"accountRef": {"name": story.account}, "region": story.world["region"]}
    items = [{"apiVersion": "firebreak.dev/v1alpha1", "kind": "Quarantine",
              "metadata": {"name": f"all-{number}", "namespace": story.namespace},
              "spec": {**spec, "target": target}} for number, target in enumerate(targets)]
    story.kubectl("--as", "alice", "create", "-f", "-", give={"apiVersion": "v1", "kind": "List", "items": items})
    eventually(story.writes, stories.PATIENCE, 0.02)
    return [stories.Request(story, item["metadata"]["name"]) for item in items]


@contextlib.contextmanager
def emergency_stop(story):
    """Everybody may stop; only an administrator starts again."""
    name = f"e2e-{random.randrange(10**9)}"
    story.applies("EmergencyStop", name, {"reason": "the wrong service went away"}, by="stan")
    try:
        yield
    finally:
        story.kubectl("delete", "emergencystop", name, "--ignore-not-found")


def test_an_emergency_stop_holds_every_write_within_a_second_and_its_deletion_goes_on(development_alone):
    story = development_alone
    targets, before = many_roles(story), development_alone.snapshot()
    requests = asks_for_all(story, targets)
    with emergency_stop(story):
        stopped = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=1)
        for request in requests:
            assert "the wrong service" in request.says("Halted", "True", "EmergencyStop")["message"]
        waiting = [request for request in requests if request.condition("Contained").get("status") != "True"]
        for request in waiting:
            request.says("Ready", "False", "EmergencyStop")
        assert waiting, "the stop came too late to stop anything"
        late = [call for call in story.writes() if datetime.datetime.fromisoformat(call["time"]) > stopped]
        assert late == []
    for request in requests:
        request.is_contained()
        assert not request.condition("Halted")
    for request in requests:
        request.released(("Sessions", "TrustPolicy"))
    for request in requests:
        request.is_released()
    assert story.differs(before) == {}


def test_an_emergency_stop_lets_drift_be_and_says_so(development_alone):
    story = development_alone
    request = story.asks(stories.role(story.world)).is_contained()
    with emergency_stop(story):
        request.says("Halted", "True")
        detach_deny(story)
        request.says("InSync", "False", "DriftDetected")
        assert not denied(story)
    eventually(lambda: denied(story), stories.PATIENCE, 0.2)


def test_an_operator_that_is_killed_in_the_middle_goes_on_where_it_was(development_alone, bed):
    story = development_alone
    targets, before = many_roles(story), development_alone.snapshot()
    requests = asks_for_all(story, targets)
    controller.kill(bed)
    unfinished = [request for request in requests if request.condition("Contained").get("status") != "True"]
    controller.start(bed, *stories.FLAGS)
    assert unfinished, "the kill came too late to interrupt anything"
    for request in requests:
        request.says("Contained")
    for request in requests:
        request.released(("Sessions", "TrustPolicy"))
    for request in requests:
        request.is_released()
    assert story.differs(before) == {}
    assert story.holds() == []


# Deleting forgets nothing


def test_deleting_what_nobody_needs_to_approve_puts_it_back(development):
    story, before = development, development.snapshot()
    request = story.asks(stories.role(story.world)).is_contained()
    request.deleted()
    eventually(request.gone, stories.PATIENCE)
    assert story.differs(before) == {} and story.holds() == []


def test_deleting_before_anything_was_written_leaves_nothing_behind(staging):
    request = staging.asks(stories.role(staging.world))
    request.plan()
    request.deleted()
    eventually(request.gone, stories.PATIENCE)
    assert staging.writes() == [] and staging.holds() == []


def test_deleting_what_people_must_release_lets_the_object_go_and_keeps_custody(staging):
    story, before = staging, staging.snapshot()
    request = story.asks(stories.role(story.world)).approved().is_contained()
    request.deleted()
    eventually(request.gone, stories.PATIENCE)
    (hold,) = orphaned(story)
    detach_deny(story)
    eventually(lambda: denied(story), stories.PATIENCE, 0.2)
    people_say(story, hold, "Release", "bob", "sue")
    eventually(lambda: not story.holds(), stories.PATIENCE)
    assert story.differs(before) == {}


def test_custody_that_is_given_up_leaves_aws_as_it_is(staging):
    story = staging
    request = story.asks(stories.role(story.world)).approved().is_contained()
    request.deleted()
    (hold,) = orphaned(story)
    people_say(story, hold, "Abandon", "bob", "sue")
    eventually(lambda: not story.holds(), stories.PATIENCE)
    assert denied(story)


def test_custody_outlives_the_namespace(staging):
    story = staging
    story.asks(stories.role(story.world)).approved().is_contained()
    story.kubectl("delete", "namespace", story.namespace, "--wait=false")
    orphaned(story)
    eventually(lambda: story.cluster.get(f"/api/v1/namespaces/{story.namespace}") is None, stories.PATIENCE)
    assert denied(story)
    assert len(story.holds()) == 1
    story.kubectl("create", "namespace", story.namespace)  # its fixture deletes it


def test_an_account_goes_only_after_the_last_custody_in_it(development):
    story = development
    request = story.asks(stories.role(story.world)).is_contained()
    story.kubectl("delete", "awsaccount", story.account, "--wait=false")
    path = f"{stories.API}/awsaccounts/{story.account}"
    seen = story.cluster.get(path)
    assert seen, "the account went away while custody in it remained"
    assert "firebreak.dev/in-use" in seen["metadata"]["finalizers"]
    assert denied(story)
    request.released().is_released()
    eventually(lambda: story.cluster.get(path) is None, stories.PATIENCE)


def test_pruning_account_and_quarantine_together_puts_everything_back(development):
    story, before = development, development.snapshot()
    request = story.asks(stories.role(story.world)).is_contained()
    story.kubectl("delete", "awsaccount", story.account, "--wait=false")
    request.deleted()
    eventually(request.gone, stories.PATIENCE)
    eventually(lambda: story.cluster.get(f"{stories.API}/awsaccounts/{story.account}") is None, stories.PATIENCE)
    assert story.differs(before) == {} and story.holds() == []


def test_pruning_together_what_people_must_release_keeps_the_account(staging):
    story = staging
    request = story.asks(stories.role(story.world)).approved().is_contained()
    story.kubectl("delete", "awsaccount", story.account, "--wait=false")
    request.deleted()
    (hold,) = orphaned(story)
    path = f"{stories.API}/awsaccounts/{story.account}"
    assert story.cluster.get(path), "the account went away while custody in it remained"
    people_say(story, hold, "Release", "bob", "sue")
    eventually(lambda: story.cluster.get(path) is None, stories.PATIENCE)
    assert not denied(story)


def test_a_new_quarantine_adopts_orphaned_custody_and_puts_the_first_value_back(staging):
    story, before = staging, staging.snapshot()
    first = story.asks(stories.role(story.world)).approved().is_contained()
    first.deleted()
    orphaned(story)
    second = story.asks(stories.role(story.world)).approved().is_contained()
    (hold,) = story.holds()
    assert hold["spec"]["state"] == "Held"
    assert [holder["owner"]["name"] for holder in hold["spec"]["holders"]] == [second.name]
    second.released().approved(action="Release").is_released()
    assert story.differs(before) == {} and story.holds() == []


# What it says


def everything_said(story, bed) -> str:
    """Each object, each Event, each line of the log."""
    kinds = ("quarantines", "responseplans", "decisions")
    paths = [f"{stories.API}/namespaces/{story.namespace}/{kind}" for kind in kinds]
    paths += [f"{stories.API}/holds", f"{stories.API}/awsaccounts", "/apis/events.k8s.io/v1/events"]
    return "\n".join([json.dumps(story.cluster.get(path)) for path in paths] + [controller.logs(bed)])


@pytest.mark.parametrize("method", ["Isolate", "ScaleToZero", "SwapSecurityGroups"])
def test_no_secret_is_in_any_object_event_or_log(staging, bed, method):
    story = staging
    more = {"securityGroupId": story.world["quarantineSecurityGroup"]} if method == "SwapSecurityGroups" else {}
    request = story.asks(stories.service(story.world, method, **more)).approved().is_contained()
    said = everything_said(story, bed)
    request.released().approved(action="Release").is_released()
    said += everything_said(story, bed)
    assert story.world["serviceArn"] in said
    assert story.world["secretValue"] not in said
    assert "DB_PASSWORD" not in said


def test_it_says_that_it_lives_is_ready_and_what_it_counts(operator, development, bed):
    development.asks(stories.role(development.world)).is_contained()
    running = controller.running(bed)
    assert running.get("/livez").strip() and running.get("/readyz").strip()
    metrics = running.get("/metrics")
    assert 'firebreak_lease_is_leader 1' in metrics
    for name in ("reconcile_total", "aws_requests_total", "writes_total", "reconcile_seconds_bucket"):
        assert f"firebreak_{name}" in metrics
    assert 'firebreak_panics_total 0' in metrics


def test_an_account_says_whether_it_can_be_reached(development):
    story = development

    def ready():
        seen = story.cluster.get(f"{stories.API}/awsaccounts/{story.account}")
        conditions = seen.get("status", {}).get("conditions", [])
        return [c for c in conditions if c["type"] == "Ready" and c["status"] == "True"]
    (said,) = eventually(ready, stories.PATIENCE)
    assert story.world["accountId"] in said["message"]


def test_every_condition_has_a_reason_and_speaks_of_the_current_generation(development):
    request = development.asks(stories.role(development.world)).is_contained()
    seen = request.seen()
    assert seen["status"]["observedGeneration"] == seen["metadata"]["generation"]
    for condition in seen["status"]["conditions"]:
        assert condition["reason"] and condition["message"], condition
        assert condition["observedGeneration"] == seen["metadata"]["generation"]


def test_looking_again_writes_nothing_when_nothing_changed(development):
    story = development
    request = story.asks(stories.role(story.world)).is_contained()

    def looks() -> int:
        return len(story.control.calls(story.world["accountId"], reads=True, action="ListAttachedRolePolicies"))

    eventually(lambda: request.condition("Reconciling") == {}, stories.PATIENCE)
    version, written, looked = request.seen()["metadata"]["resourceVersion"], len(story.writes()), looks()
    eventually(lambda: looks() >= looked + 3, stories.PATIENCE, 0.5)
    assert len(story.writes()) == written
    assert request.seen()["metadata"]["resourceVersion"] == version

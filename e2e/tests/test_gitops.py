"""A team responds by commits: Flux's own controller applies them by the Kustomization that the examples ship."""

import re

import health_rules
import pytest
import stories
from control import eventually
from custody import denied, orphaned, people_say

pytest_plugins = ["gitops_fixtures"]

AUTHOR = "system:serviceaccount:{}:firebreak-responses"


def test_a_pipeline_stays_healthy_while_people_are_awaited(staging, pipeline):
    team = pipeline(staging)
    team.says(team.commits(team.response()))
    request = team.request
    request.says("Ready", "False", "AwaitingApproval")
    assert request.seen()["status"]["requestedBy"] == AUTHOR.format(staging.namespace)
    assert request.seen()["status"]["approvals"] == "0/2", "nobody in particular asked: one more approver"
    assert staging.writes() == []
    request.approved(("bob", "approver"), ("sue", "approver")).is_contained()
    team.looks_again()
    assert team.condition("Ready")["status"] == "True"


def test_a_pipeline_is_ready_when_it_is_contained_and_the_next_commit_releases_it(development, pipeline):
    team, before = pipeline(development), development.snapshot()
    ready = team.says(team.commits(team.response()))
    contained = team.request.condition("Contained")
    assert contained["status"] == "True" and contained["lastTransitionTime"] <= ready["lastTransitionTime"]
    assert denied(development)
    team.says(team.commits(team.response(state="Released")))
    assert team.request.condition("Released")["status"] == "True"
    assert development.differs(before) == {} and development.holds() == []
    team.says(team.commits())
    eventually(team.request.gone, stories.PATIENCE)


def test_a_prune_of_what_people_must_release_keeps_custody_in_an_orphaned_hold(staging, pipeline):
    team, before = pipeline(staging), staging.snapshot()
    team.says(team.commits(team.response()))
    team.request.approved(("bob", "approver"), ("sue", "approver")).is_contained()
    team.says(team.commits())
    eventually(team.request.gone, stories.PATIENCE)
    (hold,) = orphaned(staging)
    assert denied(staging)
    people_say(staging, hold, "Release", "bob", "sue")  # as docs/gitops.md tells them to
    eventually(lambda: not staging.holds(), stories.PATIENCE)
    assert staging.differs(before) == {}


def test_a_pipeline_fails_at_once_where_a_person_must_act(development, pipeline):
    team = pipeline(development)
    nobody = {"iamRole": {"roleName": "nobody", "methods": ["DenyAll"]}}
    failed = team.says(team.commits(team.response(target=nobody)), "False", "HealthCheckFailed")
    assert "failed early" in failed["message"]
    team.request.says("Stalled", "True", "TargetNotFound")


def test_a_rejection_fails_the_pipeline_when_it_looks_again(staging, pipeline):
    team = pipeline(staging)
    revision = team.commits(team.response())
    team.says(revision)
    team.request.decided("bob", verb="Reject", plan=team.request.plan()).says("Stalled", "True", "Rejected")
    team.looks_again()
    team.says(revision, "False", "HealthCheckFailed")


def test_what_a_person_asked_for_stays_theirs_when_git_says_the_same(staging, pipeline):
    team = pipeline(staging)
    staging.applies("Quarantine", team.request.name, team.response()["spec"], by="alice")
    team.request.plan()
    team.says(team.commits(team.response()))
    owners = team.request.seen()["metadata"]["managedFields"]
    assert [one["manager"] for one in owners if one["operation"] == "Apply"] == ["kustomize-controller"]
    assert team.request.seen()["status"]["requestedBy"] == "alice"
    assert team.request.seen()["status"]["approvals"] == "0/1"


def test_flux_sees_no_drift_in_what_the_api_server_and_the_operator_add(development, pipeline):
    team = pipeline(development)
    team.says(team.commits(team.response()))
    team.request.says("Ready", "True", "Contained")
    eventually(lambda: team.request.condition("Reconciling") == {}, stories.PATIENCE)
    seen = team.request.seen()["metadata"]
    assert seen["annotations"]["firebreak.dev/requested-by"] == AUTHOR.format(development.namespace)
    team.looks_again()
    assert team.request.seen()["metadata"]["resourceVersion"] == seen["resourceVersion"]


def test_the_api_server_takes_what_the_examples_ship(kubectl, crds, flux_crds, namespace):
    kubectl("apply", "--dry-run=server", "-k", str(health_rules.EXAMPLES / "repository" / "accounts"))
    for path in ("repository/responses/payments-task.yaml", "flux/accounts.yaml", "flux/responses.yaml",
                 "flux/identity.yaml"):
        text = (health_rules.EXAMPLES / path).read_text()
        text = re.sub(r"namespace: (payments|flux-system)", f"namespace: {namespace}", text)
        kubectl("apply", "--dry-run=server", "-f", "-", give=text)


@pytest.mark.parametrize("role, complaint", [
    ("firebreak-approver", "cannot patch resource"),
    ("e2e-tenant-with-everything", "not through GitOps"),
])
def test_a_decision_in_git_is_refused_whatever_rights_the_pipeline_has(staging, pipeline, role, complaint):
    team = pipeline(staging)
    staging.kubectl("-n", staging.namespace, "create", "rolebinding", "more", f"--clusterrole={role}",
                    f"--serviceaccount={staging.namespace}:firebreak-responses")
    team.says(team.commits(team.response()))
    team.request.plan()
    decision = team.request.decision(AUTHOR.format(staging.namespace))
    decision["metadata"]["name"] = "from-git"
    refused = team.says(team.commits(team.response(), decision), "False")
    assert complaint in refused["message"]
    assert staging.writes() == []

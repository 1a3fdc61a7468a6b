"""People decide with `kubectl firebreak`: each verb does what it says once, and says no with the documented exit code."""

import pytest
import stories
from control import eventually
from custody import denied
from plugin_answers import DONE, ERROR, REFUSED, USAGE

pytest_plugins = ["plugin_fixtures"]


@pytest.fixture
def waiting(staging):
    """Alice's request, planned and waiting for one person."""
    request = staging.asks(stories.role(staging.world))
    request.plan()
    return request


@pytest.fixture
def contained(waiting):
    return waiting.approved().is_contained()


def decisions(story) -> list[dict]:
    return story.cluster.items(f"{stories.API}/namespaces/{story.namespace}/decisions")


# Approve


def test_an_approver_approves_and_the_run_goes_on(staging, plugin, waiting):
    plugin(staging, "bob", "approve", waiting.name, "--yes").ends(DONE, "approved: decision/", "1 of 1")
    waiting.is_contained()


def test_the_capacity_that_is_missing_is_approved_in(production, plugin):
    request = production.asks(stories.role(production.world))
    request.plan()
    plugin(production, "bob", "approve", request.name, "--yes").ends(DONE, "1 of 2", "security")
    plugin(production, "sue", "approve", request.name, "--approver-role", "security", "--yes").ends(DONE, "2 of 2")
    request.is_contained()


def test_requester_is_told_that_they_cannot_approve(staging, plugin, waiting):
    plugin(staging, "alice", "approve", waiting.name, "--yes").ends(REFUSED, "you (alice) requested this run")
    assert decisions(staging) == []


def test_who_has_no_capacity_is_refused_by_the_server_in_its_own_words(staging, plugin, waiting):
    plugin(staging, "otto", "approve", waiting.name, "--yes").ends(REFUSED, "otto", "decisions")
    plugin(staging, "bob", "approve", waiting.name, "--approver-role", "security", "--yes").ends(
        REFUSED, "you may not decide in the approver role security")
    assert decisions(staging) == []


def test_another_plan_than_the_one_that_was_read_is_not_approved(staging, plugin, waiting):
    digest = "sha256:" + "0" * 64
    other = plugin(staging, "bob", "approve", waiting.name, "--yes", "--digest", digest)
    other.ends(REFUSED, digest, "nothing was created")
    plugin(staging, "bob", "approve", waiting.name, "--yes", "--digest", waiting.plan()["digest"]).ends(DONE)
    waiting.is_contained()


def test_without_a_terminal_nothing_is_decided_unless_yes_is_said(staging, plugin, waiting):
    plugin(staging, "bob", "approve", waiting.name).ends(REFUSED, "add --yes")
    assert decisions(staging) == []


def test_approving_twice_is_approving_once(staging, plugin, waiting):
    plugin(staging, "bob", "approve", waiting.name, "--yes").ends(DONE)
    plugin(staging, "bob", "approve", waiting.name, "--yes").ends(DONE, "already approved")
    assert len(decisions(staging)) == 1


# Reject


def test_a_rejection_stalls_the_request(staging, plugin, waiting):
    plugin(staging, "sue", "reject", waiting.name, "--reason", "wrong role", "--yes").ends(DONE, "rejected: decision/")
    waiting.says("Stalled", "True", "Rejected", "sue")
    plugin(staging, "bob", "approve", waiting.name, "--yes").ends(REFUSED, "is over (Rejected)")
    assert staging.writes() == []


def test_a_rejection_needs_a_reason(staging, plugin, waiting):
    plugin(staging, "sue", "reject", waiting.name, "--yes").ends(USAGE, "--reason")


# Release


def test_a_release_puts_back_after_its_own_approval(staging, plugin):
    before = staging.snapshot()
    request = staging.asks(stories.role(staging.world, "ReplaceTrust")).approved().is_contained()
    asked = plugin(staging, "sue", "release", request.name, "--restore", "TrustPolicy", "--yes")
    asked.ends(DONE, "release asked for: decision/")
    request.plan("Release")
    plugin(staging, "sue", "approve", request.name, "--yes").ends(REFUSED, "requested this run")
    plugin(staging, "bob", "approve", request.name, "--yes").ends(DONE)
    request.is_released()
    assert staging.differs(before) == {}


def test_a_release_by_who_may_not_decide_is_refused(staging, plugin, contained):
    plugin(staging, "otto", "release", contained.name, "--yes").ends(REFUSED, "otto")
    plugin(staging, "sue", "release", contained.name, "--restore", "Everything", "--yes").ends(USAGE, "AccessKeys")
    plugin(staging, "sue", "release", "nothing", "--yes").ends(ERROR, "nothing")
    assert denied(staging)


# Abandon


def test_abandoning_ends_custody_and_leaves_aws_as_it_is(staging, plugin, contained):
    said = plugin(staging, "bob", "abandon", contained.name, "--reason", "Terraform owns it now", "--yes")
    said.ends(DONE, "abandonment asked for: decision/")
    eventually(lambda: not staging.holds(), stories.PATIENCE)
    contained.says("Stalled", "True", "Abandoned", "delete it, or change its spec")
    assert denied(staging)


def test_abandoning_needs_a_reason_and_a_capacity(staging, plugin, contained):
    plugin(staging, "bob", "abandon", contained.name, "--yes").ends(USAGE, "--reason")
    plugin(staging, "otto", "abandon", contained.name, "--reason", "why not", "--yes").ends(REFUSED, "otto")
    assert len(staging.holds()) == 1

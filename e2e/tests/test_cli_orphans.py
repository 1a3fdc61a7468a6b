"""Custody whose object is gone is decided with `kubectl firebreak` too: by the name of who left it, or Hold by Hold."""

import pytest
import stories
from control import eventually
from custody import denied, orphaned
from plugin_answers import DONE, ERROR, REFUSED

pytest_plugins = ["plugin_fixtures"]


@pytest.fixture
def left(staging):
    """What alice's Quarantine left behind when it was deleted: its name, and the name of the Hold."""
    request = staging.asks(stories.role(staging.world)).approved().is_contained()
    request.deleted()
    (hold,) = orphaned(staging)
    eventually(request.gone, stories.PATIENCE)
    return request.name, hold["metadata"]["name"]


def test_custody_is_released_by_the_name_of_the_quarantine_that_left_it(staging, plugin, left):
    name, hold = left
    said = plugin(staging, "bob", "release", name, "--yes")
    said.ends(DONE, f"release asked for: decision/{hold}-release-bob-", "1 of 2", f"next: kubectl get holds {hold} ")
    assert f"left by Quarantine {staging.namespace}/{name}" in said.err
    plugin(staging, "sue", "release", name, "--yes").ends(DONE, "2 of 2")
    eventually(lambda: not staging.holds(), stories.PATIENCE)
    assert not denied(staging)


def test_the_status_of_a_deleted_quarantine_shows_what_it_left_and_the_way_back(staging, plugin, left):
    name, hold = left
    for asked in ([name], []):
        plugin(staging, "otto", "status", *asked).ends(DONE, f"{staging.namespace}/{name}", "was deleted at", hold,
                                                       f"kubectl firebreak release hold/{hold}")
    events = f"/apis/events.k8s.io/v1/namespaces/{staging.namespace}/events"
    told = [one["note"] for one in staging.cluster.items(events) if one["reason"] == "Orphaned"]
    assert told and hold in told[0] and f"kubectl firebreak release hold/{hold}" in told[0]


def test_custody_is_given_up_hold_by_hold(staging, plugin, left):
    _, hold = left
    (decision,) = plugin(staging, "bob", "abandon", f"hold/{hold}", "--reason", "moved", "--yes", "-o", "json").json()
    assert decision["metadata"]["namespace"] == "firebreak-system" and decision["spec"]["target"]["name"] == hold
    plugin(staging, "sue", "abandon", f"hold/{hold}", "--reason", "moved", "--yes").ends(DONE, "2 of 2")
    eventually(lambda: not staging.holds(), stories.PATIENCE)
    assert denied(staging)


def test_who_has_no_capacity_beside_the_operator_is_refused(staging, plugin, left):
    name, _ = left
    plugin(staging, "otto", "release", name, "--yes").ends(REFUSED, "otto", "decisions")
    plugin(staging, "bob", "release", name).ends(REFUSED, "add --yes")
    assert len(staging.holds()) == 1


def test_custody_that_a_quarantine_holds_is_decided_with_it(staging, plugin):
    request = staging.asks(stories.role(staging.world)).approved().is_contained()
    (hold,) = staging.holds()
    refused = plugin(staging, "bob", "release", f"hold/{hold['metadata']['name']}", "--yes")
    refused.ends(REFUSED, f"is held by Quarantine {staging.namespace}/{request.name}")


def test_a_name_that_left_nothing_behind_is_an_error(staging, plugin):
    plugin(staging, "bob", "release", "nobody", "--yes").ends(ERROR, "there is no Quarantine nobody", "left custody behind")
    plugin(staging, "bob", "release", "hold/nothing", "--yes").ends(ERROR, "there is no Hold nothing")

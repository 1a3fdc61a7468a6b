"""Breaking the glass with `kubectl firebreak`: for the night in which nobody else is there."""

import datetime

import stories
from plugin_answers import DONE, REFUSED, USAGE

pytest_plugins = ["plugin_fixtures"]

GLASS = ("--reason", "nobody answers", "--yes")


def test_breaking_the_glass_runs_the_plan_alone(production, plugin):
    request = production.asks(stories.role(production.world))
    request.plan()
    broken = plugin(production, "gus", "break-glass", request.name, "--expires-after", "1h", *GLASS)
    broken.ends(DONE, "glass broken: decision/")
    assert "gus" in request.is_contained().says("Approved", "True", "BreakGlass")["message"]


def test_who_may_not_break_the_glass_is_refused(production, plugin):
    request = production.asks(stories.role(production.world))
    request.plan()
    plugin(production, "bob", "break-glass", request.name, "--expires-after", "1h", *GLASS).ends(REFUSED, "breakglass")
    plugin(production, "gus", "break-glass", request.name, *GLASS).ends(USAGE, "--expires-after")
    assert production.writes() == []


def test_glass_that_would_stay_broken_for_more_than_a_week_is_refused(production, plugin):
    """By an admission policy, which is exit code 3, whatever HTTP status it answers with."""
    request = production.asks(stories.role(production.world))
    request.plan()
    plugin(production, "gus", "break-glass", request.name, "--expires-after", "200h", *GLASS).ends(REFUSED, "7 days")
    assert production.writes() == []


def test_requester_may_break_the_glass(production, plugin):
    """The only person awake asks, and runs it: RBAC says who may, and everybody is told."""
    request = production.asks(stories.role(production.world), by="trudy")
    request.plan()
    plugin(production, "trudy", "break-glass", request.name, "--expires-after", "1h", *GLASS).ends(DONE, "glass broken")
    request.is_contained().says("Approved", "True", "BreakGlass", "trudy")


def test_the_operator_counts_the_glass_that_the_requester_has_broken(production):
    """By the Decision itself, without the plugin."""
    request = production.asks(stories.role(production.world), by="trudy")
    request.plan()
    soon = (datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    request.decided("trudy", "breakglass", verb="BreakGlass", reason="nobody answers", expiresAt=soon)
    request.is_contained().says("Approved", "True", "BreakGlass", "trudy")

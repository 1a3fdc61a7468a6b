"""Breaking the glass with `kubectl firebreak`: for the night in which nobody else is there."""

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

"""People are told of an Incident: the notifier as the chart installs it, and providers on loopback that fail and lose answers."""

import hashlib
import hmac

import pytest
import yaml
from control import eventually
from notifying import Notifier, channel, readable
from people import ROOT
from receiver import LOST, receive
from stories import PATIENCE

pytest_plugins = ["story_fixtures"]

KEY = "signing-key"


@pytest.fixture
def notifier(bed, operator, tmp_path):
    made = Notifier(bed, receive(tmp_path), tmp_path).starts()
    yield made
    made.ends()


def access() -> list[dict]:
    return list(yaml.safe_load_all((ROOT / "examples" / "notifications" / "access.yaml").read_text()))


def test_an_incident_is_told_from_its_opening_to_its_end(development, notifier, decisions_count):
    story, provider = development, notifier.receiver
    keys = {"url": provider.url("/hook"), "signingKey": KEY}
    hook = channel(story, "hook", keys, webhook={}, severities=["High"], link="https://console.example/{namespace}/{name}")
    chat = channel(story, "chat", {"token": "xoxb-1"}, slack={"channel": "C1"})
    pager = channel(story, "pager", {"routingKey": "r-1"}, pagerDuty={}, severities=["High"])
    beat = channel(story, "beat", {"url": provider.url("/beat")}, heartbeat={"every": "10s"})
    hook.says("Stalled", "True", "SecretUnreadable", "bind a Role")
    assert provider.sent == []
    provider.answers += [503, LOST]
    readable(story, access(), "hook", "chat", "pager", "beat")
    incident = story.declares("credentials used from outside")

    def told(path: str) -> list[dict]:
        return [body for body in provider.bodies(path)]

    def events() -> list[list[str]]:
        """Without what was sent again because nobody knew whether it had arrived."""
        seen = [body["events"] for body in told("/hook")]
        return [one for index, one in enumerate(seen) if one not in seen[:index]]

    hook.says("Ready", "True", "Delivered")
    assert events() == [["opened"]]
    headers, body = provider.at("/hook")[-1]
    signed = hmac.new(KEY.encode(), f"{headers['x-firebreak-timestamp']}.{body}".encode(), hashlib.sha256)
    assert headers["x-firebreak-signature"] == f"sha256={signed.hexdigest()}"
    assert told("/hook")[-1]["link"] == f"https://console.example/{story.namespace}/{incident.name}"
    for one in (chat, pager, beat):
        one.says("Ready", "True", "Delivered")
    notifier.is_killed().starts()
    incident.decided("bob", verb="Acknowledge").says("Acknowledged", "True")
    eventually(lambda: events() == [["opened"], ["acknowledged"]], PATIENCE * 2, 0.2)
    incident.decided("alice", "responder", verb="Resolve", outcome="Benign").says("Resolved", "True")
    eventually(lambda: any("resolved" in event for one in events() for event in one), PATIENCE, 0.2)
    eventually(lambda: told("/pager/v2/enqueue")[-1]["event_action"] == "resolve", PATIENCE, 0.2)
    assert [one["event_action"] for one in told("/pager/v2/enqueue")][-3:] == ["trigger", "acknowledge", "resolve"]
    assert {one["dedup_key"] for one in told("/pager/v2/enqueue")} == {incident.seen()["metadata"]["uid"]}
    eventually(lambda: "resolved" in told("/slack/chat.postMessage")[-1]["text"], PATIENCE, 0.2)
    threads = [one.get("thread_ts") for one in told("/slack/chat.postMessage")]
    assert threads[-1] and threads[-1] == threads[-2], "one thread for the incident"
    text = str(provider.sent)
    assert "credentials used from outside" not in text, "what others write is not told"
    assert all(secret not in notifier_log for secret in ("xoxb-1", "r-1", KEY) for notifier_log in logs(notifier))


def logs(notifier: Notifier) -> list[str]:
    return [path.read_text() for path in notifier.folder.glob("notifier-*.log")]

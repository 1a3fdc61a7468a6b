"""A story whose account is watched: a FindingSource, the Playbook for what it reads, and the Incident that comes of it."""

import dataclasses
import datetime
import json

import findings
import stories
from control import eventually

# What is done about stolen credentials: one write, which the attached policies of the role show.
DENY_OWNER = {"name": "owner", "from": "AccessKeyOwner", "iamRole": {"methods": ["DenyAll"]}}


class Playbook(stories.Request):
    """A Playbook, as people see it."""

    kind = "Playbook"

    @property
    def path(self) -> str:
        return f"{self.story.playbooks}/{self.name}"


class Source(stories.Request):
    """A FindingSource, as people see it."""

    kind = "FindingSource"

    @property
    def path(self) -> str:
        return f"{self.story.finding_sources}/{self.name}"

    def has_handled(self, finding: dict) -> "Source":
        """Waits until everything up to this finding's update was handled."""
        eventually(lambda: self._up_to() >= _moment(finding["updatedAt"]), seconds=stories.PATIENCE, every=0.2)
        return self

    def _up_to(self) -> datetime.datetime:
        (poll,) = self.seen()["status"]["polls"]
        return _moment(poll.get("upTo", "2000-01-01T00:00:00Z"))

    def has_counted(self, **counts: int) -> "Source":
        """Waits until that became of findings, and nothing else."""
        def counted() -> bool:
            return {name: count for name, count in self.seen()["status"]["counts"].items() if count} == counts

        try:
            eventually(counted, seconds=stories.PATIENCE, every=0.2)
        except AssertionError:
            raise AssertionError(f"waited for {counts}; status is {json.dumps(self.seen()['status'], indent=1)}") from None
        return self


def _moment(time: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(time)


@dataclasses.dataclass
class Watched:
    """A story, its source, and what is found in its account."""

    story: stories.Story
    source: Source

    def finds(self, name: str = "iam_exfiltration", seen: str = "", **changes) -> dict:
        """GuardDuty has a new finding like that sample, or a new update of the one whose id is said."""
        world = self.story.world
        return findings.found(self.story.control, world, findings.sample(name, world, seen, **changes))

    def opened(self) -> stories.Declared:
        """Waits for an Incident that nobody declared: the only one."""
        (one,) = eventually(lambda: self.story.cluster.items(self.story.incidents), seconds=stories.PATIENCE, every=0.1)
        return stories.Declared(self.story, one["metadata"]["name"])

    def response(self) -> stories.Request:
        """Waits for the Quarantine that was asked for: the only one."""
        (one,) = eventually(lambda: self.story.cluster.items(self.story.quarantines), seconds=stories.PATIENCE, every=0.1)
        return stories.Request(self.story, one["metadata"]["name"])


def names(incident: stories.Declared, finding: dict) -> dict:
    """Waits until an Incident lists a finding as it was last told; the entry."""
    def listed() -> dict | None:
        entries = incident.seen()["spec"].get("findings", [])
        return next((one for one in entries if one["id"].endswith(finding["id"]) and _is_as_told(one, finding)), None)

    return eventually(listed, seconds=stories.PATIENCE, every=0.1)


def _is_as_told(entry: dict, finding: dict) -> bool:
    """In whole seconds."""
    seen, told = (_moment(time).replace(microsecond=0) for time in (entry["lastSeen"], finding["service"]["eventLastSeen"]))
    return seen == told and entry["type"] == finding["type"]


def source(story: stories.Story, account: str = "", **says) -> Source:
    """From now on findings of the account, else of the story's, are read every five seconds; what else the source says."""
    spec = {"guardDuty": {"accounts": [{"name": account or story.account}], "interval": "5s"}}
    story.applies("FindingSource", "guardduty", spec | says, by="alice")
    return Source(story, "guardduty")


def watched(story: stories.Story, mode: str, *responses: dict, by: str = "alice", **says) -> Watched:
    """From now on findings are read, and a playbook of that mode speaks of all of them; what else the source says."""
    story.applies("Playbook", "credentials", {"mode": mode, "responses": list(responses)}, by)
    Playbook(story, "credentials").says("Ready")
    asked = source(story, **says)
    asked.says("Ready")
    return Watched(story, asked)

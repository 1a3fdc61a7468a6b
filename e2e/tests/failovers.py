"""A FailoverPlan as people see it, and the two regions that it is about."""

import random
from collections.abc import Callable

import stories
from control import eventually
from plugin_answers import DONE, Answer
from seeding import regions
from seeding.access import administrator
from snapshots.regions import snapshot

EAST, WEST = "us-east-1", regions.STANDBY
# What moves something; a look at a plan may also record which serial was consumed.
MOVES = ("UpdateService", "RegisterScalableTarget", "PromoteReadReplica", "ModifyDBInstance", "RebootDBInstance")
ENDED = ("Completed", "RolledBack", "Stopped")
RUN = 420  # seconds: gates sample every ten, and a fence is proven by a whole minute


class Failover(stories.Request):
    """A FailoverPlan of a story, spoken about with the plugin."""

    kind = "FailoverPlan"

    def __init__(self, story: stories.Story, there: dict, plugin: Callable) -> None:
        super().__init__(story, f"shop-{random.randrange(10**9)}")
        self.there, self.serial, self._plugin = there, 0, plugin

    @property
    def path(self) -> str:
        return f"{self.story.failover_plans}/{self.name}"

    def created(self, spec: dict, by: str = "alice") -> "Failover":
        given = {"apiVersion": "firebreak.dev/v1alpha1", "kind": self.kind, "metadata": {"name": self.name}, "spec": spec}
        self.story.cluster.creates(self.story.failover_plans, given, by)
        return self

    def activated(self, region: str, serial: int, by: str = "alice", **more) -> "Failover":
        """The lines of a commit."""
        told = {"spec": {"activation": {"region": region, "serial": serial, "acknowledgeSplitBrain": {"serial": serial}} | more}}
        self.story.cluster.patches(self.path, told, by)
        self.serial = serial
        return self

    def has_also(self, step: dict, by: str = "alice") -> "Failover":
        """An edit that adds a step."""
        self.story.cluster.patches(self.path, {"spec": {"steps": [*self.seen()["spec"]["steps"], step]}}, by)
        return self

    def tells(self, by: str, verb: str, *arguments: str) -> Answer:
        """`kubectl firebreak failover VERB NAME ...`"""
        return self._plugin(self.story, by, "failover", verb, self.name, *arguments)

    def started(self, by: str, region: str, *acknowledged: str) -> "Failover":
        """A Start, as people on call give it: it takes the next serial."""
        self.serial = self.seen()["status"]["serial"] + 1
        self.tells(by, "start", "--to", region, "--acknowledge-split-brain", *acknowledged, "--approver-role", "responder",
                   "--yes").ends(DONE, region)
        return self

    def agreed(self, *people: tuple[str, str]) -> "Failover":
        """They approve the plan that waits."""
        self.says("Ready", "False", "AwaitingApproval")
        for by, approver_role in people:
            self.tells(by, "approve", "--approver-role", approver_role, "--yes").ends(DONE)
        return self

    def ends_in(self, region: str) -> "Failover":
        """Waits for its end: the region is active, as far as was observed."""
        eventually(lambda: self._of_now().get("phase") in ENDED, seconds=RUN, every=0.5)
        self.says("FailedOver", "True", message=region)
        self.tells("otto", "watch", "--timeout", "30s").ends(DONE, region)
        return self

    def _of_now(self) -> dict:
        """Its status, where that speaks of the serial that was asked for last."""
        status = self.seen().get("status", {})
        return status if status.get("serial") == self.serial else {}

    def progresses(self, step: str, state: str) -> "Failover":
        """Waits until a step is so far."""
        eventually(lambda: self.step(step).get("state") == state, seconds=stories.PATIENCE, every=0.2)
        return self

    def step(self, name: str) -> dict:
        """What the status says of a step; empty while it says nothing."""
        return next((one for one in self.seen().get("status", {}).get("steps", []) if one["name"] == name), {})

    def groups(self, region: str, database: str) -> list[str]:
        """The security groups of a database."""
        rds = administrator(self.story.world["endpoint"], self.story.world["accountId"], region)("rds")
        (found,) = rds.describe_db_instances(DBInstanceIdentifier=database)["DBInstances"]
        return [each["VpcSecurityGroupId"] for each in found["VpcSecurityGroups"]]

    def world(self) -> dict:
        """Both regions, as they are now."""
        return snapshot(self.story.world, self.there)

    def moved(self) -> list[str]:
        """What Firebreak did in either region, in its order."""
        return [call["action"] for call in self.story.writes() if call["action"] in MOVES or self._switches(call)]

    def _switches(self, call: dict) -> bool:
        return call["action"] in ("PutObject", "DeleteObject") and self.there["switchKey"] in call["params"].get("path", "")

    def protects_again(self) -> "Failover":
        """What people do before the way back: the region that was left gets a replica of the new writer."""
        account, endpoint = self.story.world["accountId"], self.story.world["endpoint"]
        east, west = (administrator(endpoint, account, region) for region in (EAST, WEST))
        regions.replicate(west, east, regions.REPLICA, regions.DATABASE)
        self.says("Protected", "True")
        return self


def spec(example: dict, story: stories.Story, there: dict, fenced: bool = False, **more) -> dict:
    """The example's, with the names of the story's world; without the gate that asks the public internet, and, where nobody asks for
    it, without the fence, whose proof takes minutes."""
    given = example["spec"] | {"accountRef": {"name": story.account}, "sampleInterval": "10s"}
    given["runStore"] = {word: {"bucket": name} for word, name in there["runBuckets"].items()}
    steps = {one["name"]: one for one in given["steps"] if one["name"] != "serves"}
    service = {"cluster": story.world["cluster"], "service": story.world["service"]}
    steps["scale"]["ecsScale"] |= {"primary": service, "standby": service}
    steps["promote"]["rdsPromoteReplica"] |= there["databases"]
    if fenced:
        steps["fence"]["fence"] = {word: {"instance": there["databases"][word], "securityGroup": there["fences"][word]}
                                   for word in ("primary", "standby")}
    else:
        steps["promote"]["dependsOn"] = steps.pop("fence")["dependsOn"]
    steps["healthy"]["gate"] |= {"consecutive": 1, "intervalSeconds": 5,
                                 "healthyTargets": there["targetGroups"] | {"minimum": 1}}
    steps["traffic"]["healthCheckSwitch"] = {"bucket": there["switchBucket"], "key": there["switchKey"]}
    return given | {"steps": list(steps.values())} | more


def never(name: str = "never", *after: str) -> dict:
    """A gate that nothing lets through: there is no such alarm."""
    return {"name": name, "dependsOn": list(after), "gate": {"alarm": {"primary": "none", "standby": "none"}}}

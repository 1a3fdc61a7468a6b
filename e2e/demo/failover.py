"""A region is given up, and comes back: the third story of the demo. It uses the manifests of examples/regional-failover."""

import json
import pathlib
import tempfile

from control import Control
from seeding import regions
from seeding.access import Clients, administrator
from snapshots.regions import snapshot

from demo.shell import ROOT, Shell

EXAMPLE = "examples/regional-failover"
EAST, WEST = "us-east-1", regions.STANDBY
PLAN = "failoverplan/shop -n shop"
# What moves something. A look at a plan may also record which serial was consumed.
MOVES = ("UpdateService", "RegisterScalableTarget", "ModifyDBInstance", "RebootDBInstance", "PromoteReadReplica", "DeleteObject")


def tell(shell: Shell, world: dict) -> None:
    """Raises Unexpected at the first thing that is not as it should be. The people of the first story are there."""
    shell.chapter("Third story. A shop is served by us-east-1, and can be served by us-west-2")
    there = regions.seed(world)
    before = snapshot(world, there)
    copies = _Copies(world, there)
    _prepare(shell, copies)
    _asked(shell, world)
    _over(shell, world, there, before)
    _protected_again(shell, world)
    _back(shell, world, copies)
    _prove(shell, world, there, before)


class _Copies:
    """The example's manifests with this world's service, security groups and target groups, as one would edit a copy of them."""

    def __init__(self, world: dict, there: dict) -> None:
        self._names = {"service: shop": f"service: {world['service']}", "service/prod/shop": f"service/{world['cluster']}/{world['service']}"}
        for word, region, number, suffix in (("primary", EAST, "0123456789abcdef", "a"), ("standby", WEST, "fedcba9876543210", "b")):
            example = f"arn:aws:elasticloadbalancing:{region}:{world['accountId']}:targetgroup/shop/{number}"
            self._names |= {example: there["targetGroups"][word], f"sg-0fe0ce0fe0ce0000{suffix}": there["fences"][word]}

    def account(self) -> pathlib.Path:
        """The AwsAccount, which grants the service of this account."""
        return self._written("account", (ROOT / EXAMPLE / "account.yaml").read_text())

    def plan(self, activation: str = "region: us-east-1, serial: 1") -> pathlib.Path:
        """The FailoverPlan with that activation, and without the step that asks customers' way in: nobody answers at example.com."""
        text = (ROOT / EXAMPLE / "failover-plan.yaml").read_text()
        text = text[: text.index("  # 6.")].replace("region: us-east-1, serial: 1", activation)
        text = text.replace("mode: Graceful", "mode: Ungraceful").replace("  steps:\n", "  sampleInterval: 10s\n  steps:\n", 1)
        return self._written("failover-plan", text)

    def _written(self, name: str, text: str) -> pathlib.Path:
        for example, ours in self._names.items():
            text = text.replace(example, ours)
        path = pathlib.Path(tempfile.gettempdir()) / f"firebreak-demo-{name}.yaml"
        path.write_text(text)
        return path


def _prepare(shell: Shell, copies: _Copies) -> None:
    for name in ("people", "guardrail"):
        shell.run(f"kubectl apply -f {EXAMPLE}/{name}.yaml")
    shell.say(f"Copies of the other manifests of {EXAMPLE} name the service, the security groups and the target groups of this account;")
    shell.say("lags are sampled every 10 s instead of every minute, and the mode is Ungraceful: us-east-1 is going to be ill.")
    shell.run(f"kubectl apply -f {copies.account()}")
    shell.run(f"kubectl apply -f {copies.plan()} --as alice")
    shell.say("Creating it moves nothing. It is watched for months: could it run, and does the replica follow?")
    for condition in ("Protected", "StandbyReady"):
        shell.run(f"kubectl wait {PLAN} --for=condition={condition} --timeout=60s")
    shell.run("kubectl firebreak failover readiness shop -n shop")


def _asked(shell: Shell, world: dict) -> None:
    shell.chapter("us-east-1 must be left. Dora is on call, and asks for it; she approves nothing of it")
    regions.connects(_in(world, EAST), regions.DATABASE, now=3, soon=0)
    shell.say("What was written within the last seconds may be lost. That has to be said, and those who approve read it:")
    shell.run("kubectl firebreak failover start shop --to us-west-2 --acknowledge-data-loss within-objective -n shop "
              "--approver-role responder --yes --as dora")
    shell.quietly(f"kubectl get {PLAN} -o jsonpath={{.status.approvals}}", contains="0/2")
    shell.run("kubectl firebreak failover plan shop -n shop --as bob", contains="ONE WAY")
    shell.expect(_moved(world) == [], "nothing to be moved yet")


def _over(shell: Shell, world: dict, there: dict, before: dict) -> None:
    _agreed(shell)
    shell.chapter("Capacity, fence, database, traffic: what can be put back comes first, and traffic last")
    _watched(shell, WEST)
    shell.say(f"What was written to AWS, in this order: {', '.join(_moved(world))}.")
    over = snapshot(world, there)
    shell.expect(over[EAST]["counts"] == before[EAST]["counts"], "the service of us-east-1 not to be touched")
    shell.expect(over[WEST]["counts"] == {world["service"]: 2}, "as many tasks in us-west-2 as served in us-east-1")
    shell.expect(over[WEST]["sources"] == {regions.REPLICA: ""}, "the replica to be a database of its own")
    shell.run(f"kubectl get {PLAN}", contains=WEST)


def _protected_again(shell: Shell, world: dict) -> None:
    shell.chapter("us-east-1 is well again. People make its database a replica of the new one, and the way back is watched")
    regions.replicate(_in(world, WEST), _in(world, EAST), regions.REPLICA, regions.DATABASE)
    shell.output(f">>> boto3.client('rds').create_db_instance_read_replica(DBInstanceIdentifier='{regions.DATABASE}', …)")
    for condition in ("Protected", "StandbyReady"):
        shell.run(f"kubectl wait {PLAN} --for=condition={condition} --timeout=60s")


def _back(shell: Shell, world: dict, copies: _Copies) -> None:
    shell.chapter("Back, by a commit. Nothing writes here, and Alice says so: the promotion need not wait for the fence")
    said = "acknowledgeDataLoss: {serial: 3, extent: WithinObjective}, acknowledgeSplitBrain: {serial: 3}"
    path = copies.plan(f"region: us-east-1, serial: 3, {said}")
    shell.run(f"kubectl diff -f {path} --as alice", fails=None, contains="serial: 3")
    shell.run(f"kubectl apply -f {path} --as alice")
    _agreed(shell)
    _watched(shell, EAST)


def _agreed(shell: Shell) -> None:
    shell.quietly(f"kubectl get {PLAN} -o jsonpath={{.status.approvals}}", contains="0/2")
    shell.run("kubectl firebreak failover approve shop -n shop --yes --as bob")
    shell.run("kubectl firebreak failover approve shop -n shop --approver-role security --yes --as carol")


def _watched(shell: Shell, region: str) -> None:
    shell.run("kubectl firebreak failover watch shop -n shop --timeout 8m")
    shell.run(f"kubectl wait {PLAN} --for=condition=FailedOver --timeout=30s")
    shell.expect(shell.object(PLAN)["status"]["activeRegion"] == region, f"{region} to be active")


def _prove(shell: Shell, world: dict, there: dict, before: dict) -> None:
    shell.chapter("The proof: us-east-1 serves as before, and us-west-2 keeps its capacity until people take it away")
    shell.run("kubectl firebreak failover history shop -n shop")
    after = snapshot(world, there)
    shell.expect(after["switch"] == before["switch"], "traffic to go where it went before")
    shell.expect(after[EAST] == before[EAST], "us-east-1 to be as it was")
    shell.output(json.dumps({region: after[region]["sources"] for region in (EAST, WEST)}, indent=2))


def _moved(world: dict) -> list[str]:
    """What Firebreak did in either region, in its order; the switch of traffic is an object."""
    made = Control(world["endpoint"]).calls(account=world["accountId"])
    ours = [call for call in made if "firebreak-failover" in call["principal"]]
    return [call["action"] for call in ours if call["action"] in MOVES or _switches(call)]


def _switches(call: dict) -> bool:
    return call["action"] == "PutObject" and "is-active" in call["params"].get("path", "")


def _in(world: dict, region: str) -> Clients:
    return administrator(world["endpoint"], world["accountId"], region)

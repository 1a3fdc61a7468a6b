"""A finding, an Incident, and its report: the second story of the demo. It uses the manifests of examples/guardduty-to-quarantine."""

import json

import findings
from control import Control
from seeding.access import Clients
from snapshots import diff, snapshot

from demo.shell import Shell

EXAMPLE = "examples/guardduty-to-quarantine"
THEIRS = {"shop": "cluster", "checkout": "neighbourService"}  # the samples' cluster and service, and which they are here
REPORT = "/tmp/firebreak-demo-report.html"


def tell(shell: Shell, world: dict) -> None:
    """Raises Unexpected at the first thing that is not as it should be. The people of the first story are there."""
    before = _snapshot(world)
    _prepare(shell)
    incident = _found(shell, world)
    isolate = _answered(shell, incident, world)
    stop = _corroborated(shell, incident, world)
    _approved(shell, stop, world)
    _resolved(shell, incident, isolate, stop)
    _kept(shell, incident)
    _prove(shell, world, before)


def _prepare(shell: Shell) -> None:
    shell.chapter("Second story. Findings of GuardDuty are read, and a playbook says what they ask for")
    for name in ("guardrail", "account"):
        shell.run(f"kubectl apply -f {EXAMPLE}/{name}.yaml")
    for name in ("playbook", "finding-source"):
        shell.run(f"kubectl apply -f {EXAMPLE}/{name}.yaml --as alice")
    shell.run("kubectl wait findingsource/guardduty -n payments --for=condition=Receiving --timeout=30s")


def _found(shell: Shell, world: dict) -> str:
    shell.chapter("GuardDuty finds a coin miner in a container")
    _finds(shell, world, "ecs_second_type")
    incident = shell.quietly("kubectl get incidents -n payments -o jsonpath={.items[*].metadata.name}", 40, "service-orders").strip()
    shell.run("kubectl get incidents -n payments", contains="High")
    return incident


def _answered(shell: Shell, incident: str, world: dict) -> str:
    shell.chapter("Nobody had to be awake: what is reversible begins at once, and is reviewed afterwards")
    isolate = _response(shell, incident, "isolate")
    shell.run(f"kubectl wait quarantine/{isolate} -n payments --for=condition=Contained --timeout=120s")
    shell.expect(_rules(world) == 0, "every rule of its security group to be gone")
    shell.say("Its tasks run on: their memory is evidence. Stopping them would destroy it, and one finding is not enough.")
    names = shell.quietly(f"kubectl get incident/{incident} -n payments -o jsonpath={{.spec.responses[*].name}}")
    shell.expect("stop" not in names, "nothing destructive to be asked for yet")
    return isolate


def _corroborated(shell: Shell, incident: str, world: dict) -> str:
    shell.chapter("A second finding, from another source of data, says the same")
    _finds(shell, world, "ecs_runtime")
    stop = _response(shell, incident, "stop")
    shell.quietly(f"kubectl get quarantine/{stop} -n payments -o jsonpath={{.status.approvals}}", 30, "0/2")
    shell.run("kubectl firebreak incidents -n payments", contains=incident)
    shell.run(f"kubectl firebreak ack {incident} -n payments --as alice")
    shell.say("What is destructive waits for two people. Alice wrote the playbook: she asked for it, and approves nothing of it.")
    shell.run(f"kubectl firebreak plan {stop} -n payments --as bob", contains="DESTRUCTIVE")
    shell.run(f"kubectl firebreak approve {stop} -n payments --yes --as alice", fails=True)
    return stop


def _approved(shell: Shell, stop: str, world: dict) -> None:
    shell.chapter("Two people approve")
    shell.run(f"kubectl firebreak approve {stop} -n payments --yes --as bob")
    shell.expect(_running(world) > 0, "the tasks to run while one approval is missing")
    shell.run(f"kubectl firebreak approve {stop} -n payments --approver-role security --yes --as carol")
    shell.run(f"kubectl wait quarantine/{stop} -n payments --for=condition=Contained --timeout=60s")
    shell.expect(_running(world) == 0, "every task to be stopped")


def _resolved(shell: Shell, incident: str, isolate: str, stop: str) -> None:
    shell.chapter("The way in is closed. Alice resolves the Incident, which asks for the release of both")
    shell.run(f"kubectl wait incident/{incident} -n payments --for=condition=Contained --timeout=30s")
    shell.run(f"kubectl firebreak resolve {incident} -n payments --outcome TruePositive --yes --as alice")
    for name in (stop, isolate):
        shell.quietly(f"kubectl get quarantine/{name} -n payments -o jsonpath={{.status.approvals}}", 60, "0/2")
        for person in ("bob", "carol"):
            shell.run(f"kubectl firebreak approve {name} -n payments --yes --as {person}")
    for name in (stop, isolate):
        shell.run(f"kubectl wait quarantine/{name} -n payments --for=condition=Released --timeout=60s")
    shell.run(f"kubectl wait incident/{incident} -n payments --for=condition=Resolved --timeout=60s")


def _kept(shell: Shell, incident: str) -> None:
    shell.chapter("What is left: the timeline, the report, and a ledger that nobody can change unseen")
    shell.run(f"kubectl firebreak timeline {incident} -n payments", contains="resolved")
    shell.run(f"kubectl firebreak report {incident} -n payments -o html --output-file {REPORT}")
    shell.quietly(f"kubectl get incident/{incident} -n payments -o json", 90, '"ReportStored"')
    shell.run(f"kubectl wait incident/{incident} -n payments --for=condition=Ledgered --timeout=90s")
    shell.run(f"kubectl firebreak ledger verify {incident} -n payments --allow-endpoint-overrides", contains="intact")


def _prove(shell: Shell, world: dict, before: dict) -> None:
    shell.chapter("The proof: the account is as it was")
    kept = f"buckets.{world['evidenceBucket']}.objects."
    changes = diff(before, _snapshot(world))
    others = {path: change for path, change in changes.items() if not path.startswith(kept)}
    shell.output(json.dumps(others, indent=2))
    shell.expect(others == {}, "no difference but the evidence")
    shell.say(f"Beside it, {len(changes)} objects of evidence were kept in s3://{world['evidenceBucket']}.")


def _finds(shell: Shell, world: dict, sample: str) -> None:
    text = json.dumps(findings.sample(sample, world))
    for theirs, ours in THEIRS.items():
        text = text.replace(theirs, world[ours])
    finding = findings.found(Control(world["endpoint"]), world, json.loads(text))
    shell.output(f">>> GuardDuty: {finding['type']}, severity {finding['severity']}, ECS service {world['neighbourService']}")


def _response(shell: Shell, incident: str, name: str) -> str:
    """Waits for the Quarantine of that response."""
    asked = f"kubectl get quarantines -n payments -l firebreak.dev/incident={incident} -o jsonpath={{.items[*].metadata.name}}"
    found = shell.quietly(asked, 40, f"-{name}-")
    return next(one for one in found.split() if f"-{name}-" in one)


def _snapshot(world: dict) -> dict:
    return snapshot(world["endpoint"], world["accountId"], world["region"], identities=False)


def _rules(world: dict) -> int:
    wanted = [{"Name": "group-id", "Values": [world["neighbourSecurityGroup"]]}]
    return len(_clients(world)("ec2").describe_security_group_rules(Filters=wanted)["SecurityGroupRules"])


def _running(world: dict) -> int:
    asked = {"cluster": world["cluster"], "serviceName": world["neighbourService"]}
    return len(_clients(world)("ecs").list_tasks(**asked)["taskArns"])


def _clients(world: dict) -> Clients:
    return Clients(world["endpoint"], world["accountId"], world["region"])

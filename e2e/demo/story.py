"""Contain, drift, undo: the story that the demo tells. It uses the manifests of examples/quarantine-a-role."""

import json
import time

import controller
from control import Control
from seeding.access import Clients
from snapshots import diff, snapshot

from demo.shell import Shell

EXAMPLE = "examples/quarantine-a-role"
ROLE = "payments-task"
OBJECT = f"quarantine/{ROLE}"


def tell(shell: Shell, bed: dict, world: dict) -> None:
    """Raises Unexpected at the first thing that is not as it should be."""
    before = _snapshot(world)
    shell.say(f"A snapshot of the account is taken: {_size(before)} resources.")
    _prepare(shell, bed)
    _ask(shell)
    _wrong_people(shell, world)
    _approve(shell)
    _contain(shell, world)
    _drift(shell, world)
    _release(shell)
    _prove(shell, world, before)


def _prepare(shell: Shell, bed: dict) -> None:
    shell.chapter("Once: who may do what, what is never touched, and in which account")
    for name in ("people", "guardrail", "account"):
        shell.run(f"kubectl apply -f {EXAMPLE}/{name}.yaml")
    shell.run("kubectl wait awsaccount/production --for=condition=Ready --timeout=30s")
    seconds = controller.seconds_until_decisions_count(bed)
    if seconds:
        shell.say(f"Decisions count once the policies that bind them to a person are in force for 10 s: {seconds:.0f} s.")
        time.sleep(seconds)


def _ask(shell: Shell) -> None:
    shell.chapter("Alarm: the credentials of a task role are used from outside. Alice asks to cut it off")
    shell.run(f"kubectl apply -f {EXAMPLE}/quarantine.yaml --as alice")
    shell.quietly(f"kubectl get {OBJECT} -n payments -o jsonpath={{.status.approvals}}", contains="0/2")
    shell.run("kubectl get quarantine -n payments", contains="AwaitingApproval")
    shell.say("Nothing has been written to AWS. This is what would be:")
    shell.run(f"kubectl firebreak plan {ROLE} -n payments --as bob", contains=ROLE)


def _wrong_people(shell: Shell, world: dict) -> None:
    shell.chapter("The wrong people approve first")
    shell.run(f"kubectl firebreak approve {ROLE} -n payments --yes --as mallory", fails=True)
    shell.say("Alice is an approver, but not of what she asked for herself:")
    shell.run(f"kubectl firebreak approve {ROLE} -n payments --yes --as alice", fails=True, contains="requested this run")
    approvals = shell.run(f"kubectl get {OBJECT} -n payments -o jsonpath='{{.status.approvals}}{{\"\\n\"}}'")
    shell.expect(approvals.strip() == "0/2", "nobody's approval to count yet")
    shell.expect(_written(world) == [], "AWS to be untouched")


def _approve(shell: Shell) -> None:
    shell.chapter("Two people approve exactly this plan, one of them for security")
    shell.run(f"kubectl firebreak approve {ROLE} -n payments --yes --as bob")
    shell.run(f"kubectl firebreak approve {ROLE} -n payments --approver-role security --yes --as carol")
    shell.run(f"kubectl wait {OBJECT} -n payments --for=condition=Applied --timeout=30s")
    shell.run("kubectl get quarantine,responseplans -n payments")


def _contain(shell: Shell, world: dict) -> None:
    shell.chapter("Applied is not yet Contained")
    shell.say("IAM enforces a change everywhere only after a while. Firebreak reads it again after 15 s and after 60 s,")
    shell.say("and says Contained when it is still there. That is the minute that is waited for now.")
    begun = time.monotonic()
    shell.run(f"kubectl wait {OBJECT} -n payments --for=condition=Contained --timeout=120s")
    shell.say(f"It took {time.monotonic() - begun:.0f} s.")
    shell.run(f"kubectl firebreak status {ROLE} -n payments", contains="Contained")
    shell.expect(world["denyAllPolicyArn"] in _attached(world), "the deny policy to be attached")


def _drift(shell: Shell, world: dict) -> None:
    shell.chapter("Somebody undoes it behind Firebreak's back")
    names = {"RoleName": ROLE, "PolicyArn": world["denyAllPolicyArn"]}
    shell.output(f">>> boto3.client('iam').detach_role_policy(**{json.dumps(names)})")
    Clients(world["endpoint"], world["accountId"], world["region"])("iam").detach_role_policy(**names)
    shell.expect(world["denyAllPolicyArn"] not in _attached(world), "the deny policy to be detached")
    shell.say("Firebreak looks again every 15 s (every 5 min unless --resync says otherwise), and puts it right:")
    reason = "'jsonpath={.status.conditions[?(@.type==\"InSync\")].reason}=DriftReasserted'"
    shell.run(f"kubectl wait {OBJECT} -n payments --for={reason} --timeout=60s")
    shell.quietly("kubectl get events -n payments -o jsonpath={.items[*].reason}", contains="DriftReasserted")
    shell.run("kubectl get events -n payments --field-selector reason=DriftReasserted", contains="put right")
    shell.expect(world["denyAllPolicyArn"] in _attached(world), "the deny policy to be attached again")


def _release(shell: Shell) -> None:
    shell.chapter("The incident is over: everything is put back, exactly")
    shell.run(f"kubectl firebreak release {ROLE} -n payments --restore Sessions,TrustPolicy --yes --as alice")
    shell.quietly(f"kubectl get {OBJECT} -n payments -o jsonpath={{.status.approvals}}", contains="0/1")
    shell.run(f"kubectl firebreak plan {ROLE} -n payments --as bob")
    shell.run(f"kubectl firebreak approve {ROLE} -n payments --yes --as bob")
    shell.run(f"kubectl wait {OBJECT} -n payments --for=condition=Released --timeout=30s")
    shell.run("kubectl get quarantine,responseplans,decisions -n payments")
    shell.run("kubectl get holds", contains="No resources found")


def _prove(shell: Shell, world: dict, before: dict) -> None:
    shell.chapter("The proof: AWS is as it was")
    changes = diff(before, _snapshot(world))
    shell.output(json.dumps(changes, indent=2))
    shell.expect(changes == {}, "no difference between the snapshots")
    shell.say(f"{_size(before)} resources compared, {len(changes)} differences.")


def _snapshot(world: dict) -> dict:
    return snapshot(world["endpoint"], world["accountId"], world["region"])


def _size(snapshot: dict) -> int:
    return sum(len(section) for section in snapshot.values())


def _attached(world: dict) -> list[str]:
    return _snapshot(world)["roles"][ROLE]["attached"]


def _written(world: dict) -> list[dict]:
    """What the operator wrote to AWS."""
    made = Control(world["endpoint"]).calls(account=world["accountId"])
    return [call for call in made if "bed-administrator" not in call["principal"]]

"""The words in which the stories are told: an account is granted, somebody asks, others approve, a snapshot of AWS is taken."""

import dataclasses
import json
import random

from cluster import API, Cluster
from control import Control, eventually
from seeding.access import Clients, administrator
from snapshots import diff, snapshot

PATIENCE = 60  # seconds; far more than anything takes, because machines that run tests are busy
# Of the operator: what takes a minute in AWS takes two seconds.
FLAGS = ("--iam-settling", "1", "2", "4", "--s3-settling", "1", "2", "4", "--waf-settling", "1", "2", "4", "--resync", "4")
# Development asks nobody, staging one person, production two, of whom one speaks for security.
GUARDRAILS = {
    "development": {"environments": ["Development"], "approvals": [{"required": 0}]},
    "staging": {"environments": ["Staging"], "approvals": [{"required": 1}], "containNow": ["Critical"]},
    "production": {"environments": ["Production"], "approvals": [
        {"action": "Contain", "required": 2, "approverRoles": ["security"]}, {"action": "Release", "required": 1}]},
}
PROTECTED = {"arns": ["arn:aws:iam::*:role/protected-*"], "tags": [{"key": "firebreak.dev/protected"}]}


@dataclasses.dataclass
class Story:
    """One test's world: a namespace, and an AWS account that it may use."""

    kubectl: object
    cluster: Cluster
    control: Control
    world: dict
    namespace: str

    @property
    def aws(self) -> Clients:
        return administrator(self.world["endpoint"], self.world["accountId"], self.world["region"])

    @property
    def account(self) -> str:
        """Name of the AwsAccount."""
        return f"account-{self.world['accountId']}"

    def has_account(self, environment: str, name: str | None = None, **spec) -> None:
        """The AwsAccount, granted to the story's namespace."""
        name, given = name or self.account, account_spec(self.world, environment, self.namespace) | spec
        self.cluster.applies(f"{API}/awsaccounts/{name}", self._object("AwsAccount", name, given))

    def applies(self, kind: str, name: str, spec: dict, by: str) -> dict:
        """With kubectl, as people do."""
        given = self._object(kind, name, spec)
        return json.loads(self.kubectl("--as", by, "apply", "-f", "-", "-o", "json", give=given))

    def asks(self, target: dict, name: str = "", by: str = "alice", **spec) -> "Request":
        """Somebody asks for a quarantine; with kubectl where it may exist already."""
        given = {"accountRef": {"name": self.account}, "region": self.world["region"], "target": target} | spec
        if name:
            self.applies("Quarantine", name, given, by)
            return Request(self, name)
        fresh = Request(self, f"q-{random.randrange(10**9)}")
        self.cluster.creates(self.quarantines, self._object("Quarantine", fresh.name, given), by)
        return fresh

    def blocks(self, web_acl: dict, *cidrs: str, **spec) -> "Blocked":
        """Somebody asks for a TrafficPolicy."""
        fresh = Blocked(self, f"t-{random.randrange(10**9)}")
        given = {"accountRef": {"name": self.account}, "region": self.world["region"], "webAcl": web_acl,
                 "block": [{"cidr": cidr} for cidr in cidrs]} | spec
        self.cluster.creates(self.traffic_policies, self._object("TrafficPolicy", fresh.name, given), "alice")
        return fresh

    def declares(self, title: str, by: str = "alice", **spec) -> "Declared":
        """Somebody declares an Incident."""
        fresh = Declared(self, f"i-{random.randrange(10**9)}")
        given = {"severity": "High", "title": title} | spec
        self.cluster.creates(self.incidents, self._object("Incident", fresh.name, given), by)
        return fresh

    def responds(self, name: str, target: dict, *after: str) -> dict:
        """A response of an Incident: a quarantine in the story's account."""
        asked = {"accountRef": {"name": self.account}, "region": self.world["region"], "target": target}
        return {"name": name, "quarantine": asked} | ({"dependsOn": list(after)} if after else {})

    @property
    def quarantines(self) -> str:
        """Path of the namespace's."""
        return f"{API}/namespaces/{self.namespace}/quarantines"

    @property
    def traffic_policies(self) -> str:
        """Path of the namespace's."""
        return f"{API}/namespaces/{self.namespace}/trafficpolicies"

    @property
    def incidents(self) -> str:
        """Path of the namespace's."""
        return f"{API}/namespaces/{self.namespace}/incidents"

    @property
    def failover_plans(self) -> str:
        """Path of the namespace's."""
        return f"{API}/namespaces/{self.namespace}/failoverplans"

    @property
    def finding_sources(self) -> str:
        """Path of the namespace's."""
        return f"{API}/namespaces/{self.namespace}/findingsources"

    @property
    def playbooks(self) -> str:
        """Path of the namespace's."""
        return f"{API}/namespaces/{self.namespace}/playbooks"

    def _object(self, kind: str, name: str, spec: dict) -> dict:
        namespaced = kind in ("Quarantine", "TrafficPolicy", "Incident", "FailoverPlan", "Decision", "Playbook", "FindingSource")
        metadata = {"name": name} | ({"namespace": self.namespace} if namespaced else {})
        return {"apiVersion": "firebreak.dev/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec}

    def snapshot(self, identities: bool = True) -> dict:
        return snapshot(self.world["endpoint"], self.world["accountId"], self.world["region"], identities)

    def differs(self, before: dict, identities: bool = True) -> dict:
        """Every path that is not as in the snapshot."""
        return diff(before, self.snapshot(identities))

    def becomes(self, before: dict) -> None:
        """Waits until it is as in the snapshot, but for names that AWS gives by chance: ECS deploys in its own time."""
        try:
            eventually(lambda: self.differs(before, identities=False) == {}, seconds=20, every=0.5)
        except AssertionError:
            differences = json.dumps(self.differs(before, identities=False), indent=1)
            raise AssertionError(f"it is not as it was: {differences}") from None

    def writes(self, **fields) -> list[dict]:
        """What the operator wrote in the account, oldest first; what the test did as administrator is not in it."""
        made = self.control.calls(account=self.world["accountId"], **fields)
        return [call for call in made if "bed-administrator" not in call["principal"]]

    def holds(self) -> list[dict]:
        return self.cluster.holds(self.world["accountId"])

    def leaves(self) -> None:
        """Takes everything along, the custody too: the operator would keep what is left in order to the last test."""
        for kind in (self.finding_sources, self.playbooks, self.failover_plans, self.incidents, self.traffic_policies,
                     self.quarantines):
            for one in self.cluster.items(kind):
                self.cluster.ends(f"{kind}/{one['metadata']['name']}")
        for hold in self.holds():
            self.cluster.ends(f"{API}/holds/{hold['metadata']['name']}")
        self.cluster.ends(f"{API}/awsaccounts/{self.account}")


def account_spec(world: dict, environment: str, namespace: str) -> dict:
    return {
        "accountId": world["accountId"], "environment": environment, "regions": [world["region"]],
        "externalId": world["externalId"], "denyPolicyArn": world["denyAllPolicyArn"],
        "roles": {"read": world["readRoleArn"], "contain": world["containRoleArn"], "failover": world["failoverRoleArn"],
                  "queue": world["queueRoleArn"]},
        "breakGlass": [f"arn:aws:iam::{world['accountId']}:role/bed-administrator"],
        "grants": [{"namespaces": [namespace], "kinds": ["*"], "arnPatterns": ["*"]}],
    }


def guardrails() -> dict:
    """Those of every environment, as a List."""
    items = [_guardrail(name, spec) for name, spec in GUARDRAILS.items()]
    return {"apiVersion": "v1", "kind": "List", "items": items}


def _guardrail(name: str, spec: dict) -> dict:
    return {"apiVersion": "firebreak.dev/v1alpha1", "kind": "Guardrail", "metadata": {"name": f"e2e-{name}"},
            "spec": {**spec, "protected": PROTECTED}}


@dataclasses.dataclass
class Request:
    """A Quarantine, as people see it."""

    story: Story
    name: str
    kind = "Quarantine"

    @property
    def path(self) -> str:
        return f"{self.story.quarantines}/{self.name}"

    def seen(self) -> dict:
        return self.story.cluster.get(self.path)

    def gone(self) -> bool:
        return self.story.cluster.get(self.path) is None

    def condition(self, kind: str) -> dict:
        """Empty until the operator has spoken about the spec as it is now."""
        seen = self.seen()
        status = seen.get("status", {})
        if status.get("observedGeneration") != seen["metadata"]["generation"]:
            return {}
        return next((c for c in status.get("conditions", []) if c["type"] == kind), {})

    def says(self, kind: str, status: str = "True", reason: str = "", message: str = "") -> dict:
        """Waits until a condition says that."""
        def said():
            found = self.condition(kind)
            return found if (found.get("status") == status and reason in ("", found["reason"])
                             and message in found["message"]) else None

        try:
            return eventually(said, seconds=PATIENCE, every=0.1)
        except AssertionError:
            seen = self.seen() or {}
            raise AssertionError(f"waited for {kind}={status} {reason} {message!r}; status is "
                                 f"{json.dumps(seen.get('status'), indent=1)}") from None

    def is_contained(self) -> "Request":
        """By `kubectl wait`, as a script would."""
        return self._wait("Contained")

    def is_released(self) -> "Request":
        return self._wait("Released")

    def _wait(self, kind: str) -> "Request":
        try:
            self.story.kubectl("wait", f"{self.kind.lower()}/{self.name}", "-n", self.story.namespace,
                               f"--for=condition={kind}", "--timeout=50s")
        except AssertionError as late:
            status = json.dumps((self.seen() or {}).get("status"), indent=1)
            raise AssertionError(f"{late}\nstatus: {status}") from None
        return self

    def patched(self, by: str = "alice", **spec) -> "Request":
        """Somebody changes the spec."""
        self.story.cluster.patches(self.path, {"spec": spec}, by)
        return self

    def released(self, restore: tuple[str, ...] = (), by: str = "alice") -> "Request":
        """Somebody asks for the release in the spec."""
        return self.patched(by, state="Released", **({"restoreOnRelease": list(restore)} if restore else {}))

    def deleted(self, by: str = "alice") -> "Request":
        self.story.cluster.deletes(self.path, by)
        return self

    def plan(self, action: str = "Contain") -> dict:
        """Waits until the current run is one of that action and waits for people; its plan, as a Decision names it."""
        self.says("Ready", "False", "AwaitingApproval")
        named = self.seen()["status"]["plan"]
        recorded = self.story.cluster.get(f"{API}/namespaces/{self.story.namespace}/responseplans/{named['name']}")
        assert recorded["spec"]["action"] == action, recorded["spec"]
        return named

    def decision(self, by: str, approver_role: str = "approver", verb: str = "Approve", plan: dict | None = None,
                 **spec) -> dict:
        """A Decision about the current plan."""
        seen = self.seen()
        target = {"kind": self.kind, "name": self.name, "uid": seen["metadata"]["uid"],
                  "generation": seen["metadata"]["generation"]}
        named = {"plan": plan or seen["status"]["plan"]} if verb in ("Approve", "Reject", "BreakGlass") else {}
        return {"apiVersion": "firebreak.dev/v1alpha1", "kind": "Decision",
                "metadata": {"name": f"{by}-{random.randrange(10**9)}", "namespace": self.story.namespace},
                "spec": {"by": by, "verb": verb, "approverRole": approver_role, "target": target, **named, **spec}}

    def decided(self, by: str, approver_role: str = "approver", **decision) -> "Request":
        """Somebody gives their word."""
        decisions = f"{API}/namespaces/{self.story.namespace}/decisions"
        self.story.cluster.creates(decisions, self.decision(by, approver_role, **decision), by)
        return self

    def warns(self, text: str) -> "Request":
        """What somebody in AWS can make up costs an approver, and is shown to anyone who approves."""
        self.says("Ready", "False", "AwaitingApproval")
        notes = self.seen()["status"]["notes"]
        assert any(text in note for note in notes), notes
        assert self.story.writes() == []
        return self

    def approved(self, *people: tuple[str, str], action: str = "Contain") -> "Request":
        """They approve exactly the plan that waits."""
        plan = self.plan(action)
        for by, approver_role in people or [("bob", "approver")]:
            self.decided(by, approver_role, plan=plan)
        return self


class Blocked(Request):
    """A TrafficPolicy, as people see it."""

    kind = "TrafficPolicy"

    @property
    def path(self) -> str:
        return f"{self.story.traffic_policies}/{self.name}"

    def is_enforced(self) -> "Blocked":
        """By `kubectl wait`, as a script would."""
        return self._wait("Enforced")


class Declared(Request):
    """An Incident, as people see it."""

    kind = "Incident"

    @property
    def path(self) -> str:
        return f"{self.story.incidents}/{self.name}"

    def response(self, name: str) -> dict:
        """What its status says of one response; empty while it says nothing."""
        found = (self.seen() or {}).get("status", {}).get("responses", [])
        return next((one for one in found if one["name"] == name), {})

    def created(self, name: str) -> Request:
        """Waits for the Quarantine of a response."""
        def exists():
            made = Request(self.story, self.response(name).get("object", ""))
            return made if made.name and made.seen() else None

        return eventually(exists, seconds=PATIENCE, every=0.1)

    def responds(self, name: str, state: str) -> "Declared":
        """Waits until a response is in that state."""
        try:
            eventually(lambda: self.response(name).get("state") == state, seconds=PATIENCE, every=0.1)
        except AssertionError:
            status = json.dumps((self.seen() or {}).get("status"), indent=1)
            raise AssertionError(f"waited for response {name} to be {state}; status is {status}") from None
        return self


def role(world: dict, *methods: str, **more) -> dict:
    """The role under suspicion as a target."""
    return {"iamRole": {"roleName": world["taskRoleName"], "methods": list(methods or ("DenyAll",)), **more}}


def service(world: dict, method: str = "Isolate", **more) -> dict:
    """The service under suspicion as a target."""
    return {"ecsService": {"cluster": world["cluster"], "service": world["service"], "method": method, **more}}


def bucket(world: dict, *methods: str, name: str = "") -> dict:
    """The bucket under suspicion as a target, or another one."""
    return {"s3Bucket": {"bucket": name or world["exportsBucket"], **({"methods": list(methods)} if methods else {})}}


def user(world: dict, *methods: str, **more) -> dict:
    """The user under suspicion as a target."""
    return {"iamUser": {"userName": world["userName"], "methods": list(methods or ("DeactivateKeys", "DenyAll")), **more}}


def function(world: dict) -> dict:
    """The function under suspicion as a target."""
    return {"lambdaFunction": {"functionName": world["functionName"]}}

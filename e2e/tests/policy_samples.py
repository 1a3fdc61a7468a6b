"""One good object of each kind, as small as it may be, and a way to spoil it in one place."""

import copy

ACCOUNT = "123456789012"
DIGEST = "sha256:" + "0" * 64
ABSENT = object()
PROVIDERS = {"heartbeat", "pagerDuty", "slack", "teams", "webhook"}


def changed(sample: dict, path: str, value) -> dict:
    """A copy with `value` at the dotted path under spec; ABSENT takes the field away."""
    copied = copy.deepcopy(sample)
    *parents, last = path.split(".")
    place = copied["spec"]
    for name in parents:
        place = place.setdefault(name, {})
    if value is ABSENT:
        place.pop(last, None)
    else:
        place[last] = value
    return copied


def _object(kind: str, name: str, spec: dict) -> dict:
    return {"apiVersion": "firebreak.dev/v1alpha1", "kind": kind, "metadata": {"name": name}, "spec": spec}


def account(name: str = "sample") -> dict:
    roles = {verb: f"arn:aws:iam::{ACCOUNT}:role/firebreak-{verb}" for verb in ("read", "contain")}
    spec = {"accountId": ACCOUNT, "roles": roles, "regions": ["us-east-1"], "environment": "Production"}
    return _object("AwsAccount", name, spec)


def guardrail(name: str = "sample") -> dict:
    return _object("Guardrail", name, {"approvals": [{"required": 2, "approverRoles": ["security"]}]})


def stop(name: str = "sample") -> dict:
    return _object("EmergencyStop", name, {"reason": "the wrong service went away"})


def role(name: str = "sample") -> dict:
    """A Quarantine of an IAM role."""
    spec = {
        "accountRef": {"name": "production"},
        "region": "us-east-1",
        "target": {"iamRole": {"roleName": "payments"}},
    }
    return _object("Quarantine", name, spec)


def service(name: str = "sample") -> dict:
    """A Quarantine of an ECS service."""
    target = {"ecsService": {"cluster": "prod", "service": "api", "method": "Isolate"}}
    return changed(role(name), "target", target)


def instance(name: str = "sample") -> dict:
    """A Quarantine of an EC2 instance."""
    target = {"ec2Instance": {"instanceId": "i-0123456789abcdef0", "method": "Isolate",
                              "isolationSecurityGroupId": "sg-0123456789abcdef0"}}
    return changed(role(name), "target", target)
def bucket(name: str = "sample") -> dict:
    """A Quarantine of an S3 bucket."""
    return changed(role(name), "target", {"s3Bucket": {"bucket": "payments-exports"}})


def user(name: str = "sample") -> dict:
    """A Quarantine of an IAM user."""
    return changed(role(name), "target", {"iamUser": {"userName": "ci"}})


def function(name: str = "sample") -> dict:
    """A Quarantine of a Lambda function."""
    return changed(role(name), "target", {"lambdaFunction": {"functionName": "refund"}})


def incident(name: str = "sample", **spec) -> dict:
    return _object("Incident", name, {"severity": "High", "title": "credentials used from outside"} | spec)


def response(name: str = "role") -> dict:
    """A response of an Incident: a Quarantine of an IAM role."""
    return {"name": name, "quarantine": role()["spec"]}


def rule(name: str = "sample") -> dict:
    """A Quarantine of a rule of a security group."""
    target = {"groupId": "sg-0123456789abcdef0", "ruleId": "sgr-0123456789abcdef0"}
    return changed(role(name), "target", {"securityGroupRule": target})
def failover_plan(name: str = "sample", **spec) -> dict:
    """Two regions, a promotion, and a service that is scaled up after it."""
    given = {
        "accountRef": {"name": "production"},
        "regions": {"primary": "us-east-1", "standby": "us-west-2"},
        "runStore": {"primary": {"bucket": "firebreak-runs-east"}, "standby": {"bucket": "firebreak-runs-west"}},
        "steps": [promotion(), scaling("scale", 2, "promote")],
    }
    return _object("FailoverPlan", name, given | spec)


def promotion(name: str = "promote", **more) -> dict:
    """A step that promotes a read replica."""
    return {"name": name, "rdsPromoteReplica": {"primary": "orders", "standby": "orders-west"}} | more


def fence(name: str = "fence", **more) -> dict:
    """A step that cuts a database off."""
    sites = {"primary": "orders", "standby": "orders-west"}
    cut = {word: {"instance": one, "securityGroup": "sg-0123456789abcdef0"} for word, one in sites.items()}
    return {"name": name, "fence": cut} | more


def scaling(name: str, desired: int | str, *after: str) -> dict:
    """A step that scales an ECS service up."""
    pair = {region: {"cluster": "prod", "service": "api"} for region in ("primary", "standby")}
    return {"name": name, "dependsOn": list(after), "ecsScale": pair | {"desired": desired}}


def gate(name: str = "look", **subject) -> dict:
    """A step that waits."""
    return {"name": name, "gate": subject}


def playbook(name: str = "sample", **spec) -> dict:
    """A Playbook that cuts off the role whose credentials were used."""
    given = {"match": {"types": ["UnauthorizedAccess:IAMUser/*"]}, "responses": [{"name": "deny-role", "from": "Role"}]}
    return _object("Playbook", name, given | spec)


def finding_source(name: str = "sample", **guard_duty) -> dict:
    """A FindingSource that reads an account."""
    return _object("FindingSource", name, {"guardDuty": {"accounts": [{"name": "production"}]} | guard_duty})


def channel(name: str = "sample", **spec) -> dict:
    """A NotificationChannel that tells a channel of Slack."""
    given = {} if spec.keys() & PROVIDERS else {"slack": {"secretRef": {"name": "slack"}, "channel": "C024BE91L"}}
    return _object("NotificationChannel", name, given | spec)


def decision(by: str, name: str = "sample", **spec) -> dict:
    """An approval by default."""
    given = {
        "by": by,
        "verb": "Approve",
        "approverRole": "approver",
        "plan": {"name": "sample-1", "uid": "u-2", "digest": DIGEST},
        "target": {"kind": "Quarantine", "name": "sample", "uid": "u-1"},
    }
    return _object("Decision", name, given | spec)


def word(by: str, verb: str, name: str = "sample", **spec) -> dict:
    """What somebody says about an Incident: it names no plan."""
    target = {"kind": "Incident", "name": "sample", "uid": "u-1"}
    return _object("Decision", name, {"by": by, "verb": verb, "approverRole": "responder", "target": target} | spec)


def start(by: str, name: str = "sample", **spec) -> dict:
    """Begins a run of a FailoverPlan."""
    given = {"by": by, "verb": "Start", "approverRole": "responder", "start": {"region": "us-west-2", "serial": 1},
             "target": {"kind": "FailoverPlan", "name": "sample", "uid": "u-1"}}
    return _object("Decision", name, given | spec)


def steering(by: str, verb: str, name: str = "sample", **spec) -> dict:
    """What somebody says about a run of a FailoverPlan, with what the verb needs."""
    needs = {"Skip": {"step": "scale", "reason": "scaled by hand"}, "Retry": {"step": "scale"}, "Abort": {"reason": "a false alarm"}}
    target = {"kind": "FailoverPlan", "name": "sample", "uid": "u-1"}
    return decision(by, name, **{"verb": verb, "target": target} | needs.get(verb, {}) | spec)


def plan(name: str = "sample-1") -> dict:
    owner = {"kind": "Quarantine", "namespace": "default", "name": "sample", "uid": "u-1"}
    spec = {
        "owner": owner,
        "ownerGeneration": 1,
        "run": 1,
        "action": "Contain",
        "digest": DIGEST,
        "payload": {"version": 2},
    }
    return _object("ResponsePlan", name, spec)


def hold(name: str = "sample") -> dict:
    key = {
        "accountId": ACCOUNT,
        "region": "global",
        "resource": f"arn:aws:iam::{ACCOUNT}:role/payments",
        "field": "TrustPolicy",
    }
    spec = {
        "key": key,
        "state": "Held",
        "account": account()["spec"],
        "accountName": "production",
        "region": "us-east-1",
        "cell": {"version": 1},
        "before": "a",
        "after": "b",
        "order": 0,
        "holders": [{"owner": plan()["spec"]["owner"], "plan": "sample-1"}],
    }
    return _object("Hold", name, spec)

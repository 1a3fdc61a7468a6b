"""What the API server itself refuses: every rule of every CRD, with a message that names the field or the fix.

Everything is a dry run, by the administrator or, for what is reserved, by the operator; admission policies are in
test_admission.py.
"""

import json

import policy_samples as samples
import pytest
from people import ADMIN, OPERATOR, ROOT
from policy_samples import ABSENT, ACCOUNT, DIGEST, changed

pytest_plugins = ["policy_fixtures"]

KINDS = sorted(path.stem for path in (ROOT / "crds" / "manifests").glob("*.yaml"))
OTHER_ROLE = "arn:aws:iam::999999999999:role/firebreak"
WINDOW = {"name": "holidays", "from": "2026-12-24T00:00:00Z", "until": "2027-01-02T00:00:00Z"}
GRANT = {"namespaces": ["payments"], "kinds": ["*"], "arnPatterns": ["*"]}
BREAK_GLASS = {"verb": "BreakGlass", "approverRole": "breakglass", "reason": "on fire"}
SWAP = {"cluster": "prod", "service": "api", "method": "SwapSecurityGroups"}


@pytest.fixture(scope="module")
def operator(policies, person):
    return person(OPERATOR)


@pytest.fixture(scope="module")
def admin(policies, person):
    return person(ADMIN, namespace="default")


@pytest.mark.parametrize("kind", KINDS)
def test_the_server_accepts_the_schema_as_it_stands(kubectl, crds, kind):
    crd = json.loads(kubectl("get", "crd", f"{kind}.firebreak.dev", "-o", "json"))
    said = {one["type"]: one["status"] for one in crd["status"]["conditions"]}
    assert said["Established"] == "True" and "NonStructuralSchema" not in said
    assert crd["spec"]["names"]["categories"] == ["firebreak"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_is_explained(kubectl, crds, kind):
    """Once per kind, recursively: a field without a description is listed by its path."""
    crd = json.loads(kubectl("get", "crd", f"{kind}.firebreak.dev", "-o", "json"))
    schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    assert list(_unexplained(schema["properties"]["spec"], "spec")) == []


def _unexplained(schema: dict, path: str):
    for name, field in (schema.get("properties") or {}).items():
        if not field.get("description"):
            yield f"{path}.{name}"
        yield from _unexplained(field, f"{path}.{name}")
        yield from _unexplained(field.get("items") or {}, f"{path}.{name}[]")


GOOD = {
    "account with everything": changed(
        changed(changed(samples.account(), "grants", [GRANT]), "externalId", "firebreak"),
        "denyPolicyArn",
        f"arn:aws:iam::{ACCOUNT}:policy/FirebreakDenyAll",
    ),
    "account with an identity role": changed(
        samples.account(), "roles.containIdentity", f"arn:aws:iam::{ACCOUNT}:role/x/identity"
    ),
    "account with a role for failovers": changed(
        samples.account(), "roles.failover", f"arn:aws:iam::{ACCOUNT}:role/x/failover"
    ),
    "account with break-glass": changed(
        samples.account(),
        "breakGlass",
        [f"arn:aws:iam::{ACCOUNT}:{who}" for who in ("root", "user/eve", "role/aws-reserved/*BreakGlass_*")],
    ),
    "account in China": changed(
        samples.account(), "roles", dict.fromkeys(("read", "contain"), f"arn:aws-cn:iam::{ACCOUNT}:role/r")
    ),
    "account in the European Sovereign Cloud": changed(
        changed(samples.account(), "roles", dict.fromkeys(("read", "contain"), f"arn:aws-eusc:iam::{ACCOUNT}:role/r")),
        "regions", ["eusc-de-east-1"],
    ),
    "account whose data stays": changed(samples.account(), "dataResidency", ["us-east-1", "us-gov-west-1"]),
    "account with isolation groups": changed(
        samples.account(), "isolationGroups", [{"vpcId": "vpc-0123456789abcdef0", "securityGroupId": "sg-0123456789abcdef0"}]
    ),
    "account with a grant for findings": changed(samples.account(), "grants", [GRANT | {"kinds": ["findings"]}]),
    "guardrail": samples.guardrail(),
    "guardrail with everything about automation": changed(
        samples.guardrail(),
        "automation",
        {"maxOpenPerHour": 5, "maxResponsesPerHour": 0,
         "neverAuto": {"arnPatterns": ["arn:aws:s3:::*"], "kinds": ["ec2Instance"], "tags": [{"key": "tier", "value": "0"}]}},
    ),
    "guardrail with residency": changed(samples.guardrail(), "residency", ["eu-west-1", "us-iso-east-1", "eusc-de-east-1"]),
    "guardrail that says nothing": changed(samples.guardrail(), "approvals", ABSENT),
    "guardrail with a freeze": changed(samples.guardrail(), "freezeWindows", [WINDOW]),
    "guardrail without approval": changed(samples.guardrail(), "approvals", [{"required": 0}]),
    "stop": samples.stop(),
    "role": samples.role(),
    "role, all methods": changed(
        samples.role(), "target.iamRole.methods", ["DenyAll", "RevokeSessions", "ReplaceTrust"]
    ),
    "role, other target null": changed(samples.role(), "target.ecsService", None),
    "role, expiry that holds": changed(samples.role(), "expiry", {"after": "24h"}),
    "role, Gov region": changed(samples.role(), "region", "us-gov-west-1"),
    "role, isolated region": changed(samples.role(), "region", "us-isob-east-1"),
    "role, sovereign region": changed(samples.role(), "region", "eusc-de-east-1"),
    "instance": samples.instance(),
    "instance, untracked": changed(
        samples.instance(), "target.ec2Instance.untrackSecurityGroupId", "sg-0fedcba9876543210"
    ),
    "instance, stopped, without a group": changed(
        samples.instance(),
        "target.ec2Instance",
        {"instanceId": "i-0123456789abcdef0", "method": "Stop", "acknowledgeInstanceStoreLoss": True},
    ),
    "service": samples.service(),
    "service, expiry that releases": changed(
        samples.service(), "expiry", {"after": "1h30m", "then": "Release"}
    ),
    "service, swap": changed(
        samples.service(), "target.ecsService", SWAP | {"securityGroupId": "sg-0123456789abcdef0"}
    ),
    "bucket": samples.bucket(),
    "bucket, one method": changed(samples.bucket(), "target.s3Bucket.methods", ["BlockPublicAccess"]),
    "bucket, old name": changed(samples.bucket(), "target.s3Bucket.bucket", "logs.example.com"),
    "bucket, public again": changed(
        samples.bucket(), "restoreOnRelease", ["PublicAccess", "Sessions", "TrustPolicy"]
    ),
    "user": samples.user(),
    "user, all methods": changed(
        samples.user(), "target.iamUser.methods", ["RevokeSessions", "DenyAll", "DeactivateKeys"]
    ),
    "user, everything restored": changed(
        samples.user(), "restoreOnRelease", ["AccessKeys", "FunctionUrl", "Sessions", "TrustPolicy"]
    ),
    "function": samples.function(),
    "rule of a security group": samples.rule(),
    "function, expiry that releases": changed(
        samples.function(), "expiry", {"after": "2h", "then": "Release"}
    ),
    "approve": samples.decision(ADMIN),
    "approve until": samples.decision(ADMIN, expiresAt="2099-01-01T00:00:00Z"),
    "release": samples.decision(ADMIN, verb="Release", restore=["TrustPolicy"]),
    "abandon without a plan": changed(samples.decision(ADMIN, verb="Abandon"), "plan", ABSENT),
}


@pytest.mark.parametrize("name", GOOD)
def test_what_is_right_is_accepted(admin, name):
    admin.creates(GOOD[name])


@pytest.mark.parametrize("given", [samples.plan(), samples.hold()], ids=lambda given: given["kind"])
def test_what_the_operator_writes_is_accepted(operator, given):
    operator.creates(given)


def test_the_defaults_are_the_careful_ones(admin):
    spec = json.loads(admin.creates(samples.role()))["spec"]
    assert (spec["mode"], spec["state"], spec["severity"]) == ("Enforce", "Contained", "Medium")
    assert spec["target"]["iamRole"]["methods"] == ["DenyAll", "RevokeSessions"]
    assert spec["target"]["iamRole"]["denyPolicy"] == "Managed"
    user = json.loads(admin.creates(samples.user()))["spec"]["target"]["iamUser"]
    assert (user["methods"], user["denyPolicy"]) == (["DeactivateKeys", "DenyAll"], "Managed")
    expiring = json.loads(admin.creates(GOOD["role, expiry that holds"]))["spec"]
    assert expiring["expiry"]["then"] == "Hold"


# Sample, what is spoilt, with what, and what the message must say.
BAD = [
    (samples.account(), "accountId", "12345678901", "accountId"),
    (samples.account(), "accountId", "12345678901x", "accountId has exactly 12 digits"),
    (samples.account(), "accountId", 123456789012, "spec.accountId"),
    (samples.account(), "isolationGroups", [{"vpcId": "main", "securityGroupId": "sg-0123456789abcdef0"}], "vpcId looks like vpc-"),
    (samples.account(), "isolationGroups", [{"vpcId": "vpc-0123456789abcdef0"}], "securityGroupId: Required"),
    (samples.account(), "isolationGroups", 2 * [{"vpcId": "vpc-0123456789abcdef0", "securityGroupId": "sg-0123456789abcdef0"}],
     "Duplicate value"),
    (samples.guardrail(), "automation.maxOpenPerHour", 0, "spec.automation.maxOpenPerHour"),
    (samples.guardrail(), "automation.maxResponsesPerHour", -1, "spec.automation.maxResponsesPerHour"),
    (samples.guardrail(), "automation.neverAuto.arnPatterns", [""], "spec.automation.neverAuto.arnPatterns[0]"),
    (samples.account(), "roles.read", "firebreak-read", "roles.read looks like arn:aws:iam::"),
    (samples.account(), "roles.contain", f"arn:aws:iam::{ACCOUNT}:user/x", "roles.contain looks like arn:aws:iam::"),
    (samples.account(), "roles.containIdentity", "arn:aws:iam::1:role/x", "roles.containIdentity looks like"),
    (samples.account(), "roles.failover", "arn:aws:iam::1:role/x", "roles.failover looks like"),
    (samples.account(), "roles.failover", OTHER_ROLE, "correct the account id in the role ARNs"),
    (samples.account(), "roles.read", OTHER_ROLE, "correct the account id in the role ARNs"),
    (samples.account(), "roles.contain", OTHER_ROLE, "correct the account id in the role ARNs"),
    (samples.account(), "roles.containIdentity", OTHER_ROLE, "correct the account id in the role ARNs"),
    (samples.account(), "roles.contain", ABSENT, "spec.roles.contain: Required"),
    (samples.account(), "breakGlass", ["break-glass"], "breakGlass names roles, users or root of the account"),
    (samples.account(), "breakGlass", [f"arn:aws:iam::{ACCOUNT}:role/*"], "at least four characters in a row"),
    (samples.account(), "breakGlass", [f"arn:aws:iam::{ACCOUNT}:role/a*b*c*d*"], "at least four characters in a row"),
    (samples.account(), "breakGlass", [f"arn:aws:iam::{ACCOUNT}:group/admins"], "breakGlass names roles, users or root"),
    (samples.account(), "breakGlass", ["arn:aws:iam::*:role/break-glass"], "breakGlass names roles, users or root"),
    (samples.account(), "breakGlass", [OTHER_ROLE], "spec.breakGlass names principals of the account spec.accountId"),
    (samples.account(), "breakGlass", [f"arn:aws:iam::{ACCOUNT}:role/person-{n}" for n in range(9)], "spec.breakGlass"),
    (samples.account(), "denyPolicyArn", "arn:aws:iam::aws:policy/AWSDenyAll", "denyPolicyArn looks like"),
    (
        samples.account(),
        "denyPolicyArn",
        "arn:aws:iam::999999999999:policy/Deny",
        "customer managed policy of the same account",
    ),
    (samples.account(), "regions", [], "spec.regions"),
    (samples.account(), "regions", ["us_east_1"], "spec.regions[0]"),
    (samples.account(), "dataResidency", ["Europe"], "spec.dataResidency[0]"),
    (samples.account(), "environment", "Prod", '"Development", "Staging", "Production"'),
    (samples.account(), "externalId", "x", "spec.externalId"),
    (samples.account(), "grants", [GRANT | {"namespaces": []}], "spec.grants[0].namespaces"),
    (samples.account(), "grants", [GRANT | {"arnPatterns": [""]}], "spec.grants[0].arnPatterns[0]"),
    (samples.guardrail(), "approvals", [{"required": 11}], "spec.approvals[0].required"),
    (samples.guardrail(), "approvals", [{"required": 1, "approverRoles": ["a", "b"]}], "raise required"),
    (samples.guardrail(), "approvals", [{"required": 1, "approverRoles": ["Security!"]}], "approverRoles[0]"),
    (samples.guardrail(), "residency", ["eu"], "spec.residency[0]"),
    (samples.guardrail(), "environments", ["Prod"], "spec.environments[0]"),
    (samples.guardrail(), "containNow", ["Worst"], "spec.containNow[0]"),
    (samples.guardrail(), "freezeWindows", [WINDOW | {"until": "2026-12-23T00:00:00Z"}], "from is before until"),
    (samples.guardrail(), "freezeWindows", [WINDOW | {"from": "Christmas"}], "RFC 3339, such as 2026-12-24T00:00:00Z"),
    (samples.guardrail(), "caps", {"maxContained": -1}, "spec.caps.maxContained"),
    (samples.stop(), "reason", "", "spec.reason"),
    (samples.stop(), "reason", ABSENT, "spec.reason: Required"),
    (
        samples.role(),
        "target.ecsService",
        samples.service()["spec"]["target"]["ecsService"],
        "set one of ec2Instance, ecsService, iamRole, iamUser, lambdaFunction, s3Bucket, securityGroupRule",
    ),
    (samples.role(), "target", {}, "set one of ec2Instance, ecsService, iamRole, iamUser, lambdaFunction, s3Bucket, securityGroupRule"),
    (samples.role(), "target.iamRole", None, "set one of ec2Instance, ecsService, iamRole, iamUser, lambdaFunction, s3Bucket, securityGroupRule"),
    (
        samples.role(),
        "target.iamRole.roleName",
        f"arn:aws:iam::{ACCOUNT}:role/payments",
        "not its ARN and without a path",
    ),
    (samples.role(), "target.iamRole.roleName", "team/payments", "without a path"),
    (samples.role(), "target.iamRole.methods", ["DenyAll", "DenyAll"], "methods names each method once"),
    (samples.role(), "target.iamRole.methods", ["Delete"], '"DenyAll", "RevokeSessions", "ReplaceTrust"'),
    (samples.role(), "target.iamRole.methods", [], "methods"),
    (samples.role(), "target.iamRole.denyPolicy", "Custom", '"Managed", "Inline"'),
    (samples.role(), "expiry", {"after": "24h", "then": "Release"}, "refused for identities"),
    (samples.role(), "expiry", {"after": "7d"}, "after is a duration between 1m and 8760h"),
    (samples.role(), "expiry", {"after": "59s"}, "after is a duration between 1m and 8760h"),
    (samples.role(), "expiry", {"after": "8761h"}, "after is a duration between 1m and 8760h"),
    (samples.role(), "expiry", {"after": "-24h"}, "after is a duration between 1m and 8760h"),
    (samples.role(), "region", "Virginia", "region looks like us-east-1"),
    (samples.role(), "region", "us-east-1a", "region looks like us-east-1"),
    (samples.role(), "accountRef.name", "", "spec.accountRef.name"),
    (samples.role(), "accountRef", ABSENT, "spec.accountRef: Required"),
    (samples.role(), "mode", "DryRun", '"Enforce", "Observe"'),
    (samples.role(), "state", "Open", '"Contained", "Released"'),
    (samples.role(), "severity", "P1", '"Low", "Medium", "High", "Critical"'),
    (samples.instance(), "target.ec2Instance.method", "Terminate", '"Isolate", "Stop"'),
    (samples.instance(), "target.ec2Instance.instanceId", "bastion", "instanceId looks like i-0123456789abcdef0"),
    (
        samples.instance(),
        "target.ec2Instance.isolationSecurityGroupId",
        ABSENT,
        "method Isolate needs isolationSecurityGroupId",
    ),
    (
        samples.instance(),
        "target.ec2Instance.isolationSecurityGroupId",
        "default",
        "isolationSecurityGroupId looks like sg-",
    ),
    (
        samples.instance(),
        "target.ec2Instance.untrackSecurityGroupId",
        "default",
        "untrackSecurityGroupId looks like sg-",
    ),
    (
        samples.instance(),
        "target.ec2Instance.untrackSecurityGroupId",
        "sg-0123456789abcdef0",
        "name two groups",
    ),
    (
        samples.instance(),
        "target.ec2Instance",
        {"instanceId": "i-0123456789abcdef0", "method": "Stop", "untrackSecurityGroupId": "sg-0123456789abcdef0"},
        "set that too",
    ),
    (
        samples.instance(),
        "target.ec2Instance.acknowledgeInstanceStoreLoss",
        True,
        "belongs to method Stop only",
    ),
    (samples.role(), "restoreOnRelease", ["Everything"], '"PublicAccess", "AccessKeys", "FunctionUrl", "Sessions", "TrustPolicy"'),
    (samples.role(), "stat", "Released", 'unknown field "spec.stat"'),
    (samples.user(), "target.iamUser.userName", f"arn:aws:iam::{ACCOUNT}:user/ci", "not its ARN and without a path"),
    (samples.user(), "target.iamUser.userName", "robots/ci", "without a path"),
    (samples.user(), "target.iamUser.userName", "<root_account>", "userName is the user's name"),
    (samples.user(), "target.iamUser.userName", "", "spec.target.iamUser.userName"),
    (samples.user(), "target.iamUser.userName", ABSENT, "userName: Required"),
    (samples.user(), "target.iamUser.methods", ["DenyAll", "DenyAll"], "methods names each method once"),
    (samples.user(), "target.iamUser.methods", ["DeleteKeys"], '"DeactivateKeys", "DenyAll", "RevokeSessions"'),
    (samples.user(), "target.iamUser.methods", [], "methods"),
    (samples.user(), "target.iamUser.denyPolicy", "Custom", '"Managed", "Inline"'),
    (samples.user(), "target.iamRole", {"roleName": "x"}, "set one of ec2Instance, ecsService, iamRole, iamUser, lambdaFunction, s3Bucket, securityGroupRule"),
    (samples.user(), "expiry", {"after": "24h", "then": "Release"}, "refused for identities"),
    (
        samples.function(),
        "target.lambdaFunction.functionName",
        f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:refund",
        "not its ARN and without an alias",
    ),
    (samples.function(), "target.lambdaFunction.functionName", "refund:live", "without an alias or version"),
    (samples.function(), "target.lambdaFunction.functionName", "us-east-1.edge", "functionName is the function's name"),
    (samples.function(), "target.lambdaFunction.functionName", "x" * 65, "spec.target.lambdaFunction.functionName"),
    (samples.function(), "target.lambdaFunction.functionName", ABSENT, "functionName: Required"),
    (samples.function(), "target.lambdaFunction.method", "Delete", 'unknown field "spec.target.lambdaFunction.method"'),
    (samples.bucket(), "target.s3Bucket.bucket", "arn:aws:s3:::payments-exports", "bucket is the bucket's name"),
    (samples.bucket(), "target.s3Bucket.bucket", "Payments", "bucket is the bucket's name"),
    (samples.bucket(), "target.s3Bucket.bucket", "ab", "spec.target.s3Bucket.bucket"),
    (samples.bucket(), "target.s3Bucket.bucket", "x" * 64, "spec.target.s3Bucket.bucket"),
    (samples.bucket(), "target.s3Bucket.bucket", "exports--use1-az4--x-s3", "directory buckets"),
    (samples.bucket(), "target.s3Bucket.bucket", "exports-s3alias", "aliases of access points"),
    (samples.bucket(), "target.s3Bucket.methods", [], "methods"),
    (samples.bucket(), "target.s3Bucket.methods", ["DenyAll", "DenyAll"], "methods names each method once"),
    (samples.bucket(), "target.s3Bucket.methods", ["Delete"], '"BlockPublicAccess", "DenyAll"'),
    (samples.bucket(), "target.s3Bucket", {}, "spec.target.s3Bucket.bucket: Required"),
    (samples.bucket(), "target.iamRole", {"roleName": "payments"}, "set one of ec2Instance, ecsService, iamRole, iamUser, lambdaFunction, s3Bucket, securityGroupRule"),
    (samples.rule(), "target.securityGroupRule.groupId", "web", "groupId looks like sg-0123456789abcdef0"),
    (samples.rule(), "target.securityGroupRule.groupId", ABSENT, "groupId: Required"),
    (samples.rule(), "target.securityGroupRule.ruleId", "sg-0123456789abcdef0", "ruleId looks like sgr-0123456789abcdef0"),
    (samples.rule(), "target.securityGroupRule.ruleId", ABSENT, "ruleId: Required"),
    (samples.service(), "target.ecsService.method", "Stop", '"Isolate", "SwapSecurityGroups", "ScaleToZero"'),
    (
        samples.service(),
        "target.ecsService.cluster",
        f"arn:aws:ecs:us-east-1:{ACCOUNT}:cluster/prod",
        "cluster is the cluster's name",
    ),
    (samples.service(), "target.ecsService.service", "prod/api", "service is the service's name"),
    (samples.service(), "target.ecsService", SWAP, "needs securityGroupId"),
    (samples.service(), "target.ecsService", SWAP | {"securityGroupId": "default"}, "securityGroupId looks like sg-"),
    (
        samples.service(),
        "target.ecsService.securityGroupId",
        "sg-0123456789abcdef0",
        "belongs to method SwapSecurityGroups only",
    ),
    (samples.decision(ADMIN), "plan", ABSENT, "spec.plan is required for Approve, Reject and BreakGlass"),
    (samples.decision(ADMIN), "plan", None, "spec.plan is required for Approve, Reject and BreakGlass"),
    (
        samples.decision(ADMIN, verb="Reject"),
        "plan",
        ABSENT,
        "spec.plan is required for Approve, Reject and BreakGlass",
    ),
    (samples.decision(ADMIN, **BREAK_GLASS, expiresAt="2099-01-01T00:00:00Z"), "plan", ABSENT, "spec.plan is required"),
    (samples.decision(ADMIN, **BREAK_GLASS), "expiresAt", ABSENT, "BreakGlass needs spec.reason and spec.expiresAt"),
    (samples.decision(ADMIN, **BREAK_GLASS), "expiresAt", None, "BreakGlass needs spec.reason and spec.expiresAt"),
    (
        samples.decision(ADMIN, **BREAK_GLASS, expiresAt="2099-01-01T00:00:00Z"),
        "reason",
        ABSENT,
        "BreakGlass needs spec.reason",
    ),
    (samples.decision(ADMIN), "restore", ["Sessions"], "spec.restore belongs to the verb Release"),
    (samples.decision(ADMIN), "expiresAt", "tomorrow", "expiresAt is an RFC 3339 time such as"),
    (samples.decision(ADMIN), "verb", "Maybe", '"Approve", "Reject", "BreakGlass", "Release", "Abandon"'),
    (samples.decision(ADMIN), "approverRole", "Approver", "approverRole is a word such as approver or security"),
    (samples.decision(ADMIN), "approverRole", "*", "approverRole is a word such as approver or security"),
    (samples.decision(ADMIN), "plan.digest", "sha256:" + "G" * 64, "digest is sha256: and 64 hexadecimal digits"),
    (samples.decision(ADMIN), "plan.digest", DIGEST[:-1], "spec.plan.digest"),
    (samples.decision(ADMIN), "plan.uid", "", "spec.plan.uid"),
    (samples.decision(ADMIN), "target.kind", "Secret", "target.kind is FailoverPlan, Incident, Quarantine, TrafficPolicy, or Hold"),
    (samples.decision(ADMIN), "target.uid", "", "spec.target.uid"),
    (samples.decision(ADMIN), "by", "", "spec.by"),
]


@pytest.mark.parametrize(
    ("sample", "path", "value", "said"), BAD, ids=lambda value: value if isinstance(value, str) else ""
)
def test_what_is_wrong_is_refused_and_the_message_says_what_to_fix(admin, sample, path, value, said):
    assert said in admin.cannot_create(changed(sample, path, value))


@pytest.mark.parametrize(
    ("sample", "path", "value", "said"),
    [
        (samples.plan(), "run", 0, "spec.run"),
        (samples.plan(), "action", "Delete", '"Contain", "Release"'),
        (samples.plan(), "digest", "sha256:0", "spec.digest"),
        (samples.hold(), "state", "Gone", '"Held", "Orphaned", "Conflict", "Withheld"'),
        (samples.hold(), "account.accountId", "x" * 12, "accountId has exactly 12 digits"),
        (samples.hold(), "reopens", "Door", '"PublicAccess", "AccessKeys", "FunctionUrl", "Sessions", "TrustPolicy"'),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_even_the_operator_is_held_to_the_schema(operator, sample, path, value, said):
    assert said in operator.cannot_create(changed(sample, path, value))


def test_a_quarantine_whose_plans_could_not_be_named_is_refused(admin):
    assert "metadata.name has at most 200 characters" in admin.cannot_create(samples.role("x" * 201))
    admin.creates(samples.role("x" * 200))


@pytest.mark.parametrize(
    ("patch", "said"),
    [
        ('{"spec": {"accountRef": {"name": "staging"}}}', "spec.accountRef is immutable"),
        ('{"spec": {"region": "us-west-2"}}', "spec.region is immutable"),
        (
            '{"spec": {"target": {"iamRole": {"roleName": "billing"}}}}',
            "spec.target is immutable: create a second Quarantine",
        ),
        (
            '{"spec": {"target": {"iamRole": {"methods": ["DenyAll"]}}}}',
            "spec.target is immutable: create a second Quarantine",
        ),
        ('{"spec": {"target": null}}', "spec.target: Required"),
    ],
)
def test_what_a_quarantine_cuts_off_never_changes(person, standing, patch, said):
    assert said in person("alice").cannot_patch(standing["quarantine"], patch)


@pytest.mark.parametrize(
    "patch",
    [
        '{"spec": {"state": "Released", "restoreOnRelease": ["TrustPolicy"]}}',
        '{"spec": {"mode": "Observe", "severity": "Critical", "reason": "seen again"}}',
        '{"spec": {"expiry": {"after": "24h"}}}',
    ],
)
def test_how_it_is_handled_may_change(person, standing, patch):
    person("alice").patches(standing["quarantine"], patch)


@pytest.mark.parametrize(
    ("what", "patch", "said"),
    [
        ("decision", '{"spec": {"verb": "Reject"}}', "a Decision cannot be edited: create another one"),
        (
            "decision",
            '{"spec": {"expiresAt": "2099-01-01T00:00:00Z"}}',
            "a Decision cannot be edited: create another one",
        ),
        ("plan", '{"spec": {"payload": {"version": 3}}}', "a plan is immutable"),
        ("plan", '{"spec": {"digest": "sha256:' + "1" * 64 + '"}}', "a plan is immutable"),
        ("hold", '{"spec": {"key": {"region": "us-east-1"}}}', "a Hold's key is immutable"),
        ("hold", '{"spec": {"account": {"accountId": "999999999999"}}}', "spec.accountId is immutable"),
    ],
)
def test_records_never_change_not_even_by_the_operator(kubectl, person, standing, what, patch, said):
    writer = person(OPERATOR) if what == "hold" else person(ADMIN)
    assert said in writer.cannot_patch(standing[what], patch)


def test_the_account_of_an_awsaccount_never_changes(kubectl, policies, room):
    kubectl("apply", "-f", "-", give=samples.account(room))
    other = json.dumps({"spec": {"accountId": "999999999999", "roles": dict.fromkeys(("read", "contain"), OTHER_ROLE)}})
    try:
        refusal = kubectl("patch", "awsaccount", room, "--type=merge", "-p", other, "--dry-run=server", fails=True)
        assert "spec.accountId is immutable: create another AwsAccount" in refusal
    finally:
        kubectl("delete", "awsaccount", room)


def test_a_plan_and_a_hold_keep_fields_that_this_version_does_not_know(operator):
    """A rolled-back chart must not erase a before-value."""
    payload = {"version": 99, "steps": [{"unheardOf": {"deep": [1, 2]}}]}
    assert json.loads(operator.creates(changed(samples.plan(), "payload", payload)))["spec"]["payload"] == payload
    before = {"document": {"Statement": [{"new": True}]}}
    assert json.loads(operator.creates(changed(samples.hold(), "before", before)))["spec"]["before"] == before


def test_people_can_select_by_the_fields_that_they_filter_on(kubectl, standing, room):
    def found(kind: str, selector: str) -> str:
        return kubectl("get", kind, "-n", room, "--field-selector", selector, "-o", "name")

    assert "standing" in found("quarantines", "spec.state=Contained,spec.accountRef.name=production")
    assert found("quarantines", "spec.state=Released") == ""
    assert "standing-1" in found("responseplans", "spec.owner.uid=u-1")
    assert standing["hold"].removeprefix("hold/") in found("holds", f"spec.state=Held,spec.key.accountId={ACCOUNT}")

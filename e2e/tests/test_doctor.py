"""kubectl firebreak doctor on an installation by the charts: all is well, and then one thing after the other is not.

One bed and one operator for all: each test puts right what it broke, through the chart as people would.
"""

import contextlib
import json
import os
import random
import subprocess

import controller
import pytest
import world as worlds
from charts import CRDS, OPERATOR
from control import Control, eventually
from people import NAMESPACE
from seeding.access import Clients

pytest_plugins = ["chart_fixtures"]

ROLE = f"arn:aws:iam::{worlds.OPERATOR_ACCOUNT}:role/firebreak-operator"
VALUES = {"aws": {"allowEndpointOverrides": True}, "operator": {"logFormat": "text"},
          "serviceAccount": {"annotations": {"eks.amazonaws.com/role-arn": ROLE}}}
CHECKS = ["kubernetes", "clock", "crds", "policies", "requester", "operator-rights", "roles", "operator", "leader",
          "emergency-stop", "orphans", "objects", "findings", "channels", "failovers", "you", "accounts", "shared-account", "aws-identity", "aws-roles", "aws-permissions",
          "evidence-bucket"]


class Doctor:
    """The command with the operator's AWS credentials, as the one who has the kubeconfig."""

    def __init__(self, cluster, bed: dict) -> None:
        self.cluster, self.bed = cluster, bed
        self.world = worlds.seed(bed["awsEndpoint"], account_id=str(random.randrange(3 * 10**11, 9 * 10**11)))

    @property
    def bucket(self) -> str:
        return f"evidence-{self.world['accountId']}"

    def has_bucket(self) -> None:
        """Of which nothing can be deleted for a year."""
        s3 = Clients(self.bed["awsEndpoint"], self.world["accountId"], self.world["region"])("s3")
        s3.create_bucket(Bucket=self.bucket, ObjectLockEnabledForBucket=True)
        retention = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 365}}
        s3.put_object_lock_configuration(
            Bucket=self.bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": retention})

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        given = kept | worlds.operator_environment(self.bed["awsEndpoint"]) | {"KUBECONFIG": self.bed["kubeconfig"]}
        command = [controller.program("kubectl-firebreak"), *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, env=given | environment)

    def finds(self, *arguments: str, code: int) -> dict[str, list[dict]]:
        """The findings of each check; the exit code is as expected."""
        done = self.run("doctor", "--allow-endpoint-overrides", "-o", "json", *arguments)
        assert done.returncode == code, done.stdout + done.stderr
        found: dict[str, list[dict]] = {}
        for finding in json.loads(done.stdout):
            found.setdefault(finding["check"], []).append(finding)
        return found

    def fails(self, check: str, *words: str) -> dict:
        """The first failure of the check, whose message or fix has the words."""
        failures = [one for one in self.finds(code=4)[check] if one["outcome"] == "Failure"]
        text = json.dumps(failures[0], ensure_ascii=False)
        assert all(word in text for word in words), text
        return failures[0]

    def policy(self, role: str, *actions: str) -> None:
        """What the role may do in the account that is to be protected."""
        iam = Clients(self.bed["awsEndpoint"], self.world["accountId"], self.world["region"])("iam")
        statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_role_policy(RoleName=role, PolicyName="needed", PolicyDocument=document)

    def account(self, name: str, **spec) -> None:
        world = self.world
        given = {"accountId": world["accountId"], "environment": "Production", "regions": [world["region"]],
                 "externalId": world["externalId"], "denyPolicyArn": world["denyAllPolicyArn"],
                 "roles": {"read": world["readRoleArn"], "contain": world["containRoleArn"]},
                 "evidence": {"bucket": self.bucket, "region": world["region"]}} | spec
        self.cluster.kubectl("apply", "-f", "-", give={
            "apiVersion": "firebreak.dev/v1alpha1", "kind": "AwsAccount", "metadata": {"name": name}, "spec": given})

    def is_well(self) -> str:
        """What people read once nothing is left to warn of, such as a replica that still starts, or a busy machine's clock."""
        def said() -> str | None:
            done = self.run("doctor", "--allow-endpoint-overrides")
            return done.stdout if "0 warnings, 0 failures, 0 unknown" in done.stdout else None

        return eventually(said, 120, 1)

    @contextlib.contextmanager
    def broken(self):
        """Afterwards the charts have put everything right."""
        try:
            yield
        finally:
            self.cluster.install("firebreak-crds", CRDS)
            self.cluster.install("firebreak", OPERATOR, values=VALUES)


@pytest.fixture(scope="module")
def doctor(chart_cluster):
    cluster = chart_cluster
    cluster.install("firebreak-crds", CRDS)
    cluster.install("firebreak", OPERATOR, values=VALUES)
    made = Doctor(cluster, cluster._bed)
    for role in ("firebreak-read", "firebreak-contain"):
        made.policy(role, "*")
    made.has_bucket()
    made.account("production")
    made.is_well()
    return made


def test_a_healthy_installation_is_all_good(doctor):
    doctor.is_well()
    assert list(doctor.finds(code=0)) == CHECKS


def test_people_read_aligned_lines_without_colour_in_a_pipe(doctor):
    said = doctor.is_well()
    assert said.startswith("✓ kubernetes       v1."), said
    assert f"{len(CHECKS)} ok, 0 warnings" in said
    assert "\x1b" not in said


def test_no_secret_is_printed(doctor):
    done = doctor.run("doctor", "--allow-endpoint-overrides", "-o", "yaml")
    secrets = worlds.operator_environment(doctor.bed["awsEndpoint"])
    for name in ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ACCESS_KEY_ID"):
        assert secrets[name] not in done.stdout + done.stderr


def test_errors_stay_off_standard_output_whatever_the_output(doctor):
    done = doctor.run("status", "no-such-quarantine", "-o", "json")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: there is no Quarantine no-such-quarantine")


def test_a_binding_that_only_audits_is_a_failure_that_names_its_fix(doctor):
    with doctor.broken():
        doctor.cluster.kubectl("patch", "validatingadmissionpolicybinding", "firebreak-decisions", "--type=merge",
                               "-p", '{"spec": {"validationActions": ["Audit"]}}')
        doctor.fails("policies", "firebreak-decisions", "Audit", "helm upgrade firebreak")
    doctor.is_well()


def test_a_kind_that_lacks_a_field_is_a_failure_that_names_it(doctor):
    with doctor.broken():
        path = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/reason"
        doctor.cluster.kubectl("patch", "crd", "quarantines.firebreak.dev", "--type=json",
                               "-p", json.dumps([{"op": "remove", "path": path}]))
        doctor.fails("crds", "quarantines.firebreak.dev", "properties.reason is missing", "helm upgrade")
    doctor.is_well()


def test_an_operator_without_its_rights_is_a_failure(doctor):
    with doctor.broken():
        doctor.cluster.kubectl("delete", "clusterrolebinding", "firebreak-controller")
        doctor.fails("operator-rights", "firebreak-controller may not", "awsaccounts.firebreak.dev")
    doctor.is_well()


def test_a_role_for_people_that_is_missing_is_a_failure(doctor):
    with doctor.broken():
        doctor.cluster.kubectl("delete", "clusterrole", "firebreak-security")
        doctor.fails("roles", "firebreak-security is missing")
    doctor.is_well()


def test_a_role_that_leads_to_another_account_is_a_failure(doctor):
    world = doctor.world
    elsewhere = f"arn:aws:iam::999999999999:role/copied:{world['accountId']}:read"
    doctor.account("wrong", roles={"read": elsewhere, "contain": world["containRoleArn"]})
    try:
        said = f"leads to account 999999999999 instead of {world['accountId']}"
        doctor.fails("aws-roles", "spec.roles.read of wrong", said, "kubectl edit awsaccount wrong")
        eventually(lambda: any("WrongAccount" in one["message"] for one in doctor.finds(code=4)["accounts"]), 30, 1)
    finally:
        doctor.cluster.kubectl("delete", "awsaccount", "wrong")
    doctor.is_well()


def test_a_missing_permission_is_named(doctor):
    doctor.policy("firebreak-contain", "iam:*", "ec2:*", "ecs:*", "elasticloadbalancing:*", "lambda:*",
                  "autoscaling:*", "application-autoscaling:*", "cloudwatch:*", "s3:PutBucketP*")
    try:
        doctor.fails("aws-permissions", "spec.roles.contain of production may not s3:DeleteBucketPolicy", "allow it")
    finally:
        doctor.policy("firebreak-contain", "*")
    doctor.is_well()


def test_where_nobody_may_simulate_the_permissions_are_unknown(doctor):
    control = Control(doctor.bed["awsEndpoint"])
    control.fail("SimulatePrincipalPolicy", "AccessDenied", status=403, count=1000, account=doctor.world["accountId"])
    try:
        (read, _) = doctor.finds(code=5)["aws-permissions"]
        assert read["outcome"] == "Unknown"
        assert "allow iam:SimulatePrincipalPolicy" in read["fix"]
    finally:
        control.reset_faults()


def test_redirected_endpoints_leave_aws_unknown_and_the_cluster_seen(doctor):
    done = doctor.run("doctor", "-o", "json")
    assert done.returncode == 5, done.stdout + done.stderr
    found = {one["check"]: one for one in json.loads(done.stdout)}
    assert "AWS_ENDPOINT_URL" in found["aws-identity"]["message"]
    assert (found["aws-roles"]["outcome"], found["policies"]["outcome"]) == ("Unknown", "Ok")


def test_an_operator_in_the_account_of_a_target_is_a_warning(doctor):
    found = doctor.finds("--operator-account", doctor.world["accountId"], code=0)
    assert found["shared-account"][0]["outcome"] == "Warning"
    assert "production" in found["shared-account"][0]["message"]


def test_who_may_see_little_is_told_what_is_unknown_and_that_nothing_is_good(doctor):
    found = doctor.finds("--as", "nobody", "--no-aws", code=5)
    for check in ("crds", "policies", "operator-rights", "roles", "operator", "leader", "orphans", "accounts"):
        assert {one["outcome"] for one in found[check]} == {"Unknown"}, found[check]
    assert found["you"][0]["outcome"] == "Warning"


def test_an_api_server_that_does_not_answer_is_the_only_failure(doctor, tmp_path):
    config = json.loads(open(doctor.bed["kubeconfig"]).read())
    config["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:1"
    path = tmp_path / "kubeconfig"
    path.write_text(json.dumps(config))
    found = doctor.finds("--kubeconfig", str(path), "--no-aws", code=4)
    assert found["kubernetes"][0]["outcome"] == "Failure"
    others = {one["outcome"] for check, findings in found.items() if check != "kubernetes" for one in findings}
    assert others == {"Unknown"}


def test_an_operator_that_is_gone_is_a_failure(doctor):
    with doctor.broken():
        doctor.cluster.kubectl("scale", "deployment", "firebreak-controller", "-n", NAMESPACE, "--replicas=0")
        eventually(lambda: "nobody leads" in json.dumps(doctor.finds(code=4)["leader"]), 60, 1)
        doctor.fails("operator", "0 of 0 replicas")
    doctor.is_well()


def test_kubectl_completes_the_plugins_words(doctor, tmp_path):
    """kubectl runs `kubectl_complete-firebreak` with the words, as docs/cli.md installs it."""
    shim = tmp_path / "kubectl_complete-firebreak"
    shim.write_text('#!/bin/sh\nexec kubectl-firebreak __complete -- "$@"\n')
    shim.chmod(0o755)
    folder = controller.program("kubectl-firebreak").parent
    path = f"{tmp_path}:{folder}:{os.environ['PATH']}"
    done = subprocess.run([doctor.bed["kubectl"], "__complete", "firebreak", "break"], capture_output=True, text=True,
                          timeout=30, env=os.environ | {"PATH": path, "KUBECONFIG": doctor.bed["kubeconfig"]})
    assert done.stdout.splitlines()[0] == "break-glass", done.stdout + done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_shell_has_its_script(doctor, shell):
    done = doctor.run("completion", shell)
    assert done.returncode == 0
    assert "break-glass" in done.stdout


def test_an_evidence_bucket_that_is_not_there_is_a_failure_and_one_without_a_lock_or_none_a_warning(doctor):
    try:
        doctor.account("production", evidence={"bucket": f"{doctor.bucket}-misspelt", "region": doctor.world["region"]})
        doctor.fails("evidence-bucket", "does not exist", "spec.evidence.bucket")
        doctor.account("production", evidence={"bucket": doctor.world["exportsBucket"], "region": doctor.world["region"]})
        assert doctor.finds(code=0)["evidence-bucket"][0]["outcome"] == "Warning"
        doctor.account("production", evidence=None)
        (finding,) = doctor.finds(code=0)["evidence-bucket"]
        assert "names no evidence bucket" in finding["message"]
    finally:
        doctor.account("production")

"""The generated permissions: CloudFormation takes them, AWS's own reference agrees, and all three forms say the same."""

import json
import pathlib
import random
import re
import urllib.parse

import pytest
import yaml
from cfnlint.api import lint_all
from cfnlint.data import AdditionalSpecs
from cfnlint.helpers import load_resource
from seeding.access import Clients

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "examples" / "permissions"
OPERATOR = "arn:aws:iam::111111111111:role/firebreak-operator"
EXTERNAL_ID, BUCKET = "REPLACE-THE-EXTERNAL-ID", "REPLACE-THE-EVIDENCE-BUCKET"
ROLES = {"read": "Read", "contain": "Contain", "contain-identity": "ContainIdentity", "failover": "Failover",
         "queue": "Queue"}

# The Service Authorization Reference, as cfn-lint ships it.
REFERENCE = load_resource(AdditionalSpecs, "Policies.json")
# Actions on everything although the reference names a type: a list by service names no container instance, Application Auto
# Scaling tries the alarms without a name, composite alarms are told only so, and a metric is in no data set that is named.
UNNAMED = {"ecs:ListTasks", "cloudwatch:DeleteAlarms", "cloudwatch:DescribeAlarms", "cloudwatch:GetMetricData",
           "cloudwatch:PutMetricAlarm"}


def plain(name: str) -> dict:
    return json.loads((FOLDER / f"{name}.json").read_text())


def template(name: str) -> str:
    return (FOLDER / "cloudformation" / f"{name}.yaml").read_text()


def allowed(name: str):
    """Each action of a policy with the resources that it is allowed on."""
    for statement in plain(name)["Statement"]:
        if statement["Effect"] == "Allow":
            yield from ((action, statement["Resource"]) for action in statement["Action"])


def types(action: str) -> dict[str, list[str]]:
    """The resource types of an action, by name, with the patterns of their ARNs."""
    service, name = action.split(":")
    known = {key.lower(): value["ARNFormats"] for key, value in REFERENCE[service]["Resources"].items()}
    named = REFERENCE[service]["Actions"][name.lower()].get("Resources", [])
    return {one: known.get(one.lower(), []) for one in named}


def is_of(resource: str, pattern: str) -> bool:
    """Whether an ARN with wildcards is one of the type: same service, and the same beginning of its last part."""
    _, _, service, _, _, rest = pattern.split(":", 5)
    ours = resource.split(":", 5)
    return ours[2] == service and ours[5].startswith(rest.removesuffix(".*").split("$")[0])


@pytest.mark.parametrize("name", [*ROLES, "evidence"])
def test_every_action_is_on_a_resource_type_that_aws_names_for_it(name):
    for action, resources in allowed(name):
        wanted = types(action)
        if action in UNNAMED or not wanted:
            assert resources == ["*"], action
            continue
        patterns = [pattern for patterns in wanted.values() for pattern in patterns]
        for resource in resources:
            assert any(is_of(resource, pattern) for pattern in patterns), f"{action} on {resource}: {wanted}"


# I40.. asks anyone who edits a template for notes about it; nobody edits a generated one.
@pytest.mark.parametrize("name", ["account", "evidence", "operator"])
def test_cfn_lint_finds_no_fault_in_the_templates(name):
    assert [found for found in lint_all(template(name)) if not found.rule.id.startswith("I40")] == []


@pytest.fixture
def empty(bed) -> Clients:
    """An account in which nothing is yet."""
    return Clients(bed["awsEndpoint"], str(random.randrange(3 * 10**11, 9 * 10**11)), "us-east-1")


@pytest.fixture
def stack(empty):
    """The stack of an account, its outputs by name."""
    cloudformation = empty("cloudformation")
    given = {"OperatorRoleArn": OPERATOR, "ExternalId": EXTERNAL_ID, "TargetRoles": "payments-*"}
    parameters = [{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()]
    cloudformation.create_stack(
        StackName="firebreak",
        TemplateBody=template("account"),
        Parameters=parameters,
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    (made,) = cloudformation.describe_stacks(StackName="firebreak")["Stacks"]
    assert made["StackStatus"] == "CREATE_COMPLETE"
    return {one["OutputKey"]: one["OutputValue"] for one in made["Outputs"]}


def document(iam, arn: str) -> dict:
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    found = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    return found if isinstance(found, dict) else json.loads(urllib.parse.unquote(found))


def test_the_stack_makes_the_roles_that_an_aws_account_names(empty, stack):
    iam, account = empty("iam"), empty.account
    for name, logical in ROLES.items():
        role = iam.get_role(RoleName=f"firebreak-{name}")["Role"]
        assert stack[f"{logical}RoleArn"] == role["Arn"] == f"arn:aws:iam::{account}:role/firebreak-{name}"
        assert role["AssumeRolePolicyDocument"] == plain("trust-read" if name == "read" else "trust-contain")
        # The emulator does not attach what a template's role names.
        resources = yaml.safe_load(template("account"))["Resources"]
        assert resources[f"{logical}Role"]["Properties"]["ManagedPolicyArns"] == [{"Ref": f"{logical}Policy"}]
        # Plain JSON is for any account and for all roles; the stack is for this account and those that were named.
        text = json.dumps(document(iam, f"arn:aws:iam::{account}:policy/firebreak-{name}"))
        assert json.loads(text.replace(account, "*").replace("role/payments-*", "role/*")) == plain(name)


def test_the_stack_makes_the_policy_that_denies_everything(empty, stack):
    assert stack["DenyPolicyArn"] == f"arn:aws:iam::{empty.account}:policy/FirebreakDenyAll"
    assert document(empty("iam"), stack["DenyPolicyArn"]) == plain("deny-all")


def test_only_the_roles_that_were_named_can_be_contained_and_only_with_that_policy(empty, stack):
    account = empty.account
    found = document(empty("iam"), f"arn:aws:iam::{account}:policy/firebreak-contain")
    (statement,) = [one for one in found["Statement"] if "iam:AttachRolePolicy" in one["Action"]]
    assert statement["Resource"] == [f"arn:aws:iam::{account}:role/payments-*"]
    assert statement["Condition"] == {"ArnEquals": {"iam:PolicyARN": [stack["DenyPolicyArn"]]}}


def test_the_operators_stack_makes_the_policy_with_which_it_assumes_the_roles(empty):
    empty("cloudformation").create_stack(
        StackName="operator", TemplateBody=template("operator"), Capabilities=["CAPABILITY_NAMED_IAM"]
    )
    arn = f"arn:aws:iam::{empty.account}:policy/firebreak-operator"
    assert document(empty("iam"), arn) == plain("operator")


def test_the_role_for_evidence_reaches_one_bucket_only(empty):
    given = {"OperatorRoleArn": OPERATOR, "ExternalId": EXTERNAL_ID, "EvidenceBucket": BUCKET}
    empty("cloudformation").create_stack(
        StackName="evidence",
        TemplateBody=template("evidence"),
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()],
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    role = empty("iam").get_role(RoleName="firebreak-evidence")["Role"]
    assert role["AssumeRolePolicyDocument"] == plain("trust-contain")
    found = document(empty("iam"), f"arn:aws:iam::{empty.account}:policy/firebreak-evidence")
    assert found == plain("evidence")
    resources = {one for statement in found["Statement"] for one in statement["Resource"]}
    assert resources == {f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"}


def terraform(module: str, name: str) -> dict:
    return json.loads((FOLDER / "terraform" / module / f"{name}.tf.json").read_text())


def as_document(block: dict, variables: dict) -> dict:
    """The policy that Terraform renders from an aws_iam_policy_document with the defaults of the plain files."""
    known = {"data.aws_partition.current.partition": "aws", "data.aws_caller_identity.current.account_id": "*",
             "var.operator_role_arn": OPERATOR, "var.external_id": EXTERNAL_ID, "var.evidence_bucket": BUCKET}
    known |= {f"var.{name}": one["default"] for name, one in variables.items() if "default" in one}
    filled = re.sub(r"\$\{([^}]+)\}", lambda found: known[found[1]], json.dumps(block))
    return {"Version": "2012-10-17", "Statement": [as_statement(one) for one in json.loads(filled)["statement"]]}


def as_statement(block: dict) -> dict:
    made = {"Sid": block["sid"], "Effect": block["effect"], "Action": block["actions"]}
    for principal in block.get("principals", []):
        (arn,) = principal["identifiers"]
        made["Principal"] = {principal["type"]: arn}
    if "resources" in block:
        made["Resource"] = block["resources"]
    for one in block.get("condition", []):
        made["Condition"] = {one["test"]: {one["variable"]: one["values"]}}
    return made


@pytest.mark.parametrize("module", ["account", "evidence", "operator"])
def test_terraform_makes_the_same_policies(module):
    blocks = terraform(module, "main")["data"]["aws_iam_policy_document"]
    variables = terraform(module, "variables")["variable"]
    writing = ("contain", "contain_identity", "failover", "evidence", "queue")
    files = {"read_trust": "trust-read"} | {f"{role}_trust": "trust-contain" for role in writing}
    for name, block in blocks.items():
        assert as_document(block, variables) == plain(files.get(name, name.replace("_", "-"))), name


def test_the_cluster_roles_are_those_of_the_chart():
    ours = list(yaml.safe_load_all((FOLDER / "kubernetes" / "rbac.yaml").read_text()))
    text = (FOLDER.parents[1] / "charts" / "firebreak" / "files" / "rbac.yaml").read_text()
    names = {"{{NAMESPACE}}": "firebreak-system", "{{SERVICE_ACCOUNT}}": "firebreak-controller"}
    for placeholder, name in names.items():
        text = text.replace(placeholder, name)
    assert ours == list(yaml.safe_load_all(text))

"""The emulator's journal, its faults, its accounts, and the roles that only AWS may change."""

import pytest
import world as worlds
from botocore.exceptions import ClientError
from seeding.access import Clients, as_keys, session

DENY = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}'


def put_policy(aws, role="payments-task", name="firebreak"):
    return aws("iam").put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=DENY)


def test_a_write_is_journalled_with_who_where_and_what(aws, world, control):
    put_policy(aws)
    call = control.calls(world["accountId"], service="iam", action="PutRolePolicy")[-1]
    assert call["principal"] == f"arn:aws:sts::{world['accountId']}:assumed-role/bed-administrator/bed-administrator"
    assert call["params"]["RoleName"] == "payments-task" and call["status"] == 200 and call["time"]


@pytest.mark.parametrize(("service", "action", "arguments"), [
    ("iam", "list_roles", {}),
    ("ecs", "list_clusters", {}),
    ("ec2", "describe_security_groups", {}),
    ("lambda", "list_functions", {}),
    ("s3", "list_buckets", {}),
])
def test_a_read_is_no_write_in_any_protocol(aws, world, control, service, action, arguments):
    before = control.calls(world["accountId"])
    getattr(aws(service), action)(**arguments)
    assert control.calls(world["accountId"]) == before
    last = control.calls(world["accountId"], reads=True)[-1]
    assert (last["service"], last["action"]) == (service, action.title().replace("_", ""))


def test_rest_writes_are_journalled_by_the_name_of_their_operation(aws, world, control):
    aws("lambda").put_function_concurrency(FunctionName="payments-refund", ReservedConcurrentExecutions=0)
    aws("s3").put_object(Bucket=world["evidenceBucket"], Key="report.json", Body=b"{}")
    actions = [call["action"] for call in control.calls(world["accountId"])]
    assert actions[-2:] == ["PutFunctionConcurrency", "PutObject"]


def test_a_dry_run_is_no_write(aws, world, control):
    before = control.calls(world["accountId"])
    with pytest.raises(ClientError, match="DryRunOperation"):
        aws("ec2").create_volume(AvailabilityZone="us-east-1a", Size=1, DryRun=True)
    assert control.calls(world["accountId"]) == before


@pytest.mark.parametrize(("service", "operation", "arguments"), [
    ("iam", "GetRole", {"RoleName": "payments-task"}),
    ("ecs", "DescribeServices", {"services": ["api"], "cluster": "prod"}),
    ("ec2", "DescribeVpcs", {}),
    ("lambda", "ListFunctions", {}),
    ("s3", "ListBuckets", {}),
    ("elbv2", "DescribeTargetGroups", {}),
])
def test_a_fault_comes_in_the_shape_of_the_service_and_then_is_over(aws, world, control, service, operation, arguments):
    control.fail(operation, "Throttling", account=world["accountId"], status=429, count=2)
    method = getattr(aws(service), boto3_name(operation))
    for _ in range(2):
        with pytest.raises(ClientError) as failure:
            method(**arguments)
        error = failure.value.response
        assert (error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"]) == ("Throttling", 429)
    method(**arguments)


def boto3_name(operation: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in operation).lstrip("_")


def test_a_fault_before_the_effect_prevents_it_and_one_after_it_only_loses_the_answer(aws, world, control):
    policies = lambda: aws("iam").list_role_policies(RoleName="payments-task")["PolicyNames"]  # noqa: E731
    for when, expected in (("before", ["queue"]), ("after", ["firebreak", "queue"])):
        control.fail("PutRolePolicy", "ServiceFailure", account=world["accountId"], status=500, when=when)
        with pytest.raises(ClientError, match="ServiceFailure"):
            put_policy(aws)
        assert sorted(policies()) == expected
    faults = [call["fault"] for call in control.calls(world["accountId"], action="PutRolePolicy")[-2:]]
    assert faults == ["ServiceFailure", "ServiceFailure"]


def sts_with(world, keys: dict):
    return session("us-east-1", **keys).client("sts", endpoint_url=world["endpoint"])


def test_the_operator_reaches_the_other_account_by_assuming_its_role(world):
    names = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
    here = sts_with(world, {name: world["operatorEnv"][name.upper()] for name in names})
    me = here.get_caller_identity()
    assert me["Account"] == world["operatorAccountId"] and ":assumed-role/firebreak-operator/" in me["Arn"]
    asked = {"RoleArn": world["readRoleArn"], "RoleSessionName": "firebreak", "ExternalId": world["externalId"]}
    there = sts_with(world, as_keys(here.assume_role(**asked)["Credentials"]))
    assert there.get_caller_identity()["Account"] == world["accountId"]


@pytest.mark.parametrize("key", ["serviceLinkedRoleArn", "ssoRoleArn"])
def test_a_role_that_aws_keeps_cannot_be_changed(aws, world, key):
    name = world[key].split("/")[-1]
    with pytest.raises(ClientError, match="UnmodifiableEntity"):
        put_policy(aws, name)
    with pytest.raises(ClientError, match="UnmodifiableEntity"):
        aws("iam").attach_role_policy(RoleName=name, PolicyArn=world["denyAllPolicyArn"])
    with pytest.raises(ClientError, match="UnmodifiableEntity"):
        aws("iam").update_assume_role_policy(RoleName=name, PolicyDocument=DENY)


def test_a_policy_of_ones_own_is_made_and_attached_as_usual(aws, world):
    aws("iam").attach_role_policy(RoleName="payments-task", PolicyArn=world["denyAllPolicyArn"])
    attached = aws("iam").list_attached_role_policies(RoleName="payments-task")["AttachedPolicies"]
    assert {policy["PolicyName"] for policy in attached} == {"PaymentsTable", "FirebreakDenyAll"}


def test_the_policy_that_responders_reach_for_first_is_there(aws):
    aws("iam").attach_role_policy(RoleName="payments-task", PolicyArn="arn:aws:iam::aws:policy/AWSDenyAll")
    attached = aws("iam").list_attached_role_policies(RoleName="payments-task")["AttachedPolicies"]
    assert "AWSDenyAll" in {policy["PolicyName"] for policy in attached}


def test_two_accounts_do_not_see_each_other(bed, world):
    other = Clients(bed["awsEndpoint"], "999999999999", "us-east-1")
    assert other("iam").list_roles()["Roles"] == []
    assert worlds.snapshot(bed["awsEndpoint"], world["accountId"], "us-east-1")["roles"]

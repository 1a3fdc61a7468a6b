"""IAM: the role and the user under suspicion, their neighbours, Firebreak's own roles, and those that only AWS may change."""

import contextlib
import json

from seeding.access import Clients

EXTERNAL_ID = "firebreak-e2e"
OPERATOR_ROLE = "firebreak-operator"
FIREBREAK_ROLES = {"readRoleArn": "firebreak-read", "containRoleArn": "firebreak-contain",
                   "failoverRoleArn": "firebreak-failover", "queueRoleArn": "firebreak-queue"}
CONSOLE_PASSWORD = "Tr0ub4dor&3-is-not-a-secret"  # tests prove that it is recorded nowhere
SSO_ROLE = "AWSReservedSSO_AdministratorAccess_0123456789abcdef"


def seed(clients: Clients, operator_arn: str) -> dict:
    """ARNs of everything, under the words that the tests use for them."""
    iam = clients("iam")
    return {
        "denyAllPolicyArn": _policy(iam, "FirebreakDenyAll", _statement("Deny", "*", "*")),
        **_payments(iam),
        "executionRoleArn": _role(iam, "payments-execution", _trusting("ecs-tasks.amazonaws.com"), team="payments"),
        "neighbourRoleArn": _neighbour(iam),
        **_users(iam),
        **_kept_by_aws(iam),
        **{key: _own(iam, name, operator_arn) for key, name in FIREBREAK_ROLES.items()},
    }


def seed_operator(clients: Clients) -> str:
    """The operator's own role, in its own account: made once, however many accounts are seeded beside it."""
    iam = clients("iam")
    try:
        return iam.get_role(RoleName=OPERATOR_ROLE)["Role"]["Arn"]
    except iam.exceptions.NoSuchEntityException:
        # Another process may seed its account beside this one, and be faster.
        with contextlib.suppress(iam.exceptions.EntityAlreadyExistsException):
            _role(iam, OPERATOR_ROLE, _trusting("pods.eks.amazonaws.com"), team="security")
        assume = _statement("Allow", "sts:AssumeRole", "arn:aws:iam::*:role/firebreak-*")
        iam.put_role_policy(RoleName=OPERATOR_ROLE, PolicyName="assume", PolicyDocument=assume)
        return iam.get_role(RoleName=OPERATOR_ROLE)["Role"]["Arn"]


def _payments(iam) -> dict:
    """With everything that can hang on a role: an inline policy, a managed one, tags, an instance profile."""
    services = ("ecs-tasks.amazonaws.com", "lambda.amazonaws.com", "ec2.amazonaws.com")
    arn = _role(iam, "payments-task", _trusting(*services), team="payments", environment="production")
    table = _statement("Allow", ["dynamodb:GetItem", "dynamodb:PutItem"], "arn:aws:dynamodb:*:*:table/payments")
    queue = _statement("Allow", "sqs:SendMessage", "arn:aws:sqs:*:*:payments-*")
    iam.put_role_policy(RoleName="payments-task", PolicyName="queue", PolicyDocument=queue)
    policy = _policy(iam, "PaymentsTable", table)
    iam.attach_role_policy(RoleName="payments-task", PolicyArn=policy)
    iam.create_instance_profile(InstanceProfileName="payments-bastion")
    iam.add_role_to_instance_profile(InstanceProfileName="payments-bastion", RoleName="payments-task")
    return {"taskRoleArn": arn, "taskRoleName": "payments-task", "taskRolePolicyArn": policy,
            "instanceProfile": "payments-bastion"}


def _neighbour(iam) -> str:
    """The role that must be the same at the end of every test."""
    arn = _role(iam, "orders-task", _trusting("ecs-tasks.amazonaws.com"), team="orders")
    reads = _statement("Allow", "dynamodb:GetItem", "arn:aws:dynamodb:*:*:table/orders")
    iam.put_role_policy(RoleName="orders-task", PolicyName="table", PolicyDocument=reads)
    return arn


def _users(iam) -> dict:
    """The user under suspicion, with an active and an inactive key, a password, a group and a policy; and its neighbour,
    who must be the same at the end of every test."""
    iam.create_group(GroupName="deployers")
    made = {}
    for name, team in (("ci-deploy", "payments"), ("orders-deploy", "orders")):
        iam.create_user(UserName=name, Path="/robots/", Tags=[{"Key": "team", "Value": team}])
        iam.add_user_to_group(GroupName="deployers", UserName=name)
        artifacts = _statement("Allow", "s3:PutObject", f"arn:aws:s3:::{team}-artifacts/*")
        iam.put_user_policy(UserName=name, PolicyName="artifacts", PolicyDocument=artifacts)
        iam.create_login_profile(UserName=name, Password=CONSOLE_PASSWORD)
        made[name] = [iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"] for _ in range(2)]
        iam.update_access_key(UserName=name, AccessKeyId=made[name][1], Status="Inactive")
    return {"userName": "ci-deploy", "userKeys": made["ci-deploy"], "neighbourUserName": "orders-deploy",
            "consolePassword": CONSOLE_PASSWORD}


def _kept_by_aws(iam) -> dict:
    linked = iam.create_service_linked_role(AWSServiceName="ecs.amazonaws.com")["Role"]["Arn"]
    trust = _statement("Allow", ["sts:AssumeRoleWithSAML", "sts:TagSession"], None,
                       {"Federated": "arn:aws:iam::000000000000:saml-provider/AWSSSO_DO_NOT_DELETE"})
    path = "/aws-reserved/sso.amazonaws.com/"
    single_sign_on = iam.create_role(RoleName=SSO_ROLE, Path=path, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    return {"serviceLinkedRoleArn": linked, "ssoRoleArn": single_sign_on}


def _own(iam, name: str, operator_arn: str) -> str:
    """A role that Firebreak assumes: by its ARN and with the external id, as the documentation tells users to."""
    condition = {"Condition": {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}}}
    trust = _statement("Allow", ["sts:AssumeRole", "sts:TagSession"], None, {"AWS": operator_arn}, **condition)
    return _role(iam, name, trust, team="security")


def _role(iam, name: str, trust: str, **tags: str) -> str:
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    return iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust, Tags=listed)["Role"]["Arn"]


def _policy(iam, name: str, document: str) -> str:
    return iam.create_policy(PolicyName=name, PolicyDocument=document)["Policy"]["Arn"]


def _trusting(*services: str) -> str:
    return _statement("Allow", "sts:AssumeRole", None, {"Service": list(services)})


def _statement(effect: str, action, resource, principal=None, **more) -> str:
    """A policy document with one statement; a trust policy has a principal in the place of the resource."""
    subject = {"Principal": principal} if principal else {"Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": action, **subject, **more}]})

"""The few policies of AWS that the stories meet. moto has either none of them or, slowly, for every account, all.

`AWSDenyAll`, which responders reach for first, is not among moto's at all.
"""

from moto.iam.models import AWSManagedPolicy, IAMBackend

MADE = "2019-05-01T22:36:14+00:00"
STATEMENTS = {
    "/AWSDenyAll": {"Effect": "Deny", "Action": ["*"], "Resource": "*"},
    "/AdministratorAccess": {"Effect": "Allow", "Action": "*", "Resource": "*"},
    "/ReadOnlyAccess": {"Effect": "Allow", "Action": ["*:Describe*", "*:Get*", "*:List*"], "Resource": "*"},
    "/SecurityAudit": {"Effect": "Allow", "Action": ["*:Describe*", "*:Get*", "*:List*"], "Resource": "*"},
    "/service-role/AmazonECSTaskExecutionRolePolicy": {
        "Effect": "Allow",
        "Action": ["ecr:BatchGetImage", "ecr:GetAuthorizationToken", "logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": "*",
    },
}


def install() -> None:
    IAMBackend._init_aws_policies = _policies


def _policies(backend) -> list[AWSManagedPolicy]:
    return [_policy(backend, path, statement) for path, statement in STATEMENTS.items()]


def _policy(backend, path: str, statement: dict) -> AWSManagedPolicy:
    folder, _, name = path.rpartition("/")
    document = {"Version": "2012-10-17", "Statement": [statement]}
    dates = {"CreateDate": MADE, "UpdateDate": MADE}
    data = {"Path": f"{folder}/", "DefaultVersionId": "v1", "Document": document, **dates}
    return AWSManagedPolicy.from_data(name, backend.account_id, backend.region_name, data)

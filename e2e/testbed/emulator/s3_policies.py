"""Bucket policies as S3 keeps and enforces them: checked when they are put, and denying with their conditions.

moto takes any text for a policy, and enforces a denial on objects only, for everybody, whatever its conditions say. Here a
denial holds for every request on the bucket, for the principals, actions and resources that it names, and with the condition
keys that say who asks; one with another key does not deny. A role that is deleted shows as its unique id from then on, and a
policy that names it cannot be put any more. A request that names another owner than the bucket's is refused.
"""

import fnmatch
import json
import re

from flask import request
from moto.iam.access_control import PermissionResult
from moto.iam.models import iam_backends
from moto.s3.exceptions import S3AccessDeniedError, S3ClientError
from moto.s3.models import FakeBucket, S3Backend, s3_backends
from moto.s3.responses import S3Response
from moto.s3.utils import bucket_policy_is_public
from moto.sts.models import sts_backends

from emulator.patching import around

LONGEST = 20 * 1024
DELETED = re.compile(r"(AIDA|AROA)[A-Z0-9]{12,}")


def install() -> None:
    around(S3Backend, "put_bucket_policy", _checked)
    around(S3Backend, "get_bucket_policy", _with_the_dead)
    around(S3Response, "_authenticate_and_authorize_s3_action", _authorized)
    around(FakeBucket, "get_permission", lambda _original, _bucket, *_asked: PermissionResult.NEUTRAL)


def _checked(original, backend, bucket_name: str, policy: bytes):
    """As PutBucketPolicy refuses them: malformed, too long, with principals that are gone, public where that is blocked."""
    try:
        statements = _statements(policy)
    except (TypeError, ValueError):
        raise S3ClientError("MalformedPolicy", "Policies must be valid JSON and the first byte must be '{'") from None
    if not statements or len(policy) > LONGEST:
        raise S3ClientError("MalformedPolicy", "Missing required field Statement, or policy is too long")
    named = [who for statement in statements for who in _named(statement)]
    if any(DELETED.fullmatch(who) or (_is_role(who) and not _role(who)) for who in named):
        raise S3ClientError("MalformedPolicy", "Invalid principal in policy")
    block = backend.get_bucket(bucket_name).public_access_block
    if block and str(block.block_public_policy).lower() == "true" and bucket_policy_is_public(policy):
        raise S3ClientError("AccessDenied", "public policies are blocked by the BlockPublicPolicy setting")
    backend.get_bucket(bucket_name).roles_named = {who: _role(who).id for who in named if _is_role(who)}
    return original(backend, bucket_name, policy)


def _with_the_dead(original, backend, bucket_name: str) -> bytes | None:
    policy = original(backend, bucket_name)
    for arn, role_id in getattr(backend.get_bucket(bucket_name), "roles_named", {}).items():
        if policy and not _role(arn):
            policy = policy.replace(f'"{arn}"'.encode(), f'"{role_id}"'.encode())
    return policy


def _is_role(arn: str) -> bool:
    return ":iam:" in arn and ":role/" in arn


def _role(arn: str):
    """The role, if it is there still."""
    roles = iam_backends[arn.split(":")[4]]["aws"].roles.values()
    return next((role for role in roles if role.arn == arn), None)


def _authorized(original, response, bucket_name: str | None = None, key_name: str | None = None):
    owner = s3_backends.bucket_accounts.get(bucket_name, (None, None))[1]
    expected = request.headers.get("x-amz-expected-bucket-owner")
    if owner and expected not in (None, owner):
        raise S3AccessDeniedError()
    if owner and _denied(response, owner, bucket_name, key_name):
        raise S3AccessDeniedError()
    return original(response, bucket_name, key_name)


def _denied(response, owner: str, bucket_name: str, key_name: str | None) -> bool:
    bucket = s3_backends[owner]["aws"].buckets.get(bucket_name)
    if not bucket or not bucket.policy:
        return False
    action, principal = f"s3:{response.data.get('Action', '')}", _principal(response.get_access_key())
    resource = f"arn:aws:s3:::{bucket_name}" + (f"/{key_name}" if key_name else "")
    return any(_denies(statement, principal, action, resource) for statement in _statements(bucket.policy))


def _denies(statement: dict, principal: str, action: str, resource: str) -> bool:
    return (statement.get("Effect") == "Deny" and _matches(_listed(statement.get("Action")), action)
            and _matches(_listed(statement.get("Resource")), resource) and _matches(_named(statement), principal)
            and all(_holds(operator, key, _listed(values), principal)
                    for operator, keys in statement.get("Condition", {}).items() for key, values in keys.items()))


def _holds(operator: str, key: str, values: list, principal: str) -> bool:
    """The caller is a role or a user, and never a service of AWS."""
    if key == "aws:PrincipalArn" and operator in ("ArnNotLike", "StringNotLike"):
        return not _matches(values, principal)
    if key == "aws:PrincipalServiceName" and operator in ("StringNotEquals", "StringNotLike"):
        return True
    if key == "aws:PrincipalIsAWSService" and operator in ("Bool", "BoolIfExists"):
        return [str(value).lower() for value in values] == ["false"]
    return False


def _principal(key: str) -> str:
    """The ARN of the role behind a session, as aws:PrincipalArn has it."""
    for account in list(sts_backends):
        for backend in sts_backends[account].values():
            if session := backend.get_assumed_role_from_access_key(key):
                return session.role_arn
    return key


def _matches(patterns: list, text: str) -> bool:
    return any(fnmatch.fnmatchcase(text, str(pattern).replace("[", "[[]")) for pattern in patterns)


def _named(statement: dict) -> list:
    principal = statement.get("Principal")
    return _listed(principal.get("AWS")) if isinstance(principal, dict) else _listed(principal)


def _statements(policy: bytes | str) -> list[dict]:
    document = json.loads(policy)
    if not isinstance(document, dict):
        raise ValueError("the policy is no object")
    return [statement for statement in _listed(document.get("Statement")) if isinstance(statement, dict)]


def _listed(value) -> list:
    return value if isinstance(value, list) else [] if value is None else [value]

"""The emulator's bucket policies, through boto3: what is refused when it is put, and whom a denial holds off."""

import json

import pytest
from botocore.exceptions import ClientError
from seeding.access import Clients

ROLE = "arn:aws:iam::{account}:role/{name}"


def refused(code: str, call, **arguments) -> None:
    with pytest.raises(ClientError) as failure:
        call(**arguments)
    assert failure.value.response["Error"]["Code"] in (code, "403"), failure.value


def policy(*statements: dict) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(world, principal) -> dict:
    return {"Sid": "Some", "Effect": "Allow", "Principal": principal, "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{world['exportsBucket']}/*"}


def deny(world, *exempt: str) -> dict:
    arn = f"arn:aws:s3:::{world['exportsBucket']}"
    return {"Sid": "Deny", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [arn, f"{arn}/*"],
            "Condition": {"ArnNotLike": {"aws:PrincipalArn": [ROLE.format(account=world["accountId"], name=n)
                                                             for n in exempt]},
                          "StringNotLike": {"aws:PrincipalServiceName": ["logging.s3.amazonaws.com"]}}}


@pytest.mark.parametrize("text", ["", "[]", "{", '{"Statement": []}'])
def test_a_malformed_policy_is_refused(aws, world, text):
    refused("MalformedPolicy", aws("s3").put_bucket_policy, Bucket=world["exportsBucket"], Policy=text or " ")


def test_a_policy_that_names_a_deleted_principal_is_refused(aws, world):
    bucket, arn = world["exportsBucket"], world["neighbourRoleArn"]
    given = policy(allow(world, {"AWS": arn}))
    aws("s3").put_bucket_policy(Bucket=bucket, Policy=given)
    role_id = aws("iam").get_role(RoleName="orders-task")["Role"]["RoleId"]
    aws("iam").delete_role_policy(RoleName="orders-task", PolicyName="table")
    aws("iam").delete_role(RoleName="orders-task")
    shown = aws("s3").get_bucket_policy(Bucket=bucket)["Policy"]
    assert json.loads(shown) == json.loads(given.replace(arn, role_id))
    for named in (given, shown):
        refused("MalformedPolicy", aws("s3").put_bucket_policy, Bucket=bucket, Policy=named)


def test_a_public_policy_is_refused_where_public_policies_are_blocked(aws, world):
    given = {"Bucket": world["exportsBucket"], "Policy": policy(allow(world, "*"))}
    aws("s3").put_bucket_policy(**given)
    aws("s3").put_public_access_block(Bucket=world["exportsBucket"],
                                      PublicAccessBlockConfiguration={"BlockPublicPolicy": True})
    refused("AccessDenied", aws("s3").put_bucket_policy, **given)


def test_a_denial_holds_everybody_off_but_the_exempt_from_objects_and_from_the_bucket(aws, world):
    bucket = world["exportsBucket"]
    thief = Clients(world["endpoint"], world["accountId"], world["region"], "payments-task")
    assert thief("s3").get_object(Bucket=bucket, Key="report.csv")["Body"].read()
    aws("s3").put_bucket_policy(Bucket=bucket, Policy=policy(deny(world, "bed-*")))
    refused("AccessDenied", thief("s3").get_object, Bucket=bucket, Key="report.csv")
    refused("AccessDenied", thief("s3").put_object, Bucket=bucket, Key="more.csv", Body=b"x")
    refused("AccessDenied", thief("s3").list_objects_v2, Bucket=bucket)
    refused("AccessDenied", thief("s3").delete_bucket_policy, Bucket=bucket)
    assert aws("s3").get_object(Bucket=bucket, Key="report.csv")["Body"].read()
    aws("s3").delete_bucket_policy(Bucket=bucket)
    assert thief("s3").get_object(Bucket=bucket, Key="report.csv")["Body"].read()


def test_a_request_that_names_another_owner_is_refused(aws, world):
    asked = {"Bucket": world["exportsBucket"]}
    aws("s3").get_bucket_location(**asked, ExpectedBucketOwner=world["accountId"])
    refused("AccessDenied", aws("s3").get_bucket_location, **asked, ExpectedBucketOwner="999999999999")
    refused("AccessDenied", aws("s3").put_bucket_policy, **asked, Policy=policy(deny(world)),
            ExpectedBucketOwner="999999999999")

"""Buckets: the one under suspicion, its neighbour, one that is public, and one to which CloudTrail delivers."""

import json

from seeding.access import Clients


def seed(clients: Clients, identity: dict) -> dict:
    """Names of everything, under the words that the tests use for them."""
    s3, suffix = clients("s3"), f"{clients.account}-{clients.region}"
    names = {word: f"{word}-{suffix}" for word in ("payments-exports", "orders-exports", "public-site", "audit-trail")}
    for name in names.values():
        bucket(clients, name)
    _owned(s3, names["payments-exports"], identity["taskRoleArn"], team="payments")
    _owned(s3, names["orders-exports"], identity["neighbourRoleArn"], team="orders")
    s3.put_public_access_block(Bucket=names["orders-exports"], PublicAccessBlockConfiguration=_block(True))
    _public(s3, names["public-site"])
    _trail(s3, names["audit-trail"])
    return {"exportsBucket": names["payments-exports"], "neighbourBucket": names["orders-exports"],
            "publicBucket": names["public-site"], "trailBucket": names["audit-trail"]}


def bucket(clients: Clients, name: str) -> None:
    placement = {} if clients.region == "us-east-1" else {
        "CreateBucketConfiguration": {"LocationConstraint": clients.region}}
    clients("s3").create_bucket(Bucket=name, **placement)


def _owned(s3, name: str, role_arn: str, team: str) -> None:
    """With two statements, an Id, tags, and something in it."""
    tls = {"Sid": "Tls", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": f"arn:aws:s3:::{name}/*",
           "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    _policy(s3, name, tls, _allow("Owner", {"AWS": role_arn}, ["s3:GetObject", "s3:PutObject"], name))
    s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": [{"Key": "team", "Value": team}]})
    s3.put_object(Bucket=name, Key="report.csv", Body=b"id,amount\n")


def _public(s3, name: str) -> None:
    """By its policy, and blocked by half."""
    s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=_block(False) | {"BlockPublicAcls": True})
    _policy(s3, name, _allow("Everybody", "*", "s3:GetObject", name))
    s3.put_object(Bucket=name, Key="index.html", Body=b"<html></html>")


def _trail(s3, name: str) -> None:
    _policy(s3, name, _allow("Trail", {"Service": "cloudtrail.amazonaws.com"}, "s3:PutObject", name))


def _allow(sid: str, principal, action, bucket: str) -> dict:
    return {"Sid": sid, "Effect": "Allow", "Principal": principal, "Action": action,
            "Resource": f"arn:aws:s3:::{bucket}/*"}


def _policy(s3, bucket: str, *statements: dict) -> None:
    document = {"Version": "2012-10-17", "Id": "seeded", "Statement": list(statements)}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(document))


def _block(on: bool) -> dict[str, bool]:
    return dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), on)

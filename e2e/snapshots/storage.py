"""Buckets as a snapshot: policy by statement, public access block, ACL, ownership, tags, and what lies in them."""

import json

from botocore.exceptions import ClientError
from snapshots.compare import tags

NONE = ("NoSuchBucketPolicy", "NoSuchPublicAccessBlockConfiguration", "NoSuchTagSet", "NoSuchLifecycleConfiguration",
        "OwnershipControlsNotFoundError", "ReplicationConfigurationNotFoundError", "NoSuchWebsiteConfiguration")


def buckets(s3) -> dict:
    return {bucket["Name"]: _bucket(s3, bucket["Name"]) for bucket in s3.list_buckets()["Buckets"]}


def _bucket(s3, name: str) -> dict:
    policy = _asked(s3.get_bucket_policy, name, "Policy")
    return {
        "policy": _policy(json.loads(policy)) if policy else None,
        "publicAccessBlock": _asked(s3.get_public_access_block, name, "PublicAccessBlockConfiguration"),
        "acl": s3.get_bucket_acl(Bucket=name)["Grants"],
        "tags": tags(_asked(s3.get_bucket_tagging, name, "TagSet") or []),
        "versioning": s3.get_bucket_versioning(Bucket=name).get("Status"),
        "objects": {each["Key"]: each["ETag"] for each in s3.list_objects_v2(Bucket=name).get("Contents", [])},
    }


def _policy(document: dict) -> dict:
    """Statements by their Sid, and their order: a snapshot sorts lists."""
    statements = document.pop("Statement")
    listed = statements if isinstance(statements, list) else [statements]
    return document | {"statements": {each.get("Sid", "?"): each for each in listed},
                       "order": " ".join(each.get("Sid", "?") for each in listed)}


def _asked(call, name: str, key: str):
    """None where the bucket has no such thing."""
    try:
        return call(Bucket=name)[key]
    except ClientError as error:
        if error.response["Error"]["Code"] in NONE:
            return None
        raise

#!/usr/bin/env python3
"""Writes listed.tsv: the error codes that botocore's models list for each AWS call in controller/aws/src.

Run it with a Python that has botocore, such as the test bed's (`e2e/run` makes it), after a new call: `python3 list.py`. Then give each
new code a class in classes.tsv; `cargo test -p firebreak-core --test error_codes` says which have none. The test needs no network.
"""

import datetime
import pathlib
import re

import botocore
import botocore.session

HERE = pathlib.Path(__file__).parent
SOURCE = HERE / "../../../aws/src"
MODELS = {"elasticloadbalancing": "elbv2"}
# Calls that are named after their IAM action, and the operations that AWS has for it.
OPERATIONS = {
    "s3:GetBucketObjectLockConfiguration": ["GetObjectLockConfiguration"],
    "s3:GetBucketPublicAccessBlock": ["GetPublicAccessBlock"],
    "sqs:DeleteMessage": ["DeleteMessage", "DeleteMessageBatch"],
    "s3:ListBucket": ["ListObjectsV2"],
    "s3:PutBucketPublicAccessBlock": ["DeletePublicAccessBlock", "PutPublicAccessBlock"],
}


def calls() -> list[str]:
    """Every call that the source names, without tests."""
    found: set[str] = set()
    for path in SOURCE.rglob("*.rs"):
        inner = path.relative_to(SOURCE)
        if "memory" in inner.parts or "tests" in inner.parts or inner.name in ("tests.rs", "testing.rs"):
            continue
        text = path.read_text().split("#[cfg(test)]\nmod tests {")[0]
        found.update(re.findall(r'"([a-z0-9-]+:[A-Z][A-Za-z0-9]+)"', text))
    return sorted(found)


def codes(session: botocore.session.Session, call: str) -> list[str]:
    """The codes of a call, as they come over the wire."""
    service, name = call.split(":")
    model = session.get_service_model(MODELS.get(service, service))
    found: set[str] = set()
    for operation in OPERATIONS.get(call, [name]):
        for shape in model.operation_model(operation).error_shapes:
            found.add(shape.metadata.get("error", {}).get("code", shape.name))
    return sorted(found)


def main() -> None:
    """Writes the file."""
    session = botocore.session.get_session()
    today = datetime.date.today().isoformat()
    lines = [f"# botocore {botocore.__version__}, listed on {today} by list.py: the call, and the error codes that its model lists"]
    lines += ["\t".join([call, " ".join(codes(session, call))]).rstrip() for call in calls()]
    (HERE / "listed.tsv").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()

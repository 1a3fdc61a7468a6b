"""Evidence in a bucket, before, while and after a role is cut off; and custody that is rebuilt from it."""

import hashlib
import json
import re

import pytest
import stories
from control import eventually
from plugin_answers import DONE, REFUSED

pytest_plugins = ["plugin_fixtures"]

PLAN, DESCRIPTION, MANIFEST, CLOSED = "plan.json", "description.json", "manifest.json", "closed.json"


@pytest.fixture
def archived(development):
    """A story whose account has an evidence bucket with Object Lock."""
    story = development
    bucket = f"evidence-{story.world['accountId']}"
    story.aws("s3").create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=True)
    retention = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 365}}
    story.aws("s3").put_object_lock_configuration(
        Bucket=bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": retention})
    story.has_account("Development", evidence={"bucket": bucket, "region": story.world["region"]})
    return story, bucket


def documents(story, bucket: str) -> dict[str, bytes]:
    s3 = story.aws("s3")
    found = s3.list_objects_v2(Bucket=bucket).get("Contents", [])
    found = [it for it in found if not it["Key"].endswith("/cluster.json")]
    return {it["Key"]: s3.get_object(Bucket=bucket, Key=it["Key"])["Body"].read() for it in found}


def named(story, bucket: str, name: str) -> dict:
    (body,) = [body for key, body in documents(story, bucket).items() if key.endswith(f"/{name}")]
    return json.loads(body)


def test_what_was_there_is_captured_before_and_sealed_after_with_the_hash_of_each_document(archived):
    story, bucket = archived
    request = story.asks(stories.role(story.world)).is_contained()
    request.says("Captured", "True", "Captured", f"s3://{bucket}/")
    request.says("Sealed", "True", "Sealed", "COMPLIANCE for 365 days")
    stored = documents(story, bucket)
    manifest = named(story, bucket, MANIFEST)
    told = {record["key"]: record["sha256"] for record in manifest["documents"].values()}
    assert told == {key: f"sha256:{hashlib.sha256(body).hexdigest()}" for key, body in stored.items()
                    if not key.endswith(MANIFEST)}
    assert sorted(key.rpartition("/")[2] for key in told) == [DESCRIPTION, PLAN]
    assert named(story, bucket, PLAN)["spec"]["digest"] == request.seen()["status"]["plan"]["digest"]
    request.released().is_released()
    assert named(story, bucket, CLOSED)["run"] == 1


def test_a_bucket_that_refuses_holds_required_evidence_back_and_nothing_else(archived):
    story, bucket = archived
    story.has_account("Development", evidence={"bucket": f"{bucket}-misspelt", "region": story.world["region"]})
    required = story.asks(stories.role(story.world), evidence={"required": True})
    required.says("Ready", "False", "EvidenceMissing", "NoSuchBucket")
    assert {call["service"] for call in story.writes()} == {"s3"}, "it tries the bucket, and touches nothing else"
    story.kubectl("delete", "quarantine", required.name, "-n", story.namespace, "--wait=false")
    request = story.asks(stories.role(story.world), evidence={"order": "ContainFirst"}).is_contained()
    request.says("Captured", "False", "EvidenceMissing", "NOT captured")


def test_the_evidence_bucket_is_never_cut_off(archived):
    story, bucket = archived
    refused = story.asks({"s3Bucket": {"bucket": bucket, "methods": ["BlockPublicAccess"]}})
    refused.says("Ready", "False", "OwnDependency", bucket)
    assert {call["action"] for call in story.writes()} <= {"PutObject"}, "but for the marker of the cluster, nothing is written"


def test_custody_that_was_lost_with_the_cluster_is_rebuilt_and_its_release_restores_exactly(archived, plugin):
    story, bucket = archived
    before = story.snapshot()
    request = story.asks(stories.role(story.world)).is_contained()
    contained = story.snapshot()
    forgotten(story, request)
    unproven = adopt(story, plugin)
    assert (unproven.code, story.holds()) == (REFUSED, []), "nobody vouches for the plan"
    assert "Unproven" in unproven.out
    (word,) = set(re.findall(r"--plan (sha256:[0-9a-f]{64})", unproven.err))
    assert adopted(story, plugin, word).err.endswith(" created\n")
    (hold,) = story.holds()
    assert (hold["spec"]["state"], hold["spec"]["holders"]) == ("Orphaned", [])
    assert adopted(story, plugin, word).err.endswith(" was there already\n")
    again = story.asks(stories.role(story.world), name=request.name).is_contained()
    assert beside(bucket, story.differs(contained)) == {}
    again.released().is_released()
    assert beside(bucket, story.differs(before)) == {}


def beside(bucket: str, differences: dict) -> dict:
    """What differs, but for what the evidence bucket holds."""
    return {path: change for path, change in differences.items() if bucket not in path}


def adopted(story, plugin, word: str):
    return adopt(story, plugin, "--plan", word).ends(DONE, "Orphaned", story.world["taskRoleName"])


def adopt(story, plugin, *flags: str):
    return plugin(story, "root", "--as-group", "system:masters", "adopt", story.account, "--yes", "--allow-endpoint-overrides", *flags)


def forgotten(story, request) -> None:
    """As when etcd is lost: the object, its plans and its custody are gone, and AWS knows nothing of it."""
    request.patched(mode="Observe").says("Ready", "True", "Observing")
    request.deleted()
    eventually(lambda: request.seen() is None, seconds=stories.PATIENCE)
    (hold,) = story.holds()
    operator = ("--as", "system:serviceaccount:firebreak-system:firebreak-controller", "--as-group", "system:masters")
    path = f"hold/{hold['metadata']['name']}"
    story.kubectl("delete", path, "--wait=false", *operator)
    story.kubectl("patch", path, "--type=merge", "-p", json.dumps({"metadata": {"finalizers": None}}), *operator)
    story.kubectl("delete", "responseplans", "--all", "-n", story.namespace)
    eventually(lambda: story.holds() == [], seconds=stories.PATIENCE)

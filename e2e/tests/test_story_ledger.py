"""The ledger of an Incident in a bucket with Object Lock: whole from the declaration to the report, and what verify names."""

import hashlib
import json

import pytest
import stories
from control import eventually
from plugin_answers import DONE, REFUSED

pytest_plugins = ["story_fixtures", "plugin_fixtures"]


@pytest.fixture
def ledgered(development):
    """A story whose account has an evidence bucket that keeps versions."""
    story = development
    bucket = f"ledger-{story.world['accountId']}"
    story.aws("s3").create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=True)
    story.has_account("Development", evidence={"bucket": bucket, "region": story.world["region"]})
    return story, bucket


def objects(story, bucket: str, incident) -> dict[str, bytes]:
    """Everything beside the ledger of an Incident, by its name."""
    s3 = story.aws("s3")
    prefix = f"firebreak/ledger/{story.namespace}/{incident.seen()['metadata']['uid']}/"
    found = s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
    return {it["Key"].removeprefix(prefix): s3.get_object(Bucket=bucket, Key=it["Key"])["Body"].read() for it in found}


def entries(story, bucket: str, incident) -> list[dict]:
    found = objects(story, bucket, incident)
    return [json.loads(body) for name, body in sorted(found.items()) if name.endswith(".json")]


def digest(body: bytes) -> str:
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


def verified(story, plugin, incident, *flags: str):
    return plugin(story, "root", "--as-group", "system:masters", "ledger", "verify", incident.name,
                  "--allow-endpoint-overrides", *flags)


def test_an_incident_is_in_its_ledger_from_the_declaration_to_the_report(ledgered, plugin):
    story, bucket = ledgered
    incident = story.declares("credentials used from outside", responses=[story.responds("role", stories.role(story.world))])
    incident.created("role").is_contained()
    incident.responds("role", "Contained").says("Ledgered", "True", "Recorded", f"s3://{bucket}/")
    incident.decided("alice", "responder", verb="Resolve", outcome="TruePositive").says("Resolved", "True")

    def stored() -> bool:
        return any(entry["record"]["event"] == "ReportStored" for entry in entries(story, bucket, incident))

    eventually(stored, seconds=stories.PATIENCE, every=0.2)
    incident.says("Ledgered", "True", "Recorded")
    told, found = entries(story, bucket, incident), objects(story, bucket, incident)
    assert {"Declared", "Response", "FirstWrite", "Contained", "ResolveAsked", "Resolved"} <= {
        entry["record"]["event"] for entry in told}
    bodies = [body for name, body in sorted(found.items()) if name.endswith(".json")]
    assert [entry["previous"] for entry in told] == [None, *(digest(body) for body in bodies[:-1])]
    assert {entry["incident"]["uid"] for entry in told} == {incident.seen()["metadata"]["uid"]}
    assert incident.seen()["status"]["ledger"]["head"] == digest(bodies[-1])
    (report,) = [entry["record"]["what"] for entry in told if entry["record"]["event"] == "ReportStored"]
    assert digest(found["report.md"]) in report and digest(found["report.html"]) in report
    verified(story, plugin, incident).ends(DONE, "intact")


def test_verify_names_what_was_done_to_the_bucket(ledgered, plugin):
    story, bucket = ledgered
    incident = story.declares("a strange login", responses=[story.responds("role", stories.role(story.world))])
    incident.responds("role", "Contained").says("Ledgered", "True")
    s3 = story.aws("s3")
    prefix = f"firebreak/ledger/{story.namespace}/{incident.seen()['metadata']['uid']}/"
    first, second = (f"{prefix}{number:020}.json" for number in (1, 2))
    kept = s3.get_object(Bucket=bucket, Key=second)["Body"].read()
    s3.put_object(Bucket=bucket, Key=second, Body=kept.replace(b'"writer":"', b'"writer":"not-'))
    broken = verified(story, plugin, incident)
    assert broken.code == REFUSED
    assert "changed: entry 2" in broken.out and "foreign: entry 2" in broken.out
    s3.put_object(Bucket=bucket, Key=second, Body=kept)
    s3.delete_object(Bucket=bucket, Key=first)
    cut = verified(story, plugin, incident)
    assert (cut.code, "gap: entry 1" in cut.out) == (REFUSED, True)


def test_a_bucket_that_refuses_blocks_no_containment_and_is_made_up_for(ledgered):
    story, bucket = ledgered
    story.has_account("Development", evidence={"bucket": f"{bucket}-misspelt", "region": story.world["region"]})
    response = story.responds("role", stories.role(story.world))
    response["quarantine"]["evidence"] = {"order": "ContainFirst"}
    incident = story.declares("credentials used from outside", responses=[response])
    incident.created("role").says("Contained", "True")
    incident.says("Ledgered", "False", message="NoSuchBucket")
    story.has_account("Development", evidence={"bucket": bucket, "region": story.world["region"]})
    incident.patched(summary="The bucket is there again.")
    eventually(lambda: incident.condition("Ledgered").get("status") == "True", seconds=150, every=1)
    assert entries(story, bucket, incident)[0]["record"]["event"] == "Declared"

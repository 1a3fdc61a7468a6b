"""An S3 bucket is cut off and put back, end to end: real API server, real operator, the emulator as AWS."""

import json

import pytest
import stories
from botocore.exceptions import ClientError
from seeding.access import Clients

pytest_plugins = ["story_fixtures"]

SID = "FirebreakQuarantine"
PUBLIC = ("PublicAccess",)
METHODS = {
    "public access blocked": (["BlockPublicAccess"], {"publicAccessBlock"}),
    "everything denied": (["DenyAll"], {f"policy.statements.{SID}", "policy.order"}),
    "both": (["BlockPublicAccess", "DenyAll"], {"publicAccessBlock", f"policy.statements.{SID}", "policy.order"}),
}


def thief(story):
    """Anyone who has stolen the credentials of the role that uses the bucket."""
    world = story.world
    return Clients(world["endpoint"], world["accountId"], world["region"], world["taskRoleName"])("s3")


def reads(s3, bucket: str, key: str = "report.csv") -> bool:
    try:
        return bool(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    except ClientError as error:
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 403, error
        return False


def statements(story, bucket: str = "") -> list[dict]:
    policy = story.aws("s3").get_bucket_policy(Bucket=bucket or story.world["exportsBucket"])["Policy"]
    return json.loads(policy)["Statement"]


def rewritten(story, change) -> None:
    """Somebody edits the policy as a whole, as everybody must."""
    s3, bucket = story.aws("s3"), story.world["exportsBucket"]
    policy = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
    policy["Statement"] = change(policy["Statement"])
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))


def newcomer(story) -> dict:
    return {"Sid": "Newcomer", "Effect": "Allow", "Principal": {"AWS": story.world["neighbourRoleArn"]},
            "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{story.world['exportsBucket']}/*"}


@pytest.mark.parametrize("method", METHODS)
def test_a_bucket_is_cut_off_in_its_own_fields_only_and_put_back_exactly(development, method):
    methods, owned = METHODS[method]
    story, before = development, development.snapshot()
    request = story.asks(stories.bucket(story.world, *methods)).is_contained()
    assert set(story.differs(before)) == {f"buckets.{story.world['exportsBucket']}.{path}" for path in owned}
    request.released(PUBLIC).is_released()
    assert story.differs(before) == {} and story.holds() == []


def test_a_denial_cuts_off_everybody_who_used_the_bucket_and_spares_firebreak_and_break_glass(development):
    story, bucket = development, development.world["exportsBucket"]
    assert reads(thief(story), bucket)
    request = story.asks(stories.bucket(story.world)).is_contained()
    assert not reads(thief(story), bucket)
    with pytest.raises(ClientError):
        thief(story).list_objects_v2(Bucket=bucket)
    with pytest.raises(ClientError):
        thief(story).delete_bucket_policy(Bucket=bucket)
    assert reads(story.aws("s3"), bucket), "the break-glass role keeps its access"
    notes = " ".join(request.seen()["status"]["notes"])
    assert all(words in notes for words in ("bed-administrator", "firebreak-contain", "presigned URLs", "payments-task"))
    request.released(PUBLIC).is_released()
    assert reads(thief(story), bucket)


def test_a_bucket_without_a_policy_has_none_again(development):
    story = development
    story.aws("s3").delete_bucket_policy(Bucket=story.world["exportsBucket"])
    before = story.snapshot()
    request = story.asks(stories.bucket(story.world)).is_contained()
    assert [statement["Sid"] for statement in statements(story)] == [SID]
    request.released(PUBLIC).is_released()
    assert story.differs(before) == {}
    assert [call["status"] for call in story.writes(action="DeleteBucketPolicy")][-1] == 204


def test_a_public_bucket_opens_again_only_on_explicit_word(development):
    story, bucket, before = development, development.world["publicBucket"], development.snapshot()
    request = story.asks(stories.bucket(story.world, name=bucket)).is_contained()
    assert not reads(thief(story), bucket, "index.html")
    request.released()
    request.says("Ready", "False", "RestoreWithheld", "PublicAccess")
    assert {hold["spec"]["state"] for hold in story.holds()} == {"Withheld"}
    assert not reads(thief(story), bucket, "index.html")
    request.patched(restoreOnRelease=list(PUBLIC)).is_released()
    assert story.differs(before) == {} and story.holds() == []
    assert reads(thief(story), bucket, "index.html")


def test_what_others_write_into_the_policy_meanwhile_is_no_drift_and_stays(development):
    story, before = development, development.snapshot()
    request = story.asks(stories.bucket(story.world)).is_contained()
    rewritten(story, lambda all: [newcomer(story), *all])
    puts = len(story.writes(action="PutBucketPolicy"))
    request.patched(reason="look again").says("InSync", "True", "InSync")
    assert len(story.writes(action="PutBucketPolicy")) == puts
    request.released(PUBLIC).is_released()
    path = f"buckets.{story.world['exportsBucket']}.policy"
    assert set(story.differs(before)) == {f"{path}.statements.Newcomer", f"{path}.order"}
    assert [statement["Sid"] for statement in statements(story)] == ["Newcomer", "Tls", "Owner"]


def test_our_statement_taken_out_is_put_back_beside_what_others_wrote(development):
    story = development
    request = story.asks(stories.bucket(story.world)).is_contained()
    rewritten(story, lambda all: [s for s in all if s["Sid"] != SID] + [newcomer(story)])
    request.says("InSync", "True", "DriftReasserted")
    assert [statement["Sid"] for statement in statements(story)] == ["Tls", "Owner", "Newcomer", SID]


def test_principals_that_were_deleted_are_named_before_anything_is_written(development):
    story, iam = development, development.aws("iam")
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    role = iam.create_role(RoleName="partner", AssumeRolePolicyDocument=trust)["Role"]
    rewritten(story, lambda all: [newcomer(story) | {"Principal": {"AWS": role["Arn"]}}, *all])
    iam.delete_role(RoleName="partner")
    request = story.asks(stories.bucket(story.world))
    is_refused(request, "Unmodifiable", role["RoleId"])
    rewritten(story, lambda all: all[1:])
    request.patched(reason="the partner is out of the policy").is_contained()


def test_a_refused_write_of_the_policy_is_said_and_throttling_passes(development):
    story, before = development, development.snapshot()
    account = story.world["accountId"]
    story.control.fail("PutBucketPolicy", "SlowDown", status=503, count=4, account=account)
    story.control.fail("PutPublicAccessBlock", "InternalError", status=500, when="after", account=account)
    request = story.asks(stories.bucket(story.world)).is_contained()
    request.released(PUBLIC).is_released()
    assert story.differs(before) == {}


def test_the_example_is_contained_and_released(production, example):
    story, before = production, production.snapshot()
    spec = example("quarantine-a-bucket/quarantine.yaml")["spec"] | {"accountRef": {"name": story.account}}
    spec["target"] = stories.bucket(story.world, *spec["target"]["s3Bucket"]["methods"])
    request = story.asks(**spec).approved(("bob", "approver"), ("sue", "security")).is_contained()
    request.released(PUBLIC).approved(("bob", "approver"), action="Release").is_released()
    assert story.differs(before) == {}


def is_refused(request, reason: str, message: str, status: str = "False") -> None:
    """A person is called, told what and why, and nothing is written."""
    request.says("Ready", status, reason, message)
    request.says("Stalled", "True", reason)
    assert request.story.writes() == []
    assert request.story.holds() == []


def test_a_bucket_that_receives_logs_is_not_denied_but_may_be_shut_to_the_public(development):
    story, trail = development, development.world["trailBucket"]
    is_refused(story.asks(stories.bucket(story.world, name=trail)), "LogBucket", "cloudtrail.amazonaws.com")
    story.asks(stories.bucket(story.world, "BlockPublicAccess", name=trail)).is_contained()


def test_a_bucket_that_does_not_exist_is_named(development):
    is_refused(development.asks(stories.bucket({}, name="nowhere")), "TargetNotFound", "nowhere")


def test_a_bucket_of_another_account_is_denied_and_it_is_said_why(development):
    story, other = development, str(int(development.world["accountId"]) + 1)
    Clients(story.world["endpoint"], other, story.world["region"])("s3").create_bucket(Bucket=f"theirs-{other}")
    request = story.asks(stories.bucket({}, name=f"theirs-{other}"))
    is_refused(request, "AccessDenied", "belongs to another account", status="Unknown")


def test_a_bucket_of_another_region_is_refused(development):
    story, name = development, f"abroad-{development.world['accountId']}"
    Clients(story.world["endpoint"], story.world["accountId"], "eu-west-1")("s3").create_bucket(
        Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    is_refused(story.asks(stories.bucket({}, name=name)), "InvalidTarget", "is in eu-west-1")


def test_protected_tag_of_a_bucket_asks_for_an_approver(development):
    story = development
    tags = {"TagSet": [{"Key": "firebreak.dev/protected", "Value": "yes"}]}
    story.aws("s3").put_bucket_tagging(Bucket=story.world["exportsBucket"], Tagging=tags)
    story.asks(stories.bucket(story.world)).warns("firebreak.dev/protected")

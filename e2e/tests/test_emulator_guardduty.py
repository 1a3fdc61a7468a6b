"""The emulator's GuardDuty, through boto3: findings are listed page by page and by criteria, read, archived, and made up."""

import json

import botocore.session
import findings
import pytest
from botocore.exceptions import ClientError
from seeding.access import administrator

PLAIN = {"string": str, "boolean": bool, "integer": int, "long": int, "double": (int, float), "timestamp": (int, float)}


@pytest.fixture
def guardduty(aws, world):
    """`guardduty("list_findings", MaxResults=3)` asks the world's detector."""
    return lambda action, **asked: getattr(aws("guardduty"), action)(DetectorId=world["detectorId"], **asked)


@pytest.fixture
def find(control, world):
    """`find("s3_public")` is the id of a new finding like that sample; `find("s3_public", severity=2)` differs from it."""
    def put(name: str = "iam_exfiltration", **changes) -> str:
        return findings.found(control, world, findings.sample(name, world, **changes))["id"]

    return put


def listed(guardduty, criterion: dict | None = None, order: str = "ASC", **more) -> list[str]:
    asked = {"FindingCriteria": {"Criterion": criterion or {}}, "SortCriteria": {"AttributeName": "updatedAt", "OrderBy": order}}
    return guardduty("list_findings", **asked, **more)["FindingIds"]


def refused(guardduty, action: str, **asked) -> None:
    with pytest.raises(ClientError) as failure:
        guardduty(action, **asked)
    error = failure.value.response
    assert (error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"]) == ("BadRequestException", 400)


def misfits(shape, value, path: str = "finding") -> list[str]:
    """Where a value is not as botocore's model of the answer has it."""
    if value is None:
        return []
    if shape.type_name in PLAIN:
        fits = isinstance(value, PLAIN[shape.type_name]) and isinstance(value, bool) == (shape.type_name == "boolean")
        return [] if fits and value in (getattr(shape, "enum", None) or [value]) else [f"{path}: {value!r}"]
    if not isinstance(value, list if shape.type_name == "list" else dict):
        return [f"{path}: {value!r}"]
    return [misfit for name, inner, within in _inside(shape, value)
            for misfit in (misfits(inner, within, f"{path}.{name}") if inner else [f"{path}.{name}: unknown"])]


def _inside(shape, value) -> list[tuple]:
    """Name, shape and value of each part; no shape where the model does not know it."""
    if shape.type_name == "list":
        return [(str(place), shape.member, entry) for place, entry in enumerate(value)]
    if shape.type_name == "map":
        return [(name, shape.value, entry) for name, entry in value.items()]
    known = {member.serialization.get("name", name): member for name, member in shape.members.items()}
    return [(name, known.get(name), entry) for name, entry in value.items()]


def finding_shape():
    model = botocore.session.get_session().get_service_model("guardduty")
    return model.operation_model("GetFindings").output_shape.members["Findings"].member


@pytest.mark.parametrize("path", sorted(findings.SAMPLES.glob("*.json")), ids=lambda path: path.stem)
def test_a_sample_has_only_what_guardduty_tells(path):
    assert misfits(finding_shape(), json.loads(path.read_text())) == []


def test_what_guardduty_would_never_tell_is_noticed():
    wrong = {"severity": "8", "id": 7, "owner": "x", "service": {"archived": 1, "action": []},
             "resource": {"s3BucketDetails": [{"nome": "b"}]}}
    paths = {misfit.partition(":")[0] for misfit in misfits(finding_shape(), wrong)}
    assert paths == {f"finding.{path}" for path in ("severity", "id", "owner", "service.archived", "service.action",
                                                    "resource.s3BucketDetails.0.nome")}


def test_a_finding_is_read_as_it_was_found(guardduty, find, aws, world):
    name = find("ecs_runtime")
    (finding,) = guardduty("get_findings", FindingIds=[name, "0" * 32])["Findings"]
    assert finding["Arn"].endswith(f":{world['accountId']}:detector/{world['detectorId']}/finding/{name}")
    assert finding["Resource"]["EcsClusterDetails"]["TaskDetails"]["Group"] == "service:checkout"
    assert (finding["Severity"], finding["AccountId"]) == (5, world["accountId"])
    assert aws("guardduty").list_detectors()["DetectorIds"] == [world["detectorId"]]


def test_findings_come_page_by_page_by_the_time_of_their_update(guardduty, find):
    made = [find(updatedAt=f"2026-11-28T10:00:{59 - second:02}.000Z") for second in range(55)]
    order = {"AttributeName": "updatedAt", "OrderBy": "ASC"}
    first = guardduty("list_findings", SortCriteria=order)
    assert first["FindingIds"] == made[:4:-1] and first["NextToken"]
    last = guardduty("list_findings", SortCriteria=order, NextToken=first["NextToken"])
    assert (last["FindingIds"], last["NextToken"]) == (made[4::-1], "")
    assert listed(guardduty, order="DESC", MaxResults=3) == made[:3]
    refused(guardduty, "list_findings", MaxResults=51)
    refused(guardduty, "get_findings", FindingIds=made[:51])


def test_criteria_narrow_by_time_severity_and_archive(guardduty, find):
    old = find(updatedAt="2026-11-28T10:00:00.499Z", severity=2)
    then = find(updatedAt="2026-11-28T10:00:00.500Z", severity=7.5)
    late = find(updatedAt="2026-11-28T11:00:00Z", severity=5)
    assert listed(guardduty, {"updatedAt": {"GreaterThanOrEqual": 1795860000500}}) == [then, late]
    assert listed(guardduty, {"severity": {"Gte": 5}, "updatedAt": {"LessThan": 1795863600000}}) == [then]
    assert listed(guardduty, {"id": {"Neq": [old, late]}, "service.resourceRole": {"Eq": ["TARGET"]}}) == [then]
    guardduty("archive_findings", FindingIds=[then])
    assert listed(guardduty, {"service.archived": {"Eq": ["false"]}}) == [old, late]
    assert listed(guardduty, {"service.archived": {"Equals": ["true"]}}) == [then]
    refused(guardduty, "list_findings", FindingCriteria={"Criterion": {"colour": {"Eq": ["red"]}}})


def test_a_mark_is_told_with_its_finding(guardduty, find):
    names = [find(), find()]
    guardduty("update_findings_feedback", FindingIds=names[:1], Feedback="USEFUL")
    told = {one["Id"]: one["Service"].get("UserFeedback") for one in guardduty("get_findings", FindingIds=names)["Findings"]}
    assert told == dict(zip(names, ["USEFUL", None], strict=True))
    refused(guardduty, "update_findings_feedback", FindingIds=names, Feedback="GREAT")


def test_an_update_takes_the_place_of_its_finding(guardduty, find):
    name = find(count=1)
    find(id=name, severity=2)
    assert listed(guardduty) == [name]
    assert guardduty("get_findings", FindingIds=[name])["Findings"][0]["Severity"] == 2


def test_samples_say_that_they_are_samples(guardduty):
    types = ["UnauthorizedAccess:IAMUser/TorIPCaller", "Recon:EC2/Portscan"]
    guardduty("create_sample_findings", FindingTypes=types)
    made = guardduty("get_findings", FindingIds=listed(guardduty))["Findings"]
    assert [one["Type"] for one in made] == types
    assert [one["Resource"]["ResourceType"] for one in made] == ["AccessKey", "Instance"]
    for one in made:
        assert one["Title"].startswith("[SAMPLE] ") and json.loads(one["Service"]["AdditionalInfo"]["Value"])["sample"]


def test_a_detector_that_is_not_there_is_a_bad_request(aws):
    other = lambda action, **asked: getattr(aws("guardduty"), action)(DetectorId="0" * 32, **asked)  # noqa: E731
    for action in ("list_findings", "create_sample_findings"):
        refused(other, action)
    for action in ("get_findings", "archive_findings"):
        refused(other, action, FindingIds=[])


def test_each_region_has_one_detector_of_its_own(world, guardduty, find):
    find()
    west = administrator(world["endpoint"], world["accountId"], "eu-west-1")("guardduty")
    assert west.list_detectors()["DetectorIds"] == []
    there = west.create_detector(Enable=True)["DetectorId"]
    assert west.list_findings(DetectorId=there)["FindingIds"] == []
    refused(lambda action, **asked: getattr(west, action)(**asked), "create_detector", Enable=True)
    assert len(listed(guardduty)) == 1


def test_to_list_and_to_read_are_no_writes(guardduty, find, control, world):
    guardduty("get_findings", FindingIds=[find()])
    listed(guardduty)
    reads = control.calls(world["accountId"], reads=True, service="guardduty")[-2:]
    assert [(call["action"], call["mutating"]) for call in reads] == [("GetFindings", False), ("ListFindings", False)]

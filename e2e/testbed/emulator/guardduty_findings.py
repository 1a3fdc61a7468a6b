"""GuardDuty's findings, of which moto knows none: listed by criteria, read, marked, archived, and samples of them.

    POST /firebreak/findings {"account": "222222222222", "region": "us-east-1", "finding": {...}}

A finding is given in the form in which EventBridge delivers its `detail`. It gets the detector's id and an ARN, and takes the
place of the one with its id. As in AWS, an account has one detector in a region, and the last page has an empty token.
"""

import copy
import datetime
import json
import pathlib

from moto.guardduty import urls
from moto.guardduty.exceptions import GuardDutyException
from moto.guardduty.models import Detector, GuardDutyBackend, guardduty_backends
from moto.guardduty.responses import GuardDutyResponse
from moto.moto_api._internal import mock_random

from emulator.guardduty_criteria import Refused, in_order, selected
from emulator.patching import around

MOST = 50
SAMPLES = pathlib.Path(__file__).resolve().parents[3] / "controller" / "core" / "data" / "findings"
BASE = r"{0}/detector/(?P<detector_id>[^/]+)/findings"


class BadRequest(GuardDutyException):
    """The one error of the caller that GuardDuty has."""

    code = 400

    def __init__(self, why: str = "an invalid or out-of-range value is specified as an input parameter") -> None:
        super().__init__("InvalidInputException", f"The request is rejected because {why}.")

    def get_headers(self, *_) -> list[tuple[str, str]]:
        return [("X-Amzn-ErrorType", "BadRequestException")]


def install() -> None:
    for path in ("", "/get", "/create", "/archive", "/feedback"):
        urls.url_paths[f"{BASE}{path}$"] = GuardDutyResponse.dispatch
    GuardDutyResponse.list_findings = _list
    GuardDutyResponse.get_findings = _get
    GuardDutyResponse.create_sample_findings = _create_samples
    GuardDutyResponse.archive_findings = _archive
    GuardDutyResponse.update_findings_feedback = _mark
    around(GuardDutyBackend, "create_detector", _only_one)


def put(wanted: dict) -> dict:
    """For tests. Raises ValueError where nobody could tell what is meant."""
    if set(wanted) != {"account", "region", "finding"} or not {"id", "updatedAt"} <= set(wanted["finding"]):
        raise ValueError("a finding needs account, region and finding, which has id and updatedAt")
    datetime.datetime.fromisoformat(wanted["finding"]["updatedAt"])
    backend = guardduty_backends[wanted["account"]][wanted["region"]]
    if not backend.detectors:
        raise ValueError(f"account {wanted['account']} has no detector in {wanted['region']}")
    return {"arn": _keep(backend, wanted["finding"])}


def _only_one(original, backend, *asked, **named) -> str:
    if backend.detectors:
        raise BadRequest("a detector already exists for the current account")
    return original(backend, *asked, **named)


def _keep(backend: GuardDutyBackend, finding: dict) -> str:
    """Its ARN."""
    (detector,) = backend.detectors.values()
    place = f"arn:{backend.partition}:guardduty:{backend.region_name}:{backend.account_id}:detector/{detector.id}"
    service = finding.get("service", {}) | {"detectorId": detector.id}
    kept = copy.deepcopy(finding) | {"arn": f"{place}/finding/{finding['id']}", "service": service}
    _findings(detector)[kept["id"]] = kept
    return kept["arn"]


def _findings(detector: Detector) -> dict[str, dict]:
    """By their ids. They are gone with the detector."""
    if not hasattr(detector, "findings"):
        detector.findings = {}
    return detector.findings


def _detector(response: GuardDutyResponse) -> Detector:
    """The one in the path; BadRequestException where there is none."""
    return response.guardduty_backend.get_detector(response.path.split("/findings")[0].split("/")[-1])


def _asked(response: GuardDutyResponse) -> dict:
    return json.loads(response.body or "{}")


def _list(response: GuardDutyResponse) -> str:
    detector, asked = _detector(response), _asked(response)
    try:
        found = selected(list(_findings(detector).values()), asked.get("findingCriteria"), asked.get("sortCriteria"))
        begin, most = int(asked.get("nextToken") or 0), int(asked.get("maxResults") or MOST)
    except (Refused, ValueError) as wrong:
        raise BadRequest() from wrong
    if not 1 <= most <= MOST:
        raise BadRequest()
    ids = [finding["id"] for finding in found[begin:begin + most]]
    return json.dumps({"findingIds": ids, "nextToken": str(begin + most) if begin + most < len(found) else ""})


def _named(response: GuardDutyResponse) -> list[dict]:
    """Those whose ids are asked for. Ids that nobody knows are left out."""
    detector, ids = _detector(response), _asked(response).get("findingIds", [])
    if len(ids) > MOST:
        raise BadRequest()
    return [finding for name, finding in _findings(detector).items() if name in ids]


def _get(response: GuardDutyResponse) -> str:
    return json.dumps({"findings": in_order(_named(response), _asked(response).get("sortCriteria"))})


def _archive(response: GuardDutyResponse) -> str:
    for finding in _named(response):
        finding["service"]["archived"] = True
    return "{}"


def _mark(response: GuardDutyResponse) -> str:
    feedback = _asked(response).get("feedback")
    if feedback not in ("USEFUL", "NOT_USEFUL"):
        raise BadRequest()
    for finding in _named(response):
        finding["service"]["userFeedback"] = feedback
    return "{}"


def _create_samples(response: GuardDutyResponse) -> str:
    """One of each type that is asked for, else of each that there is."""
    _detector(response)
    backend, known = response.guardduty_backend, [json.loads(path.read_text()) for path in sorted(SAMPLES.glob("*.json"))]
    types = _asked(response).get("findingTypes") or [one["type"] for one in known]
    if len(types) > MOST or not all(_resource(type_) for type_ in types):
        raise BadRequest()
    for type_ in types:
        like = next((one for one in known if _resource(one["type"]) == _resource(type_)), known[0])
        _keep(backend, _sample(like, type_) | {"accountId": backend.account_id, "region": backend.region_name})
    return "{}"


def _resource(type_: str) -> str:
    """`EC2` of `Recon:EC2/Portscan`."""
    return type_.partition(":")[2].partition("/")[0]


def _sample(like: dict, type_: str) -> dict:
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    told = {"additionalInfo": {"value": '{"sample":true}', "type": "default"}, "eventFirstSeen": now, "eventLastSeen": now}
    return like | {"id": mock_random.get_random_hex(32), "type": type_, "createdAt": now, "updatedAt": now,
                   "title": f"[SAMPLE] {like['title'].removeprefix('[SAMPLE] ')}", "service": like["service"] | told}

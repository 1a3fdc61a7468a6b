"""One AWS API call as it came in: which service and action, by whom, in which account, with which parameters.

Read from the request alone, before moto sees it, so that the journal and the faults hold for every service alike.
"""

import dataclasses
import io
import json
import re
import urllib.parse

from moto.core.request import Request
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model
from moto.iam.models import get_account_id_from
from moto.sts.models import sts_backends

CREDENTIAL = re.compile(r"Credential=([^/]+)/\d+/([^/]+)/([^/]+)/aws4_request")
MODEL_NAMES = {"elasticloadbalancing": "elbv2", "monitoring": "cloudwatch", "email": "ses"}
READS = ("BatchGet", "Check", "Describe", "Filter", "Get", "Head", "List", "Lookup", "Query", "Scan", "Search",
         "Select", "Simulate", "Validate")
ALSO_READS = ("AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "DecodeAuthorizationMessage")
LONGEST_VALUE = 400


@dataclasses.dataclass(frozen=True)
class Call:
    """What the journal writes down. `protocol` is how the caller wants to be answered."""

    service: str
    action: str
    region: str
    account: str
    principal: str
    params: dict
    protocol: str

    @property
    def mutating(self) -> bool:
        """Whatever is not known to be a read counts as a write: better one too many than one missed."""
        dry_run = str(self.params.get("DryRun", "")).lower() == "true"
        return not dry_run and not self.action.startswith(READS) and self.action not in ALSO_READS


def read(environ: dict) -> Call:
    """The call in a WSGI request; the body can be read again afterwards."""
    body = _body(environ)
    key, region, service = _credential(environ)
    action, params, protocol = _content(environ, service, body)
    account = get_account_id_from(key)
    return Call(service, action, region, account, _principal(account, key), shortened(params), protocol)


def _body(environ: dict) -> bytes:
    chunked = environ.get("wsgi.input_terminated")  # a stream says itself where it ends
    body = environ["wsgi.input"].read() if chunked else environ["wsgi.input"].read(_length(environ))
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def _length(environ: dict) -> int:
    return int(environ.get("CONTENT_LENGTH") or 0)


def _credential(environ: dict) -> tuple[str, str, str]:
    """Access key, region and service of the signature."""
    found = CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
    return found.groups() if found else ("unsigned", "us-east-1", "unknown")


def _content(environ: dict, service: str, body: bytes) -> tuple[str, dict, str]:
    """Action, parameters and protocol: three ways in which AWS's services are spoken to."""
    if target := environ.get("HTTP_X_AMZ_TARGET"):
        return target.split(".")[-1], _json(body), "json"
    if "Action" in (form := _form(environ, body)):
        form.pop("Version", None)
        return form.pop("Action"), form, "ec2" if service == "ec2" else "query"
    action, protocol = _routed(environ, service)
    path = {"path": environ.get("PATH_INFO", ""), "query": environ.get("QUERY_STRING", "")}
    return action, path | _json(body), protocol


def _form(environ: dict, body: bytes) -> dict[str, str]:
    is_form = environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded")
    return dict(urllib.parse.parse_qsl(body.decode(), keep_blank_values=True)) if is_form else {}


def _routed(environ: dict, service: str) -> tuple[str, str]:
    """REST: the service's model knows which operation has this method and path."""
    name = MODEL_NAMES.get(service, service)
    try:
        operation, _ = get_service_router(name).match(Request(environ.copy()))
        return operation.name, get_service_model(name).protocol
    except Exception:  # noqa: BLE001 - an unknown service must still be journalled
        return f"{environ['REQUEST_METHOD']} {environ.get('PATH_INFO', '')}", "rest-json"


def _json(body: bytes) -> dict:
    try:
        content = json.loads(body or b"{}")
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _principal(account: str, key: str) -> str:
    """The ARN of the assumed role where it is one, else the access key."""
    for backend in sts_backends[account].values():
        if role := backend.get_assumed_role_from_access_key(key):
            return role.arn
    return key


def shortened(value):
    """A summary: the shape stays, long texts do not."""
    if isinstance(value, dict):
        return {name: shortened(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shortened(inner) for inner in value]
    return value[:LONGEST_VALUE] + "…" if isinstance(value, str) and len(value) > LONGEST_VALUE else value

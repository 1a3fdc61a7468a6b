"""Provisioned concurrency and the list of function URLs, which moto lacks, and what Lambda refuses about concurrency.

As AWS documents it: `PutFunctionConcurrency` below what is provisioned is an InvalidParameterValueException, and so is
provisioning more than is reserved.
"""

import json
from urllib.parse import unquote

from moto.awslambda import urls
from moto.awslambda.exceptions import LambdaClientError
from moto.awslambda.responses import LambdaResponse

from emulator.patching import around

BASE = r"{0}/(?P<api_version>[^/]+)/functions/(?P<function_name>[\w_:%-]+)"
PATHS = (f"{BASE}/provisioned-concurrency/?$", f"{BASE}/urls/?$")


def install() -> None:
    for path in PATHS:
        urls.url_paths[path] = LambdaResponse.dispatch
    LambdaResponse.put_provisioned_concurrency_config = _put
    LambdaResponse.delete_provisioned_concurrency_config = _delete
    LambdaResponse.get_provisioned_concurrency_config = _get_or_list
    LambdaResponse.list_provisioned_concurrency_configs = _get_or_list
    LambdaResponse.list_function_url_configs = _list_urls
    around(LambdaResponse, "put_function_concurrency", _reserve)


def _function(response):
    """The function in the path; ResourceNotFoundException where there is none."""
    return response.backend.get_function(unquote(response.path.rstrip("/").split("/")[-2]))


def _provisioned(function) -> dict[str, int]:
    """By alias or version."""
    if not hasattr(function, "provisioned"):
        function.provisioned = {}
    return function.provisioned


def _qualifier(response) -> str:
    return response.querystring["Qualifier"][0]


def _put(response):
    function, count = _function(response), json.loads(response.body)["ProvisionedConcurrentExecutions"]
    others = sum(n for name, n in _provisioned(function).items() if name != _qualifier(response))
    reserved = function.reserved_concurrency
    if reserved is not None and others + count > int(reserved):
        raise LambdaClientError("InvalidParameterValueException",
                                "Requested Provisioned Concurrency should not be greater than the "
                                "reservedConcurrentExecution for function")
    _provisioned(function)[_qualifier(response)] = count
    return 202, {"status": 202}, json.dumps(_shown(count))


def _delete(response):
    if _provisioned(_function(response)).pop(_qualifier(response), None) is None:
        raise LambdaClientError("ResourceNotFoundException", "No Provisioned Concurrency Config found for this function")
    return 204, {"status": 204}, ""


def _get_or_list(response):
    """One path for both: `?List=ALL` tells them apart."""
    function = _function(response)
    if "List" not in response.querystring:
        return 200, {}, json.dumps(_shown(_provisioned(function)[_qualifier(response)]))
    listed = [_shown(count) | {"FunctionArn": f"{function.function_arn}:{name}"}
              for name, count in _provisioned(function).items()]
    return 200, {}, json.dumps({"ProvisionedConcurrencyConfigs": listed})


def _shown(count: int) -> dict:
    name = "ProvisionedConcurrentExecutions"
    return {f"Requested{name}": count, f"Available{name}": count, f"Allocated{name}": count, "Status": "READY"}


def _list_urls(response):
    """moto knows a function's own URL only, not those of aliases."""
    config = _function(response).url_config
    return 200, {}, json.dumps({"FunctionUrlConfigs": [config.to_dict()] if config else []})


def _reserve(original, response):
    if int(json.loads(response.body)["ReservedConcurrentExecutions"]) < sum(_provisioned(_function(response)).values()):
        raise LambdaClientError("InvalidParameterValueException",
                                "Requested Reserved Concurrency should not be less than the total of its "
                                "Provisioned Concurrency")
    return original(response)

"""IAM lists the service-specific credentials of a user. moto knows none, and answers that with an HTML page."""

from moto.core.responses import ActionResult
from moto.iam.responses import IamResponse


def install() -> None:
    IamResponse.list_service_specific_credentials = _list


def _list(response: IamResponse) -> ActionResult:
    """None of them, of a user that exists; `NoSuchEntity` of one that does not."""
    response.backend.get_user(response._get_param("UserName"))
    return ActionResult({"ServiceSpecificCredentials": [], "IsTruncated": False})

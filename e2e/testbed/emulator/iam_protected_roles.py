"""IAM refuses to change the roles that AWS itself keeps: service-linked ones and those of IAM Identity Center."""

from moto.iam.exceptions import IAMException
from moto.iam.models import IAMBackend
from moto.iam.responses import IamResponse

from emulator.patching import around

KEPT_BY_AWS = ("/aws-service-role/", "/aws-reserved/")
WRITES = (
    "attach_role_policy",
    "delete_role",
    "delete_role_permissions_boundary",
    "delete_role_policy",
    "detach_role_policy",
    "put_role_permissions_boundary",
    "put_role_policy",
    "update_assume_role_policy",
    "update_role",
    "update_role_description",
)


def install() -> None:
    """Around the requests, not around moto's own bookkeeping, which makes these roles in the first place."""
    for name in WRITES:
        if hasattr(IamResponse, name):
            around(IamResponse, name, _guarded)


def _guarded(original, response):
    name = response._get_param("RoleName")
    backend: IAMBackend = response.backend
    role = next((role for role in backend.roles.values() if role.name == name), None)
    if role and role.path.startswith(KEPT_BY_AWS):
        raise IAMException("UnmodifiableEntity", f"Cannot perform the operation on the protected role '{name}' - "
                                                 "this role is only modifiable by AWS")
    return original(response)

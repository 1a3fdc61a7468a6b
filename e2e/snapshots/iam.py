"""IAM as a snapshot: each role with its trust, its policies, its boundary and its tags."""

import contextlib

from snapshots.compare import paged, tags


def roles(iam) -> dict:
    """By name. The bed's own way in leaves no role behind, so nothing has to be filtered."""
    return {role["RoleName"]: _role(iam, role["RoleName"]) for role in paged(iam, "list_roles", "Roles")}


def _documents(iam, names: list[str], get) -> dict[str, dict]:
    """Inline policies; one that goes between the list and the look is gone."""
    found = {}
    for name in names:
        with contextlib.suppress(iam.exceptions.NoSuchEntityException):
            found[name] = get(name)["PolicyDocument"]
    return found


def _role(iam, name: str) -> dict:
    role = iam.get_role(RoleName=name)["Role"]
    inline = paged(iam, "list_role_policies", "PolicyNames", RoleName=name)
    documents = _documents(iam, inline, lambda each: iam.get_role_policy(RoleName=name, PolicyName=each))
    return {
        "arn": role["Arn"],
        "trust": role["AssumeRolePolicyDocument"],
        "maxSessionDuration": role.get("MaxSessionDuration"),
        "description": role.get("Description"),
        "boundary": role.get("PermissionsBoundary"),
        "tags": tags(role.get("Tags", [])),
        "inline": documents,
        "attached": [policy["PolicyArn"] for policy in
                     paged(iam, "list_attached_role_policies", "AttachedPolicies", RoleName=name)],
    }


def policies(iam) -> dict:
    """The account's own managed policies, with the document in force."""
    own = paged(iam, "list_policies", "Policies", Scope="Local")
    return {policy["Arn"]: _policy(iam, policy) for policy in own}


def _policy(iam, policy: dict) -> dict:
    version = iam.get_policy_version(PolicyArn=policy["Arn"], VersionId=policy["DefaultVersionId"])["PolicyVersion"]
    return {"version": version["VersionId"], "document": version["Document"]}


def instance_profiles(iam) -> dict:
    found = paged(iam, "list_instance_profiles", "InstanceProfiles")
    return {profile["InstanceProfileName"]: [role["RoleName"] for role in profile["Roles"]] for profile in found}


def users(iam) -> dict:
    """With the state of their keys: deactivating one is a containment. What AWS says of them is compared whole."""
    return {user["UserName"]: _user(iam, user["UserName"]) for user in paged(iam, "list_users", "Users")}


def _user(iam, name: str) -> dict:
    keys = paged(iam, "list_access_keys", "AccessKeyMetadata", UserName=name)
    inline = paged(iam, "list_user_policies", "PolicyNames", UserName=name)
    attached = paged(iam, "list_attached_user_policies", "AttachedPolicies", UserName=name)
    user = iam.get_user(UserName=name)["User"]
    return {
        "arn": user["Arn"],
        "boundary": user.get("PermissionsBoundary"),
        "tags": tags(user.get("Tags", [])),
        "groups": [group["GroupName"] for group in paged(iam, "list_groups_for_user", "Groups", UserName=name)],
        "password": _password(iam, name),
        "keys": {key["AccessKeyId"]: key["Status"] for key in keys},
        "inline": _documents(iam, inline, lambda each: iam.get_user_policy(UserName=name, PolicyName=each)),
        "attached": [policy["PolicyArn"] for policy in attached],
    }


def _password(iam, name: str) -> dict | None:
    """Whether there is one, and whether it must be changed: the password itself nobody can read."""
    try:
        profile = iam.get_login_profile(UserName=name)["LoginProfile"]
    except iam.exceptions.NoSuchEntityException:
        return None
    return {"resetRequired": profile.get("PasswordResetRequired", False)}

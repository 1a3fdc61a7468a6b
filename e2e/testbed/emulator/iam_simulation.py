"""IAM's policy simulator for roles, which moto lacks: inline and managed policies, with the conditions that Firebreak's
documentation recommends. What a statement asks for and the caller did not tell is named as missing, as AWS does.
"""

import fnmatch
import json

from moto.core.responses import ActionResult
from moto.iam.responses import IamResponse


def install() -> None:
    IamResponse.simulate_principal_policy = _simulate


def _simulate(response: IamResponse) -> ActionResult:
    role = response.backend.get_role_by_arn(response._get_param("PolicySourceArn"))
    statements = [statement for document in _documents(role) for statement in _list(document["Statement"])]
    context = {entry["ContextKeyName"].lower(): entry["ContextKeyValues"]
               for entry in response._get_param("ContextEntries") or []}
    results = [_result(statements, action, resource, context)
               for action in response._get_param("ActionNames")
               for resource in response._get_param("ResourceArns") or ["*"]]
    return ActionResult({"EvaluationResults": results, "IsTruncated": False})


def _documents(role) -> list[dict]:
    managed = [policy.default_version.document for policy in role.managed_policies.values()]
    texts = [*role.policies.values(), *managed]
    return [json.loads(text) if isinstance(text, str) else text for text in texts]


def _result(statements: list[dict], action: str, resource: str, context: dict) -> dict:
    concerned = [one for one in statements if _matches(one, "Action", action) and _matches(one, "Resource", resource)]
    missing = sorted({key for one in concerned for key in _keys(one) if key.lower() not in context})
    effects = {one["Effect"] for one in concerned if _holds(one, context)}
    decision = "explicitDeny" if "Deny" in effects else "allowed" if "Allow" in effects else "implicitDeny"
    return {"EvalActionName": action, "EvalResourceName": resource, "EvalDecision": decision,
            "MissingContextValues": missing}


def _matches(statement: dict, element: str, value: str) -> bool:
    return any(fnmatch.fnmatchcase(value.lower(), pattern.lower()) for pattern in _list(statement.get(element, [])))


def _keys(statement: dict) -> list[str]:
    return [key for test in statement.get("Condition", {}).values() for key in test]


def _holds(statement: dict, context: dict) -> bool:
    tests = [(name, key, _list(values)) for name, test in statement.get("Condition", {}).items()
             for key, values in test.items()]
    return all(_test(name, context.get(key.lower()), values) for name, key, values in tests)


def _test(name: str, given: list[str] | None, values: list[str]) -> bool:
    if name == "Null":
        return str(given is None).lower() in values
    return any(fnmatch.fnmatchcase(one, pattern) for one in given or [] for pattern in values)


def _list(value) -> list:
    return value if isinstance(value, list) else [value]

"""The emulator's policy simulator, through boto3: what is allowed, denied, and left open by a condition."""

import json

import pytest

POLICY = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": ["iam:Get*", "iam:PutRolePolicy"], "Resource": "arn:aws:iam::*:role/*"},
    {"Effect": "Deny", "Action": "iam:PutRolePolicy", "Resource": "arn:aws:iam::*:role/firebreak-*"},
    {"Effect": "Allow", "Action": "iam:AttachRolePolicy", "Resource": "*",
     "Condition": {"ArnEquals": {"iam:PolicyARN": "arn:aws:iam::*:policy/Deny"}}}]}


@pytest.fixture
def simulated(world, aws):
    """`simulated(action, role)` is the decision, and the context keys that are missing for it."""
    aws("iam").put_role_policy(RoleName="firebreak-contain", PolicyName="some", PolicyDocument=json.dumps(POLICY))

    def ask(action: str, role: str = "orders-task", policy: str = "") -> tuple[str, list[str]]:
        told = {"ContextKeyName": "iam:PolicyARN", "ContextKeyValues": [policy], "ContextKeyType": "string"}
        (result,) = aws("iam").simulate_principal_policy(
            PolicySourceArn=world["containRoleArn"], ActionNames=[action],
            ResourceArns=[f"arn:aws:iam::{world['accountId']}:role/{role}"],
            ContextEntries=[told] if policy else [])["EvaluationResults"]
        return result["EvalDecision"], result.get("MissingContextValues", [])

    return ask


def test_what_a_statement_allows_is_allowed_unless_another_denies_it(simulated):
    assert simulated("iam:GetRole") == ("allowed", [])
    assert simulated("iam:PutRolePolicy") == ("allowed", [])
    assert simulated("iam:PutRolePolicy", "firebreak-read") == ("explicitDeny", [])
    assert simulated("iam:DeleteRolePolicy") == ("implicitDeny", [])


def test_a_condition_needs_its_context(simulated):
    assert simulated("iam:AttachRolePolicy") == ("implicitDeny", ["iam:PolicyARN"])
    assert simulated("iam:AttachRolePolicy", policy="arn:aws:iam::1:policy/Deny") == ("allowed", [])
    assert simulated("iam:AttachRolePolicy", policy="arn:aws:iam::1:policy/Admin") == ("implicitDeny", [])

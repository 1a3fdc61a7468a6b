"""Security groups with their rules, and target groups with who stands behind them."""

from snapshots.compare import paged, tags


def security_groups(ec2) -> dict:
    return {group["GroupId"]: _group(group) for group in paged(ec2, "describe_security_groups", "SecurityGroups")}


def _group(group: dict) -> dict:
    return {
        "name": group["GroupName"],
        "ingress": group["IpPermissions"],
        "egress": group["IpPermissionsEgress"],
        "tags": tags(group.get("Tags", [])),
    }


def target_groups(elbv2, identities: bool) -> dict:
    found = paged(elbv2, "describe_target_groups", "TargetGroups")
    return {group["TargetGroupArn"]: _target_group(elbv2, group["TargetGroupArn"], identities) for group in found}


def _target_group(elbv2, arn: str, identities: bool) -> dict:
    health = elbv2.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
    attributes = elbv2.describe_target_group_attributes(TargetGroupArn=arn)["Attributes"]
    return {"attributes": tags(attributes), "targets": [_target(each, identities) for each in health]}


def _target(health: dict, identities: bool) -> dict:
    known = {"port": health["Target"]["Port"], "state": health["TargetHealth"]["State"]}
    return {"id": health["Target"]["Id"], **known} if identities else known

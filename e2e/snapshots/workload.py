"""What runs: ECS services and their tasks, what scales them, and functions."""

from snapshots.compare import paged, tags

BY_CHANCE = ("id", "rolloutStateReason", "createdAt", "updatedAt")
OF_THE_DAY = ("events", "deployments")


def services(ecs, identities: bool) -> dict:
    """By ARN, over all clusters."""
    found = {}
    for cluster in paged(ecs, "list_clusters", "clusterArns"):
        arns = paged(ecs, "list_services", "serviceArns", cluster=cluster)
        listed = (ecs.describe_services(cluster=cluster, services=[arn], include=["TAGS"]) for arn in arns)
        found |= {s["serviceArn"]: _service(s, identities) for answer in listed for s in answer["services"]}
    return found


def _service(service: dict, identities: bool) -> dict:
    kept = {key: value for key, value in service.items() if key not in OF_THE_DAY}
    deployments = [_deployment(deployment, identities) for deployment in service["deployments"]]
    return kept | {"deployments": deployments, "tags": tags(service.get("tags", []), "key", "value")}


def _deployment(deployment: dict, identities: bool) -> dict:
    return {key: value for key, value in deployment.items() if identities or key not in BY_CHANCE}


def tasks(ecs, ec2, identities: bool) -> dict:
    """Running tasks by cluster, each with the security groups that its interface really has."""
    found = {}
    for cluster in paged(ecs, "list_clusters", "clusterArns"):
        arns = paged(ecs, "list_tasks", "taskArns", cluster=cluster)
        described = ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"] if arns else []
        found[cluster] = [_task(ec2, task, identities) for task in described]
    return found


def _task(ec2, task: dict, identities: bool) -> dict:
    details = {each["name"]: each["value"] for attachment in task["attachments"] for each in attachment["details"]}
    interface = details.get("networkInterfaceId")
    known = {
        "group": task.get("group"),
        "lastStatus": task["lastStatus"],
        "taskDefinition": task["taskDefinitionArn"],
        "securityGroups": _security_groups(ec2, interface) if interface else [],
    }
    by_chance = {"arn": task["taskArn"], "interface": interface, "address": details.get("privateIPv4Address")}
    return known | by_chance if identities else known


def _security_groups(ec2, interface: str) -> list[str]:
    (found,) = ec2.describe_network_interfaces(NetworkInterfaceIds=[interface])["NetworkInterfaces"]
    return [group["GroupId"] for group in found["Groups"]]


def scalable_targets(autoscaling) -> dict:
    found = paged(autoscaling, "describe_scalable_targets", "ScalableTargets", ServiceNamespace="ecs")
    return {each["ResourceId"]: {"min": each["MinCapacity"], "max": each["MaxCapacity"],
                                 "suspended": each.get("SuspendedState")} for each in found}


def functions(client) -> dict:
    """The reserved concurrency is asked for by itself: GetFunction leaves a zero out."""
    found = paged(client, "list_functions", "Functions")
    return {each["FunctionName"]: {"role": each["Role"], "reserved": _reserved(client, each["FunctionName"])}
            for each in found}


def _reserved(client, name: str) -> int | None:
    return client.get_function_concurrency(FunctionName=name).get("ReservedConcurrentExecutions")

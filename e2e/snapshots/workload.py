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
    """The reserved concurrency is asked for by itself: GetFunction leaves a zero out. Of the environment only the names."""
    found = paged(client, "list_functions", "Functions")
    return {each["FunctionName"]: _function(client, each) for each in found}


def _function(client, function: dict) -> dict:
    name = function["FunctionName"]
    kept = {key: value for key, value in function.items() if key not in ("Environment", "LastModified", "RevisionId")}
    provisioned = client.list_provisioned_concurrency_configs(FunctionName=name)["ProvisionedConcurrencyConfigs"]
    return kept | {
        "role": function["Role"],
        "environment": sorted(function.get("Environment", {}).get("Variables", {})),
        "reserved": client.get_function_concurrency(FunctionName=name).get("ReservedConcurrentExecutions"),
        "provisioned": {each["FunctionArn"]: each["RequestedProvisionedConcurrentExecutions"] for each in provisioned},
        "urls": {url["FunctionArn"]: _url(url)
                 for url in client.list_function_url_configs(FunctionName=name)["FunctionUrlConfigs"]},
        "tags": client.list_tags(Resource=function["FunctionArn"])["Tags"],
    }


def _url(url: dict) -> dict:
    return {key: value for key, value in url.items() if key not in ("CreationTime", "LastModifiedTime")}


def event_sources(client) -> dict:
    """Every mapping with all that AWS says of it, by its id."""
    found = paged(client, "list_event_source_mappings", "EventSourceMappings")
    return {each["UUID"]: {key: value for key, value in each.items() if key != "LastModified"} for each in found}

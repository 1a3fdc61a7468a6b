"""EC2 instances with everything that belongs to them, and their Auto Scaling groups. Snapshots are evidence and stay: they
have a snapshot of their own."""

from snapshots.compare import paged, tags

ATTRIBUTES = ("disableApiTermination", "disableApiStop", "instanceInitiatedShutdownBehavior")


def instances(ec2) -> dict:
    found = paged(ec2, "describe_instances", "Reservations")
    return {each["InstanceId"]: _instance(ec2, each) for one in found for each in one["Instances"]}


def _instance(ec2, instance: dict) -> dict:
    """By the words of DescribeInstances, without what AWS numbers again each time it is associated."""
    profile = instance.get("IamInstanceProfile", {}).get("Arn")
    return {
        "state": instance["State"]["Name"], "type": instance["InstanceType"], "profile": profile,
        "metadata": instance.get("MetadataOptions"), "tags": tags(instance.get("Tags", [])),
        "volumes": [device["Ebs"]["VolumeId"] for device in instance["BlockDeviceMappings"]],
        "attributes": {name: _attribute(ec2, instance["InstanceId"], name) for name in ATTRIBUTES},
    }


def _attribute(ec2, instance: str, name: str):
    found = ec2.describe_instance_attribute(InstanceId=instance, Attribute=name)
    return found.get(name[0].upper() + name[1:], {}).get("Value")


def interfaces(ec2) -> dict:
    """Those of instances; those of ECS tasks are in the snapshot with their tasks."""
    found = paged(ec2, "describe_network_interfaces", "NetworkInterfaces")
    attached = (each for each in found if each.get("Attachment", {}).get("InstanceId"))
    return {each["NetworkInterfaceId"]: {"instance": each["Attachment"]["InstanceId"],
                                         "groups": [group["GroupId"] for group in each["Groups"]]}
            for each in attached}


def auto_scaling_groups(autoscaling) -> dict:
    found = paged(autoscaling, "describe_auto_scaling_groups", "AutoScalingGroups")
    return {each["AutoScalingGroupName"]: {
        "sizes": [each["MinSize"], each["DesiredCapacity"], each["MaxSize"]],
        "instances": {one["InstanceId"]: one["LifecycleState"] for one in each["Instances"]}} for each in found}

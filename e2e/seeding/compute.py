"""What runs on EC2: a bastion under suspicion, with two network interfaces, and its neighbour, in one Auto Scaling group."""

from seeding.access import Clients

IMAGE = "ami-12c6146b"  # the one in testbed/emulator/images.json
GROUP = "bastions"


def seed(clients: Clients, network: dict, identity: dict) -> dict:
    """Ids of everything, under the words that the tests use for them. Instances get their groups through their
    interfaces: the emulator would keep those of the instance for ever."""
    ec2 = clients("ec2")
    own = _group(ec2, network["vpcId"], "bastion")
    untrack = _group(ec2, network["vpcId"], "firebreak-untrack")
    everything = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.authorize_security_group_ingress(GroupId=untrack, IpPermissions=[everything])
    profile = {"IamInstanceProfile": {"Name": identity["instanceProfile"]}}
    bastion = _instance(ec2, "bastion", [own, network["albSecurityGroup"]], network["subnetIds"][0], **profile)
    neighbour = _instance(ec2, "batch", [own], network["subnetIds"][0])
    second = ec2.create_network_interface(SubnetId=network["subnetIds"][0], Groups=[own])["NetworkInterface"]
    ec2.attach_network_interface(NetworkInterfaceId=second["NetworkInterfaceId"], InstanceId=bastion, DeviceIndex=1)
    _scaled(clients("autoscaling"), network, [bastion, neighbour])
    return {"instanceId": bastion, "neighbourInstanceId": neighbour, "bastionSecurityGroup": own,
            "untrackSecurityGroup": untrack, "secondInterface": second["NetworkInterfaceId"],
            "autoScalingGroup": GROUP}


def _group(ec2, vpc: str, name: str) -> str:
    return ec2.create_security_group(GroupName=name, Description=f"{name} of the seeded world", VpcId=vpc)["GroupId"]


def _instance(ec2, name: str, groups: list[str], subnet: str, **more) -> str:
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": name}, {"Key": "team", "Value": "payments"}]}]
    interface = {"DeviceIndex": 0, "SubnetId": subnet, "Groups": groups}
    (made,) = ec2.run_instances(ImageId=IMAGE, InstanceType="t3.micro", MinCount=1, MaxCount=1, TagSpecifications=tags,
                                NetworkInterfaces=[interface], **more)["Instances"]
    return made["InstanceId"]


def _scaled(autoscaling, network: dict, instances: list[str]) -> None:
    """Empty at first: the emulator's own launches would not have interfaces of the kind above."""
    autoscaling.create_launch_configuration(LaunchConfigurationName=GROUP, ImageId=IMAGE, InstanceType="t3.micro")
    autoscaling.create_auto_scaling_group(AutoScalingGroupName=GROUP, LaunchConfigurationName=GROUP, MinSize=0,
                                          MaxSize=3, DesiredCapacity=0, VPCZoneIdentifier=network["subnetIds"][0])
    autoscaling.attach_instances(AutoScalingGroupName=GROUP, InstanceIds=instances)
    autoscaling.update_auto_scaling_group(AutoScalingGroupName=GROUP, MinSize=1)

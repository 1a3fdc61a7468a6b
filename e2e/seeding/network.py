"""The network: a VPC with two subnets, the security groups, and a load balancer in front of the service."""

from seeding.access import Clients

SERVICE_PORT = 8080


def seed(clients: Clients) -> dict:
    """Ids of everything, under the words that the tests use for them."""
    vpc = _vpc(clients("ec2"))
    subnets = [_subnet(clients, vpc, position) for position in (0, 1)]
    groups = _security_groups(clients("ec2"), vpc)
    return {"vpcId": vpc, "subnetIds": subnets, **groups, **_balancer(clients("elbv2"), vpc, subnets, groups)}


def _vpc(ec2) -> str:
    """With DNS hostnames: the emulator starts no Fargate task without."""
    vpc = ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsSupport={"Value": True})
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    return vpc


def _subnet(clients: Clients, vpc: str, position: int) -> str:
    zone = f"{clients.region}{'ab'[position]}"
    made = clients("ec2").create_subnet(VpcId=vpc, CidrBlock=f"10.20.{position}.0/24", AvailabilityZone=zone)
    return made["Subnet"]["SubnetId"]


def _security_groups(ec2, vpc: str) -> dict:
    """The world talks to the balancer, the balancer to the service, the service to its neighbour."""
    alb = _group(ec2, vpc, "alb", {"team": "platform"})
    service = _group(ec2, vpc, "api", {"team": "payments"})
    neighbour = _group(ec2, vpc, "orders", {"team": "orders"})
    quarantine = _group(ec2, vpc, "firebreak-quarantine", {"firebreak.dev/purpose": "quarantine"})
    _allow(ec2, alb, 443, {"IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "everybody"}]})
    _allow(ec2, service, SERVICE_PORT, {"UserIdGroupPairs": [{"GroupId": alb}]})
    _allow(ec2, neighbour, 5432, {"UserIdGroupPairs": [{"GroupId": service}]})
    _without_rules(ec2, quarantine)
    return {"albSecurityGroup": alb, "serviceSecurityGroup": service, "neighbourSecurityGroup": neighbour,
            "quarantineSecurityGroup": quarantine}


def _group(ec2, vpc: str, name: str, tags: dict[str, str]) -> str:
    listed = [{"Key": key, "Value": value} for key, value in {"Name": name, **tags}.items()]
    specification = [{"ResourceType": "security-group", "Tags": listed}]
    return ec2.create_security_group(GroupName=name, Description=f"{name} of the seeded world", VpcId=vpc,
                                     TagSpecifications=specification)["GroupId"]


def _allow(ec2, group: str, port: int, source: dict) -> None:
    permission = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **source}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])


def _without_rules(ec2, group: str) -> None:
    """A new group lets everything out; one for quarantine must not."""
    everything = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.revoke_security_group_egress(GroupId=group, IpPermissions=[everything])


def _balancer(elbv2, vpc: str, subnets: list[str], groups: dict) -> dict:
    balancer = elbv2.create_load_balancer(Name="prod", Subnets=subnets, SecurityGroups=[groups["albSecurityGroup"]],
                                          Scheme="internet-facing", Type="application")["LoadBalancers"][0]
    target_group = elbv2.create_target_group(Name="api", Protocol="HTTP", Port=SERVICE_PORT, VpcId=vpc,
                                             TargetType="ip", HealthCheckPath="/health")["TargetGroups"][0]
    forward = [{"Type": "forward", "TargetGroupArn": target_group["TargetGroupArn"]}]
    listener = elbv2.create_listener(LoadBalancerArn=balancer["LoadBalancerArn"], Protocol="HTTP", Port=80,
                                     DefaultActions=forward)["Listeners"][0]
    return {"loadBalancerArn": balancer["LoadBalancerArn"], "targetGroupArn": target_group["TargetGroupArn"],
            "listenerArn": listener["ListenerArn"]}

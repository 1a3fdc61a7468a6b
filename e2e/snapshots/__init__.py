"""A snapshot of one account, so that a test can say: after the release everything is as it was.

`snapshot` is canonical: keyed and sorted, without times. Two snapshots of the same world are equal, and
`diff` names each path that is not. With `identities=False` the names that AWS gives by chance (task ids, network
interfaces, addresses, deployment ids) are left out: a service that was isolated and released runs new tasks.
"""

from seeding.access import administrator
from snapshots import compute, iam, network, storage, workload
from snapshots.compare import canonical, diff

__all__ = ["diff", "snapshot"]


def snapshot(endpoint: str, account: str, region: str, identities: bool = True) -> dict:
    """Everything in the account that Firebreak could touch in the stories, and what lies beside it."""
    clients = administrator(endpoint, account, region)
    return canonical({
        "roles": iam.roles(clients("iam")),
        "policies": iam.policies(clients("iam")),
        "instanceProfiles": iam.instance_profiles(clients("iam")),
        "users": iam.users(clients("iam")),
        "instances": compute.instances(clients("ec2")),
        "interfaces": compute.interfaces(clients("ec2")),
        "autoScalingGroups": compute.auto_scaling_groups(clients("autoscaling")),
        "buckets": storage.buckets(clients("s3")),
        "securityGroups": network.security_groups(clients("ec2")),
        "targetGroups": network.target_groups(clients("elbv2"), identities),
        "services": workload.services(clients("ecs"), identities),
        "tasks": workload.tasks(clients("ecs"), clients("ec2"), identities),
        "scalableTargets": workload.scalable_targets(clients("application-autoscaling")),
        "functions": workload.functions(clients("lambda")),
        "eventSources": workload.event_sources(clients("lambda")),
    })

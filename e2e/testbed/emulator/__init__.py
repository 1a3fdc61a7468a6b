"""What moto lacks for Firebreak's stories, one file per matter, as patches on moto's own classes.

An extension changes what the emulator does, never what the product sees as an API: each follows the behaviour
that AWS documents, and each is checked through boto3 in e2e/tests/. A new one is one file and one line here.
"""

from emulator import (
    autoscaling_floor,
    ec2_trunks,
    ecs_protection,
    ecs_reads,
    ecs_services,
    ecs_stop,
    elbv2_targets,
    guardduty_findings,
    iam_managed_policies,
    iam_protected_roles,
    iam_simulation,
    iam_user_credentials,
    lambda_concurrency,
    lookups,
    rds_fence,
    rds_promotion,
    s3_policies,
)

EXTENSIONS = (
    autoscaling_floor,
    ec2_trunks,
    ecs_protection,
    ecs_reads,
    ecs_services,
    ecs_stop,
    elbv2_targets,
    guardduty_findings,
    iam_managed_policies,
    iam_protected_roles,
    iam_simulation,
    iam_user_credentials,
    lambda_concurrency,
    lookups,
    rds_fence,
    rds_promotion,
    s3_policies,
)


def install() -> None:
    """Once, before the server starts."""
    for extension in EXTENSIONS:
        extension.install()

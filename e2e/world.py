#!/usr/bin/env python3
"""The AWS world of the stories: seeded on the emulator, kept as a snapshot, and compared.

    world.py seed     --endpoint URL [--account ID] [--region R]   prints what was made
    world.py snapshot --endpoint URL [--account ID] [--region R]   prints what is there now
    world.py diff     BEFORE.json AFTER.json                       prints what differs; exit status 1 if anything does

The operator lives in one account, what it protects in another; it reaches it by AssumeRole. An account is
seeded once: tests that want a fresh world take another account id, and need not wait for each other.
"""

import argparse
import json
import os
import pathlib
import sys

from seeding import compute, detection, identity, network, storage, workload
from seeding.access import administrator, assume
from snapshots import diff, snapshot

OPERATOR_ACCOUNT, TARGET_ACCOUNT, REGION = "111111111111", "222222222222", "us-east-1"

__all__ = ["OPERATOR_ACCOUNT", "REGION", "TARGET_ACCOUNT", "diff", "seed", "snapshot"]


def seed(endpoint: str, account_id: str = TARGET_ACCOUNT, region: str = REGION,
         operator_account: str = OPERATOR_ACCOUNT) -> dict:
    """Makes the world and says what is in it; `operatorEnv` is the environment that the operator runs with."""
    operator_arn = identity.seed_operator(administrator(endpoint, operator_account, region))
    clients = administrator(endpoint, account_id, region)
    net, people = network.seed(clients), identity.seed(clients, operator_arn)
    return {
        "endpoint": endpoint, "region": region, "accountId": account_id, "operatorAccountId": operator_account,
        "operatorRoleArn": operator_arn, "externalId": identity.EXTERNAL_ID,
        "operatorEnv": operator_environment(endpoint, region, operator_account),
        **net, **people, **storage.seed(clients, people), **workload.seed(clients, net, people),
        **compute.seed(clients, net, people), **detection.seed(clients),
    }


def operator_environment(endpoint: str, region: str = REGION, account: str = OPERATOR_ACCOUNT) -> dict[str, str]:
    """Credentials of the operator's role, as a pod would be given them."""
    role = f"arn:aws:iam::{account}:role/{identity.OPERATOR_ROLE}"
    credentials = assume(endpoint, role, region, identity.OPERATOR_ROLE)
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ACCESS_KEY_ID": credentials["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": credentials["SecretAccessKey"],
        "AWS_SESSION_TOKEN": credentials["SessionToken"],
    }


def _diff_files(before: str, after: str) -> int:
    changes = diff(*(json.loads(pathlib.Path(path).read_text()) for path in (before, after)))
    _print(changes)
    return 1 if changes else 0


def _print(content) -> None:
    print(json.dumps(content, indent=2, sort_keys=True))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True, dest="command")
    for name in ("seed", "snapshot"):
        command = commands.add_parser(name)
        command.add_argument("--endpoint", default=os.environ.get("AWS_ENDPOINT_URL"))
        command.add_argument("--account", default=TARGET_ACCOUNT)
        command.add_argument("--region", default=REGION)
    compare = commands.add_parser("diff")
    compare.add_argument("before")
    compare.add_argument("after")
    return parser


def main() -> int:
    arguments = _parser().parse_args()
    if arguments.command == "diff":
        return _diff_files(arguments.before, arguments.after)
    if not arguments.endpoint:
        raise SystemExit("world: say --endpoint URL, or set AWS_ENDPOINT_URL")
    run = seed if arguments.command == "seed" else snapshot
    _print(run(arguments.endpoint, arguments.account, arguments.region))
    return 0


if __name__ == "__main__":
    sys.exit(main())

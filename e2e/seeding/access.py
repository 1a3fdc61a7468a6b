"""boto3 clients of one account on the emulator: by AssumeRole, which tells accounts apart there as it does in AWS."""

import functools

import boto3
import botocore.session
from botocore.config import Config
from botocore.loaders import create_loader

NO_RETRIES = Config(retries={"total_max_attempts": 1})
LOADER = create_loader()  # keeps the services' models: reading them takes longer than a whole test
BASE_KEYS = {"aws_access_key_id": "bed", "aws_secret_access_key": "bed"}


class Clients:
    """`clients("ecs")`: an administrator's client in one account and region."""

    def __init__(self, endpoint: str, account: str, region: str, role: str = "bed-administrator") -> None:
        self.endpoint, self.account, self.region = endpoint, account, region
        self.credentials = assume(endpoint, f"arn:aws:iam::{account}:role/{role}", region, role)
        self._session = session(region, **as_keys(self.credentials))
        self._made = {}

    def __call__(self, service: str):
        """Made on first use, and kept."""
        if service not in self._made:
            self._made[service] = self._session.client(service, endpoint_url=self.endpoint, config=NO_RETRIES)
        return self._made[service]


@functools.lru_cache(maxsize=4)
def administrator(endpoint: str, account: str, region: str) -> Clients:
    """Kept: to seed and to take a snapshot of it takes the same clients, which are slower to make than to use."""
    return Clients(endpoint, account, region)


def assume(endpoint: str, role_arn: str, region: str, session_name: str) -> dict:
    """Temporary credentials of a role, as STS answers them."""
    sts = session(region, **BASE_KEYS).client("sts", endpoint_url=endpoint, config=NO_RETRIES)
    return sts.assume_role(RoleArn=role_arn, RoleSessionName=session_name)["Credentials"]


def session(region: str, **keys: str) -> boto3.Session:
    """With the models that are loaded already."""
    core = botocore.session.get_session()
    core.register_component("data_loader", LOADER)
    return boto3.Session(**keys, region_name=region, botocore_session=core)


def as_keys(credentials: dict) -> dict:
    """In the words of boto3.Session."""
    return {
        "aws_access_key_id": credentials["AccessKeyId"],
        "aws_secret_access_key": credentials["SecretAccessKey"],
        "aws_session_token": credentials["SessionToken"],
    }

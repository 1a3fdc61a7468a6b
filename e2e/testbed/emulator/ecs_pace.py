"""How long a deployment takes, on order: so that code which waits for one has something to wait for.

    POST /firebreak/pace {"account": "222222222222", "ecsDeploymentSeconds": 5}
"""

import datetime

from moto.core.utils import utcnow

_seconds: dict[str, float] = {}


def order(wanted: dict) -> None:
    """Raises ValueError where nobody could tell what is meant."""
    if set(wanted) != {"account", "ecsDeploymentSeconds"}:
        raise ValueError("a pace needs account and ecsDeploymentSeconds")
    _seconds[wanted["account"]] = float(wanted["ecsDeploymentSeconds"])


def reset() -> None:
    _seconds.clear()


def over(account: str, began: datetime.datetime) -> bool:
    """Whether a deployment that began then has had its time."""
    return utcnow() - began >= datetime.timedelta(seconds=_seconds.get(account, 0))

"""How long AWS takes for something, on order: so that code which waits for it has something to wait for.

    POST /firebreak/pace {"account": "222222222222", "ecsDeploymentSeconds": 5}
    POST /firebreak/pace {"account": "222222222222", "rdsPromotionSeconds": 5}
    POST /firebreak/pace {"account": "222222222222", "rdsRebootSeconds": 5}
"""

import datetime

from moto.core.utils import utcnow

PACES = ("ecsDeploymentSeconds", "rdsPromotionSeconds", "rdsRebootSeconds")

_seconds: dict[tuple[str, str], float] = {}


def order(wanted: dict) -> None:
    """Raises ValueError where nobody could tell what is meant."""
    known = [pace for pace in PACES if pace in wanted]
    if len(known) != 1 or set(wanted) != {"account", *known}:
        raise ValueError(f"a pace needs account and one of {', '.join(PACES)}")
    _seconds[known[0], wanted["account"]] = float(wanted[known[0]])


def reset() -> None:
    _seconds.clear()


def over(pace: str, account: str, began: datetime.datetime) -> bool:
    """Whether what began then has had its time."""
    return utcnow() - began >= datetime.timedelta(seconds=_seconds.get((pace, account), 0))

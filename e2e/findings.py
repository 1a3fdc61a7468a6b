"""What GuardDuty finds in the tests and in the demo: the samples of findings, in an account of their own and as of now."""

import datetime
import json
import pathlib
import random

from control import Control

SAMPLES = pathlib.Path(__file__).resolve().parents[1] / "controller" / "core" / "data" / "findings"
THEIR_ACCOUNT = "123456789012"


def time(after: float = 0) -> str:
    """Now, or so many seconds later, in the words of AWS."""
    then = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=after)
    return then.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def sample(name: str, world: dict, seen: str = "", **changes) -> dict:
    """A new finding like the sample, in the world's account: last seen then, and told of now."""
    now = time()
    finding = json.loads((SAMPLES / f"{name}.json").read_text().replace(THEIR_ACCOUNT, world["accountId"]))
    finding["service"] |= {"eventFirstSeen": seen or now, "eventLastSeen": seen or now}
    fresh = {"id": f"{random.randrange(16**32):032x}", "region": world["region"], "createdAt": now, "updatedAt": now}
    return finding | fresh | changes


def found(control: Control, world: dict, finding: dict) -> dict:
    """GuardDuty knows it from now on."""
    control.finds(world["accountId"], world["region"], finding)
    return finding

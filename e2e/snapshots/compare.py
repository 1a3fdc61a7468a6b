"""Canonical JSON and its comparison: what makes two snapshots comparable by eye and by machine."""

import datetime
import json

ABSENT = "(absent)"


def canonical(value):
    """Plain JSON: keys and lists sorted, because AWS gives most lists in no order, and times left out."""
    if isinstance(value, dict):
        kept = {str(key): canonical(inner) for key, inner in value.items() if not _time(inner)}
        return dict(sorted(kept.items()))
    if isinstance(value, (list, tuple)):
        return sorted((canonical(inner) for inner in value), key=lambda inner: json.dumps(inner, sort_keys=True))
    return value


def _time(value) -> bool:
    return isinstance(value, datetime.datetime)


def diff(before, after, path: str = "") -> dict[str, list]:
    """Every path at which the two differ, with both values; empty where they are equal."""
    if before == after:
        return {}
    if not (isinstance(before, dict) and isinstance(after, dict)):
        return {path: [before, after]}
    changes = {}
    for key in sorted(before.keys() | after.keys()):
        where = f"{path}.{key}" if path else key
        changes |= diff(before.get(key, ABSENT), after.get(key, ABSENT), where)
    return changes


def paged(client, operation: str, key: str, **arguments) -> list:
    """Every item of a list call, over however many pages."""
    if not client.can_paginate(operation):
        return getattr(client, operation)(**arguments)[key]
    return [item for page in client.get_paginator(operation).paginate(**arguments) for item in page[key]]


def tags(listed: list[dict], key: str = "Key", value: str = "Value") -> dict[str, str]:
    return {tag[key]: tag[value] for tag in listed}

"""Which findings a caller of GuardDuty asks for, and in which order: FindingCriteria and SortCriteria as AWS documents them."""

import datetime
import operator

ATTRIBUTES = ("accountId", "confidence", "createdAt", "id", "region", "severity", "type", "updatedAt")
NESTED = ("resource.", "service.")
TIMES = ("createdAt", "updatedAt", "service.eventFirstSeen", "service.eventLastSeen")
ORDERS = {"greaterThan": operator.gt, "greaterThanOrEqual": operator.ge, "lessThan": operator.lt, "lessThanOrEqual": operator.le}
FORMER = {"eq": "equals", "neq": "notEquals", "gt": "greaterThan", "gte": "greaterThanOrEqual", "lt": "lessThan",
          "lte": "lessThanOrEqual"}


class Refused(ValueError):
    """Asks for what there is not."""


def selected(findings: list[dict], criteria: dict | None, sort: dict | None) -> list[dict]:
    """Raises Refused where AWS does."""
    criterion = (criteria or {}).get("criterion") or {}
    for attribute in [*criterion, *_sorted_by(sort)]:
        _check(attribute)
    return in_order([finding for finding in findings if _fits(finding, criterion)], sort)


def in_order(findings: list[dict], sort: dict | None) -> list[dict]:
    """As they came where no order is asked for; what has no such attribute comes first."""
    for attribute in _sorted_by(sort):
        findings = sorted(findings, key=lambda one: _values(one, attribute), reverse=sort.get("orderBy") == "DESC")
    return findings


def _sorted_by(sort: dict | None) -> list[str]:
    return [sort["attributeName"]] if sort and sort.get("attributeName") else []


def _check(attribute: str) -> None:
    if attribute not in ATTRIBUTES and not attribute.startswith(NESTED):
        raise Refused(attribute)


def _fits(finding: dict, criterion: dict) -> bool:
    return all(_holds(_values(finding, attribute), FORMER.get(name, name), asked)
               for attribute, conditions in criterion.items() for name, asked in conditions.items())


def _holds(values: list, name: str, asked) -> bool:
    """Where there are several values, one of them is enough, and none may be what must not be."""
    if name in ORDERS:
        return any(ORDERS[name](value, asked) for value in values)
    if name not in ("equals", "notEquals"):
        raise Refused(name)
    return any(_text(value) in asked for value in values) == (name == "equals")


def _text(value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _values(finding: dict, attribute: str) -> list:
    """All that is there under that name; times in milliseconds."""
    found = _within(finding, attribute.split("."))
    return [_milliseconds(value) for value in found] if attribute in TIMES else found


def _within(node, path: list[str]) -> list:
    """A list on the way stands for each of its entries."""
    if isinstance(node, list):
        return [value for entry in node for value in _within(entry, path)]
    if not path:
        return [] if node is None else [node]
    return _within(node.get(path[0]), path[1:]) if isinstance(node, dict) else []


def _milliseconds(time: str) -> int:
    return round(datetime.datetime.fromisoformat(time).timestamp() * 1000)

"""Whether Prometheus has loaded the rules of a target's objectives, and loaded them unchanged."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from prodverify.monitoring.telling import expanded

_NUMBER = re.compile(r"(?<![\w.\"])\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.\"])")
_STRING = re.compile(r'("(?:[^"\\]|\\.)*")')


def differences(expected: Sequence[Mapping[str, Any]], told: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """
    One sentence for each group or rule of ``expected`` that ``told`` lacks, or has otherwise; empty where all stand.

    ``expected`` is what rules.groups() gives, ``told`` is ``data.groups`` of Prometheus' answer to /api/v1/rules. A
    rule is otherwise where its expression, its hold or the hash of the objectives (annotation or label ``slos``) is;
    of a rule that is loaded twice, as two files have a group of that name, each must be right. A group of ours that is
    not expected, as its objective is gone, is said too. Words of annotations may be another's. Nothing that Prometheus
    says makes it raise.
    """
    return tuple(_differences(expected, [group for group in told if isinstance(group, Mapping)]))


def _differences(expected: Sequence[Mapping[str, Any]], told: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    loaded: dict[str, list[Mapping[str, Any]]] = {}
    for group in told:
        loaded.setdefault(str(group.get("name")), []).extend(_rules(group))
    for group in expected:
        name = str(group["name"])
        if name not in loaded:
            yield f"group {name} is not loaded"
            continue
        there: dict[object, list[Mapping[str, Any]]] = {}
        for one in loaded[name]:
            there.setdefault(_identity(one), []).append(one)
        for rule in group["rules"]:
            alike = there.get(_identity(rule), [])
            if not alike:
                yield f"rule {_called(rule)} of group {name} is not loaded"
            yield from dict.fromkeys(said for one in alike for said in _of_rule(rule, one, name))
    ours = {_target(rule) for group in expected for rule in group["rules"]} - {""}
    for name in sorted(loaded.keys() - {str(group["name"]) for group in expected}):
        if any(_hash(rule) and _target(rule) in ours for rule in loaded[name]):
            yield f"group {name} is loaded, and is of no objective that is stated now"


def _of_rule(rule: Mapping[str, Any], there: Mapping[str, Any], group: str) -> Iterator[str]:
    called = _called(rule)
    if canonical(str(rule["expr"])) != canonical(str(there.get("query", ""))):
        yield f"rule {called} of group {group} has another expression"
    if "alert" in rule and _seconds(rule.get("for", "0s")) != there.get("duration", 0):
        yield f"rule {called} of group {group} must hold for another time"
    if _hash(rule) != _hash(there):
        yield f"rule {called} of group {group} is of objectives with hash {_hash(there) or 'none'}, not {_hash(rule)}"


def canonical(expression: str) -> str:
    """A PromQL expression without spaces and with every number written alike, outside its strings."""
    parts = _STRING.split(expression)
    for index in range(0, len(parts), 2):
        bare = _NUMBER.sub(lambda found: repr(float(found[0])), parts[index])
        parts[index] = re.sub(r"\s+", "", bare)
    return "".join(parts)


def _rules(group: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    rules = group.get("rules")
    return [rule for rule in rules if isinstance(rule, Mapping)] if isinstance(rules, list) else []


def _called(rule: Mapping[str, Any]) -> str:
    return str(rule.get("alert") or rule.get("record") or rule.get("name"))


def _identity(rule: Mapping[str, Any]) -> tuple[str, frozenset[tuple[str, str]]]:
    """Name and labels; the hash apart, whose difference is said in words of its own."""
    labels = {name: expanded(value) for name, value in _texts(rule.get("labels")).items() if name != "slos"}
    return _called(rule), frozenset(labels.items())


def _hash(rule: Mapping[str, Any]) -> str:
    return _texts(rule.get("annotations")).get("slos", "") or _texts(rule.get("labels")).get("slos", "")


def _target(rule: Mapping[str, Any]) -> str:
    return _texts(rule.get("labels")).get("target", "")


def _texts(value: object) -> dict[str, str]:
    if not isinstance(value, Mapping):
        return {}
    return {name: text for name, text in value.items() if isinstance(name, str) and isinstance(text, str)}


def _seconds(text: str) -> float:
    units = {"y": 31_536_000, "w": 604_800, "d": 86_400, "h": 3600, "m": 60, "s": 1}
    return float(sum(int(count) * units[unit] for count, unit in re.findall(r"(\d+)([ywdhms])", text)))

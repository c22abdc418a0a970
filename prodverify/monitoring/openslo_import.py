"""OpenSLO v1 as ``[[slos]]``: what its documents say, and a remark for each thing that has no word here."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from prodverify.monitoring import noted, openslo_rules
from prodverify.objectives.burn import DAY, burns
from prodverify.target.slos import Burn, Severity, Slo

_UNITS = {"m": 60, "h": 3600, "d": DAY, "w": 7 * DAY, "M": 30 * DAY, "Q": 90 * DAY, "Y": 365 * DAY}
_SEVERITIES: tuple[Severity, ...] = ("info", "warning", "critical", "page")
_LONGEST_NAME = 60
_MOST_DAYS, _WINDOW_DAYS = 366, Slo.model_fields["window_days"].default


class Unreadable(Exception):  # noqa: N818 - its sentences say what is wrong
    """The documents are no OpenSLO v1; ``sentences`` say why, one each."""

    def __init__(self, sentences: Sequence[str]) -> None:
        self.sentences = tuple(sentences)
        super().__init__("; ".join(self.sentences))


@dataclass(frozen=True, slots=True)
class Imported:
    """Objectives, and what of the documents is not in them."""

    slos: tuple[Slo, ...]
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Around:
    """What an SLO may refer to, by kind and name, and the remarks so far."""

    documents: Mapping[tuple[str, str], Mapping[str, Any]]
    remarks: list[str] = field(default_factory=list)

    def find(self, kind: str, name: object) -> Mapping[str, Any] | None:
        found = self.documents.get((kind, str(name)))
        spec: Mapping[str, Any] | None = found["spec"] if found else None
        return spec


def read(documents: Sequence[object]) -> Imported:
    """The objectives of ``documents``. Raises Unreadable."""
    stated = {number: _stated(one) for number, one in enumerate(documents, start=1) if one is not None}
    if wrong := [f"document {n}: {text}" for n, one in stated.items() for text in openslo_rules.complaints(one)]:
        raise Unreadable(wrong)
    right: dict[tuple[str, str], Mapping[str, Any]] = {}
    for number, one in stated.items():
        called = (one["kind"], one["metadata"]["name"])
        if called in right:
            raise Unreadable([f"document {number}: there is another {called[0]} {called[1]}"])
        right[called] = one
    around = _Around(right)
    slos = tuple(slo for (kind, _), one in right.items() if kind == "SLO" for slo in _slos(one, around))
    if not slos:
        raise Unreadable(around.remarks or ["no document of kind SLO"])
    twice = [name for name, number in Counter(slo.name for slo in slos).items() if number > 1]
    around.remarks.extend(f"several objectives here are called {name}: rename all but one" for name in twice)
    return Imported(slos, tuple(around.remarks))


def _stated(value: Any) -> Any:
    """``value`` without keys that say nothing: a key before an empty line is as good as absent."""
    if isinstance(value, Mapping):
        return {key: _stated(one) for key, one in value.items() if one is not None}
    return [_stated(one) for one in value] if isinstance(value, list) else value


def _slos(document: Mapping[str, Any], around: _Around) -> Iterator[Slo]:
    spec, called = document["spec"], document["metadata"]["name"]
    said = noted.read(Slo, document["metadata"].get("annotations", {}))
    name = said.get("name") or re.sub(r"[^a-z0-9_-]", "-", called.lower())
    said = {**said, **_of_window(spec, called, around), **_of_indicator(spec, called, said, around)}
    # The policies of an export without burns of its own say what burns() says anyway.
    told = () if "burns" in said else _burns(spec, said["window_days"], called, around)
    if spec["budgetingMethod"] != "Occurrences":
        around.remarks.append(f"{called}: {spec['budgetingMethod']} become events: here every event counts as one")
    objectives = spec["objectives"]
    for number, objective in enumerate(objectives, start=1):
        if told_above := _above(objective, said):
            around.remarks.append(f"{called}: {told_above}")
            continue
        ending = "" if len(objectives) == 1 else f"-{number}"
        whole = {
            **said,
            "name": f"{name[: _LONGEST_NAME - len(ending)]}{ending}",
            "objective_percent": _percent(objective),
            **_of_threshold(objective, said, called, around),
        }
        slo = _slo(whole, called)
        yield _slo({**whole, "burns": told}, called) if told and not _alike(told, burns(slo)) else slo


def _above(objective: Mapping[str, Any], said: Mapping[str, Any]) -> str:
    """Why ``objective`` is no latency: its good values are those above; empty where it may be one."""
    if said.get("kind") == "success" or "threshold_ms" in said or objective.get("op") not in ("gt", "gte"):
        return ""
    return f"values above {objective.get('value', 'a limit')} are good, which is no time to answer: it is left out"


def _percent(objective: Mapping[str, Any]) -> float:
    if "target" in objective:
        return float(f"{objective['target'] * 100:.15g}")
    return float(objective["targetPercent"])


def _slo(whole: dict[str, Any], called: str) -> Slo:
    try:
        return Slo.model_validate(whole, strict=False)
    except ValidationError as error:
        wrong = [f"{called}: {'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors(include_url=False)]
        raise Unreadable(wrong) from None


def _of_window(spec: Mapping[str, Any], called: str, around: _Around) -> dict[str, int]:
    windows = spec.get("timeWindow", [])
    if not windows:
        around.remarks.append(f"{called}: no timeWindow; {_WINDOW_DAYS} days are taken")
        return {"window_days": _WINDOW_DAYS}
    seconds = _seconds(windows[0]["duration"])
    if not windows[0].get("isRolling"):
        around.remarks.append(f"{called}: a calendar window becomes a rolling one of the same length")
    days = min(_MOST_DAYS, max(1, round(seconds / DAY)))
    if days * DAY != seconds:
        around.remarks.append(f"{called}: a window of {windows[0]['duration']} becomes {days} days")
    return {"window_days": days}


def _of_indicator(spec: Mapping[str, Any], called: str, said: Mapping[str, Any], around: _Around) -> dict[str, Any]:
    indicator = spec["indicator"]["spec"] if "indicator" in spec else around.find("SLI", spec["indicatorRef"])
    if indicator is None:
        around.remarks.append(
            f"{called}: there is no SLI {spec['indicatorRef']} among the documents; state slos.metrics"
        )
        return {} if "kind" in said or "threshold_ms" in said else {"kind": "success"}
    ratio = indicator.get("ratioMetric")
    if ratio is None:
        around.remarks.append(f"{called}: a thresholdMetric is no count of events; state slos.metrics")
        return {}
    if "raw" in ratio:
        around.remarks.append(f"{called}: a ratio that is stored is no count of events; state slos.metrics")
        return {} if "kind" in said or "threshold_ms" in said else {"kind": "success"}
    source = (ratio.get("good") or ratio.get("bad"))["metricSource"]
    own = source.get("spec", {}).get("prodverify")
    if isinstance(own, dict):
        return {"metrics": own}
    if source.get("type") != "prodverify":
        around.remarks.append(f"{called}: its queries have no words here; state slos.metrics")
    return {} if "kind" in said or "threshold_ms" in said else {"kind": "success"}


def _of_threshold(
    objective: Mapping[str, Any], said: Mapping[str, Any], called: str, around: _Around
) -> dict[str, Any]:
    if said.get("kind") == "success" or "threshold_ms" in said:
        return {}
    if "value" not in objective:
        around.remarks.append(f"{called}: no value says what is in time; state threshold_ms")
        return {}
    around.remarks.append(f"{called}: {objective['value']} is taken as milliseconds; OpenSLO does not say its unit")
    return {"threshold_ms": float(objective["value"])}


def _burns(spec: Mapping[str, Any], window_days: int, called: str, around: _Around) -> tuple[Burn, ...]:
    found = []
    for policy in spec.get("alertPolicies", []):
        named = policy.get("alertPolicyRef") if isinstance(policy, dict) else policy
        policy_spec = policy["spec"] if named is None else around.find("AlertPolicy", named)
        if policy_spec is None:
            around.remarks.append(f"{called}: there is no AlertPolicy {named} among the documents; state slos.burns")
            continue
        for entry in policy_spec["conditions"]:
            told = entry.get("spec") or around.find("AlertCondition", entry.get("conditionRef"))
            if told is None:
                around.remarks.append(f"{called}: there is no AlertCondition {entry.get('conditionRef')}")
                continue
            burn = _burn(told, window_days)
            if burn is None:
                around.remarks.append(f"{called}: an alert policy is no burn of part of its budget; state slos.burns")
                continue
            if burn.severity != told["severity"]:
                around.remarks.append(f"{called}: there is no severity {told['severity']}; page is taken")
            found.append(burn)
    return tuple(found)


def _burn(told: Mapping[str, Any], window_days: int) -> Burn | None:
    condition = told["condition"]
    long, short = _seconds(condition["lookbackWindow"]), _seconds(condition.get("alertAfter", "0m"))
    if condition.get("op", "gt") not in ("gt", "gte"):
        return None
    percent = float(f"{condition['threshold'] * long / (window_days * DAY) * 100:.12g}")
    severity: Severity = next((one for one in _SEVERITIES if one == told["severity"]), "page")
    if not 0 < percent < 100 or not 0 < short < long <= _MOST_DAYS * DAY:
        return None
    return Burn(budget_percent=percent, long_seconds=long, short_seconds=short, severity=severity)


def _alike(ones: Sequence[Burn], others: Sequence[Burn]) -> bool:
    return len(ones) == len(others) and all(
        one.model_copy(update={"budget_percent": other.budget_percent}) == other
        and abs(one.budget_percent - other.budget_percent) < 1e-9 * other.budget_percent
        for one, other in zip(ones, others, strict=True)
    )


def _seconds(text: str) -> int:
    return int(text[:-1]) * _UNITS[text[-1]]

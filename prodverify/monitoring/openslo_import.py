"""OpenSLO v1 as ``[[slos]]``: what its documents say, and a remark for each thing that has no word here."""

from __future__ import annotations

import re
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
    wrong = [
        f"document {number}: {text}"
        for number, document in enumerate(documents, start=1)
        if document is not None
        for text in openslo_rules.complaints(document)
    ]
    if wrong:
        raise Unreadable(wrong)
    right = [document for document in documents if isinstance(document, dict)]
    around = _Around({(one["kind"], one["metadata"]["name"]): one for one in right})
    slos = tuple(slo for one in right if one["kind"] == "SLO" for slo in _slos(one, around))
    if not slos:
        raise Unreadable(["no document of kind SLO"])
    return Imported(slos, tuple(around.remarks))


def _slos(document: Mapping[str, Any], around: _Around) -> Iterator[Slo]:
    spec, called = document["spec"], document["metadata"]["name"]
    said = noted.read(Slo, document["metadata"].get("annotations", {}))
    name = said.get("name") or re.sub(r"[^a-z0-9_-]", "-", called)
    said = {**said, **_of_window(spec, called, around), **_of_indicator(spec, called, said, around)}
    if spec["budgetingMethod"] != "Occurrences":
        around.remarks.append(f"{called}: {spec['budgetingMethod']} become events: here every event counts as one")
    objectives = spec["objectives"]
    for number, objective in enumerate(objectives, start=1):
        ending = "" if len(objectives) == 1 else f"-{number}"
        whole = {
            **said,
            "name": f"{name[: _LONGEST_NAME - len(ending)]}{ending}",
            "objective_percent": _percent(objective),
            **_of_threshold(objective, said, called, around),
        }
        slo = _slo(whole, called)
        # The policies of an export without burns of its own say what burns() says anyway.
        if "burns" not in said and (told := _burns(spec, slo, called, around)) and not _alike(told, burns(slo)):
            slo = _slo({**whole, "burns": told}, called)
        yield slo


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


def _of_window(spec: Mapping[str, Any], called: str, around: _Around) -> dict[str, Any]:
    windows = spec.get("timeWindow", [])
    if not windows:
        around.remarks.append(f"{called}: no timeWindow; 30 days are taken")
        return {}
    seconds = _seconds(windows[0]["duration"])
    if not windows[0].get("isRolling"):
        around.remarks.append(f"{called}: a calendar window becomes a rolling one of the same length")
    if seconds % DAY:
        around.remarks.append(f"{called}: a window of {windows[0]['duration']} becomes whole days")
    return {"window_days": min(366, max(1, round(seconds / DAY)))}


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
    own = source["spec"].get("prodverify")
    if isinstance(own, dict):
        return {"metrics": own}
    if source.get("type") != "prodverify":
        around.remarks.append(f"{called}: its queries have no words here; state slos.metrics")
    return {} if "kind" in said or "threshold_ms" in said else {"kind": "success"}


def _of_threshold(
    objective: Mapping[str, Any], said: Mapping[str, Any], called: str, around: _Around
) -> dict[str, Any]:
    if "value" not in objective or said.get("kind") == "success" or "threshold_ms" in said:
        return {}
    around.remarks.append(f"{called}: {objective['value']} is taken as milliseconds; OpenSLO does not say its unit")
    return {"threshold_ms": float(objective["value"])}


def _burns(spec: Mapping[str, Any], slo: Slo, called: str, around: _Around) -> tuple[Burn, ...]:
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
            burn = _burn(told, slo.window_days)
            if burn is None:
                around.remarks.append(f"{called}: an alert policy is no burn of part of its budget; state slos.burns")
            else:
                found.append(burn)
    return tuple(found)


def _burn(told: Mapping[str, Any], window_days: int) -> Burn | None:
    condition = told["condition"]
    long, short = _seconds(condition["lookbackWindow"]), _seconds(condition["alertAfter"])
    percent = float(f"{condition['threshold'] * long / (window_days * DAY) * 100:.12g}")
    severity: Severity = next((one for one in _SEVERITIES if one == told["severity"]), "page")
    if not 0 < percent < 100 or not 0 < short < long:
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

"""
A target's objectives as OpenSLO v1: one Service, one SLO for each objective, one AlertPolicy for each burn alert, one
AlertNotificationTarget for each severity of these.

What OpenSLO has no word for stands in annotations (noted.py); names of metrics and labels, which its annotations
cannot hold, stand in the free form of ``metricSource.spec`` under ``prodverify``, beside the query for other tools.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

from prodverify.monitoring import noted, sli
from prodverify.monitoring.promql import quoted, selector, spellings
from prodverify.monitoring.yaml_text import written
from prodverify.objectives.burn import burns, rate
from prodverify.objectives.fingerprint import slos_hash
from prodverify.target.model import Promises
from prodverify.target.slos import Burn, Slo

VERSION = "openslo/v1"
APART = frozenset({"name", "objective_percent", "window_days", "metrics"})
"""Keys that OpenSLO, or metricSource.spec, has a place for."""
LONGEST = 63 - len("-burn-99")
"""Characters of a name, so that those of its alert policies are names of RFC 1123, too."""
_SPANS = (("d", 86_400), ("h", 3600), ("m", 60))


def text(promises: Promises) -> str:
    """The documents, in YAML. Raises MissingExtra."""
    return "---\n".join(written(document) for document in documents(promises))


def documents(promises: Promises) -> tuple[dict[str, Any], ...]:
    """The documents: the service and who is told first, then each objective behind its alert policies."""
    service = word(promises.name)
    head = _document("Service", service, {}, {"description": f"Service of target {promises.name}."})
    slos = slos_hash(promises.slos)
    called = _words(promises.slos)
    severities = sorted({burn.severity for slo in promises.slos for burn in burns(slo) if _sayable(burn)})
    return (
        head,
        *(_document("AlertNotificationTarget", one, {}, _told(one)) for one in severities),
        *(one for slo in promises.slos for one in _of_slo(slo, called[slo.name], service, slos, promises)),
    )


def word(name: str) -> str:
    """``name`` as OpenSLO takes one: without underscores."""
    return name.replace("_", "-").rstrip("-")


def _words(slos: Sequence[Slo]) -> dict[str, str]:
    """The word of each objective: a-b and a_b are two, and with an ending each still is a name of RFC 1123."""
    words: dict[str, str] = {}
    for slo in slos:
        wanted = word(slo.name)
        if wanted in words.values() or len(wanted) > LONGEST:
            digits = hashlib.sha256(slo.name.encode()).hexdigest()[:8]
            wanted = f"{wanted[: LONGEST - 9]}-{digits}"
        words[slo.name] = wanted
    return words


def _of_slo(slo: Slo, called: str, service: str, slos: str, promises: Promises) -> Iterator[dict[str, Any]]:
    policies = [(f"{called}-burn-{number}", burn) for number, burn in enumerate(burns(slo), start=1)]
    told = [(name, burn) for name, burn in policies if _sayable(burn)]
    for name, burn in told:
        yield _document("AlertPolicy", name, {}, _policy(name, burn, slo))
    said = {**noted.written(slo, APART), f"{noted.PREFIX}slos": slos}
    if called != slo.name:
        said[f"{noted.PREFIX}name"] = slo.name
    spec: dict[str, Any] = {
        "description": _description(slo),
        "service": service,
        "indicator": {"metadata": {"name": called}, "spec": _indicator(slo, promises)},
        "timeWindow": [{"duration": f"{slo.window_days}d", "isRolling": True}],
        "budgetingMethod": "Occurrences",
        "objectives": [{"displayName": slo.name, "target": share(slo.objective_percent)}],
    }
    if told:
        spec["alertPolicies"] = [{"alertPolicyRef": name} for name, _ in told]
    yield _document("SLO", called, said, spec)


def _sayable(burn: Burn) -> bool:
    return bool(span(burn.long_seconds) and span(burn.short_seconds))


def _told(severity: str) -> dict[str, Any]:
    return {"description": f"Who is told of alerts of severity {severity}.", "target": "alertmanager"}


def _policy(name: str, burn: Burn, slo: Slo) -> dict[str, Any]:
    return {
        # Without it an alert of OpenSLO is never told.
        "alertWhenBreaching": True,
        "alertWhenResolved": True,
        "alertWhenNoData": False,
        "conditions": [_condition(name, burn, slo)],
        "notificationTargets": [{"targetRef": burn.severity}],
    }


def _condition(name: str, burn: Burn, slo: Slo) -> dict[str, Any]:
    condition = {
        "kind": "burnrate",
        "op": "gt",
        "threshold": rate(burn, slo),
        "lookbackWindow": span(burn.long_seconds),
        "alertAfter": span(burn.short_seconds),
    }
    spec = {"severity": burn.severity, "condition": condition}
    return {"kind": "AlertCondition", "metadata": {"name": name}, "spec": spec}


def _indicator(slo: Slo, promises: Promises) -> dict[str, Any]:
    if slo.metrics is None or sli.unmeasurable(slo):
        # Gate and load runs judge it; Prometheus knows nothing of it.
        nothing = {"metricSource": {"type": "prodverify", "spec": {}}}
        return {"ratioMetric": {"counter": True, "good": nothing, "total": nothing}}
    job = promises.monitoring.job if promises.monitoring else None
    metrics, about = slo.metrics, sli.about(slo, job=job)
    good = [*about, f"{metrics.status_label}!~{quoted(sli.errors(metrics))}"]
    counted = sli.counter(slo)
    if slo.kind == "latency":
        counted = f"{metrics.durations}_bucket"
        good.append(f"le=~{quoted(spellings(sli.threshold(slo)))}")
    own = metrics.model_dump(mode="json", exclude_unset=True)
    return {
        "ratioMetric": {
            "counter": True,
            "good": _source(f"sum({selector(counted, *good)})", own),
            "total": _source(f"sum({selector(sli.counter(slo), *about)})", {}),
        }
    }


def _source(query: str, own: dict[str, Any]) -> dict[str, Any]:
    spec: dict[str, Any] = {"query": query}
    if own:
        spec["prodverify"] = own
    return {"metricSource": {"type": "Prometheus", "spec": spec}}


def _description(slo: Slo) -> str:
    if slo.kind == "success" or slo.threshold_ms is None:
        return f"{slo.objective_percent:g} % of the answers are no errors."
    return f"{slo.objective_percent:g} % of the answers come within {slo.threshold_ms:g} ms and are no errors."


def _document(kind: str, name: str, said: dict[str, str], spec: dict[str, Any]) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": name}
    if said:
        metadata["annotations"] = said
    return {"apiVersion": VERSION, "kind": kind, "metadata": metadata, "spec": spec}


def span(seconds: int) -> str:
    """``seconds`` as OpenSLO writes them; empty where they are no whole minutes, which it has no word for."""
    return next((f"{seconds // length}{unit}" for unit, length in _SPANS if seconds % length == 0), "")


def share(percent: float) -> float:
    """99.9 % is 0.999, without what binary fractions add."""
    return float(f"{percent / 100:.15g}")

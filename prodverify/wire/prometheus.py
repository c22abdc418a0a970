"""
What Prometheus and Alertmanager say, by their HTTP APIs.

https://prometheus.io/docs/prometheus/latest/querying/api/ ;
https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml

No series is no number: an empty answer is an empty tuple; NaN, as PromQL writes 0/0, and infinity are left out.
Whatever else is not the answer to the question raises Unjudged with one sentence.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from prodverify.record.findings import Unjudged
from prodverify.wire.exchange import Exchange
from prodverify.wire.neighbour import Neighbour, quoted, said
from prodverify.wire.watched import Alert, Alertmanagers, Clock, Rule, Sample, Series

_REFUSALS = frozenset({400, 422, 500, 503})
"""Statuses with which it says in JSON why a query has no answer; 503 is also a query's own timeout."""
_HARMLESS = "PromQL info"
"""How newer servers begin remarks about a query's style, such as a rate of what is not named as a counter."""
_NAME = "asked_as"
_NO_VALUE = (KeyError, TypeError, ValueError, AttributeError, OverflowError)
_LONGEST_QUERY = 3000
"""Characters: written in an address it is half as long again, and proxies refuse addresses of 8 KiB."""
MOST_POINTS = 11_000
"""Points of one series that it gives at most (web/api/v1/api.go)."""


class Prometheus:
    """Prometheus, or what has its query API: Mimir, Thanos, VictoriaMetrics."""

    def __init__(self, neighbour: Neighbour) -> None:
        self._neighbour = neighbour

    def query(self, expression: str, *, at: float | None = None) -> tuple[Sample, ...]:
        """The instant vector of ``expression`` at a moment, or now. Raises Unjudged."""
        query = {"query": expression} | ({} if at is None else {"time": f"{at:.3f}"})
        told = self._data("/api/v1/query", query)
        kind, result = told.get("resultType"), told.get("result")
        if kind == "scalar":
            result = [{"metric": {}, "value": result}]
        if kind not in ("vector", "scalar"):
            raise self._odd("/api/v1/query", f"a result of type {said(kind)}")
        return tuple(sample for sample in map(self._sample, _list(result)) if math.isfinite(sample.value))

    def value(self, expression: str, *, at: float | None = None) -> float | None:
        """The one value of ``expression``, which adds its series up; None where there is no series. Raises Unjudged."""
        samples = self.query(expression, at=at)
        if len(samples) > 1:
            raise self._odd("/api/v1/query", f"{len(samples)} series where one was asked for")
        return samples[0].value if samples else None

    def values(self, expressions: Mapping[str, str], *, at: float | None = None) -> dict[str, float]:
        """
        The one value of each expression that has one, by its name; all of them in as few questions as addresses hold.

        Each expression adds its series up. Raises Unjudged.
        """
        told: dict[str, float] = {}
        for joint in _joint(expressions):
            for sample in self.query(joint, at=at):
                told[sample.labels.get(_NAME, "")] = sample.value
        return told

    def query_range(self, expression: str, *, start: float, end: float, step_seconds: float) -> tuple[Series, ...]:
        """Values of ``expression`` at ``start`` and each step from it up to ``end``. Raises Unjudged."""
        if (end - start) / step_seconds >= MOST_POINTS:
            raise ValueError(f"expected fewer than {MOST_POINTS} steps, got {(end - start) / step_seconds:.0f}")
        query = {"query": expression, "start": f"{start:.3f}", "end": f"{end:.3f}", "step": f"{step_seconds:.3f}"}
        told = self._data("/api/v1/query_range", query)
        return tuple(map(self._series, _list(told.get("result"))))

    def groups(self) -> list[dict[str, Any]]:
        """Groups of rules as it tells them. Raises Unjudged."""
        return [dict(group) for group in _objects(self._data("/api/v1/rules").get("groups"))]

    def rules(self) -> tuple[Rule, ...]:
        """Every rule that is loaded. Raises Unjudged."""
        return tuple(
            _rule(str(group.get("name", "")), rule) for group in self.groups() for rule in _objects(group.get("rules"))
        )

    def alerts(self) -> tuple[Alert, ...]:
        """Every alert that is pending or firing. Raises Unjudged."""
        told = self._data("/api/v1/alerts")
        return tuple(
            Alert(
                _texts(alert.get("labels")).get("alertname", ""), said(alert.get("state")), _texts(alert.get("labels"))
            )
            for alert in _objects(told.get("alerts"))
        )

    def alertmanagers(self) -> Alertmanagers | None:
        """
        Where it sends alerts; None where it has no such list: elsewhere than in Prometheus others evaluate the rules.

        Raises Unjudged.
        """
        told = self._data("/api/v1/alertmanagers", absent=404)
        if told is None:
            return None
        active, dropped = (
            tuple(said(one.get("url", "")) for one in _objects(told.get(key)))
            for key in ("activeAlertmanagers", "droppedAlertmanagers")
        )
        return Alertmanagers(active, dropped)

    def scrape_errors(self, job: str) -> tuple[str, ...]:
        """Why scrapes of ``job`` fail, in Prometheus' own words; empty where none does. Raises Unjudged."""
        told = self._data("/api/v1/targets", {"state": "active"})
        mine = [one for one in _objects(told.get("activeTargets")) if _texts(one.get("labels")).get("job") == job]
        return tuple(dict.fromkeys(said(one["lastError"]) for one in mine if one.get("lastError")))

    def clock(self) -> Clock:
        """
        What time it has. Raises Unjudged.

        It is the moment of the answer, not its value: VictoriaMetrics evaluates half a minute ago, and says when it is.
        """
        heard: list[Exchange] = []
        before = self._neighbour.heard

        def listen(exchange: Exchange) -> None:
            heard.append(exchange)
            if before is not None:
                before(exchange)

        self._neighbour.heard = listen
        try:
            told = self.query("time()")
        finally:
            self._neighbour.heard = before
        if not told or not heard:
            raise self._odd("/api/v1/query", "no value of time()")
        answer = heard[-1]
        return Clock(told[0].at, answer.started_at, answer.started_at + answer.elapsed_ms / 1000)

    def _data(self, path: str, query: Mapping[str, str] | None = None, *, absent: int | None = None) -> Any:
        told = self._neighbour.json(path, query or {}, bodies=_REFUSALS, absent=absent)
        if told is None:
            return None
        if not isinstance(told, dict) or told.get("status") != "success" or "data" not in told:
            raise self._refused(path, told)
        remarks = [said(one) for one in _list(told.get("warnings")) if not str(one).startswith(_HARMLESS)]
        if told.get("isPartial") is True:  # so says VictoriaMetrics, in a word of its own
            remarks.append("isPartial: true")
        if remarks:
            raise self._neighbour.unjudged(
                "answer-partial",
                f"{self._neighbour.name} answers {path} from all of its data",
                f"it warns: {remarks[0]}",
                "mend what it says: an answer from a part of the data would be judged as if it were the whole",
            )
        if not isinstance(told["data"], dict):
            raise self._odd(path, f"data that is {said(told['data'])}")
        return told["data"]

    def _refused(self, path: str, told: Any) -> Unjudged:
        if not isinstance(told, dict) or "error" not in told:
            return self._odd(path, "JSON that is not Prometheus' own")
        kind, error = said(told.get("errorType", "error")), said(told["error"])
        step = "mend what it says, in slos.metrics and monitoring.job or among its own limits"
        if kind in ("timeout", "execution"):
            step = "ask for less: a shorter window, or fewer series"
        expected = f"{self._neighbour.name} answers {path}"
        return self._neighbour.unjudged("query-refused", expected, f"{kind}: {error}", step)

    def _odd(self, path: str, what: str) -> Unjudged:
        step = "correct the address in [secrets]: what answers there has not Prometheus' query API"
        return self._neighbour.unjudged(
            "answer-odd", f"{self._neighbour.name} answers {path} as documented", what, step
        )

    def _sample(self, one: Any) -> Sample:
        try:
            at, value = one["value"]
            return Sample(_texts(one.get("metric")), float(at), float(value))
        except _NO_VALUE:
            raise self._no_number("/api/v1/query", one, "a value that is none") from None

    def _series(self, one: Any) -> Series:
        try:
            points = {float(at): float(value) for at, value in one["values"]}
            told = {at: value for at, value in points.items() if math.isfinite(value)}
            return Series(_texts(one.get("metric")), told)
        except _NO_VALUE:
            raise self._no_number("/api/v1/query_range", one, "values that are none") from None

    def _no_number(self, path: str, one: Any, what: str) -> Unjudged:
        if not isinstance(one, dict) or not {"histogram", "histograms"} & one.keys():
            return self._odd(path, what)
        step = "name a counter in slos.metrics, and have Prometheus keep the classic buckets: it counts at their edges"
        expected = f"{self._neighbour.name} answers {path} with a number"
        return self._neighbour.unjudged("answer-native", expected, "a native histogram", step)


class Alertmanager:
    """Alertmanager, or what has its API."""

    def __init__(self, neighbour: Neighbour) -> None:
        self._neighbour = neighbour

    def ready(self, *, patience_seconds: float) -> Exchange:
        """The answer to whether it is ready, whatever the status. Raises Unjudged where none came."""
        return self._neighbour.ask("/-/ready", retry=False, patience_seconds=patience_seconds)

    def version(self) -> str:
        """Its version. Raises Unjudged."""
        told = self._neighbour.json("/api/v2/status")
        version = told.get("versionInfo", {}).get("version") if isinstance(told, dict) else None
        return quoted(version) if isinstance(version, str) else "unknown"


def _joint(expressions: Mapping[str, str]) -> Iterator[str]:
    """Expressions joined by ``or``, each result under its name in a label."""
    joined: list[str] = []
    length = 0
    for name, expression in expressions.items():
        named = f'label_replace({expression}, "{_NAME}", "{name}", "", "")'
        if joined and length + len(named) > _LONGEST_QUERY:
            yield " or ".join(joined)
            joined, length = [], 0
        joined.append(named)
        length += len(named)
    if joined:
        yield " or ".join(joined)


def _rule(group: str, rule: Mapping[str, Any]) -> Rule:
    duration = rule.get("duration", 0)
    return Rule(
        group=group,
        name=str(rule.get("name", "")),
        alerting=rule.get("type") == "alerting",
        query=str(rule.get("query", "")),
        for_seconds=float(duration) if isinstance(duration, int | float) else 0.0,
        labels=_texts(rule.get("labels")),
        annotations=_texts(rule.get("annotations")),
        health=str(rule.get("health", "unknown")),
        error=said(rule.get("lastError") or ""),
    )


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _objects(value: object) -> Iterator[Mapping[str, Any]]:
    return (one for one in _list(value) if isinstance(one, dict))


def _texts(value: object) -> Mapping[str, str]:
    return {str(name): str(text) for name, text in value.items()} if isinstance(value, dict) else {}

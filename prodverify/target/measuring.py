"""Rules about ``[[slos]]``: numbers that contradict each other, and words that Prometheus could not be asked with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from prodverify.target.slos import Slo
from prodverify.target.wording import Complaint, Place, came, nearest

if TYPE_CHECKING:
    from prodverify.target.model import Promises

_DAY = 86_400


def complaints(promises: Promises) -> Iterator[Complaint]:
    """What cannot be meant, references to endpoints and roles apart."""
    for slo in promises.slos:
        place: Place = ("slos", slo.name)
        yield from _latency(slo, place)
        yield from _agreement(slo, place)
        yield from _indifference(slo, place)
        yield from _sampled(slo, place, promises)
        yield from _metrics(slo, place)
        yield from _burns(slo, place)
        yield from _alerts(slo, place)
    yield from _labels_of_resources(promises)
    yield from _own_labels(promises)


def _own_labels(promises: Promises) -> Iterator[Complaint]:
    """Prometheus refuses, or drops, labels that begin with two underscores: __name__ is a metric's name."""
    stated: list[tuple[Place, Iterable[str]]] = [
        (("slos", slo.name, "metrics", "labels"), slo.metrics.labels) for slo in promises.slos if slo.metrics
    ]
    if promises.monitoring is not None:
        stated.append((("monitoring", "service_label"), promises.monitoring.service_label))
        for key, labels in promises.monitoring.resources.labels.items():
            stated.append((("monitoring", "resources", "labels", key), labels))
    for place, names in stated:
        for name in names:
            if name.startswith("__"):
                yield Complaint((*place, name), "expected another label: those that begin with __ are Prometheus' own")


def _labels_of_resources(promises: Promises) -> Iterator[Complaint]:
    if promises.monitoring is None:
        return
    resources = promises.monitoring.resources
    known = [name for name in type(resources).model_fields if name != "labels"]
    for key in resources.labels:
        if key not in known:
            text = f"no series of [monitoring.resources]{nearest(key, known)}"
            yield Complaint(("monitoring", "resources", "labels", key), text)


def _latency(slo: Slo, place: Place) -> Iterator[Complaint]:
    if slo.kind == "latency" and slo.threshold_ms is None:
        text = 'is missing; kind "latency" needs the milliseconds of a timely answer'
        yield Complaint((*place, "threshold_ms"), text)
    if slo.kind == "success":
        stated: list[tuple[Place, float | None]] = [
            (("threshold_ms",), slo.threshold_ms),
            (("agreement_threshold_ms",), slo.agreement_threshold_ms),
            *((("alerts", number, "threshold_ms"), one.threshold_ms) for number, one in enumerate(slo.alerts or ())),
        ]
        for key, milliseconds in stated:
            if milliseconds is not None:
                text = 'means nothing for kind "success"; remove it or say kind = "latency"'
                yield Complaint((*place, *key), text)


def _agreement(slo: Slo, place: Place) -> Iterator[Complaint]:
    own, agreed = slo.threshold_ms, slo.agreement_threshold_ms
    if own is not None and agreed is not None and agreed < own:
        text = f"expected at least threshold_ms ({own:g}), came {agreed:g}: an agreement is looser than the objective"
        yield Complaint((*place, "agreement_threshold_ms"), text)
    elsewhere = own is not None and agreed is not None and agreed > own
    if slo.agreement_percent is not None and slo.agreement_percent > slo.objective_percent and not elsewhere:
        text = (
            f"expected at most objective_percent ({slo.objective_percent:g}), came {slo.agreement_percent:g}: "
            "an agreement is looser than the objective"
        )
        yield Complaint((*place, "agreement_percent"), text)


def _indifference(slo: Slo, place: Place) -> Iterator[Complaint]:
    if slo.indifference_percent is None:
        return
    passes, fails = slo.indifference_percent
    if not passes >= slo.objective_percent >= fails or passes == fails:
        text = (
            f"expected a share of at least objective_percent ({slo.objective_percent:g}), and a smaller one of at most "
            f"it, came {passes:g} and {fails:g}"
        )
        yield Complaint((*place, "indifference_percent"), text)


def _sampled(slo: Slo, place: Place, promises: Promises) -> Iterator[Complaint]:
    for key, asked in (("sample", slo.sample), ("max_sample", slo.max_sample)):
        if asked is not None and asked > promises.asking.requests:
            text = f"expected at most requests of [asking] ({promises.asking.requests}), came {asked}"
            yield Complaint((*place, key), text)
    if slo.max_sample is not None and slo.max_sample <= (slo.sample or slo.max_sample):
        text = f"expected more than sample ({slo.sample or 'missing'}), came {slo.max_sample}"
        yield Complaint((*place, "max_sample"), text)
    endpoints = {endpoint.name for endpoint in promises.endpoints}
    journeys = {journey.name for journey in promises.journeys}
    if slo.sample is not None and not slo.endpoints:
        text = "means nothing without endpoints; name one, or remove it: the canary judges it from metrics"
        yield Complaint((*place, "sample"), text)
    elif slo.sample is not None and not endpoints & set(slo.endpoints) and journeys & set(slo.endpoints):
        text = "means nothing for journeys, which only load runs judge; name an endpoint, or remove it"
        yield Complaint((*place, "sample"), text)
    for endpoint in promises.endpoints:
        status = endpoint.roles.get(slo.role)
        if endpoint.name in slo.endpoints and status is not None and status >= 400:
            text = f'role "{slo.role}" gets {status} from endpoint "{endpoint.name}"; name one that is answered'
            yield Complaint((*place, "role"), text)


def _metrics(slo: Slo, place: Place) -> Iterator[Complaint]:
    metrics, place = slo.metrics, (*place, "metrics")
    if metrics is None:
        return
    if slo.kind == "latency" and metrics.durations is None:
        yield Complaint((*place, "durations"), 'is missing; kind "latency" is counted in a histogram\'s buckets')
    if slo.kind == "success" and metrics.durations is None and metrics.requests is None:
        yield Complaint((*place, "requests"), "is missing; expected the counter of answers, or durations")
    for name, values in metrics.labels.items():
        if name in ("le", metrics.status_label):
            text = "is set by the objective itself: the edge of its threshold, and which statuses are errors"
            yield Complaint((*place, "labels", name), text)
        elif values == ():
            yield Complaint((*place, "labels", name), "expected a value, or several")
    if metrics.durations is not None and metrics.durations.endswith(("_bucket", "_count", "_sum")):
        text = f"expected the histogram's own name, without its ending, came {came(metrics.durations)}"
        yield Complaint((*place, "durations"), text)


def _burns(slo: Slo, place: Place) -> Iterator[Complaint]:
    if "burns" not in slo.model_fields_set:
        return
    longest, told = slo.window_days * _DAY, set[tuple[int, str]]()
    for number, burn in enumerate(slo.burns):
        if burn.short_seconds >= burn.long_seconds:
            text = f"expected less than long_seconds ({burn.long_seconds}), came {burn.short_seconds}"
            yield Complaint((*place, "burns", number, "short_seconds"), text)
        if burn.long_seconds > longest:
            text = f"expected at most the objective's window ({longest}), came {burn.long_seconds}"
            yield Complaint((*place, "burns", number, "long_seconds"), text)
        if (burn.long_seconds, burn.severity) in told:
            text = (
                f"a second one of {burn.long_seconds} seconds and this severity: Prometheus could not tell them apart"
            )
            yield Complaint((*place, "burns", number, "severity"), text)
        told.add((burn.long_seconds, burn.severity))


def _alerts(slo: Slo, place: Place) -> Iterator[Complaint]:
    told = set[tuple[str | None, str]]()
    for number, alert in enumerate(slo.alerts or ()):
        called = (alert.name, alert.severity or ("warning" if slo.kind == "latency" else "critical"))
        if called in told:
            text = "a second one of this name and severity: Prometheus could not tell them apart"
            yield Complaint((*place, "alerts", number, "name"), text)
        told.add(called)

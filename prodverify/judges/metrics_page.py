"""
The metrics page can be read, is true to itself, and holds what objectives, alerts and dashboards are computed from.

https://prometheus.io/docs/practices/instrumentation/ ; https://prometheus.io/docs/practices/histograms/ ; SPEC M1
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise

from prodverify.judges.metrics_text import Line, Page, Unreadable, edge
from prodverify.monitoring import lint, sli
from prodverify.record.findings import Finding, Severity, fail, inconclusive, info, warn
from prodverify.target.slos import Slo

_READABLE = "a page that Prometheus reads: status 200, OpenMetrics or text format 0.0.4, whole"
_STEPS = {
    "metrics-page-not-served": "correct metrics and metrics_role in [monitoring], or see why the page fails",
    "metrics-page-type": "let it say text/plain; version=0.0.4, or application/openmetrics-text: others are refused",
    "metrics-page-too-large": "see which metric has so many series, or raise the limits of [asking]",
    "metrics-page-cut": "see what ends the answer early: a time limit, a proxy, a process that died",
    "metrics-page-malformed": "write the page by a client library",
    "metrics-page-empty": "see that the page tells of the registry that the service counts in",
}
LARGE_BYTES = 1 << 20
"""A page of so many bytes is parsed and stored every few seconds for as long as the service lives."""
_SHOWN = 3
_CUMULATIVE = {"counter", "histogram"}
_COUNTING = {"counter", "histogram", "summary"}
"""Types whose series NAME_count counts events, as a counter does."""
_CONSTANT = re.compile(r"_info$|_build$|^target_info$")
"""Families of one value that describe what runs: a commit in a label is no identity of a request there."""
_OWN_LABELS = {"le", "quantile"}
_OF_PROMETHEUS = {"job", "instance"}
"""Labels that it sets itself, and that are on no page."""
_FEW = 2
"""Different identities of one label from which on more will come; one alone may be a name that looks like it."""
EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(\.[\w-]{1,63}){1,5}")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_WORD = re.compile(r"[0-9A-Za-z]+")
_IDENTITY = re.compile(r"[0-9]{6,}|(?=[0-9a-f]*[0-9])[0-9a-f]{16,}|[0-9A-HJKMNP-TV-Z]{26}")
"""A word that is a number of six digits or more, a long hex word or a ULID."""
_PATH_NUMBER = re.compile(r"/[0-9]{3,}(?![^/?#])")
_QUERY = re.compile(r"\?[^?=]{1,100}=")
_LONGEST = 300


def judge(page: Page | Unreadable) -> list[Finding]:
    """It is read, no series stands on it twice, counters count up from 0, and histograms add up."""
    if isinstance(page, Unreadable):
        told = inconclusive if page.ours else fail
        return [told(page.rule, _READABLE, page.why, next_step=_STEPS[page.rule])]
    found = [*_twice(page), *_negative(page), *_histograms(page)]
    if page.size > LARGE_BYTES:
        step = "drop labels and metrics that nobody asks for"
        observed = f"{page.size / 2**20:.1f} MiB, {len(page.lines):,} series"
        found.append(warn("metrics-page-large", "at most 1 MiB", observed, next_step=step))
    return found or [info("metrics-page-read", _READABLE, f"{len(page.lines):,} series, {page.size:,} bytes")]


def judge_series(page: Page, promised: Sequence[str]) -> list[Finding]:
    """Every promised metric is there, by the name of its family or of its series."""
    step = "mend the metric's name in the service or in the target file; dashboards and alerts stay empty meanwhile"
    return [
        fail("metrics-series-missing", f"a metric {name}", f"none among {len(page.families)} metrics", next_step=step)
        for name in promised
        if not page.knows(name)
    ] or [info("metrics-series", f"{len(promised)} promised metrics", "all are there")]


def judge_objective(page: Page, slo: Slo) -> list[Finding]:
    """The objective can be computed: its series are there, of the right type, with its labels and its edges."""
    if slo.metrics is None:
        return []
    found: list[Finding] = []
    name = sli.counter(slo)
    family = name.removesuffix("_count") if slo.metrics.durations and name.endswith("_count") else name
    lines = page.named(family)
    if not page.knows(family):
        expected = f"objective {slo.name}: a metric {family}"
        step = "mend the metric's name in the service, or slos.metrics in the target file"
        return [fail("objective-series-missing", expected, "it is not on the page", next_step=step)]
    if not lines:
        expected = f"objective {slo.name}: series of {family}"
        step = "ask the service once, then look again: a metric with labels has no series before its first event"
        return [inconclusive("objective-series-empty", expected, "the metric has no series yet", next_step=step)]
    found += _type(slo, family, lines)
    found += _labels(slo, family, lines)
    if slo.kind == "latency" and not any(one.severity is Severity.FAIL for one in found):
        found += _edges(slo, family, lines)
    return found or [info("objective-series", f"objective {slo.name}: series of {family}", f"{len(lines)} lines")]


def judge_labels(page: Page, most: int) -> list[Finding]:
    """No label has a value for each request, user or address: such a metric grows without bound."""
    values: dict[tuple[str, str], set[str]] = defaultdict(set)
    for line in page.lines:
        for label, value in line.labels.items():
            if label not in _OWN_LABELS:
                values[_without_suffix(line), label].add(value)
    found: list[Finding] = []
    for (metric, label), seen in sorted(values.items()):
        found += _unbounded(metric, label, seen, most)
    widest = max((len(seen) for seen in values.values()), default=0)
    return found or [info("metrics-labels", f"at most {most} values of a label", f"at most {widest}")]


def judge_secrets(names: Sequence[str]) -> list[Finding]:
    """Whoever may read the page reads no secret; ``names`` are those of secrets that stand on it."""
    step = "take it off the page and out of Prometheus, which keeps it, and rotate it"
    return [
        fail("metrics-secret-told", "no secret on the page", f"the secret {name}", next_step=step) for name in names
    ]


def _twice(page: Page) -> Iterator[Finding]:
    counted = Counter(line.key for line in page.lines).items()
    twice = next((_shown(name, dict(labels)) for (name, labels), number in counted if number > 1), page.repeated)
    if twice:
        step = "register the metric once; Prometheus keeps one of the values, whichever comes first"
        yield fail("metrics-series-twice", "each series once", f"{twice} stands there more than once", next_step=step)


def _negative(page: Page) -> Iterator[Finding]:
    for line in page.lines:
        counts = line.type in _CUMULATIVE and not line.name.endswith(("_sum", "_created"))
        if counts and not line.value >= 0:
            step = "let it be a gauge if it goes down; a counter that does is taken for a restart"
            observed = f"{_shown(line.name, line.labels)} is {line.value:g}"
            yield fail("metrics-counter-negative", "counters are 0 or more", observed, next_step=step)
            return


def _histograms(page: Page) -> Iterator[Finding]:
    buckets: dict[tuple[str, tuple[tuple[str, str], ...]], list[tuple[Decimal, float]]] = defaultdict(list)
    counts: dict[tuple[str, tuple[tuple[str, str], ...]], float] = {}
    for line in page.lines:
        if line.type != "histogram":
            continue
        labels = tuple(sorted((name, value) for name, value in line.labels.items() if name != "le"))
        if line.name.endswith("_bucket"):
            at = edge(line.labels.get("le", ""))
            if at is None or at.is_nan():
                observed = f"{_shown(line.name, line.labels)}"
                yield fail("metrics-edge-no-number", "every bucket has a number as its edge", observed)
                return
            buckets[line.name.removesuffix("_bucket"), labels].append((at, line.value))
        elif line.name.endswith("_count"):
            counts[line.name.removesuffix("_count"), labels] = line.value
    for key, series in buckets.items():
        if wrong := _wrong_histogram(sorted(series), counts.get(key)):
            rule, expected, observed = wrong
            step = "let a client library observe the values; nothing computed from this histogram is right"
            yield fail(rule, expected, f"{_shown(key[0], dict(key[1]))}: {observed}", next_step=step)
            return


def _wrong_histogram(series: list[tuple[Decimal, float]], count: float | None) -> tuple[str, str, str] | None:
    for (low, fewer), (high, more) in pairwise(series):
        if more < fewer:
            rising = "each bucket holds those before it"
            return "metrics-buckets-fall", rising, f"{fewer:g} up to {low}, {more:g} up to {high}"
    last, total = series[-1]
    if not last.is_infinite():
        return "metrics-buckets-unequal-count", "a last bucket +Inf that is the count", f"the last bucket is {last}"
    if count is None or not math.isclose(total, count):
        told = "there is no count" if count is None else f"the count is {count:g}"
        return "metrics-buckets-unequal-count", "a last bucket +Inf that is the count", f"it is {total:g}, {told}"
    return None


def _type(slo: Slo, family: str, lines: Sequence[Line]) -> Iterator[Finding]:
    assert slo.metrics is not None
    wanted = "histogram" if family == slo.metrics.durations else "counter"
    kinds = {line.type for line in lines}
    if kinds <= {wanted} or (family.endswith("_count") and kinds <= _COUNTING):
        return
    expected, observed = f"objective {slo.name}: {family} is a {wanted}", f"it is of type {', '.join(sorted(kinds))}"
    step = f"let the service tell it as a {wanted}, with its # TYPE line"
    if kinds <= {wanted, "unknown", "untyped"}:
        yield warn("objective-series-untyped", expected, observed, next_step=step)
    else:
        yield fail("objective-series-type", expected, observed, next_step=step)


def _labels(slo: Slo, family: str, lines: Sequence[Line]) -> Iterator[Finding]:
    assert slo.metrics is not None
    there = {label for line in lines for label in line.labels}
    for label in slo.metrics.labels:
        if label not in there and label not in _OF_PROMETHEUS:
            step = "add the label in the service, or correct slos.metrics.labels: no series has it"
            expected = f"objective {slo.name}: {family} has the label {label}"
            yield fail("objective-label-missing", expected, f"it has {_listed(there - _OWN_LABELS)}", next_step=step)
    if (label := slo.metrics.status_label) not in there:
        expected = f"objective {slo.name}: {family} has the status in the label {label}"
        observed = f"it has {_listed(there - _OWN_LABELS)}"
        if slo.kind == "success":
            step = "add the label in the service, or correct slos.metrics.status_label: errors are not told apart"
            yield fail("objective-status-missing", expected, observed, next_step=step)
        else:
            step = "add the label to the histogram: without it an error that comes quickly counts as good"
            yield warn("objective-errors-in-time", expected, observed, next_step=step)


def _edges(slo: Slo, family: str, lines: Sequence[Line]) -> Iterator[Finding]:
    """Each threshold is an edge of the very series that the objective is about, or of all where those are not there."""
    assert slo.metrics is not None
    buckets = [line for line in lines if line.name == f"{family}_bucket"]
    about = [line for line in buckets if _is_about(line, slo.metrics.labels)] or buckets
    edges = {at for line in about if (at := edge(line.labels.get("le", ""))) is not None and at.is_finite()}
    for key, at in lint.thresholds(slo).items():
        if at not in edges:
            near = sorted(edges, key=lambda one: abs(one - at))[:2]
            observed = f"the nearest are {_listed({f'{one:f}' for one in near})}" if near else "there are no buckets"
            expected = f"objective {slo.name}: {family} has a bucket up to {at:f}, its {key}"
            step = "add the threshold to the histogram's edges in the service: between edges nothing can be counted"
            yield fail("objective-edge-missing", expected, observed, next_step=step)


def _is_about(line: Line, labels: Mapping[str, str | tuple[str, ...]]) -> bool:
    return all(
        line.labels.get(name) in ((values,) if isinstance(values, str) else values) for name, values in labels.items()
    )


def _unbounded(metric: str, label: str, values: Collection[str], most: int) -> Iterator[Finding]:
    where = f"label {label} of {metric}"
    step = "leave the label out, or give it words of your own: the route's template, the kind, the class"
    if any(EMAIL.fullmatch(value) for value in values):
        # not quoted: it is somebody's
        yield fail("metrics-label-identity", f"{where} names nobody", "an e-mail address", next_step=step)
        return
    identities = {value for value in values if holds_identity(value)}
    if len(identities) >= _FEW and not _CONSTANT.search(metric):
        observed = f"{len(identities)} values such as {_form(min(identities))}"
        yield fail("metrics-label-identity", f"{where} holds no identities", observed, next_step=step)
    elif len(values) > most:
        observed = f"{len(values):,} values"
        yield fail("metrics-label-unbounded", f"{where} has at most {most} values", observed, next_step=step)


def holds_identity(value: str) -> bool:
    """Whether a label's value looks like one of very many: an id, a path with a number, an address with a query."""
    value = value[:_LONGEST]
    if _UUID.search(value) or _PATH_NUMBER.search(value) or _QUERY.search(value):
        return True
    return any(_IDENTITY.fullmatch(word) for word in _WORD.findall(value))


def _form(value: str) -> str:
    """The form of a value, without what may be somebody's number: /orders/12345 is /orders/N."""
    masked = _UUID.sub("N", value[:_LONGEST])
    masked = _WORD.sub(lambda word: "N" if word[0].isdigit() or _IDENTITY.fullmatch(word[0]) else word[0], masked)
    return masked[:60]


def _without_suffix(line: Line) -> str:
    for suffix in ("_bucket", "_count", "_sum"):
        if line.type in ("histogram", "summary") and line.name.endswith(suffix):
            return line.name.removesuffix(suffix)
    return line.name


def _shown(name: str, labels: Mapping[str, str]) -> str:
    inside = ",".join(f"{label}={value[:40]!r}" for label, value in list(labels.items())[:_SHOWN])
    return f"{name}{{{inside}}}" if inside else name


def _listed(words: Collection[str]) -> str:
    return ", ".join(sorted(words)) or "none"

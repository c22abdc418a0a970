"""
One objective measured in Prometheus: a handful of queries, each of them a few values.

increase() handles counters that begin again at 0. What it does not see is the first value of a series that begins
within the window: a counter that is born with its first error. Those are asked for apart, and the verdict is taken
with and without them. https://prometheus.io/docs/prometheus/latest/querying/functions/#increase
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from prodverify.canary.window import Blocks, Pair, Window
from prodverify.monitoring import sli
from prodverify.monitoring.promql import duration, quoted, selector, spellings
from prodverify.objectives.burn import burns
from prodverify.objectives.counts import Counts
from prodverify.record.findings import Unjudged
from prodverify.target.slos import Slo
from prodverify.wire.prometheus import Prometheus

DAY_SECONDS = 86_400
WEEK_SECONDS = 7 * DAY_SECONDS
_MOST_BLOCKS = (720, 60)
"""Blocks of an hour in thirty days: a range query of so many steps reads what the whole window reads anyway."""
_UNLIKE = 0.05
_LEAST_BLOCK_SECONDS = 300
"""Five values of a target that is scraped each minute, as increase() needs two."""
REPLICAS = ("replica", "prometheus_replica", "receive_replica", "__replica__", "prometheus")
"""Labels by which a store of several Prometheus usually tells who of a pair scraped a series."""
QUANTILES = {"p50_ms": 0.5, "p95_ms": 0.95, "p99_ms": 0.99}


def measure(prometheus: Prometheus, slo: Slo, *, job: str | None, at: float) -> Window:
    """What Prometheus counted for ``slo`` until ``at``. Raises Unjudged, and ValueError where it is unmeasurable()."""
    seconds = slo.window_days * DAY_SECONDS
    window = duration(seconds)
    query, bad = sli.total(slo, window, job=job), sli.bad(slo, window, job=job)
    month = max(60, round(at - _month_begun(at)))
    asked = {**_whole(slo, seconds, job), **_spans(slo, job)}
    asked |= _span("week", WEEK_SECONDS, slo, job) | _span("month", month, slo, job)
    told = prometheus.values(asked, at=at)
    blocks, refused, watched = None, "", None
    if "total" in told:
        blocks, refused, watched = _blocks(prometheus, slo, seconds, told["total"], job=job, at=at)
    begun = _month_begun(at)
    last_month = prometheus.values(_month_before(slo, job, begun), at=begun) if "total" in told else {}
    return Window(
        slo=slo.name,
        query=query,
        bad_query=bad,
        seconds=seconds,
        ends_at=at,
        whole=Pair(told.get("total"), told.get("bad")),
        agreed=Pair(told.get("total"), told.get("agreed")) if slo.agreement_threshold_ms else None,
        blocks=blocks,
        births=Pair(told.get("born"), _born_bad(slo, told)),
        series=round(told.get("now", 0)),
        labelled=round(told.get("labelled", 0)),
        copies=round(told.get("now", 0)) - round(told.get("alone", told.get("now", 0))),
        jobs=round(told.get("jobs", 1)),
        began="then" not in told,
        resets=round(told.get("resets", 0)),
        burns={length: Pair(told.get(f"total{length}"), told.get(f"bad{length}")) for length in _lengths(slo)},
        week=_pair("week", told),
        month=_pair("month", told),
        last_month=_pair("month", last_month),
        quantiles_ms=_milliseconds(slo, told),
        blocks_refused=refused,
        watched=watched,
        other_jobs=() if "total" in told else _other_jobs(prometheus, slo, at),
    )


def _whole(slo: Slo, seconds: int, job: str | None) -> dict[str, str]:
    window = duration(seconds)
    events = selector(sli.counter(slo), *sli.about(slo, job=job))
    asked = {
        "total": sli.total(slo, window, job=job),
        "bad": sli.bad(slo, window, job=job),
        "now": f"count({events})",
        "labelled": f"count({_labelled(slo, job)})",
        "alone": f"count(count without ({', '.join(REPLICAS)}) ({events}))",
        "then": f"count({_at_start(events, seconds)})",
        "resets": f"sum(resets({events}[{window}]))",
        "born": _born(events, seconds),
        "told": _born(_judged(slo, job), seconds),
    }
    if slo.agreement_threshold_ms:
        asked["agreed"] = sli.bad(slo, window, agreement=True, job=job)
    if job is None and slo.metrics and "job" not in slo.metrics.labels:
        asked["jobs"] = f"count(count by (job) ({events}))"
    return asked


def _spans(slo: Slo, job: str | None) -> dict[str, str]:
    asked = {}
    for length in _lengths(slo):
        asked[f"total{length}"] = sli.total(slo, duration(length), job=job)
        asked[f"bad{length}"] = sli.bad(slo, duration(length), job=job)
    week = duration(WEEK_SECONDS)
    if slo.metrics and slo.metrics.durations and slo.kind == "latency":
        buckets = selector(f"{slo.metrics.durations}_bucket", *sli.about(slo, job=job))
        for name, share in QUANTILES.items():
            asked[name] = f"histogram_quantile({share}, sum by (le) (rate({buckets}[{week}])))"
    return asked


def _month_before(slo: Slo, job: str | None, begun: float) -> dict[str, str]:
    """The month before the one that has begun, to be asked at its end."""
    before = _month_begun(begun - DAY_SECONDS)
    return _span("month", round(begun - before), slo, job)


def _span(name: str, seconds: int, slo: Slo, job: str | None) -> dict[str, str]:
    events, length = selector(sli.counter(slo), *sli.about(slo, job=job)), duration(seconds)
    asked = {
        name: sli.total(slo, length, job=job),
        f"{name}_bad": sli.bad(slo, length, job=job),
        f"{name}_then": f"count({_at_start(events, seconds)})",
    }
    if slo.agreement_threshold_ms:
        asked[f"{name}_agreed"] = sli.bad(slo, length, agreement=True, job=job)
    return asked


def _pair(name: str, told: Mapping[str, float]) -> Pair:
    return Pair(told.get(name), told.get(f"{name}_bad"), f"{name}_then" in told, told.get(f"{name}_agreed"))


def _blocks(
    prometheus: Prometheus, slo: Slo, seconds: int, whole: float, *, job: str | None, at: float
) -> tuple[Blocks | None, str, float | None]:
    """
    The window in blocks whose sum is the window's, why there are none, and the share of blocks that have values.

    Blocks in which a service that is scraped seldom has fewer than two values hold nothing: longer ones are tried then.
    """
    watched = 0.0
    try:
        for most in _MOST_BLOCKS:
            step = max(_LEAST_BLOCK_SECONDS, -(-seconds // most) // 60 * 60)
            blocks, watched = _of_length(prometheus, slo, seconds, step, job=job, at=at)
            if abs(blocks.counts.total + blocks.unseen - whole) <= _UNLIKE * whole:
                return blocks, "", watched
    except Unjudged as trouble:  # the window in one piece was answered: it is judged without its dispersion
        return None, trouble.finding.observed, None
    return None, "blocks do not add up to the window: there are holes in its series", watched


def _of_length(
    prometheus: Prometheus, slo: Slo, seconds: int, step: int, *, job: str | None, at: float
) -> tuple[Blocks, float]:
    number = seconds // step
    ends = [at - step * back for back in range(number - 1, -1, -1)]
    length = duration(step)

    def asked(expression: str) -> Mapping[float, float]:
        series = prometheus.query_range(expression, start=ends[0], end=ends[-1], step_seconds=step)
        return {round(moment, 3): value for each in series for moment, value in each.points.items()}

    totals = asked(sli.total(slo, length, job=job))
    bad = asked(sli.bad(slo, length, job=job))
    ends = _as_they_came(ends, totals, step)
    objective = _counts(ends, totals, bad)
    agreement = None
    if slo.agreement_threshold_ms:
        agreement = _counts(ends, totals, asked(sli.bad(slo, length, agreement=True, job=job)))
    unseen = sum(value for moment, value in totals.items() if moment not in bad)
    return Blocks(step, objective, agreement, round(unseen)), len(totals) / number


def _as_they_came(ends: list[float], moments: Mapping[float, float], step: int) -> list[float]:
    """The ends of blocks, moved as one: caches before a store begin and end at a multiple of the step, not as asked."""
    newest = max(moments, default=ends[-1])
    later = newest - ends[-1]
    moved = later if later > 0 else -(round(-later, 3) % step)
    return [end + moved for end in ends]


def _counts(ends: list[float], totals: Mapping[float, float], bad: Mapping[float, float]) -> tuple[Counts, ...]:
    """
    Whole events of each block.

    What is rounded away in one block is kept for the next: of a thousand blocks with 0.4 events each 400 events stay.
    """
    counted: list[Counts] = []
    total_owed = bad_owed = 0.0
    for end in ends:
        moment = round(end, 3)
        if moment not in totals or moment not in bad:
            counted.append(Counts(0, 0))
            continue
        total_owed += max(0.0, totals[moment])
        bad_owed += max(0.0, min(bad[moment], totals[moment]))
        whole = round(total_owed)
        wrong = min(round(bad_owed), whole)
        counted.append(Counts(whole, wrong))
        total_owed -= whole
        bad_owed -= wrong
    return tuple(counted)


def _other_jobs(prometheus: Prometheus, slo: Slo, at: float) -> tuple[str, ...]:
    """For a person who looks for a wrong word: jobs of which the metric has series at all."""
    told = prometheus.query(f"count by (job) ({sli.counter(slo)})", at=at)
    return tuple(sorted(sample.labels.get("job", "none") for sample in told))


def _lengths(slo: Slo) -> tuple[int, ...]:
    stated = (length for burn in burns(slo) for length in (burn.long_seconds, burn.short_seconds))
    return tuple(sorted(set(stated)))


def _judged(slo: Slo, job: str | None) -> str:
    """The series by which events are told good or bad: those in time for latency, errors otherwise."""
    metrics = slo.metrics
    assert metrics is not None
    about = sli.about(slo, job=job)
    if slo.kind == "latency":
        edge = f"le=~{quoted(spellings(sli.threshold(slo)))}"
        sound = f"{metrics.status_label}!~{quoted(sli.errors(metrics))}"
        return selector(f"{metrics.durations}_bucket", *about, edge, sound)
    return selector(sli.counter(slo), *about, f"{metrics.status_label}=~{quoted(sli.errors(metrics))}")


def _labelled(slo: Slo, job: str | None) -> str:
    """Series that say how the answer ended; of others no error is ever seen."""
    assert slo.metrics is not None
    return selector(sli.counter(slo), *sli.about(slo, job=job), f'{slo.metrics.status_label}!=""')


def _born(series: str, seconds: int) -> str:
    """
    What series that began within the window had at their first value: the most each had, less what it gained.

    Each on its own: one that gained more than it ever had, as it began again, takes nothing away from another.
    """
    window, before = duration(seconds), _at_start(series, seconds)
    most, gained = f"max_over_time({series}[{window}])", f"increase({series}[{window}])"
    return f"sum(clamp_min({most} - {gained} or {most}, 0) unless {before})"


def _at_start(series: str, seconds: int) -> str:
    """The series that were there when the window began, however seldom they are scraped."""
    return f"present_over_time({series}[{duration(max(3600, seconds // 48))}] offset {duration(seconds)})"


def _born_bad(slo: Slo, told: Mapping[str, float]) -> float | None:
    if "told" not in told and "born" not in told:
        return None
    if slo.kind == "latency":
        return max(0.0, told.get("born", 0.0) - told.get("told", 0.0))
    return told.get("told", 0.0)


def _milliseconds(slo: Slo, told: Mapping[str, float]) -> dict[str, float]:
    factor = 1.0 if slo.metrics and slo.metrics.unit == "milliseconds" else 1000.0
    return {name: told[name] * factor for name in QUANTILES if name in told}


def _month_begun(at: float) -> float:
    now = datetime.fromtimestamp(at, UTC)
    return now.replace(day=1, hour=0, minute=0, second=0, microsecond=0).timestamp()

"""The verdict of a load run: objectives judged from its counts, where the generator kept its own promise."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from load import apart, asides, validity
from load.arrivals import Plan
from load.asides import LABEL
from load.counts import Book
from load.judged import Judged, burst_events, judged
from prodverify.objectives.counts import Counts
from prodverify.objectives.judging import promised
from prodverify.record.findings import Finding, Severity, inconclusive, info
from prodverify.record.states import State, state_of
from prodverify.target.slos import Slo


@dataclass(frozen=True, slots=True)
class Circumstances:
    """
    How the run went, beside its counts. ``broken`` says how the generator broke, or is empty.

    ``findings`` are about all of its objectives, as workers that were lost. ``ended`` is one word of ``load.stopping``;
    ``looks`` are what was seen while it went on. ``any_time`` says that a look might have ended it, so that only bounds
    that hold at every moment may judge it. ``skew_ms`` lie between the first and the last worker to begin.
    """

    workers: int = 1
    reported: int = 1
    aborted: bool = False
    broken: str = ""
    findings: tuple[Finding, ...] = ()
    ended: str = "planned"
    looks: tuple[dict[str, Any], ...] = ()
    any_time: bool = False
    skew_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Objective:
    """
    One objective under load: what it claims, what became of it, and the numbers behind it.

    ``blocks`` are the very counts that it was judged from, second by second, from the second ``first`` on. They say
    nothing about the service unless they are ``valid``.
    """

    slo: Slo
    claim: str
    state: State
    findings: tuple[Finding, ...]
    facts: dict[str, Any]
    blocks: Judged
    first: int
    valid: bool = True


def judge(
    slos: tuple[Slo, ...], plan: Plan, book: Book, circumstances: Circumstances, *, burst_seconds: float = 0.0
) -> tuple[Objective, ...]:
    """
    Every objective of the run. Where the generator is at fault each is inconclusive, and what the counts would have
    said is told as a fact.

    ``plan`` is the one until the run's real end. One cause may spoil what is due within ``burst_seconds``.
    """
    run = tuple(validity.findings(plan, book, circumstances))
    return tuple(_objective(slo, plan, book, run, circumstances, burst_seconds) for slo in slos)


def _objective(
    slo: Slo, plan: Plan, book: Book, run: tuple[Finding, ...], circumstances: Circumstances, burst_seconds: float
) -> Objective:
    names = [name for name, _ in plan.shares if name in slo.endpoints]
    any_time = circumstances.any_time
    first = int(plan.warm_up_seconds)
    last = max((block for name in names for block in book.tally(name).series.rows), default=first)
    seen = partial(
        judged,
        slo,
        names,
        book,
        burst_events=burst_events(plan, names, burst_seconds),
        first=first,
        until=max(validity.blocks_of(plan), last + 1),
    )
    counted = seen()
    found, facts = counted.judge(any_time=any_time)
    broken = _broken(found)
    lost = broken and _broken(seen(at_best=True).judge(any_time=any_time)[0])
    deciding = _would_turn(counted, found, names, first, book, any_time=any_time)
    theirs = [
        *apart.access(names, book, broken=broken, lost=lost),
        *apart.limiter(names, book, lost=lost),
        *apart.strangers(names, book, lost=lost, deciding=deciding),
    ]
    if broken and slo.kind == "latency" and not _broken(seen(from_send=True).judge(any_time=any_time)[0]):
        theirs.append(_ours_alone(book))
    valid = not any(finding.severity is Severity.INCONCLUSIVE for finding in (*run, *theirs))
    if not valid:
        found = [info(finding.rule, finding.expected, finding.observed) for finding in found]
    missing = [name for name in slo.endpoints if name not in names]
    if missing:
        theirs.append(info("not-in-the-run", f"load on {', '.join(slo.endpoints)}", f"none on {', '.join(missing)}"))
    findings = (*run, *theirs, *found)
    claim = f"Under {_load(plan)} {promised(slo, slo.objective_percent)}: {', '.join(names)}"
    return Objective(slo, claim, state_of(findings), findings, {**facts, "names": names}, counted, first, valid)


def _broken(found: list[Finding]) -> bool:
    return any(finding.severity is Severity.FAIL for finding in found)


def _would_turn(
    counted: Judged, found: list[Finding], names: list[str], first: int, book: Book, *, any_time: bool
) -> bool:
    """Whether an objective that is kept would not be, if what something else answered were bad answers of its own."""
    blocks = range(first, first + len(counted.objective))
    columns = [book.tally(name).series.column("intercepted", blocks, 1) for name in names]
    strangers = [Counts(number, number) for number in map(sum, zip(*columns, strict=True))]
    if found or not any(each.total for each in strangers):
        return False

    def at_worst(series: list[Counts]) -> list[Counts]:
        return [block + strange for block, strange in zip(series, strangers, strict=True)]

    agreement = None if counted.agreement is None else at_worst(counted.agreement)
    worst = replace(counted, objective=at_worst(counted.objective), agreement=agreement)
    return bool(worst.judge(any_time=any_time)[0])


def _load(plan: Plan) -> str:
    """The load in words, as a claim begins with it."""
    shape = plan.shape.word
    if shape == "constant":
        return f"{plan.rate_per_second:g} arrivals/s"
    return f"up to {plan.rate_per_second:g} arrivals/s ({shape})"


def _ours_alone(book: Book) -> Finding:
    """The service answered in time; what was late was sent late, if seldom enough for the p99 of the lag."""
    return inconclusive(
        "generator-late",
        "answers that are late because of the service alone",
        f"in time from when they were sent, and not from when they were due; {book.lagged:,} of {book.sent:,} arrivals"
        f" were taken up more than {book.lag_limit_ms:g} ms late",
        next_step="Run it where nothing else needs the processor, lower the rate, or add workers with --processes.",
    )


def facts_of(plan: Plan, book: Book, circumstances: Circumstances) -> dict[str, Any]:
    """The run's own numbers for the record: plan, what was delivered, lag, and counts by name."""
    return {
        "plan": {
            "shape": plan.shape.word,
            "rate_per_second": plan.rate_per_second,
            "duration_seconds": plan.duration_seconds,
            "warm_up_seconds": plan.warm_up_seconds,
            "shares": dict(plan.shares),
            "seed": plan.seed,
            "arrivals": plan.total,
            "judged_arrivals": plan.judged,
        },
        "delivered": {
            "arrivals": book.sent,
            "percent": round(100.0 * book.sent / plan.total, 3) if plan.total else 0.0,
            "requests": book.requests,
            "warm_up_arrivals": book.warm_up,
            "warm_up_errors": dict(book.warm_up_errors),
            "never_sent_for_want_of_connections": book.unsent,
            "waited_for_a_connection": book.starved,
        },
        "lag": {"limit_ms": book.lag_limit_ms, "beyond_limit": book.lagged, **book.lag.as_dict()},
        "workers": {
            "expected": circumstances.workers,
            "reported": circumstances.reported,
            **({} if circumstances.skew_ms is None else {"skew_ms": circumstances.skew_ms}),
        },
        "aborted": circumstances.aborted,
        "counts": {name: _counts(book, name) for name, _ in plan.shares},
        **({"asides": {"label": LABEL, "counts": asides.facts(book.asides)}} if book.asides else {}),
    }


def _counts(book: Book, name: str) -> dict[str, Any]:
    tally = book.tally(name)
    series, last = tally.series, tally.last
    return {
        "asked": tally.asked,
        "limited": tally.limited,
        "intercepted": dict(tally.strangers),
        "errors": tally.errors,
        "late": {f"{threshold:g}": series.late(threshold) for threshold in tally.thresholds},
        "late_from_send": {f"{threshold:g}": series.late(threshold, from_send=True) for threshold in tally.thresholds},
        "from_due": tally.from_due.as_dict(),
        "from_send": tally.from_send.as_dict(),
        **({"last_request": last.as_dict()} if last.buckets else {}),
    }

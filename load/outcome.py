"""The verdict of a load run: objectives judged from its counts, where the generator kept its own promise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from load import asides, validity
from load.arrivals import Plan
from load.asides import LABEL
from load.connection import UNKNOWN_HOST
from load.counts import Book
from load.judged import Judged, judged
from load.validity import DELIVERED_PERCENT
from prodverify.objectives.judging import promised
from prodverify.record.findings import Finding, Severity, inconclusive, info, warn
from prodverify.record.states import State, state_of
from prodverify.target.slos import Slo

_REFUSALS = frozenset({"status 401", "status 403"})


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
        burst_seconds=burst_seconds,
        first=first,
        until=max(validity.blocks_of(plan), last + 1),
    )
    counted = seen()
    found, facts = counted.judge(any_time=any_time)
    broken = _broken(found)
    lost = broken and _broken(seen(at_best=True).judge(any_time=any_time)[0])
    theirs = [*_access(names, book), *_limiter(names, book, lost=lost), *_strangers(names, book, lost=lost)]
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


def _access(names: list[str], book: Book) -> Iterator[Finding]:
    """What is the fault of our credentials or of our network, and not of the service."""
    for name in names:
        tally = book.tally(name)
        reasons = set(tally.errors)
        if not tally.failed or tally.failed < tally.asked - tally.limited - tally.intercepted:
            continue
        if reasons <= _REFUSALS:
            yield inconclusive(
                "credential-refused",
                f"{name} answered to the role of the load run",
                f"every one of {tally.failed:,} requests refused with {' and '.join(sorted(reasons))}",
                next_step="See that load.role may ask this, and that its secrets are current.",
            )
        elif reasons == {UNKNOWN_HOST}:
            yield inconclusive(
                "host-unknown", "the host of base_url known to our name server", UNKNOWN_HOST, next_step="Check DNS."
            )


def _limiter(names: list[str], book: Book, *, lost: bool) -> Iterator[Finding]:
    asked = sum(book.tally(name).asked for name in names)
    limited = sum(book.tally(name).limited for name in names)
    if not limited:
        return
    observed = f"{limited:,} of {asked:,} requests answered by the rate limiter, counted apart"
    if _many(limited, asked) and not lost:
        yield inconclusive(
            "load-limited",
            f"at least {DELIVERED_PERCENT:g} % of the requests answered by the application",
            observed,
            next_step="Give load.role more credentials, lower the rate, or declare the limit in [rate_limit].",
        )
    else:
        yield warn("limiter-answered", "a load below the rate limit", observed)


def _strangers(names: list[str], book: Book, *, lost: bool) -> Iterator[Finding]:
    asked = sum(book.tally(name).asked for name in names)
    intercepted = sum(book.tally(name).intercepted for name in names)
    if not intercepted:
        return
    who = sorted({who for name in names for who in book.tally(name).strangers})
    observed = f"{intercepted:,} of {asked:,} requests answered with {', '.join(who[:3])}, counted apart"
    if _many(intercepted, asked) and not lost:
        yield inconclusive(
            "load-intercepted",
            f"at least {DELIVERED_PERCENT:g} % of the requests answered by the application",
            observed,
            next_step="See what answers in its place; if it is the service itself, let it send a header on every answer"
            " and declare that as asking.application_header.",
        )
    else:
        yield warn("application-replaced", "every request answered by the application", observed)


def _many(apart: int, asked: int) -> bool:
    return apart > asked * (100.0 - DELIVERED_PERCENT) / 100.0


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

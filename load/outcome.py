"""The verdict of a load run: objectives judged from its counts, where the generator kept its own promise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from load.arrivals import Plan
from load.connection import UNKNOWN_HOST
from load.counts import Book
from prodverify.objectives import verdict
from prodverify.objectives.counts import NOTHING, Counts
from prodverify.objectives.sampling import judge_counts, promised
from prodverify.record.findings import Finding, Severity, inconclusive, info, warn
from prodverify.record.states import State, state_of
from prodverify.target.slos import Slo

DELIVERED_PERCENT = 99.0
"""Of the plan, to be sent, and to be answered by the application; with less it was not the load that was promised."""
PUNCTUAL_PERCENT = 99.0
"""Of the arrivals, to be taken up within the limit of the lag."""
_CONFIDENCE_PERCENT = 95.0
_REFUSALS = frozenset({"status 401", "status 403"})


@dataclass(frozen=True, slots=True)
class Circumstances:
    """How the run went, beside its counts. ``broken`` says how the generator broke, or is empty."""

    workers: int = 1
    reported: int = 1
    aborted: bool = False
    broken: str = ""


@dataclass(frozen=True, slots=True)
class Objective:
    """One objective under load: what it claims, what became of it, and the numbers behind it."""

    slo: Slo
    claim: str
    state: State
    findings: tuple[Finding, ...]
    facts: dict[str, Any]


def judge(slos: tuple[Slo, ...], plan: Plan, book: Book, circumstances: Circumstances) -> tuple[Objective, ...]:
    """
    Every objective of the run. Where the generator is at fault each is inconclusive, and what the counts would have
    said is told as a fact.
    """
    ours = tuple(_generator(plan, book, circumstances))
    return tuple(_objective(slo, plan, book, ours) for slo in slos)


def _objective(slo: Slo, plan: Plan, book: Book, ours: tuple[Finding, ...]) -> Objective:
    names = [name for name, _ in plan.shares if name in slo.endpoints]
    counts = NOTHING
    for name in names:
        tally = book.tally(name)
        counts += tally.success() if slo.kind == "success" else tally.latency(slo.threshold_ms or 0.0)
    found, facts = judge_counts(counts, slo)
    theirs = [*_access(names, book), *_limiter(names, book, lost=_lost(counts, names, book, slo))]
    if ours or any(finding.severity is Severity.INCONCLUSIVE for finding in theirs):
        found = [info(finding.rule, finding.expected, finding.observed) for finding in found]
    missing = [name for name in slo.endpoints if name not in names]
    if missing:
        theirs.append(info("not-in-the-run", f"load on {', '.join(slo.endpoints)}", f"none on {', '.join(missing)}"))
    findings = (*ours, *theirs, *found)
    claim = f"Under {plan.rate_per_second:g} arrivals/s {promised(slo, slo.objective_percent)}: {', '.join(names)}"
    return Objective(slo, claim, state_of(findings), findings, {**facts, "names": names})


def _generator(plan: Plan, book: Book, circumstances: Circumstances) -> Iterator[Finding]:
    sent = f"{book.sent:,} of {plan.total:,} arrivals sent"
    if circumstances.aborted:
        yield inconclusive("load-aborted", "a run to its end", f"aborted; {sent}", next_step="Start it again.")
    if circumstances.broken:
        yield inconclusive(
            "generator-broken", "a generator that works", circumstances.broken, next_step="Report this as a defect."
        )
    if circumstances.reported < circumstances.workers:
        yield inconclusive(
            "worker-lost",
            f"counts of {circumstances.workers} workers",
            f"counts of {circumstances.reported}",
            next_step="See why a worker ended, and start again.",
        )
    if book.sent < plan.total * DELIVERED_PERCENT / 100.0:
        yield inconclusive(
            "load-not-delivered",
            f"at least {DELIVERED_PERCENT:g} % of the planned arrivals sent",
            sent,
            next_step="Lower the rate, or add workers with --processes.",
        )
    elif _late(book):
        yield inconclusive(
            "generator-late",
            f"{PUNCTUAL_PERCENT:g} % of the arrivals taken up within {book.lag_limit_ms:g} ms of being due",
            f"{book.lagged:,} of {book.sent:,} later, p99 {book.lag.percentile(99.0) or 0.0:.1f} ms",
            next_step="Run it where nothing else needs the processor, lower the rate, or add workers with --processes.",
        )


def _late(book: Book) -> bool:
    """Whether the generator's own promise is broken, by the rule that judges those of the service."""
    lag = Counts(book.sent, book.lagged)
    judgement = verdict.judge(lag, objective_percent=PUNCTUAL_PERCENT, confidence_percent=_CONFIDENCE_PERCENT)
    return judgement.state is State.FAIL


def _access(names: list[str], book: Book) -> Iterator[Finding]:
    """What is the fault of our credentials or of our network, and not of the service."""
    for name in names:
        tally = book.tally(name)
        reasons = set(tally.errors)
        if not tally.failed or tally.failed < tally.asked - tally.limited:
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


def _lost(counts: Counts, names: list[str], book: Book, slo: Slo) -> bool:
    """Whether the objective is broken even if all that the limiter refused had been good."""
    limited = sum(book.tally(name).limited for name in names)
    at_best = judge_counts(counts + Counts(limited, 0), slo)[1]
    return bool(at_best["objective"]["state"] == State.FAIL)


def _limiter(names: list[str], book: Book, *, lost: bool) -> Iterator[Finding]:
    asked = sum(book.tally(name).asked for name in names)
    limited = sum(book.tally(name).limited for name in names)
    if not limited:
        return
    observed = f"{limited:,} of {asked:,} requests answered by the rate limiter, counted apart"
    if limited > asked * (100.0 - DELIVERED_PERCENT) / 100.0 and not lost:
        yield inconclusive(
            "load-limited",
            f"at least {DELIVERED_PERCENT:g} % of the requests answered by the application",
            observed,
            next_step="Give load.role more credentials, lower the rate, or declare the limit in [rate_limit].",
        )
    else:
        yield warn("limiter-answered", "a load below the rate limit", observed)


def facts_of(plan: Plan, book: Book, circumstances: Circumstances) -> dict[str, Any]:
    """The run's own numbers for the record: plan, what was delivered, lag, and counts by name."""
    return {
        "plan": {
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
            "never_sent_for_want_of_answers": book.unsent,
        },
        "lag": {"limit_ms": book.lag_limit_ms, "beyond_limit": book.lagged, **book.lag.as_dict()},
        "workers": {"expected": circumstances.workers, "reported": circumstances.reported},
        "aborted": circumstances.aborted,
        "counts": {
            name: {
                "asked": tally.asked,
                "limited": tally.limited,
                "errors": dict(tally.errors),
                "late": {f"{threshold:g}": tally.late.get(threshold, 0) for threshold in tally.thresholds},
                "late_from_send": {
                    f"{threshold:g}": tally.late_from_send.get(threshold, 0) for threshold in tally.thresholds
                },
                "from_due": tally.from_due.as_dict(),
                "from_send": tally.from_send.as_dict(),
            }
            for name, tally in ((name, book.tally(name)) for name, _ in plan.shares)
        },
    }

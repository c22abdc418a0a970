"""Whether a load run measured the service at all: what the generator itself must have kept."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any

from load.arrivals import Plan
from load.blocks import SECONDS_PER_BLOCK
from load.counts import Book
from load.headroom import BUSY_PERCENT
from prodverify.record.findings import Finding, inconclusive

if TYPE_CHECKING:
    from load.outcome import Circumstances

DELIVERED_PERCENT = 99.0
"""Of the plan, to be sent, and to be answered by the application; with less it was not the load that was promised."""
_LATE_PERCENT = 1
"""Of the arrivals may be taken up beyond the limit of the lag: then its 99th percentile is within it."""
_BEHIND_PERCENT = 10.0
"""Of a second's arrivals may be still to be sent when it ends: the plan is then a tenth of a second ahead."""
_FEW_BEHIND = 2
"""Arrivals that are behind by nothing but the moment at which a second ends."""
_UNEVEN_PERCENT = 1.0
"""Of the seconds may end further behind: one at least, because one pause may fall on the end of a second."""
_BUSY_SECONDS_PERCENT = 10.0
"""Of the seconds may leave the generator without processor time to spare."""
_FELL_BEHIND = 1.1
"""So many times as long as planned a generator takes that cannot keep up; a late one takes what was planned."""
_SPARED = 0.8
"""Part of a core up to which the rate is reckoned that a generator can reach; the rest is for what is not even."""


def findings(plan: Plan, book: Book, circumstances: Circumstances) -> Iterator[Finding]:
    """
    Every reason why the counts say nothing about the service. ``plan`` is the one until the run's real end, as the
    master computed it; what workers report as due counts for nothing.
    """
    sent = f"{book.sent:,} of {plan.total:,} arrivals sent"
    if circumstances.broken:
        ours = circumstances.broken.startswith("load.written")
        yield inconclusive(
            "generator-broken",
            "a generator that works",
            circumstances.broken,
            next_step="Mend that function, and start again." if ours else "Report this as a defect.",
        )
    if circumstances.aborted:
        yield inconclusive("load-aborted", "a run to its end", f"aborted; {sent}", next_step="Start it again.")
    yield from circumstances.findings
    if circumstances.reported < circumstances.workers and not circumstances.findings:
        yield inconclusive(
            "worker-lost",
            f"counts of {circumstances.workers} workers",
            f"counts of {circumstances.reported}",
            next_step="See why a worker ended, and start again.",
        )
    if circumstances.aborted:
        if late(book):  # which may be why it ended
            yield _late(plan, book)
        return  # what was not sent any more says nothing about the generator
    if book.sent == 0 or book.sent < plan.total * DELIVERED_PERCENT / 100.0:
        yield inconclusive(
            "load-not-delivered",
            f"at least {DELIVERED_PERCENT:g} % of the planned arrivals sent",
            f"{sent}{_starved(book)}; {_reach(plan, book)}",
            next_step=_remedy(book),
        )
        return
    if late(book):
        yield _late(plan, book)
    elif circumstances.ended == "late":
        yield inconclusive(
            "load-not-delivered",
            "a plan that is sent to its end",
            f"ended {plan.duration_seconds:g} s into it, since arrivals were owed for seconds; {_reach(plan, book)}",
            next_step=_remedy(book),
        )
    if uneven := _behind(plan, book):
        yield inconclusive(
            "load-uneven",
            f"the rate of the plan in every second, at most {_BEHIND_PERCENT:g} % of a second behind",
            f"further behind at the end of {uneven:,} seconds, and caught up; {_reach(plan, book)}",
            next_step=_remedy(book),
        )
    yield from _busy(plan, book)


def _late(plan: Plan, book: Book) -> Finding:
    return inconclusive(
        "generator-late",
        f"a lag of the generator whose p99 is at most {book.lag_limit_ms:g} ms, which is at most"
        f" {book.sent * _LATE_PERCENT // 100:,} of {book.sent:,} arrivals taken up later",
        f"{book.lagged:,} later, p99 {book.lag.percentile(99.0) or 0.0:.1f} ms{_starved(book)}; {_reach(plan, book)}",
        next_step=_remedy(book),
    )


def late(book: Book) -> bool:
    """
    Whether the p99 of the generator's lag is beyond its limit, by exact count.

    The nearest rank of p99 is within the limit as long as no more than a hundredth of all arrivals, rounded down, is
    beyond it.
    """
    return book.lagged > book.sent * _LATE_PERCENT // 100


def slow(book: Book) -> bool:
    """
    Whether this generator took up its arrivals late, or was busy, by itself: an answer that comes meanwhile is seen too
    late, and looks like one that did not come. Waiting for a free connection is no such fault.
    """
    return book.lagged - book.starved > book.sent * _LATE_PERCENT // 100 or any(map(_was_busy, book.generators))


def spoilt(plan: Plan, book: Book, owed: int = 0) -> bool:
    """
    Whether the counts can say nothing any more, whatever is still sent of ``plan``, the longest that the run may be:
    more of it was late already, or is ``owed`` and will be, than may be of the whole, or a worker was without processor
    time for longer.
    """
    busiest = max((float(one.get("busy_seconds", 0.0)) for one in book.generators), default=0.0)
    most_busy = (plan.duration_seconds + SECONDS_PER_BLOCK) * _BUSY_SECONDS_PERCENT / 100.0
    return book.lagged + owed > plan.total * _LATE_PERCENT // 100 or busiest > most_busy


def due_by_block(plan: Plan) -> list[int]:
    """Arrivals of the plan that are due in each second, the last one begun included."""
    until = [plan.due_before(block * SECONDS_PER_BLOCK) for block in range(blocks_of(plan) + 1)]
    return [later - before for before, later in pairwise(until)]


def blocks_of(plan: Plan) -> int:
    """Seconds of the plan, the last one begun included."""
    return math.ceil(plan.duration_seconds / SECONDS_PER_BLOCK)


def reachable_per_second(plan: Plan, book: Book) -> float | None:
    """
    The rate that this generator can reach, all workers together; None where nothing was measured.

    Two measurements, the smaller one counts: what four fifths of a core of each worker carry at the processor time
    that each arrival took; and where arrivals were late or missing, what was sent on time in an average second, or of
    one that fell behind its plan four fifths of what it sent.
    """
    reach = []
    each = [
        one["sent"] / one["seconds"] * 100.0 * _SPARED / one["cpu_percent"]
        for one in book.generators
        if one.get("cpu_percent") and one.get("seconds")
    ]
    if each:
        reach.append(sum(each))
    if (late(book) or book.sent < plan.total * DELIVERED_PERCENT / 100.0) and plan.duration_seconds:
        took = max((float(one.get("seconds", 0.0)) for one in book.generators), default=0.0)
        fell_behind = took > plan.duration_seconds * _FELL_BEHIND
        reach.append(book.sent * _SPARED / took if fell_behind else (book.sent - book.lagged) / plan.duration_seconds)
    return _two_digits(min(reach)) if reach and book.sent else None


def _two_digits(rate: float) -> float:
    """Rounded down, because a rate that is only nearly reached is not reached."""
    if rate <= 0.0:
        return 0.0
    unit = 10.0 ** (math.floor(math.log10(rate)) - 1)
    return round(math.floor(rate / unit) * unit, 6)


def _reach(plan: Plan, book: Book) -> str:
    reachable = reachable_per_second(plan, book)
    if reachable is None:
        return "nothing was measured that says which rate this generator can reach"
    return f"this generator can reach about {reachable:,.6g} arrivals/s here"


def _starved(book: Book) -> str:
    return f", {book.starved:,} waited because every connection was in use" if book.starved else ""


def _remedy(book: Book) -> str:
    if book.starved:
        connections = sum(int(one.get("most_connections", 0)) for one in book.generators)
        return (
            f"All {connections:,} connections that this machine lets it open were in use; raise the limit of open"
            " files (ulimit -n), lower asking.deadline_seconds, or add workers with --processes."
        )
    return "Run it where nothing else needs the processor, lower the rate, or add workers with --processes."


def _behind(plan: Plan, book: Book) -> int:
    """Seconds at whose end the plan was further ahead than allowed; 0 where there are few enough of them."""
    due = due_by_block(plan)
    planned, sent = accumulate(due), accumulate(book.ledger.sent(block) for block in range(len(due)))
    behind = sum(
        ahead - done > max(_FEW_BEHIND, number * _BEHIND_PERCENT / 100.0)
        for ahead, done, number in zip(planned, sent, due, strict=True)
    )
    return behind if behind > max(1.0, len(due) * _UNEVEN_PERCENT / 100.0) else 0


def _was_busy(one: Mapping[str, Any]) -> bool:
    return float(one.get("busy_seconds", 0.0)) > float(one.get("seconds", 0.0)) * _BUSY_SECONDS_PERCENT / 100.0


def _busy(plan: Plan, book: Book) -> Iterator[Finding]:
    busiest = max(
        (one for one in book.generators if one.get("seconds")),
        key=lambda one: one["busy_seconds"] / one["seconds"],
        default=None,
    )
    if busiest and _was_busy(busiest):
        yield inconclusive(
            "generator-busy",
            f"processor time to spare: less than {BUSY_PERCENT:g} % of a core in"
            f" {100.0 - _BUSY_SECONDS_PERCENT:g} % of the seconds",
            f"{BUSY_PERCENT:g} % or more in {busiest['busy_seconds']:.0f} of {busiest['seconds']:.0f} seconds,"
            f" {busiest['cpu_percent']:.0f} % on average; {_reach(plan, book)}",
            next_step="Lower the rate, or add workers with --processes.",
        )

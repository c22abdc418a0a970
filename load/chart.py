"""
What the page of a load run is drawn from, and the counts that its verdict was taken from.

Pictures have at most 600 columns: of a longer run each is several seconds. Verdict data are never thinned out: every
second's counts of every objective stand in the record, so that anybody can judge again.
"""

from __future__ import annotations

import math
from typing import Any

from load.arrivals import Plan
from load.blocks import SECONDS_PER_BLOCK, summed
from load.counts import Book, Tally
from load.outcome import Circumstances, Objective
from load.pictures import MOST_ROWS
from load.validity import blocks_of, due_by_block, reachable_per_second
from prodverify.objectives.counts import Counts


def chart(plan: Plan, book: Book, circumstances: Circumstances) -> dict[str, Any]:
    """
    The columns of all pictures, plain values: each list has one number a column, the warm-up's columns included.

    ``series`` holds the judged arrivals of each name, by when they were due; ``bad`` counts errors and answers later
    than a threshold. ``due`` and ``sent`` are arrivals that were due in a column, and that were sent in it.
    """
    columns = _columns(plan, book)
    seconds = columns.step * SECONDS_PER_BLOCK
    rows = len(columns)
    blocks = range(columns.stop)
    due = due_by_block(plan)
    due += [0] * (len(blocks) - len(due))
    return {
        "seconds_per_block": seconds,
        "warm_up_blocks": math.ceil(plan.warm_up_seconds / seconds),
        "due": summed(due, columns.step),
        "sent": summed((book.ledger.sent(block) for block in blocks), columns.step),
        "series": {name: _series(book, name, blocks, columns.step, rows) for name, _ in plan.shares},
        "heat": book.picture.heat(rows),
        "errors": {name: {**book.tally(name).errors, **book.tally(name).strangers} for name, _ in plan.shares},
        "generator": generator(plan, book),
        "looks": list(circumstances.looks),
        "ended": circumstances.ended,
    }


def _columns(plan: Plan, book: Book) -> range:
    """The first block of each column; widens the book's picture where the run has more seconds than columns."""
    last = max((*book.ledger.rows, blocks_of(plan) - 1))
    width = book.picture.width
    while (last + 1) > width * MOST_ROWS:
        width *= 2
    if width > book.picture.width:
        book.picture.widen(width)
    return range(0, -(-(last + 1) // width) * width, width)


def _series(book: Book, name: str, blocks: range, width: int, rows: int) -> dict[str, Any]:
    tally: Tally = book.tally(name)
    counted = {
        column: tally.series.column(source, blocks, width)
        for column, source in (
            ("asked", "asked"),
            ("errors", "failed"),
            ("limited", "limited"),
            ("intercepted", "intercepted"),
        )
    }
    bad = {f"{threshold:g}": tally.series.bad(threshold, blocks, width) for threshold in tally.thresholds}
    return {**counted, "bad": bad, **book.picture.lines(name, rows)}


def generator(plan: Plan, book: Book) -> dict[str, Any]:
    """How the generator itself fared: each worker, the rate that it can reach, and its lag."""
    return {
        "workers": [{"index": 0, **one} for one in book.generators],
        "reachable_per_second": reachable_per_second(plan, book),
        "lag_p99_ms": book.lag.as_dict()["p99_ms"],
        "lag_limit_ms": book.lag_limit_ms,
    }


def verdict_data(objective: Objective) -> dict[str, Any]:
    """
    The counts of each second from ``first_second`` on that this objective was judged from, none left out.

    ``total`` has one number a second; ``bad`` names the seconds that had any, as most have none.
    """
    blocks = objective.blocks
    agreement = {} if blocks.agreement is None else {"agreement": _sparse(blocks.agreement)}
    return {
        "first_second": objective.first,
        "total": [block.total for block in blocks.objective],
        "bad": _sparse(blocks.objective),
        **agreement,
    }


def _sparse(blocks: list[Counts]) -> dict[str, int]:
    return {str(number): block.bad for number, block in enumerate(blocks) if block.bad}

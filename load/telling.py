"""What a load run says on the terminal while it runs."""

from __future__ import annotations

import sys

from load.arrivals import Plan
from load.counts import Book
from load.preparation import Prepared
from prodverify.target.load import Target
from prodverify.wire.readiness import Readiness
from prodverify.wire.run import Run

PRACTICE = "practice service: nothing of yours was verified"


def say(text: str) -> None:
    """One line or more, at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def header(target: Target, prepared: Prepared, run: Run, ready: Readiness) -> str:
    """Who is asked, and what."""
    plan = prepared.plan
    total = sum(share for _, share in plan.shares)
    shares = ", ".join(f"{name} {100.0 * share / total:.3g} %" for name, share in plan.shares)
    label = f"  ({PRACTICE})" if target.promises.embedded else ""
    lines = [
        f"target: {target.name} at {target.base_url}, file {target.path}{label}",
        f"load: {plan.rate_per_second:g} arrivals/s for {plan.duration_seconds:g} s, the first"
        f" {plan.warm_up_seconds:g} s not judged: {shares}; seed: {plan.seed}, run: {run.run_id}",
    ]
    if ready.version:
        lines.append(f"version seen: {ready.version}")
    return "\n".join(lines)


def progress(book: Book, plan: Plan, elapsed_seconds: float) -> str:
    """How far it is, in one line."""
    tallies = book.names.values()
    errors = sum(tally.failed for tally in tallies)
    limited = sum(tally.limited for tally in tallies)
    shown = min(elapsed_seconds, plan.duration_seconds)
    lag = book.lag.percentile(99.0) or 0.0
    return (
        f"{shown:5.0f} of {plan.duration_seconds:g} s: {book.sent:,} of {plan.total:,} arrivals sent,"
        f" {errors:,} errors, {limited:,} limited, lag p99 {lag:.1f} ms"
    )

"""What a load run says on the terminal while it runs."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from load import asides
from load.arrivals import Plan
from load.blocks import SECONDS_PER_BLOCK
from load.counts import Book
from prodverify.objectives.counts import Counts
from prodverify.objectives.fingerprint import slos_hash
from prodverify.record.states import State
from prodverify.target.load import Target
from prodverify.target.load_run import DEFAULT_PROFILE
from prodverify.target.slos import Slo
from prodverify.wire.readiness import Readiness
from prodverify.wire.run import Run

if TYPE_CHECKING:
    from load.preparation import Prepared

PRACTICE = "practice service: nothing of yours was verified"
_RATE_SECONDS = 5
"""The rate now is that of the last whole seconds, as many as these."""
_TOLD_AFTER_SECONDS = 1.0
"""A worker reports each second: of the newest one the master may know only a part."""
_SO_FAR = {State.PASS: "kept", State.FAIL: "broken", State.INCONCLUSIVE: "open"}


def say(text: str) -> None:
    """One line or more, at once. A terminal that is gone or poor, or a reader that has seen enough, ends no run."""
    encoding = sys.stdout.encoding or "utf-8"
    try:
        sys.stdout.write(f"{text}\n".encode(encoding, "backslashreplace").decode(encoding))
        sys.stdout.flush()
    except OSError:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())


def header(target: Target, prepared: Prepared, run: Run, ready: Readiness) -> str:
    """Who is asked, and what."""
    plan = prepared.plan
    total = sum(share for _, share in plan.shares)
    shares = ", ".join(f"{name} {100.0 * share / total:.3g} %" for name, share in plan.shares)
    label = f"  ({PRACTICE})" if target.promises.embedded else ""
    lines = [
        f"target: {target.name} at {target.base_url}, file {target.path}{label}",
        f"load{_profile(prepared)}: {plan.words} for {plan.duration_seconds:g} s, the first"
        f" {plan.warm_up_seconds:g} s not judged: {shares}; seed: {plan.seed}, run: {run.run_id}",
        f"objectives: {', '.join(slo.name for slo in prepared.slos)}; hash {slos_hash(target.promises.slos)}",
    ]
    if beside := _beside(prepared):
        lines.append(f"beside them, {asides.LABEL}: {beside}")
    if ready.version:
        lines.append(f"version seen: {ready.version}")
    return "\n".join(lines)


def _profile(prepared: Prepared) -> str:
    return "" if prepared.profile == DEFAULT_PROFILE else f" (profile {prepared.profile})"


def _beside(prepared: Prepared) -> str:
    """Who waits for answers: thinking users, and users of Locust."""
    people = [f"{each.count} users of {each.name} who think {each.think_seconds:g} s" for each in prepared.crowds]
    return ", ".join([*people, *(f"{max(1, each.fixed_count)} of {each.__name__}" for each in prepared.closed)])


def progress(
    book: Book,
    plan: Plan,
    elapsed_seconds: float,
    *,
    slos: Sequence[Slo] = (),
    states: Mapping[str, State] | None = None,
    until_seconds: float | None = None,
) -> str:
    """
    How far it is, in one line: the rate now, what went wrong, each objective's error budget and its verdict so far.

    ``until_seconds`` is where the run ends as far as is known; ``states`` are those of the last look.
    """
    end = plan.duration_seconds if until_seconds is None else until_seconds
    shown = min(elapsed_seconds, end)
    tallies = book.names.values()
    errors = sum(tally.failed for tally in tallies)
    apart = sum(tally.limited + tally.intercepted for tally in tallies)
    told = [
        f"{shown:5.0f} of {end:g} s: {_rate_now(book, shown):,.4g}/s, {book.sent:,} of {plan.due_before(end):,} sent",
        f"{errors:,} errors",
        *([f"{apart:,} not answered by the application"] if apart else []),
        f"lag p99 {book.lag.percentile(99.0) or 0.0:.1f} ms",
        *(_so_far(slo, plan, book, end, (states or {}).get(slo.name)) for slo in slos),
        *([asides.told(book.asides)] if book.asides else []),
    ]
    return ", ".join(told)


def _rate_now(book: Book, elapsed_seconds: float) -> float:
    """Arrivals a second that were sent in the last whole seconds."""
    whole = max(0, int((elapsed_seconds - _TOLD_AFTER_SECONDS) / SECONDS_PER_BLOCK))
    first = max(0, whole - _RATE_SECONDS)
    seconds = (whole - first) * SECONDS_PER_BLOCK
    return sum(book.ledger.sent(block) for block in range(first, whole)) / seconds if seconds else 0.0


def _so_far(slo: Slo, plan: Plan, book: Book, end: float, state: State | None) -> str:
    """
    As "light 12 % of its budget spent, open". Where nobody looks at verdicts before the end there is none so far: a
    bound for one look would be wrong more often than it says.
    """
    names = [name for name, _ in plan.shares if name in slo.endpoints]
    blocks = book.series(names, slo.threshold_ms if slo.kind == "latency" else None)
    seen = Counts(sum(block.total for block in blocks), sum(block.bad for block in blocks))
    spent = budget_spent_percent(slo, seen, plan, names, end)
    shown = f"{spent:,.0f}" if spent >= 10.0 else f"{spent:.2g}"
    return f"{slo.name} {shown} % of its budget spent" + (f", {_SO_FAR[state]}" if state in _SO_FAR else "")


def budget_spent_percent(slo: Slo, seen: Counts, plan: Plan, names: Sequence[str], end: float) -> float:
    """
    Bad requests so far, of those that the objective allows in the whole run; beyond 100 it is broken whatever comes.

    The budget is that of all judged arrivals of ``names`` until ``end``, so that it is the same all the time.
    """
    weights = dict(plan.shares)
    share = sum(weights[name] for name in names) / sum(weights.values())
    planned = share * (plan.due_before(end) - plan.due_before(plan.warm_up_seconds))
    allowed = max(planned, float(seen.total)) * (100.0 - slo.objective_percent) / 100.0
    return 100.0 * seen.bad / allowed if allowed else 0.0


def ending(ended: str, seconds: float, *, planned_seconds: float) -> str:
    """Why the run is over, where that is not what was planned; nothing where it is."""
    words = {
        "early": f"every objective is decided: ended after {seconds:g} s instead of {planned_seconds:g} s",
        "extended": f"an objective was undecided: went on for {seconds:g} s instead of {planned_seconds:g} s",
        "harm": f"the service breaks under this load: ended at once, after {seconds:g} s",
        "late": f"this generator cannot keep up with the plan: ended where it was, {seconds:g} s into it",
        "unready": "the service was not ready, and nothing was sent",
        "stopped": "stopped by a person",
        "aborted": "the generator could not go on",
    }
    return words.get(ended, "")

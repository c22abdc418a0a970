"""What was asked and says nothing about the service: faults of ours, and answers of whoever stands before it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from load import ours
from load.connection import UNKNOWN_HOST
from load.counts import Book
from load.validity import DELIVERED_PERCENT
from prodverify.record.findings import Finding, inconclusive, warn

_MOST_TOLD = 5


def access(names: list[str], book: Book, *, broken: bool, lost: bool) -> Iterator[Finding]:
    """
    What is the fault of our credentials or of our machine. ``broken`` says that the objective is, ``lost`` that it
    would be even if all that stands apart had been good.
    """
    for name in names:
        tally = book.tally(name)
        weigh = partial(_weigh, asked=tally.asked, broken=broken, lost=lost)
        if never := tally.series.never_accepted():
            count, which = sum(never.values()), ", ".join(str(credential + 1) for credential in [*never][:_MOST_TOLD])
            refusals = " and ".join(reason for reason in sorted(tally.errors) if ours.refused(reason))
            others = " and others" if len(never) > _MOST_TOLD else ""
            yield weigh(count)(
                "credential-refused",
                f"{name} answered to every credential of its role",
                f"{count:,} of {tally.asked:,} requests refused with {refusals}; credential {which}{others} of the role"
                " never got a good answer",
                next_step="See that load.role may ask this, and that its secrets are current.",
            )
        if count := _counted(tally.errors, ours.unknown_host):
            yield weigh(count)(
                "host-unknown", "the host of base_url known to our name server", UNKNOWN_HOST, next_step="Check DNS."
            )
        if count := _counted(tally.errors, ours.unconnected):
            yield weigh(count)(
                "generator-unconnected",
                f"connections to {name} that this machine can open",
                f"{count:,} of {tally.asked:,} requests never left it:"
                f" {', '.join(reason for reason in sorted(tally.errors) if ours.unconnected(reason))}",
                next_step="See the limit of open files (ulimit -n), ports and routes here; a service that keeps no"
                " connection alive needs more machines that ask.",
            )


def _counted(errors: Mapping[str, int], which: Callable[[str], bool]) -> int:
    return sum(count for reason, count in errors.items() if which(reason))


def _weigh(count: int, *, asked: int, broken: bool, lost: bool) -> Callable[..., Finding]:
    """Faults of ours that are few, or without which the objective is broken too, are told; others let nobody judge."""
    return warn if lost or not (broken or _many(count, asked)) else inconclusive


def limiter(names: list[str], book: Book, *, lost: bool) -> Iterator[Finding]:
    """Answers of the rate limiter, which are evidence about nothing else."""
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


def strangers(names: list[str], book: Book, *, lost: bool, deciding: bool) -> Iterator[Finding]:
    """
    Answers of a proxy or firewall in place of the application. ``deciding`` says that the objective would not be kept
    if they were bad answers of it.
    """
    asked = sum(book.tally(name).asked for name in names)
    intercepted = sum(book.tally(name).intercepted for name in names)
    if not intercepted:
        return
    who = sorted({who for name in names for who in book.tally(name).strangers})
    observed = f"{intercepted:,} of {asked:,} requests answered with {', '.join(who[:3])}, counted apart"
    if deciding or (_many(intercepted, asked) and not lost):
        yield inconclusive(
            "load-intercepted",
            f"at least {DELIVERED_PERCENT:g} % of the requests answered by the application, and all that could decide",
            observed,
            next_step="See what answers in its place; if it is the service itself, let it send a header on every answer"
            " and declare that as asking.application_header.",
        )
    else:
        yield warn("application-replaced", "every request answered by the application", observed)


def _many(apart: int, asked: int) -> bool:
    return apart > asked * (100.0 - DELIVERED_PERCENT) / 100.0

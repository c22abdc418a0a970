"""
Whoever tries wrong log-ins is refused after as many as promised, is told when to return, and shuts nobody else out.

OWASP API2:2023, ASVS 5.0 6.3.1 (credential stuffing and password guessing are limited). A wrong log-in may be answered
with any status, a page with 200 among them, so everything but the limiter's own statuses counts as let through.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from prodverify.judges import leaks, problem
from prodverify.judges.reading import answered_at, read
from prodverify.judges.stated_limit import headers, kept_by_caches, retry
from prodverify.record.findings import Finding, fail, inconclusive, warn
from prodverify.target.log_in_limit import LogInLimit
from prodverify.target.promises import Errors
from prodverify.wire.exchange import Exchange

CLAUSE = "ASVS 5.0 6.3.1"


def judge_limit(answers: Sequence[Exchange], promise: LogInLimit) -> list[Finding]:
    """Deviations of the answers to wrong log-ins for one user name, in order, until one was refused."""
    wanted = f"{promise.tries} wrong log-ins in {promise.window_seconds:g} s, then {_statuses(promise)}"
    if not answers:
        return [inconclusive("log-in-limit-unasked", wanted, "no answer at all")]
    if broken := _broken(answers, promise):
        return [broken]
    observed = told(answers)
    refused = [index for index, answer in enumerate(answers) if answer.status in promise.statuses]
    if refused:
        if refused[0] == 0:
            advice = "Wait until the limit has forgotten us, or give the suite an address of its own."
            return [inconclusive("log-in-limit-used-before", wanted, "the first one was refused", next_step=advice)]
        if refused[0] < promise.tries:
            advice = "Whoever mistypes is refused early, or something else tried from here: declare the true number."
            return [warn("log-in-limit-early", wanted, observed, next_step=advice)]
        return []
    if len(answers) <= promise.tries:
        return [inconclusive("log-in-limit-unasked", wanted, observed)]
    if _given_back(answers, promise):
        advice = "Try once more, or ask from nearer: a window may have ended in between."
        return [inconclusive("log-in-limit-slow", wanted, observed, next_step=advice)]
    advice = "Count wrong log-ins before the password is looked at, for all processes together."
    return [fail("log-in-limit-missing", wanted, observed, next_step=advice)]


def judge_refusal(refusal: Exchange, promise: LogInLimit, errors: Errors | None) -> list[Finding]:
    """Deviations of the limiter's refusal: it says when to return, in the shape of all refusals, and to its caller."""
    if refusal.status not in promise.statuses:
        return [inconclusive("log-in-limit-no-refusal", _statuses(promise), f"status {refusal.status}")]
    said = read(refusal.headers, date=answered_at(refusal), window_seconds=promise.window_seconds)
    return [
        *headers(refusal, promise.headers, said, "a refusal"),
        *retry(said, promise.window_seconds),
        *kept_by_caches(refusal),
        *leaks.judge(refusal),
        *(problem.judge(refusal, errors, "limited") if errors else []),
    ]


def judge_others(refusal: Exchange, other: Exchange, promise: LogInLimit) -> list[Finding]:
    """Deviations of a wrong log-in for another user name, while those for the first one are refused."""
    wanted = f"a wrong log-in for another name {'refused, too' if promise.scope == 'address' else 'answered'}"
    if refusal.status not in promise.statuses:
        return [inconclusive("log-in-limit-no-refusal", _statuses(promise), f"status {refusal.status}")]
    if broken := _broken([other], promise):
        return [broken]
    refused = other.status in promise.statuses
    if refused and promise.scope == "username":
        advice = "Count for each user name apart, or whoever fails on purpose shuts everybody out."
        return [fail("log-in-limit-shared", wanted, f"refused with {other.status}", next_step=advice)]
    if not refused and promise.scope == "address":
        advice = "Count by address too, or one password is tried on every user name."
        return [fail("log-in-limit-escaped", wanted, f"status {other.status}", next_step=advice)]
    return []


def told(answers: Sequence[Exchange]) -> str:
    """The statuses that came, in order, each with how often."""
    runs = [(status, len(list(run))) for status, run in groupby(answer.status for answer in answers)]
    return ", then ".join(f"{status} {count} times" if count > 1 else f"{status} once" for status, count in runs)


def _broken(answers: Sequence[Exchange], promise: LogInLimit) -> Finding | None:
    broken = next((one.status for one in answers if one.status >= 500 and one.status not in promise.statuses), None)
    return None if broken is None else fail("log-in-breaks", "a wrong log-in is refused", f"status {broken}")


def _given_back(answers: Sequence[Exchange], promise: LogInLimit) -> bool:
    """Whether one more may be let through: a window of the clock has ended, or a bucket has had another token."""
    seconds = answers[-1].started_at + answers[-1].elapsed_ms / 1000 - answers[0].started_at
    first, last = answered_at(answers[0]), answered_at(answers[-1])
    window = promise.window_seconds
    return seconds >= window / promise.tries or first // window != last // window


def _statuses(promise: LogInLimit) -> str:
    return " or ".join(map(str, promise.statuses))

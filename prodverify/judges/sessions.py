"""
A log-in gives a session that nobody else knows, a log-out ends it, and a refusal does not say who has an account.

ASVS 5.0 7.2 to 7.4 (session tokens), 6.3.8 (no user enumeration); OWASP Authentication and Session Management Cheat
Sheets. That a cookie opens something counts only beside the same question that was refused, and the other way round.
"""

from __future__ import annotations

import math
import string
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

from prodverify.judges import refusal, template
from prodverify.judges.likeness import likeness
from prodverify.judges.quotation import listed, quote
from prodverify.record.findings import Finding, fail, inconclusive, info, warn
from prodverify.target.refusals import Refusals
from prodverify.wire.exchange import Exchange

CLAUSE = "ASVS 5.0 7.2 to 7.4"

LEAST_BITS = 64
"""Below this a session can be guessed (OWASP Session Management Cheat Sheet)."""
GOOD_BITS = 128
"""What ASVS 5.0 7.2.3 asks for."""
APART_BITS = 32
"""Two sessions that have less than this of their own were counted, not made by chance."""
LONGEST_REFERENCE = 128
"""Characters; a longer value, or one with dots, carries its content with it and need not differ in a second."""

DIFFERENCE_MS = 50.0
SPREADS = 3.0
"""A difference of medians below 50 ms, or below 3 spreads, is noise of the network."""

_COMPARED = ("location", "www-authenticate", "content-type", "content-language", "cache-control", "refresh")
"""Fields whose value could tell one refusal from another; of all others only that they are there."""
_NOISE = ("date", "age", "connection", "keep-alive", "transfer-encoding", "content-length", "content-encoding", "etag")


@dataclass(frozen=True, slots=True)
class Round:
    """Milliseconds of wrong log-ins that were asked in turn."""

    unknown_ms: tuple[float, ...]
    wrong_ms: tuple[float, ...]


def judge_fixation(baseline: Exchange, replay: Exchange, *, refusals: Refusals | None = None) -> list[Finding]:
    """
    Deviations where a log-in was given a session cookie that somebody else knows.

    ``baseline`` is asked with what the log-in gave, ``replay`` with the cookies from before it alone. ``refusals``:
    how a refusal with a status of success looks.
    """
    wanted = "a cookie from before the log-in opens nothing after it"
    if unproven := _unproven(baseline, refusals, rule="session-unproven"):
        return unproven
    if refusal.succeeded(replay, refusals):
        advice = "Make a new session at log-in, and never take its id from the request."
        opened = fail("session-fixed", wanted, f"status {replay.status}", clause="ASVS 5.0 7.2.4", next_step=advice)
        return [_opened(opened, baseline, replay)]
    return _closed(replay, wanted, rule="session-replay-breaks")


def judge_difference(first: str, second: str) -> list[Finding]:
    """Deviations of the sessions that two log-ins gave: made by chance, long enough, with nothing in common."""
    wanted = "two log-ins give two sessions that nobody can guess"
    # What carries its own content says who and when, and a signature makes it safe: it is not guessed anyway.
    if max(len(first), len(second)) > LONGEST_REFERENCE or "." in first:
        return [info("session-self-contained", wanted, f"{len(second)} characters that carry their content")]
    if first == second:
        advice = "Make a new session at each log-in."
        return [fail("session-repeated", wanted, "the same value twice", clause="ASVS 5.0 7.2.4", next_step=advice)]
    bits = math.floor(min(_bits(first), _bits(second)))
    if bits < LEAST_BITS:
        observed = f"{len(second)} characters, at most {bits} bits"
        return [fail("session-short", f"at least {GOOD_BITS} bits of chance", observed, clause="ASVS 5.0 7.2.3")]
    found = []
    apart = math.floor(min(_bits(own) for own in _apart(first, second)))
    if apart < APART_BITS:
        observed = f"the values differ in at most {apart} bits"
        found.append(fail("session-counted", wanted, observed, clause="ASVS 5.0 7.2.3"))
    if bits < GOOD_BITS:
        observed = f"{len(second)} characters, at most {bits} bits"
        found.append(warn("session-weak", f"at least {GOOD_BITS} bits of chance", observed, clause="ASVS 5.0 7.2.3"))
    return found


def judge_ended(
    baseline: Exchange, log_out: Exchange, replay: Exchange, *, refusals: Refusals | None = None
) -> list[Finding]:
    """Deviations of a log-out: afterwards the cookie or token that opened something opens nothing."""
    wanted = "the session from before the log-out opens nothing after it"
    if unproven := _unproven(baseline, refusals, rule="log-out-unproven"):
        return unproven
    if log_out.status >= 500:
        return [fail("log-out-breaks", "a log-out that works", f"status {log_out.status}")]
    if log_out.status >= 400 or refusal.in_body(log_out, refusals):
        advice = "Correct log_out in [sessions], or see what that path asks for."
        return [inconclusive("log-out-refused", "a log-out that works", f"status {log_out.status}", next_step=advice)]
    if refusal.succeeded(replay, refusals):
        observed = f"status {replay.status}"
        advice = "End the session on the server; deleting the cookie or token ends it in one client alone."
        opened = fail("session-outlives-log-out", wanted, observed, clause="ASVS 5.0 7.4.1", next_step=advice)
        return [_opened(opened, baseline, replay)]
    return _closed(replay, wanted, rule="log-out-replay-breaks")


def judge_enumeration(unknown: Sequence[Exchange], wrong: Sequence[Exchange], names: Sequence[str]) -> list[Finding]:
    """
    Deviations of the answers to user names that nobody has from those to wrong passwords of one that somebody has.

    ``names`` are the user names that were sent, which an answer may repeat. Two unknown users show what changes by
    itself.
    """
    wanted = "the same answer, whether the user name or the password is wrong"
    answers = [*unknown, *wrong]
    if not unknown or not wrong:
        return [inconclusive("log-in-unasked", wanted, "no answers to compare")]
    if any(answer.status == 429 for answer in answers):
        advice = "Wait until the limit of log-ins has passed, or lower tries in [sessions]."
        return [inconclusive("log-in-limited", wanted, "429: a limiter answered", next_step=advice)]
    broken = [answer.status for answer in answers if answer.status >= 500]
    if broken:
        return [fail("log-in-breaks", "a wrong log-in is refused", f"status {broken[0]}")]
    statuses = {answer.status for answer in unknown}, {answer.status for answer in wrong}
    if statuses[0] != statuses[1]:
        observed = " for an unknown user, ".join(f"status {', '.join(map(str, sorted(one)))}" for one in statuses)
        if statuses[0] & statuses[1]:
            advice = "See whether a limit or a lock answered the later ones, and lower tries in [sessions]."
            return [inconclusive("log-in-answers-vary", wanted, f"{observed} for a wrong password", next_step=advice)]
        return [fail("users-told-by-status", wanted, f"{observed} for a wrong password", clause="ASVS 5.0 6.3.8")]
    found: list[Finding] = []
    if told := _headers_apart(unknown, wrong, names):
        found.append(fail("users-told-by-header", wanted, f"only one has {told}", clause="ASVS 5.0 6.3.8"))
    one, other = unknown[0], wrong[0]
    if len({template.of(answer, names) for answer in unknown}) > 1:
        advice = "Compare the two answers by hand; what changes each time hides what might tell."
        observed = "two unknown users got different bodies"
        found.append(inconclusive("log-in-answers-vary", wanted, observed, next_step=advice))
    elif template.of(one, names) != template.of(other, names):
        found.append(fail("users-told-by-body", wanted, _difference(one, other, names), clause="ASVS 5.0 6.3.8"))
    elif template.size(other, names) not in (sizes := {template.size(answer, names) for answer in unknown}) and (
        len(sizes) == 1
    ):
        observed = f"{len(one.body)} bytes for an unknown user, {len(other.body)} for a wrong password"
        found.append(fail("users-told-by-length", wanted, observed, clause="ASVS 5.0 6.3.8"))
    return found


def judge_wrong_password(opened: Exchange | None, *, refusals: Refusals | None = None) -> list[Finding]:
    """Deviations of what a refused log-in gave and what that opens, where it gave anything."""
    if opened is None or not refusal.succeeded(opened, refusals):
        return []
    wanted = "a wrong password opens nothing"
    return [fail("password-unchecked", wanted, f"status {opened.status} with what a wrong log-in gave")]


def differs(one: Round) -> bool:
    """Whether the medians of a round are further apart than noise."""
    if not one.unknown_ms or not one.wrong_ms:
        return False
    spread = max(_spread(one.unknown_ms), _spread(one.wrong_ms))
    return abs(median(one.unknown_ms) - median(one.wrong_ms)) > max(DIFFERENCE_MS, SPREADS * spread)


def judge_timing(rounds: Sequence[Round], statuses: Sequence[int]) -> list[Finding]:
    """Deviations of the time of wrong log-ins: a warning where two rounds differ, and never a failure for time."""
    wanted = "wrong log-ins take equally long, whether the user exists or not"
    if any(status == 429 for status in statuses):
        return [inconclusive("log-in-limited", wanted, "429: a limiter answered")]
    broken = [status for status in statuses if status >= 500]
    if broken:
        return [fail("log-in-breaks", "a wrong log-in is refused", f"status {broken[0]}, {len(broken)} times")]
    if len(rounds) < 2 or not all(differs(one) for one in rounds):
        return []
    last = rounds[-1]
    gap = f"{median(last.unknown_ms):.0f} ms for an unknown user, {median(last.wrong_ms):.0f} ms for a wrong password"
    advice = "Hash the password for unknown users, too."
    return [warn("users-told-by-time", wanted, gap, clause="ASVS 5.0 6.3.8", next_step=advice)]


def _unproven(baseline: Exchange, refusals: Refusals | None, rule: str) -> list[Finding]:
    if refusal.succeeded(baseline, refusals):
        return []
    advice = "See that the log-in works and that protected in [sessions] is open to it: a refusal proves nothing else."
    observed = f"the session that the log-in gave got {baseline.status}"
    return [inconclusive(rule, "a session that opens something", observed, next_step=advice)]


def _opened(finding: Finding, baseline: Exchange, replay: Exchange) -> Finding:
    """The failure where a session that is none gets what the true one gets; with another body nobody can tell."""
    like = likeness(baseline, replay)
    observed = f"{finding.observed} with {like}"
    if like.equivalent:
        return replace(finding, observed=observed)
    advice = "Look at the body; if it refuses, say in [refusals] how that looks, or answer with another status."
    return inconclusive("session-replay-unclear", finding.expected, observed, next_step=advice)


def _closed(replay: Exchange, wanted: str, rule: str) -> list[Finding]:
    if replay.status >= 500:
        return [fail(rule, wanted, f"status {replay.status}")]
    if replay.status == 429:
        return [inconclusive("session-limited", wanted, "429: a limiter answered")]
    return []


def _bits(text: str) -> float:
    """The most chance that ``text`` can hold, by its length and the kinds of characters in it."""
    alphabet = 10 if any(map(str.isdigit, text)) else 0
    if text and all(character in string.hexdigits for character in text) and len(text) >= 8:
        return len(text) * 4.0 if not text.isdigit() else len(text) * math.log2(10)
    alphabet += 26 * any(map(str.islower, text)) + 26 * any(map(str.isupper, text))
    alphabet += 4 * any(not character.isalnum() for character in text)
    return len(text) * math.log2(alphabet) if alphabet else 0.0


def _apart(first: str, second: str) -> tuple[str, str]:
    """What the two values do not have in common at their beginning and end."""
    start = _shared(first, second)
    end = _shared(first[start:][::-1], second[start:][::-1])
    return first[start : len(first) - end], second[start : len(second) - end]


def _shared(first: str, second: str) -> int:
    """Characters that both begin with."""
    differing = (index for index, (one, other) in enumerate(zip(first, second, strict=False)) if one != other)
    return next(differing, min(len(first), len(second)))


def _difference(one: Exchange, other: Exchange, names: Sequence[str]) -> str:
    ours, theirs = template.of(one, names), template.of(other, names)
    start = max(0, _shared(ours, theirs) - 20)
    return f"{quote(ours[start:], 70)} for an unknown user, {quote(theirs[start:], 70)} for a wrong password"


def _headers_apart(unknown: Sequence[Exchange], wrong: Sequence[Exchange], names: Sequence[str]) -> str:
    """What all answers of one kind have and none of the other; what comes and goes by itself tells nothing."""
    always, ever = zip(*((_always(kind, names), _ever(kind, names)) for kind in (unknown, wrong)), strict=True)
    return listed(sorted((always[0] - ever[1]) | (always[1] - ever[0])), 120)


def _always(answers: Sequence[Exchange], names: Sequence[str]) -> set[str]:
    return set.intersection(*(_shape(answer, names) for answer in answers))


def _ever(answers: Sequence[Exchange], names: Sequence[str]) -> set[str]:
    return set.union(*(_shape(answer, names) for answer in answers))


def _shape(exchange: Exchange, names: Sequence[str]) -> set[str]:
    """Fields that are there, with their value where it could tell, and the names of cookies."""
    shape = set()
    for name, value in exchange.headers:
        field = name.lower()
        if field == "set-cookie":
            shape.add(f"the cookie {value.partition('=')[0].strip()}")
        elif field in _COMPARED:
            shape.add(f"{field}: {template.hollow(value, names)}")
        elif field not in _NOISE:
            shape.add(field)
    return shape


def _spread(values: Sequence[float]) -> float:
    """The median absolute deviation."""
    middle = median(values)
    return median(abs(value - middle) for value in values)

"""
While one caller is refused: others are served, no disguise helps, and who waits as long as stated is served again.

RFC 6585 section 4, RFC 9110 section 10.2.3, ASVS 5.0 4.1.3 (headers that an intermediary sets cannot be forged), OWASP
API4:2023. A bucket may have a token at any moment, so one request that is let through proves nothing against it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import median

from prodverify.judges.quotation import quote
from prodverify.judges.reading import answered_at, read
from prodverify.judges.stated_limit import EXACT, kept_by_caches
from prodverify.record.findings import Finding, Severity, fail, inconclusive, warn
from prodverify.target.rate_limit import RateLimit
from prodverify.wire.exchange import Exchange

CLAUSE = "RFC 6585 section 4"

_BYPASSED: Mapping[str, tuple[str, Severity]] = {
    "forwarded_for": ("rate-limit-bypassed-by-forwarded-for", Severity.FAIL),
    "query": ("rate-limit-bypassed-by-query", Severity.FAIL),
    "trailing_slash": ("rate-limit-bypassed-by-trailing-slash", Severity.WARN),
    "double_slash": ("rate-limit-bypassed-by-double-slash", Severity.WARN),
    "case": ("rate-limit-bypassed-by-case", Severity.WARN),
    "head": ("rate-limit-bypassed-by-head", Severity.WARN),
}
"""The first two are the same request still; the others may lead to another resource, with a limit of its own."""

SLOW_MS = 50.0
"""A refusal that takes so much longer than an answer does costs more than what it saves."""
LEAST_COMPARED = 3


def judge_bystander(before: Exchange, during: Exchange, promise: RateLimit) -> list[Finding]:
    """Deviations of another scope's answers, from before a burst and from while its author is refused."""
    wanted = f"another {promise.scope} untouched by the burst"
    if not 200 <= before.status < 400:
        return [inconclusive("rate-limit-bystander-unfit", "an accepted answer before", f"status {before.status}")]
    if during.status in promise.statuses:
        return [fail("rate-limit-shared", wanted, f"refused with {during.status}", next_step="The limit is shared.")]
    if not 200 <= during.status < 400:
        return [other_answer(during, wanted)]
    first, then = (read(one.headers, date=answered_at(one)).remaining for one in (before, during))
    if first is not None and then is not None and first - then >= max(2, promise.requests // 2):
        return [fail("rate-limit-shared", wanted, f"Remaining fell from {first} to {then}")]
    return []


def judge_again(
    refusal: Exchange, again: Sequence[Exchange], promise: RateLimit, first: Exchange | None = None
) -> list[Finding]:
    """Deviations of a refused caller's next answers, after somebody else was served; ``first`` began its burst."""
    wanted = "refused as before, after somebody else was served"
    if odd := next((answer for answer in again if is_odd(answer, promise)), None):
        return [other_answer(odd, wanted)]
    accepted = _accepted(again, promise)
    if accepted > explained(refusal, again, promise):
        if first and window_ended(first, again[-1], promise):
            return [_ended_meanwhile(wanted, promise)]
        observed = f"{accepted} of {len(again)} accepted {_since(refusal, again):.2f} s after a refusal"
        return [fail("rate-limit-reset-by-others", wanted, observed)]
    return []


def judge_second_key(
    refusal: Exchange, second: Sequence[Exchange], promise: RateLimit, first: Exchange | None = None
) -> list[Finding]:
    """Deviations of what another key of the same workspace gets while the first is refused; ``first`` began a burst."""
    shares = promise.scope != "key"
    wanted = f"a second key that {'is refused, too' if shares else 'is served'}: scope {promise.scope}"
    if odd := next((answer for answer in second if is_odd(answer, promise)), None):
        return [other_answer(odd, wanted)]
    accepted = _accepted(second, promise)
    if not shares and accepted < len(second):
        return [fail("rate-limit-second-key-shares", wanted, f"refused with {second[-1].status}")]
    if shares and accepted > explained(refusal, second, promise):
        if first and window_ended(first, second[-1], promise):
            return [_ended_meanwhile(wanted, promise)]
        advice = "Count by what is promised: a caller makes as many keys as it likes."
        return [fail("rate-limit-second-key-escapes", wanted, f"{accepted} accepted", next_step=advice)]
    return []


def judge_disguise(
    name: str, refusal: Exchange, disguised: Sequence[Exchange], control: Exchange | None, promise: RateLimit
) -> list[Finding]:
    """
    Deviations of what a refused caller gets in a disguise.

    ``disguised``: asked until one is refused, three at most. ``control``: the plain request after those; where it is
    accepted, the limiter has forgiven the caller in the meantime.
    """
    if not disguised:
        wanted = "an answer of the service or of its limiter"
        return [inconclusive("rate-limit-disguise-unanswered", wanted, "none, or something in front of it answered")]
    accepted = sum(200 <= answer.status < 300 for answer in disguised)
    if accepted <= explained(refusal, disguised, promise) or control is None or control.status not in promise.statuses:
        return []
    rule, severity = _BYPASSED.get(name, ("rate-limit-bypassed", Severity.WARN))
    observed = (
        f"{disguised[-1].status} to {disguised[-1].method} {quote(disguised[-1].target, 80)}, {accepted} accepted"
    )
    advice = "Take the address from your own proxy alone." if name == "forwarded_for" else "Count by route and caller."
    wanted = f"refused like the plain request ({control.status})"
    return [Finding(severity, rule, wanted, observed, "ASVS 5.0 4.1.3", advice)]


def judge_contract(refusals: Sequence[Exchange], accepted: Sequence[Exchange]) -> list[Finding]:
    """Deviations of refusals as answers: no cache keeps them, and they cost no more than what they refuse."""
    if not refusals:
        return [inconclusive("rate-limit-no-refusal", "a refusal", "none")]
    found = [*kept_by_caches(refusals[-1])]
    if len(refusals) >= LEAST_COMPARED <= len(accepted):
        usual = sorted(answer.elapsed_ms for answer in accepted)[math.ceil(0.95 * len(accepted)) - 1]
        took = median(answer.elapsed_ms for answer in refusals)
        if took > usual + SLOW_MS:
            advice = "Refuse before the work is done, or a flood costs what it would without a limit."
            wanted = f"a refusal that is not slower than 95 % of the answers ({usual:.0f} ms)"
            found.append(warn("rate-limit-refusal-slow", wanted, f"{took:.0f} ms", next_step=advice))
    return found


def judge_recovery(
    answers: Sequence[Exchange],
    stated_seconds: float,
    promise: RateLimit,
    halfway: tuple[float, Exchange] | None = None,
) -> list[Finding]:
    """
    Deviations of the answer after the stated wait, and of a second one a little later where that was refused.

    ``halfway``: seconds after the refusal and the answer then, where no less than the stated wait may do.
    """
    wanted = f"accepted again after the stated wait of {stated_seconds:g} s, and not much earlier"
    asked = [*answers, *([halfway[1]] if halfway else [])]
    if odd := next((answer for answer in asked if is_odd(answer, promise)), None):
        return [other_answer(odd, wanted)]
    if answers[-1].status in promise.statuses:
        return [fail("rate-limit-no-recovery", wanted, f"refused with {answers[-1].status}")]
    if halfway and halfway[1].status not in promise.statuses:
        advice = "State the time that is left, not the whole window."
        return [fail("rate-limit-wait-long", wanted, f"accepted after {halfway[0]:.1f} s", next_step=advice)]
    if len(answers) > 1:
        return [warn("rate-limit-wait-short", wanted, "a second later", next_step="Round the stated wait up.")]
    return []


def explained(refusal: Exchange, answers: Sequence[Exchange], promise: RateLimit) -> int:
    """How many may be accepted after a refusal, because the limiter may give something back at any moment."""
    if promise.window in EXACT:
        return 0
    return math.floor(_since(refusal, answers) * promise.requests / promise.window_seconds) + 1


def window_ended(first: Exchange, newest: Exchange, promise: RateLimit) -> bool:
    """Whether a window may have ended since the ``first`` request of a burst, so that its caller is served again."""
    began, now, window = first.started_at, newest.started_at + newest.elapsed_ms / 1000, promise.window_seconds
    by_first_request = promise.window in ("first_request", "sliding_log", "sliding_counter", "unknown")
    by_clock = promise.window in ("clock", "sliding_counter", "unknown")
    return (by_first_request and now - began >= window) or (by_clock and began // window != now // window)


def is_odd(answer: Exchange, promise: RateLimit) -> bool:
    """Neither accepted nor refused by the limiter."""
    return answer.status not in promise.statuses and not 200 <= answer.status < 400


def other_answer(answer: Exchange, wanted: str) -> Finding:
    """What such an answer says about a limit: a service that breaks is its own failure."""
    observed = f"status {answer.status} to {quote(answer.method, 10)} {quote(answer.url, 120)}"
    if answer.status >= 500:
        return fail("rate-limit-broken", wanted, observed)
    advice = "Only accepted answers and refusals of the limiter say something about the limit."
    return inconclusive("rate-limit-other-answer", wanted, observed, next_step=advice)


def _ended_meanwhile(wanted: str, promise: RateLimit) -> Finding:
    observed = f"accepted, and a window of {promise.window_seconds:g} s may have ended just before"
    return inconclusive("rate-limit-window-ended", wanted, observed, next_step="Ask again, or from nearer.")


def _accepted(answers: Sequence[Exchange], promise: RateLimit) -> int:
    return sum(answer.status not in promise.statuses for answer in answers)


def _since(refusal: Exchange, answers: Sequence[Exchange]) -> float:
    if not answers:
        return 0.0
    return max(0.0, answers[-1].started_at + answers[-1].elapsed_ms / 1000 - refusal.started_at)

"""
What a sender does when a receiver refuses, sends on, is gone or does not answer.

https://www.standardwebhooks.com/: a delivery is tried again with the same id and signed anew; a redirect is a failure,
and never followed; 410 means never again; one receiver's trouble is nobody else's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from prodverify.judges import signatures
from prodverify.judges.deliveries import Attempt
from prodverify.judges.schemes.message import Unreadable
from prodverify.judges.schemes.table import read, timed
from prodverify.judges.signatures import Trust
from prodverify.record.findings import Finding, Severity, fail, inconclusive, info, warn

TELLING_SECONDS = 2.0
"""Two timestamps in whole seconds differ for certain, whatever the way took, where the attempts are this far apart."""
_BESIDE_SECONDS = 0.5
_ROUNDED_SECONDS = 1.0  # a sender that counts in whole seconds, as Retry-After does, comes up to one early
_AWAIT = "raise max_wait_seconds of the webhook beyond what it promises"


@dataclass(frozen=True, slots=True)
class Patience:
    """What is promised, in seconds, and how long we waited for it."""

    promised: float
    waited: float


def judge_retry(attempts: Sequence[Attempt], trust: Trust, id_header: str, patience: Patience) -> list[Finding]:
    """Deviations of what follows a 500: a second attempt in time, known by its id, signed anew."""
    if len(attempts) < 2:
        return [_not_retried(patience, "500")]
    first, last = attempts[0], attempts[-1]
    found = [one for one in signatures.judge(last.message, trust) if one.severity is Severity.FAIL]
    if id_header:
        ids = [attempt.message.headers.first(id_header).strip(" \t") for attempt in attempts]
        if len(set(ids)) > 1 or not ids[0]:
            wanted = f"every attempt carries the same {id_header}"
            step = "make the id when the event happens, not when it is sent: receivers tell repeats by it"
            seen = f"{len(set(ids))} ids in {len(ids)} attempts" if all(ids) else "an attempt without it"
            found.append(fail("retry-id-changed", wanted, seen, next_step=step))
    if timed(trust.scheme, trust.how):
        found += _stamped_anew(first, last, trust)
    if first.message.body != last.message.body:
        found.append(warn("retry-body-changed", "every attempt carries the same bytes", "another body"))
    return found


def judge_peace(
    status: int, attempts: Sequence[Attempt], patience: Patience, *, asked_seconds: int, usual_seconds: float | None
) -> list[Finding]:
    """
    Deviations of what follows 429 or 503 with Retry-After: another attempt, but not before the time that it asks for.

    ``usual_seconds`` is what the sender waits after a failure that asks for nothing, None where that is not known: who
    waits as long anyway proves nothing.
    """
    if len(attempts) < 2:
        return [_not_retried(patience, f"{status} with Retry-After: {asked_seconds}")]
    after = attempts[1].received_at - attempts[0].received_at
    wanted = f"no attempt in {asked_seconds} s after {status} with Retry-After: {asked_seconds}"
    if after < asked_seconds - _ROUNDED_SECONDS:
        step = "have the next attempt due no earlier than Retry-After says: whoever is busy is kept busy by retries"
        return [fail("retry-after-ignored", wanted, f"one after {after:.1f} s", next_step=step)]
    if usual_seconds is not None and usual_seconds >= asked_seconds - _ROUNDED_SECONDS:
        step = f"raise retry_after_seconds of the webhook beyond {usual_seconds + _ROUNDED_SECONDS:.0f}"
        seen = f"one after {after:.1f} s, and after 500 it is {usual_seconds:.1f} s anyway"
        return [inconclusive("retry-after-untold", wanted, seen, next_step=step)]
    return []


def judge_redirect(
    attempts: Sequence[Attempt], followed: Sequence[Attempt], patience: Patience | None
) -> list[Finding]:
    """
    Deviations of what follows a 302: nothing arrives where it leads, and it counts as a failure.

    ``followed`` is what arrived there; ``patience`` is that of a retry, None where none is promised.
    """
    if followed:
        step = "turn redirects off in the sender's HTTP client: they lead past every check of the address"
        seen = f"{followed[0].message.method} at the place it leads to"
        return [fail("redirect-followed", "a redirect that is not followed", seen, next_step=step)]
    if patience is None or len(attempts) > 1:
        return []
    if patience.waited < patience.promised:
        return [_not_retried(patience, "302")]
    return [fail("redirect-counted-as-delivered", "a redirect counts as a failure and is tried again", "no retry")]


def judge_gone(attempts: Sequence[Attempt], quiet_seconds: float) -> list[Finding]:
    """Deviations of what follows a 410: nothing."""
    if len(attempts) < 2:
        return []
    wanted = f"no attempt in {quiet_seconds:g} s after 410"
    after = attempts[1].received_at - attempts[0].received_at
    return [fail("gone-receiver-tried-again", wanted, f"{len(attempts) - 1} more, the first after {after:.1f} s")]


def judge_given_up(attempts: Sequence[Attempt], patience: Patience, *, proxied: bool) -> list[Finding]:
    """
    Deviations of how long a sender waits for an answer that does not come: it hangs up, or tries again, in time.

    ``proxied`` says that something stands between the sender and our receiver, which may keep the connection itself.
    """
    began = attempts[0].received_at
    ends = [attempts[0].hung_up_at, *(attempt.received_at for attempt in attempts[1:])]
    wanted = f"the sender gives up an answer that does not come within {patience.promised:g} s"
    ended = min((end for end in ends if end is not None), default=None)
    if ended is not None and ended - began <= patience.promised:
        return []
    seen = f"it waited {ended - began:.1f} s" if ended is not None else f"it still waited after {patience.waited:.1f} s"
    if ended is None and patience.waited < patience.promised:
        return [inconclusive("give-up-not-awaited", wanted, seen, next_step=_AWAIT)]
    if proxied and ended is None:
        step = "see the sender's log: what stands between it and our receiver may have kept the connection"
        return [inconclusive("give-up-not-seen", wanted, seen, next_step=step)]
    step = "give every phase of the sender's request a timeout, and the whole of it a deadline"
    return [fail("slow-receiver-waited-for", wanted, seen, next_step=step)]


def judge_beside(beside: Attempt | None, *, triggered_at: float, free_at: float, usual_seconds: float) -> list[Finding]:
    """
    Deviations of a delivery to one receiver while another does not answer: it does not wait for that one.

    ``free_at`` is when the slow one was given up or answered; ``usual_seconds`` is what a delivery took without it.
    """
    wanted = "a receiver that does not answer delays no other receiver's delivery"
    if beside is None:
        return [fail("delivery-blocked", wanted, "nothing arrived at the other receiver")]
    took = beside.received_at - triggered_at
    if beside.received_at < free_at:
        return []
    seen = f"it took {took:.1f} s, until the slow one was given up; usually {usual_seconds:.1f} s"
    if took < 2 * usual_seconds + _BESIDE_SECONDS:
        step = "raise gives_up_within_seconds in the service, or ask again while it is idle"
        return [inconclusive("delivery-order-unclear", wanted, seen, next_step=step)]
    step = "deliver to several receivers at once, with a bound for each of them"
    return [fail("delivery-blocked", wanted, seen, next_step=step)]


def judge_once(attempts: Sequence[Attempt], quiet_seconds: float) -> list[Finding]:
    """Deviations of what follows a 200: nothing more."""
    if len(attempts) < 2:
        return []
    wanted = f"one delivery, and nothing more in {quiet_seconds:g} s after it was answered with 200"
    step = "mark a delivery as done in the same transaction that ends it"
    return [fail("delivery-repeated", wanted, f"{len(attempts)} deliveries", next_step=step)]


def _not_retried(patience: Patience, status: str) -> Finding:
    wanted = f"another attempt within {patience.promised:g} s after {status}"
    seen = f"none in {patience.waited:.1f} s"
    if patience.waited < patience.promised:
        return inconclusive("retry-not-awaited", wanted, seen, next_step=_AWAIT)
    return fail("retry-missing", wanted, seen, next_step="see the sender's queue: a failed delivery is due again")


def _stamped_anew(first: Attempt, last: Attempt, trust: Trust) -> list[Finding]:
    wanted = "a retry is signed with the time of the attempt"
    apart = last.received_at - first.received_at
    if apart < TELLING_SECONDS:
        seen = f"the attempts are {apart:.1f} s apart, too close for timestamps in whole seconds"
        return [info("retry-timestamp-untold", wanted, seen)]
    try:
        before, after = (read(trust.scheme, one.message, trust.how).stamp for one in (first, last))
    except Unreadable:
        return []
    if before != after:
        return []
    step = "sign each attempt: receivers refuse a timestamp that is more than five minutes old"
    seen = f"the first attempt's, {apart:.1f} s later"
    return [fail("retry-timestamp-repeated", wanted, seen, next_step=step)]

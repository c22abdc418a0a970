"""
A receiver takes what its sender signed, once, and nothing else.

https://www.standardwebhooks.com/: verifying webhook authenticity; RFC 2104. A refusal proves something only beside a
valid message that was taken. Whether signatures are compared in constant time cannot be seen over a network, and
nothing here claims to. Findings never hold a signature.
"""

from __future__ import annotations

import base64
from collections.abc import Collection, Sequence
from itertools import pairwise

from prodverify.judges.quotation import quote
from prodverify.record.findings import Finding, Severity, fail, inconclusive, info, warn
from prodverify.wire.exchange import Exchange

CLAUSE = "Standard Webhooks: verifying webhook authenticity"
TOO_LARGE = 413

_RAW = "Verify the bytes as they came, before anything reads them; compare with the scheme's own, secret included."


def judge_valid(exchange: Exchange, accepted: Collection[int], *, clocks_differ: bool = False) -> list[Finding]:
    """Deviations of the answer to a valid message, whose timestamp is none of now there if ``clocks_differ``."""
    wanted = f"{_statuses(accepted)} to a message that is signed with the secret"
    if found := _unjudged(exchange, wanted) or _broken(exchange, wanted):
        return found
    if _taken(exchange, accepted):
        return []
    if clocks_differ:
        seen = f"status {exchange.status}, and its Date is not our time"
        step = "set our clock or the service's, whichever is wrong"
        return [inconclusive("receiver-clocks-differ", wanted, seen, next_step=step)]
    return [fail("receiver-refuses-valid", wanted, f"status {exchange.status}", next_step=_RAW)]


def judge_genuine(exchange: Exchange, how: str, accepted: Collection[int]) -> list[Finding]:
    """Deviations of the answer to a message with a valid signature beside others; ``how`` says which."""
    wanted = f"{_statuses(accepted)} to a message with {how}"
    if found := _unjudged(exchange, wanted) or _broken(exchange, wanted):
        return found
    if _taken(exchange, accepted):
        return []
    step = "try every signature of the header that is of a version you know, until one is right"
    return [fail("receiver-overlooks-signature", wanted, f"status {exchange.status}", next_step=step)]


def judge_forged(
    exchange: Exchange,
    how: str,
    refused: Collection[int],
    *,
    large: bool = False,
    severity: Severity = Severity.FAIL,
) -> list[Finding]:
    """
    Deviations of the answer to a message that nobody should believe; ``how`` says what is wrong with it.

    A ``large`` one may be refused for that. ``severity`` is what its acceptance weighs.
    """
    wanted = f"{_statuses(refused)} to a message with {how}"
    if found := _unjudged(exchange, wanted) or _broken(exchange, wanted):
        return found
    if 200 <= exchange.status < 300:
        step = "refuse before anything is done, and see what this one did"
        rule = "receiver-accepts-forgery"
        return [Finding(severity, rule, wanted, f"status {exchange.status}", clause=CLAUSE, next_step=step)]
    if exchange.status in refused or (large and exchange.status == TOO_LARGE):
        return []
    step = "refuse with one status for every reason, or name it in refused_statuses"
    return [warn("receiver-refusal-other", wanted, f"status {exchange.status}", next_step=step)]


def judge_odd(exchange: Exchange, how: str) -> list[Finding]:
    """Deviations of the answer to a message that may be taken or refused, and must not break anything."""
    wanted = f"2xx or 4xx to a message with {how}"
    return _unjudged(exchange, wanted) or _broken(exchange, wanted)


def judge_discretion(exchange: Exchange, digests: Collection[bytes]) -> list[Finding]:
    """
    Deviations of a refusal that tells how it would have been signed.

    ``digests`` are the right signatures of what was sent. One that the request held itself is no news.
    """
    if 200 <= exchange.status < 300:
        return []
    answer = [exchange.text, *(value for _, value in exchange.headers)]
    request = [value for _, value in exchange.request_headers]
    for digest in digests:
        forms = (digest.hex(), base64.b64encode(digest).decode("ascii").rstrip("="))
        if _holds(answer, forms) and not _holds(request, forms):
            step = "say that the signature is wrong, and keep the right one: whoever reads it can forge the message"
            wanted, observed = "a refusal does not tell the right signature", f"status {exchange.status}, and it does"
            return [fail("receiver-reveals-signature", wanted, observed, next_step=step)]
    return []


def judge_effect(before: int, after: int, *, own: bool) -> list[Finding]:
    """
    Deviations of what a valid message did: its effect is counted once.

    ``own``: what is counted belongs to this message alone; otherwise others may be counted too.
    """
    wanted = "one more effect after one valid message"
    if after == before + 1:
        return []
    observed = f"{before} before, {after} after"
    if after == before:
        step = "see the service's log, or correct the receiver's effect in the target file"
        return [fail("receiver-effect-missing", wanted, f"{observed}, in the promised time", next_step=step)]
    if own and after > before:
        return [fail("receiver-effect-repeated", wanted, observed)]
    return [_unclear(wanted, observed)]


def judge_replay(exchange: Exchange, counts: Sequence[int], *, own: bool) -> list[Finding]:
    """
    Deviations of what a message did that came again, byte for byte: it is refused, or has no second effect.

    ``counts`` are the effects before the first repeat and after each; none where nothing counts them.
    """
    wanted = "a repeat is refused, or has no second effect"
    if found := _unjudged(exchange, wanted) or _broken(exchange, wanted):
        return found
    if 300 <= exchange.status < 500:
        return []
    if not counts:
        step = "declare [receivers.effect] to have it verified"
        seen = f"status {exchange.status}, and nothing tells its effects"
        return [info("receiver-replay-untold", wanted, seen, next_step=step)]
    grown = [after - before for before, after in pairwise(counts)]
    if not any(grown):
        return []
    observed = f"status {exchange.status}, effects {', '.join(map(str, counts))}"
    # Where others are counted too, only what repeats itself exactly is ours.
    if any(each > 0 for each in grown) if own else len(grown) > 1 and set(grown) == {1}:
        step = "keep the ids of messages for longer than the tolerance, and act on none of them twice"
        return [fail("receiver-acts-again", wanted, observed, next_step=step)]
    return [_unclear(wanted, observed)]


def taken(exchange: Exchange, accepted: Collection[int]) -> bool:
    """Whether a message was accepted."""
    return _taken(exchange, accepted)


def _taken(exchange: Exchange, accepted: Collection[int]) -> bool:
    return exchange.status in accepted if accepted else 200 <= exchange.status < 300


def _unclear(wanted: str, observed: str) -> Finding:
    step = "write {id} into the path of the effect, so that nobody else's is counted"
    return inconclusive("receiver-effect-unclear", wanted, f"{observed}: others are counted too", next_step=step)


def _unjudged(exchange: Exchange, wanted: str) -> list[Finding]:
    if exchange.status != 429:
        return []
    step = "wait, or lower rate_per_second in [asking]"
    return [inconclusive("receiver-limited", wanted, "429: a limiter answered", next_step=step)]


def _broken(exchange: Exchange, wanted: str) -> list[Finding]:
    if exchange.status < 500:
        return []
    step = (
        "refuse what cannot be read: decode nothing that is not verified, and catch more than the library's own error"
    )
    return [fail("receiver-breaks", wanted, f"status {exchange.status}", next_step=step)]


def _statuses(statuses: Collection[int]) -> str:
    return quote(", ".join(map(str, sorted(statuses))), 60) if statuses else "2xx"


def _holds(texts: Sequence[str], forms: Collection[str]) -> bool:
    hexadecimal, encoded = forms
    return any(hexadecimal in text.lower() or encoded in text for text in texts)

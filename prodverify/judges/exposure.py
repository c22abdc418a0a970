"""
What everybody tries is there for everybody only where that is meant.

ASVS 5.0 13.4.1 to 13.4.5. Only what proves itself real counts, and only beside a made-up path that is answered
otherwise: a page that answers every path exposes nothing.
"""

from __future__ import annotations

import re
from typing import Literal

from prodverify.judges.quotation import quote
from prodverify.judges.well_known import WellKnown
from prodverify.record.findings import Finding, fail, inconclusive, info, warn
from prodverify.wire.exchange import Exchange

CLAUSE = "ASVS 5.0 13.4"

Expected = Literal["public", "closed", "absent"]

_SEARCHED_BYTES = 65536
_COMPARED_BYTES = 16384
_ALIKE = 0.9
"""Share of words that two pages have in common where they are the same page."""

_PASSING = re.compile(rb"[0-9a-f]{8,}|\d+")
"""What changes in a page from answer to answer: ids, nonces, times."""

_SEPARATORS = re.compile(rb"[\s<>\"'=/\\,:{}]+")
_PIECES = re.compile(rb"[^a-z0-9]+")


def judge_missing(made_up: Exchange, *, catch_all: bool) -> list[Finding]:
    """Deviations of the answer to a made-up path: it is not found, or it is the one page that is declared."""
    wanted = "a path that nothing is at is not found"
    if made_up.status == 429:
        return [inconclusive("exposure-limited", wanted, "429: a limiter answered")]
    if made_up.status >= 500:
        return [fail("exposure-missing-breaks", wanted, f"status {made_up.status}")]
    if 200 <= made_up.status < 300:
        observed = (
            f"status {made_up.status} with {len(made_up.body)} bytes of {quote(made_up.media_type, 60) or 'no type'}"
        )
        if catch_all:
            return [info("exposure-catch-all", wanted, observed)]
        advice = "Answer 404, or say catch_all = true in [exposure] if one page is meant to answer every path."
        return [fail("exposure-missing-answered", wanted, observed, next_step=advice)]
    return []


def judge(answer: Exchange, made_up: Exchange, known: WellKnown, expected: Expected) -> list[Finding]:
    """Deviations of what a stranger gets at a path, beside what the stranger gets at a made-up one."""
    path = quote(known.path, 80)
    wanted = {"public": f"{path} for everybody", "closed": f"{path} for nobody without a credential"}.get(
        expected, f"nothing at {path}"
    )
    if answer.status == 429 or answer.status >= 500:
        return [inconclusive("exposure-unclear", wanted, f"status {answer.status}")]
    real = is_real(answer, made_up, known)
    if expected == "public":
        return _public(answer, made_up, wanted, real)
    if not 200 <= answer.status < 300 or not answer.body.strip():
        return []
    observed = f"status {answer.status}, {quote(answer.media_type, 60) or 'no type'}: {known.holds}"
    if real and expected == "closed":
        return [fail("exposure-open", wanted, observed)]
    if real:
        advice = "Take it away; if it is meant, say it in public of [exposure]."
        return [Finding(known.severity, "exposure-found", wanted, observed, CLAUSE, advice)]
    if expected == "closed":
        advice = "See what is shown: something closed, or a page for every path; name what is really closed."
        return [
            inconclusive(
                "exposure-unclear", wanted, f"status {answer.status} with a page that proves nothing", next_step=advice
            )
        ]
    return []


def is_real(answer: Exchange, made_up: Exchange, known: WellKnown) -> bool:
    """Whether an answer is what it is asked for; of what has no known form, whether it is no page for everything."""
    if not 200 <= answer.status < 300 or not answer.body.strip():
        return False
    if known.form is not None and not known.form.search(answer.body[:_SEARCHED_BYTES]):
        return False
    return not alike(answer, made_up)


def alike(answer: Exchange, made_up: Exchange) -> bool:
    """Whether two answers are one page, what passes in it left out."""
    if answer.status // 100 != made_up.status // 100 or answer.media_type != made_up.media_type:
        return False
    asked = [one.target.encode("latin-1", "replace").lower() for one in (answer, made_up) if len(one.target) > 1]
    ours, theirs = _words(answer, asked), _words(made_up, asked)
    if not ours or not theirs:
        return ours == theirs
    return len(ours & theirs) >= _ALIKE * max(len(ours), len(theirs))


def leads_as_all(answer: Exchange, made_up: Exchange) -> bool:
    """Whether a redirect goes where a made-up path is sent, too: to the log-in, say."""
    both = [one.headers.first("location").partition("?")[0] for one in (answer, made_up) if 300 <= one.status < 400]
    return len(both) == 2 and both[0] == both[1]


def _public(answer: Exchange, made_up: Exchange, wanted: str, real: bool) -> list[Finding]:
    observed = f"status {answer.status}"
    if 300 <= answer.status < 400:
        observed += f" to {quote(answer.headers.first('location'), 100) or 'nowhere'}"
        if leads_as_all(answer, made_up):
            return [fail("exposure-not-public", wanted, f"{observed}, like a path that nothing is at")]
        return [info("exposure-redirected", wanted, observed)]
    if not 200 <= answer.status < 300:
        return [fail("exposure-not-public", wanted, observed)]
    if not real:
        return [warn("exposure-unrecognised", wanted, f"{observed}, and nothing that proves it real")]
    if answer.redirects:
        return [info("exposure-redirected", wanted, f"{observed} at {quote(answer.target.partition('?')[0], 100)}")]
    return []


def _words(exchange: Exchange, asked: list[bytes]) -> frozenset[bytes]:
    """The words of a page, without the addresses that it may repeat, whole or in pieces."""
    body = exchange.body[:_COMPARED_BYTES].lower()
    for target in asked:
        body = body.replace(target, b"")
    pieces = {piece for target in asked for piece in (*target.split(b"/"), *_PIECES.split(target))}
    passing = {_PASSING.sub(b"", piece) for piece in pieces}
    return frozenset(_SEPARATORS.split(_PASSING.sub(b"", body))) - passing

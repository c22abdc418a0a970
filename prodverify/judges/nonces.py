"""
A nonce lets a script run in one answer, and in no other.

CSP level 3 section 7.1: a server makes a new one for each answer. A nonce that repeats is known to whoever saw it once,
and an injected script may carry it.
"""

from __future__ import annotations

from prodverify.judges import meta
from prodverify.judges.csp import parse, policies
from prodverify.judges.numeral import whole
from prodverify.judges.quotation import quote
from prodverify.record.findings import Finding, fail, info
from prodverify.wire.exchange import Exchange

CLAUSE = "W3C Content Security Policy Level 3 section 7.1"


def of(page: Exchange) -> frozenset[str]:
    """The nonces of every enforced policy of a page, quotes included; it may state policies itself."""
    return frozenset(
        source
        for policy in (*policies(page.headers), *map(parse, meta.read(page.text).policies))
        for sources in policy.directives.values()
        for source in sources
        if source.lower().startswith("'nonce-")
    )


def judge(first: Exchange, second: Exchange | None) -> list[Finding]:
    """
    Two answers of one page share no nonce. One out of a cache repeats its nonce, and fails as well.

    No ``second``: the first has no nonce, so that there was nothing to compare.
    """
    if second is None:
        return [info("csp-nonce-absent", "a nonce for scripts that no address tells apart", "the policy has no nonce")]
    common = sorted(of(first) & of(second))
    cached = any((whole(page.headers.first("age")) or 0) > 0 for page in (first, second))
    why = "A cache repeats whole answers: keep pages with nonces out of it." if cached else "Make a nonce per answer."
    return [
        fail(
            "csp-nonce-repeated",
            "a new nonce in every answer",
            f"{quote(nonce, 60)} in two answers{' (cached)' if cached else ''}",
            next_step=why,
        )
        for nonce in common[:1]
    ]

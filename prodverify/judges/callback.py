"""Nobody fetches a key from a place that only the token itself names (RFC 8725 section 3.10)."""

from __future__ import annotations

from collections.abc import Mapping

from prodverify.judges.quotation import quote
from prodverify.record.findings import Finding, fail

CLAUSE = "RFC 8725 section 3.10"


def judge_callbacks(calls: Mapping[str, int]) -> list[Finding]:
    """
    Deviations of how often each address that a token named was called, by what the token presented.

    A call is the failure, whatever was answered afterwards: whoever writes a token chooses what the service asks for.
    """
    return [
        fail(
            "token-key-fetched",
            "nothing is fetched from an address that only the token names",
            f"{count} {'request' if count == 1 else 'requests'} to our listener after {quote(presented, 80)}",
            clause=CLAUSE,
            next_step="Take keys from the issuer's own address alone, and ignore jku and x5u.",
        )
        for presented, count in calls.items()
        if count > 0
    ]

"""
A service delivers to no address that leads into its own network, however it is written.

OWASP API Security API7:2023; Standard Webhooks: SSRF. Taking such an address is no proof, as a guard may stand where
the service connects; a delivery is.
"""

from __future__ import annotations

from prodverify.record.findings import Finding, Severity, fail, inconclusive
from prodverify.wire.exchange import Exchange

CLAUSE = "API7:2023"

_STEP = "look at the address that is connected to, not at its text; allow http and https on known ports alone"


def judge(exchange: Exchange, what: str, *, at_creation: bool, arrived: bool = False) -> list[Finding]:
    """
    Deviations of the answer to whoever names an address of a kind that is promised to be refused.

    ``what`` is the kind in words. ``arrived``: a delivery to it came to our receiver, where the address leads.
    """
    wanted = f"4xx to {what} as the address of a delivery"
    observed = f"status {exchange.status}"
    if arrived:
        return [fail("destination-reached", wanted, f"{observed}, and it was delivered there", next_step=_STEP)]
    if exchange.status == 429:
        return [inconclusive("destination-limited", wanted, "429: a limiter answered")]
    if exchange.status >= 500:
        return [fail("destination-breaks", wanted, observed, next_step="refuse what cannot be read as an address")]
    if exchange.status < 200 or 300 <= exchange.status < 400:
        return [inconclusive("destination-unclear", wanted, observed, next_step="see what answers there")]
    if exchange.status < 300:
        severity = Severity.FAIL if at_creation else Severity.WARN
        seen = observed if at_creation else f"{observed}: whether it is connected to is not known"
        return [Finding(severity, "destination-taken", wanted, seen, clause=CLAUSE, next_step=_STEP)]
    return []

"""There are connections left when somebody needs one."""

from __future__ import annotations

from collections.abc import Iterable

from prodverify.data.health.connections import Limit
from prodverify.judges.quotation import quote
from prodverify.record.findings import Finding, fail, info, warn

REFUSALS = (
    "too many clients already",
    "remaining connection slots are reserved",
    "too many connections for role",
    "too many connections for database",
    "no more connections allowed",  # PgBouncer's max_client_conn
)
"""How PostgreSQL and PgBouncer say that there is none left."""
_MEND = "find who holds them (pg_stat_activity by application_name), bound the pools, or put a pooler in between"


def judge(limits: Iterable[Limit], warn_percent: float, fail_percent: float) -> list[Finding]:
    """Less than ``fail_percent`` of every limit is used, and from ``warn_percent`` on somebody is told (SPEC D5)."""
    found = []
    fullest = ""
    for limit in limits:
        observed = f"{quote(limit.whose, 80)}: {limit.used} of {limit.most}"
        fullest = fullest or observed
        used_percent = 100.0 * limit.used / limit.most if limit.most > 0 else 100.0
        if used_percent >= fail_percent:
            expected = f"less than {fail_percent:g} % of the connections used"
            found.append(fail("connections-exhausted", expected, observed, next_step=_MEND))
        elif used_percent >= warn_percent:
            expected = f"less than {warn_percent:g} % of the connections used"
            found.append(warn("connections-scarce", expected, observed, next_step=_MEND))
    return found or [info("connections", f"less than {warn_percent:g} % of the connections used", fullest)]


def judge_refusal(refusal: Finding) -> list[Finding]:
    """Whether the server could not be read because it has no connection left: that answers this question."""
    if not any(words in refusal.observed for words in REFUSALS):
        return []
    return [fail("connections-exhausted", "a connection for us", quote(refusal.observed), next_step=_MEND)]

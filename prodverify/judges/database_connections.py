"""There are connections left when somebody needs one."""

from __future__ import annotations

import re
from collections.abc import Iterable

from prodverify.data.health.connections import BETWEEN_ATTEMPTS, Limit
from prodverify.judges.quotation import quote
from prodverify.record.findings import Finding, fail, info, warn

REFUSALS = (
    "too many clients already",
    "remaining connection slots are reserved",
    "too many connections for role",
    "too many connections for database",
    "no more connections allowed",  # PgBouncer's max_client_conn
    "query_wait_timeout",  # PgBouncer's: it had none for us in that time
)
"""How PostgreSQL and PgBouncer say that there is none left."""
_UNREACHABLE = re.compile(
    r"connection to server .*failed: (Connection refused|No such file or directory"
    r"|FATAL:  ?the database system is (starting up|shutting down|in recovery mode|not (yet )?accepting connections))"
)
"""How libpq says that nothing listens there, and a server that it takes nobody in."""
_NO_WAY = re.compile(
    r"connection to server [^;]*[\"(][0-9a-f.]*:[0-9a-f:.]*[\")], port \d+ failed: "
    r"(Network is unreachable|Cannot assign requested address|Address family not supported)"
)
"""How a machine without IPv6 tells of an address of it, beside which a name may have others."""
_LONGEST = 600
"""Characters of what several attempts were told."""
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
    """
    Whether we were not taken in for what lies with the server: nothing listens there, or it has no connection left.

    That answers this question. What may lie with us (a name that does not resolve, no way there, no answer, an account
    that is refused) does not, nor does it say anything of what could not be read. Of several hosts or addresses one
    without a connection left is enough, and all have to be unreachable.
    """
    observed = quote(refusal.observed, _LONGEST)
    if any(words in refusal.observed for words in REFUSALS):
        return [fail("connections-exhausted", "a connection for us", observed, next_step=_MEND)]
    told = [words for words in refusal.observed.split(BETWEEN_ATTEMPTS) if not _NO_WAY.search(words)]
    if told and all(_UNREACHABLE.search(words) for words in told):
        step = "start it, and see in its log why it is down; or mend the address in the DSN"
        return [fail("database-unreachable", "a connection for us", observed, next_step=step)]
    return []

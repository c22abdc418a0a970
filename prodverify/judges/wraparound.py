"""Transaction numbers do not run out: old rows are frozen in time."""

from __future__ import annotations

from prodverify.data.health.wraparound import Age, Ages
from prodverify.judges.quotation import quote
from prodverify.record.findings import Finding, fail, info, warn

NUMBERS = 2**31
"""Transactions that PostgreSQL can look back on; some millions before the end it takes no more."""
BEHIND = 1.2
"""Times the age at which autovacuum begins to freeze: where it keeps up, nothing gets so old."""
_MEND = "VACUUM (FREEZE) the oldest tables now; end what holds them back (old transactions, slots, prepared ones)"


def judge(ages: Ages, most_percent: float) -> list[Finding]:
    """
    Every database has used less than ``most_percent`` of the numbers, and autovacuum keeps up with freezing.

    https://www.postgresql.org/docs/current/routine-vacuuming.html#VACUUM-FOR-WRAPAROUND
    """
    found = []
    for age in ages.databases:
        limit = ages.limits.get(age.kind, 0)
        if age.age >= NUMBERS * most_percent / 100.0:
            expected = f"less than {most_percent:g} % of the 2^31 numbers of {age.kind} used"
            found.append(fail("wraparound-near", expected, _said(age, ages.table), next_step=_MEND))
        elif limit and age.age > BEHIND * limit:
            expected = f"nothing much older than the {limit:,} {age.kind} at which autovacuum freezes"
            found.append(warn("wraparound-approaching", expected, _said(age, ages.table), next_step=_MEND))
    oldest = _said(ages.databases[0], None) if ages.databases else "no database"
    return found or [info("wraparound", f"less than {most_percent:g} % of the 2^31 numbers used", oldest)]


def _said(age: Age, table: Age | None) -> str:
    said = f"{quote(age.whose, 80)}: {age.age:,} {age.kind}, {100.0 * age.age / NUMBERS:.1f} %"
    return f"{said}; here the oldest is {quote(table.whose, 130)}, {table.age:,}" if table else said

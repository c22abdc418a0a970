"""Every index is used, and kept up to date."""

from __future__ import annotations

from collections.abc import Iterable

from prodverify.data.health.indexes import BadIndex
from prodverify.judges.quotation import quote
from prodverify.record.findings import Finding, fail, info


def judge(bad: Iterable[BadIndex]) -> list[Finding]:
    """
    No index is invalid, but while somebody builds it.

    A concurrent build that failed leaves one: queries do not use it, and every write pays for it.
    https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY
    """
    found = []
    for index in bad:
        observed = f"{quote(index.name, 130)} on {quote(index.table, 63)}"
        if index.under_way:
            found.append(info("index-under-way", "only valid indexes", f"{observed}, which somebody builds or drops"))
            continue
        found.append(
            fail(
                "index-invalid",
                "only valid indexes",
                observed,
                next_step="DROP INDEX CONCURRENTLY it, mend what made its build fail, and build it again; to one of a"
                " partitioned table attach those of all partitions",
            )
        )
    return found

"""Rules of queries of the target's own, to whichever database was brought back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from prodverify.target.drill import Query
from prodverify.target.wording import Complaint, Place


def complaints(section: Place, queries: tuple[Query, ...]) -> Iterator[Complaint]:
    """Everything in the ``queries`` of ``section`` that cannot be meant."""
    for name, count in Counter(query.name for query in queries).items():
        if count > 1:
            yield Complaint((*section, "queries", name, "name"), f"{count} queries have this name; expected one")
    for query in queries:
        place = (*section, "queries", query.name)
        if query.expect is None and query.min_rows is None and query.max_age_seconds is None:
            yield Complaint((*place, "expect"), "is missing; expected expect, min_rows or max_age_seconds")
        if not query.sql.strip().rstrip(";").strip():
            yield Complaint((*place, "sql"), "is empty; expected one statement that reads")

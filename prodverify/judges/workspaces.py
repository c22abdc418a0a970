"""Deliveries of two workspaces, and whether each got its own alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from prodverify.judges.deliveries import Attempt
from prodverify.record.findings import Finding, fail, inconclusive


@dataclass(frozen=True, slots=True)
class Inboxed:
    """What arrived at the inbox of one workspace, and the id of the request that caused its own delivery."""

    attempts: Sequence[Attempt]
    request_id: str = ""


def judge(one: Inboxed, other: Inboxed, *, request_id_header: str, id_header: str) -> list[Finding]:
    """
    Deviations of two inboxes: a delivery at one that belongs to the other.

    It is known by the request that caused it, by its id, or by being the same at both. More than one that cannot be
    told apart is inconclusive.
    """
    wanted = "a workspace gets its own deliveries alone"
    step = "choose receivers by the workspace of the event, in the query itself"
    for mine, theirs in ((one, other), (other, one)):
        for attempt in mine.attempts:
            named = attempt.message.headers.first(request_id_header) if request_id_header else ""
            if named and theirs.request_id and named == theirs.request_id:
                seen = "a delivery that names the request of another workspace"
                return [fail("delivery-of-another-workspace", wanted, seen, next_step=step)]
    if shared := _marks(one, id_header) & _marks(other, id_header):
        seen = f"{len(shared)} of the same at both inboxes"
        return [fail("delivery-of-another-workspace", wanted, seen, next_step=step)]
    told = request_id_header and one.request_id and other.request_id
    if not told and max(len(one.attempts), len(other.attempts)) > 1:
        seen = f"{len(one.attempts)} and {len(other.attempts)} deliveries, which nothing tells apart"
        step = "declare request_id_header, by which a delivery names its cause"
        return [inconclusive("delivery-unrecognised", wanted, seen, next_step=step)]
    return []


def _marks(inboxed: Inboxed, id_header: str) -> set[str]:
    """Ids of deliveries; nothing else tells one from another, as two workspaces may be told the same."""
    values = (attempt.message.headers.first(id_header).strip(" \t") for attempt in inboxed.attempts if id_header)
    return {value for value in values if value}

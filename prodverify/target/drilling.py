"""Rules of ``[backups.drill]`` that go beyond the type of one key."""

from __future__ import annotations

from collections.abc import Iterator

from prodverify.target import querying
from prodverify.target.migrating import TABLE_NAME
from prodverify.target.model import Promises
from prodverify.target.wording import Complaint, Place, came

_PLACE: Place = ("backups", "drill")


def complaints(promises: Promises) -> Iterator[Complaint]:
    """Everything in ``[backups.drill]`` that cannot be meant."""
    if promises.backups is None:
        return
    drill = promises.backups.drill
    for number, mode in enumerate(drill.compare):
        if mode in drill.compare[:number]:
            yield Complaint((*_PLACE, "compare", number), f"names {came(mode)} a second time")
    if "live" in drill.compare and not drill.slices:
        yield Complaint((*_PLACE, "slices"), 'is missing; compare says "live", and a whole table is never compared so')
    if drill.slices and promises.database is None:
        yield Complaint((*_PLACE, "slices"), "needs [database]: old rows are read in the live database that it names")
    for number, wanted in enumerate(drill.slices):
        if not TABLE_NAME.fullmatch(wanted.table):
            text = f"expected table or schema.table, came {came(wanted.table)}"
            yield Complaint((*_PLACE, "slices", number, "table"), text)
    yield from querying.complaints(_PLACE, drill.queries)


def secrets_used(promises: Promises) -> Iterator[tuple[Place, str]]:
    """The place that names the key to encrypted backups, and the name."""
    if promises.backups is not None and promises.backups.drill.identity is not None:
        yield (*_PLACE, "identity"), promises.backups.drill.identity

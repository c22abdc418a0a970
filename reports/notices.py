"""What a person is told beside the cases: what blocks, and what is merely worth knowing."""

from __future__ import annotations

from collections.abc import Iterator

from prodverify.record.run import RunRecord
from prodverify.record.waivers import Use
from reports.wording import PRACTICE


def blocking(record: RunRecord) -> list[str]:
    """What needs a decision and is no case, each once."""
    return list(dict.fromkeys(_blocking(record)))


def notes(record: RunRecord) -> list[str]:
    """What changes no verdict. What is told elsewhere is left out."""
    return [note for note in dict.fromkeys(_notes(record)) if note != PRACTICE and note not in blocking(record)]


def _blocking(record: RunRecord) -> Iterator[str]:
    if record.aborted:
        yield "the run was aborted: what is not listed was not verified"
    yield from (one.sentence for one in record.waivers if one.use in (Use.EXPIRED, Use.UNNEEDED))
    versions = [str(seen) for seen in record.versions.get("service", ())]
    if len(versions) > 1:
        yield f"the service answered with {len(versions)} versions during the run: {', '.join(versions)}"
    if not record.narrowed:
        yield from (f"missing, though the roster lists it: {one}" for one in record.roster.missing)


def _notes(record: RunRecord) -> Iterator[str]:
    yield from (one.sentence for one in record.waivers if one.use in (Use.UNKNOWN, Use.IDLE))
    if unexpected := len(record.roster.unexpected):
        yield f"{unexpected} cases are not in the roster; add them with --update-roster"
    yield from record.notes

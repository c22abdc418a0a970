"""The manifest beside a backup: what was in the database when it was taken. Pure: text and values, no file."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from prodverify.data.catalog.contents import ALGORITHM, Contents, Structure, Table

FORMAT = 1


class ManifestError(ValueError):
    """A text that is no manifest; ``complaints`` holds every one, each a clause that names the member."""

    def __init__(self, complaints: list[str]) -> None:
        super().__init__("; ".join(complaints))
        self.complaints = tuple(complaints)


@dataclass(frozen=True, slots=True)
class Manifest:
    """
    What a backup holds, counted in the snapshot that was dumped.

    ``taken_at`` is in UTC, ``size_bytes`` and ``sha256`` are of the compressed file as it is stored.
    """

    taken_at: datetime
    file: str
    size_bytes: int
    sha256: str
    contents: Contents
    server_version: str
    tool_version: str
    algorithm: str = ALGORITHM

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as the manifest file has them."""
        contents = self.contents
        heads = contents.migration_heads
        return {
            "format": FORMAT,
            "taken_at": self.taken_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "dump": {"file": self.file, "size_bytes": self.size_bytes, "sha256": self.sha256},
            "versions": {
                "server": self.server_version,
                "server_version_num": contents.server_version_num,
                "pg_dump": self.tool_version,
            },
            "algorithm": self.algorithm,
            "tables": {
                name: {"rows": table.rows, "checksum": table.checksum, "columns": list(table.columns)}
                for name, table in contents.tables.items()
            },
            "structure": {
                "objects": list(contents.structure.objects),
                "broken": list(contents.structure.broken),
            },
            "migration_heads": None if heads is None else list(heads),
        }

    def as_text(self) -> str:
        """The manifest file: JSON, indented, so that two of them can be compared by eye."""
        return json.dumps(self.as_dict(), indent=1, ensure_ascii=False) + "\n"

    @classmethod
    def from_text(cls, text: str | bytes) -> Manifest:
        """The manifest that ``as_text`` wrote. Raises ``ManifestError``."""
        try:
            values = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ManifestError([f"the file is not JSON: {error}"]) from None
        return cls.from_dict(values)

    @classmethod
    def from_dict(cls, values: object) -> Manifest:
        """The manifest that ``as_dict`` wrote. Raises ``ManifestError`` with everything that is wrong."""
        reading = _Reading()
        whole = reading.members(values, "the file")
        if whole.get("format") != FORMAT:
            reading.complain("format", f"{FORMAT}", whole.get("format"))
            raise ManifestError(reading.complaints)
        dump = reading.members(whole.get("dump"), "dump")
        versions = reading.members(whole.get("versions"), "versions")
        structure = reading.members(whole.get("structure"), "structure")
        heads = whole.get("migration_heads")
        manifest = cls(
            taken_at=reading.moment(whole.get("taken_at"), "taken_at"),
            file=reading.text(dump.get("file"), "dump.file"),
            size_bytes=reading.count(dump.get("size_bytes"), "dump.size_bytes"),
            sha256=reading.text(dump.get("sha256"), "dump.sha256", r"[0-9a-f]{64}"),
            contents=Contents(
                tables={
                    name: _table(reading, table, f"tables.{name}")
                    for name, table in reading.members(whole.get("tables"), "tables").items()
                },
                structure=Structure(
                    reading.texts(structure.get("objects"), "structure.objects"),
                    reading.texts(structure.get("broken"), "structure.broken"),
                ),
                server_version_num=reading.count(versions.get("server_version_num"), "versions.server_version_num"),
                migration_heads=None if heads is None else reading.texts(heads, "migration_heads"),
            ),
            server_version=reading.text(versions.get("server"), "versions.server"),
            tool_version=reading.text(versions.get("pg_dump"), "versions.pg_dump"),
            algorithm=reading.text(whole.get("algorithm"), "algorithm"),
        )
        if reading.complaints:
            raise ManifestError(reading.complaints)
        return manifest


@dataclass(frozen=True, slots=True)
class BackupFile:
    """
    One backup.

    ``taken_at`` is in UTC: the time in its name, or in its manifest where that is earlier. ``manifest`` is ``None``
    where there is no manifest beside it, or one that cannot be used; then ``complaint`` says why.
    """

    path: Path
    taken_at: datetime
    manifest: Manifest | None
    complaint: str = ""


def _table(reading: _Reading, value: object, member: str) -> Table:
    table = reading.members(value, member)
    return Table(
        reading.count(table.get("rows"), f"{member}.rows"),
        reading.text(table.get("checksum"), f"{member}.checksum", r"-?\d+"),
        reading.texts(table.get("columns"), f"{member}.columns"),
    )


class _Reading:
    """Collects every complaint; where there is one, a value of the right type takes the place of the wrong one."""

    def __init__(self) -> None:
        self.complaints: list[str] = []

    def complain(self, member: str, wanted: str, value: object) -> None:
        came = "nothing" if value is None else f"{type(value).__name__} {str(value)[:40]!r}"
        self.complaints.append(f"{member} must be {wanted}, and is {came}")

    def members(self, value: object, member: str) -> dict[str, object]:
        if isinstance(value, dict):
            return value
        self.complain(member, "an object", value)
        return {}

    def text(self, value: object, member: str, pattern: str = r"(?s).+") -> str:
        if isinstance(value, str) and re.fullmatch(pattern, value):
            return value
        wanted = "a text" if pattern.endswith(".+") else f"a text like {pattern}"
        self.complain(member, wanted, value)
        return ""

    def texts(self, value: object, member: str) -> tuple[str, ...]:
        if isinstance(value, list) and all(isinstance(each, str) for each in value):
            return tuple(value)
        self.complain(member, "a list of texts", value)
        return ()

    def count(self, value: object, member: str) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return value
        self.complain(member, "a number, 0 or more", value)
        return 0

    def moment(self, value: object, member: str) -> datetime:
        # OverflowError: a moment of the year 1 in one zone is before the year 1 in another
        with suppress(ValueError, OverflowError):
            if isinstance(value, str) and (moment := datetime.fromisoformat(value)).tzinfo is not None:
                return moment.astimezone(UTC)
        self.complain(member, "a time with its zone, such as 2026-01-31T09:00:00Z", value)
        return datetime.fromtimestamp(0, UTC)

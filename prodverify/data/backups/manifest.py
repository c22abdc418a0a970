"""The manifest beside a backup: what was in the database when it was taken. Pure: text and values, no file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from prodverify.data.backups.members import Reading
from prodverify.data.catalog.contents import ALGORITHM, Contents, Locale, Position, Span, Structure, Table

FORMAT = 3
"""
Format 1 said nothing of formats, sizes of tables and clocks, and format 2 nothing of sequences and of what orders text;
they are read, and not written any more.
"""
_FIRST, _SECOND = 1, 2
_SHA256_OR_NONE = r"([0-9a-f]{64})?"


class ManifestError(ValueError):
    """A text that is no manifest; ``complaints`` holds every one, each a clause that names the member."""

    def __init__(self, complaints: list[str]) -> None:
        super().__init__("; ".join(complaints))
        self.complaints = tuple(complaints)


@dataclass(frozen=True, slots=True)
class Manifest:
    """
    What a backup holds, counted in the snapshot that was dumped. It holds no value of a row, and no DSN.

    ``taken_at`` is in UTC, ``size_bytes`` and ``sha256`` are of the file as it is stored; of a folder they are those of
    ``archives.facts.Facts``. ``plain_size_bytes`` and ``plain_sha256`` are of what was there before encryption.
    ``content_bytes`` is its size unpacked, 0 in manifests that do not say it. ``format``, ``codec`` and ``compression``
    have the words of ``Facts``, ``encryption`` is ``age`` or nothing.
    ``server_at`` and ``here_at`` are the moment of the snapshot by the server's clock and by that of the machine that
    took it, in UTC. ``database_bytes`` and ``table_bytes`` (with indexes and TOAST) are sizes of the server's files.
    Of an older format texts are empty, sizes 0, and moments, ``locale`` and sequences ``None`` where it did not say
    them.

    A sha256 tells damage. It does not tell forgery: whoever can write the backup can write its manifest.
    """

    taken_at: datetime
    file: str
    size_bytes: int
    sha256: str
    contents: Contents
    server_version: str
    tool_version: str
    algorithm: str = ALGORITHM
    format: str = ""
    codec: str = ""
    compression: str = ""
    encryption: str = ""
    plain_size_bytes: int = 0
    plain_sha256: str = ""
    content_bytes: int = 0
    server_at: datetime | None = None
    here_at: datetime | None = None
    database_bytes: int = 0
    table_bytes: Mapping[str, int] = field(default_factory=dict)
    locale: Locale | None = None

    @property
    def skew_seconds(self) -> float:
        """How much the server's clock was ahead of that of the machine that took it; 0 where nobody said."""
        if self.server_at is None or self.here_at is None:
            return 0.0
        return (self.server_at - self.here_at).total_seconds()

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as the manifest file has them."""
        contents = self.contents
        heads = contents.migration_heads
        return {
            "format": FORMAT if self.locale and contents.sequences is not None else _SECOND,
            "taken_at": _written(self.taken_at),
            "snapshot": {"server_at": _written(self.server_at), "here_at": _written(self.here_at)},
            "dump": {
                "file": self.file,
                "size_bytes": self.size_bytes,
                "sha256": self.sha256,
                "format": self.format,
                "codec": self.codec,
                "compression": self.compression,
                "encryption": self.encryption,
                "plain_size_bytes": self.plain_size_bytes,
                "plain_sha256": self.plain_sha256,
                "content_bytes": self.content_bytes,
            },
            "database": {"size_bytes": self.database_bytes, **(asdict(self.locale) if self.locale else {})},
            "versions": {
                "server": self.server_version,
                "server_version_num": contents.server_version_num,
                "pg_dump": self.tool_version,
            },
            "algorithm": self.algorithm,
            "tables": {
                name: {
                    "rows": table.rows,
                    "checksum": table.checksum,
                    "columns": list(table.columns),
                    **({"extension": table.extension} if table.extension else {}),
                    "size_bytes": self.table_bytes.get(name, 0),
                }
                for name, table in contents.tables.items()
            },
            "structure": {
                "objects": list(contents.structure.objects),
                "broken": list(contents.structure.broken),
            },
            "migration_heads": None if heads is None else list(heads),
            **({} if contents.sequences is None else {"sequences": _as_members(contents.sequences)}),
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
        """The manifest that ``as_dict`` wrote, or one of format 1 or 2. Raises ``ManifestError`` with all mistakes."""
        reading = Reading()
        whole = reading.members(values, "the file")
        number = whole.get("format")
        if number not in (_FIRST, _SECOND, FORMAT) or isinstance(number, bool):
            reading.complain("format", f"{_FIRST} to {FORMAT}", number)
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
                sequences=_sequences(reading, whole) if number == FORMAT else None,
            ),
            server_version=reading.text(versions.get("server"), "versions.server"),
            tool_version=reading.text(versions.get("pg_dump"), "versions.pg_dump"),
            algorithm=reading.text(whole.get("algorithm"), "algorithm"),
            locale=_locale(reading, whole) if number == FORMAT else None,
            **(_second(reading, whole, dump) if number != _FIRST else {}),
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


def _written(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _second(reading: Reading, whole: dict[str, object], dump: dict[str, object]) -> dict[str, Any]:
    """What format 2 says and format 1 did not."""
    snapshot = reading.members(whole.get("snapshot"), "snapshot")
    database = reading.members(whole.get("database"), "database")
    tables = reading.members(whole.get("tables"), "tables")
    words = {
        "format": r"\w*",
        "codec": r"\w*",
        "compression": r"\w*",
        "encryption": r"\w*",
        "plain_sha256": _SHA256_OR_NONE,
    }
    return {
        **{name: reading.text(dump.get(name), f"dump.{name}", pattern) for name, pattern in words.items()},
        "plain_size_bytes": reading.count(dump.get("plain_size_bytes"), "dump.plain_size_bytes"),
        "content_bytes": reading.count(dump.get("content_bytes", 0), "dump.content_bytes"),
        **{
            name: None if snapshot.get(name) is None else reading.moment(snapshot.get(name), f"snapshot.{name}")
            for name in ("server_at", "here_at")
        },
        "database_bytes": reading.count(database.get("size_bytes"), "database.size_bytes"),
        "table_bytes": {
            name: reading.count(table.get("size_bytes"), f"tables.{name}.size_bytes")
            for name, table in tables.items()
            if isinstance(table, dict)
        },
    }


def _table(reading: Reading, value: object, member: str) -> Table:
    table = reading.members(value, member)
    return Table(
        reading.count(table.get("rows"), f"{member}.rows"),
        reading.text(table.get("checksum"), f"{member}.checksum", r"-?\d+"),
        reading.texts(table.get("columns"), f"{member}.columns"),
        reading.text(table.get("extension", ""), f"{member}.extension", r"(?s).*"),
    )


def _locale(reading: Reading, whole: dict[str, object]) -> Locale:
    database = whole.get("database")
    said = database if isinstance(database, dict) else {}
    words = {"encoding": r"\w+", "provider": r"\w+", "collate": r"(?s).+", "ctype": r"(?s).+", "locale": r"(?s).*"}
    return Locale(
        **{name: reading.text(said.get(name), f"database.{name}", pattern) for name, pattern in words.items()}
    )


def _as_members(sequences: Mapping[str, Span]) -> dict[str, object]:
    return {
        name: {
            "first": [span.first.last_value, span.first.is_called],
            "last": [span.last.last_value, span.last.is_called],
            "increment": span.increment,
            "cycles": span.cycles,
        }
        for name, span in sequences.items()
    }


def _sequences(reading: Reading, whole: dict[str, object]) -> dict[str, Span]:
    spans = {}
    for name, value in reading.members(whole.get("sequences"), "sequences").items():
        span, member = reading.members(value, f"sequences.{name}"), f"sequences.{name}"
        spans[name] = Span(
            Position(*reading.position(span.get("first"), f"{member}.first")),
            Position(*reading.position(span.get("last"), f"{member}.last")),
            reading.step(span.get("increment"), f"{member}.increment"),
            reading.truth(span.get("cycles"), f"{member}.cycles"),
        )
    return spans

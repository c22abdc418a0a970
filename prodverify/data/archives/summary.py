"""What the table of contents of an archive says of the database."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from prodverify.data.archives.damage import ROWS_ALONE, DamagedDump
from prodverify.data.archives.facts import Facts
from prodverify.data.archives.rows import table_of
from prodverify.data.archives.script import roles_in
from prodverify.data.archives.sequences import sequence_in
from prodverify.data.archives.toc import Entry, Head
from prodverify.data.catalog.contents import Position

_ENCODING = re.compile(rb"SET client_encoding = '(\w+)'")
_LOCALE = re.compile(rb"\b(?:ICU_LOCALE|BUILTIN_LOCALE|LOCALE|LC_COLLATE) = '([^']*)'")
_CHARACTERS = re.compile(rb"\b(?:LOCALE|LC_CTYPE) = '([^']*)'")
_PROVIDER = re.compile(rb"\bLOCALE_PROVIDER = (\w+)")
_WITH_TABLES = {"TABLE", "FOREIGN TABLE", "EXTENSION"}
_MAJOR = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Data:
    """
    Data that an archive holds under one entry.

    ``table`` is as ``schema.name``, quoted as SQL, empty for large objects; ``copy`` is whether a statement takes
    its rows, and not where they are INSERT statements. ``offset`` and ``file`` are the entry's.
    """

    number: int
    kind: str
    table: str
    copy: bool
    offset: int
    file: str

    @property
    def ends(self) -> bytes:
        """How it must end: what was cut off between two rows restores without complaint."""
        if self.kind != "TABLE DATA":
            return b""
        return b"\\.\n\n\n" if self.copy else b"\n\n"


class Summary:
    """Everything that is kept of a table of contents while it is read."""

    def __init__(self, head: Head, entries: Iterator[Entry]) -> None:
        self.head = head
        self.data: dict[int, Data] = {}
        self._kinds: set[str] = set()
        self._roles: set[str] = set()
        self._extensions: set[str] = set()
        self._tablespaces: set[str] = set()
        self._sequences: dict[str, Position] = {}
        self._encoding = self._locale = self._characters = self._provider = ""
        for entry in entries:
            self._note(entry)

    def facts(self, *, kind: str, codec: str, size: int, sha256: str, content: int, self_checking: bool) -> Facts:
        """All of it, with what the file itself tells. Raises ``DamagedDump`` where it cannot be a database again."""
        if "TABLE DATA" in self._kinds and not self._kinds & _WITH_TABLES:
            raise DamagedDump(ROWS_ALONE)
        head = self.head
        return Facts(
            format=kind,
            codec=codec,
            compression=head.compression,
            size_bytes=size,
            sha256=sha256,
            server_version=_number(head.server_version),
            tool_version=_number(head.tool_version),
            server_major=_major(head.server_version),
            tool_major=_major(head.tool_version),
            database=head.database,
            encoding=self._encoding,
            extensions=frozenset(self._extensions),
            roles=frozenset(self._roles),
            taken_at=head.taken_at,
            self_checking=self_checking,
            unsupported="",
            content_bytes=content,
            entries=head.entries,
            locale=self._locale,
            character_locale=self._characters,
            locale_provider=self._provider,
            tablespaces=frozenset(self._tablespaces - {"pg_default", "pg_global"}),
            sequences=self._sequences,
        )

    def _note(self, entry: Entry) -> None:
        self._kinds.add(entry.kind)
        if entry.owner:
            self._roles.add(entry.owner)
        if entry.tablespace:
            self._tablespaces.add(entry.tablespace)
        if entry.kind == "EXTENSION":
            self._extensions.add(entry.name)
        elif entry.kind == "ENCODING" and (encoding := _ENCODING.search(entry.definition)):
            self._encoding = encoding[1].decode()
        elif entry.kind == "DATABASE":
            # the last of them is the provider's own; the others are the C library's
            self._locale = (_LOCALE.findall(entry.definition) or [b""])[-1].decode("utf-8", "replace")
            self._characters = (_CHARACTERS.findall(entry.definition) or [b""])[-1].decode("utf-8", "replace")
            provider = _PROVIDER.search(entry.definition)
            self._provider = provider[1].decode() if provider else "libc"
        elif entry.kind == "SEQUENCE SET":
            if (sequence := sequence_in(entry.definition, self._encoding)) is not None:
                self._sequences.setdefault(*sequence)
        elif entry.kind != "TABLE DATA":
            for line in entry.definition.split(b"\n"):
                self._roles |= roles_in(line)
        if entry.has_data:
            # rows of a partition may go to the table above it: its name is in the statement alone
            table = table_of(entry.copy.strip(), self._encoding) or f"{_quoted(entry.schema)}.{_quoted(entry.name)}"
            table = table if entry.kind == "TABLE DATA" else ""
            self.data[entry.number] = Data(entry.number, entry.kind, table, bool(entry.copy), entry.offset, entry.file)


def _quoted(name: str) -> str:
    return name if re.fullmatch(r"[a-z_][a-z0-9_$]*", name) else '"' + name.replace('"', '""') + '"'


def _number(version: str) -> str:
    return version.partition(" ")[0]  # without the packager's words in brackets, as plain dumps have it


def _major(version: str) -> int:
    found = _MAJOR.match(version)
    return int(found[0]) if found else 0

"""What the SQL of a plain dump says of itself, read from the lines that are not rows of a table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from prodverify.data.archives.sequences import BEGINS, sequence_in
from prodverify.data.catalog.contents import Position

_TAIL = 4096
_LONGEST_LINE = 16 << 20
# a dump that was cut off restores without complaint where the cut is between two statements: only its end tells
_END = re.compile(rb"\n--\n-- PostgreSQL database dump complete\n--\n\s*(\\unrestrict \w+\s*)?\Z")
_VERSION = re.compile(rb"-- Dumped (from database|by pg_dump) version ((\d+)\S*)")
_ENCODING = re.compile(rb"SET client_encoding = '(\w+)';\Z")
_RESTRICT = re.compile(rb"\\restrict (\w+)\Z")
_NAME = rb'(?:"(?:[^"]|"")+"|[^\s",;()]+)'
_EXTENSION = re.compile(rb"CREATE EXTENSION IF NOT EXISTS (" + _NAME + rb")")
_TABLESPACE = re.compile(rb"SET default_tablespace = (" + _NAME + rb");\Z")
_ROLES = re.compile(
    rb"\b(?:OWNER TO|FOR ROLE|AUTHORIZATION|GRANTED BY|TO|FROM) (" + _NAME + rb"(?:, " + _NAME + rb")*)"
    rb"(?=;| WITH | GRANTED BY | IN SCHEMA | GRANT | REVOKE | USING |\Z)"
)
_WITH_ROLES = (b"ALTER ", b"GRANT ", b"REVOKE ", b"CREATE POLICY ", b"CREATE SCHEMA ", b"SET SESSION AUTHORIZATION ")
_IF_EXISTS = re.compile(rb"DROP [A-Z ]+ IF EXISTS ")
_CLEANING = "it drops what an empty database does not have, made by pg_dump --clean without --if-exists"
_UNSUPPORTED = {
    b"PGDMP": "it is in pg_dump's custom format, not plain SQL",
    b"-- PostgreSQL database cluster dump": "it is a dump of a whole cluster, made by pg_dumpall",
    b"\\connect ": "it creates its database itself, made by pg_dump --create",
}


@dataclass(frozen=True, slots=True)
class Script:
    """
    The needs and the end of a dump.

    Versions are those of the server and of pg_dump; empty, and 0 for majors, where the head does not tell. ``encoding``
    is the one that its text is in by PostgreSQL's name: that of the database, unless pg_dump was told otherwise.
    ``token`` is the one of psql's ``restrict``. ``complete`` is whether the dump's own last line is there, ``has_rows``
    whether it fills a table, ``creates`` whether it creates anything. ``sequences`` are those that it sets, as in
    ``Facts``. ``unsupported`` says in words what kind of dump it is where it is not the plain SQL of one database.
    """

    server_version: str
    tool_version: str
    server_major: int
    tool_major: int
    encoding: str
    extensions: frozenset[str]
    roles: frozenset[str]
    tablespaces: frozenset[str]
    sequences: Mapping[str, Position]
    token: bytes
    complete: bool
    empty: bool
    has_rows: bool
    creates: bool
    unsupported: str


def read(chunks: Iterable[bytes]) -> Script:
    """What the script in ``chunks`` says; all of it is read, rows are passed over."""
    tail = _Tail(chunks)
    versions: dict[bytes, str] = {}
    majors: dict[bytes, int] = {}
    extensions: set[str] = set()
    roles: set[str] = set()
    tablespaces: set[str] = set()
    sequences: dict[str, Position] = {}
    encoding = token = b""
    unsupported = ""
    in_row = has_rows = creates = False
    for line in _lines(tail):
        if in_row or line.startswith(b"INSERT INTO "):
            in_row ^= bool(line.count(b"'") % 2)  # a value may have lines that look like statements
            has_rows = True
            continue
        if line.startswith(_WITH_ROLES):
            roles |= roles_in(line)
        elif line.startswith(b"--") and (version := _VERSION.match(line)):
            versions.setdefault(version[1], version[2].decode("ascii", "replace"))
            majors.setdefault(version[1], int(version[3]))
        elif line.startswith(BEGINS) and (sequence := sequence_in(line, encoding.decode())) is not None:
            sequences.setdefault(*sequence)  # pg_dump sets each once: what comes after it is somebody else's
        elif extension := _EXTENSION.match(line):
            extensions.add(unquoted(extension[1]))
        elif tablespace := _TABLESPACE.match(line):
            tablespaces.add(unquoted(tablespace[1]))
        elif not encoding and (encoded := _ENCODING.match(line)):
            encoding = encoded[1]
        elif not token and (restrict := _RESTRICT.match(line)):
            token = restrict[1]
        has_rows |= line.startswith(b"COPY ")
        creates |= line.startswith(b"CREATE ")
        if not unsupported:
            unsupported = next((words for begin, words in _UNSUPPORTED.items() if line.startswith(begin)), "")
        if not (unsupported or creates) and line.startswith(b"DROP ") and not _IF_EXISTS.match(line):
            unsupported = _CLEANING
    return Script(
        server_version=versions.get(b"from database", ""),
        tool_version=versions.get(b"by pg_dump", ""),
        server_major=majors.get(b"from database", 0),
        tool_major=majors.get(b"by pg_dump", 0),
        encoding=encoding.decode(),
        extensions=frozenset(extensions),
        roles=frozenset(roles),
        tablespaces=frozenset(tablespaces - {"''", "pg_default"}),
        sequences=sequences,
        token=token,
        complete=_END.search(tail.last) is not None,
        empty=not tail.last,
        has_rows=has_rows,
        creates=creates,
        unsupported=unsupported,
    )


def roles_in(line: bytes) -> set[str]:
    """The roles that a line of SQL names, where it is one that gives or takes rights or ownership."""
    if not line.startswith(_WITH_ROLES):
        return set()
    found = {unquoted(name) for names in _ROLES.findall(line) for name in re.findall(_NAME, names)}
    return found - {"PUBLIC", "public"}


def unquoted(name: bytes) -> str:
    """A name as the catalog has it, from its form in SQL."""
    text = name.decode("utf-8", "replace")
    return text[1:-1].replace('""', '"') if text.startswith('"') else text


class _Tail:
    """The chunks as they come, and after them the last bytes of all."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = chunks
        self.last = b""

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self.last = (self.last + chunk[-_TAIL:])[-_TAIL:]
            yield chunk


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    # rows are skipped by searching for their end, which is many times faster than looking at each
    rest, rows = b"", False
    for chunk in chunks:
        text, at = rest + chunk, 0
        while True:
            if rows:
                end = text.find(b"\n\\.\n", at)
                if end < 0:
                    rest = text[max(at, len(text) - 3) :]
                    break
                at, rows = end + 4, False
            end = text.find(b"\n", at)
            if end < 0:
                rest = text[at:] if len(text) - at < _LONGEST_LINE else b""
                break
            line = text[at:end]
            rows = line.startswith(b"COPY ") and line.endswith(b" FROM stdin;")
            at = end if rows else end + 1  # an empty table's end begins with this very line break
            yield line
    if rest and not rows:
        yield rest

"""The restored tables against the rows that the backup itself holds: no source database is needed for that."""

from __future__ import annotations

import hashlib
import os
import secrets
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO, Self

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from prodverify.data.archives.archive import Archive
from prodverify.data.binaries import Binaries
from prodverify.data.catalog.checksums import TableName, pin
from prodverify.data.catalog.contents import Position, Span
from prodverify.data.catalog.sequences import read_sequences
from prodverify.data.connection import Connection
from prodverify.data.drill.observed import Compared, ComparedSequence, Comparison
from prodverify.data.drill.refusing import connect, said
from prodverify.data.network import cut_off

_CHUNK = 1 << 20
_NO_BLOCK = "the backup holds its rows in another form than COPY"
_VERSIONS = "an extension keeps it, and which rows are its own depends on its version"
_PARTS = "the backup holds its rows in several parts"
# tables of rows that no block of the backup was about; what ANALYZE counted is enough to know that there are some
_FULL_TABLES = """
SELECT c.oid, pg_catalog.format('%I.%I', n.nspname, c.relname)
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND c.reltuples > 0
  AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                  WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY 2
"""
_CONFIGURED = """
SELECT x.oid, coalesce(x.condition, '') FROM pg_catalog.pg_extension e
CROSS JOIN LATERAL ROWS FROM (pg_catalog.unnest(e.extconfig), pg_catalog.unnest(e.extcondition)) AS x (oid, condition)
"""
_NAMED = """
SELECT n.nspname, c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid = pg_catalog.to_regclass(%s)
"""
_COLUMNS = """
SELECT attname FROM pg_catalog.pg_attribute
WHERE attrelid = %s AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum
"""


@dataclass(frozen=True, slots=True)
class _Digest:
    rows: int
    sha256: str

    @classmethod
    def of(cls, pieces: Iterator[bytes]) -> Self:
        """Of lines of COPY, in which every line is a row: a line break in a value is written as two characters."""
        rows, hashed = 0, hashlib.sha256()
        for piece in pieces:
            rows += piece.count(b"\n")
            hashed.update(piece)
        return cls(rows, hashed.hexdigest())


def compare(archive: Archive, programs: Binaries, dsn: str) -> Comparison:
    """
    Every table in ``archive`` against the table of its name in the database of ``dsn``.

    The lines of COPY of both are hashed as they stream by. Where they differ, which another order of rows or another
    time zone of the dumping session is enough for, the archive's rows are put into a temporary table and both are
    hashed by the server, so that only other content is told. Each sequence against where ``archive`` sets it. Raises as
    ``Archive.rows`` does.
    """
    compared: dict[str, Compared] = {}
    doubtful: dict[str, _Relation] = {}
    with connect(dsn) as connection, _copying(programs, dsn, archive) as copying:
        seen: set[object] = set()
        configured = {int(str(oid)): str(condition) for oid, condition in connection.execute(_CONFIGURED)}
        for name, pieces in archive.rows(programs):
            if name in compared:
                compared[name] = Compared(name, None, None, same=False, incomparable=_PARTS)
                doubtful.pop(name, None)
                continue
            held = _Digest.of(pieces)
            relation = _relation(connection, name)
            if relation is None:
                compared[name] = Compared(name, held.rows, None, same=False)
                continue
            seen.add(relation.oid)
            if relation.kind == "p":
                compared[name] = Compared(name, held.rows, None, same=False, incomparable=_PARTS)
                continue
            if relation.oid in configured:
                rows = _user_rows(connection, relation, configured[relation.oid])
                found = _Digest.of(copying.lines(rows))
                told = "" if held == found else _VERSIONS
                compared[name] = Compared(name, held.rows, found.rows, same=held == found, incomparable=told)
                continue
            found = _Digest.of(copying.lines(relation.name))
            compared[name] = Compared(name, held.rows, found.rows, same=held == found)
            if held.rows == found.rows and held != found:
                doubtful[name] = relation
        for oid, full in connection.execute(_FULL_TABLES, prepare=False).fetchall():
            if oid not in seen:
                compared[str(full)] = Compared(str(full), None, None, same=False, incomparable=_NO_BLOCK)
        if doubtful:
            compared.update(_looked_at_again(archive, programs, connection, compared, doubtful))
        sequences = _sequences(connection, archive.facts.sequences)
    return Comparison("archive", tuple(compared.values()), sequences=sequences)


def _sequences(connection: Connection, held: Mapping[str, Position]) -> tuple[ComparedSequence, ...]:
    with connection.transaction():
        restored = read_sequences(connection)
        found = []
        for name, position in held.items():
            row = connection.execute(_NAMED, (name,)).fetchone()
            span = restored.get(str(TableName(str(row[0]), str(row[1])))) if row else None
            theirs = Span(position, position, span.increment if span else 1)
            found.append(ComparedSequence(name, theirs, span.last if span else None))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Relation:
    """A table by the server's own words: those of a backup may be anything and are put into no statement."""

    oid: int
    kind: str
    name: str


def _relation(connection: Connection, name: str) -> _Relation | None:
    row = connection.execute(
        "SELECT c.oid, c.relkind::text, pg_catalog.format('%%I.%%I', n.nspname, c.relname)"
        " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.oid = pg_catalog.to_regclass(%s)",
        (name,),
    ).fetchone()
    return _Relation(int(str(row[0])), str(row[1]), str(row[2])) if row else None


def _user_rows(connection: Connection, relation: _Relation, condition: str) -> str:
    columns = sql.SQL(", ").join(sql.Identifier(str(row[0])) for row in connection.execute(_COLUMNS, (relation.oid,)))
    return f"(SELECT {columns.as_string(connection)} FROM ONLY {relation.name} {condition})"


def _looked_at_again(
    archive: Archive,
    programs: Binaries,
    connection: Connection,
    compared: dict[str, Compared],
    doubtful: dict[str, _Relation],
) -> Iterator[tuple[str, Compared]]:
    with connection.transaction():
        encoding = archive.facts.encoding or "UTF8"
        connection.execute("SELECT pg_catalog.set_config('client_encoding', %s, true)", (encoding,))
        pin(connection, parallel=True)
        for name, pieces in archive.rows(programs):
            if name in doubtful:
                before = compared[name]
                try:
                    same = _same_rows(connection, doubtful[name], pieces)
                except psycopg.Error as error:
                    yield name, Compared(name, before.rows, before.restored, same=False, incomparable=said(error))
                else:
                    yield name, Compared(name, before.rows, before.restored, same=same)


def _same_rows(connection: Connection, relation: _Relation, pieces: Iterator[bytes]) -> bool:
    columns = [sql.Identifier(str(row[0])) for row in connection.execute(_COLUMNS, (relation.oid,))]
    both = {"columns": sql.SQL(", ").join(columns), "table": sql.SQL("ONLY ") + sql.SQL(relation.name)}
    with connection.transaction(force_rollback=True):
        connection.execute(
            sql.SQL("CREATE TEMPORARY TABLE archived AS SELECT {columns} FROM {table} WITH NO DATA").format(**both)
        )
        with connection.cursor().copy("COPY pg_temp.archived FROM STDIN") as copy:
            for piece in pieces:
                copy.write(piece)
        hashed = "SELECT sum(pg_catalog.hashtextextended((r.*)::text, 0))::text FROM {} AS r"
        held = connection.execute(sql.SQL(hashed).format(sql.SQL("pg_temp.archived"))).fetchone()
        rows = sql.SQL("(SELECT {columns} FROM {table})").format(**both)
        return held == connection.execute(sql.SQL(hashed).format(rows)).fetchone()


class _Copying:
    """One psql that is asked for one table after the other: it streams ten times as fast as a driver of Python."""

    def __init__(self, process: subprocess.Popen[bytes], complaints: IO[bytes], encoding: str) -> None:
        self._process, self._complaints = process, complaints
        self._options = f"(ENCODING '{encoding}')".encode()
        # whatever stands in a name or a condition, no line is a command to this machine
        self._ask(b"\\restrict " + secrets.token_hex(16).encode() + b"\n")

    def lines(self, name: str) -> Iterator[bytes]:
        """The lines of ``COPY name TO STDOUT``, a table or a query, in the archive's encoding, in pieces."""
        assert self._process.stdout is not None
        token = secrets.token_hex(16).encode()
        end = token + b"\n"
        copy = b" ".join((b"COPY", name.encode(), b"TO STDOUT", self._options))
        self._ask(copy + b";\nSELECT '" + token + b"';\n")
        held = b""
        while piece := os.read(self._process.stdout.fileno(), _CHUNK):
            held += piece
            if held.endswith(end):
                yield held.removesuffix(end)
                return
            yield held[: -len(end)]
            held = held[-len(end) :]
        raise self._ended()

    def _ask(self, lines: bytes) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(lines)
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._ended() from None

    def _ended(self) -> psycopg.OperationalError:
        self._process.wait()
        self._complaints.seek(0)
        lines = self._complaints.read().decode("utf-8", "replace").split("\n")
        return psycopg.OperationalError(f"psql ended while it read: {lines[0] or 'without a word'}")


@contextmanager
def _copying(programs: Binaries, dsn: str, archive: Archive) -> Iterator[_Copying]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    options = "-c synchronize_seqscans=off -c extra_float_digits=3 -c DateStyle=ISO -c IntervalStyle=postgres"
    dsn = make_conninfo(dsn, options=f"{options} -c search_path=")
    with tempfile.TemporaryFile() as complaints:
        command = [str(programs.tool("psql")), "-X", "-q", "-A", "-t", "-w", "-v", "ON_ERROR_STOP=1"]
        process = subprocess.Popen(
            cut_off([*command, f"--dbname={dsn}"]),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            env={**environ, "LC_ALL": "C", "PGCLIENTENCODING": "UTF8"},
        )
        try:
            yield _Copying(process, complaints, archive.facts.encoding or "UTF8")
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    streams: tuple[IO[bytes] | None, ...] = (process.stdin, process.stdout)
    for stream in streams:
        if stream is not None:
            with suppress(BrokenPipeError):
                stream.close()

"""A database of many kinds of things, its backups in every format that can be made here, and servers that are lent."""

from __future__ import annotations

import re
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from unittest.mock import patch

import lz4.frame
import psycopg
from psycopg import sql

from prodverify.data.archives.archive import examine
from prodverify.data.archives.reading import sha256
from prodverify.data.backups.manifest import BackupFile, Manifest
from prodverify.data.backups.taking import take
from prodverify.data.binaries import Binaries
from prodverify.data.cluster import Cluster, ClusterError
from prodverify.target.taking import Taking
from tests.data.archives.conftest import MORE
from tests.data.archives.damaging import FORMATS, PACKED, PACKERS, written, zstd_packed
from tests.data.archives.repacking import repacked
from tests.data.conftest import SHOP

NATIVE = tuple(FORMATS)
OUTSIDE = tuple(f"{name}.{ending}" for name in PACKED for ending in PACKERS)
UNCHECKED: dict[str, Callable[[bytes], bytes]] = {
    "unchecked.sql.zst": lambda content: zstd_packed(content, checksum=False),
    "unchecked.sql.lz4": lambda content: lz4.frame.compress(content, content_checksum=False),
}
"""Packed as libraries do by default: without a checksum of the content."""
REPACKED = {
    f"{kind}-{compression}-made.{ending}": (f"{kind}-none.{ending}", compression)
    for kind, ending in (("custom", "dump"), ("directory", "dir"))
    for compression in ("zstd", "lz4")
}
"""As a pg_dump 16 or newer writes that was built with these; made here from its archive that is not packed."""
EVERY = (*NATIVE, *OUTSIDE, *UNCHECKED, *REPACKED)
_REPACKED_SINCE = 16

_MANY_ROWS = """
INSERT INTO events SELECT n, date '2024-12-01' + n, md5(n::text) FROM generate_series(1000, 1400) n;
CREATE TABLE notes (id integer PRIMARY KEY, body text COLLATE "C" NOT NULL, counted numeric(12, 4));
INSERT INTO notes SELECT n, 'note ' || n || ': ' || repeat(chr(97 + n % 26), n % 90), n / 7.0
    FROM generate_series(1, 300) n;
COMMENT ON TABLE notes IS 'What people wrote down.';
CREATE SEQUENCE invoices START 1000;
SELECT nextval('invoices') FROM generate_series(1, 20);
"""
# the token is another one each time
_TOKEN = re.compile(r"(?m)^\\(un)?restrict \w+$")


@dataclass(frozen=True)
class Source:
    """
    One database in a running server, and its backups by name, each with a manifest that is right about it.

    ``lacking`` names what this pg_dump cannot write. ``text`` is the whole database as its own pg_dump writes it: every
    value, comment, large object and sequence.
    """

    server: Cluster
    dsn: str
    backups: Mapping[str, BackupFile]
    lacking: tuple[str, ...]
    text: str

    @property
    def programs(self) -> Binaries:
        """The programs of that server."""
        return self.server.binaries


def source_in(server: Cluster, folder: Path) -> Source:
    """The database made in ``server``, and backed up in ``folder``."""
    programs = server.binaries
    dsn = server.dsn("to_be_kept")
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute("CREATE DATABASE to_be_kept TEMPLATE template0")
    with psycopg.connect(dsn) as connection:
        connection.execute(SHOP + MORE + _MANY_ROWS)
    made = written(programs, dsn, folder)
    files, lacking = dict(made.files), list(made.lacking)
    for name, pack in UNCHECKED.items():
        files[name] = folder / name
        files[name].write_bytes(pack(files["plain.sql"].read_bytes()))
    for name, (origin, compression) in REPACKED.items():
        if programs.major >= _REPACKED_SINCE:
            files[name] = repacked(files[origin], folder / name, compression)
        else:
            lacking.append(name)
    taken = take(dsn, folder / "taken", name="shop", taking=Taking(compression="none"), binaries=programs)
    manifest = Manifest.from_text(taken.manifest_path.read_bytes())
    backups = {name: BackupFile(path, manifest.taken_at, about(manifest, path)) for name, path in files.items()}
    return Source(server, dsn, backups, tuple(lacking), text_of(programs, dsn))


def about(manifest: Manifest, path: Path) -> Manifest:
    """``manifest`` with what is true of the file, or folder, at ``path``."""
    hashed, size = sealed(path)
    return replace(manifest, file=path.name, sha256=hashed, size_bytes=size, plain_sha256=hashed, plain_size_bytes=size)


def sealed(path: Path) -> tuple[str, int]:
    """The sha256 and the size of a backup, as ``Facts`` describes them."""
    files = [path] if path.is_file() else list(path.iterdir())
    return sha256(path), sum(each.stat().st_size for each in files)


def text_of(programs: Binaries, dsn: str) -> str:
    """All of the database of ``dsn`` as pg_dump writes it. Raises ``CalledProcessError``."""
    command = [str(programs.tool("pg_dump")), f"--dbname={dsn}"]
    done = subprocess.run(command, capture_output=True, check=True, timeout=60)
    return _TOKEN.sub("", done.stdout.decode("utf-8", "surrogateescape"))


class Lending:
    """Servers that every drill inside of ``lending`` uses instead of one of its own, by major version."""

    def __init__(self, servers: Mapping[int, Cluster]) -> None:
        self._servers = servers
        self._last = threading.local()

    def __call__(self, programs: Binaries, **_: object) -> Lent:
        if programs.major not in self._servers:
            raise ClusterError(f"No PostgreSQL {programs.major} is lent.")
        return Lent(self._servers[programs.major], self)

    def use(self, lent: Lent) -> None:
        """This thread's drill works with ``lent``, which another thread may have asked for."""
        self._last.lent = lent

    def used(self) -> Lent | None:
        """What this thread's last drill was lent, if any."""
        return getattr(self._last, "lent", None)

    def taken_back(self) -> None:
        """The database of this thread's last drill is not needed any more."""
        if (lent := self.used()) is not None:
            lent.drop()
        self._last.lent = None


class Lent:
    """A server that goes on when a drill ends it, and knows which database the drill made."""

    def __init__(self, server: Cluster, lending: Lending) -> None:
        self._server, self._lending = server, lending
        self.binaries, self.folder, self.exposed = server.binaries, server.folder, ""
        self.database = ""

    def dsn(self, name: str = "postgres") -> str:
        self.database = name if name != "postgres" else self.database
        self._lending.use(self)
        return self._server.dsn(name)

    def stop(self) -> None:
        """It goes on."""

    def text(self) -> str:
        """All that the drill restored, without what its last stage added."""
        dsn = self._server.dsn(self.database)
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute("DROP SCHEMA IF EXISTS prodverify_amcheck CASCADE")
        return text_of(self.binaries, dsn)

    def text_of_intact(self, backup: Path) -> str:
        """All that ``backup`` restores to in this server, by nothing but its archive."""
        name = f"intact_{self.database}"
        with psycopg.connect(self._server.dsn(), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        try:
            examine(backup).restore(self.binaries, self._server.dsn(name), jobs=1, deadline_seconds=60.0)
            return text_of(self.binaries, self._server.dsn(name))
        finally:
            self._drop(name)

    def drop(self) -> None:
        """The drill's database is not needed any more."""
        if self.database:
            self._drop(self.database)

    def _drop(self, name: str) -> None:
        with psycopg.connect(self._server.dsn(), autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def lending(*servers: Cluster) -> Iterator[Lending]:
    """Drills use ``servers``, which saves half a second for each; two of one major are one too many."""
    lent = Lending({server.binaries.major: server for server in servers})
    with patch("prodverify.data.drill.ahead.empty_cluster", lent):
        yield lent

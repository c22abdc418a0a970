"""The shop of these tests, backed up in every format by each pg_dump that is installed."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from prodverify.data import binaries
from prodverify.data.binaries import Binaries
from prodverify.data.empty import empty_cluster
from tests.data.archives.damaging import Written, written
from tests.data.conftest import SHOP

MORE = """
CREATE ROLE owner_of_sessions;
CREATE ROLE "Reader, ""one"" x";
ALTER TABLE sessions OWNER TO owner_of_sessions;
GRANT SELECT ON workspaces TO "Reader, ""one"" x";
ALTER TABLE workspaces ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON workspaces FOR SELECT TO "Reader, ""one"" x" USING (true);
CREATE TABLE escapes (id integer, said text, bytes bytea, list text[]);
INSERT INTO escapes VALUES
    (1, E'tab\\t, line\\nbreak, back\\\\slash, return\\r', decode('00ff5c2e', 'hex'), ARRAY['a', NULL, 'b"c']),
    (2, E'\\\\.', NULL, '{}'), (3, E'\\\\N', '', NULL), (4, '', NULL, NULL),
    (5, E'COPY x FROM stdin;\\n\\\\.\\n', NULL, NULL);
SELECT lo_from_bytea(0, 'small'), lo_from_bytea(0, decode(repeat('ab', 9000), 'hex')), lo_from_bytea(0, '');
"""


@dataclass(frozen=True)
class Release:
    """One installation of PostgreSQL: its server, the shop in it, and the shop's backups by its pg_dump."""

    programs: Binaries
    dsn: str
    backups: Written
    empty: Callable[[], str]


def _made(cluster, folder: Path) -> Release:
    numbers = itertools.count(1)

    def empty() -> str:
        name = f"restored_{next(numbers)}"
        with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        return cluster.dsn(name)

    dsn = empty()
    with psycopg.connect(dsn) as connection:
        connection.execute(SHOP + MORE)
    return Release(cluster.binaries, dsn, written(cluster.binaries, dsn, folder), empty)


@pytest.fixture(scope="session")
def release(cluster, tmp_path_factory) -> Release:
    """The installation that is found first."""
    return _made(cluster, tmp_path_factory.mktemp("found"))


@pytest.fixture(scope="session")
def packaged(tmp_path_factory) -> Iterator[Release]:
    """The one of the PyPI package."""
    folder = next(folder for folder in binaries._package())
    with empty_cluster(binaries.find(str(folder)), name="pv", small=True) as made:
        yield _made(made, tmp_path_factory.mktemp("packaged"))


@pytest.fixture(scope="session", params=["release", "packaged"])
def each_release(request) -> Release:
    """Each of them."""
    return request.getfixturevalue(request.param)

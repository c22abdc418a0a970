"""How much the server stores, and whether pages came back from the disk as they were written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prodverify.data.connection import Connection

MOST_DATABASES = 50


@dataclass(frozen=True, slots=True)
class Pages:
    """Whether pages carry checksums, and how many failed since the statistics' reset, by database."""

    checksums: bool
    failures: tuple[tuple[str, int], ...]

    @property
    def telling(self) -> bool:
        """Whether damage was noticed, or would have been."""
        return self.checksums or bool(self.failures)


def read_pages(connection: Connection) -> Pages:
    """
    Safe on a busy primary: counters of pg_stat_database and one setting; no page is read for it. At most
    ``MOST_DATABASES`` rows. Works for every role.
    """
    rows = connection.execute(
        "SELECT coalesce('database ' || datname, 'what all databases share'), checksum_failures"
        " FROM pg_catalog.pg_stat_database WHERE checksum_failures > 0 ORDER BY 2 DESC LIMIT %s",
        (MOST_DATABASES,),
    ).fetchall()
    checksums = connection.execute("SELECT pg_catalog.current_setting('data_checksums')").fetchone()
    return Pages(
        bool(checksums and checksums[0] == "on"), tuple((str(whose), int(str(failed))) for whose, failed in rows)
    )


def read_size(connection: Connection) -> int:
    """
    Bytes of this database.

    Safe on a busy primary: asks the file system for the size of each file and opens none; with 100,000 tables that
    takes seconds, which the statement timeout bounds. Works for every role that may connect.
    """
    row = connection.execute("SELECT pg_catalog.pg_database_size(pg_catalog.current_database())").fetchone()
    assert row is not None  # a SELECT without FROM
    return int(str(row[0]))


def read_used(connection: Connection) -> int:
    """
    Bytes of the data folder's databases, temporary files included, and of the write-ahead log: the least that is used
    of the disk that holds them. Free space, server logs and the files of others are not told by SQL.

    Tablespaces beside the data folder are left out, as they are made to be on other disks. Safe on a busy primary as
    ``read_size`` is. Needs pg_monitor, and raises psycopg.Error without it.
    """
    row = connection.execute(
        "SELECT pg_catalog.pg_tablespace_size('pg_default') + pg_catalog.pg_tablespace_size('pg_global')"
        " + (SELECT coalesce(sum(size), 0) FROM pg_catalog.pg_ls_waldir())"
    ).fetchone()
    assert row is not None  # a SELECT without FROM
    return int(str(row[0]))

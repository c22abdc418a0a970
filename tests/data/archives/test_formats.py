"""Whatever pg_dump wrote is recognised, described, restored to the same content, and read without a restore."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from prodverify.data.archives.archive import Known, examine
from prodverify.data.archives.reading import sha256
from prodverify.data.catalog.structure import read_contents
from prodverify.data.connection import read_only
from tests.data.archives.damaging import FORMATS, PACKED, PACKERS

WRITTEN = {
    "plain.sql": ("plain", ""),
    "custom.dump": ("custom", "gzip"),
    "custom-none.dump": ("custom", "none"),
    "directory.dir": ("directory", "gzip"),
    "directory-none.dir": ("directory", "none"),
    "tar.tar": ("tar", "none"),
}
CODECS = {"gz": "gzip", "zst": "zstd", "lz4": "lz4"}
ALL = [*WRITTEN, *(f"{name}.{ending}" for name in PACKED for ending in PACKERS)]
LARGE_OBJECTS = "SELECT oid::text, md5(lo_get(oid)) FROM pg_largeobject_metadata ORDER BY 1"
TABLES = """
SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname IN ('public', 'Other')
"""


def contents(dsn):
    with read_only(dsn, statement_timeout_ms=5000) as connection:
        found = read_contents(connection)
    with psycopg.connect(dsn) as connection:
        return found, connection.execute(LARGE_OBJECTS).fetchall(), connection.execute(OWNERS).fetchall()


OWNERS = """
SELECT c.relname, pg_get_userbyid(c.relowner), c.relacl::text FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace ORDER BY 1
"""


def copied(dsn, table):
    with (
        psycopg.connect(dsn, options="-c search_path=") as connection,
        connection.cursor().copy(f"COPY {table} TO STDOUT") as copy,
    ):
        return b"".join(bytes(piece) for piece in copy)


def test_what_this_pg_dump_cannot_write_is_named(each_release):
    backups = each_release.backups

    assert set(FORMATS) == {name for name in backups.files if name in FORMATS} | set(backups.lacking)
    assert set(ALL) <= set(backups.files)


@pytest.mark.parametrize("name", ALL)
def test_a_backup_says_what_it_is(each_release, name):
    path = each_release.backups.files[name]
    written, _, ending = name.rpartition(".") if name.count(".") > 1 else (name, "", "")
    facts = examine(path).facts
    plain = facts.format == "plain"

    assert WRITTEN[written] == (facts.format, facts.compression)
    assert CODECS.get(ending, "") == facts.codec
    assert (facts.server_version, facts.tool_version) == (each_release.programs.version,) * 2
    assert (facts.server_major, facts.tool_major) == (each_release.programs.major,) * 2
    assert facts.encoding == "UTF8"
    assert {"owner_of_sessions", 'Reader, "one" x'} <= facts.roles
    assert facts.extensions == frozenset()
    assert facts.unsupported == ""
    assert facts.self_checking is bool(facts.codec)
    assert facts.content_bytes > 20_000
    assert (facts.database == "") is (facts.locale_provider == "") is (facts.entries == 0) is plain
    assert plain or datetime.now(UTC) - facts.taken_at < timedelta(days=1, hours=1)  # in whatever zone this runs
    assert path.is_dir() or (facts.size_bytes, facts.sha256) == (path.stat().st_size, sha256(path))


@pytest.mark.parametrize("name", WRITTEN)
def test_what_was_unpacked_before_is_read_alone_while_it_is_the_same(release, name):
    path = release.backups.files[name]
    facts = examine(path).facts
    one_by_one = name in {"custom.dump", "directory.dir", "directory-none.dir"}
    same = examine(path, Known(facts.sha256, 12_345)).facts

    assert replace(facts, content_bytes=12_345 if one_by_one else facts.content_bytes) == same
    assert examine(path, Known(64 * "0", 12_345)).facts == facts


@pytest.mark.parametrize(
    ("name", "jobs"),
    [
        pytest.param("plain.sql", 1, marks=pytest.mark.proof),
        ("plain.sql.gz", 2),
        pytest.param("plain.sql.lz4", 1, marks=pytest.mark.proof),
        pytest.param("custom.dump", 1, marks=pytest.mark.proof),
        ("custom.dump", 2),
        pytest.param("custom-none.dump", 2, marks=pytest.mark.proof),
        ("custom-none.dump.zst", 2),
        ("directory.dir", 2),
        pytest.param("directory-none.dir", 1, marks=pytest.mark.proof),
        pytest.param("tar.tar", 2, marks=pytest.mark.proof),
        ("tar.tar.gz", 1),
    ],
)
def test_a_backup_is_restored_as_it_was(each_release, name, jobs):
    said = []
    dsn = each_release.empty()
    archive = examine(each_release.backups.files[name])
    archive.restore(each_release.programs, dsn, jobs=jobs, deadline_seconds=60.0, progress=said.append)

    assert contents(each_release.dsn) == contents(dsn)
    assert said


@pytest.mark.parametrize("name", [*WRITTEN, "plain.sql.lz4", "custom.dump.zst", "tar.tar.gz"])
def test_the_rows_of_a_backup_are_what_the_restored_tables_say(each_release, name):
    archive = examine(each_release.backups.files[name])
    rows = {table: b"".join(pieces) for table, pieces in archive.rows(each_release.programs)}
    with psycopg.connect(each_release.dsn) as connection:
        tables = {row[0] for row in connection.execute(TABLES)}

    assert {table: copied(each_release.dsn, table) for table in tables} == rows


@pytest.mark.parametrize("name", ["plain.sql", "custom.dump", "directory.dir", "tar.tar"])
def test_tables_whose_rows_are_not_used_are_passed_over(release, name):
    tables = [table for table, _ in examine(release.backups.files[name]).rows(release.programs)]
    one = {table: next(pieces, b"") for table, pieces in examine(release.backups.files[name]).rows(release.programs)}

    assert list(one) == tables
    assert one["public.sessions"] == b""
    assert one["public.alembic_version"] == b"0007\n"

"""What pg_dump's options make of a backup is understood, in whatever format it is."""

import gzip
import subprocess

import psycopg
import pytest

from prodverify.data.archives.archive import examine
from prodverify.data.archives.rows import table_of
from tests.data.archives.test_formats import contents

SCHEMA = """
CREATE TABLE events (id integer, at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE events_rest PARTITION OF events DEFAULT;
INSERT INTO events SELECT n, date '2025-12-01' + n FROM generate_series(1, 60) n;
CREATE TABLE notes (id integer, note text);
INSERT INTO notes VALUES
    (1, E'it''s\\nCREATE EXTENSION IF NOT EXISTS postgis;\\nGRANT ALL ON x TO ghost;\\n\\\\connect y');
CREATE TABLE empty (id integer);
CREATE EXTENSION IF NOT EXISTS pg_trgm;
"""
FORMATS = ["plain", "custom", "directory", "tar"]
SAMPLE = [each if each in ("plain", "directory") else pytest.param(each, marks=pytest.mark.proof) for each in FORMATS]


@pytest.fixture(scope="module")
def dsn(release):
    made = release.empty()
    with psycopg.connect(made) as connection:
        connection.execute(SCHEMA)
    return made


@pytest.fixture
def dumped(release, dsn, tmp_path):
    def dump(*options):
        path = tmp_path / "dump"
        command = [str(release.programs.tool("pg_dump")), f"--dbname={dsn}", f"--file={path}", *options]
        subprocess.run(command, check=True, capture_output=True)
        return examine(path)

    return dump


@pytest.mark.parametrize(
    ("statement", "encoding", "table"),
    [
        (b"COPY public.notes (id, note) FROM stdin;", "UTF8", "public.notes"),
        (b'COPY public."a (b) ""c""" (id) FROM stdin;', "", 'public."a (b) ""c"""'),
        (b"COPY public.without_columns  FROM stdin;", "SQL_ASCII", "public.without_columns"),
        (b'COPY public."\xdcber" (id) FROM stdin;', "LATIN1", 'public."\xdcber"'),
        (b'COPY public."\xdcber" (id) FROM stdin;', "WIN1252", 'public."\xdcber"'),
        (b'COPY public."\xf6" (id) FROM stdin;', "KOI8R", 'public."\u0416"'),
        (b'COPY public."\xdcber" (id) FROM stdin;', "UTF8", 'public."\ufffdber"'),
        (b"COPY public.notes (id, note) TO stdout;", "UTF8", ""),
    ],
)
def test_a_statement_of_copy_says_which_table_it_fills(statement, encoding, table):
    assert table == table_of(statement, encoding)


def tables(archive, release):
    return sorted(name for name, _ in archive.rows(release.programs))


@pytest.mark.parametrize("form", SAMPLE)
def test_rows_that_are_statements_are_restored_and_are_no_lines_of_copy(release, dsn, dumped, form):
    archive = dumped(f"--format={form}", "--inserts")
    restored = release.empty()
    archive.restore(release.programs, restored, jobs=2, deadline_seconds=60.0)

    assert [] == tables(archive, release)
    assert {"pg_trgm"} == archive.facts.extensions
    assert "ghost" not in archive.facts.roles
    assert archive.facts.unsupported == ""
    assert contents(dsn) == contents(restored)


@pytest.mark.parametrize("form", SAMPLE)
def test_rows_of_partitions_that_go_to_their_root_are_named_after_it(release, dsn, dumped, form):
    archive = dumped(f"--format={form}", "--load-via-partition-root")
    restored = release.empty()
    archive.restore(release.programs, restored, jobs=2, deadline_seconds=60.0)

    assert ["public.empty", "public.events", "public.events", "public.notes"] == tables(archive, release)
    assert contents(dsn) == contents(restored)


@pytest.mark.parametrize("form", FORMATS)
def test_a_table_whose_rows_were_left_out_has_no_rows_in_the_backup(release, dumped, form):
    archive = dumped(f"--format={form}", "--exclude-table-data=notes")

    assert ["public.empty", "public.events_2025", "public.events_rest"] == tables(archive, release)


@pytest.mark.parametrize("form", SAMPLE)
@pytest.mark.parametrize("options", [("--schema-only",), ("--no-owner", "--no-privileges"), ("--clean", "--if-exists")])
def test_a_part_of_a_database_is_restored(release, dumped, form, options):
    archive = dumped(f"--format={form}", *options)
    restored = release.empty()
    archive.restore(release.programs, restored, jobs=2, deadline_seconds=60.0)
    with psycopg.connect(restored) as connection:
        found = connection.execute("SELECT count(*) FROM notes").fetchone()

    assert (0 if "--schema-only" in options else 1,) == found


@pytest.mark.parametrize("level", [1, 9])
def test_a_plain_backup_that_pg_dump_packs_is_one_that_gzip_packs(dumped, level):
    facts = dumped("--format=plain", f"--compress={level}").facts

    assert ("plain", "gzip", True) == (facts.format, facts.codec, facts.self_checking)


def test_a_backup_that_was_written_in_several_parts_is_one(release, dumped, tmp_path):
    content = dumped("--format=plain").path.read_bytes()
    parts = [content[at : at + 1000] for at in range(0, len(content), 1000)]
    (tmp_path / "parts").write_bytes(b"".join(gzip.compress(part) for part in parts))

    assert ["public.empty", "public.events_2025", "public.events_rest", "public.notes"] == tables(
        examine(tmp_path / "parts"), release
    )


@pytest.mark.parametrize("encoding", ["LATIN1", "UTF8"])
@pytest.mark.parametrize("form", FORMATS)
def test_the_encoding_of_a_backup_is_told(dumped, form, encoding):
    assert encoding == dumped(f"--format={form}", f"--encoding={encoding}").facts.encoding


def test_the_tablespaces_and_the_locale_of_a_database_are_told(dumped):
    facts = dumped("--format=custom").facts

    assert frozenset() == facts.tablespaces
    assert "libc" == facts.locale_provider
    assert facts.locale

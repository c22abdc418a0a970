"""A restore that fails says whose fault it is, without values of rows, and leaves no process behind."""

import os
from dataclasses import replace
from types import SimpleNamespace

import psycopg
import pytest

from prodverify.data.archives.archive import DamagedDump, Refused, examine
from prodverify.data.archives.problems import problem
from prodverify.record.findings import Unjudged
from prodverify.wire.clock import poll

FILES = ("plain.sql", "custom.dump", "directory.dir", "tar.tar", "custom.dump.gz")
RESTORING = "SELECT count(*) FROM pg_stat_activity WHERE application_name IN ('pg_restore', 'psql')"


def restored(release, path, dsn=None, *, jobs=2, deadline_seconds=60.0, progress=None):
    archive = examine(path)
    archive.restore(
        release.programs, dsn or release.empty(), jobs=jobs, deadline_seconds=deadline_seconds, progress=progress
    )


def nobody_restores(release):
    with psycopg.connect(release.dsn, autocommit=True) as connection:
        return poll(
            lambda: connection.execute(RESTORING).fetchone() == (0,) or None,
            within_seconds=10.0,
            what="its connections are closed",
        )


@pytest.mark.parametrize("name", FILES)
def test_a_database_that_is_not_empty_is_refused(release, name):
    with pytest.raises(Refused, match="already exists"):
        restored(release, release.backups.files[name], release.dsn)
    assert nobody_restores(release)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b"\n40\tworkspace 40\n", b"\n4x\tworkspace 40\n", "invalid input syntax for type integer"),
        (b"\n40\tworkspace 40\n", b"\n39\tworkspace 40\n", "could not create unique index"),
        (b"CREATE TABLE public.api_keys", b"CREATE TABEL public.api_keys", "syntax error"),
    ],
)
@pytest.mark.parametrize(
    ("name", "jobs"),
    [("plain.sql", 1), pytest.param("tar.tar", 1, marks=pytest.mark.proof), ("directory-none.dir", 2)],
)
def test_what_postgresql_refuses_is_quoted_without_values(release, tmp_path, name, jobs, old, new, said):
    source = release.backups.files[name]
    copy = tmp_path / name
    if source.is_dir():
        copy.mkdir()
        for path in source.iterdir():
            (copy / path.name).write_bytes(path.read_bytes().replace(old, new))
    else:
        copy.write_bytes(source.read_bytes().replace(old, new))

    with pytest.raises(Refused, match=said) as caught:
        restored(release, copy, jobs=jobs)
    assert "4x" not in str(caught.value)
    assert "workspace 40" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("jobs", [pytest.param(1, marks=pytest.mark.proof), 2])
@pytest.mark.parametrize("name", FILES)
def test_a_restore_beyond_its_deadline_is_no_verdict(release, name, jobs):
    with pytest.raises(Unjudged, match=r"within 0\.001 s"):
        restored(release, release.backups.files[name], jobs=jobs, deadline_seconds=0.001)
    assert nobody_restores(release)


@pytest.mark.parametrize("jobs", [pytest.param(1, marks=pytest.mark.proof), 2])
@pytest.mark.parametrize("name", FILES)
def test_an_interrupted_restore_leaves_no_process_and_no_file(release, name, jobs):
    before = set(os.listdir("/dev/fd"))

    def interrupted(said):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        restored(release, release.backups.files[name], jobs=jobs, progress=interrupted)
    assert nobody_restores(release)
    assert len(before) == len(os.listdir("/dev/fd"))


@pytest.mark.parametrize("name", ["custom.dump", "directory.dir", "tar.tar"])
def test_an_archive_that_is_newer_than_pg_restore_is_no_damage(release, packaged, name):
    if release.programs.major >= packaged.programs.major:
        pytest.skip("no two versions of PostgreSQL are installed")

    with pytest.raises(Unjudged, match="unsupported version"):
        restored(release, packaged.backups.files[name])


@pytest.mark.parametrize("name", ["custom.dump.gz", "tar.tar.zst"])
def test_a_disk_without_room_for_the_unpacked_archive_is_no_damage(release, monkeypatch, name):
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=1000))

    with pytest.raises(Unjudged, match="1 MiB for the unpacked archive"):
        restored(release, release.backups.files[name])


def test_a_server_that_is_gone_is_no_damage(release):
    with pytest.raises(Unjudged, match="connection to server"):
        restored(release, release.backups.files["custom.dump"], "host=/nowhere dbname=x")


@pytest.mark.parametrize(
    ("said", "kind", "text"),
    [
        (
            'pg_restore: error: could not execute query: ERROR:  type "citext" does not exist\nCommand was: x',
            Refused,
            'type "citext" does not exist',
        ),
        (
            'pg_restore: error: COPY failed for table "t": ERROR:  value "4711" is out of range for type integer',
            Refused,
            "value  is out of range for type integer",
        ),
        ('ERROR:  syntax error at or near "secret"', Refused, "syntax error at or near "),
        ('psql:<stdin>:7: ERROR:  date/time field value out of range: "1"', Refused, "field value out of range"),
        ("pg_restore: error: found unexpected block ID (7) when reading data", DamagedDump, "unexpected block"),
        ("pg_restore: error: could not uncompress data: invalid distance", DamagedDump, "it is damaged: pg_restore"),
        (
            "pg_restore: error: cannot restore from compressed archive (this build does not support compression)",
            Unjudged,
            "does not support compression",
        ),
        ("pg_restore: error: unsupported version (1.16) in file header", Unjudged, "unsupported version"),
        ("pg_restore: error: could not execute query: ERROR:  out of shared memory", Unjudged, "out of shared memory"),
        ('ERROR:  extension "postgis" is not available', Unjudged, "postgis"),
        ('ERROR:  could not extend file "base/1/2": No space left on device', Unjudged, "make room"),
        ("psql:<stdin>:1: error: invalid command \\restrict", Unjudged, "invalid command"),
        ("", DamagedDump, "pg_restore ended without a word"),
    ],
)  # fmt: skip
def test_whose_fault_it_is_is_read_from_what_the_program_said(release, said, kind, text):
    found = problem(said, release.programs, "pg_restore")

    assert kind is type(found)
    assert text in str(found)


@pytest.mark.parametrize("name", ["plain.sql", "custom.dump"])
def test_a_program_that_somebody_kills_is_no_verdict_on_the_backup(release, tmp_path, name):
    for tool in ("psql", "pg_restore"):
        (tmp_path / tool).write_text("#!/bin/sh\nkill -9 $$\n")
        (tmp_path / tool).chmod(0o755)
    killed = replace(release.programs, folder=tmp_path)

    with pytest.raises(Unjudged, match="ended without a word"):
        examine(release.backups.files[name]).restore(killed, release.dsn, jobs=1, deadline_seconds=60.0)

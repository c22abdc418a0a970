"""What keeps a backup from being taken is one sentence that says what to do, and leaves nothing."""

import re
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from prodverify.data.archives.archive import examine
from prodverify.data.backups import dumping
from prodverify.data.backups.refusals import refused
from prodverify.data.backups.taking import BackupFailed, take
from prodverify.target.taking import Taking
from prodverify.wire.clock import poll

ROOT = Path(__file__).parents[3]
FORMATS = ["plain", "custom", "directory"]
STEP = "make room there, or let this user write there, or name another folder"


@pytest.fixture
def small(databases):
    return databases("CREATE TABLE t AS SELECT n FROM generate_series(1, 10) n; CREATE TABLE u (n int)")


def failure(dsn, place, programs, **taking):
    with pytest.raises(BackupFailed) as caught:
        take(dsn, place, name="shop", taking=Taking(**taking), binaries=programs)
    assert list(place.iterdir()) == []
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("form", FORMATS)
def test_a_table_that_somebody_has_locked_is_waited_for_and_told(small, tmp_path, programs, form):
    with psycopg.connect(small) as connection:
        connection.execute("LOCK TABLE t IN ACCESS EXCLUSIVE MODE")
        said = failure(small, tmp_path, programs, format=form, lock_timeout_seconds=0.2)

    assert "canceling statement due to lock timeout; somebody else has locked a table: take the backup when" in said


def test_a_lock_that_is_given_back_in_time_is_waited_for(small, tmp_path, programs):
    with psycopg.connect(small) as connection:
        connection.execute("LOCK TABLE t IN ACCESS EXCLUSIVE MODE")
        timer = threading.Timer(0.3, connection.rollback)
        timer.start()
        taken = take(small, tmp_path, name="shop", binaries=programs)
        timer.join()

    assert taken.manifest.contents.tables["t"].rows == 10


@contextmanager
def truncated(dsn, patch, locks):
    """Somebody truncates a table as soon as so many have a lock: the backup, pg_dump, and those that it starts."""
    lock, read, waiting = dumping._lock, dumping.read_contents, threading.Event()
    query = "SELECT count(*) FROM pg_locks WHERE relation = 'public.t'::regclass AND granted"

    def truncate():
        with psycopg.connect(dsn) as connection:
            waiting.set()
            connection.execute("TRUNCATE t")

    other = threading.Thread(target=truncate)

    def begin(connection):
        def enough():
            return connection.execute(query).fetchone()[0] >= locks or None

        if not other.ident:
            poll(enough, within_seconds=10, what="the locks")
            other.start()
            assert waiting.wait(10)

    def lock_then_begin(connection):
        lock(connection)
        if locks == 1:
            begin(connection)

    def begin_then_read(connection):
        begin(connection)
        return read(connection)

    patch.setattr(dumping, "_lock", lock_then_begin)
    patch.setattr(dumping, "read_contents", begin_then_read)
    yield
    other.join(20)


@pytest.mark.parametrize(
    ("form", "locks", "rows"),
    [("plain", 1, 0), pytest.param("plain", 2, 400000, marks=pytest.mark.proof), ("directory", 3, 400000)],
)
def test_a_truncation_meanwhile_is_in_dump_and_count_or_in_neither(
    databases, tmp_path, programs, form, locks, rows, monkeypatch
):
    # TRUNCATE is seen by snapshots that are older: without our locks the count would be of an empty table
    dsn = databases("CREATE TABLE t AS SELECT n FROM generate_series(1, 400000) n")
    with truncated(dsn, monkeypatch, locks):
        taken = take(dsn, tmp_path, name="shop", taking=Taking(format=form, compression="none"), binaries=programs)

    assert rows == taken.manifest.contents.tables["t"].rows
    assert [rows] == [b"".join(lines).count(b"\n") for _, lines in examine(taken.path).rows(programs)]
    with psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)


def test_rows_that_a_policy_hides_are_no_backup(small, tmp_path, programs):
    with psycopg.connect(small, autocommit=True) as connection:
        connection.execute("ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE ROLE tenant LOGIN")
        connection.execute("GRANT SELECT ON t, u TO tenant")
    said = failure(make_conninfo(small, user="tenant"), tmp_path, programs)

    assert 'row-level security policy for table "t"; a policy hides rows from the role of the DSN' in said


def test_a_role_that_may_not_read_a_table_is_told_what_to_grant(small, tmp_path, programs):
    with psycopg.connect(small, autocommit=True) as connection:
        connection.execute("CREATE ROLE stranger LOGIN")
    said = failure(make_conninfo(small, user="stranger"), tmp_path, programs)

    assert "permission denied for table t; let the role of the DSN read everything: GRANT pg_read_all_data" in said


def test_a_sequence_that_only_pg_dump_reads_is_told_as_well(databases, tmp_path, programs):
    dsn = databases(
        "CREATE TABLE t (n int); CREATE SEQUENCE s; CREATE ROLE partial LOGIN; GRANT SELECT ON t TO partial"
    )
    said = failure(make_conninfo(dsn, user="partial"), tmp_path, programs)

    assert re.search(r"sequence \"?s\"?.*; let the role of the DSN read everything", said)


@pytest.fixture(scope="module")
def guarded(cluster):
    """A database that asks for a password."""
    with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as connection:
        connection.execute("CREATE ROLE guard LOGIN PASSWORD 'hush/hush@'")  # pragma: allowlist secret
        connection.execute("CREATE DATABASE guarded OWNER guard")
        rules = Path(connection.execute("SHOW hba_file").fetchone()[0])
        rules.write_text(f"local guarded all scram-sha-256\n{rules.read_text()}")
        connection.execute("SELECT pg_reload_conf()")
    guarded = make_conninfo(cluster.dsn("guarded"), user="guard")
    poll(lambda: refused_by(guarded) or None, within_seconds=5, what="a server that asks for a password")
    return guarded


def refused_by(dsn):
    try:
        psycopg.connect(dsn).close()
    except psycopg.OperationalError:
        return True
    return False


@pytest.mark.parametrize("form", FORMATS)
def test_a_password_reaches_pg_dump_whatever_it_holds(guarded, tmp_path, programs, form):
    dsn = make_conninfo(guarded, password="hush/hush@")  # pragma: allowlist secret

    taken = take(dsn, tmp_path, name="shop", taking=Taking(format=form), binaries=programs)
    assert "hush" not in taken.manifest.as_text()


def test_a_wrong_password_is_a_sentence_without_it(guarded, tmp_path, programs):
    said = failure(make_conninfo(guarded, password="wrong-one"), tmp_path, programs)  # pragma: allowlist secret

    assert 'password authentication failed for user "guard"' in said
    assert "wrong-one" not in said


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (
            'pg_dump: error: query failed: ERROR:  relation "public.t" does not exist\nmore',
            'could not dump database d at h: query failed: ERROR: relation "public.t" does not exist; '
            "it was dropped or renamed meanwhile: take the backup again",
        ),
        (
            "pg_dump: warning: a\npg_dump: error: query failed: ERROR:  out of shared memory",
            "ERROR: out of shared memory; raise max_locks_per_transaction of the server",
        ),
        (
            "pg_dump: error: ERROR:  canceling statement due to conflict with recovery",
            "conflict with recovery; raise max_standby_streaming_delay of the standby, or take it from the primary",
        ),
        ("", "could not dump database d at h: no reason given"),
    ],
)
def test_what_pg_dump_says_is_told_with_what_to_do(said, sentence):
    assert str(refused(said, "host=h dbname=d", "pg_dump")).endswith(sentence)


@pytest.mark.parametrize(
    "said",
    [
        "pg_dump: error: could not write to file: No space left on device",
        'pg_dump: error: could not write to output file "x/1.dat.gz": No space left on device',
        "pg_dump: error: could not close data file: No space left on device",
    ],
)
def test_a_full_disk_is_no_fault_of_the_database(said):
    full = refused(said, "host=h dbname=d", "pg_dump")

    assert (OSError, "No space left on device") == (type(full), full.strerror)


def test_counting_ends_at_once_when_the_dump_has_failed(small, tmp_path, programs, monkeypatch):
    folder, place, cancelled = tmp_path / "programs", tmp_path / "to", []
    for each in (folder, place):
        each.mkdir()
    (folder / "pg_dump").write_text("#!/bin/sh\necho 'pg_dump: error: it broke' >&2; exit 1\n")
    (folder / "pg_dump").chmod(0o755)

    def count_for_long(connection):
        try:
            connection.execute("SELECT pg_sleep(20)")
        except psycopg.errors.QueryCanceled as cancel:
            cancelled.append(cancel)
            raise

    monkeypatch.setattr(dumping, "read_contents", count_for_long)

    assert failure(small, place, replace(programs, folder=folder)).endswith("it broke")
    assert len(cancelled) == 1


BIG = "CREATE TABLE big AS SELECT n, md5(n::text) || md5((-n)::text) FROM generate_series(1, 20000) n"
TAKEN = """
import sys
from pathlib import Path
from prodverify.data.backups.taking import BackupFailed, take
from prodverify.target.taking import Taking
try:
    take(sys.argv[1], Path(sys.argv[2]), name="shop", taking=Taking(format=sys.argv[3]))
except BackupFailed as failed:
    sys.exit(str(failed))
"""


@pytest.fixture(scope="module")
def big(databases):
    return databases(BIG)


@pytest.fixture
def limited(tmp_path, programs):
    """A pg_dump whose files may not grow beyond 32 KiB."""
    folder = tmp_path / "programs"
    folder.mkdir()
    script = f"#!/bin/sh\ntrap '' XFSZ; ulimit -f 64\nexec {programs.tool('pg_dump')} \"$@\"\n"
    (folder / "pg_dump").write_text(script)
    (folder / "pg_dump").chmod(0o755)
    return replace(programs, folder=folder)


@pytest.mark.parametrize("form", ["custom", "directory"])
def test_a_dump_that_may_not_grow_any_more_is_told(big, tmp_path, limited, form):
    place = tmp_path / "to"
    place.mkdir()

    assert failure(big, place, limited, format=form) == f"a backup cannot be written to {place}: File too large; {STEP}"


def test_on_its_way_to_storage_it_is_the_folder_here_that_is_full(big, bucket, keys, limited, tmp_path, monkeypatch):
    room = tmp_path / "room"
    room.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(room))

    with pytest.raises(BackupFailed, match=f"^a backup cannot be made in {room}: File too large; set TMPDIR to"):
        take(big, bucket, name="shop", taking=Taking(format="custom"), binaries=limited)
    assert keys() == []
    assert list(room.iterdir()) == []


@pytest.mark.proof
@pytest.mark.parametrize("form", ["custom", "directory"])
def test_a_disk_that_is_really_full_is_told(big, tmp_path, form):
    place = tmp_path / "disk"
    place.mkdir()
    script = (
        f"mount -t tmpfs -o size=256k none {place} && {sys.executable} -c '{TAKEN}' '{big}' {place} {form}; "
        f"status=$?; ls -A {place}; exit $status"
    )
    probe = subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False)
    if probe.returncode != 0:
        pytest.skip("this machine lets nobody mount a small disk")
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=30, check=False
    )

    said = f"a backup cannot be written to {place}: No space left on device; {STEP}\n"
    assert (done.stderr, done.stdout) == (said, "")

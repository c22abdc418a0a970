"""A repository of pgBackRest as the source of a drill, and its own verify beside ours."""

import os
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import psycopg
import pytest

from prodverify.data.binaries import BinariesMissing, find
from prodverify.data.drill.wishes import Question
from prodverify.data.recovery import pgbackrest
from prodverify.data.recovery.pgbackrest import NoRepositoryCopy, Repository
from prodverify.data.recovery.recovery import Wishes, recover
from prodverify.data.recovery.server import Recovering
from prodverify.data.recovery.wal import branches
from prodverify.judges.recovery import judge_copy, judge_recovery
from prodverify.record.findings import Unjudged
from prodverify.record.states import state_of
from prodverify.wire import clock

PROGRAM = shutil.which("pgbackrest")
pytestmark = pytest.mark.skipif(PROGRAM is None and not os.environ.get("CI"), reason="pgbackrest is not installed")

CONFIG = """
[global]
repo1-path={base}/repo
repo1-retention-full=2
repo1-cipher-type=aes-256-cbc
repo1-cipher-pass={key}
log-path={base}/log
lock-path={base}/lock
spool-path={base}/spool
log-level-file=off
start-fast=y
[main]
pg1-path={data}
pg1-socket-path={place}
"""
# what a configuration may say that is meant for production's machine
OF_PRODUCTION = """
pg1-host=no-such-host.example
[global:restore]
delta=y
link-all=y
tablespace-map=far={base}/followed
[global:archive-get]
archive-async=y
"""


@pytest.fixture(scope="module")
def kept():
    """An encrypted repository with one backup, WAL after it on two timelines, and what other configurations see."""
    try:
        programs = find(exactly=15)  # the newest that every pgBackRest of these years knows
    except BinariesMissing:
        pytest.skip("needs a PostgreSQL that this pgBackRest knows, such as 15")
    here = Recovering.begin(programs, "postgres", small=True)
    try:
        server = here.server
        server.make()
        base = server.place / "repository"
        for name in ("repo", "log", "lock", "spool", "far"):
            (base / name).mkdir(parents=True)
        config, other, wrong = (base / f"{name}.conf" for name in ("pgbackrest", "production", "wrong"))
        for path, key, more in ((config, "key", ""), (other, "key", OF_PRODUCTION), (wrong, "no-key", "")):
            path.write_text((CONFIG + more).format(base=base, data=server.data, place=server.place, key=key))
        here.hand_over()
        archive = f"{PROGRAM} --config={config} --stanza=main archive-push %p"
        settings = {"wal_level": "replica", "max_wal_senders": "2", "archive_mode": "on", "archive_command": archive}
        server.start(settings)

        def run(*arguments):
            account = server.account
            other = {} if account.ours else {"user": account.uid, "group": account.gid, "extra_groups": []}
            environ = {"PATH": os.environ["PATH"], "PGUSER": "postgres"}
            command = [PROGRAM, f"--config={config}", "--stanza=main", *arguments]
            subprocess.run(command, check=True, timeout=60, cwd="/", env=environ, capture_output=True, **other)

        run("stanza-create")
        with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
            empty = _refusal(str(config))
            connection.execute("CREATE TABLE t AS SELECT n AS a FROM generate_series(1, 100) n")
            connection.execute(f"CREATE TABLESPACE far LOCATION '{base / 'far'}'")
            connection.execute("CREATE TABLE far_away TABLESPACE far AS SELECT 7 AS a")
            run("backup", "--type=full")
            connection.execute("INSERT INTO t VALUES (101)")
            _switched(connection)
        server.shut_down()
        (server.data / "recovery.signal").touch()
        here.hand_over()
        fetch = archive.replace("archive-push %p", "archive-get %f %p")
        server.start({**settings, "restore_command": fetch, "hot_standby": "off"})
        with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
            assert "00000002" == connection.execute("SELECT pg_walfile_name(pg_current_wal_lsn())").fetchone()[0][:8]
            connection.execute("INSERT INTO t VALUES (102)")
            _switched(connection)
        yield SimpleNamespace(
            config=str(config), production=str(other), wrong=str(wrong), base=base, repo=base / "repo", empty=empty
        )
    finally:
        here.stop()


def _switched(connection):
    segment = connection.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchone()[0]

    def archived():
        last = connection.execute("SELECT last_archived_wal FROM pg_stat_archiver").fetchone()[0]
        return True if (last or "") >= segment else None

    clock.poll(archived, within_seconds=30.0, every_seconds=0.05, what="WAL was archived")


def _refusal(config):
    try:
        Repository("main", config).newest()
    except NoRepositoryCopy as none:
        return none
    return None


def test_a_backup_is_recovered_to_the_end_of_its_wal_on_a_later_timeline(kept):
    source = Repository("main", kept.config).newest()
    report = recover(source, Wishes("postgres", amcheck=False))

    assert 102 == report.drill.restored.tables["t"].rows
    assert ("", None, "") == (report.kept, report.verified, report.missing)
    assert source.taken_at <= report.reached <= datetime.now(UTC)
    assert "pass" == str(state_of([*judge_copy(report), *judge_recovery(report)]))


def test_what_is_meant_for_productions_machine_is_overruled(kept):
    far = {path: path.stat().st_mtime_ns for path in (kept.base / "far").rglob("*")}
    wishes = Wishes("postgres", amcheck=False, questions=(Question("far", "SELECT a FROM far_away", expect="7"),))
    report = recover(Repository("main", kept.production).newest(), wishes)

    assert report.drill.answer("far").equal
    assert far == {path: path.stat().st_mtime_ns for path in (kept.base / "far").rglob("*")}
    assert not (kept.base / "followed").exists()
    assert [] == [path for path in (kept.base / "spool").rglob("*") if path.is_file()]


def test_a_moment_is_recovered_from_a_backup_that_had_ended_by_then(kept):
    repository = Repository("main", kept.config)
    ended = repository.newest().taken_at

    assert ended == repository.newest(ended).taken_at
    with pytest.raises(NoRepositoryCopy, match="none so old") as none:
        repository.newest(ended - timedelta(seconds=1))
    assert f"before {ended - timedelta(seconds=1):%Y-%m-%d %H:%M:%S} UTC" in none.value.finding.expected


def test_a_file_that_was_altered_is_told_though_verify_ends_with_status_0(kept):
    files = (path for path in (kept.repo / "backup").rglob("*.gz") if "pg_data" in str(path))
    path = max(files, key=lambda each: each.stat().st_size)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2] + bytes([whole[len(whole) // 2] ^ 1]) + whole[len(whole) // 2 + 1 :])
    try:
        assert "invalid" in Repository("main", kept.config).verify()
        report = recover(Repository("main", kept.config).newest(), Wishes("postgres", amcheck=False))
    finally:
        path.write_bytes(whole)

    assert "fail" == str(state_of(judge_copy(report)))


def test_a_stanza_without_backup_breaks_the_promise(kept):
    assert "recovery-copy-missing" == kept.empty.finding.rule
    with pytest.raises(NoRepositoryCopy, match="stanza other"):
        Repository("other", kept.config).newest()


def test_a_repository_that_cannot_be_asked_is_no_verdict(kept, tmp_path):
    with pytest.raises(Unjudged) as caught:
        Repository("main", str(tmp_path / "none.conf")).newest()
    assert caught.value.finding.next_step

    with pytest.raises(Unjudged, match=r"nothing that can be read|status 99"):
        Repository("main", kept.wrong).newest()

    with pytest.raises(Unjudged, match="not installed"):
        Repository("main", kept.config, program="no-such-pgbackrest").newest()


@pytest.mark.parametrize(
    ("what", "ask", "more"),
    [
        ("verify", lambda repository, _: repository.verify(), True),
        ("restore", lambda repository, data: repository.restore("20260101-000000F", data), True),
        ("info", lambda repository, _: repository.newest(), False),
        ("archive-get", lambda repository, data: repository.get("0" * 24, data / "x", data), False),
    ],
)
def test_more_time_is_offered_where_more_can_be_given(tmp_path, monkeypatch, what, ask, more):
    monkeypatch.setattr(pgbackrest, "_QUICK_SECONDS", 0.1)
    slow = tmp_path / "pgbackrest"
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o700)
    with pytest.raises(Unjudged, match=f" {what} to end within 0.1 s") as caught:
        ask(Repository("main", program=str(slow), deadline_seconds=0.1), tmp_path)

    assert more is ("deadline_seconds" in caught.value.finding.next_step)


def test_each_later_timeline_begins_where_its_history_says(tmp_path):
    history = tmp_path / "00000004.history"
    history.write_text("1\t0/A000000\tno recovery target specified\n\n2\t1/3000028\tbefore 2026\n3\t1/FF000000\t\n")

    assert ["000000020000000000000A00", "000000030000000100000300", "00000004000000010000FF00"] == list(
        branches(history, 1, 4, 1 << 16)
    )
    assert ["0000000400000001000000FF"] == list(branches(history, 3, 4, 1 << 24))

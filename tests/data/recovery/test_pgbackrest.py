"""A repository of pgBackRest as the source of a drill, and its own verify beside ours."""

import os
import shutil
import subprocess
from datetime import UTC, datetime
from types import SimpleNamespace

import psycopg
import pytest

from prodverify.data.binaries import BinariesMissing, find
from prodverify.data.recovery.pgbackrest import NoRepositoryCopy, Repository
from prodverify.data.recovery.recovery import Wishes, recover
from prodverify.data.recovery.server import Recovering
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
log-path={base}/log
lock-path={base}/lock
spool-path={base}/spool
log-level-file=off
start-fast=y
[main]
pg1-path={data}
pg1-socket-path={place}
"""


@pytest.fixture(scope="module")
def kept():
    """A repository with one backup, WAL after it, and a stanza without backup."""
    try:
        programs = find(exactly=15)  # the newest that every pgBackRest of these years knows
    except BinariesMissing:
        programs = find()
    here = Recovering.begin(programs, "postgres", small=True)
    try:
        server = here.server
        server.make()
        base = server.place / "repository"
        for name in ("repo", "log", "lock", "spool"):
            (base / name).mkdir(parents=True)
        config = base / "pgbackrest.conf"
        config.write_text(CONFIG.format(base=base, data=server.data, place=server.place))
        here.hand_over()
        archive = f"{PROGRAM} --config={config} --stanza=main archive-push %p"
        server.start({"wal_level": "replica", "max_wal_senders": "2", "archive_mode": "on", "archive_command": archive})

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
            run("backup", "--type=full")
            connection.execute("INSERT INTO t VALUES (101)")
            segment = connection.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchone()[0]

            def archived():
                last = connection.execute("SELECT last_archived_wal FROM pg_stat_archiver").fetchone()[0]
                return True if (last or "") >= segment else None

            clock.poll(archived, within_seconds=30.0, every_seconds=0.05, what="WAL was archived")
        yield SimpleNamespace(config=str(config), repo=base / "repo", empty=empty)
    finally:
        here.stop()


def _refusal(config):
    try:
        Repository("main", config).newest()
    except NoRepositoryCopy as none:
        return none
    return None


def test_a_backup_is_recovered_to_the_end_of_its_wal(kept):
    source = Repository("main", kept.config).newest()
    report = recover(source, Wishes("postgres", amcheck=False))

    assert 101 == report.drill.restored.tables["t"].rows
    assert ("", None, "") == (report.kept, report.verified, report.missing)
    assert source.taken_at <= report.reached <= datetime.now(UTC)
    assert "pass" == str(state_of([*judge_copy(report), *judge_recovery(report)]))


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

    with pytest.raises(Unjudged, match="not installed"):
        Repository("main", kept.config, program="no-such-pgbackrest").newest()

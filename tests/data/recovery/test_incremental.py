"""An incremental copy is recovered together with those that it needs, or it is told which of them is missing."""

import shutil
import subprocess
from types import SimpleNamespace

import psycopg
import pytest

from prodverify.data.binaries import BinariesMissing, find
from prodverify.data.recovery.copies import newest
from prodverify.data.recovery.recovery import Wishes, recover
from prodverify.data.recovery.server import Recovering
from prodverify.data.recovery.source import FolderSource
from prodverify.judges import recovery
from prodverify.record.findings import Unjudged
from prodverify.record.states import state_of

WISHES = Wishes("postgres", amcheck=False)


@pytest.fixture(scope="module")
def taken(tmp_path_factory):
    """A whole copy of 100 rows, one of 200 that is incremental to it, packed, and one of 300 that is to that one."""
    try:
        programs = find(exactly=18)
    except BinariesMissing:
        pytest.skip("PostgreSQL 18 is not installed")
    folder = tmp_path_factory.mktemp("incremental")
    here = Recovering.begin(programs, "postgres", small=True)
    try:
        server = here.server
        server.make()
        server.start({"wal_level": "replica", "max_wal_senders": "4", "summarize_wal": "on"})
        with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
            connection.execute("CREATE TABLE t (a int)")
            for name, options in (
                ("a", []),
                ("b", ["--format=tar", f"--incremental={folder / 'a' / 'backup_manifest'}"]),
                ("c", [f"--incremental={folder / 'b' / 'backup_manifest'}"]),
            ):
                connection.execute("INSERT INTO t SELECT generate_series(1, 100)")
                command = [programs.tool("pg_basebackup"), f"--dbname={server.dsn()}", f"--pgdata={folder / name}"]
                subprocess.run([*command, "--checkpoint=fast", "--no-sync", *options], check=True, timeout=60)
        yield SimpleNamespace(folder=folder, programs=programs)
    finally:
        here.stop()


@pytest.fixture
def own(taken, tmp_path):
    """The same copies, to be spoilt."""
    return shutil.copytree(taken.folder, tmp_path / "copies")


def recovered(folder):
    return recover(FolderSource(newest(folder), None), WISHES)


def restorable(report):
    return state_of([*recovery.judge_copy(report), *recovery.judge_recovery(report)])


def test_a_copy_is_whole_together_with_those_before_it(taken):
    report = recovered(taken.folder)

    assert ("c", 300, True) == (report.drill.file, report.drill.restored.tables["t"].rows, report.verified)
    assert "pass" == str(restorable(report))


def test_one_of_them_that_is_not_there_is_named(own):
    shutil.rmtree(own / "a")
    with pytest.raises(Unjudged, match=r"needs the copy that begins at [0-9A-F]+/[0-9A-F]+") as caught:
        recovered(own)

    assert "put that copy beside it, or take a whole one" == caught.value.finding.next_step


def test_damage_in_the_oldest_of_them_is_found(own):
    path = max((own / "a" / "base").rglob("[0-9]*"), key=lambda each: each.stat().st_size)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    report = recovered(own)

    assert path.name in report.drill.damage
    assert "fail" == str(restorable(report))

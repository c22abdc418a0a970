"""Each defect outside Relay's process is found by the judge that it is meant for, and leaves no trace."""

import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from fixtures.relay.damages.catalogue import DAMAGES, damage, repair
from prodverify.data.backups.files import NoBackup, newest
from prodverify.data.backups.taking import take
from prodverify.data.connection import read_only
from prodverify.data.drill.drill import drill
from prodverify.data.migrations import alembic
from prodverify.judges import backups, restore
from prodverify.judges.migrations import judge
from prodverify.record.findings import Severity

ROOT = Path(__file__).parents[3]
SCRIPTS = ROOT / "fixtures" / "relay" / "migrations" / "versions"
KEY_TABLES = ("workspaces", "api_keys", "audit_logs", "sessions")
ROWS = """
INSERT INTO workspaces (name) VALUES ('main');
INSERT INTO audit_logs (workspace_id, event, status, actor, request_id)
    SELECT id, 'preview', 'ok', 'key:a', n::text FROM workspaces, generate_series(1, 3) n;
"""


@pytest.fixture(scope="module")
def relay(databases, tmp_path_factory, programs):
    """Relay's database, migrated and with some rows, its folder of backups and a copy of that folder."""
    dsn = databases()
    upgrade = "import sys; from fixtures.relay import migrate; migrate.upgrade(sys.argv[1])"
    subprocess.run([sys.executable, "-c", upgrade, dsn], cwd=ROOT, check=True)
    with psycopg.connect(dsn) as connection:
        connection.execute(ROWS)
    folder = tmp_path_factory.mktemp("relay")
    take(dsn, folder / "backups", name="relay", binaries=programs)
    shutil.copytree(folder / "backups", folder / "pristine")
    return dsn, folder / "backups", folder / "pristine"


def failures(dsn, directory):
    with read_only(dsn, statement_timeout_ms=1000) as connection:
        found = judge(alembic.history(SCRIPTS), alembic.recorded(connection))
    try:
        backup = newest(directory)
    except NoBackup as none:
        found.append(none.finding)
    else:
        report = drill(backup)
        found += backups.judge_age(backup, 3600.0, datetime.now(UTC))
        found += backups.judge_manifest(backup)
        found += restore.judge_restorability(report)
        if report.restored:
            found += restore.judge_key_tables(report, KEY_TABLES)
            found += restore.judge_content(report)
            found += restore.judge_structure(report)
    return {finding.rule for finding in found if finding.severity is Severity.FAIL}


@pytest.mark.parametrize(
    ("name", "rules"),
    [
        ("backup-truncated", {"backup-damaged"}),
        ("backup-bit-flipped", {"backup-damaged"}),
        ("backup-stale", {"backup-stale"}),
        ("backup-missing", {"backups-missing"}),
        ("backup-row-lost", {"restore-rows-differ"}),
        ("backup-row-altered", {"restore-content-differs"}),
        ("backup-table-lost", {"restore-key-table-missing", "restore-table-missing", "restore-object-missing"}),
        ("migration-pending", {"migrations-pending"}),
        ("migration-unknown", {"migrations-unknown-revision"}),
    ],
)
def test_a_damage_is_found_and_repaired(relay, quick, name, rules):
    dsn, directory, pristine = relay
    damage(name, directory, dsn)

    assert rules == failures(dsn, directory)

    repair(directory, pristine, dsn)
    again = {path.relative_to(directory): path.read_bytes() for path in directory.rglob("*.*")}
    assert again == {path.relative_to(pristine): path.read_bytes() for path in pristine.rglob("*.*")}
    assert DAMAGES[name].sentence.endswith(".")


def test_without_damage_nothing_is_found(relay, quick):
    assert failures(*relay[:2]) == set()

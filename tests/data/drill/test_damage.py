"""Each defect of what is in a backup is found by the judge that it is meant for, and leaves no trace."""

import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from fixtures.relay.damages import contents, structures
from fixtures.relay.damages.catalogue import DAMAGES, damage, repair
from prodverify.data.backups.files import newest
from prodverify.data.backups.taking import take
from prodverify.data.drill.drill import drill
from prodverify.data.drill.wishes import Wishes
from prodverify.judges import restore, restored_content, restored_structure
from prodverify.record.findings import Severity

ROOT = Path(__file__).parents[3]
KEY_TABLES = ("workspaces", "api_keys", "audit_logs", "sessions")
ROWS = """
INSERT INTO workspaces (name) VALUES ('main');
INSERT INTO audit_logs (workspace_id, event, status, actor, request_id, details)
    SELECT id, 'preview', 'ok', 'key:a', n::text, '{"role": "viewer"}' FROM workspaces, generate_series(1, 3) n;
INSERT INTO api_keys (workspace_id, name, role, digest)
    SELECT id, 'key', 'admin', decode(repeat('ab', 32), 'hex') FROM workspaces;
INSERT INTO users (workspace_id, username, role, salt, password_hash) SELECT id, 'u', 'admin', '', '' FROM workspaces;
INSERT INTO sessions (user_id, digest, expires_at) SELECT id, '', now() + interval '1 day' FROM users;
INSERT INTO executions (id, workspace_id, action, arguments) SELECT gen_random_uuid(), id, 'echo', '{}' FROM workspaces;
"""
STRUCTURE, ROWS_DIFFER, CONTENT = "restore-structure-differs", "restore-rows-differ", "restore-content-differs"
FOUND = {
    "backup-row-lost": {ROWS_DIFFER},
    "backup-row-doubled": {ROWS_DIFFER},
    "backup-rows-deleted": {ROWS_DIFFER, "restore-archive-differs"},
    "backup-reference-lost": {ROWS_DIFFER},
    "backup-table-emptied": {ROWS_DIFFER, "restore-key-table-emptied"},
    "backup-table-lost": {"restore-key-table-missing", "restore-table-missing", STRUCTURE},
    "backup-table-added": {"restore-table-unknown", STRUCTURE},
    "backup-migration-behind": {CONTENT, "restore-migration-heads-differ"},
    "backup-manifest-swapped": {
        STRUCTURE, "restore-table-missing", "restore-table-unknown",
    },
    "backup-empty": {
        STRUCTURE, "restore-table-missing", "restore-key-table-missing", "restore-migration-heads-differ",
    },
    "backup-refused": {"backup-refused"},
    "backup-slow": set(),
    "backup-index-corrupt": {"restore-corrupt"},
    "backup-index-invalid": {"restore-broken", STRUCTURE},
    "backup-constraint-unvalidated": {"restore-broken", STRUCTURE},
    "backup-view-unpopulated": {"restore-broken", STRUCTURE},
    "backup-sequence-behind": {"restore-broken", "restore-sequence-differs"},
    "backup-sequence-skips": {"restore-sequence-differs"},
    "backup-sequence-ahead": {"restore-sequence-differs"},
    "backup-columns-reordered": {"restore-columns-differ"},
}  # fmt: skip
"""By damage; those of rows that are not named change content, those of structures the structure."""
EACH = [name for name in (*contents.DAMAGES, *structures.DAMAGES) if name != "backup-slow"]


def rules_of(name):
    return FOUND.get(name, {CONTENT} if name in contents.DAMAGES else {STRUCTURE})


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


def failures(directory):
    report = drill(newest(directory), Wishes(modes=("manifest", "archive")))
    found = restore.judge_restorability(report)
    if report.restored:
        found += restore.judge_key_tables(report, KEY_TABLES)
        found += restored_content.judge(report, "manifest")
        found += restored_content.judge(report, "archive")
        found += restored_structure.judge(report)
        found += restore.judge_integrity(report)
    return {finding.rule for finding in found if finding.severity is Severity.FAIL}


@pytest.mark.proof  # `make faults` has each of them found by its check
@pytest.mark.parametrize("name", EACH)
def test_a_damage_is_found_and_repaired(relay, quick, name):
    dsn, directory, pristine = relay
    damage(name, directory, dsn)
    found = failures(directory)
    repair(directory, pristine, dsn)

    assert rules_of(name) == found
    again = {path.relative_to(directory): path.read_bytes() for path in directory.rglob("*.*")}
    assert again == {path.relative_to(pristine): path.read_bytes() for path in pristine.rglob("*.*")}
    assert DAMAGES[name].sentence.endswith(".")


@pytest.mark.proof
def test_without_damage_nothing_is_found(relay, quick):
    assert failures(relay[1]) == set()

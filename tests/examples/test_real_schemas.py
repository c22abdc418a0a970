"""The gate fits databases that nobody here designed, by a target file alone: those of MLflow, Wagtail and Backstage."""

from __future__ import annotations

import gzip
import hashlib
import itertools
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from prodverify.data import binaries
from prodverify.data.cluster import Cluster
from tests.examples.applications import APPLICATIONS, Application
from tests.examples.foreign import ROOT, run, verified

PROOF = pytest.mark.proof
ALL = [pytest.param("mlflow", marks=PROOF), pytest.param("wagtail", marks=PROOF), "catalog"]
READER = "CREATE ROLE prodverify LOGIN IN ROLE pg_monitor, pg_read_all_data"
AT_HEAD, RESTORED_AT_HEAD = "test_database_is_at_head", "test_restored_database_is_at_head"
LABELS = {"mlflow": "alembic", "wagtail": "django", "catalog": "knex"}


@dataclass(frozen=True)
class Deployed:
    """An application's database, and the folder in which somebody verifies it: a target file, scripts, backups."""

    application: Application
    dsn: str
    folder: Path

    @property
    def secrets(self) -> dict[str, str]:
        """What the target file needs: a connection as the role that can read, and no more."""
        dsn = self.dsn.replace("postgres@", "prodverify@")
        return {f"{self.application.name.upper()}_DATABASE_DSN": dsn}

    @property
    def target(self) -> Path:
        return self.folder / self.application.target_file.name

    def said(self, verb: str) -> str:
        """What ``python -m prodverify VERB`` prints; it has to succeed."""
        command = [sys.executable, "-m", "prodverify", verb, "--target", self.target]
        return run(command, cwd=ROOT, env={**os.environ, **self.secrets}).strip()

    def outcome(self, *narrowed: str) -> Outcome:
        """What the gate finds."""
        return Outcome(verified(self.target, self.secrets, *narrowed))

    def spoilable(self, folder: Path) -> Deployed:
        """The same in a folder that one test may change."""
        shutil.copytree(self.folder, folder, symlinks=True, ignore=shutil.ignore_patterns("reports"))
        self.application.spoilable(folder)
        return Deployed(self.application, self.dsn, folder)

    def execute(self, statement: str) -> None:
        """Changes the live database."""
        with psycopg.connect(self.dsn) as connection:
            connection.execute(statement)

    @property
    def backup(self) -> Path:
        """The largest file of its one backup."""
        files = [path for path in (self.folder / "backups").rglob("*") if path.is_file() and path.suffix != ".json"]
        return max(files, key=lambda path: path.stat().st_size)


@dataclass(frozen=True)
class Outcome:
    """One record, by what a test asks of it."""

    record: dict[str, Any]

    @property
    def verdict(self) -> str:
        return str(self.record["verdict"])

    def cases(self, *states: str) -> set[str]:
        """The cases in these states, without their files."""
        return {check["id"].rpartition("::")[2] for check in self.record["checks"] if check["state"] in states}

    def rules(self, state: str) -> dict[str, set[str]]:
        """The rules that were found broken, by case."""
        return {
            check["id"].rpartition("::")[2]: {finding["rule"] for finding in check["findings"]}
            for check in self.record["checks"]
            if check["state"] == state
        }


Make = Callable[[str], Deployed]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    # a server of its own making: drills refuse one with the identifier of those that they restore into
    with Cluster.create(binaries.find(), name="real") as made:
        with psycopg.connect(made.dsn(), autocommit=True) as connection:
            connection.execute(READER)
        yield made


def deployed(application: Application, cluster: Cluster, folder: Path) -> Deployed:
    """Its database, migrated and filled, and a folder with its target file, a snapshot and a backup."""
    with psycopg.connect(cluster.dsn(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {application.name} TEMPLATE template0")
    application.migrated(cluster.dsn(application.name))
    application.deployed(folder)
    made = Deployed(application, cluster.dsn(application.name), folder)
    made.said("snapshot")
    made.said("backup")
    return made


@pytest.fixture(scope="module")
def healthy(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Deploys an application by its name, once."""
    made: dict[str, Deployed] = {}

    def make(name: str) -> Deployed:
        if name not in made:
            made[name] = deployed(APPLICATIONS[name], cluster, tmp_path_factory.mktemp(name))
        return made[name]

    return make


@pytest.fixture
def spoilt(healthy: Make, tmp_path: Path) -> Make:
    """Deploys it in a folder that the test may change."""
    numbers = itertools.count()
    return lambda name: healthy(name).spoilable(tmp_path / f"{name}-{next(numbers)}")


@pytest.mark.parametrize("name", ALL)
def test_a_database_made_by_its_own_migrations_is_verified_by_a_target_file_alone(name: str, healthy: Make) -> None:
    outcome = healthy(name).outcome()
    label = LABELS[name]

    assert set() == outcome.cases("fail", "error", "inconclusive")
    assert outcome.verdict == "GO"
    assert {"test_settings_are_as_promised"} == outcome.cases("warn")  # a practice server does without fsync
    assert {
        f"{AT_HEAD}[{label}]",
        f"{RESTORED_AT_HEAD}[{label}]",
        "test_live_schema_is_as_expected[snapshot]",
        "test_restored_schema_equals_live[backup]",
        "test_newest_backup_is_whole",
        "test_backup_restores",
        "test_structure_is_restored",
        "test_key_tables_are_restored",
        "test_restored_files_are_sound",
    } <= outcome.cases("pass")


@pytest.mark.parametrize("name", ALL)
def test_a_migration_that_nobody_ran_is_found_in_the_cases_of_migrations_alone(name: str, spoilt: Make) -> None:
    ours, label = spoilt(name), LABELS[name]
    path, content = ours.application.pending
    (ours.folder / ours.application.packages / path).write_text(content, encoding="utf-8")

    outcome = ours.outcome()

    assert outcome.verdict == "NO-GO"
    behind = {"migrations-pending"}
    assert {f"{AT_HEAD}[{label}]": behind, f"{RESTORED_AT_HEAD}[{label}]": behind} == outcome.rules("fail")


@PROOF
@pytest.mark.parametrize("name", APPLICATIONS)
def test_a_row_that_the_version_table_lost_is_a_database_behind(name: str, spoilt: Make) -> None:
    ours = spoilt(name)
    table = ours.application.forget.split()[2]
    ours.execute(f"CREATE TABLE kept AS SELECT * FROM {table}")
    try:
        ours.execute(ours.application.forget)
        outcome = ours.outcome("-k", "test_migrations")
    finally:
        ours.execute(f"DELETE FROM {table}; INSERT INTO {table} SELECT * FROM kept; DROP TABLE kept")

    assert {f"{AT_HEAD}[{LABELS[name]}]": {"migrations-pending"}} == outcome.rules("fail")


@PROOF
@pytest.mark.parametrize(
    ("name", "state", "rule"),
    [
        ("mlflow", "fail", "migrations-unknown-revision"),  # one row: whether the rest was applied is not recorded
        ("wagtail", "warn", "migrations-code-behind"),
        ("catalog", "warn", "migrations-code-behind"),
    ],
)
def test_a_script_that_the_code_lost_is_code_behind(name: str, state: str, rule: str, spoilt: Make) -> None:
    ours = spoilt(name)
    (ours.folder / ours.application.packages / ours.application.newest).unlink()

    found = ours.outcome("-k", "at_head").rules(state)

    assert {f"{AT_HEAD}[{LABELS[name]}]": {rule}, f"{RESTORED_AT_HEAD}[{LABELS[name]}]": {rule}} == found


@PROOF
@pytest.mark.parametrize("name", APPLICATIONS)
def test_a_flipped_bit_of_the_backup_is_found(name: str, spoilt: Make) -> None:
    ours = spoilt(name)
    content = bytearray(ours.backup.read_bytes())
    content[len(content) // 2] ^= 1
    ours.backup.write_bytes(content)

    outcome = ours.outcome()

    assert outcome.verdict == "NO-GO"
    assert "test_newest_backup_is_whole" in outcome.cases("fail")
    assert "test_backup_restores" in outcome.cases("fail")
    assert f"{AT_HEAD}[{LABELS[name]}]" in outcome.cases("pass")


@PROOF
def test_a_row_that_somebody_changed_in_the_dump_is_found(spoilt: Make) -> None:
    ours = spoilt("catalog")
    path = ours.backup
    dump = gzip.decompress(path.read_bytes())
    assert b"https://git.example/7\t" in dump
    path.write_bytes(gzip.compress(dump.replace(b"https://git.example/7\t", b"https://git.example/8\t")))
    manifest = path.with_name(path.name.removesuffix(".sql.gz") + ".manifest.json")
    said = json.loads(manifest.read_text(encoding="utf-8"))
    said["dump"] |= {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "size_bytes": path.stat().st_size}
    manifest.write_text(json.dumps(said), encoding="utf-8")

    found = ours.outcome("-k", "test_drill or test_backups").rules("fail")

    assert {"test_content_is_restored[manifest]": {"restore-content-differs"}} == found


@PROOF
def test_the_newest_migration_of_the_catalog_goes_down_and_up(healthy: Make) -> None:
    outcome = healthy("catalog").outcome("--mode", "drill", "-k", "goes_down_and_up")

    assert {"test_newest_migration_goes_down_and_up[newest]"} == outcome.cases("pass")


@PROOF
def test_two_workers_find_the_same(healthy: Make) -> None:
    ours = healthy("catalog")

    alone, together = ours.outcome(), ours.outcome("-n", "2")

    assert alone.cases("pass") == together.cases("pass")
    assert together.verdict == "GO"


@PROOF
@pytest.mark.parametrize("name", APPLICATIONS)
def test_the_newest_postgresql_is_no_other_case(name: str, tmp_path: Path) -> None:
    with Cluster.create(binaries.find(at_least=18), name="real18") as cluster:
        with psycopg.connect(cluster.dsn(), autocommit=True) as connection:
            connection.execute(READER)
        outcome = deployed(APPLICATIONS[name], cluster, tmp_path).outcome()

    assert set() == outcome.cases("fail", "error", "inconclusive")
    assert outcome.verdict == "GO"

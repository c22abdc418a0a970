"""Relay by hand: started, told about, verified, ended."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import httpx

from fixtures.relay.__main__ import ABSENT
from fixtures.relay.faults import CATALOGUE
from prodverify.target.load import load
from prodverify.wire import clock

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "fixtures.relay"]


def test_help_lists_every_fault_with_its_sentence():
    told = subprocess.run([*COMMAND, "--help"], cwd=ROOT, capture_output=True, text=True, timeout=30, check=True).stdout
    words = " ".join(told.split())

    assert [fault.name for fault in CATALOGUE if f"{fault.name} {fault.sentence}" not in words] == []


def test_an_unknown_fault_is_refused_with_the_nearest():
    done = subprocess.run(
        [*COMMAND, "--fault", "viewer-may-previw"], cwd=ROOT, capture_output=True, text=True, timeout=30
    )

    assert (
        done.returncode,
        done.stdout,
        done.stderr.partition(" viewer-may-preview")[0],
    ) == (2, "", "No fault is named 'viewer-may-previw'; the nearest are")


def test_it_writes_a_target_that_is_complete_once_it_is_there(tmp_path: Path):
    target = tmp_path / "relay.toml"
    process = subprocess.Popen(
        [*COMMAND, "--fault", "version-empty", "--write-target", str(target)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        clock.poll(lambda: target.exists() or None, within_seconds=20.0, every_seconds=0.02, what="the target file")
        loaded = load(str(target), root=ROOT, environ=dict(os.environ))
        answer = httpx.get(f"{loaded.base_url}/health")
    finally:
        process.send_signal(signal.SIGTERM)
        told, _ = process.communicate(timeout=10)

    assert process.returncode == 0
    assert (answer.status_code, answer.json()["version"]) == (200, "")
    assert loaded.base_url in told
    assert loaded.secret("admin_key") in told
    assert None is loaded.promises.embedded
    assert loaded.promises.monitoring.prometheus is None  # none watches it without --rules
    assert [] == [name for name in loaded.promises.secrets if loaded.secret(name).endswith(ABSENT)]
    assert Path(loaded.promises.backups.directory).is_absolute()
    files = [target, *target.with_name("relay.toml.secrets").iterdir()]
    assert {0o600} == {stat.S_IMODE(file.stat().st_mode) for file in files}
    assert len(loaded.promises.secrets) + 1 == len(files)


def test_rules_that_cannot_be_read_are_refused(tmp_path: Path):
    done = subprocess.run(
        [*COMMAND, "--rules", str(tmp_path / "rules.yml")], cwd=ROOT, capture_output=True, text=True, timeout=30
    )

    assert (2, f"--rules: {tmp_path / 'rules.yml'} cannot be read: FileNotFoundError.\n") == (
        done.returncode,
        done.stderr,
    )

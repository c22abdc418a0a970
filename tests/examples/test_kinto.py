"""The gate fits a service that nobody here wrote, by a target file alone: Kinto, installed from the index."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from prodverify.data import binaries
from prodverify.data.cluster import Cluster
from prodverify.wire import clock

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "docs" / "examples" / "kinto"
PASSWORDS = {"admin": "practice-admin-4711", "alice": "practice-alice-4712"}


def installed() -> Path:
    """Kinto in an environment of its own, made at the first run and again when its lock changed."""
    lock = EXAMPLE / "requirements.lock"
    place = ROOT / ".venv" / f"kinto-{hashlib.sha256(lock.read_bytes()).hexdigest()[:12]}"
    if not (place / "complete").exists():
        run([sys.executable, "-m", "venv", "--clear", place])
        run([place / "bin" / "pip", "--quiet", "install", "--require-hashes", "-r", lock])
        (place / "complete").touch()
    return place / "bin" / "kinto"


def run(command: list[Any], **more: Any) -> str:
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=300, check=False, **more)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def configured(folder: Path, kinto: Path, dsn: str) -> Path:
    ini = folder / "kinto.ini"
    command = [kinto, "init", "--ini", ini, "--backend", "postgresql", "--cache-backend", "postgresql"]
    run([*command, "--host", "127.0.0.1"])
    text = ini.read_text(encoding="utf-8").replace("postgresql://postgres:postgres@localhost/postgres", dsn)
    ini.write_text(text, encoding="utf-8")
    return ini


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Kinto:
    """Kinto, started, and its database."""

    url: str
    dsn: str


@pytest.fixture(scope="module")
def kinto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kinto]:
    folder, program, port = tmp_path_factory.mktemp("kinto"), installed(), free_port()
    with Cluster.create(binaries.find(), name="kinto") as cluster:
        ini = configured(folder, program, cluster.dsn())
        run([program, "migrate", "--ini", ini])
        for name, password in PASSWORDS.items():
            run([program, "create-user", "--ini", ini, "-u", name, "-p", password])
        with (folder / "kinto.log").open("w") as log:
            service = subprocess.Popen([program, "start", "--ini", ini, "--port", str(port)], stdout=log, stderr=log)
        try:
            clock.poll(lambda: listening(port), within_seconds=30, what="Kinto listens")
            yield Kinto(f"http://127.0.0.1:{port}", cluster.dsn())
        finally:
            service.terminate()
            service.wait(timeout=10)


def listening(port: int) -> bool | None:
    with socket.socket() as probe:
        return True if probe.connect_ex(("127.0.0.1", port)) == 0 else None


@pytest.fixture(scope="module")
def outcome(kinto: Kinto, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The record of one gate, after a backup was taken by the target file too."""
    folder = tmp_path_factory.mktemp("ours")
    shutil.copytree(EXAMPLE, folder, dirs_exist_ok=True)
    target = folder / "kinto.toml"
    text = target.read_text(encoding="utf-8").replace("http://127.0.0.1:8888", kinto.url)
    target.write_text(text, encoding="utf-8")
    environment = {
        **os.environ,
        "KINTO_ADMIN_PASSWORD": PASSWORDS["admin"],
        "KINTO_ALICE_PASSWORD": PASSWORDS["alice"],
        "KINTO_DATABASE_DSN": kinto.dsn,
        "PRODVERIFY_REPORTS": str(folder / "reports"),
    }
    run([sys.executable, "-m", "prodverify", "backup", "--target", target], cwd=ROOT, env=environment)
    gate = [sys.executable, "-m", "pytest", "checks/", "--target", str(target), "-n", "2", "-rN"]
    subprocess.run(gate, cwd=ROOT, env=environment, capture_output=True, timeout=120, check=False)
    record: dict[str, Any] = json.loads((folder / "reports" / "latest" / "record.json").read_text(encoding="utf-8"))
    return record


def test_kinto_keeps_what_its_target_file_promises(outcome: dict[str, Any]) -> None:
    troubles = [check for check in outcome["checks"] if check["state"] not in ("pass", "warn", "waived", "not_run")]

    assert troubles == []
    assert outcome["verdict"] == "GO"
    assert outcome["counts"]["pass"] + outcome["counts"]["warn"] >= 30
    assert outcome["versions"]["service"] == ["26.5.0"]


def test_the_defect_that_the_gate_found_in_kinto_is_waived_and_still_there(outcome: dict[str, Any]) -> None:
    waived = [check for check in outcome["checks"] if check["state"] == "waived"]

    assert {"checks/test_auth.py::test_malformed_credentials_are_rejected"} == {check["check"] for check in waived}
    assert {500} == {check["exchanges"][-1]["status"] for check in waived}


def test_what_kinto_does_not_promise_is_told_with_the_missing_word(outcome: dict[str, Any]) -> None:
    reasons = {check["check"]: check["reason"] for check in outcome["checks"] if check["state"] == "not_run"}

    assert reasons["checks/test_rate_limit.py::test_limit_is_enforced"] == "not declared: [rate_limit]"
    assert reasons["checks/test_webhooks.py::test_delivery_is_signed"] == "not declared: [webhooks]"


def test_the_backup_of_kinto_restores(outcome: dict[str, Any]) -> None:
    states = {check["check"].rpartition("::")[2]: check["state"] for check in outcome["checks"]}

    assert states["test_backup_restores"] == "pass"
    assert states["test_content_equals_the_manifest"] == "pass"

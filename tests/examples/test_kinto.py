"""The gate fits a service that nobody here wrote, by a target file alone: Kinto, installed from the index."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from prodverify.data import binaries
from prodverify.data.cluster import Cluster
from tests.examples.foreign import ROOT, free_port, installed, run, serving, targeted, verified

PASSWORDS = {"admin": "practice-admin-4711", "alice": "practice-alice-4712"}


def configured(folder: Path, kinto: Path, dsn: str) -> Path:
    ini = folder / "kinto.ini"
    command = [kinto, "init", "--ini", ini, "--backend", "postgresql", "--cache-backend", "postgresql"]
    run([*command, "--host", "127.0.0.1"])
    text = ini.read_text(encoding="utf-8").replace("postgresql://postgres:postgres@localhost/postgres", dsn)
    ini.write_text(text, encoding="utf-8")
    return ini


@dataclass(frozen=True)
class Kinto:
    """Kinto, started, and its database."""

    url: str
    dsn: str


@pytest.fixture(scope="module")
def kinto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kinto]:
    folder, program, port = tmp_path_factory.mktemp("kinto"), installed("kinto"), free_port()
    with Cluster.create(binaries.find(), name="kinto") as cluster:
        ini = configured(folder, program, cluster.dsn())
        run([program, "migrate", "--ini", ini])
        for name, password in PASSWORDS.items():
            run([program, "create-user", "--ini", ini, "-u", name, "-p", password])
        with serving([program, "start", "--ini", ini, "--port", port], port, folder / "kinto.log"):
            yield Kinto(f"http://127.0.0.1:{port}", cluster.dsn())


@pytest.fixture(scope="module")
def outcome(kinto: Kinto, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The record of one gate, after a backup was taken by the target file too."""
    target = targeted("kinto", tmp_path_factory.mktemp("ours"), kinto.url)
    secrets = {
        "KINTO_ADMIN_PASSWORD": PASSWORDS["admin"],
        "KINTO_ALICE_PASSWORD": PASSWORDS["alice"],
        "KINTO_DATABASE_DSN": kinto.dsn,
    }
    backup = [sys.executable, "-m", "prodverify", "backup", "--target", target]
    run(backup, cwd=ROOT, env={**os.environ, **secrets})
    return verified(target, secrets)


def test_kinto_keeps_what_its_target_file_promises(outcome: dict[str, Any]) -> None:
    troubles = [check for check in outcome["checks"] if check["state"] not in ("pass", "warn", "waived", "not_run")]

    assert troubles == []
    assert outcome["verdict"] == "GO"
    assert outcome["counts"]["pass"] + outcome["counts"]["warn"] >= 30
    assert outcome["versions"]["service"] == ["26.5.0"]


def test_the_defect_that_the_gate_found_in_kinto_is_waived_and_still_there(outcome: dict[str, Any]) -> None:
    waived = [check for check in outcome["checks"] if check["state"] == "waived"]

    assert {"checks/test_auth.py::test_worthless_credential_is_rejected"} == {check["check"] for check in waived}
    assert {500} == {check["exchanges"][-1]["status"] for check in waived}


def test_what_kinto_does_not_promise_is_told_with_the_missing_word(outcome: dict[str, Any]) -> None:
    reasons = {check["check"]: check["reason"] for check in outcome["checks"] if check["state"] == "not_run"}

    assert reasons["checks/test_rate_limit.py::test_limit_is_enforced"] == "not declared: [rate_limit]"
    assert reasons["checks/test_webhooks.py::test_delivery_is_signed"] == "not declared: [webhooks]"


def test_the_backup_of_kinto_restores(outcome: dict[str, Any]) -> None:
    states = {check["check"].rpartition("::")[2]: check["state"] for check in outcome["checks"]}

    assert states["test_backup_restores"] == "pass"
    assert states["test_content_is_restored"] == "pass"

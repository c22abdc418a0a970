"""The gate fits pages behind a log-in form, by a target file alone: Datasette, installed from the index."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.examples.foreign import EXAMPLES, free_port, installed, run, serving, targeted, verified

EXAMPLE = EXAMPLES / "datasette"
PASSWORDS = {"admin": "practice-admin-4711", "alice": "practice-alice-4712"}


@dataclass(frozen=True)
class Library:
    """Datasette, started on a library of its own, and the file that it logs to."""

    url: str
    log: Path

    def log_ins(self) -> int:
        """How many times somebody tried to log in."""
        return self.log.read_text(encoding="utf-8").count("POST /-/login")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder, program, port = tmp_path_factory.mktemp("datasette"), installed("datasette"), free_port()
    file, log = folder / "library.db", folder / "datasette.log"
    with closing(sqlite3.connect(file)) as database:
        database.executescript((EXAMPLE / "library.sql").read_text(encoding="utf-8"))
    hashes = {
        f"{name.upper()}_PASSWORD_HASH": run([program, "hash-password", "--password", password]).strip()
        for name, password in PASSWORDS.items()
    }
    command = [program, "serve", file, "--metadata", EXAMPLE / "metadata.json", "--port", port]
    with serving(command, port, log, env={**os.environ, **hashes}):
        yield Library(f"http://127.0.0.1:{port}", log)


@pytest.fixture(scope="module")
def target(library: Library, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return targeted("datasette", tmp_path_factory.mktemp("ours"), library.url)


def secrets(**passwords: str) -> dict[str, str]:
    return {f"LIBRARY_{name.upper()}_PASSWORD": password for name, password in {**PASSWORDS, **passwords}.items()}


@pytest.fixture(scope="module")
def outcome(target: Path) -> dict[str, Any]:
    return verified(target, secrets())


def test_datasette_keeps_what_its_target_file_promises(outcome: dict[str, Any]) -> None:
    troubles = [check["id"] for check in outcome["checks"] if check["state"] not in ("pass", "waived", "not_run")]

    assert [] == troubles
    assert "GO" == outcome["verdict"]
    assert 30 <= outcome["counts"]["pass"]
    assert ["0.65.5"] == outcome["versions"]["service"]


def test_the_defects_that_the_gate_found_in_datasette_are_waived_and_still_there(outcome: dict[str, Any]) -> None:
    waived = [check for check in outcome["checks"] if check["state"] == "waived"]

    assert {"test_worthless_credential_is_rejected", "test_malformed_input_is_refused"} == {
        check["check"].rpartition("::")[2] for check in waived
    }
    assert {500} == {check["exchanges"][-1]["status"] for check in waived}


def test_a_strangers_session_is_made_from_the_one_that_the_form_gave(outcome: dict[str, Any]) -> None:
    (case,) = (check for check in outcome["checks"] if check["id"].endswith("wrong_credential_is_rejected[books]"))

    refused = case["exchanges"][-1]
    assert ("pass", 403) == (case["state"], refused["status"])
    assert any(line[0] == "Cookie" and "ds_actor=" in line[1] for line in refused["request_headers"])


def test_a_wrong_password_is_told_as_such_and_tried_once(library: Library, target: Path) -> None:
    before = library.log_ins()

    record = verified(target, secrets(alice="not-the-password"), "-k", "role_gets_its_status", "-n", "2")

    unjudged = {check["id"].rpartition("[")[2]: check for check in record["checks"] if check["state"] == "inconclusive"}
    assert {f"{name}-alice]" for name in ("books", "loans", "page", "export", "no-such-book")} == unjudged.keys()
    assert {"log-in-failed"} == {check["findings"][-1]["rule"] for check in unjudged.values()}
    assert {"status 200 without it"} == {check["findings"][-1]["observed"] for check in unjudged.values()}
    assert 2 == library.log_ins() - before

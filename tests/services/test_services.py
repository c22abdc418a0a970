"""Servers and applications of others are judged as their answers, read with curl, say: by a target file alone."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.examples.foreign import verified
from tests.services.running import HERE, KNOWN, running

WEIGHTY = ("fail", "warn", "inconclusive")
ROWS_AT_LEAST = 12

Outcome = tuple[str, ...]


def expected(name: str) -> dict[str, Outcome]:
    """Node id of a case to its state and the rules of its findings, as somebody wrote them down."""
    text = (HERE / f"expected-{name}.toml").read_text(encoding="utf-8")
    tables: dict[str, dict[str, list[str]]] = tomllib.loads(text)
    return {
        f"checks/test_{check}.py::test_{case}": (state, *sorted(rules))
        for check, rows in tables.items()
        for case, (state, *rules) in rows.items()
    }


def outcome(check: dict[str, Any]) -> Outcome:
    """State of a case and the rules of those of its findings that weigh."""
    rules = {finding["rule"] for finding in check["findings"] if finding["severity"] in WEIGHTY}
    return (check["state"], *sorted(rules))


@pytest.mark.parametrize("name", KNOWN)
def test_a_service_is_judged_as_it_answers(name: str, tmp_path: Path) -> None:
    known = KNOWN[name]
    if known.missing and not os.environ.get("CI"):
        pytest.skip(f"{known.missing} is not installed")
    tmp_path.chmod(0o755)
    ours = tmp_path / "ours"
    ours.mkdir()
    with running(name, tmp_path) as service:
        target = ours / "target.toml"
        text = (HERE / known.target).read_text(encoding="utf-8")
        # Nobody else asks it; whoever begins from that file keeps the usual pace.
        quick = text.replace("URL", service.url).replace("[asking]\n", "[asking]\nrate_per_second = 500.0\n")
        target.write_text(quick, encoding="utf-8")
        record = verified(target, service.secrets)

    written = expected(name)
    found = {check["id"]: outcome(check) for check in record["checks"]}
    weighty = {case: seen for case, seen in found.items() if seen[0] not in ("pass", "not_run")}
    rows = {case: found.get(case, ("no such case",)) for case in written}

    assert written == {**rows, **weighty}
    assert len(written) >= ROWS_AT_LEAST

"""
What Relay's objectives become: every file that `alerts --out`, `dashboard` and `openslo` write.

``make golden`` writes the files anew; read their diff.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from prodverify.cli import alerts
from prodverify.monitoring import openslo
from tests.monitoring.files import relay

GOLDEN = Path(__file__).parent / "golden"
TOLD = {**alerts.files(relay()), "openslo.yaml": openslo.text(relay())}


@pytest.mark.parametrize("name", sorted(TOLD))
def test_what_is_written_is_as_it_was_agreed(name: str) -> None:
    if os.environ.get("PRODVERIFY_GOLDEN") == "write":
        (GOLDEN / name).write_text(TOLD[name], "utf-8")

    assert (GOLDEN / name).read_text("utf-8") == TOLD[name]


def test_no_golden_file_is_left_of_something_else() -> None:
    assert sorted(TOLD) == sorted(path.name for path in GOLDEN.iterdir())

"""
What one small record looks like in every telling.

``PRODVERIFY_GOLDEN=write python -m pytest tests/evidence/test_golden.py`` writes the files anew; read their diff.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from reports import junit, metrics, page, summary, terminal
from tests.record.sample import load_run, one_of_each

GOLDEN = Path(__file__).parent / "golden"
FILES = ("junit.xml", "metrics.prom", "record.json", "summary.md", "sha256sums")
RECORD = one_of_each()
PAGE = Path("reports/runs/x/report.html")
TOLD = {
    "record.json": json.dumps(RECORD.as_dict(), ensure_ascii=False, indent=1) + "\n",
    "report.html": page.render(RECORD, files=FILES),
    "load.html": page.render(load_run(), files=FILES),
    "junit.xml": junit.render(RECORD).decode(),
    "summary.md": summary.render(RECORD),
    "metrics.prom": metrics.render(RECORD, last_success=1_795_000_000.0).decode(),
    "terminal.txt": f"{terminal.counts_line(RECORD)}\n{terminal.verdict_line(RECORD, PAGE)}\n",
    "terminal-ascii.txt": f"{terminal.verdict_line(RECORD, PAGE, encoding='ascii')}\n",
}


@pytest.mark.parametrize("name", TOLD)
def test_the_telling_is_as_it_was_agreed(name: str) -> None:
    if os.environ.get("PRODVERIFY_GOLDEN") == "write":
        (GOLDEN / name).write_text(TOLD[name], "utf-8")

    assert (GOLDEN / name).read_text("utf-8") == TOLD[name]

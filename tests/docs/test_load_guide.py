"""What the guide to load runs says is what there is: its keys, its findings, its options, and its example."""

import json
import re
import tomllib
from pathlib import Path

import pytest

from prodverify.target.load_run import Arrivals
from prodverify.target.model import Promises

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "load.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
SOURCES = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "load").glob("*.py")))
LOAD = {"role": "loader", "rate_per_second": 1.0, "shares": {"list": 1.0}}


@pytest.mark.parametrize("block", [text for kind, text in BLOCKS if kind == "toml"])
def test_every_piece_of_a_target_file_has_keys_that_there_are(block):
    in_load = block.startswith(("shares", "written"))
    said = tomllib.loads(f"[load]\n{block}" if in_load else block)
    load = {**LOAD, **said.get("load", {})}
    promises = Promises.model_validate_json(json.dumps({"version": 1, "name": "ours", **said, "load": load}))
    assert promises.load is not None


def test_every_finding_of_its_table_is_one():
    table = GUIDE.partition("## What makes a run INCONCLUSIVE")[2].partition("\n## ")[0]
    named = re.findall(r"`([a-z]+(?:-[a-z]+)+)`", "".join(line.partition(" | ")[0] for line in table.splitlines()))
    assert len(named) >= 12
    elsewhere = {"objective-undecided"}  # the judge of every objective says it
    assert [name for name in named if f'"{name}"' not in SOURCES and name not in elsewhere] == []


def test_every_shape_has_a_row():
    shapes = Arrivals.model_fields["shape"].annotation.__args__
    rows = re.findall(r"^\| `([a-z]+)` \|", GUIDE.partition("## Shapes")[2], re.MULTILINE)
    assert [*shapes] == rows[: len(shapes)]


def test_what_it_copies_from_is_there_and_alike():
    example = (ROOT / "load" / "users" / "browsing.py").read_text(encoding="utf-8")
    function = next(text for kind, text in BLOCKS if kind == "python")
    asked = re.findall(r'client\.ask\("(\w+)", "([^"]+)"', function)
    assert asked == re.findall(r'client\.ask\("(\w+)", "([^"]+)"', example)

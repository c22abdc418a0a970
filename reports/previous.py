"""What the runs before this one came to, read from their records: a load run is compared with them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from prodverify.record.run import RunRecord

_MOST_RUNS = 5
_MOST_TRIED = 60
"""Folders that are opened in the search: a hundred gates may lie between two load runs."""
_MOST_BYTES = 8 * 1024 * 1024
_TOLD = ("name", "state", "observed", "limit", "n", "bad", "bounds", "percentiles")


def with_previous(record: RunRecord, runs: Path) -> RunRecord:
    """``record`` of a load run, with the objectives of up to five complete load runs of its target before it."""
    if record.load is None:
        return record
    return replace(record, load={**record.load, "previous": list(islice(_earlier(record, runs), _MOST_RUNS))})


def _earlier(record: RunRecord, runs: Path) -> Iterator[dict[str, Any]]:
    folders = sorted((path for path in runs.glob(f"*-{record.target}-*") if path.is_dir()), reverse=True)
    for folder in folders[:_MOST_TRIED]:
        read = _read(folder / "record.json")
        if read.get("target") != record.target or read.get("mode") != record.mode or read.get("aborted"):
            continue
        load = read.get("load")
        stated = load.get("objectives") if isinstance(load, dict) else None
        if not isinstance(stated, list) or read.get("run_id") == record.run_id:
            continue
        yield {
            "run_id": str(read.get("run_id", "")),
            "started_at": str(read.get("started_at", "")),
            "verdict": str(read.get("verdict", "")),
            "objectives": [{key: row.get(key) for key in _TOLD} for row in stated if isinstance(row, dict)],
        }


def _read(path: Path) -> dict[str, Any]:
    """The record in ``path``; empty where it is none, as somebody may have edited or cut it."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            return {}
        read = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}

"""`python -m prodverify baseline` writes down how a run of a target went, and the alert thresholds that follow."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from prodverify.cli.drill import reports_folder
from prodverify.cli.snapshot import written
from prodverify.objectives import baselines
from prodverify.target.load import load

FAILED = 1
_ROOT = Path(__file__).resolve().parents[2]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which target, which run of it, and where to."""
    parser.add_argument("--target", required=True, metavar="NAME|PATH", help="the target whose runs are looked through")
    parser.add_argument(
        "--record", metavar="FILE", help="the record.json to take; by default that of the newest run that measured"
    )
    parser.add_argument("--out", metavar="FILE", help="file to write; by default it is printed")
    parser.epilog = (
        "Starts nothing, asks nobody and needs no secret: a load run, or the samples of a gate, measured before. "
        "Exit status: 0 written, 1 nothing measured or not written, 4 wrong target."
    )


def run(arguments: argparse.Namespace) -> int:
    """Prints the baseline, or writes it."""
    name = load(arguments.target, root=_ROOT, environ=os.environ, with_secrets=False).name
    found = next(_measured(_records(arguments.record), name), None)
    if found is None:
        where = arguments.record or reports_folder() / "runs"
        print(
            f"no run of target {name} in {where} has measured anything: make a load run (make load), or a gate of a "
            "target whose [[slos]] have sample",
            file=sys.stderr,
        )
        return FAILED
    text, verdict = baselines.text(*found), found[0]["verdict"]
    if verdict != "GO":
        print(f"the run was {verdict}: see that its numbers are usual before they become thresholds", file=sys.stderr)
    if arguments.out is None:
        sys.stdout.write(text)
        return 0
    try:
        written(Path(arguments.out), text)
    except OSError as error:
        print(f"{arguments.out} cannot be written: {error.strerror or error}", file=sys.stderr)
        return FAILED
    print(arguments.out)
    return 0


def _records(named: str | None) -> Iterator[Path]:
    """The one that was named, or all, the newest first."""
    if named is not None:
        return iter((Path(named),))
    return iter(sorted(reports_folder().glob("runs/*/record.json"), reverse=True))


def _measured(records: Iterator[Path], name: str) -> Iterator[tuple[dict[str, Any], tuple[baselines.Usual, ...]]]:
    """Those that measured something of the target of that ``name``. What cannot be read is none."""
    for path in records:
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
            usual = baselines.measured(record) if record["target"] == name else ()
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue
        if usual:
            yield record, usual

"""`python -m prodverify baseline` writes down how a run of a target went, and the alert thresholds that follow."""

from __future__ import annotations

import argparse
import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from prodverify.cli.drill import reports_folder
from prodverify.cli.snapshot import written
from prodverify.objectives import baselines
from prodverify.target.load import load

FAILED = 1
_ROOT = Path(__file__).resolve().parents[2]
_MEASURE = "make a load run (make load), or a gate of a target whose [[slos]] have sample"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which target, which run of it, and where to."""
    parser.add_argument("--target", required=True, metavar="NAME|PATH", help="the target whose runs are looked through")
    parser.add_argument(
        "--record", metavar="FILE", help="the record.json to take; by default that of the newest run that measured"
    )
    parser.add_argument("--out", metavar="FILE", help="file to write; by default it is printed")
    parser.epilog = (
        "Starts nothing, asks nobody and needs no secret: a load run, or the samples of a gate, measured before. "
        "Exit status: 0 written, 1 nothing measured, a record that is none, or not written, 4 wrong target."
    )


def run(arguments: argparse.Namespace) -> int:
    """Prints the baseline, or writes it."""
    name = load(arguments.target, root=_ROOT, environ=os.environ, with_secrets=False).name
    try:
        record, usual = _measured(Path(arguments.record), name) if arguments.record else _newest(name)
    except _UnfitError as why:
        print(why, file=sys.stderr)
        return FAILED
    if record["verdict"] != "GO":
        told = f"the run was {record['verdict']}: see that its numbers are usual before they become thresholds"
        print(told, file=sys.stderr)
    text = baselines.text(record, usual)
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


class _UnfitError(Exception):
    """One sentence that says why there is no baseline."""


def _newest(name: str) -> tuple[dict[str, Any], tuple[baselines.Usual, ...]]:
    """That of the newest run of the target of that ``name`` that measured something; other records are passed over."""
    runs = reports_folder() / "runs"
    for path in sorted(runs.glob("*/record.json"), reverse=True):
        with suppress(_UnfitError):
            return _measured(path, name)
    raise _UnfitError(f"no run of target {name} in {runs} has measured anything: {_MEASURE}")


def _measured(path: Path, name: str) -> tuple[dict[str, Any], tuple[baselines.Usual, ...]]:
    """The record in ``path``, of the target of that ``name``, and what its run measured."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        usual = baselines.measured(record)
    except OSError as error:
        raise _UnfitError(f"{path} cannot be read: {error.strerror or error}") from None
    except baselines.RecordError as damage:
        raise _UnfitError(f"{path} is no record.json as runs write it: {damage}") from None
    except (ValueError, RecursionError) as damage:
        raise _UnfitError(f"{path} is no record.json, or was cut off: {damage}") from None
    if record["target"] != name:
        raise _UnfitError(f"{path} is of a run of target {record['target']}, not of {name}")
    if not usual:
        raise _UnfitError(f"the run of {path} measured nothing: {_MEASURE}")
    return record, usual

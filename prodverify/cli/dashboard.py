"""`python -m prodverify dashboard` prints a Grafana dashboard for a target's objectives."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from prodverify.cli.placing import FAILED, placed
from prodverify.monitoring import dashboard, lint, panels
from prodverify.monitoring.yaml_text import MissingExtra
from prodverify.target.load import load

DASHBOARD = "dashboard.json"
_ROOT = Path(__file__).resolve().parents[2]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which target, and where to."""
    parser.add_argument("--target", required=True, metavar="NAME|PATH", help="the target whose dashboard it is")
    parser.add_argument("--out", metavar="DIR", help=f"folder for {DASHBOARD}; by default it is printed")
    parser.epilog = (
        "Starts nothing, asks nobody and needs no secret. Exit status: 0 written, 1 not written, 4 wrong target. "
        "Its series are those of the target file and of the rules that python -m prodverify alerts writes."
    )


def run(arguments: argparse.Namespace) -> int:
    """Prints the dashboard, or writes it; what is odd about the objectives is said on standard error."""
    promises = load(arguments.target, root=_ROOT, environ=os.environ, with_secrets=False).promises
    for remark in lint.remarks(promises):
        print(remark, file=sys.stderr)
    if not panels.rows(promises):
        print(
            "nothing in this target can be shown: it has no [[slos]] with metrics, and no [monitoring]", file=sys.stderr
        )
        return FAILED
    try:
        text = dashboard.text(promises)
    except MissingExtra as missing:
        print(missing, file=sys.stderr)
        return FAILED
    if arguments.out is not None:
        return placed(arguments.out, {DASHBOARD: text})
    sys.stdout.write(text)
    return 0

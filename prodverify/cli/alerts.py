"""`python -m prodverify alerts` prints the rules of a target's objectives, or writes them with tests and routing."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from prodverify.cli.dashboard import DASHBOARD
from prodverify.cli.placing import FAILED, placed
from prodverify.monitoring import dashboard, lint, routing, rule_tests, rules
from prodverify.monitoring.yaml_text import MissingExtra
from prodverify.target.load import load
from prodverify.target.model import Promises

RULES, ROUTING = "rules.yaml", "alertmanager.yaml"
_ROOT = Path(__file__).resolve().parents[2]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which target, and where to."""
    parser.add_argument("--target", required=True, metavar="NAME|PATH", help="the target whose [[slos]] become rules")
    parser.add_argument(
        "--out",
        metavar="DIR",
        help="folder for rules, their tests, routing and dashboards; by default rules are printed",
    )
    parser.epilog = (
        "Starts nothing, asks nobody and needs no secret. Exit status: 0 written, 1 not written, 4 wrong target. "
        "Check them by promtool check rules, promtool test rules and amtool check-config."
    )


def run(arguments: argparse.Namespace) -> int:
    """Prints the rule file, or writes all files; what is odd about the objectives is said on standard error."""
    promises = load(arguments.target, root=_ROOT, environ=os.environ, with_secrets=False).promises
    for remark in lint.remarks(promises):
        print(remark, file=sys.stderr)
    if not rules.groups(promises):
        print(
            "nothing in this target becomes a rule: it has no [[slos]] with metrics, and no [monitoring]",
            file=sys.stderr,
        )
        return FAILED
    try:
        if arguments.out is None:
            sys.stdout.write(rules.text(promises))
            return 0
        told = files(promises)
        status = placed(arguments.out, told)
    except MissingExtra as missing:
        print(missing, file=sys.stderr)
        return FAILED
    for left in sorted(
        set(Path(arguments.out).glob("rules-*.test.yaml")) - {Path(arguments.out, name) for name in told}
    ):
        print(f"{left} is of other objectives, and would fail: remove it", file=sys.stderr)
    return status


def files(promises: Promises) -> dict[str, str]:
    """Name and text of each file, for ``--out`` and the golden files. Raises MissingExtra."""
    return {
        RULES: rules.text(promises),
        **rule_tests.texts(rules.rule_groups(promises), RULES),
        ROUTING: routing.text(promises),
        DASHBOARD: dashboard.text(promises),
    }

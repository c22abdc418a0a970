"""The command line: finds the verb, lets it do its work, and turns what went wrong into one sentence and a status."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from prodverify import __version__
from prodverify.target.wording import TargetError, nearest

UNWRITTEN, USAGE, WRONG_TARGET, INTERRUPTED = 1, 2, 4, 130
PROGRAM = "python -m prodverify"


@dataclass(frozen=True, slots=True)
class Verb:
    """One thing the command line does. Its module has ``add_arguments(parser)`` and ``run(arguments) -> int``."""

    module: str
    summary: str


VERBS = {
    "schema": Verb("prodverify.cli.schema", "print the JSON Schema of target files, for editors"),
    "backup": Verb("prodverify.cli.backup", "take a backup of a target's database, with its manifest"),
    "drill": Verb("prodverify.cli.drill", "restore a backup of a target into a private server, and judge it"),
    "alerts": Verb("prodverify.cli.alerts", "print Prometheus' rules for a target's objectives, or write all files"),
    "dashboard": Verb("prodverify.cli.dashboard", "print a Grafana dashboard for a target's objectives"),
    "baseline": Verb("prodverify.cli.baseline", "write down how a run went, and the alert thresholds that follow"),
    "openslo": Verb("prodverify.cli.openslo", "print a target's objectives as OpenSLO, or OpenSLO files as [[slos]]"),
    "snapshot": Verb("prodverify.cli.snapshot", "write the schema of a target's database to the committed file"),
}


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(USAGE, f"{self.prog}: {message}; see {self.prog} --help\n")


def main(arguments: Sequence[str]) -> int:
    """
    Runs the verb that ``arguments`` begin with; returns the exit status, or raises SystemExit with it.

    0 where it did its work, 1 where what it says cannot be written, 2 where it is asked wrongly, 4 where the target
    file is wrong, 130 after Ctrl-C; what else a verb returns is in its own ``--help``.
    """
    if sys.stdout is None:  # closed by whoever started us: there is nobody to tell
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - it lives as long as the process
    wanted = next((word for word in arguments if not word.startswith("-")), None)
    if wanted is not None and wanted not in VERBS:
        print(f'{PROGRAM}: no verb "{wanted}"{nearest(wanted, VERBS)}', file=sys.stderr)
        return USAGE
    try:
        parsed = _parser(wanted).parse_args(arguments)
        status: int = importlib.import_module(VERBS[parsed.verb].module).run(parsed)
        sys.stdout.flush()
    except TargetError as wrong:
        print(wrong, file=sys.stderr)
        return WRONG_TARGET
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone, as `head` does; Python must not complain while it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as unwritten:  # a full disk, or a closed stdout
        print(f"{PROGRAM}: what it has to say cannot be written: {unwritten.strerror}", file=sys.stderr)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return UNWRITTEN
    return status


def _parser(wanted: str | None) -> argparse.ArgumentParser:
    """A parser that knows all verbs, and the arguments of the wanted one: the modules of the others stay unread."""
    parser = _Parser(prog=PROGRAM, description="Verifies that a live HTTP service on PostgreSQL keeps its promises.")
    parser.add_argument("--version", action="version", version=f"prodverify {__version__}")
    parser.epilog = "The checks themselves are run by pytest: pytest checks/ --target NAME."
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True, title="verbs")
    for name, verb in VERBS.items():
        subparser = verbs.add_parser(
            name, help=verb.summary, description=f"{verb.summary[0].upper()}{verb.summary[1:]}."
        )
        if name == wanted:
            importlib.import_module(verb.module).add_arguments(subparser)
    return parser

"""`python -m prodverify openslo` prints a target's objectives as OpenSLO v1, or OpenSLO files as ``[[slos]]``."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from prodverify.cli.placing import FAILED
from prodverify.monitoring import openslo, openslo_import, slos_toml, yaml_text
from prodverify.target.load import load

_ROOT = Path(__file__).resolve().parents[2]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """From where to where."""
    one = parser.add_mutually_exclusive_group(required=True)
    one.add_argument("--target", metavar="NAME|PATH", help="the target whose [[slos]] are printed as OpenSLO v1")
    one.add_argument("--from", dest="source", metavar="FILE", help="the OpenSLO v1 file that is printed as [[slos]]")
    parser.epilog = (
        "Starts nothing, asks nobody and needs no secret. Exit status: 0 printed, 1 the file is no OpenSLO v1, 4 wrong "
        "target. What has no words on the other side is said on standard error."
    )


def run(arguments: argparse.Namespace) -> int:
    """Prints one as the other."""
    try:
        if arguments.source is not None:
            return _imported(Path(arguments.source))
        promises = load(arguments.target, root=_ROOT, environ=os.environ, with_secrets=False).promises
        if not promises.slos:
            print(f"{arguments.target} has no [[slos]]", file=sys.stderr)
            return FAILED
        sys.stdout.write(openslo.text(promises))
    except yaml_text.MissingExtra as missing:
        print(missing, file=sys.stderr)
        return FAILED
    return 0


def _imported(file: Path) -> int:
    try:
        imported = openslo_import.read(yaml_text.read(file.read_text(encoding="utf-8")))
    except OSError as error:
        print(f"{file}: {error.strerror or error}", file=sys.stderr)
        return FAILED
    except (UnicodeDecodeError, ValueError) as error:
        print(f"{file}: {'no UTF-8' if isinstance(error, UnicodeDecodeError) else error}", file=sys.stderr)
        return FAILED
    except openslo_import.Unreadable as wrong:
        for sentence in wrong.sentences:
            print(f"{file}: {sentence}", file=sys.stderr)
        return FAILED
    for remark in imported.remarks:
        print(f"{file}: {remark}", file=sys.stderr)
    sys.stdout.write(slos_toml.written(imported.slos))
    return 0

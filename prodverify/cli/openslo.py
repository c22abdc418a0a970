"""`python -m prodverify openslo` prints a target's objectives as OpenSLO v1, or OpenSLO files as ``[[slos]]``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from prodverify.cli.placing import FAILED
from prodverify.monitoring import openslo, openslo_import, slos_toml, yaml_text
from prodverify.target.load import load

LARGEST = 8 << 20
"""Bytes of a file that is read: some thousand objectives."""
MOST_SENTENCES = 50
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
    wrong: Sequence[str]
    try:
        with file.open("rb") as opened:
            told = opened.read(LARGEST + 1)
        if len(told) > LARGEST:
            raise ValueError(f"more than {LARGEST >> 20} MiB, which is no file of objectives")
        imported = openslo_import.read(yaml_text.read(told.decode("utf-8-sig")))
    except OSError as error:
        wrong = (error.strerror or str(error),)
    except UnicodeDecodeError:
        wrong = ("no UTF-8",)
    except ValueError as error:
        wrong = (str(error),)
    except openslo_import.Unreadable as error:
        wrong = error.sentences
    else:
        _say(file, imported.remarks)
        sys.stdout.write(slos_toml.written(imported.slos))
        return 0
    _say(file, wrong)
    return FAILED


def _say(file: Path, sentences: Sequence[str]) -> None:
    for sentence in sentences[:MOST_SENTENCES]:
        shown = "".join(one if one.isprintable() else " " for one in sentence)  # its words may be another's
        print(f"{file}: {shown}", file=sys.stderr)
    if len(sentences) > MOST_SENTENCES:
        print(f"{file}: and {len(sentences) - MOST_SENTENCES:,} more", file=sys.stderr)

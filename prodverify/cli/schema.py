"""`python -m prodverify schema` prints the JSON Schema of target files."""

from __future__ import annotations

import argparse
import sys

from prodverify.target.schema import rendered


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb takes no arguments."""
    parser.epilog = "targets/target.schema.json holds what it prints; write it anew after a change of the models."


def run(arguments: argparse.Namespace) -> int:
    """Prints the schema."""
    del arguments
    sys.stdout.write(rendered())
    return 0
